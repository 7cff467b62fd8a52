/* A document cut into chunks: passages that are embedded and found.
 *
 * A chunk has at most `max_tokens` tokens, by the model's own tokenizer. Cuts are made where the
 * document has them: before a heading, else between blocks, else between sentences (lines, in code
 * and tables), else between words, and within a word only if nothing else is left. Small sections
 * share a chunk with the next. Where a section is cut, the next chunk repeats the last sentences
 * before the cut. */
#ifndef LODE_INDEX_CHUNK_CHUNKS_H
#define LODE_INDEX_CHUNK_CHUNKS_H

#include "index/chunk/document.h"
#include "text/tokenizer.h"

/* What tells the tokens of a text. A model's tokenizer (lode_tokenizer_counter), or a simple one
 * in tests. */
typedef struct lode_token_counter {
  void *user;
  /* *spans: [*count] byte ranges of the tokens, in the order of their beginnings, without special
   * tokens; owned by the counter, until the next call. `text` is well-formed. */
  lode_status (*spans)(void *user, const char *text, size_t size, const lode_span **spans,
                       size_t *count, lode_error *err);
  bool additive; /* a text that is cut at white space has the tokens of its parts, always: then
                    chunks are not counted again */
} lode_token_counter;

/* Of a tokenizer. The counter and `encoding` (zero-initialised) belong to one thread; the caller
 * frees the encoding. */
typedef struct lode_tokenizer_counting {
  const lode_tokenizer *tokenizer;
  lode_encoding encoding;
} lode_tokenizer_counting;
lode_token_counter lode_tokenizer_counter(lode_tokenizer_counting *counting);

typedef struct lode_chunk_options {
  uint32_t max_tokens; /* at least 8; leave room for special tokens, prompt and title */
  uint32_t overlap;    /* tokens; at most half of max_tokens */
  uint32_t min_tokens; /* sections with fewer share a chunk with what follows; 0: max_tokens / 4 */
} lode_chunk_options;

typedef struct lode_chunk {
  uint32_t begin; /* bytes of lode_document.text */
  uint32_t end;
  uint32_t source_begin; /* bytes of the file */
  uint32_t source_end;
  uint32_t heading; /* of its first text that is no heading; or LODE_NO_HEADING */
  uint32_t block;   /* the first one that it has a part of */
  uint32_t tokens;
  const char *anchor; /* to link to; lives as long as the document; or NULL */
} lode_chunk;

/* Zero-initialise it. */
typedef struct lode_chunks {
  lode_chunk *list;
  size_t count;
  lode_buffer memory;
} lode_chunks;
void lode_chunks_free(lode_chunks *chunks);

/* Replaces *out. Every character of the text that has a token is in a chunk. LODE_E_ARG,
 * LODE_E_NOMEM, or what the counter returns. */
lode_status lode_chunks_make(const lode_document *document, const lode_chunk_options *options,
                             const lode_token_counter *counter, lode_chunks *out, lode_error *err);

#endif
