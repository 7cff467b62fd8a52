/* The tokenizer, component by component. What each line expects is what the Hugging Face
 * library gives; tools/tokenizer_parity.py compares the two at large. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text_fixture.h"

static lode_tokenizer *load(const fixture *f) {
  lode_tokenizer *tokenizer = NULL;
  lode_error err = {0};
  if (fixture_load(f, &tokenizer, &err) != LODE_OK) fail_msg("%s", err.text);
  return tokenizer;
}

/* Encoding `text` (and `pair`) gives `expected`. */
static void check_with(const lode_tokenizer *tokenizer, const char *text, const char *pair,
                       const lode_encode_options *options, const char *expected) {
  lode_encoding e = {0};
  lode_error err = {0};
  const lode_text second = {pair, pair != NULL ? strlen(pair) : 0};
  const lode_status status = lode_tokenizer_encode(
      tokenizer, (lode_text){text, strlen(text)}, pair != NULL ? &second : NULL, options, &e, &err);
  if (status != LODE_OK) fail_msg("%s", err.text);
  char rendered[4096];
  fixture_render(tokenizer, &e, rendered, sizeof rendered);
  assert_string_equal(rendered, expected);
  lode_encoding_free(&e);
}

typedef struct line {
  const char *text;
  const char *expected;
} line;

/* Texts without special tokens. */
static void check_lines(const fixture *f, const line *lines, size_t n) {
  lode_tokenizer *tokenizer = load(f);
  const lode_encode_options options = {.no_special = true, .spans = true};
  for (size_t i = 0; i < n; i++) {
    check_with(tokenizer, lines[i].text, NULL, &options, lines[i].expected);
  }
  lode_tokenizer_free(tokenizer);
}
#define CHECK(lines, ...) \
  check_lines(&(fixture){__VA_ARGS__}, lines, sizeof(lines) / sizeof((lines)[0]))

static void splits_words_into_the_longest_pieces(void **state) {
  (void)state;
  const line lines[] = {
      {"", ""},
      {"the", "the[0,3]"},
      {"The QUICK", "the[0,3] quick[4,9]"},
      {"jumped", "jump[0,4] ##ed[4,6]"},
      {"unwanted", "un[0,2] ##want[2,6] ##ed[6,8]"},
      {"foxq", "[UNK][0,4]"}, /* one unknown piece makes the word unknown */
      {"q", "[UNK][0,1]"},
      {"aaaa", "a[0,1] ##aa[1,3] ##a[3,4]"}, /* greedy, not fewest */
      {"the,fox!!", "the[0,3] ,[3,4] fox[4,7] ![7,8] ![8,9]"},
      {" \t\r\nthe \n", "the[4,7]"},
      {"##ed", "[UNK][0,1] [UNK][1,2] [UNK][2,4]"},
      {"x_x", "x[0,1] _[1,2] x[2,3]"},
  };
  CHECK(lines, 0);
}

static void words_that_are_too_long_are_unknown(void **state) {
  (void)state;
  const line lines[] = {
      {"aaa", "a[0,1] ##aa[1,3]"},
      {"aaaa", "[UNK][0,4]"},
      {"aaaa aaa", "[UNK][0,4] a[5,6] ##aa[6,8]"},
      {"aa\xc3\xa1", "a[0,1] ##aa[1,4]"}, /* characters count, not bytes; accents go first */
      {"aaa\xc3\xa1", "[UNK][0,5]"},
      {"\xc3\xa1"
       "aaa!",
       "[UNK][0,5] [UNK][5,6]"},
  };
  CHECK(lines, .model =
                   "{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\","
                   "\"continuing_subword_prefix\":\"##\",\"max_input_chars_per_word\":3,"
                   "\"vocab\":{\"[UNK]\":1,\"[CLS]\":2,\"[SEP]\":3,\"[MASK]\":4,\"a\":5,\"##a\":6,"
                   "\"##aa\":7}}");
  const line none[] = {{"the !", "[UNK][0,3] [UNK][4,5]"}};
  CHECK(none, .model = FIXTURE_MODEL(0));
}

static void cleans_text(void **state) {
  (void)state;
  const line lines[] = {
      {"fo\x01x", "fox[0,4]"},
      {"fo\xc2\xadx", "fox[0,5]"},     /* soft hyphen, Cf */
      {"fo\xef\xbf\xbdx", "fox[0,6]"}, /* U+FFFD */
      {"fo\xee\x80\x80x", "fox[0,6]"}, /* private use */
      {"fox\x0b"
       "fox",
       "[UNK][0,7]"}, /* vertical tab is removed, no space */
      {"fox\xe2\x80\xa8"
       "fox",
       "fox[0,3] fox[6,9]"}, /* line separator is a space */
      {"fox\xe3\x80\x80"
       "fox",
       "fox[0,3] fox[6,9]"},
      {"\x7f", ""},
      {"a\xe0\xa3\xa2", "[UNK][0,4]"}, /* U+08E2 is Cf only since 9.0: it stays */
  };
  CHECK(lines, 0);
  const line kept[] = {{"fo\x01x", "[UNK][0,4]"},
                       {"fox\x0b"
                        "fox",
                        "fox[0,3] fox[4,7]"}};
  CHECK(kept, .normalizer = FIXTURE_BERT_NORMALIZER(false, true, null, true));
}

