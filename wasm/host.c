/* What a page needs of a module beside lode.h: memory, and callbacks into JavaScript. */
#include <stdint.h>
#include <stdlib.h>

#include "host.h"
#include "lode.h"

void __wasm_call_ctors(void);

/* Once for each memory, before anything else. */
void _initialize(void) {
  __wasm_call_ctors();
}

/* `size` bytes, aligned to 64; NULL: the memory cannot grow that far. */
void *lode_wasm_alloc(size_t size) {
  enum { ALIGN = 64 };
  if (size > SIZE_MAX - ALIGN) return NULL;
  const size_t rounded = (size + ALIGN - 1) / ALIGN * ALIGN;
  return aligned_alloc(ALIGN, rounded > 0 ? rounded : ALIGN);
}

void lode_wasm_free(void *p) {
  free(p);
}

/* lode.progress(context, done, total) of the host: anything but 0 ends the work. */
__attribute__((import_module("lode"), import_name("progress"))) int host_progress(void *context,
                                                                                  double done,
                                                                                  double total);

static int progress(void *context, int64_t done, int64_t total) {
  return host_progress(context, (double)done, (double)total);
}

lode_progress_fn *lode_wasm_progress(void) {
  return progress;
}
