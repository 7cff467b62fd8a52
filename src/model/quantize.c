#include "model/quantize.h"

#include <math.h>
#include <string.h>

/* ---- calibration */

lode_status lode_calibration_new(const lode_program *program, lode_calibration *out,
                                 lode_error *err) {
  lode_calibration c = {0};
  c.input_most = lode_arena_array(&c.arena, program->op_count, sizeof *c.input_most);
  bool complete = c.input_most != NULL;
  for (size_t i = 0; i < program->op_count && complete; i++) {
    const lode_op *op = &program->ops[i];
    if (op->kind != LODE_OP_LINEAR) continue;
    c.input_most[i] =
        lode_arena_array(&c.arena, program->values[op->in].cols, sizeof **c.input_most);
    complete = c.input_most[i] != NULL;
  }
  if (!complete) {
    lode_calibration_free(&c);
    return lode_error_nomem(err);
  }
  *out = c;
  return LODE_OK;
}

void lode_calibration_add(lode_calibration *calibration, const lode_program *program,
                          const lode_op *op, size_t rows, size_t cols, const float *in,
                          size_t stride) {
  float *most = calibration->input_most[op - program->ops];
  for (size_t r = 0; r < rows; r++, in += stride) {
    for (size_t c = 0; c < cols; c++) most[c] = fmaxf(most[c], fabsf(in[c]));
  }
}

void lode_calibration_free(lode_calibration *calibration) {
  lode_arena_free(&calibration->arena);
  *calibration = (lode_calibration){0};
}

/* ---- weights */

lode_dtype lode_program_dtype(const lode_program *program) {
  if (lode_program_is_static(program)) {
    const lode_dtype dtype = program->weights[program->ops[0].u.embed.word].parts[0].dtype;
    return dtype == LODE_DTYPE_I8 || dtype == LODE_DTYPE_I4 ? dtype : LODE_DTYPE_F32;
  }
  for (size_t i = 0; i < program->op_count; i++) {
    const lode_op *op = &program->ops[i];
    if (op->kind != LODE_OP_LINEAR) continue;
    const lode_dtype dtype = program->weights[op->u.linear.weight].parts[0].dtype;
    if (dtype == LODE_DTYPE_I8) return dtype;
  }
  return LODE_DTYPE_F32;
}

static float f16_value(uint16_t h) {
  const float sign = h >> 15 ? -1.0f : 1.0f;
  const int exponent = (h >> 10) & 0x1F;
  const int fraction = h & 0x3FF;
  if (exponent == 0x1F) return fraction ? NAN : sign * INFINITY;
  if (exponent == 0) return sign * ldexpf((float)fraction, -24);
  return sign * ldexpf((float)(1024 + fraction), exponent - 25);
}

