/* Opening a model with `compensate`: other integers, as near to f32, the same on every run and
 * instruction set, however often the texts are passed over. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/quantizing.h"
#include "model_folder.h"

static const char *const fixture = "bert-mean-normalize";

/* What progress was told, and when it should say stop: never, for -1. */
typedef struct listener {
  int calls, stop_at;
  int64_t done, total;
} listener;

static int listen(void *context, int64_t done, int64_t total) {
  listener *l = context;
  assert_true(done >= l->done && done <= total && total > 0);
  if (l->calls > 0) assert_true(total == l->total);
  l->done = done;
  l->total = total;
  return l->calls++ == l->stop_at;
}

static lode_status open_with(const model_files *m, const char *dtype, const char *isa,
                             int32_t compensate, listener *l, lode_model **model, lode_error *err) {
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  options.dtype = dtype;
  options.isa = isa;
  options.compensate = compensate;
  options.progress = l ? listen : NULL;
  options.progress_context = l;
  *model = NULL;
  const lode_status status = lode_model_open_memory(m->files, m->count, &options, model, err);
  assert_true((status == LODE_OK) == (*model != NULL));
  return status;
}

static model_files read_fixture(void) {
  char path[1024];
  return model_files_read(fixture_path(fixture, path, sizeof path));
}

static lode_model *must_open(const model_files *m, const char *dtype, const char *isa,
                             int32_t compensate) {
  lode_model *model;
  lode_error err;
  if (open_with(m, dtype, isa, compensate, NULL, &model, &err) != LODE_OK) fail_msg("%s", err.text);
  return model;
}

/* How many integers of the matrices differ; all else must be equal. */
static size_t differences(const lode_model *a, const lode_model *b) {
  const lode_program *p = &a->program;
  size_t different = 0;
  assert_int_equal(p->weight_count, b->program.weight_count);
  for (size_t i = 0; i < p->weight_count; i++) {
    const lode_weight *x = &p->weights[i], *y = &b->program.weights[i];
    assert_true((x->smooth != NULL) == (y->smooth != NULL));
    if (x->smooth) assert_memory_equal(x->smooth, y->smooth, x->cols * sizeof(float));
    for (size_t part = 0; part < x->part_count; part++) {
      const lode_weight_part *v = &x->parts[part], *w = &y->parts[part];
      assert_int_equal(v->dtype, w->dtype);
      if (v->dtype != LODE_DTYPE_I8) continue;
      assert_memory_equal(v->scale, w->scale, v->rows * sizeof(float));
      const int8_t *q = v->data, *r = w->data;
      for (size_t k = 0; k < v->rows * x->cols; k++) different += q[k] != r[k];
    }
  }
  return different;
}

static void integers_differ_and_are_always_the_same(void **state) {
  (void)state;
  model_files m = read_fixture();
  lode_model *nearest = must_open(&m, "int8", NULL, 0), *first = must_open(&m, "int8", NULL, 1);
  assert_true(differences(nearest, first) > 0);
  static const char *const isas[] = {NULL, "avx2", "avx512", "neon"};
  for (size_t i = 0; i < sizeof isas / sizeof isas[0]; i++) {
    lode_model *again = must_open(&m, "int8", isas[i], 1);
    lode_model_info info = LODE_MODEL_INFO_INIT, info_first = LODE_MODEL_INFO_INIT;
    lode_model_get_info(again, &info);
    lode_model_get_info(first, &info_first);
    /* ref's sums are rounded otherwise. */
    const bool same = (strcmp(info.isa, "ref") == 0) == (strcmp(info_first.isa, "ref") == 0);
    if (same) assert_int_equal(differences(first, again), 0);
    lode_model_free(again);
  }
  lode_model_free(nearest);
  lode_model_free(first);
  model_files_free(&m);
}

static void vectors_stay_near(void **state) {
  (void)state;
  model_files m = read_fixture();
  lode_model *model = must_open(&m, "int8", NULL, 1);
  lode_self_test_result result = LODE_SELF_TEST_RESULT_INIT;
  assert_int_equal(lode_model_verify(model, &result, NULL), LODE_OK);
  assert_true(result.texts > 0);
  assert_true(result.mean_cosine >= 0.997 && result.least_cosine >= 0.98);
  lode_model_free(model);
  model_files_free(&m);
}

