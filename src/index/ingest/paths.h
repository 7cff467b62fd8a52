/* Files and folders into a store, and out of it again when they are gone. */
#ifndef LODE_INDEX_INGEST_PATHS_H
#define LODE_INDEX_INGEST_PATHS_H

#include "index/ingest/ingest.h"

/* Make the store agree with what is at `roots`, or at its sources' if count is 0. A document's id
 * is its path, as the root was written: "docs/install.md". `options` may be NULL.
 * LODE_E_NOT_FOUND: a root that is not there. LODE_E_ARG: no sources; or one that is written as a
 * relative path, which now leads somewhere else. */
lode_status lode_ingest_paths(lode_store *store, const char *const *roots, size_t count,
                              const lode_index_paths_options *options,
                              const lode_ingest_options *ingest, lode_error *err);

/* The document's id of a file: no "./" in front, no doubled or trailing slashes.
 * out has room for strlen(path) + 1 bytes. Returns the size. */
size_t lode_ingest_key(const char *path, char *out);

#endif
