/* Memory: a second call of the same size allocates nothing, and when any single allocation
 * fails the answer is LODE_E_NOMEM, outputs are untouched and nothing is leaked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "saved_bundle.h"
#include "wrapped_alloc.h"

/* ---- what is tried: everything that a user does with a model, from open to free */

static const char long_text[] =
    "a long text that goes on and on, so that windows are needed: one two three four five six "
    "seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty and then once more one two three four five six seven eight nine ten";
static const char broken_text[] = "caf\xc3\xa9 \xff na\xc3\xafve";

enum { TEXTS = 4, MAX_FLOATS = 4096 };

static const lode_text texts[TEXTS] = {
    {"hello world", 11},
    {"", 0},
    {long_text, sizeof long_text - 1},
    {broken_text, sizeof broken_text - 1},
};

/* Embedding in each way; every status is OK or NOMEM, and a failed call leaves `out` alone. */
static lode_status embed_all_ways(lode_context *ctx) {
  static float out[MAX_FLOATS];
  static float before[MAX_FLOATS];
  lode_error err;
  const lode_text prompt = {"query: ", 7};
  lode_embed_options ways[3] = {LODE_EMBED_OPTIONS_INIT, LODE_EMBED_OPTIONS_INIT,
                                LODE_EMBED_OPTIONS_INIT};
  for (int i = 0; i < 3; i++) ways[i].utf8 = LODE_UTF8_REPLACE;
  ways[1].long_text = LODE_LONG_CHUNK;
  ways[1].dims = 5;
  ways[2].prompt = &prompt;
  for (int i = 0; i < 3; i++) {
    memcpy(before, out, sizeof out);
    const lode_status status = lode_embed(ctx, texts, TEXTS, &ways[i], out, MAX_FLOATS, &err);
    if (status != LODE_OK) {
      assert_int_equal(status, LODE_E_NOMEM);
      assert_int_equal(err.code, LODE_E_NOMEM);
      assert_memory_equal(out, before, sizeof out);
      return status;
    }
  }
  size_t rows[3];
  const lode_status status = lode_embed_tokens(ctx, texts, 2, NULL, out, MAX_FLOATS, rows, &err);
  assert_true(status == LODE_OK || status == LODE_E_NOMEM);
  return status;
}

static int take_nothing(void *context, const void *data, size_t size) {
  (void)data;
  *(size_t *)context += size;
  return 0;
}

/* Saving and verifying, of a model of any dtype. */
static lode_status save_and_verify(const lode_model *model) {
  lode_error err = {0};
  size_t size = 0;
  lode_self_test_result result = LODE_SELF_TEST_RESULT_INIT;
  lode_status status = lode_model_save(model, take_nothing, &size, &err);
  if (status == LODE_OK) {
    assert_true(size > 1000);
    status = lode_model_verify(model, &result, &err);
  }
  assert_true(status == LODE_OK || status == LODE_E_NOMEM || status == LODE_E_IO);
  return status;
}

static lode_status whole_life(const char *path, int threads, const char *dtype) {
  lode_model *model = NULL;
  lode_context *ctx = NULL;
  lode_error err = {0};
  lode_context_options options = LODE_CONTEXT_OPTIONS_INIT;
  options.threads = threads;
  lode_model_options model_options = LODE_MODEL_OPTIONS_INIT;
  model_options.dtype = dtype;
  model_options.compensate = dtype != NULL && strcmp(dtype, "int8") == 0;
  lode_status status = lode_model_open(path, &model_options, &model, &err);
  assert_true((status == LODE_OK) == (model != NULL));
  if (status == LODE_OK) status = lode_context_new(model, &options, &ctx, &err);
  assert_true((status == LODE_OK) == (ctx != NULL));
  if (status == LODE_OK) {
    lode_tokens tokens = {0};
    status = lode_tokenize(model, texts[0], &texts[2], NULL, &tokens, &err);
    assert_true((status == LODE_OK) == (tokens.count != 0));
    lode_tokens_free(&tokens);
  }
  if (status == LODE_OK) {
    status = embed_all_ways(ctx);
    if (status == LODE_OK && dtype) status = save_and_verify(model);
  } else {
    assert_true(status == LODE_E_NOMEM || status == LODE_E_IO);
    assert_int_equal(err.code, status);
    assert_true(err.text[0] != '\0');
  }
  lode_context_free(ctx);
  lode_model_free(model);
  return status;
}

/* A sanitizer makes each life many times longer: there, one allocation in five is enough to find
 * what is done with freed memory; that each is noticed and nothing leaks is seen without. */
#if defined(__SANITIZE_ADDRESS__)
enum { STEP = 5 };
#elif defined(__has_feature)
enum { STEP = __has_feature(address_sanitizer) ? 5 : 1 };
#else
enum { STEP = 1 };
#endif

