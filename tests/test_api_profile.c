/* A profile: every op of the program is in it, its times add up, and no bit of a vector changes
 * because it was taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "api/context.h"
#include "model_folder.h"

enum { TEXTS = 3, ROOM = TEXTS * 256, ROWS = 64 };

static const lode_text texts[TEXTS] = {
    {"the cat sat on the mat", 22}, {"", 0}, {"a dog is here, and there", 24}};

static void open_as(const char *name, const char *dtype, int threads, lode_model **model,
                    lode_context **ctx) {
  char path[1024];
  lode_error err;
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  options.dtype = dtype;
  if (lode_model_open(fixture_path(name, path, sizeof path), &options, model, &err) != LODE_OK) {
    fail_msg("%s: %s", name, err.text);
  }
  lode_context_options context = LODE_CONTEXT_OPTIONS_INIT;
  context.threads = threads;
  assert_int_equal(lode_context_new(*model, &context, ctx, NULL), LODE_OK);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Row i + 1 is op i: names and shapes are held against the program, times against the clock. */
static void check_rows(const lode_program *program, const lode_profile_row *rows, size_t count,
                       double whole) {
  static const char *const names[] = {[LODE_OP_EMBED] = "embed",
                                      [LODE_OP_ATTENTION] = "attention",
                                      [LODE_OP_LAYERNORM] = "norm",
                                      [LODE_OP_POOL] = "pool",
                                      [LODE_OP_NORMALIZE] = "normalize"};
  assert_int_equal(count, program->op_count + 4);
  assert_string_equal(rows[0].name, "tokenize");
  assert_string_equal(rows[count - 3].name, "upload");
  assert_string_equal(rows[count - 2].name, "read back");
  assert_string_equal(rows[count - 1].name, "rest");
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    const bool of_gpu = i == count - 3 || i == count - 2;
    assert_true(of_gpu ? rows[i].calls == 0 : rows[i].calls >= 1);
    assert_true(rows[i].input_seconds >= 0 && rows[i].seconds >= 0 && rows[i].norm_seconds >= 0);
    sum += rows[i].input_seconds + rows[i].seconds + rows[i].norm_seconds;
  }
  assert_true(sum > 0 && sum <= whole * (1 + 1e-9));
  for (size_t i = 0; i < program->op_count; i++) {
    const lode_op *op = &program->ops[i];
    const lode_profile_row *row = &rows[i + 1];
    const bool products = op->kind == LODE_OP_LINEAR || op->kind == LODE_OP_ATTENTION;
    assert_true(products == (row->flops > 0));
    assert_int_equal(row->out, program->values[op->out].cols);
    if (op->in != LODE_NONE) assert_int_equal(row->in, program->values[op->in].cols);
    if (names[op->kind]) assert_string_equal(row->name, names[op->kind]);
  }
}

static void check_model(const char *name, const char *dtype) {
  lode_model *model = NULL;
  lode_context *ctx = NULL;
  open_as(name, dtype, 1, &model, &ctx);
  static float plain[ROOM], profiled[ROOM];
  lode_profile_row rows[ROWS];
  size_t count = 0;
  const size_t floats = TEXTS * (size_t)lode_model_dim(model);
  assert_true(floats <= ROOM);
  assert_int_equal(lode_embed(ctx, texts, TEXTS, NULL, plain, ROOM, NULL), LODE_OK);
  const double begin = now();
  assert_int_equal(
      lode_embed_profile(ctx, texts, TEXTS, NULL, profiled, ROOM, rows, ROWS, &count, NULL),
      LODE_OK);
  check_rows(&model->program, rows, count, now() - begin);
  if (strcmp(dtype, "f32") == 0) {
    for (size_t i = 0; i < count; i++) assert_true(rows[i].input_seconds == 0);
  }
  assert_memory_equal(plain, profiled, floats * sizeof *plain);
  /* And off again. */
  assert_null(ctx->times);
  assert_int_equal(lode_embed(ctx, texts, TEXTS, NULL, profiled, ROOM, NULL), LODE_OK);
  assert_memory_equal(plain, profiled, floats * sizeof *plain);
  lode_context_free(ctx);
  lode_model_free(model);
}

static void every_op_is_there(void **state) {
  (void)state;
  static const char *const models[] = {"bert-plain", "bert-mean-normalize", "bert-dense-chain",
                                       "roberta",    "distilbert",          "bert-masked-lm"};
  static const char *const dtypes[] = {"f32", "bf16", "int8"};
  for (size_t m = 0; m < sizeof models / sizeof models[0]; m++) {
    for (size_t d = 0; d < sizeof dtypes / sizeof dtypes[0]; d++) check_model(models[m], dtypes[d]);
  }
}