static void lower_case_and_accents(void **state) {
  (void)state;
  const line lines[] = {
      {"CAF\xc3\x89", "cafe[0,5]"},
      {"cafe\xcc\x81", "cafe[0,4]"}, /* the mark is in no token's range */
      {"\xcc\x81", ""},
      {"\xc4\xb0", "i[0,2]"}, /* capital I with dot above */
      {"caf\xea\x99\xaf"
       "e",
       "cafe[0,7]"}, /* U+A66F is a nonspacing mark */
  };
  CHECK(lines, 0);
  const line accents[] = {
      {"CAF\xc3\x89", "caf\xc3\xa9[0,5]"},
      {"\xc4\xb0", "i[0,2] ##\xcc\x87[0,2]"}, /* two characters, both from one */
      {"jumpED\xcc\x81", "jump[0,4] ##ed\xcc\x81[4,8]"},
  };
  CHECK(accents, .normalizer = FIXTURE_BERT_NORMALIZER(true, true, false, true));
  const line cased[] = {{"CAF\xc3\x89", "[UNK][0,5]"}, {"caf\xc3\xa9", "caf\xc3\xa9[0,5]"}};
  CHECK(cased, .normalizer = FIXTURE_BERT_NORMALIZER(true, true, null, false));
  const line stripped[] = {{"Cafe", "[UNK][0,4]"}, {"caf\xc3\xa9", "cafe[0,5]"}};
  CHECK(stripped, .normalizer = FIXTURE_BERT_NORMALIZER(true, true, true, false));
}

static void ideographs_are_words(void **state) {
  (void)state;
  const line lines[] = {
      {"\xe6\x9d\xb1\xe4\xba\xac", "\xe6\x9d\xb1[0,3] \xe4\xba\xac[3,6]"},
      {"a\xe6\x9d\xb1"
       "a",
       "a[0,1] \xe6\x9d\xb1[1,4] a[4,5]"},
  };
  CHECK(lines, 0);
  const line joined[] = {{"\xe6\x9d\xb1\xe4\xba\xac", "[UNK][0,6]"}};
  CHECK(joined, .normalizer = FIXTURE_BERT_NORMALIZER(true, false, null, true));
}

static void sequences_of_normalizers_and_pre_tokenizers(void **state) {
  (void)state;
  const line lines[] = {
      {"CAF\xc3\x89!", "caf[0,3] ##e[3,5] ##\xcc\x81[3,5] ![5,6]"},
      {"x_x!!", "x[0,1] _[1,2] x[2,3] ![3,4] ![4,5]"},
  };
  CHECK(lines,
        .normalizer =
            "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Sequence\","
            "\"normalizers\":[{\"type\":\"NFD\"}]},{\"type\":\"Lowercase\"}]}",
        .pre_tokenizer =
            "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Whitespace\"},"
            "{\"type\":\"Punctuation\"}]}",
        .model =
            "{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":\"##\","
            "\"max_input_chars_per_word\":9,\"vocab\":{\"[UNK]\":1,\"[CLS]\":2,\"[SEP]\":3,"
            "\"[MASK]\":4,\"caf\":5,\"##e\":6,\"##\\u0301\":7,\"!\":8,\"x\":9,\"_\":10}}");
  const line stripped[] = {{"caf\xc3\xa9", "cafe[0,5]"}};
  CHECK(stripped, .normalizer =
                      "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFD\"},"
                      "{\"type\":\"StripAccents\"}]}");
  const line removed[] = {{"the!fox !", "the[0,3] fox[4,7]"}};
  CHECK(removed, .pre_tokenizer =
                     "{\"type\":\"Sequence\",\"pretokenizers\":["
                     "{\"type\":\"WhitespaceSplit\"},"
                     "{\"type\":\"Punctuation\",\"behavior\":\"Removed\"}]}");
  const line runs[] = {{"a!!", "a[0,1] [UNK][1,3]"}};
  CHECK(runs, .pre_tokenizer = "{\"type\":\"Punctuation\",\"behavior\":\"Contiguous\"}");
  const line whole[] = {{"the fox", "[UNK][0,7]"}, {"the", "the[0,3]"}};
  CHECK(whole, .pre_tokenizer = "null", .normalizer = "null");
}

