/* Two bits a dimension are enough to tell which centres are near: the sums of questions with them
 * are off by a hundredth, while centres that matter differ by more. docs/sealed.md has numbers. */
#include "index/sealed/centres.h"

#include <math.h>
#include <string.h>

#include "index/vectors/vectors.h"

enum { VALUES = 4 }; /* a byte */

/* Of values that are spread like most, the step at which four of them lose least. */
static const double best_step = 0.996;

/* ---------------------------------------------------------------- reading */

static size_t code_size(size_t dim) {
  return (dim + VALUES - 1) / VALUES;
}

static void decode(const uint8_t *code, const float *mean, float step, size_t dim, float *out) {
  for (size_t i = 0; i < dim; i++) {
    const unsigned value = (unsigned)code[i / VALUES] >> 2 * (i % VALUES) & 3;
    out[i] = mean[i] + step * ((float)value - 1.5F);
  }
}

/* Makes one row of unit length; false: numbers that are none. */
static bool make_row(const float *vector, size_t dim, int8_t *row, float *scale) {
  double square = 0;
  for (size_t i = 0; i < dim; i++) square += (double)vector[i] * (double)vector[i];
  if (!isfinite(square) || !lode_vectors_encode(dim, vector, row, scale, NULL)) return false;
  *scale = square > 0 ? (float)((double)*scale / sqrt(square)) : 0;
  return true;
}

bool lode_sealed_centres_read(lode_cursor *c, size_t dim, lode_arena *arena,
                              lode_sealed_centres *out) {
  const size_t each = code_size(dim) + sizeof(float);
  *out = (lode_sealed_centres){.count =
                                   (size_t)lode_cursor_upto(c, (uint64_t)(c->end - c->at) / each)};
  out->made_of = lode_cursor_number(c);
  if (c->bad || (size_t)(c->end - c->at) != dim * sizeof(float) + out->count * each) {
    c->bad = true;
    out->count = 0;
    return true;
  }
  float *mean = lode_arena_array(arena, 2 * dim, sizeof *mean);
  float *steps = lode_arena_array(arena, out->count, sizeof *steps);
  out->rows = lode_arena_array(arena, out->count, dim);
  out->scales = lode_arena_array(arena, out->count, sizeof *out->scales);
  if (mean == NULL || steps == NULL || out->rows == NULL || out->scales == NULL) return false;
  float *vector = mean + dim;
  for (size_t i = 0; i < dim; i++) mean[i] = lode_cursor_float(c);
  for (size_t i = 0; i < out->count; i++) steps[i] = lode_cursor_float(c);
  for (size_t i = 0; i < out->count && !c->bad; i++) {
    const uint8_t *code = lode_cursor_bytes(c, code_size(dim));
    if (code == NULL) break;
    decode(code, mean, steps[i], dim, vector);
    c->bad = !make_row(vector, dim, out->rows + i * dim, &out->scales[i]);
  }
  return true;
}

/* ---------------------------------------------------------------- writing */

static float step_of(const float *centre, const float *mean, size_t dim) {
  double square = 0;
  for (size_t i = 0; i < dim; i++) {
    const double off = (double)centre[i] - (double)mean[i];
    square += off * off;
  }
  return (float)(best_step * sqrt(square / (double)dim));
}

static uint8_t value_of(float off, float step) {
  if (!(step > 0)) return 2;
  const float at = floorf(off / step) + 2;
  return (uint8_t)(at < 0 ? 0 : at > 3 ? 3 : at);
}

static void write_code(const float *centre, const float *mean, size_t dim, uint8_t *code,
                       lode_bytes *out) {
  const float step = step_of(centre, mean, dim);
  memset(code, 0, code_size(dim));
  for (size_t d = 0; d < dim; d++) {
    code[d / VALUES] |= (uint8_t)(value_of(centre[d] - mean[d], step) << 2 * (d % VALUES));
  }
  lode_bytes_add(out, code, code_size(dim));
}

static void write_all(const float *centres, size_t count, size_t dim, float *mean, uint8_t *code,
                      lode_bytes *out) {
  for (size_t d = 0; d < dim; d++) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (double)centres[i * dim + d];
    mean[d] = count > 0 ? (float)(sum / (double)count) : 0;
    lode_bytes_float(out, mean[d]);
  }
  for (size_t i = 0; i < count; i++) {
    lode_bytes_float(out, step_of(centres + i * dim, mean, dim));
  }
  for (size_t i = 0; i < count; i++) write_code(centres + i * dim, mean, dim, code, out);
}

void lode_sealed_centres_write(const float *centres, size_t count, size_t dim, uint64_t made_of,
                               lode_bytes *out) {
  lode_arena arena = {0};
  float *mean = lode_arena_array(&arena, dim, sizeof *mean);
  uint8_t *code = lode_arena_array(&arena, code_size(dim), 1);
  out->size = 0;
  lode_bytes_add(out, "LSC1", LODE_SEALED_KIND);
  lode_bytes_number(out, count);
  lode_bytes_number(out, made_of);
  if (mean == NULL || code == NULL) {
    out->failed = true;
  } else {
    write_all(centres, count, dim, mean, code, out);
  }
  lode_arena_free(&arena);
}