/* Memory for one matrix at a time gives what memory for all gives. */
static void passes_do_not_change_the_result(void **state) {
  (void)state;
  model_files m = read_fixture();
  lode_model *once = must_open(&m, "int8", NULL, 1), *model = must_open(&m, "f32", NULL, 0);
  model->backend->prepared_free(model->prepared);
  model->prepared = NULL;
  lode_weight *floats = model->program.weights;
  assert_int_equal(lode_model_quantize(model, LODE_DTYPE_I8, NULL), LODE_OK);
  size_t widest = 0;
  for (size_t i = 0; i < model->program.op_count; i++) {
    const lode_op *op = &model->program.ops[i];
    if (op->kind == LODE_OP_LINEAR && model->program.values[op->in].cols > widest) {
      widest = model->program.values[op->in].cols;
    }
  }
  const size_t least = widest * widest * sizeof(float);
  assert_int_equal(lode_model_compensate(model, floats, least, NULL), LODE_OK);
  assert_int_equal(differences(once, model), 0);
  lode_model_free(once);

  /* Too little for any: all stay as they are. */
  lode_model *nearest = must_open(&m, "int8", NULL, 0), *same = must_open(&m, "f32", NULL, 0);
  same->backend->prepared_free(same->prepared);
  same->prepared = NULL;
  floats = same->program.weights;
  assert_int_equal(lode_model_quantize(same, LODE_DTYPE_I8, NULL), LODE_OK);
  assert_int_equal(lode_model_compensate(same, floats, 4, NULL), LODE_OK);
  assert_int_equal(differences(nearest, same), 0);
  lode_model_free(nearest);
  lode_model_free(same);
  lode_model_free(model);
  model_files_free(&m);
}

static void progress_is_told_and_can_stop_it(void **state) {
  (void)state;
  model_files m = read_fixture();
  lode_model *model;
  lode_error err;
  listener all = {.stop_at = -1};
  assert_int_equal(open_with(&m, "int8", NULL, 1, &all, &model, &err), LODE_OK);
  assert_true(all.calls > 3);
  lode_model_free(model);
  for (int at = 0; at < 3; at++) {
    listener l = {.stop_at = at};
    assert_int_equal(open_with(&m, "int8", NULL, 1, &l, &model, &err), LODE_E_CANCELLED);
    assert_true(err.text[0] != '\0');
    assert_int_equal(l.calls, at + 1);
  }
  listener unused = {.stop_at = -1};
  assert_int_equal(open_with(&m, "f32", NULL, 1, &unused, &model, &err), LODE_OK);
  assert_int_equal(unused.calls, 0);
  lode_model_free(model);
  model_files_free(&m);
}

/* The bytes of all tensors but the header. */
static uint8_t *tensors_of(const lode_file_data *file, size_t *size) {
  uint8_t *bytes = (uint8_t *)(uintptr_t)file->data; /* malloc'ed by model_folder.h */
  uint64_t header = 0;
  for (int i = 7; i >= 0; i--) header = header << 8 | bytes[i];
  *size = file->size - 8 - (size_t)header;
  return bytes + 8 + header;
}

static void hostile_weights(void **state) {
  (void)state;
  model_files m = read_fixture();
  size_t size = 0;
  uint8_t *bytes = tensors_of(model_files_find(&m, "model.safetensors"), &size);
  lode_model *model;
  lode_error err;

  /* Every other row of everything is 0, or so: whole stretches of it. */
  for (size_t i = 0; i < size; i++) {
    if (i / 512 % 2) bytes[i] = 0;
  }
  assert_int_equal(open_with(&m, "int8", NULL, 1, NULL, &model, &err), LODE_OK);
  lode_model_free(model);

  /* All is 0: no input ever is anything else. */
  memset(bytes, 0, size);
  assert_int_equal(open_with(&m, "int8", NULL, 1, NULL, &model, &err), LODE_OK);
  lode_model_free(model);

  memset(bytes, 0xFF, size); /* NaN */
  assert_int_equal(open_with(&m, "int8", NULL, 1, NULL, &model, &err), LODE_E_FORMAT);

  /* 3e38, each: finite, but no product of them is. */
  const uint8_t huge[4] = {0xD5, 0xB1, 0x61, 0x7F};
  for (size_t i = 0; i < size; i++) bytes[i] = huge[i % 4];
  const lode_status status = open_with(&m, "int8", NULL, 1, NULL, &model, &err);
  assert_true(status == LODE_OK || status == LODE_E_FORMAT);
  lode_model_free(model);
  model_files_free(&m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(integers_differ_and_are_always_the_same),
      cmocka_unit_test(vectors_stay_near),
      cmocka_unit_test(passes_do_not_change_the_result),
      cmocka_unit_test(progress_is_told_and_can_stop_it),
      cmocka_unit_test(hostile_weights),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
