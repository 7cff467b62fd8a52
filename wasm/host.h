/* The exports of a module that lode.h does not have; see docs/wasm.md. */
#ifndef LODE_WASM_HOST_H
#define LODE_WASM_HOST_H

#include <stddef.h>

#include "lode.h"

void _initialize(void);
void *lode_wasm_alloc(size_t size);
void lode_wasm_free(void *p);
/* A function for lode_model_options.progress: it calls the host's. */
lode_progress_fn *lode_wasm_progress(void);

/* Functions for lode_index_watcher: they call the host's, with its user. */
typedef int lode_index_progress_fn(void *user, const lode_index_progress *progress);
typedef void lode_index_skipped_fn(void *user, const char *id, const char *reason);
lode_index_progress_fn *lode_wasm_index_progress(void);
lode_index_skipped_fn *lode_wasm_index_skipped(void);

#endif
