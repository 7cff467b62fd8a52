/* How a source was walked, as it is kept in the store: JSON. */
#ifndef LODE_INDEX_INGEST_SOURCE_OPTIONS_H
#define LODE_INDEX_INGEST_SOURCE_OPTIONS_H

#include "base/error.h"
#include "base/memory.h"

/* `at` is where the root was: an absolute path. False: out of memory. */
bool lode_source_options_write(const lode_index_paths_options *options, const char *at,
                               lode_arena *arena, const char **out);
/* *at lives in the arena. LODE_E_FORMAT: these are none. */
lode_status lode_source_options_read(const char *text, lode_arena *arena,
                                     lode_index_paths_options *options, const char **at,
                                     lode_error *err);

#endif
