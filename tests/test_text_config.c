/* tokenizer_config.json, special_tokens_map.json and added_tokens.json around a vocabulary.
 * That the result is transformers' is shown by tests/data/models and, for any number of random
 * sets of files, tools/tokenizer_config_parity.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text_fixture.h"

static lode_text text(const char *s) {
  return (lode_text){s, s != NULL ? strlen(s) : 0};
}

/* The fixture's tokenizer.json, or a vocab.txt, with these files; NULL: none. */
typedef struct given {
  const char *config;
  const char *map;
  const char *added;
  const char *vocab;
  const char *model_type; /* NULL: "bert" */
  const char *class;      /* of config.json */
} given;

static lode_status load(const given *g, lode_tokenizer **out, lode_error *err) {
  /* As it stands it strips no accents, keeps letter case, and has no template. */
  static const fixture f = {.normalizer = FIXTURE_BERT_NORMALIZER(true, true, false, false),
                            .pre_tokenizer = "{\"type\":\"WhitespaceSplit\"}",
                            .post_processor = "null",
                            .added = "," FIXTURE_TOKEN("new york", false, false, false, false)};
  char *json = fixture_json(&f);
  const lode_tokenizer_files files = {
      .tokenizer_json = text(g->vocab == NULL ? json : NULL),
      .vocab_txt = text(g->vocab),
      .tokenizer_config = text(g->config),
      .special_tokens_map = text(g->map),
      .added_tokens = text(g->added),
      .model_type = g->model_type != NULL ? g->model_type : "bert",
      .tokenizer_class = g->class,
      .id_limit = 37,
  };
  const lode_status status = lode_tokenizer_from_files(&files, out, err);
  free(json);
  return status;
}

static void check(const given *g, const char *input, const char *expected) {
  lode_tokenizer *tokenizer = NULL;
  lode_error err;
  if (load(g, &tokenizer, &err) != LODE_OK) fail_msg("%s", err.text);
  const lode_encode_options options = {.max_tokens = 8};
  lode_encoding e = {0};
  assert_int_equal(lode_tokenizer_encode(tokenizer, text(input), NULL, &options, &e, NULL),
                   LODE_OK);
  char got[1024];
  fixture_render(tokenizer, &e, got, sizeof got);
  assert_string_equal(got, expected);
  lode_encoding_free(&e);
  lode_tokenizer_free(tokenizer);
}

#define CLASS(name) "\"tokenizer_class\":\"" name "\""
#define PLAIN CLASS("PreTrainedTokenizerFast")

static void the_class_decides(void **state) {
  (void)state;
  static const char input[] = "The CAF\xc3\x89!";
  static const char by_bert[] = "[CLS] the cafe ! [SEP]";
  static const char by_file[] = "[UNK] [UNK]";
  static const char *const berts[] = {
      "BertTokenizer",           "BertTokenizerFast", "DistilBertTokenizer",
      "DistilBertTokenizerFast", "ElectraTokenizer",  "MobileBertTokenizer",
      "LayoutLMTokenizerFast",   "LxmertTokenizer",   "SqueezeBertTokenizerFast"};
  static const char *const plain[] = {"PreTrainedTokenizerFast", "PreTrainedTokenizer",
                                      "TokenizersBackend", "PythonBackend"};
  char config[100];
  for (size_t i = 0; i < sizeof berts / sizeof *berts; i++) {
    snprintf(config, sizeof config, "{\"tokenizer_class\":\"%s\"}", berts[i]);
    check(&(given){.config = config, .model_type = "roberta"}, input, by_bert);
    check(&(given){.class = berts[i], .model_type = "roberta"}, input, by_bert);
  }
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
    snprintf(config, sizeof config, "{\"tokenizer_class\":\"%s\"}", plain[i]);
    check(&(given){.config = config}, input, by_file);
    check(&(given){.class = plain[i]}, input, by_file);
  }
  check(&(given){0}, input, by_bert); /* the model's own */
  check(&(given){.config = "{\"tokenizer_class\":null}"}, input, by_bert);
  check(&(given){.model_type = "distilbert"}, input, by_bert);
  check(&(given){.config = "{" CLASS("BertTokenizer") "}", .class = "PreTrainedTokenizerFast"},
        input, by_bert);
}

