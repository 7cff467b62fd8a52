/* Weights are read once, checked and laid out for the kernels; then their pages in the file
 * are let go, so that the process holds each weight once. */
#include <stdlib.h>
#include <string.h>

#include "backend/cpu/cpu.h"
#include "base/cpu.h"

/* Bytes of a table that are checked before its pages are let go again. */
enum { CHECK_BYTES = 4 << 20 };

static size_t element_size(lode_dtype dtype) {
  return dtype == LODE_DTYPE_F32 ? 4 : dtype == LODE_DTYPE_I8 ? 1 : 2;
}

static size_t table_bytes(const lode_weight *weight) {
  const lode_weight_part *part = &weight->parts[0];
  const size_t scales = part->scale ? part->rows * sizeof(float) : 0;
  if (part->dtype == LODE_DTYPE_I4) return part->rows * (weight->cols / 2) + scales;
  return part->rows * weight->cols * element_size(part->dtype) + scales;
}

/* Row `row` of a part of floats as f32: in place, or widened into `buffer` [cols]. */
static const float *part_row(const lode_convert_kernel *convert, const lode_weight_part *part,
                             size_t cols, size_t row, float *buffer) {
  if (part->dtype == LODE_DTYPE_F32) return (const float *)part->data + row * cols;
  const uint16_t *half = (const uint16_t *)part->data + row * cols;
  if (part->dtype == LODE_DTYPE_F16) {
    convert->f16_to_f32(cols, half, buffer);
  } else {
    convert->bf16_to_f32(cols, half, buffer);
  }
  return buffer;
}

static lode_status not_finite(const lode_weight_part *part, lode_error *err) {
  return lode_error_set(err, LODE_E_FORMAT, -1, -1, "tensor %s: has NaN or infinite values",
                        part->name);
}

static void release(const lode_weight_part *part, size_t offset, size_t size) {
  if (!part->file) return;
  const size_t base = (size_t)((const uint8_t *)part->data - part->file->data);
  lode_file_dont_need(part->file, base + offset, size);
}

/* ---- matrices */

typedef struct packing {
  const lode_prepared *prepared;
  const lode_weight *weight;
  lode_cpu_weight *out;
  const void **rows;  /* [weight rows] */
  float *widened;     /* [cols]: a row of a half type */
  uint16_t *narrowed; /* [panel, cols], where bf16 is multiplied */
  float *panel;       /* [panel, cols], where half types are multiplied as f32 */
} packing;

static bool fits_seven_bits(size_t n, const int8_t *x) {
  int beyond = 0;
  for (size_t i = 0; i < n; i++) {
    beyond |= (x[i] > LODE_GEMM_I8_MOST) | (x[i] < -LODE_GEMM_I8_MOST);
  }
  return beyond == 0;
}

/* One row in the type that is multiplied, where it lies or as row `slot` of a panel. */
static lode_status gather_row(packing *k, const lode_weight_part *part, size_t row, size_t slot,
                              const void **out, lode_error *err) {
  const lode_convert_kernel *convert = k->prepared->convert;
  const size_t cols = k->weight->cols;
  if (k->out->kind == LODE_DTYPE_I8) {
    *out = (const int8_t *)part->data + row * cols;
    return fits_seven_bits(cols, *out)
               ? LODE_OK
               : lode_error_set(err, LODE_E_FORMAT, -1, -1,
                                "tensor %s: has values beyond -63 .. 63", part->name);
  }
  float *widened = k->panel ? k->panel + slot * cols : k->widened;
  const float *values = part_row(convert, part, cols, row, widened);
  if (!convert->all_finite(cols, values)) return not_finite(part, err);
  *out = values;
  if (k->out->kind == LODE_DTYPE_BF16) {
    convert->f32_to_bf16(cols, values, k->narrowed + slot * cols);
    *out = k->narrowed + slot * cols;
  }
  return LODE_OK;
}

