/* Weights are read once, checked and laid out for the kernels; then their pages in the file
 * are let go, so that the process holds each weight once. */
#include <stdlib.h>
#include <string.h>

#include "backend/cpu/cpu.h"

/* Bytes of a table that are checked before its pages are let go again. */
enum { CHECK_BYTES = 4 << 20 };

static size_t element_size(lode_dtype dtype) {
  return dtype == LODE_DTYPE_F32 ? 4 : 2;
}

/* Row `row` of a part as f32: in place, or widened into `buffer` [cols]. */
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
  const float **rows; /* [weight rows] */
  float *widened;     /* [panel, cols] for half types */
  float *packed;
} packing;

/* Row pointers of one panel, from whichever parts its rows lie in. */
static lode_status gather_panel(packing *k, size_t begin, size_t end, lode_error *err) {
  const lode_weight *weight = k->weight;
  size_t part_begin = 0;
  for (size_t p = 0; p < weight->part_count; p++) {
    const lode_weight_part *part = &weight->parts[p];
    const size_t part_end = part_begin + part->rows;
    for (size_t r = begin > part_begin ? begin : part_begin; r < end && r < part_end; r++) {
      float *buffer = k->widened ? k->widened + (r - begin) * weight->cols : NULL;
      k->rows[r] = part_row(k->prepared->convert, part, weight->cols, r - part_begin, buffer);
      if (!k->prepared->convert->all_finite(weight->cols, k->rows[r])) {
        return not_finite(part, err);
      }
    }
    part_begin = part_end;
  }
  return LODE_OK;
}

static lode_status pack_panels(packing *k, lode_error *err) {
  const lode_weight *weight = k->weight;
  const size_t panel = k->prepared->gemm->panel;
  for (size_t begin = 0; begin < weight->rows; begin += panel) {
    const size_t end = begin + panel < weight->rows ? begin + panel : weight->rows;
    const lode_status status = gather_panel(k, begin, end, err);
    if (status != LODE_OK) return status;
    k->prepared->gemm->pack(weight->rows, weight->cols, k->rows, begin / panel, begin / panel + 1,
                            k->packed);
  }
  for (size_t p = 0; p < weight->part_count; p++) {
    const lode_weight_part *part = &weight->parts[p];
    release(part, 0, part->rows * weight->cols * element_size(part->dtype));
  }
  return LODE_OK;
}

static lode_status pack_matrix(lode_prepared *prepared, const lode_weight *weight, float *packed,
                               lode_error *err) {
  bool half = false;
  for (size_t p = 0; p < weight->part_count; p++) {
    half |= weight->parts[p].dtype != LODE_DTYPE_F32;
  }
  packing k = {
      .prepared = prepared,
      .weight = weight,
      .rows = calloc(weight->rows, sizeof *k.rows),
      .widened =
          half ? lode_aligned_alloc(prepared->gemm->panel * weight->cols * sizeof(float)) : NULL,
      .packed = packed,
  };
  const lode_status status =
      k.rows && (!half || k.widened) ? pack_panels(&k, err) : lode_error_nomem(err);
  free(k.rows);
  lode_aligned_free(k.widened);
  return status;
}

/* ---- tables and vectors */