static void added_tokens_in_the_text(void **state) {
  (void)state;
  const line lines[] = {
      {"the [MASK] fox", "the[0,3] [MASK][4,10] fox[11,14]"},
      {"the[MASK][SEP]fox", "the[0,3] [MASK][3,9] [SEP][9,14] fox[14,17]"},
      {"[mask]", "[UNK][0,1] [UNK][1,5] [UNK][5,6]"},
      {"[[MASK]", "[UNK][0,1] [MASK][1,7]"},
      {"[MASK", "[UNK][0,1] [UNK][1,5]"},
      {"the <e>  fox", "the[0,3] <e>[3,9] fox[9,12]"},
      {"<e>\xc2\xa0<e>", "<e>[0,5] <e>[5,8]"}, /* the first takes the space */
      {"ab", "ab[0,2]"},
      {"abc", "abc[0,3]"},   /* the longest of those that begin here */
      {"xab", "[UNK][0,3]"}, /* "ab" only as a word of its own */
      {"!ab!", "![0,1] ab[1,3] ![3,4]"},
      {"ab\xcc\x81", "[UNK][0,2]"}, /* a mark is a word character; it is stripped later */
  };
  CHECK(lines,
        .added = "," FIXTURE_TOKEN("<e>", false, true, true, false) "," FIXTURE_TOKEN(
            "ab", true, false, false, false) "," FIXTURE_TOKEN("abc", true, false, false, false));
}

static void normalized_added_tokens(void **state) {
  (void)state;
  const line lines[] = {
      {"NEW YORK fox", "New York[0,8] fox[9,12]"},
      {"new\tyork", "New York[0,8]"}, /* cleaned first, then found */
      {"N\xc3\x89W YORK", "New York[0,9]"},
      {"a \xc3\x89!", "a[0,1] \xc3\xa9[2,4] ![4,5]"},
      {"[MASK]new york", "[MASK][0,6] New York[6,14]"},
      {"new [MASK] york", "new[0,3] [MASK][4,10] york[11,15]"},
      {"\xe6\x9d\xb1new york\xe6\x9d\xb1", "\xe6\x9d\xb1[0,3] New York[3,11] \xe6\x9d\xb1[11,14]"},
  };
  CHECK(lines, .added = "," FIXTURE_TOKEN("New York", false, false, false, true) "," FIXTURE_TOKEN(
                   "\xc3\xa9", true, false, false, true));
}

static void tokens_that_the_library_numbers(void **state) {
  (void)state;
  /* Contents of the vocabulary keep their ids; new ones follow it; the last of equals counts. */
  lode_tokenizer *tokenizer = load(&(fixture){
      .added = "," FIXTURE_TOKEN("fox", false, false, false, false) "," FIXTURE_TOKEN(
          "n1", false, false, false,
          false) "," FIXTURE_TOKEN("n2", false, false, false,
                                   false) "," FIXTURE_TOKEN("n1", true, false, false, false)});
  assert_int_equal(lode_tokenizer_id(tokenizer, "fox", 3), 8);
  assert_int_equal(lode_tokenizer_id(tokenizer, "n1", 2), 35);
  assert_int_equal(lode_tokenizer_id(tokenizer, "n2", 2), 36);
  assert_int_equal(lode_tokenizer_id(tokenizer, "the", 3), 5);
  assert_int_equal(lode_tokenizer_id(tokenizer, "th", 2), -1);
  assert_int_equal(lode_tokenizer_size(tokenizer), 37);
  assert_string_equal(lode_tokenizer_piece(tokenizer, 36), "n2");
  assert_string_equal(lode_tokenizer_piece(tokenizer, 10), "##ed");
  assert_null(lode_tokenizer_piece(tokenizer, 37));
  assert_null(lode_tokenizer_piece(tokenizer, -1));
  const lode_encode_options options = {.no_special = true};
  check_with(tokenizer, "n1 xn1 n2", NULL, &options, "n1 [UNK] n2");
  lode_tokenizer_free(tokenizer);
}

/* "id:type:sequence" of each token. */
static void check_types(const fixture *f, const char *pair, const char *expected) {
  lode_tokenizer *tokenizer = load(f);
  lode_encoding e = {0};
  const lode_text second = {pair, pair != NULL ? strlen(pair) : 0};
  const lode_encode_options options = {0};
  assert_int_equal(lode_tokenizer_encode(tokenizer, (lode_text){"the fox", 7},
                                         pair != NULL ? &second : NULL, &options, &e, NULL),
                   LODE_OK);
  char text[256] = "";
  size_t used = 0;
  size_t special = 0;
  for (size_t i = 0; i < e.count; i++) {
    special += e.special[i];
    used += (size_t)snprintf(text + used, sizeof text - used, "%s%d:%d:%d", i > 0 ? " " : "",
                             (int)e.ids[i], (int)e.type_ids[i], e.sequence[i]);
  }
  assert_string_equal(text, expected);
  assert_int_equal(special, lode_tokenizer_added(tokenizer, pair != NULL));
  assert_null(e.spans);
  lode_encoding_free(&e);
  lode_tokenizer_free(tokenizer);
}

