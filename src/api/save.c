/* A model as one file: see format/bundle.h. */
#include <stdio.h>
#include <string.h>

#include "api/self_test.h"
#include "format/bundle_names.h"
#include "kernels/convert/convert.h"
#include "model/quantize.h"

/* ---- weights */

typedef struct saver {
  const lode_model *model;
  lode_self_test self_test;
  lode_bundle_writer writer;
  const lode_convert_kernel *convert;
  lode_error *err;
} saver;

static lode_status add_floats(saver *s, const char *name, const char *suffix, const void *data,
                              size_t count) {
  char *full = lode_arena_alloc(&s->writer.arena, strlen(name) + strlen(suffix) + 1);
  if (!full) return lode_error_nomem(s->err);
  memcpy(full, name, strlen(name));
  memcpy(full + strlen(name), suffix, strlen(suffix) + 1);
  const lode_tensor tensor = {.name = full,
                              .dtype = LODE_DTYPE_F32,
                              .rank = 1,
                              .shape = {(int64_t)count},
                              .data = data,
                              .size = count * sizeof(float)};
  return lode_bundle_add(&s->writer, &tensor, s->err);
}

/* A row of floats, widened. */
static void widen(const saver *s, const lode_weight_part *part, size_t row, size_t cols,
                  float *out) {
  const uint16_t *half = (const uint16_t *)part->data + row * cols;
  if (part->dtype == LODE_DTYPE_F16) {
    s->convert->f16_to_f32(cols, half, out);
  } else if (part->dtype == LODE_DTYPE_BF16) {
    s->convert->bf16_to_f32(cols, half, out);
  } else {
    memcpy(out, (const float *)part->data + row * cols, cols * sizeof *out);
  }
}

static lode_status to_bf16(saver *s, const lode_weight_part *part, size_t cols,
                           lode_tensor *tensor) {
  uint16_t *halves = lode_arena_array(&s->writer.arena, part->rows * cols, sizeof *halves);
  float *row = lode_arena_array(&s->writer.arena, cols, sizeof *row);
  if (!halves || !row) return lode_error_nomem(s->err);
  for (size_t r = 0; r < part->rows; r++) {
    widen(s, part, r, cols, row);
    s->convert->f32_to_bf16(cols, row, halves + r * cols);
  }
  tensor->dtype = LODE_DTYPE_BF16;
  tensor->data = (const uint8_t *)halves;
  tensor->size = part->rows * cols * sizeof *halves;
  return LODE_OK;
}

static lode_status add_part(saver *s, const lode_weight *weight, size_t p, bool vector) {
  const lode_weight_part *part = &weight->parts[p];
  const size_t cols = vector ? weight->cols / weight->part_count : weight->cols;
  lode_tensor tensor = {.name = part->name,
                        .dtype = part->dtype,
                        .rank = vector ? 1 : 2,
                        .data = part->data,
                        .size = part->rows * cols * lode_dtype_size(part->dtype)};
  tensor.shape[0] = (int64_t)(vector ? cols : part->rows);
  if (part->dtype == LODE_DTYPE_I4) { /* no type of the format's: see format/bundle.h */
    tensor.dtype = LODE_DTYPE_U8;
    tensor.size = part->rows * (cols / 2);
  }
  if (!vector) tensor.shape[1] = (int64_t)(part->dtype == LODE_DTYPE_I4 ? cols / 2 : cols);
  lode_status status = LODE_OK;
  const bool halves = strcmp(s->model->dtype, "bf16") == 0;
  if (halves && !vector && part->dtype != LODE_DTYPE_BF16) {
    status = to_bf16(s, part, cols, &tensor);
  }
  if (status == LODE_OK) status = lode_bundle_add(&s->writer, &tensor, s->err);
  if (status == LODE_OK && part->scale) {
    status = add_floats(s, part->name, "_scale", part->scale, part->rows);
  }
  return status;
}

static lode_status add_weight(saver *s, int index, bool vector) {
  if (index == LODE_NONE) return LODE_OK;
  const lode_weight *weight = &s->model->program.weights[index];
  for (size_t p = 0; p < weight->part_count; p++) {
    const lode_status status = add_part(s, weight, p, vector);
    if (status != LODE_OK) return status;
  }
  if (!weight->smooth) return LODE_OK;
  return add_floats(s, weight->parts[0].name, "_smooth", weight->smooth, weight->cols);
}

static lode_status add_norm(saver *s, const lode_norm_ref *norm) {
  lode_status status = add_weight(s, norm->gamma, true);
  if (status == LODE_OK) status = add_weight(s, norm->beta, true);
  return status;
}