static lode_status check_table(const lode_prepared *prepared, const lode_weight *weight,
                               lode_error *err) {
  const lode_weight_part *part = &weight->parts[0];
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

typedef enum weight_use { USE_NONE = 0, USE_MATRIX, USE_VECTOR, USE_TABLE } weight_use;

static void use(weight_use *uses, int weight, weight_use how) {
  if (weight != LODE_NONE) uses[weight] = how;
}

static void use_norm(weight_use *uses, const lode_norm_ref *norm) {
  use(uses, norm->gamma, USE_VECTOR);
  use(uses, norm->beta, USE_VECTOR);
}

static void find_uses(const lode_program *program, weight_use *uses) {
  for (size_t i = 0; i < program->op_count; i++) {
    const lode_op *op = &program->ops[i];
    switch (op->kind) {
      case LODE_OP_EMBED:
        use(uses, op->u.embed.word, USE_TABLE);
        use(uses, op->u.embed.position, USE_TABLE);
        use(uses, op->u.embed.type, USE_TABLE);
        use_norm(uses, &op->u.embed.norm);
        break;
      case LODE_OP_LINEAR:
        use(uses, op->u.linear.weight, USE_MATRIX);
        use(uses, op->u.linear.bias, USE_VECTOR);
        use_norm(uses, &op->u.linear.norm);
        break;
      case LODE_OP_LAYERNORM:
        use_norm(uses, &op->u.layernorm.norm);
        break;
      case LODE_OP_ATTENTION:
      case LODE_OP_POOL:
      case LODE_OP_NORMALIZE:
        break;
    }
  }
}

/* Floats, rounded up so that what follows starts on a cache line. */
static size_t padded(size_t floats) {
  const size_t line = LODE_ALIGN / sizeof(float);
  return (floats + line - 1) / line * line;
}

static lode_status prepare_weights(lode_prepared *prepared, lode_error *err) {
  const lode_program *program = prepared->program;
  const size_t n = program->weight_count;
  prepared->weights = lode_arena_array(&prepared->arena, n, sizeof *prepared->weights);
  weight_use *uses = lode_arena_array(&prepared->arena, n, sizeof *uses);
  if (!prepared->weights || !uses) return lode_error_nomem(err);
  find_uses(program, uses);

  size_t packed_floats = 0;
  size_t vector_floats = 0;
  for (size_t i = 0; i < n; i++) {
    const lode_weight *w = &program->weights[i];
    if (uses[i] == USE_MATRIX)
      packed_floats += padded(prepared->gemm->packed_size(w->rows, w->cols));
    if (uses[i] == USE_VECTOR) vector_floats += padded(w->cols);
  }
  prepared->packed = lode_aligned_alloc(packed_floats * sizeof(float));
  prepared->vectors = lode_aligned_alloc(vector_floats * sizeof(float));
  if (!prepared->packed || !prepared->vectors) return lode_error_nomem(err);
  prepared->weight_bytes = (packed_floats + vector_floats) * sizeof(float);

  float *packed = prepared->packed;
  float *vectors = prepared->vectors;
  for (size_t i = 0; i < n; i++) {
    const lode_weight *w = &program->weights[i];
    lode_status status = LODE_OK;
    switch (uses[i]) {
      case USE_MATRIX:
        status = pack_matrix(prepared, w, packed, err);
        prepared->weights[i].packed = packed;
        packed += padded(prepared->gemm->packed_size(w->rows, w->cols));
        break;
      case USE_VECTOR:
        status = copy_vector(prepared, w, vectors, err);
        prepared->weights[i].vector = vectors;
        vectors += padded(w->cols);
        break;
      case USE_TABLE:
        status = check_table(prepared, w, err);
        prepared->weights[i].table = &w->parts[0];
        prepared->weight_bytes += w->rows * w->cols * element_size(w->parts[0].dtype);
        break;
      case USE_NONE:
        break;
    }
    if (status != LODE_OK) return status;
  }
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

static void count_costs(lode_prepared *prepared) {
  const lode_program *program = prepared->program;
  for (size_t i = 0; i < program->token_ops; i++) {
    const lode_op *op = &program->ops[i];
    if (op->kind == LODE_OP_LINEAR) {
      const lode_weight *w = &program->weights[op->u.linear.weight];
      prepared->cost_per_token += 2.0 * (double)w->rows * (double)w->cols;
    } else if (op->kind == LODE_OP_ATTENTION) {
      prepared->cost_per_pair +=
          4.0 * (double)op->u.attention.heads * (double)op->u.attention.head_dim;
    }
  }
}

lode_status lode_cpu_prepare(const lode_program *program, uint32_t features, lode_prepared **out,
                             lode_error *err) {
  lode_prepared *prepared = calloc(1, sizeof *prepared);
  if (!prepared) return lode_error_nomem(err);
  prepared->program = program;
  prepared->gemm = lode_gemm_f32_select(features);
  prepared->attention = lode_attention_f32_select(features);
  prepared->norm = lode_norm_select(features);
  prepared->pool = lode_pool_select(features);
  prepared->convert = lode_convert_select(features);
  lode_status status = lode_memory_plan_make(program, &prepared->arena, &prepared->plan, err);
  if (status == LODE_OK) status = make_segments(prepared, err);
  if (status == LODE_OK) status = prepare_weights(prepared, err);
  if (status != LODE_OK) {
    lode_cpu_prepared_free(prepared);
    return status;
  }
  count_costs(prepared);
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