static void post_processors(void **state) {
  (void)state;
  const fixture bert_template = {0};
  check_types(&bert_template, NULL, "2:0:0 5:0:0 8:0:0 3:0:0");
  check_types(&bert_template, "a", "2:0:0 5:0:0 8:0:0 3:0:0 27:1:1 3:1:0");
  check_types(&bert_template, "", "2:0:0 5:0:0 8:0:0 3:0:0 3:1:0");
  const fixture bert = {
      .post_processor =
          "{\"type\":\"BertProcessing\",\"sep\":[\"[SEP]\",3],\"cls\":[\"[CLS]\",2]}"};
  check_types(&bert, NULL, "2:0:0 5:0:0 8:0:0 3:0:0");
  check_types(&bert, "a", "2:0:0 5:0:0 8:0:0 3:0:0 27:1:1 3:1:0");
  const fixture roberta = {.post_processor =
                               "{\"type\":\"RobertaProcessing\",\"sep\":[\"[SEP]\",3],\"cls\":"
                               "[\"[CLS]\",2],\"trim_offsets\":true,\"add_prefix_space\":true}"};
  check_types(&roberta, "a", "2:0:0 5:0:0 8:0:0 3:0:0 3:0:0 27:0:1 3:0:0");
  const fixture none = {.post_processor = "null"};
  check_types(&none, NULL, "5:0:0 8:0:0");
  check_types(&none, "a", "5:0:0 8:0:0 27:1:1");
}

