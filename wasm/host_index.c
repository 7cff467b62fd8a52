/* Callbacks of collections into JavaScript. */
#include "host.h"

__attribute__((import_module("lode"), import_name("index_progress"))) int host_index_progress(
    void *user, double documents, double total_documents, double bytes, double total_bytes,
    double chunks_embedded, double tokens_embedded);
__attribute__((import_module("lode"), import_name("index_skipped"))) void host_index_skipped(
    void *user, const char *id, const char *reason);

static int on_progress(void *user, const lode_index_progress *p) {
  return host_index_progress(user, (double)p->documents, (double)p->total_documents,
                             (double)p->bytes, (double)p->total_bytes, (double)p->chunks_embedded,
                             (double)p->tokens_embedded);
}

lode_index_progress_fn *lode_wasm_index_progress(void) {
  return on_progress;
}

lode_index_skipped_fn *lode_wasm_index_skipped(void) {
  return host_index_skipped;
}
