/* What a collection needs of a model: vectors of passages and of queries, tokens counted, and a
 * way to tell that it is the same model again. */
#ifndef LODE_API_INDEX_EMBEDDER_H
#define LODE_API_INDEX_EMBEDDER_H

#include "api/context.h"
#include "index/chunk/chunks.h"

typedef struct lode_index_embedder {
  const lode_model *model;
  lode_context *ctx;
  const char *document_prompt; /* names, or NULL */
  const char *query_prompt;
  lode_tokenizer_counting counting;
  size_t dim;
  size_t room; /* tokens of a text that the model takes, besides special ones and the prompt */
  lode_buffer probes;  /* float [1 + LODE_PROBES, dim]: of an empty text, and of the probes */
  lode_buffer reports; /* lode_text_report [texts]: of the call under way */
  size_t texts;
} lode_index_embedder;

/* Borrows the model. Must not move: the counter points into it. To be polled until *done; what went
 * wrong is to be closed, too. */
lode_status lode_index_embedder_open_begin(const lode_model *model, int threads,
                                           lode_index_embedder *out, lode_error *err);
lode_status lode_index_embedder_open_poll(lode_index_embedder *embedder, bool wait, bool *done,
                                          lode_error *err);
void lode_index_embedder_close(lode_index_embedder *embedder);
lode_token_counter lode_index_embedder_counter(lode_index_embedder *embedder);

/* Vectors of unit length, in steps: `out` is written by the last poll. *tokens (optional) grows by
 * what was computed. */
lode_status lode_index_embed_documents(lode_index_embedder *embedder, const lode_text *texts,
                                       size_t n, float *out, lode_error *err);
lode_status lode_index_embed_query(lode_index_embedder *embedder, lode_text query, float *out,
                                   lode_error *err);
lode_status lode_index_embed_poll(lode_index_embedder *embedder, bool wait, bool *done,
                                  int64_t *tokens, lode_error *err);

/* ---- the fingerprint: vectors of these as documents, [LODE_PROBES, dim]. A collection keeps
 * them, and a model whose own are near enough is the collection's: in any dtype and on any
 * machine, but with no other weights, pooling, prompt or cut of dimensions. */
enum { LODE_PROBES = 4 };
const float *lode_index_embedder_probes(const lode_index_embedder *embedder);
/* The least cosine of the probes' rows. */
float lode_index_probe_compare(const float *a, const float *b, size_t dim);
#define LODE_PROBE_LEAST_COSINE 0.97F

#endif
