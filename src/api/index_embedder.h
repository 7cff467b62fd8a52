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
} lode_index_embedder;

/* Borrows the model. Must not move: the counter points into it. */
lode_status lode_index_embedder_open(const lode_model *model, int threads, lode_index_embedder *out,
                                     lode_error *err);
void lode_index_embedder_close(lode_index_embedder *embedder);
lode_token_counter lode_index_embedder_counter(lode_index_embedder *embedder);

/* Vectors of unit length; *tokens (optional) grows by what was computed. */
lode_status lode_index_embed_documents(lode_index_embedder *embedder, const lode_text *texts,
                                       size_t n, float *out, int64_t *tokens, lode_error *err);
lode_status lode_index_embed_query(lode_index_embedder *embedder, lode_text query, float *out,
                                   lode_error *err);

/* ---- the fingerprint: vectors of these as documents, [LODE_PROBES, dim]. A collection keeps
 * them, and a model whose own are near enough is the collection's: in any dtype and on any
 * machine, but with no other weights, pooling, prompt or cut of dimensions. */
enum { LODE_PROBES = 4 };
lode_status lode_index_probe(lode_index_embedder *embedder, float *out, lode_error *err);
/* The least cosine of the probes' rows. */
float lode_index_probe_compare(const float *a, const float *b, size_t dim);
#define LODE_PROBE_LEAST_COSINE 0.97F

#endif