float lode_weight_part_value(const lode_weight_part *part, size_t i) {
  if (part->dtype == LODE_DTYPE_F32) {
    float x;
    memcpy(&x, (const char *)part->data + i * sizeof x, sizeof x);
    return x;
  }
  uint16_t half;
  memcpy(&half, (const char *)part->data + i * sizeof half, sizeof half);
  if (part->dtype == LODE_DTYPE_F16) return f16_value(half);
  const uint32_t bits = (uint32_t)half << 16;
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* smooth[k] = sqrt(largest weight / largest input) of column k. */
static void find_smooth(const lode_weight *weight, const float *input_most, float *smooth) {
  for (size_t k = 0; k < weight->cols; k++) smooth[k] = 0.0f;
  for (size_t p = 0; p < weight->part_count; p++) {
    const lode_weight_part *part = &weight->parts[p];
    for (size_t i = 0; i < part->rows * weight->cols; i++) {
      float *most = &smooth[i % weight->cols];
      *most = fmaxf(*most, fabsf(lode_weight_part_value(part, i)));
    }
  }
  for (size_t k = 0; k < weight->cols; k++) {
    const float most = input_most ? input_most[k] : 0.0f;
    const float ratio = sqrtf(smooth[k] / most);
    /* Beyond these a channel is as good as dead, and no quotient of it can be trusted. */
    smooth[k] = most > 0.0f && ratio > 1e-4f && ratio < 1e4f ? ratio : 1.0f;
  }
}

/* scale = max |x| / most, q = x / scale rounded. False: x is not finite. */
static bool round_row(size_t n, const float *x, int most, int8_t *q, float *scale) {
  float largest = 0.0f;
  for (size_t k = 0; k < n; k++) {
    if (!isfinite(x[k])) return false;
    largest = fmaxf(largest, fabsf(x[k]));
  }
  *scale = largest / (float)most;
  for (size_t k = 0; k < n; k++) q[k] = *scale > 0.0f ? (int8_t)lrintf(x[k] / *scale) : 0;
  return true;
}

/* One part in I8, its columns divided by `smooth` (NULL: as they are). */
static lode_status quantize_part(lode_arena *arena, const lode_weight_part *part, size_t cols,
                                 const float *smooth, int most, lode_weight_part *out,
                                 lode_error *err) {
  int8_t *q = lode_arena_array(arena, part->rows, cols);
  float *scale = lode_arena_array(arena, part->rows, sizeof *scale);
  float *row = lode_arena_array(arena, cols, sizeof *row);
  if (!q || !scale || !row) return lode_error_nomem(err);
  for (size_t r = 0; r < part->rows; r++) {
    for (size_t k = 0; k < cols; k++) {
      row[k] = lode_weight_part_value(part, r * cols + k);
      if (smooth) row[k] /= smooth[k];
    }
    if (!round_row(cols, row, most, q + r * cols, &scale[r])) {
      return lode_error_set(err, LODE_E_FORMAT, -1, -1, "tensor %s: has NaN or infinite values",
                            part->name);
    }
  }
  *out = (lode_weight_part){part->name, q, LODE_DTYPE_I8, scale, part->rows, NULL};
  return LODE_OK;
}

static lode_status quantize_matrix(lode_arena *arena, lode_weight *weight, const float *input_most,
                                   lode_error *err) {
  if (weight->parts[0].dtype == LODE_DTYPE_I8) return LODE_OK;
  if (weight->cols > LODE_QUANTIZE_MAX_COLS) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "tensor %s: %zu columns are more than 32-bit sums of integers hold",
                          weight->parts[0].name, weight->cols);
  }
  float *smooth = lode_arena_array(arena, weight->cols, sizeof *smooth);
  if (!smooth) return lode_error_nomem(err);
  find_smooth(weight, input_most, smooth);
  for (size_t p = 0; p < weight->part_count; p++) {
    const lode_weight_part part = weight->parts[p];
    const lode_status status = quantize_part(arena, &part, weight->cols, smooth, LODE_QUANTIZE_MOST,
                                             &weight->parts[p], err);
    if (status != LODE_OK) return status;
  }
  weight->smooth = input_most ? smooth : NULL;
  return LODE_OK;
}

static lode_status quantize_table(lode_arena *arena, lode_weight *weights, int index,
                                  lode_error *err) {
  enum { FEWEST_ROWS = 64, MOST = 127 };
  if (index == LODE_NONE) return LODE_OK;
  lode_weight *weight = &weights[index];
  const lode_weight_part part = weight->parts[0];
  if (part.dtype == LODE_DTYPE_I8 || part.rows < FEWEST_ROWS) return LODE_OK;
  return quantize_part(arena, &part, weight->cols, NULL, MOST, &weight->parts[0], err);
}

static lode_status quantize_op(const lode_program *program, size_t i, lode_weight *weights,
                               lode_arena *arena, const lode_calibration *calibration,
                               lode_error *err) {
  const lode_op *op = &program->ops[i];
  if (op->kind == LODE_OP_LINEAR && program->values[op->out].extent == LODE_PER_TOKEN) {
    return quantize_matrix(arena, &weights[op->u.linear.weight],
                           calibration ? calibration->input_most[i] : NULL, err);
  }
  if (op->kind != LODE_OP_EMBED) return LODE_OK;
  lode_status status = quantize_table(arena, weights, op->u.embed.word, err);
  if (status == LODE_OK) status = quantize_table(arena, weights, op->u.embed.position, err);
  if (status == LODE_OK) status = quantize_table(arena, weights, op->u.embed.type, err);
  return status;
}