static void fail_each(const char *name, int threads, const char *dtype) {
  char path[1024];
  fixture_path(name, path, sizeof path);
  reset(-1);
  const long at_first = live;
  assert_int_equal(whole_life(path, threads, dtype), LODE_OK);
  const long total = calls;
  assert_true(total > 20);
  assert_int_equal(live, at_first);
  for (long i = 0; i < total; i += STEP) {
    reset(i);
    const lode_status status = whole_life(path, threads, dtype);
    const bool reached = calls > i;
    if (reached && status == LODE_OK) fail_msg("%s: allocation %ld failed unseen", name, i);
    assert_int_equal(live, at_first);
  }
  print_message("%s, %d threads, dtype %s: %ld allocations, one in %d failed\n", name, threads,
                dtype ? dtype : "as stored", total, (int)STEP);
}

static void any_allocation_may_fail(void **state) {
  const char *const *names = *state;
  for (; *names; names++) {
    for (int threads = 1; threads <= 2; threads++) fail_each(*names, threads, NULL);
  }
}

/* Quantizing, choosing, saving and testing allocate as well. */
static void any_allocation_may_fail_in_every_dtype(void **state) {
  (void)state;
  if (getenv(
          "LODE_ISA")) { /* at_isa runs this again at each level: what is allocated is the same */
    print_message("allocations do not depend on the instruction set\n");
    skip();
  }
  static const char *const dtypes[] = {"f32", "bf16", "int8", "auto"};
  for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++) {
    fail_each("bert-dense", 1, dtypes[i]);
  }
  fail_each("static-embedding", 1, "int8");
  fail_each("static-model2vec-unigram", 1, "int4");
  fail_each("static-model2vec-short", 1, "auto");
}

/* A bundle that arrives in two pieces. */
static lode_status streamed_life(const bytes *file) {
  lode_model_stream *stream = NULL;
  lode_model *model = NULL;
  lode_error err = {0};
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  options.verify = 1;
  lode_status status = lode_model_stream_new(file->size, &options, &stream, &err);
  for (size_t at = 0; at < file->size && status == LODE_OK;) {
    size_t room = 0;
    void *buffer = lode_model_stream_buffer(stream, &room);
    const size_t n = at == 0 ? file->size / 2 : room;
    memcpy(buffer, file->data + at, n);
    at += n;
    status = lode_model_stream_arrived(stream, n, &err);
  }
  if (status == LODE_OK) {
    status = lode_model_stream_finish(stream, &model, &err);
  } else {
    lode_model_stream_free(stream);
  }
  assert_true((status == LODE_OK) == (model != NULL));
  assert_true(status == LODE_OK || (status == LODE_E_NOMEM && err.code == status));
  lode_model_free(model);
  return status;
}

static void any_allocation_of_a_stream_may_fail(void **state) {
  (void)state;
  reset(-1);
  bytes file = saved_fixture("bert-dense", "int8");
  const long at_first = live;
  reset(-1);
  assert_int_equal(streamed_life(&file), LODE_OK);
  const long total = calls;
  assert_true(total > 20);
  for (long i = 0; i < total; i += STEP) {
    reset(i);
    const lode_status status = streamed_life(&file);
    if (calls > i && status == LODE_OK) fail_msg("allocation %ld failed unseen", i);
    assert_int_equal(live, at_first);
  }
  reset(-1);
  free(file.data);
}

static void second_call_allocates_nothing(void **state) {
  const char *const *names = *state;
  for (; *names; names++) {
    char path[1024];
    fixture_path(*names, path, sizeof path);
    for (int threads = 1; threads <= 2; threads++) {
      reset(-1);
      lode_model *model = NULL;
      lode_context *ctx = NULL;
      lode_context_options options = LODE_CONTEXT_OPTIONS_INIT;
      options.threads = threads;
      assert_int_equal(lode_model_open(path, NULL, &model, NULL), LODE_OK);
      assert_int_equal(lode_context_new(model, &options, &ctx, NULL), LODE_OK);
      assert_int_equal(embed_all_ways(ctx), LODE_OK);
      reset(-1);
      for (int i = 0; i < 5; i++) assert_int_equal(embed_all_ways(ctx), LODE_OK);
      assert_int_equal(calls, 0);
      /* nor does a smaller one */
      float out[MAX_FLOATS];
      lode_embed_options repair = LODE_EMBED_OPTIONS_INIT;
      repair.utf8 = LODE_UTF8_REPLACE;
      for (size_t n = 1; n < TEXTS; n++) {
        assert_int_equal(lode_embed(ctx, texts + n, TEXTS - n, &repair, out, MAX_FLOATS, NULL),
                         LODE_OK);
      }
      assert_int_equal(calls, 0);
      lode_context_free(ctx);
      lode_model_free(model);
    }
  }
}

int main(void) {
  static const char *names[] = {"bert-prompts",     "bert-dense",
                                "bert-vocab-txt",   "static-model2vec-mapping",
                                "static-embedding", NULL};
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_prestate(any_allocation_may_fail, names),
      cmocka_unit_test(any_allocation_may_fail_in_every_dtype),
      cmocka_unit_test(any_allocation_of_a_stream_may_fail),
      cmocka_unit_test_prestate(second_call_allocates_nothing, names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