/* Row pointers of one panel, from whichever parts its rows lie in. */
static lode_status gather_panel(packing *k, size_t begin, size_t end, lode_error *err) {
  const lode_weight *weight = k->weight;
  size_t part_begin = 0;
  for (size_t p = 0; p < weight->part_count; p++) {
    const lode_weight_part *part = &weight->parts[p];
    const size_t part_end = part_begin + part->rows;
    for (size_t r = begin > part_begin ? begin : part_begin; r < end && r < part_end; r++) {
      const lode_status status = gather_row(k, part, r - part_begin, r - begin, &k->rows[r], err);
      if (status != LODE_OK) return status;
    }
    part_begin = part_end;
  }
  return LODE_OK;
}

static lode_status pack_panels(packing *k, void *packed, lode_error *err) {
  const lode_weight *weight = k->weight;
  const lode_gemm_layout *layout = k->out->gemm->layout;
  const size_t width = layout->panel;
  for (size_t begin = 0; begin < weight->rows; begin += width) {
    const size_t end = begin + width < weight->rows ? begin + width : weight->rows;
    const lode_status status = gather_panel(k, begin, end, err);
    if (status != LODE_OK) return status;
    const size_t panel = begin / width;
    lode_gemm_pack(layout, weight->rows, weight->cols, k->rows, panel, panel + 1, packed);
  }
  for (size_t p = 0; p < weight->part_count; p++) {
    const lode_weight_part *part = &weight->parts[p];
    release(part, 0, part->rows * weight->cols * element_size(part->dtype));
  }
  return LODE_OK;
}

static bool has_half(const lode_weight *weight) {
  for (size_t p = 0; p < weight->part_count; p++) {
    if (weight->parts[p].dtype != LODE_DTYPE_F32) return true;
  }
  return false;
}

static lode_status pack_matrix(const lode_prepared *prepared, const lode_weight *weight,
                               lode_cpu_weight *out, void *packed, lode_error *err) {
  const size_t panel = out->gemm->layout->panel * weight->cols;
  const bool half = out->kind != LODE_DTYPE_I8 && has_half(weight);
  packing k = {.prepared = prepared, .weight = weight, .out = out};
  k.rows = calloc(weight->rows, sizeof *k.rows);
  bool complete = k.rows != NULL;
  if (out->kind == LODE_DTYPE_BF16) {
    k.narrowed = lode_aligned_alloc(panel * sizeof *k.narrowed);
    complete = complete && k.narrowed;
    if (half) k.widened = lode_aligned_alloc(weight->cols * sizeof *k.widened);
    complete = complete && (!half || k.widened);
  } else if (half) {
    k.panel = lode_aligned_alloc(panel * sizeof *k.panel);
    complete = complete && k.panel;
  }
  const lode_status status = complete ? pack_panels(&k, packed, err) : lode_error_nomem(err);
  if (status == LODE_OK) out->packed = packed;
  free(k.rows);
  lode_aligned_free(k.widened);
  lode_aligned_free(k.narrowed);
  lode_aligned_free(k.panel);
  return status;
}

/* ---- tables and vectors */

static lode_status check_table(const lode_prepared *prepared, const lode_weight *weight,
                               lode_error *err) {
  const lode_weight_part *part = &weight->parts[0];
  if (part->dtype == LODE_DTYPE_I8 || part->dtype == LODE_DTYPE_I4) {
    /* whatever its bytes are, its values are finite */
    const bool finite =
        part->scale == NULL || prepared->convert->all_finite(part->rows, part->scale);
    return finite ? LODE_OK : not_finite(part, err);
  }
  const size_t row_bytes = weight->cols * element_size(part->dtype);
  const size_t step = CHECK_BYTES / row_bytes + 1;
  float *buffer = lode_aligned_alloc(weight->cols * sizeof(float));
  if (!buffer) return lode_error_nomem(err);
  lode_status status = LODE_OK;
  for (size_t begin = 0; begin < part->rows && status == LODE_OK; begin += step) {
    const size_t end = begin + step < part->rows ? begin + step : part->rows;
    for (size_t r = begin; r < end && status == LODE_OK; r++) {
      const float *row = part_row(prepared->convert, part, weight->cols, r, buffer);
      if (!prepared->convert->all_finite(weight->cols, row)) status = not_finite(part, err);
    }
    release(part, begin * row_bytes, (end - begin) * row_bytes);
  }
  lode_aligned_free(buffer);
  return status;
}

