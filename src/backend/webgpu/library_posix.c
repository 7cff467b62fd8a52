#ifdef LODE_HAVE_WEBGPU_H

#define _GNU_SOURCE /* secure_getenv */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/webgpu/native.h"

enum { PATH_SIZE = 1024 };

/* The first three parts of a version tell one webgpu.h from another. */
static const uint32_t wanted = LODE_WEBGPU_VERSION;

static void *open_library(const char *path) {
  /* Never unloaded: it has threads, and what they leave behind. */
  return dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
}

static bool cache_path(char *path, size_t size) {
  const char *cache = secure_getenv("XDG_CACHE_HOME");
  const char *home = secure_getenv("HOME");
  int n = -1;
  if (cache && cache[0]) {
    n = snprintf(path, size, "%s/lode/webgpu/lib/libwgpu_native.so", cache);
  } else if (home && home[0]) {
    n = snprintf(path, size, "%s/.cache/lode/webgpu/lib/libwgpu_native.so", home);
  }
  return n > 0 && (size_t)n < size;
}

static void *find_library(lode_error *err) {
  const char *named = secure_getenv("LODE_WEBGPU_LIBRARY");
  char path[PATH_SIZE];
  void *library = NULL;
  if (named && named[0]) {
    library = open_library(named);
  } else {
    library = open_library("libwgpu_native.so");
    if (!library && cache_path(path, sizeof path)) library = open_library(path);
  }
  if (!library) {
    const char *why = dlerror();
    lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1, "no WebGPU library: %s", why ? why : "?");
  }
  return library;
}

lode_status lode_wgpu_load(lode_wgpu *out, lode_error *err) {
  void *library = find_library(err);
  if (!library) return LODE_E_UNSUPPORTED;
  const char *missing = NULL;
  /* POSIX has dlsym return functions as void *, which ISO C does not convert. */
#define X(name)                                  \
  do {                                           \
    void *symbol = dlsym(library, "wgpu" #name); \
    if (!symbol) missing = "wgpu" #name;         \
    memcpy(&out->name, &symbol, sizeof symbol);  \
  } while (0);
  LODE_WGPU_FUNCTIONS(X)
#undef X
  if (missing) {
    dlclose(library);
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1, "the WebGPU library has no %s", missing);
  }
  const uint32_t version = out->GetVersion();
  if (version >> 8 != wanted >> 8) {
    dlclose(library);
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "the WebGPU library is wgpu-native %u.%u.%u, this was built for %u.%u.%u",
                          version >> 24, version >> 16 & 255, version >> 8 & 255, wanted >> 24,
                          wanted >> 16 & 255, wanted >> 8 & 255);
  }
  return LODE_OK;
}

#else

typedef int lode_wgpu_is_absent; /* this file has nothing else then */

#endif
