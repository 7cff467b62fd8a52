/* Static models (Model2Vec, sentence-transformers' StaticEmbedding): no network, each token has
 * a row of a table, and a text is the mean of its tokens' rows.
 *
 *   x_t = weight[id_t] table[row[id_t]]
 *
 * Tensors: "embeddings", or "embedding.weight", [rows, dim]; with vocabulary quantization
 * "mapping" [vocabulary], which row a token has; "weights" [vocabulary]. Rows in integers have
 * scales as those of a bundle do; integers without are Model2Vec's, whose one scale is lost.
 * Rows of 4 bits are U8 [rows, dim / 2]. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/arch/arch.h"

enum { MAX_IDS = 1 << 24, MAX_COLS = 1 << 16, MAX_TOKENS = INT32_MAX };

typedef struct reader {
  lode_program_builder *b;
  const lode_tensor_set *tensors;
} reader;

static int fail(const reader *r, lode_status status, const lode_tensor *tensor, const char *what) {
  return lode_program_fail(r->b, status, "tensor %s: %s", tensor->name, what);
}

static const lode_tensor *find_table(const reader *r) {
  const lode_tensor *tensor = lode_tensor_set_find(r->tensors, "embeddings");
  if (!tensor) tensor = lode_tensor_set_find(r->tensors, "embedding.weight");
  if (!tensor) {
    lode_program_fail(r->b, LODE_E_FORMAT,
                      "the weights have neither a tensor embeddings nor embedding.weight");
  }
  return tensor;
}

/* NAME_scale, F32 [rows]; NULL: there is none, or it is not right. */
static const void *find_scale(const reader *r, const lode_tensor *table, bool needed) {
  char name[64];
  snprintf(name, sizeof name, "%s_scale", table->name);
  const lode_tensor *scale = lode_tensor_set_find(r->tensors, name);
  if (!scale && !needed) return NULL;
  if (!scale || scale->dtype != LODE_DTYPE_F32 || scale->rank != 1 ||
      scale->shape[0] != table->shape[0]) {
    lode_program_fail(r->b, LODE_E_FORMAT, "tensor %s: is missing or not F32 [%lld]", name,
                      (long long)table->shape[0]);
    return NULL;
  }
  return scale->data;
}

static int read_table(const reader *r, const lode_tensor *table) {
  if (table->rank != 2 || table->shape[0] < 1 || table->shape[0] > MAX_IDS || table->shape[1] < 1 ||
      table->shape[1] > MAX_COLS) {
    return fail(r, LODE_E_FORMAT, table, "is no matrix, or too large");
  }
  const bool packed = table->dtype == LODE_DTYPE_U8;
  lode_weight_part part = {
      .name = table->name,
      .data = table->data,
      .dtype = packed ? LODE_DTYPE_I4 : table->dtype,
      .rows = (size_t)table->shape[0],
      .file = table->file,
  };
  switch (table->dtype) {
    case LODE_DTYPE_F32:
    case LODE_DTYPE_F16:
    case LODE_DTYPE_BF16:
      break;
    case LODE_DTYPE_I8:
    case LODE_DTYPE_U8:
      part.scale = find_scale(r, table, packed);
      break;
    default:
      return fail(r, LODE_E_UNSUPPORTED, table, "embeddings may be F32, F16, BF16 or I8");
  }
  const lode_weight weight = {.rows = part.rows,
                              .cols = (size_t)table->shape[1] * (packed ? 2 : 1),
                              .part_count = 1,
                              .parts = {part}};
  return lode_program_weight(r->b, &weight);
}

/* A vector of `count` ids, in the program's arena. */
static int add_vector(const reader *r, const lode_tensor *tensor, lode_dtype dtype,
                      const void *data, size_t count) {
  const lode_weight weight = {
      .rows = 1,
      .cols = count,
      .part_count = 1,
      .parts = {{.name = tensor->name, .data = data, .dtype = dtype, .rows = 1}}};
  return lode_program_weight(r->b, &weight);
}

static bool is_vector(const reader *r, const lode_tensor *tensor) {
  if (tensor->rank == 1 && tensor->shape[0] >= 1 && tensor->shape[0] <= MAX_IDS) return true;
  fail(r, LODE_E_FORMAT, tensor, "is no vector, or too long");
  return false;
}