static lode_status copy_vector(const lode_prepared *prepared, const lode_weight *weight, float *to,
                               lode_error *err) {
  const size_t part_cols = weight->cols / weight->part_count;
  for (size_t p = 0; p < weight->part_count; p++) {
    const lode_weight_part *part = &weight->parts[p];
    float *dst = to + p * part_cols;
    const float *row = part_row(prepared->convert, part, part_cols, 0, dst);
    if (row != dst) memcpy(dst, row, part_cols * sizeof *dst);
    if (!prepared->convert->all_finite(part_cols, dst)) return not_finite(part, err);
  }
  return LODE_OK;
}

/* ---- all weights */

/* Floats, rounded up so that what follows starts on a cache line. */
static size_t padded(size_t floats) {
  const size_t line = LODE_ALIGN / sizeof(float);
  return (floats + line - 1) / line * line;
}

static size_t padded_bytes(size_t bytes) {
  return (bytes + LODE_ALIGN - 1) / LODE_ALIGN * LODE_ALIGN;
}

/* Which kernel multiplies a matrix. */
static void choose_kernel(const lode_prepared *prepared, const lode_weight *weight,
                          lode_cpu_weight *out) {
  if (weight->parts[0].dtype == LODE_DTYPE_I8) {
    out->kind = LODE_DTYPE_I8;
    out->gemm = prepared->gemm_i8;
  } else if (prepared->dtype == LODE_DTYPE_BF16) {
    out->kind = LODE_DTYPE_BF16;
    out->gemm = prepared->gemm_bf16;
  } else {
    out->kind = LODE_DTYPE_F32;
    out->gemm = prepared->gemm_f32;
  }
}

/* Sizes of what is owned, and of operands. */
static void measure_weights(lode_prepared *prepared, const lode_weight_role *roles,
                            size_t *packed_bytes, size_t *vector_floats) {
  const lode_program *program = prepared->program;
  for (size_t i = 0; i < program->weight_count; i++) {
    const lode_weight *w = &program->weights[i];
    lode_cpu_weight *out = &prepared->weights[i];
    if (roles[i] == LODE_WEIGHT_VECTOR) *vector_floats += padded(w->cols);
    if (roles[i] != LODE_WEIGHT_MATRIX) continue;
    choose_kernel(prepared, w, out);
    *packed_bytes += padded_bytes(lode_gemm_packed_size(out->gemm->layout, w->rows, w->cols));
    if (out->kind == LODE_DTYPE_F32) continue;
    const size_t element = out->kind == LODE_DTYPE_I8 ? 1 : sizeof(uint16_t);
    const size_t row_bytes = lode_cpu_operand_ld(out->kind, w->cols) * element;
    if (row_bytes > prepared->operand_row_bytes) prepared->operand_row_bytes = row_bytes;
    if (out->kind == LODE_DTYPE_I8) {
      *vector_floats += padded(w->rows) + (w->smooth ? padded(w->cols) : 0);
    }
  }
}

/* The scales of an I8 matrix, and what its input is multiplied by. Returns the floats used. */
static lode_status copy_scales(const lode_prepared *prepared, const lode_weight *weight,
                               lode_cpu_weight *out, float **vectors, lode_error *err) {
  out->scale = *vectors;
  size_t row = 0;
  for (size_t p = 0; p < weight->part_count; p++) {
    const lode_weight_part *part = &weight->parts[p];
    memcpy(*vectors + row, part->scale, part->rows * sizeof(float));
    row += part->rows;
  }
  if (!prepared->convert->all_finite(row, out->scale)) return not_finite(&weight->parts[0], err);
  *vectors += padded(row);
  if (weight->smooth == NULL) return LODE_OK;
  memcpy(*vectors, weight->smooth, weight->cols * sizeof(float));
  out->smooth = *vectors;
  *vectors += padded(weight->cols);
  return prepared->convert->all_finite(weight->cols, out->smooth)
             ? LODE_OK
             : not_finite(&weight->parts[0], err);
}