/* A layer of BERT is what its paper says it is, in this order. */
static void layers_have_names(void **state) {
  (void)state;
  static const char *const layer[] = {"qkv", "attention", "attention out", "ffn up", "ffn down"};
  static const char *const models[] = {"bert-plain", "roberta", "distilbert"};
  for (size_t m = 0; m < sizeof models / sizeof models[0]; m++) {
    lode_model *model = NULL;
    lode_context *ctx = NULL;
    open_as(models[m], "f32", 1, &model, &ctx);
    float out[ROOM];
    lode_profile_row rows[ROWS];
    size_t count = 0;
    assert_int_equal(
        lode_embed_profile(ctx, texts, TEXTS, NULL, out, ROOM, rows, ROWS, &count, NULL), LODE_OK);
    lode_model_info info = LODE_MODEL_INFO_INIT;
    assert_int_equal(lode_model_get_info(model, &info), LODE_OK);
    assert_string_equal(rows[1].name, "embed");
    for (size_t i = 0; i < 5 * (size_t)info.layers; i++) {
      assert_string_equal(rows[2 + i].name, layer[i % 5]);
    }
    lode_context_free(ctx);
    lode_model_free(model);
  }
}

/* Flops by hand, for texts whose tokens another call counts. */
static void flops_are_those_of_the_products(void **state) {
  (void)state;
  lode_model *model = NULL;
  lode_context *ctx = NULL;
  open_as("bert-plain", "f32", 1, &model, &ctx);
  double tokens = 0, pairs = 0;
  for (size_t i = 0; i < TEXTS; i++) {
    lode_tokens t;
    assert_int_equal(lode_tokenize(model, texts[i], NULL, NULL, &t, NULL), LODE_OK);
    tokens += (double)t.count;
    pairs += (double)t.count * (double)t.count;
    lode_tokens_free(&t);
  }
  float out[ROOM];
  lode_profile_row rows[ROWS];
  size_t count = 0;
  assert_int_equal(lode_embed_profile(ctx, texts, TEXTS, NULL, out, ROOM, rows, ROWS, &count, NULL),
                   LODE_OK);
  const double dim = (double)lode_model_dim(model);
  assert_string_equal(rows[2].name, "qkv");
  assert_true(rows[2].flops == 2 * tokens * dim * 3 * dim);
  assert_string_equal(rows[3].name, "attention");
  assert_true(rows[3].flops == 4 * pairs * dim);
  lode_context_free(ctx);
  lode_model_free(model);
}

static void what_is_refused(void **state) {
  (void)state;
  lode_model *model = NULL;
  lode_context *ctx = NULL;
  lode_error err;
  float out[ROOM] = {7};
  lode_profile_row rows[ROWS] = {{.name = "kept"}};
  size_t count = 0;
  open_as("bert-plain", NULL, 2, &model, &ctx);
  assert_int_equal(lode_embed_profile(ctx, texts, 1, NULL, out, ROOM, rows, ROWS, &count, &err),
                   LODE_E_ARG);
  assert_non_null(strstr(err.text, "2 threads"));
  lode_context_free(ctx);
  lode_model_free(model);

  open_as("bert-plain", NULL, 1, &model, &ctx);
  assert_int_equal(lode_embed_profile(NULL, texts, 1, NULL, out, ROOM, rows, ROWS, &count, &err),
                   LODE_E_ARG);
  assert_int_equal(lode_embed_profile(ctx, texts, 1, NULL, out, ROOM, rows, ROWS, NULL, &err),
                   LODE_E_ARG);
  assert_int_equal(lode_embed_profile(ctx, texts, 1, NULL, out, ROOM, NULL, 0, &count, &err),
                   LODE_E_SPACE);
  const size_t needed = count;
  assert_int_equal(needed, model->program.op_count + 4);
  assert_int_equal(
      lode_embed_profile(ctx, texts, 1, NULL, out, ROOM, rows, needed - 1, &count, &err),
      LODE_E_SPACE);
  assert_int_equal(lode_embed_profile(ctx, texts, 1, NULL, out, 1, rows, ROWS, &count, &err),
                   LODE_E_SPACE);
  const lode_text ill_formed = {"\xff", 1};
  assert_int_equal(
      lode_embed_profile(ctx, &ill_formed, 1, NULL, out, ROOM, rows, ROWS, &count, &err),
      LODE_E_UTF8);
  assert_true(out[0] == 7);
  assert_string_equal(rows[0].name, "kept");
  assert_null(ctx->times);

  /* No texts: no op runs. */
  assert_int_equal(lode_embed_profile(ctx, NULL, 0, NULL, NULL, 0, rows, needed, &count, &err),
                   LODE_OK);
  for (size_t i = 1; i + 1 < needed; i++) {
    assert_int_equal(rows[i].calls, 0);
    assert_true(rows[i].seconds == 0 && rows[i].flops == 0);
  }
  lode_context_free(ctx);
  lode_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_op_is_there),
      cmocka_unit_test(layers_have_names),
      cmocka_unit_test(flops_are_those_of_the_products),
      cmocka_unit_test(what_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
