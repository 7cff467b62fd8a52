/* Memory of the tokenizer: a text no larger than an earlier one allocates nothing; when any
 * single allocation fails the answer is LODE_E_NOMEM, nothing leaks, and the same encoding
 * works afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text_fixture.h"
#include "wrapped_alloc.h"

/* ---------------------------------------------------------------- what is tried */

#define LONG_WORD \
  "caf\xc3\xa9"   \
  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "
#define MARKS                                                                                     \
  "a\xcc\x81\xcc\x96\xcc\x81\xcc\x96\xcc\x81\xcc\x96\xcc\x81\xcc\x96\xcc\x81\xcc\x96\xcc\x81\xcc" \
  "\x96 "
#define TEXT                                                                                     \
  "The quick brown fox jumped over [MASK] \xe6\x9d\xb1\xe4\xba\xac New York \xc4\xb0 " LONG_WORD \
      MARKS LONG_WORD MARKS

static const char *const texts[] = {
    "",
    "fox",
    TEXT,
    TEXT TEXT TEXT TEXT TEXT TEXT TEXT TEXT TEXT TEXT TEXT TEXT,
};
enum { TEXTS = sizeof texts / sizeof *texts };

static const fixture fixtures[] = {
    {0},
    {.normalizer = FIXTURE_BERT_NORMALIZER(true, true, false, true)},
    {.added = "," FIXTURE_TOKEN("New York", false, true, true, true)},
    {.pre_tokenizer = "null", .model = FIXTURE_MODEL(100000)},
    {.normalizer = FIXTURE_SPACED,
     .pre_tokenizer = FIXTURE_METASPACE("always", false),
     .model = FIXTURE_UNIGRAM(1, "")},
};
enum { FIXTURES = sizeof fixtures / sizeof *fixtures };

static lode_status encode_all(const lode_tokenizer *tokenizer, lode_encoding *e) {
  const lode_encode_options options = {.spans = true};
  for (size_t i = 0; i < TEXTS; i++) {
    const lode_text text = {texts[i], strlen(texts[i])};
    const lode_status status = lode_tokenizer_encode(tokenizer, text, &text, &options, e, NULL);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

static void a_second_text_allocates_nothing(void **state) {
  (void)state;
  for (size_t f = 0; f < FIXTURES; f++) {
    lode_tokenizer *tokenizer = NULL;
    assert_int_equal(fixture_load(&fixtures[f], &tokenizer, NULL), LODE_OK);
    lode_encoding e = {0};
    assert_int_equal(encode_all(tokenizer, &e), LODE_OK);
    reset(-1);
    for (int round = 0; round < 3; round++) {
      assert_int_equal(encode_all(tokenizer, &e), LODE_OK);
      assert_int_equal(calls, 0);
    }
    lode_encoding_free(&e);
    lode_tokenizer_free(tokenizer);
  }
}

static void loading_without_memory(void **state) {
  (void)state;
  for (size_t f = 0; f < FIXTURES; f++) {
    char *json = fixture_json(&fixtures[f]);
    const long before = live;
    lode_status status = LODE_E_NOMEM;
    for (long fail = 0; status != LODE_OK; fail++) {
      lode_tokenizer *tokenizer = NULL;
      lode_error err = {0};
      reset(fail);
      status = lode_tokenizer_from_json(json, strlen(json), &tokenizer, &err);
      reset(-1);
      if (status != LODE_OK) {
        assert_int_equal(status, LODE_E_NOMEM);
        assert_int_equal(err.code, LODE_E_NOMEM);
        assert_null(tokenizer);
      }
      lode_tokenizer_free(tokenizer);
      assert_int_equal(live, before);
    }
    free(json);
  }
}

static void vocab_without_memory(void **state) {
  (void)state;
  static const char vocab[] = "[UNK]\n[CLS]\n[SEP]\nfox\n";
  const lode_vocab_options options = {.lowercase = true, .strip_accents = -1};
  const long before = live;
  lode_status status = LODE_E_NOMEM;
  for (long fail = 0; status != LODE_OK; fail++) {
    lode_tokenizer *tokenizer = NULL;
    reset(fail);
    status = lode_tokenizer_from_vocab(vocab, sizeof vocab - 1, &options, &tokenizer, NULL);
    reset(-1);
    if (status != LODE_OK) assert_int_equal(status, LODE_E_NOMEM);
    lode_tokenizer_free(tokenizer);
    assert_int_equal(live, before);
  }
}

static void files_without_memory(void **state) {
  (void)state;
  static const char config[] =
      "{\"additional_special_tokens\":[\"the\",{\"content\":\"fox\"}],\"image_token\":\"x\"}";
  static const char map[] = "{\"cls_token\":{\"content\":\"[CLS]\",\"lstrip\":true}}";
  static const char added[] = "{\"a\":27,\"[NEW]\":35}";
  char *json = fixture_json(&fixtures[0]);
  const lode_tokenizer_files files = {
      .tokenizer_json = {json, strlen(json)},
      .tokenizer_config = {config, sizeof config - 1},
      .special_tokens_map = {map, sizeof map - 1},
      .added_tokens = {added, sizeof added - 1},
      .model_type = "bert",
      .id_limit = 100,
  };
  const long before = live;
  lode_status status = LODE_E_NOMEM;
  for (long fail = 0; status != LODE_OK; fail++) {
    lode_tokenizer *tokenizer = NULL;
    reset(fail);
    status = lode_tokenizer_from_files(&files, &tokenizer, NULL);
    reset(-1);
    if (status != LODE_OK) assert_int_equal(status, LODE_E_NOMEM);
    lode_tokenizer_free(tokenizer);
    assert_int_equal(live, before);
  }
  free(json);
}

static void encoding_without_memory(void **state) {
  (void)state;
  for (size_t f = 0; f < FIXTURES; f++) {
    lode_tokenizer *tokenizer = NULL;
    assert_int_equal(fixture_load(&fixtures[f], &tokenizer, NULL), LODE_OK);
    const long before = live;
    lode_encoding whole = {0};
    assert_int_equal(encode_all(tokenizer, &whole), LODE_OK);
    lode_status status = LODE_E_NOMEM;
    for (long fail = 0; status != LODE_OK; fail++) {
      lode_encoding e = {0};
      reset(fail);
      status = encode_all(tokenizer, &e);
      reset(-1);
      if (status != LODE_OK) {
        assert_int_equal(status, LODE_E_NOMEM);
        assert_int_equal(encode_all(tokenizer, &e), LODE_OK); /* goes on where it was */
        assert_int_equal(e.count, whole.count);
        assert_memory_equal(e.ids, whole.ids, e.count * sizeof *e.ids);
        assert_memory_equal(e.spans, whole.spans, e.count * sizeof *e.spans);
      }
      lode_encoding_free(&e);
    }
    lode_encoding_free(&whole);
    assert_int_equal(live, before);
    lode_tokenizer_free(tokenizer);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_second_text_allocates_nothing),
      cmocka_unit_test(loading_without_memory),
      cmocka_unit_test(vocab_without_memory),
      cmocka_unit_test(files_without_memory),
      cmocka_unit_test(encoding_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