/* Which row a token has: I32 or I64, each below `rows`. */
static int read_mapping(const reader *r, size_t rows) {
  const lode_tensor *tensor = lode_tensor_set_find(r->tensors, "mapping");
  if (!tensor || !is_vector(r, tensor)) return LODE_NONE;
  if (tensor->dtype != LODE_DTYPE_I32 && tensor->dtype != LODE_DTYPE_I64) {
    return fail(r, LODE_E_UNSUPPORTED, tensor, "a mapping may be I32 or I64");
  }
  const size_t count = (size_t)tensor->shape[0];
  int32_t *mapping = lode_arena_array(&r->b->program->arena, count, sizeof *mapping);
  if (!mapping) return lode_program_fail(r->b, LODE_E_NOMEM, "out of memory");
  for (size_t i = 0; i < count; i++) {
    int64_t row = 0;
    if (tensor->dtype == LODE_DTYPE_I64) {
      memcpy(&row, tensor->data + i * sizeof row, sizeof row);
    } else {
      int32_t narrow;
      memcpy(&narrow, tensor->data + i * sizeof narrow, sizeof narrow);
      row = narrow;
    }
    if (row < 0 || row >= (int64_t)rows) {
      return lode_program_fail(r->b, LODE_E_FORMAT, "tensor mapping: token %zu has row %lld of %zu",
                               i, (long long)row, rows);
    }
    mapping[i] = (int32_t)row;
  }
  return add_vector(r, tensor, LODE_DTYPE_I32, mapping, count);
}

/* Factors of `count` tokens. Model2Vec writes them as F64, which is rounded to F32. */
static int read_weights(const reader *r, size_t count) {
  const lode_tensor *tensor = lode_tensor_set_find(r->tensors, "weights");
  if (!tensor || !is_vector(r, tensor)) return LODE_NONE;
  if (tensor->shape[0] != (int64_t)count) {
    return lode_program_fail(r->b, LODE_E_FORMAT, "tensor weights: has %lld elements for %zu ids",
                             (long long)tensor->shape[0], count);
  }
  if (tensor->dtype == LODE_DTYPE_F32 || tensor->dtype == LODE_DTYPE_F16 ||
      tensor->dtype == LODE_DTYPE_BF16) {
    return lode_arch_weight(r->b, r->tensors, "weights", 0, count);
  }
  if (tensor->dtype != LODE_DTYPE_F64) {
    return fail(r, LODE_E_UNSUPPORTED, tensor, "weights may be F64, F32, F16 or BF16");
  }
  float *weights = lode_arena_array(&r->b->program->arena, count, sizeof *weights);
  if (!weights) return lode_program_fail(r->b, LODE_E_NOMEM, "out of memory");
  for (size_t i = 0; i < count; i++) {
    double weight;
    memcpy(&weight, tensor->data + i * sizeof weight, sizeof weight);
    /* Beyond f32 it becomes infinite, which is refused when weights are prepared. */
    weights[i] = fabs(weight) <= (double)FLT_MAX ? (float)weight : INFINITY;
  }
  return add_vector(r, tensor, LODE_DTYPE_F32, weights, count);
}

bool lode_arch_static(lode_program_builder *b, const lode_model_dir *dir) {
  if (dir->static_kind == LODE_STATIC_NONE) return false;
  lode_program *p = b->program;
  p->architecture = "static";
  p->max_tokens = MAX_TOKENS;
  p->positions.skip_id = -1;
  const reader r = {b, &dir->tensors};
  const lode_tensor *table = find_table(&r);
  if (!table) return true;
  lode_op op = {.kind = LODE_OP_EMBED, .in = LODE_NONE};
  op.u.embed.word = read_table(&r, table);
  if (b->status != LODE_OK) return true;
  const lode_weight *rows = &p->weights[op.u.embed.word];
  const size_t cols = rows->cols;
  size_t ids = rows->rows;
  op.u.embed.row = read_mapping(&r, ids);
  if (op.u.embed.row != LODE_NONE) ids = p->weights[op.u.embed.row].cols;
  op.u.embed.weight = read_weights(&r, ids);
  op.u.embed.position = LODE_NONE;
  op.u.embed.type = LODE_NONE;
  op.u.embed.norm.gamma = LODE_NONE;
  op.u.embed.norm.beta = LODE_NONE;
  op.out = lode_program_value(b, LODE_PER_TOKEN, cols);
  lode_program_op(b, &op);
  p->token_value = op.out;
  return true;
}