static void settings_count_for_bert_alone(void **state) {
  (void)state;
#define SETTINGS "\"do_lower_case\":false,\"strip_accents\":true,\"tokenize_chinese_chars\":false"
  static const char input[] = "caf\xc3\xa9 The \xe6\x9d\xb1\xe4\xba\xac";
  check(&(given){.config = "{}"}, input, "[CLS] cafe the \xe6\x9d\xb1 \xe4\xba\xac [SEP]");
  check(&(given){.config = "{" SETTINGS "}"}, input, "[CLS] cafe [UNK] [UNK] [SEP]");
  check(&(given){.config = "{\"do_lower_case\":false}"}, input,
        "[CLS] caf\xc3\xa9 [UNK] \xe6\x9d\xb1 \xe4\xba\xac [SEP]");
  check(&(given){.config = "{" PLAIN "," SETTINGS "}"}, input,
        "caf\xc3\xa9 [UNK] \xe6\x9d\xb1 \xe4\xba\xac");
  check(&(given){.config = "{\"truncation_side\":\"left\"}"}, "the the a a a a a x",
        "[CLS] a a a a a x [SEP]");
  check(&(given){.config = "{\"truncation_side\":\"right\"}"}, "the the a a a a a x",
        "[CLS] the the a a a a [SEP]");
}

static void added_tokens(void **state) {
  (void)state;
  static const char input[] = "new york a[MASK]b a_[X]";
  /* tokenizer.json's own, then special ones by name, then more */
  check(&(given){0}, input, "[CLS] new york a [MASK] [UNK] a _ [SEP]");
  check(&(given){.config = "{\"cls_token\":\"the\",\"sep_token\":{\"content\":\"over\"}}"}, "a",
        "the a over");
  check(&(given){.map = "{\"cls_token\":{\"content\":\"the\"}}",
                 .config = "{\"cls_token\":\"over\"}"},
        "a", "the a [SEP]");
  /* added_tokens_decoder replaces tokenizer.json's, and the two older files */
  check(&(given){.config = "{\"added_tokens_decoder\":{\"32\":{\"content\":\"_\"}}}",
                 .map = "{\"cls_token\":\"the\"}",
                 .added = "{\"a\":27}"},
        "new york xax x_x", "[CLS] new york [UNK] x _ x [SEP]");
  check(&(given){.added = "{\"a\":27}"}, "xax", "[CLS] x a x [SEP]");
  check(&(given){.config = "{\"extra_special_tokens\":[\"a\"]}"}, "xax", "[CLS] x a x [SEP]");
  check(&(given){.config = "{\"additional_special_tokens\":[\"a\"]}"}, "xax", "[CLS] x a x [SEP]");
  check(&(given){.config = "{\"image_token\":\"a\"}"}, "xax", "[CLS] x a x [SEP]");
  check(&(given){.config = "{" PLAIN ",\"mask_token\":\"a\"}"}, "xax", "x a x");
  /* The vocabulary has 35 pieces, "new york" is the 36th, and the word table has 37 rows: one
   * more special token fits, and the next is left out. */
  check(&(given){.config = "{\"extra_special_tokens\":[\"[X]\",\"[Y]\"]}"}, "[X] [Y]",
        "[CLS] [X] [UNK] [UNK] [UNK] [SEP]");
}

static void a_vocab_txt_has_the_same_settings(void **state) {
  (void)state;
  static const char vocab[] = "<pad>\n<unk>\n<s>\n</s>\nfox\nFox\n";
  static const char names[] =
      "{\"unk_token\":\"<unk>\",\"cls_token\":\"<s>\",\"sep_token\":\"</s>\","
      "\"pad_token\":\"<pad>\"}";
  check(&(given){.vocab = vocab, .config = names}, "Fox [MASK]<pad>", "<s> fox [MASK] <pad> </s>");
  check(&(given){.vocab = vocab, .config = "{\"do_lower_case\":false}", .map = names}, "Fox",
        "<s> Fox </s>");
}

