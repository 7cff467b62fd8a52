/* The vectors of a collection: how they are kept, and which of them are nearest to a query.
 *
 * A row is a vector in 8-bit integers with one scale, or in f32. Beside it may lie its code, one
 * bit a dimension: whether the value is above 0. Rows come in segments, in memory of the
 * caller's; nothing here reads files.
 *
 * Nearest means the largest dot product with the query, in f32. Rows of unit length are what
 * this is made for: then it is the cosine, and codes, which know directions only, find the rows
 * that are worth a look. Search does one of two things:
 *
 *   exact      all rows by integers (kernels/scan_i8), and again, with the query in f32, those
 *              that may be among the first k;
 *   prefilter  all codes by their Hamming distance (kernels/hamming), and the nearest
 *              `candidates` rows with the query in f32.
 *
 * Results are the k best by (score, segment, row), the score falling, the others rising. They do
 * not depend on the number of threads. Instruction sets choose the same rows to look at again;
 * scores agree to the last bit, except with `ref`, which adds in double. */
#ifndef LODE_INDEX_VECTORS_VECTORS_H
#define LODE_INDEX_VECTORS_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/thread.h"
#include "base/types.h"

enum { LODE_VECTORS_DIM_MAX = 1 << 17 };

/* ---------------------------------------------------------------- rows */

/* Bytes of a code: whole words of 64 bits. Bit i % 8 of byte i / 8 belongs to dimension i, those
 * past the last are 0. */
static inline size_t lode_vectors_code_size(size_t dim) {
  return (dim + 63) / 64 * 8;
}

/* vector [dim], 1 <= dim <= LODE_VECTORS_DIM_MAX, becomes row [dim], vector[i] * 127 / a
 * rounded to nearest, ties to even, a being the largest magnitude; *scale, for which the sum of
 * (vector[i] - *scale * row[i])^2 is least; and code [lode_vectors_code_size(dim)]. A vector of
 * zeros, or of values below 1e-36, has scale 0. row and scale, or code, may be NULL: not wanted.
 * False, with nothing written, if vector has NaN or infinities. Every machine gives the same
 * bytes. */
bool lode_vectors_encode(size_t dim, const float *vector, int8_t *row, float *scale, uint8_t *code);

/* Rows in memory that is borrowed for the time of a call. No alignment is needed for bytes. Any
 * content is safe: a row of -128, a scale of NaN or a code that is not the row's give other
 * scores, and NaN scores are never among the results. */
typedef struct lode_vectors_segment {
  size_t count;         /* rows, below 2^32; about 4,096 are a good size */
  const void *rows;     /* [count, dim] of int8_t, or of float */
  const float *scales;  /* [count]; for int8_t only */
  const uint8_t *codes; /* [count, lode_vectors_code_size(dim)], or NULL: only exact search */
  const uint8_t *dead;  /* bit i % 8 of byte i / 8: row i is not there; NULL: all are */
} lode_vectors_segment;

/* ---------------------------------------------------------------- search */

/* What searches for vectors of one kind: kernels, and memory that grows to the largest call so
 * far. One call at a time; the pool is the caller's and may be NULL. */
typedef struct lode_vectors lode_vectors;

/* dtype: LODE_DTYPE_I8 or LODE_DTYPE_F32, of rows. features: of base/cpu.h.
 * LODE_E_ARG (dim, dtype) or LODE_E_NOMEM. */
lode_status lode_vectors_new(size_t dim, lode_dtype dtype, uint32_t features, lode_pool *pool,
                             lode_vectors **out, lode_error *err);
void lode_vectors_free(lode_vectors *vectors);

typedef enum lode_vectors_prefilter {
  LODE_VECTORS_PREFILTER_AUTO = 0, /* where it is faster, and loses next to nothing */
  LODE_VECTORS_PREFILTER_NEVER,
  LODE_VECTORS_PREFILTER_ALWAYS, /* where all segments have codes */
} lode_vectors_prefilter;

typedef struct lode_vectors_options {
  /* [segments]: for each, a bitmap like `dead` of the rows that may be found, or NULL: all of
   * them. NULL: all of all. */
  const uint8_t *const *allowed;
  lode_vectors_prefilter prefilter;
  size_t candidates; /* of the prefilter, at least k; 0: lode_vectors_candidates */
} lode_vectors_options;

typedef struct lode_vectors_hit {
  uint32_t segment;
  uint32_t row;
  float score;
} lode_vectors_hit;

/* The rows nearest to query [dim] among those of n segments that are neither dead nor
 * forbidden: hits [*count], *count being k, or as many rows as there are. hits has room for k.
 * options may be NULL. LODE_E_ARG if the query has NaN or infinities or a segment 2^32 rows,
 * LODE_E_NOMEM; then hits and *count are untouched. */
lode_status lode_vectors_search(lode_vectors *vectors, const lode_vectors_segment *segments,
                                size_t n, const float *query, size_t k,
                                const lode_vectors_options *options, lode_vectors_hit *hits,
                                size_t *count, lode_error *err);

/* How many rows the prefilter passes on for the best k of `rows`; and from how many rows on
 * LODE_VECTORS_PREFILTER_AUTO uses it. docs/search.md has the measurements behind both. */
size_t lode_vectors_candidates(size_t rows, size_t k);

#endif
