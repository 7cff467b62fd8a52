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

bool lode_program_is_integer(const lode_program *program) {
  for (size_t i = 0; i < program->op_count; i++) {
    const lode_op *op = &program->ops[i];
    if (op->kind != LODE_OP_LINEAR) continue;
    if (program->weights[op->u.linear.weight].parts[0].dtype == LODE_DTYPE_I8) return true;
  }
  return false;
}

static float f16_value(uint16_t h) {
  const float sign = h >> 15 ? -1.0f : 1.0f;
  const int exponent = (h >> 10) & 0x1F;
  const int fraction = h & 0x3FF;
  if (exponent == 0x1F) return fraction ? NAN : sign * INFINITY;
  if (exponent == 0) return sign * ldexpf((float)fraction, -24);
  return sign * ldexpf((float)(1024 + fraction), exponent - 25);
}

static float value_at(const lode_weight_part *part, size_t i) {
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
static lode_status find_smooth(const lode_weight *weight, const float *input_most, float *smooth,
                               lode_error *err) {
  for (size_t k = 0; k < weight->cols; k++) smooth[k] = 0.0f;
  for (size_t p = 0; p < weight->part_count; p++) {
    const lode_weight_part *part = &weight->parts[p];
    for (size_t i = 0; i < part->rows * weight->cols; i++) {
      const float x = fabsf(value_at(part, i));
      if (!isfinite(x)) {
        return lode_error_set(err, LODE_E_FORMAT, -1, -1, "tensor %s: has NaN or infinite values",
                              part->name);
      }
      float *most = &smooth[i % weight->cols];
      *most = fmaxf(*most, x);
    }
  }
  for (size_t k = 0; k < weight->cols; k++) {
    const float most = input_most ? input_most[k] : 0.0f;
    const float ratio = sqrtf(smooth[k] / most);
    /* Beyond these a channel is as good as dead, and no quotient of it can be trusted. */
    smooth[k] = most > 0.0f && ratio > 1e-4f && ratio < 1e4f ? ratio : 1.0f;
  }
  return LODE_OK;
}

static void quantize_row(const lode_weight_part *part, size_t row, size_t cols, const float *smooth,
                         int8_t *q, float *scale) {
  float most = 0.0f;
  for (size_t k = 0; k < cols; k++) {
    most = fmaxf(most, fabsf(value_at(part, row * cols + k) / smooth[k]));
  }
  *scale = most / (float)LODE_QUANTIZE_MOST;
  for (size_t k = 0; k < cols; k++) {
    const float x = value_at(part, row * cols + k) / smooth[k];
    q[k] = *scale > 0.0f ? (int8_t)lrintf(x / *scale) : 0;
  }
}

static lode_status quantize_weight(lode_arena *arena, const lode_weight *weight,
                                   const float *input_most, lode_weight *out, lode_error *err) {
  *out = *weight;
  float *smooth = lode_arena_array(arena, weight->cols, sizeof *smooth);
  if (!smooth) return lode_error_nomem(err);
  const lode_status status = find_smooth(weight, input_most, smooth, err);
  if (status != LODE_OK) return status;
  out->smooth = input_most ? smooth : NULL;
  for (size_t p = 0; p < weight->part_count; p++) {
    lode_weight_part *part = &out->parts[p];
    int8_t *q = lode_arena_array(arena, part->rows, weight->cols);
    float *scale = lode_arena_array(arena, part->rows, sizeof *scale);
    if (!q || !scale) return lode_error_nomem(err);
    for (size_t r = 0; r < part->rows; r++) {
      quantize_row(&weight->parts[p], r, weight->cols, smooth, q + r * weight->cols, &scale[r]);
    }
    part->data = q;
    part->scale = scale;
    part->dtype = LODE_DTYPE_I8;
    part->file = NULL;
  }
  return LODE_OK;
}

lode_status lode_program_quantize(lode_program *program, const lode_calibration *calibration,
                                  lode_error *err) {
  lode_weight *weights = lode_arena_array(&program->arena, program->weight_count, sizeof *weights);
  if (!weights) return lode_error_nomem(err);
  memcpy(weights, program->weights, program->weight_count * sizeof *weights);
  for (size_t i = 0; i < program->op_count; i++) {
    const lode_op *op = &program->ops[i];
    if (op->kind != LODE_OP_LINEAR || program->values[op->out].extent != LODE_PER_TOKEN) continue;
    const int w = op->u.linear.weight;
    if (weights[w].parts[0].dtype == LODE_DTYPE_I8) continue;
    const lode_status status =
        quantize_weight(&program->arena, &program->weights[w],
                        calibration ? calibration->input_most[i] : NULL, &weights[w], err);
    if (status != LODE_OK) return status;
  }
  program->weights = weights;
  return LODE_OK;
}