static lode_status prepare_matrix(lode_prepared *prepared, size_t i, lode_error *err) {
  const lode_weight *w = &prepared->program->weights[i];
  lode_cpu_weight *out = &prepared->weights[i];
  const lode_status status = pack_matrix(prepared, w, out, prepared->packed_end, err);
  prepared->packed_end += padded_bytes(lode_gemm_packed_size(out->gemm->layout, w->rows, w->cols));
  if (status != LODE_OK || out->kind != LODE_DTYPE_I8) return status;
  return copy_scales(prepared, w, out, &prepared->vectors_end, err);
}

/* Everything about the weights but what is in them. */
static lode_status plan_weights(lode_prepared *prepared, lode_error *err) {
  const size_t n = prepared->program->weight_count;
  prepared->weights = lode_arena_array(&prepared->arena, n, sizeof *prepared->weights);
  prepared->roles = lode_arena_array(&prepared->arena, n, sizeof *prepared->roles);
  if (!prepared->weights || !prepared->roles) return lode_error_nomem(err);
  lode_program_find_roles(prepared->program, prepared->roles);

  size_t packed_bytes = 0;
  size_t vector_floats = 0;
  measure_weights(prepared, prepared->roles, &packed_bytes, &vector_floats);
  prepared->packed = lode_aligned_alloc(packed_bytes);
  prepared->vectors = lode_aligned_alloc(vector_floats * sizeof(float));
  if (!prepared->packed || !prepared->vectors) return lode_error_nomem(err);
  prepared->weight_bytes = packed_bytes + vector_floats * sizeof(float);
  prepared->packed_end = prepared->packed;
  prepared->vectors_end = prepared->vectors;
  return LODE_OK;
}

static lode_status prepare_weight(lode_prepared *prepared, size_t i, lode_error *err) {
  const lode_weight *w = &prepared->program->weights[i];
  lode_cpu_weight *out = &prepared->weights[i];
  switch (prepared->roles[i]) {
    case LODE_WEIGHT_MATRIX:
      return prepare_matrix(prepared, i, err);
    case LODE_WEIGHT_VECTOR: {
      float *vector = prepared->vectors_end;
      prepared->vectors_end += padded(w->cols);
      out->vector = vector;
      return copy_vector(prepared, w, vector, err);
    }
    case LODE_WEIGHT_WORDS:
    case LODE_WEIGHT_TABLE:
      out->table = &w->parts[0];
      prepared->weight_bytes += table_bytes(w);
      return check_table(prepared, w, err);
    case LODE_WEIGHT_ROWS:
      out->table = &w->parts[0];
      prepared->weight_bytes += w->cols * sizeof(int32_t);
      return LODE_OK;
    case LODE_WEIGHT_UNUSED:
      break;
  }
  return LODE_OK;
}

lode_status lode_cpu_prepare_weights(lode_prepared *prepared, const lode_arrived *arrived,
                                     bool *complete, lode_error *err) {
  const lode_program *program = prepared->program;
  while (prepared->ready < program->weight_count) {
    if (!lode_weight_is_there(&program->weights[prepared->ready], arrived)) break;
    const lode_status status = prepare_weight(prepared, prepared->ready, err);
    if (status != LODE_OK) return status;
    prepared->ready++;
  }
  *complete = prepared->ready == program->weight_count;
  return LODE_OK;
}

/* ---- segments and costs */

static bool is_row_local(lode_op_kind kind) {
  return kind != LODE_OP_ATTENTION && kind != LODE_OP_POOL;
}

static lode_status make_segments(lode_prepared *prepared, lode_error *err) {
  const lode_program *program = prepared->program;
  prepared->segments =
      lode_arena_array(&prepared->arena, program->op_count, sizeof *prepared->segments);
  if (!prepared->segments) return lode_error_nomem(err);
  for (size_t i = 0; i < program->op_count; i++) {
    const lode_op *op = &program->ops[i];
    const lode_extent extent = program->values[op->out].extent;
    const bool local = is_row_local(op->kind);
    lode_cpu_segment *last =
        prepared->segment_count ? &prepared->segments[prepared->segment_count - 1] : NULL;
    if (last && local && last->row_local && last->extent == extent) {
      last->last = i + 1;
    } else {
      prepared->segments[prepared->segment_count++] = (lode_cpu_segment){i, i + 1, local, extent};
    }
    if (i + 1 == program->token_ops) prepared->token_segments = prepared->segment_count;
  }
  return LODE_OK;
}

