#include <math.h>
#include <string.h>

#include "index/vectors/vectors.h"

/* Below this 127 / a would overflow: kernels/quantize has the same limit. */
#define LEAST 1e-36f

/* The largest magnitude; NaN if there is a NaN, infinite if there is an infinity. */
static float largest(size_t dim, const float *vector) {
  float most = 0.0f;
  for (size_t i = 0; i < dim; i++) {
    const float size = fabsf(vector[i]);
    if (!(size <= most)) most = size;
    if (isnan(size)) return size;
  }
  return most;
}

/* The scale is not that of rounding, a magnitude / 127, but the one that brings the row nearest to
 * the vector: with it the first ten of a query change less often (docs/search.md). */
static void encode_row(size_t dim, const float *vector, float most, int8_t *row, float *scale) {
  if (most < LEAST) {
    memset(row, 0, dim);
    *scale = 0.0f;
    return;
  }
  const float inverse = 127.0f / most;
  double products = 0.0, squares = 0.0;
  for (size_t i = 0; i < dim; i++) {
    const float value = vector[i] * inverse; /* may come out a rounding above 127 */
    row[i] = value >= 127.0f ? 127 : value <= -127.0f ? -127 : (int8_t)lrintf(value);
    products += (double)vector[i] * row[i];
    squares += (double)row[i] * row[i];
  }
  *scale = (float)(products / squares);
}

static void encode_bits(size_t dim, const float *vector, uint8_t *code) {
  memset(code, 0, lode_vectors_code_size(dim));
  for (size_t i = 0; i < dim; i++) code[i / 8] |= (uint8_t)((vector[i] > 0.0f) << i % 8);
}

bool lode_vectors_encode(size_t dim, const float *vector, int8_t *row, float *scale,
                         uint8_t *code) {
  const float most = largest(dim, vector);
  if (!isfinite(most)) return false;
  if (row != NULL) encode_row(dim, vector, most, row, scale);
  if (code != NULL) encode_bits(dim, vector, code);
  return true;
}