static lode_status add_op(saver *s, const lode_op *op) {
  lode_status status = LODE_OK;
  switch (op->kind) {
    case LODE_OP_EMBED:
      status = add_weight(s, op->u.embed.word, false);
      if (status == LODE_OK) status = add_weight(s, op->u.embed.row, true);
      if (status == LODE_OK) status = add_weight(s, op->u.embed.weight, true);
      if (status == LODE_OK) status = add_weight(s, op->u.embed.position, false);
      if (status == LODE_OK) status = add_weight(s, op->u.embed.type, false);
      return status == LODE_OK ? add_norm(s, &op->u.embed.norm) : status;
    case LODE_OP_LINEAR:
      status = add_weight(s, op->u.linear.weight, false);
      if (status == LODE_OK) status = add_weight(s, op->u.linear.bias, true);
      return status == LODE_OK ? add_norm(s, &op->u.linear.norm) : status;
    case LODE_OP_LAYERNORM:
      return add_norm(s, &op->u.layernorm.norm);
    case LODE_OP_ATTENTION:
    case LODE_OP_POOL:
    case LODE_OP_NORMALIZE:
      break;
  }
  return status;
}

/* ---- self-test */

/* A JSON array of the texts. */
static lode_status texts_to_json(saver *s, uint8_t **out, size_t *size) {
  const lode_self_test *test = &s->self_test;
  size_t room = 3;
  for (size_t i = 0; i < test->count; i++) room += 6 * strlen(test->texts[i]) + 3;
  char *json = lode_arena_alloc(&s->writer.arena, room);
  if (!json) return lode_error_nomem(s->err);
  char *to = json;
  for (size_t i = 0; i < test->count; i++) {
    *to++ = i == 0 ? '[' : ',';
    *to++ = '"';
    for (const char *c = test->texts[i]; *c; c++) {
      if (*c == '"' || *c == '\\') *to++ = '\\';
      if ((unsigned char)*c < 0x20) {
        to += snprintf(to, 7, "\\u%04x", (unsigned)*c);
      } else {
        *to++ = *c;
      }
    }
    *to++ = '"';
  }
  *to++ = ']';
  *out = (uint8_t *)json;
  *size = (size_t)(to - json);
  return LODE_OK;
}

static lode_status add_self_test(saver *s) {
  const lode_self_test *test = &s->self_test;
  lode_tensor texts = {.name = LODE_BUNDLE_TEXTS, .dtype = LODE_DTYPE_U8, .rank = 1};
  uint8_t *json = NULL;
  lode_status status = texts_to_json(s, &json, &texts.size);
  if (status != LODE_OK) return status;
  texts.data = json;
  texts.shape[0] = (int64_t)texts.size;
  status = lode_bundle_add(&s->writer, &texts, s->err);
  if (status != LODE_OK) return status;
  const lode_tensor vectors = {.name = LODE_BUNDLE_VECTORS,
                               .dtype = LODE_DTYPE_F32,
                               .rank = 2,
                               .shape = {(int64_t)test->count, (int64_t)s->model->full_dim},
                               .data = (const uint8_t *)test->vectors,
                               .size = test->count * s->model->full_dim * sizeof(float)};
  return lode_bundle_add(&s->writer, &vectors, s->err);
}

/* ---- the whole */

typedef struct output {
  lode_write_fn *write;
  void *context;
} output;

static lode_status put(void *context, const void *data, size_t size, lode_error *err) {
  const output *out = context;
  if (size == 0 || out->write(out->context, data, size) == 0) return LODE_OK;
  return lode_error_set(err, LODE_E_IO, -1, -1, "the model could not be written");
}

static lode_status add_all(saver *s) {
  const lode_program *program = &s->model->program;
  lode_status status = lode_bundle_add_files(&s->writer, &s->model->folder, s->err);
  if (status == LODE_OK) status = add_self_test(s);
  /* The modules after the transformer are among the files. */
  for (size_t i = 0; i < program->token_ops && status == LODE_OK; i++) {
    status = add_op(s, &program->ops[i]);
  }
  return status;
}

lode_status lode_model_save(const lode_model *model, lode_write_fn *write, void *context,
                            lode_error *err) {
  lode_error_clear(err);
  if (!model || !write) return lode_error_set(err, LODE_E_ARG, -1, -1, "model or write is NULL");
  saver s = {.model = model, .convert = lode_convert_select(model->features), .err = err};
  s.self_test = model->self_test;
  lode_status status = LODE_OK;
  if (s.self_test.count == 0) {
    status = lode_self_test_make(model, &s.writer.arena, &s.self_test, err);
  }
  if (status == LODE_OK) status = add_all(&s);
  output out = {write, context};
  if (status == LODE_OK)
    status = lode_bundle_write(&s.writer, model->half ? "f32" : model->dtype, put, &out, err);
  lode_bundle_writer_free(&s.writer);
  return status;
}
