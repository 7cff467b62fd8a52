/* A document's bytes to what a collection keeps of it: title, language, metadata, passages, and the
 * text that is embedded for each. Pure: no files, no store, no model but its tokenizer. */
#ifndef LODE_INDEX_INGEST_PREPARE_H
#define LODE_INDEX_INGEST_PREPARE_H

#include "base/memory.h"
#include "index/chunk/chunks.h"
#include "index/words/language.h"

typedef struct lode_ready_options {
  const lode_token_counter *counter; /* of the model; NULL: words are counted, and no text is
                                        made to embed */
  uint32_t chunk_tokens;             /* in what is embedded, special tokens apart; at least 32 */
  uint32_t overlap;
} lode_ready_options;

typedef struct lode_ready_chunk {
  const char *heading; /* that it is under: "Install > Linux", or "" */
  const char *anchor;  /* or NULL */
  uint32_t begin, end; /* bytes of document.text */
  uint32_t source_begin, source_end;
  lode_text text;     /* what is embedded: title and headings, cut to a quarter of the tokens, then
                         the passage; empty without a counter */
  uint8_t digest[16]; /* of it: equal digests, equal vectors */
} lode_ready_chunk;

/* Strings are NUL-terminated and live as long as this. */
typedef struct lode_ready_document {
  lode_document document;
  const char *title; /* or "" */
  lode_language language;
  const char *headings; /* all of them, a line each */
  const char *metadata; /* a JSON object: {"tag": ["a", "b"]}, every value an array of strings */
  lode_ready_chunk *chunks;
  size_t chunk_count;
  lode_arena arena;
} lode_ready_document;

/* What lode_document_read and lode_chunks_make return; LODE_E_ARG for metadata or a format that
 * is none, or a chunk_tokens too small. Errors begin with the id. Free *out, unless this fails. */
lode_status lode_document_prepare(const lode_index_document *given,
                                  const lode_ready_options *options, lode_ready_document *out,
                                  lode_error *err);
void lode_ready_document_free(lode_ready_document *ready);

/* Of everything that decides what becomes of a document. */
void lode_document_digest(const lode_index_document *given, uint8_t digest[32]);

#endif
