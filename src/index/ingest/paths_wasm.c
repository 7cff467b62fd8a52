/* A module has no folders: documents are handed to it one by one. */
#include "base/error.h"
#include "index/ingest/paths.h"

lode_status lode_ingest_paths(lode_store *store, const char *const *roots, size_t count,
                              const lode_index_paths_options *options,
                              const lode_ingest_options *ingest, lode_error *err) {
  (void)store, (void)roots, (void)count, (void)options, (void)ingest;
  return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                        "there are no files in WebAssembly: add documents instead");
}