/* Nothing but the mean takes the rows that a static program looks up. */
static bool is_bag(const lode_program *program) {
  if (!lode_program_is_static(program) || program->op_count < 2) return false;
  const lode_op *pool = &program->ops[1];
  if (pool->kind != LODE_OP_POOL || pool->in != program->ops[0].out || pool->u.pool.skip_prompt ||
      pool->u.pool.poolings.count != 1 || pool->u.pool.poolings.kinds[0] != LODE_POOL_MEAN) {
    return false;
  }
  for (size_t i = 2; i < program->op_count; i++) {
    const lode_op *op = &program->ops[i];
    if (op->in == pool->in) return false;
    if (op->kind == LODE_OP_LINEAR && op->u.linear.residual == pool->in) return false;
  }
  return true;
}

static void count_costs(lode_prepared *prepared) {
  const lode_program *program = prepared->program;
  for (size_t i = 0; i < program->token_ops; i++) {
    const lode_op *op = &program->ops[i];
    if (op->kind == LODE_OP_EMBED) {
      prepared->cost_per_token += (double)program->values[op->out].cols;
    } else if (op->kind == LODE_OP_LINEAR) {
      const lode_weight *w = &program->weights[op->u.linear.weight];
      prepared->cost_per_token += 2.0 * (double)w->rows * (double)w->cols;
    } else if (op->kind == LODE_OP_ATTENTION) {
      prepared->cost_per_pair +=
          4.0 * (double)op->u.attention.heads * (double)op->u.attention.head_dim;
    }
  }
}

_Static_assert((int)LODE_INTEGER_ATTENTION_TOKENS == (int)LODE_ATTENTION_I8_MOST_TOKENS,
               "the kernels' sums hold what a program may ask for");

static void choose_kernels(lode_prepared *prepared, const lode_prepare_options *options) {
  const uint32_t features = options->features;
  prepared->dtype = options->dtype;
  prepared->gemm_f32 = lode_gemm_f32_select(features);
  prepared->gemm_bf16 = lode_gemm_bf16_select(features);
  prepared->gemm_i8 = lode_gemm_i8_select(features);
  prepared->quantize = lode_quantize_select(features);
  prepared->norm = lode_norm_select(features);
  prepared->pool = lode_pool_select(features);
  prepared->convert = lode_convert_select(features);
  prepared->bag = lode_bag_select(features);
  if (lode_program_attends_in_integers(prepared->program)) {
    prepared->attention = lode_attention_i8_select(features);
  } else if (options->dtype == LODE_DTYPE_BF16) {
    prepared->attention = lode_attention_bf16_select(features);
  } else {
    prepared->attention = lode_attention_f32_select(features);
  }
}

lode_status lode_cpu_prepare(const lode_program *program, const lode_prepare_options *options,
                             lode_prepared **out, lode_error *err) {
  lode_prepared *prepared = calloc(1, sizeof *prepared);
  if (!prepared) return lode_error_nomem(err);
  prepared->program = program;
  choose_kernels(prepared, options);
  if (options->dtype == LODE_DTYPE_BF16 && !prepared->gemm_bf16) {
    lode_cpu_prepared_free(prepared);
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "dtype \"bf16\": WebAssembly has no instructions for it");
  }
  lode_status status = lode_memory_plan_make(program, true, &prepared->arena, &prepared->plan, err);
  if (status == LODE_OK) status = make_segments(prepared, err);
  if (status == LODE_OK) status = plan_weights(prepared, err);
  if (status == LODE_OK && !options->later) {
    const lode_arrived all = {0};
    bool complete = false;
    status = lode_cpu_prepare_weights(prepared, &all, &complete, err);
  }
  if (status != LODE_OK) {
    lode_cpu_prepared_free(prepared);
    return status;
  }
  count_costs(prepared);
  prepared->is_bag = is_bag(program);
  *out = prepared;
  return LODE_OK;
}

void lode_cpu_prepared_free(lode_prepared *prepared) {
  if (!prepared) return;
  lode_aligned_free(prepared->packed);
  lode_aligned_free(prepared->vectors);
  lode_arena_free(&prepared->arena);
  free(prepared);
}
