/* What is known about a document besides its text, as one JSON object of arrays of strings. */
#ifndef LODE_INDEX_INGEST_METADATA_H
#define LODE_INDEX_INGEST_METADATA_H

#include "index/chunk/document.h"

/* What the document says of itself, with "description" and "url"; `given` (a JSON object, or NULL)
 * replaces what has the same key. *out lives in the arena. LODE_E_ARG: `given` is none, or has
 * values that are neither strings, numbers, booleans nor arrays of these. */
lode_status lode_metadata_join(const lode_document *document, const char *given, lode_arena *arena,
                               const char **out, lode_error *err);

#endif