static void truncates(void **state) {
  (void)state;
  static const struct {
    const char *strategy;
    const char *direction;
    const char *text;
    const char *pair;
    size_t max_tokens;
    const char *expected; /* NULL: LODE_E_TOO_LONG */
    size_t left_out;
  } cases[] = {
      {"LongestFirst", "Right", "the quick brown fox", NULL, 0, "[CLS] the quick brown fox [SEP]",
       0},
      {"LongestFirst", "Right", "the quick brown fox", NULL, 6, "[CLS] the quick brown fox [SEP]",
       0},
      {"LongestFirst", "Right", "the quick brown fox", NULL, 4, "[CLS] the quick [SEP]", 2},
      {"LongestFirst", "Left", "the quick brown fox", NULL, 4, "[CLS] brown fox [SEP]", 2},
      {"LongestFirst", "Right", "the quick brown fox", NULL, 2, "[CLS] [SEP]", 4},
      {"OnlyFirst", "Left", "the quick brown fox", NULL, 3, "[CLS] fox [SEP]", 3},
      {"OnlySecond", "Right", "the quick brown fox", NULL, 3, "[CLS] the [SEP]", 3},
      {"LongestFirst", "Right", "the quick brown", "fox", 6, "[CLS] the quick [SEP] fox [SEP]", 1},
      {"LongestFirst", "Right", "the quick brown", "fox over a", 6,
       "[CLS] the [SEP] fox over [SEP]", 3},
      {"LongestFirst", "Right", "the quick brown a", "fox over a", 6,
       "[CLS] the quick [SEP] fox [SEP]", 4},
      {"LongestFirst", "Left", "the quick", "fox over a", 5, "[CLS] quick [SEP] a [SEP]", 3},
      {"OnlyFirst", "Right", "the quick brown", "fox over", 6, "[CLS] the [SEP] fox over [SEP]", 2},
      {"OnlySecond", "Left", "the quick", "fox over a", 6, "[CLS] the quick [SEP] a [SEP]", 2},
      {"OnlyFirst", "Right", "the quick", "fox over a", 6, NULL, 0},
      {"OnlySecond", "Right", "the quick brown", "fox", 6, NULL, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char truncation[160];
    (void)snprintf(truncation, sizeof truncation,
                   "{\"direction\":\"%s\",\"max_length\":7,\"strategy\":\"%s\",\"stride\":0}",
                   cases[i].direction, cases[i].strategy);
    lode_tokenizer *tokenizer = load(&(fixture){.truncation = truncation});
    const lode_encode_options options = {.max_tokens = cases[i].max_tokens};
    const char *pair = cases[i].pair;
    const lode_text second = {pair, pair != NULL ? strlen(pair) : 0};
    lode_encoding e = {0};
    lode_error err;
    const lode_status status =
        lode_tokenizer_encode(tokenizer, (lode_text){cases[i].text, strlen(cases[i].text)},
                              pair != NULL ? &second : NULL, &options, &e, &err);
    if (cases[i].expected == NULL) {
      assert_int_equal(status, LODE_E_TOO_LONG);
    } else {
      assert_int_equal(status, LODE_OK);
      char rendered[256];
      fixture_render(tokenizer, &e, rendered, sizeof rendered);
      assert_string_equal(rendered, cases[i].expected);
      assert_int_equal(e.left_out, cases[i].left_out);
    }
    lode_encoding_free(&e);
    lode_tokenizer_free(tokenizer);
  }
}

static void refuses_a_limit_below_the_template(void **state) {
  (void)state;
  lode_tokenizer *tokenizer = load(&(fixture){0});
  lode_encoding e = {0};
  lode_error err;
  lode_encode_options options = {.max_tokens = 1};
  const lode_text text = {"fox", 3};
  assert_int_equal(lode_tokenizer_encode(tokenizer, text, NULL, &options, &e, &err), LODE_E_ARG);
  options.max_tokens = 2;
  assert_int_equal(lode_tokenizer_encode(tokenizer, text, &text, &options, &e, &err), LODE_E_ARG);
  options.no_special = true;
  assert_int_equal(lode_tokenizer_encode(tokenizer, text, &text, &options, &e, &err), LODE_OK);
  assert_int_equal(e.count, 2);
  lode_encoding_free(&e);
  lode_tokenizer_free(tokenizer);
}

/* Bad texts must take time in proportion to their size; these would not end otherwise. */
static void texts_made_to_be_slow(void **state) {
  (void)state;
  enum { SIZE = 4 << 20 };
  lode_tokenizer *tokenizer =
      load(&(fixture){.added = "," FIXTURE_TOKEN(" ", false, true, true, false)});
  char *text = malloc(SIZE);
  assert_non_null(text);
  lode_encoding e = {0};
  const lode_encode_options options = {.no_special = true, .spans = true};

  memset(text, 'a', SIZE); /* one word */
  assert_int_equal(
      lode_tokenizer_encode(tokenizer, (lode_text){text, SIZE}, NULL, &options, &e, NULL), LODE_OK);
  assert_int_equal(e.count, 1);
  assert_int_equal(e.ids[0], 1);
  assert_int_equal(e.spans[0].end, SIZE);

  /* Marks of falling combining classes: U+0301 (230), U+0316 (220), so all of them move. */
  for (size_t i = 0; i < SIZE; i += 2) memcpy(text + i, i % 4 == 0 ? "\xcc\x81" : "\xcc\x96", 2);
  assert_int_equal(
      lode_tokenizer_encode(tokenizer, (lode_text){text, SIZE}, NULL, &options, &e, NULL), LODE_OK);
  assert_int_equal(e.count, 0);

  for (size_t i = 0; i < SIZE; i += 2) memcpy(text + i, "\xd0\xb0", 2); /* Cyrillic a */
  assert_int_equal(
      lode_tokenizer_encode(tokenizer, (lode_text){text, SIZE}, NULL, &options, &e, NULL), LODE_OK);
  assert_int_equal(e.count, 1);
  assert_int_equal(e.spans[0].end, SIZE);

  memset(text, ' ', SIZE); /* each is an added token that takes the white space after it */
  assert_int_equal(
      lode_tokenizer_encode(tokenizer, (lode_text){text, SIZE}, NULL, &options, &e, NULL), LODE_OK);
  assert_int_equal(e.count, SIZE);
  free(text);
  lode_encoding_free(&e);
  lode_tokenizer_free(tokenizer);
}

/* ---------------------------------------------------------------- vocab.txt */

static void vocab_txt(void **state) {
  (void)state;
  static const char vocab[] =
      "[PAD]\r\nthe\n[UNK] \t\n[CLS]\n[SEP]\xe3\x80\x80\nfox\n##es\nthe\n\ncafe\nCaf\xc3\xa9";
  lode_vocab_options options = {
      .lowercase = true, .strip_accents = -1, .handle_chinese_chars = true};
  const lode_encode_options plain = {.spans = true};
  lode_tokenizer *tokenizer = NULL;
  lode_error err;
  assert_int_equal(lode_tokenizer_from_vocab(vocab, sizeof vocab - 1, &options, &tokenizer, &err),
                   LODE_OK);
  assert_int_equal(lode_tokenizer_size(tokenizer), 11);
  assert_int_equal(lode_tokenizer_id(tokenizer, "the", 3), 7); /* the last line counts */
  assert_null(lode_tokenizer_piece(tokenizer, 1));
  check_with(tokenizer, "The foxes Caf\xc3\xa9", "[PAD] [MASK]", &plain,
             "[CLS] the[0,3] fox[4,7] ##es[7,9] cafe[10,15] [SEP] [PAD][0,5] [UNK][6,7] "
             "[UNK][7,11] [UNK][11,12] [SEP]");
  lode_tokenizer_free(tokenizer);

  options.lowercase = false;
  assert_int_equal(lode_tokenizer_from_vocab(vocab, sizeof vocab - 1, &options, &tokenizer, &err),
                   LODE_OK);
  check_with(tokenizer, "The Caf\xc3\xa9", NULL, &plain, "[CLS] [UNK][0,3] Caf\xc3\xa9[4,9] [SEP]");
  lode_tokenizer_free(tokenizer);

  tokenizer = NULL;
  assert_int_equal(lode_tokenizer_from_vocab("[UNK]\n[CLS]\n", 12, &options, &tokenizer, &err),
                   LODE_E_FORMAT);
  assert_non_null(strstr(err.text, "[SEP]"));
  assert_int_equal(lode_tokenizer_from_vocab("[UNK]\n\xff", 7, &options, &tokenizer, &err),
                   LODE_E_FORMAT);
  assert_int_equal(err.pos, 6);
  assert_int_equal(lode_tokenizer_from_vocab("", 0, &options, &tokenizer, &err), LODE_E_FORMAT);
  assert_null(tokenizer);
}

/* ---------------------------------------------------------------- bad tokenizer.json */

#define MODEL_WITH(vocab)                                                                 \
  "{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":\"##\"," \
  "\"max_input_chars_per_word\":100,\"vocab\":{\"[UNK]\":1,\"[CLS]\":2,\"[SEP]\":3," vocab "}}"

static void refuses_bad_files(void **state) {
  (void)state;
  static const struct {
    fixture file;
    lode_status status;
    const char *reason; /* part of the message */
  } cases[] = {
      {{.model = MODEL_WITH("\"a\":-1")}, LODE_E_FORMAT, "vocabulary: the id"},
      {{.model = MODEL_WITH("\"a\":4294967295")}, LODE_E_FORMAT, "vocabulary: the id"},
      {{.model = MODEL_WITH("\"a\":1e300")}, LODE_E_FORMAT, "vocabulary: the id"},
      {{.model = MODEL_WITH("\"a\":5.5")}, LODE_E_FORMAT, "vocabulary: the id"},
      {{.model = MODEL_WITH("\"a\":\"5\"")}, LODE_E_FORMAT, "vocabulary: the id"},
      {{.model = MODEL_WITH("\"a\":3")}, LODE_E_FORMAT, "have the same id 3"},
      {{.model = MODEL_WITH("\"a\":7,\"a\":8")}, LODE_E_FORMAT, "\"a\" is there twice"},
      {{.model = MODEL_WITH("\"\\ud800\":7")}, LODE_E_FORMAT, "well-formed"},
      {{.model = "{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":"
                 "\"##\",\"max_input_chars_per_word\":100,\"vocab\":{\"a\":0}}"},
       LODE_E_FORMAT,
       "unk_token \"[UNK]\" is not in the vocabulary"},
      {{.model = "{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":"
                 "\"##\",\"max_input_chars_per_word\":-1,\"vocab\":{}}"},
       LODE_E_FORMAT,
       "max_input_chars_per_word"},
      {{.model = "{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":"
                 "\"##\",\"max_input_chars_per_word\":100,\"vocab\":[]}"},
       LODE_E_FORMAT,
       "\"vocab\" is not an object"},
      {{.model = "{\"type\":\"WordPiece\"}"}, LODE_E_FORMAT, "\"vocab\" is missing"},
      {{.model = "{\"type\":\"WordPiece\",\"vocab\":{}}"},
       LODE_E_FORMAT,
       "\"unk_token\" is missing"},
      {{.model = "{\"type\":\"BPE\",\"vocab\":{},\"merges\":[]}"},
       LODE_E_UNSUPPORTED,
       "model \"BPE\" is not supported"},
      {{.model = FIXTURE_UNIGRAM(null, ""), .pre_tokenizer = "null"}, LODE_E_FORMAT, "\"unk_id\""},
      {{.model = FIXTURE_UNIGRAM(11, ""), .pre_tokenizer = "null"}, LODE_E_FORMAT, "\"unk_id\""},
      {{.model = FIXTURE_UNIGRAM(1, ",\"byte_fallback\":true"), .pre_tokenizer = "null"},
       LODE_E_UNSUPPORTED,
       "byte_fallback: true"},
      {{.model = "{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":{}}"},
       LODE_E_FORMAT,
       "\"vocab\" is not an array of pieces"},
      {{.model = "{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"a\"]]}"},
       LODE_E_FORMAT,
       "no piece with its score"},
      {{.model = "{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[1,\"a\"]]}"},
       LODE_E_FORMAT,
       "no piece with its score"},
      {{.model = "{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"a\",1],[\"a\",2]]}"},
       LODE_E_FORMAT,
       "\"a\" is there twice"},
      {{.model = FIXTURE_UNIGRAM(1, "")},
       LODE_E_UNSUPPORTED,
       "with Unigram, pre_tokenizer \"BertPreTokenizer\""},
      {{.model = FIXTURE_UNIGRAM(1, ""), .pre_tokenizer = FIXTURE_METASPACE("first", true)},
       LODE_E_UNSUPPORTED,
       "prepend_scheme \"first\""},
      {{.pre_tokenizer = FIXTURE_METASPACE("always", true)},
       LODE_E_UNSUPPORTED,
       "alone, and with Unigram"},
      {{.normalizer = "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"a|b\"},\"content\":\"\"}"},
       LODE_E_UNSUPPORTED,
       "the pattern \"a|b\""},
      {{.normalizer = "{\"type\":\"Replace\",\"pattern\":{\"String\":\"\"},\"content\":\"\"}"},
       LODE_E_FORMAT,
       "\"String\" is not a string, not empty"},
      {{.normalizer = "{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"}}"},
       LODE_E_FORMAT,
       "\"content\" is missing"},
      {{.normalizer = "{\"type\":\"Strip\",\"strip_left\":true}"},
       LODE_E_FORMAT,
       "\"strip_right\" is missing"},
      {{.model = "{}"}, LODE_E_UNSUPPORTED, "model \"(none)\" is not supported"},
      {{.model = "null"}, LODE_E_FORMAT, "\"model\" is not an object"},
      {{.normalizer = "{\"type\":\"Precompiled\"}"},
       LODE_E_UNSUPPORTED,
       "normalizer \"Precompiled\" is not supported"},
      {{.normalizer = "{\"type\":\"Sequence\"}"}, LODE_E_FORMAT, "\"normalizers\" is missing"},
      {{.normalizer = "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFD\"},"
                      "{\"type\":\"\\u001b[31m\"}]}"},
       LODE_E_UNSUPPORTED,
       "normalizer \"\\u001b[31m\" is not supported"},
      {{.normalizer = "{\"type\":\"BertNormalizer\",\"clean_text\":true}"},
       LODE_E_FORMAT,
       "\"handle_chinese_chars\" is missing"},
      {{.normalizer = FIXTURE_BERT_NORMALIZER(true, true, 1, true)},
       LODE_E_FORMAT,
       "\"strip_accents\" is not true or false"},
      {{.normalizer = "7"}, LODE_E_UNSUPPORTED, "normalizer"},
      {{.pre_tokenizer = "{\"type\":\"ByteLevel\"}"},
       LODE_E_UNSUPPORTED,
       "pre_tokenizer \"ByteLevel\" is not supported"},
      {{.pre_tokenizer = "{\"type\":\"Punctuation\",\"behavior\":\"MergedWithNext\"}"},
       LODE_E_UNSUPPORTED,
       "MergedWithNext"},
      {{.post_processor = "{\"type\":\"ByteLevel\"}"}, LODE_E_UNSUPPORTED, "post_processor"},
      {{.post_processor = "{\"type\":\"BertProcessing\",\"sep\":[\"[SEP]\",3],\"cls\":[\"x\",99]}"},
       LODE_E_FORMAT,
       "special token id 99 is not in the vocabulary"},
      {{.post_processor = "{\"type\":\"BertProcessing\",\"sep\":[\"[SEP]\"]}"},
       LODE_E_FORMAT,
       "BertProcessing: the id"},
      {{.post_processor =
            "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"[X]\","
            "\"type_id\":0}}],\"pair\":[],\"special_tokens\":{}}"},
       LODE_E_FORMAT,
       "special_tokens has no ids for \"[X]\""},
      {{.post_processor =
            "{\"type\":\"TemplateProcessing\",\"single\":[{\"Sequence\":{\"id\":\"B\","
            "\"type_id\":0}}],\"pair\":[],\"special_tokens\":{}}"},
       LODE_E_FORMAT,
       "names a second"},
      {{.truncation = "{\"strategy\":\"Often\",\"direction\":\"Right\"}"},
       LODE_E_FORMAT,
       "strategy"},
      {{.truncation = "{\"strategy\":\"OnlyFirst\",\"direction\":1}"}, LODE_E_FORMAT, "direction"},
      {{.added = ",{\"id\":4,\"content\":\"q\"}"}, LODE_E_FORMAT, "\"single_word\" is missing"},
      {{.added = ",{\"id\":-4,\"content\":\"q\"}"}, LODE_E_FORMAT, "\"id\""},
      {{.added = "," FIXTURE_TOKEN("\\u0301", false, false, false, true)},
       LODE_E_FORMAT,
       "leaves nothing"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lode_tokenizer *tokenizer = NULL;
    lode_error err = {0};
    assert_int_equal(fixture_load(&cases[i].file, &tokenizer, &err), cases[i].status);
    assert_null(tokenizer);
    assert_int_equal(err.code, cases[i].status);
    if (strstr(err.text, cases[i].reason) == NULL) {
      fail_msg("case %zu: \"%s\" is not in \"%s\"", i, cases[i].reason, err.text);
    }
  }
}

/* Each of the steps doubles the text, as often as there may be steps. */
static void replacements_do_not_grow_without_end(void **state) {
  (void)state;
  enum { STEPS = 60, ROOM = STEPS * 128 };
  char *normalizer = malloc(ROOM);
  assert_non_null(normalizer);
  size_t used = (size_t)snprintf(normalizer, ROOM, "{\"type\":\"Sequence\",\"normalizers\":[");
  for (int i = 0; i < STEPS; i++) {
    used += (size_t)snprintf(normalizer + used, ROOM - used,
                             "%s{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},"
                             "\"content\":\"aa\"}",
                             i ? "," : "");
  }
  snprintf(normalizer + used, ROOM - used, "]}");
  lode_tokenizer *tokenizer = NULL;
  lode_error err = {0};
  const fixture f = {.normalizer = normalizer};
  assert_int_equal(fixture_load(&f, &tokenizer, &err), LODE_E_NOMEM);
  assert_null(tokenizer);
  free(normalizer);
}

/* The expected tokens and places are the library's. */
#define SPACE "\xe2\x96\x81"
static void unigram_with_metaspace(void **state) {
  (void)state;
  const line lines[] = {
      {"", ""},
      {" \t ", ""},
      {"the fox", SPACE "the[0,3] " SPACE "fo[3,6] x[6,7]"},
      {"  the!fox ", SPACE "the[2,5] " SPACE "[5,6] [UNK][5,6] " SPACE "fo[5,8] x[8,9]"},
      {"fo[MASK]fox", SPACE "fo[0,2] [MASK][2,8] " SPACE "fo[8,10] x[10,11]"},
      {"qq", SPACE "[0,1] [UNK][0,2]"},
      {"the fxfox", SPACE "the[0,3] " SPACE "[3,4] f[4,5] x[5,6] fox[6,9]"},
  };
  CHECK(lines, .normalizer = FIXTURE_SPACED, .pre_tokenizer = FIXTURE_METASPACE("always", false),
        .model = FIXTURE_UNIGRAM(1, ""), .post_processor = "null");
}

static void accepts_old_and_sparse_files(void **state) {
  (void)state;
  const line lines[] = {{"a", "a[0,1]"}};
  /* Without "type" (before 0.8), and with holes between the ids. */
  CHECK(lines, .model =
                   "{\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":\"##\","
                   "\"max_input_chars_per_word\":100,\"vocab\":{\"[UNK]\":1,\"[CLS]\":2,"
                   "\"[SEP]\":3,\"a\":900}}");
  static const char least[] =
      "{\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"u\",\"continuing_subword_prefix\":\"\","
      "\"max_input_chars_per_word\":9,\"vocab\":{\"u\":0,\"a\":1,\"b\":2}}}";
  lode_tokenizer *tokenizer = NULL;
  lode_error err;
  assert_int_equal(lode_tokenizer_from_json(least, sizeof least - 1, &tokenizer, &err), LODE_OK);
  const lode_encode_options options = {.spans = true};
  check_with(tokenizer, "abba", NULL, &options, "a[0,1] b[1,2] b[2,3] a[3,4]");
  check_with(tokenizer, "abc", NULL, &options, "u[0,3]");
  lode_tokenizer_free(tokenizer);
  for (size_t size = 0; size < sizeof least - 1; size++) {
    tokenizer = NULL;
    assert_int_equal(lode_tokenizer_from_json(least, size, &tokenizer, &err), LODE_E_FORMAT);
    assert_null(tokenizer);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(splits_words_into_the_longest_pieces),
      cmocka_unit_test(words_that_are_too_long_are_unknown),
      cmocka_unit_test(cleans_text),
      cmocka_unit_test(lower_case_and_accents),
      cmocka_unit_test(ideographs_are_words),
      cmocka_unit_test(sequences_of_normalizers_and_pre_tokenizers),
      cmocka_unit_test(added_tokens_in_the_text),
      cmocka_unit_test(normalized_added_tokens),
      cmocka_unit_test(tokens_that_the_library_numbers),
      cmocka_unit_test(post_processors),
      cmocka_unit_test(truncates),
      cmocka_unit_test(refuses_a_limit_below_the_template),
      cmocka_unit_test(texts_made_to_be_slow),
      cmocka_unit_test(vocab_txt),
      cmocka_unit_test(refuses_bad_files),
      cmocka_unit_test(accepts_old_and_sparse_files),
      cmocka_unit_test(unigram_with_metaspace),
      cmocka_unit_test(replacements_do_not_grow_without_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