static void refuses(void **state) {
  (void)state;
  static const struct {
    given files;
    lode_status status;
    const char *reason;
  } cases[] = {
      {{.config = "[]"}, LODE_E_FORMAT, "tokenizer_config.json: is no JSON object"},
      {{.config = "{\"a\""}, LODE_E_FORMAT, "tokenizer_config.json: "},
      {{.config = "{" CLASS("RobertaTokenizer") "}"},
       LODE_E_UNSUPPORTED,
       "tokenizer_config.json: tokenizer_class \"RobertaTokenizer\" is not supported"},
      {{.class = "BertJapaneseTokenizer"}, LODE_E_UNSUPPORTED, "\"BertJapaneseTokenizer\""},
      {{.config = "{\"tokenizer_class\":1}"}, LODE_E_FORMAT, "\"tokenizer_class\" is not a string"},
      {{.model_type = "roberta"},
       LODE_E_UNSUPPORTED,
       "tokenizer_class: is missing, and the tokenizer of model_type \"roberta\""},
      {{.config = "{" PLAIN "}", .vocab = "[UNK]\n"}, LODE_E_UNSUPPORTED, "alone reads vocab.txt"},
      {{.config = "{\"do_lower_case\":1}"}, LODE_E_FORMAT, "\"do_lower_case\" is not true or"},
      {{.config = "{\"strip_accents\":\"x\"}"}, LODE_E_FORMAT, "\"strip_accents\" is not true or"},
      {{.config = "{\"truncation_side\":\"top\"}"}, LODE_E_FORMAT, "truncation_side"},
      {{.config = "{\"split_special_tokens\":true}"}, LODE_E_UNSUPPORTED, "split_special_tokens"},
      {{.config = "{\"cls_token\":null}"}, LODE_E_FORMAT, "cls_token: BertTokenizer needs one"},
      {{.config = "{\"sep_token\":[]}"}, LODE_E_FORMAT, "\"sep_token\" is no token"},
      {{.config = "{\"sep_token\":\"\\ud800\"}"}, LODE_E_FORMAT, "\"sep_token\" is no token"},
      {{.config = "{\"sep_token\":{\"lstrip\":true}}"}, LODE_E_FORMAT, "\"content\" is missing"},
      {{.config = "{\"unk_token\":\"?\"}"}, LODE_E_FORMAT, "the vocabulary has no ?"},
      {{.config = "{\"cls_token\":\"?\",\"sep_token\":\"!!\"}"},
       LODE_E_FORMAT,
       "tokenizer.json: the vocabulary has no ?"},
      {{.config = "{\"added_tokens_decoder\":[]}"}, LODE_E_FORMAT, "added_tokens_decoder"},
      {{.config = "{\"added_tokens_decoder\":{\"x\":{\"content\":\"a\"}}}"},
       LODE_E_FORMAT,
       "added_tokens_decoder"},
      {{.config = "{\"added_tokens_decoder\":{\"1\":\"a\"}}"},
       LODE_E_FORMAT,
       "added_tokens_decoder"},
      {{.map = "{\"cls_token\":1}"}, LODE_E_FORMAT, "special_tokens_map.json: "},
      {{.added = "{\"a\":\"b\"}"}, LODE_E_FORMAT, "added_tokens.json: the id"},
      {{.vocab = ""}, LODE_E_FORMAT, "vocab.txt: unk_token: the vocabulary has no [UNK]"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lode_tokenizer *tokenizer = NULL;
    lode_error err = {0};
    const lode_status status = load(&cases[i].files, &tokenizer, &err);
    if (status != cases[i].status) fail_msg("case %zu: %d, \"%s\"", i, (int)status, err.text);
    assert_null(tokenizer);
    assert_int_equal(err.code, status);
    if (strstr(err.text, cases[i].reason) == NULL) {
      fail_msg("case %zu: \"%s\" is not in \"%s\"", i, cases[i].reason, err.text);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_class_decides), cmocka_unit_test(settings_count_for_bert_alone),
      cmocka_unit_test(added_tokens),      cmocka_unit_test(a_vocab_txt_has_the_same_settings),
      cmocka_unit_test(refuses),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
