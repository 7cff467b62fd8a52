/* WebGPU by the host of a WebAssembly module: gpu.h as imports of "lode", which docs/wasm.md lists.
 * The host has made a device, or found out why there is none, before a model is prepared: `open`
 * only takes it. A module has one device at a time. */
#include <stdlib.h>
#include <string.h>

#include "backend/webgpu/gpu.h"

struct lode_gpu {
  char unused; /* the host knows its device */
};

#define HOST(function) __attribute__((import_module("lode"), import_name(#function)))

/* 1, and the device's name, and of what it has: bytes of a binding, of a buffer, LODE_GPU_ bits of
 * features; or 0, and the reason as the name. */
HOST(gpu_open) int host_open(char *name, size_t size, double has[3]);
HOST(gpu_close) void host_close(void);
HOST(gpu_buffer) lode_gpu_id host_buffer(uint32_t usage, double size);
HOST(gpu_upload)
void host_upload(lode_gpu_id buffer, double offset, const void *data, size_t size);
HOST(gpu_pipeline)
lode_gpu_id host_pipeline(const char *wgsl, size_t size, const char *kinds,
                          const lode_gpu_constant *constants, size_t n);
HOST(gpu_group)
lode_gpu_id host_group(lode_gpu_id pipeline, const lode_gpu_binding *bindings, size_t n);
HOST(gpu_release) void host_release(lode_gpu_id id);
HOST(gpu_commands) lode_gpu_id host_commands(void);
HOST(gpu_dispatch)
void host_dispatch(lode_gpu_id commands, lode_gpu_id pipeline, lode_gpu_id group, uint32_t x,
                   uint32_t y);
HOST(gpu_copy)
void host_copy(lode_gpu_id commands, lode_gpu_id from, double from_offset, lode_gpu_id to,
               double to_offset, double size);
HOST(gpu_submit) void host_submit(lode_gpu_id commands, lode_gpu_id map);
HOST(gpu_poll) int host_poll(lode_gpu_id map);
HOST(gpu_read) int host_read(lode_gpu_id map, void *to, size_t size);
HOST(gpu_report) int host_report(char *text, size_t size);

static lode_status open(lode_gpu **out, lode_gpu_info *info, lode_error *err) {
  double has[3] = {0};
  *info = (lode_gpu_info){0};
  lode_gpu *gpu = calloc(1, sizeof *gpu);
  if (!gpu) return lode_error_nomem(err);
  if (!host_open(info->name, sizeof info->name, has)) {
    free(gpu);
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1, "backend webgpu: %s", info->name);
  }
  info->binding_bytes = (uint64_t)has[0];
  info->buffer_bytes = (uint64_t)has[1];
  info->features = (uint32_t)has[2];
  *out = gpu;
  return LODE_OK;
}

static void close(lode_gpu *gpu) {
  host_close();
  free(gpu);
}

static lode_gpu_id buffer(lode_gpu *gpu, uint32_t usage, uint64_t size) {
  (void)gpu;
  return host_buffer(usage, (double)size);
}

static void upload(lode_gpu *gpu, lode_gpu_id to, uint64_t offset, const void *data, size_t size) {
  (void)gpu;
  host_upload(to, (double)offset, data, size);
}

static lode_gpu_id pipeline(lode_gpu *gpu, const char *wgsl, size_t size, const char *kinds,
                            const lode_gpu_constant *constants, size_t n) {
  (void)gpu;
  return host_pipeline(wgsl, size, kinds, constants, n);
}

static lode_gpu_id group(lode_gpu *gpu, lode_gpu_id for_pipeline, const lode_gpu_binding *bindings,
                         size_t n) {
  (void)gpu;
  return host_group(for_pipeline, bindings, n);
}

static void release(lode_gpu *gpu, lode_gpu_id id) {
  (void)gpu;
  if (id != 0) host_release(id);
}

static lode_gpu_id commands(lode_gpu *gpu) {
  (void)gpu;
  return host_commands();
}

/* There are no timestamps, which only profiles ask for: passes are the host's business. */
static lode_gpu_id queries(lode_gpu *gpu, uint32_t passes) {
  (void)gpu;
  (void)passes;
  return 0;
}

static void pass_begin(lode_gpu *gpu, lode_gpu_id to, lode_gpu_id times, uint32_t pass) {
  (void)gpu;
  (void)to;
  (void)times;
  (void)pass;
}

static void pass_end(lode_gpu *gpu, lode_gpu_id to) {
  (void)gpu;
  (void)to;
}

static void resolve(lode_gpu *gpu, lode_gpu_id to, lode_gpu_id times, lode_gpu_id into) {
  (void)gpu;
  (void)to;
  (void)times;
  (void)into;
}

static void dispatch(lode_gpu *gpu, lode_gpu_id to, lode_gpu_id with, lode_gpu_id bound, uint32_t x,
                     uint32_t y) {
  (void)gpu;
  host_dispatch(to, with, bound, x, y);
}

static void copy(lode_gpu *gpu, lode_gpu_id by, lode_gpu_id from, uint64_t from_offset,
                 lode_gpu_id to, uint64_t to_offset, uint64_t size) {
  (void)gpu;
  host_copy(by, from, (double)from_offset, to, (double)to_offset, (double)size);
}

static void submit(lode_gpu *gpu, lode_gpu_id what, lode_gpu_id map) {
  (void)gpu;
  host_submit(what, map);
}

static lode_gpu_state poll(lode_gpu *gpu, lode_gpu_id map, bool wait) {
  (void)gpu;
  (void)wait; /* nobody can, here: what is to come comes between calls of the module */
  return (lode_gpu_state)host_poll(map);
}

static bool read_back(lode_gpu *gpu, lode_gpu_id map, void *to, size_t size) {
  (void)gpu;
  return host_read(map, to, size) != 0;
}

static lode_gpu_trouble report(lode_gpu *gpu, char *text, size_t size) {
  (void)gpu;
  text[0] = '\0';
  return (lode_gpu_trouble)host_report(text, size);
}

const lode_gpu_driver *lode_gpu_default(void) {
  static const lode_gpu_driver driver = {
      .name = "browser",
      .open = open,
      .close = close,
      .buffer = buffer,
      .upload = upload,
      .pipeline = pipeline,
      .group = group,
      .queries = queries,
      .release = release,
      .commands = commands,
      .pass_begin = pass_begin,
      .dispatch = dispatch,
      .pass_end = pass_end,
      .copy = copy,
      .resolve = resolve,
      .submit = submit,
      .poll = poll,
      .read = read_back,
      .report = report,
  };
  return &driver;
}