lode_status lode_program_quantize(lode_program *program, const lode_calibration *calibration,
                                  lode_error *err) {
  lode_weight *weights = lode_arena_array(&program->arena, program->weight_count, sizeof *weights);
  if (!weights) return lode_error_nomem(err);
  memcpy(weights, program->weights, program->weight_count * sizeof *weights);
  for (size_t i = 0; i < program->op_count; i++) {
    const lode_status status = quantize_op(program, i, weights, &program->arena, calibration, err);
    if (status != LODE_OK) return status;
  }
  program->weights = weights;
  return LODE_OK;
}

/* ---- tables of static programs */

/* Squared error of x rounded to multiples of `scale` within most. */
static double rounding_error(size_t n, const float *x, int most, float scale) {
  double sum = 0.0;
  for (size_t k = 0; k < n; k++) {
    const float q = fminf(fmaxf(rintf(x[k] / scale), (float)-most), (float)most);
    const double error = (double)x[k] - (double)(q * scale);
    sum += error * error;
  }
  return sum;
}

/* round_row in 4 bits; two values a byte. */
static bool round_row_i4(size_t n, const float *x, uint8_t *packed, float *scale) {
  enum { MOST = 7, STEPS = 32 }; /* scales from the largest down to half of it */
  float largest = 0.0f;
  for (size_t k = 0; k < n; k++) {
    if (!isfinite(x[k])) return false;
    largest = fmaxf(largest, fabsf(x[k]));
  }
  *scale = largest / (float)MOST;
  double least = INFINITY;
  for (int s = 0; s < STEPS && *scale > 0.0f; s++) {
    const float tried = largest / (float)MOST * (1.0f - (float)s / (2.0f * STEPS));
    const double error = tried > 0.0f ? rounding_error(n, x, MOST, tried) : INFINITY;
    if (error >= least) continue;
    least = error;
    *scale = tried;
  }
  for (size_t k = 0; k < n; k++) {
    const float q = *scale > 0.0f ? rintf(x[k] / *scale) : 0.0f;
    const unsigned value = (unsigned)((int)fminf(fmaxf(q, (float)-MOST), (float)MOST) + 8);
    packed[k / 2] = (uint8_t)(k % 2 == 0 ? value : packed[k / 2] | value << 4);
  }
  return true;
}

static lode_status quantize_part_i4(lode_arena *arena, const lode_weight_part *part, size_t cols,
                                    lode_weight_part *out, lode_error *err) {
  if (cols % 2 != 0) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "dtype \"int4\" takes an even number of dimensions, tensor %s has %zu",
                          part->name, cols);
  }
  uint8_t *packed = lode_arena_array(arena, part->rows, cols / 2);
  float *scale = lode_arena_array(arena, part->rows, sizeof *scale);
  float *row = lode_arena_array(arena, cols, sizeof *row);
  if (!packed || !scale || !row) return lode_error_nomem(err);
  for (size_t r = 0; r < part->rows; r++) {
    for (size_t k = 0; k < cols; k++) row[k] = lode_weight_part_value(part, r * cols + k);
    if (!round_row_i4(cols, row, packed + r * (cols / 2), &scale[r])) {
      return lode_error_set(err, LODE_E_FORMAT, -1, -1, "tensor %s: has NaN or infinite values",
                            part->name);
    }
  }
  *out = (lode_weight_part){part->name, packed, LODE_DTYPE_I4, scale, part->rows, NULL};
  return LODE_OK;
}

lode_status lode_program_quantize_table(lode_program *program, lode_dtype dtype, lode_error *err) {
  const int word = program->ops[0].u.embed.word;
  lode_weight *weights = lode_arena_array(&program->arena, program->weight_count, sizeof *weights);
  if (!weights) return lode_error_nomem(err);
  memcpy(weights, program->weights, program->weight_count * sizeof *weights);
  const lode_weight_part part = weights[word].parts[0];
  const size_t cols = weights[word].cols;
  lode_weight_part *out = &weights[word].parts[0];
  const lode_status status = dtype == LODE_DTYPE_I4
                                 ? quantize_part_i4(&program->arena, &part, cols, out, err)
                                 : quantize_part(&program->arena, &part, cols, NULL, 127, out, err);
  if (status == LODE_OK) program->weights = weights;
  return status;
}
