/* Words: Unicode's own test of word boundaries, in full; and what becomes of words. */
#include <errno.h>
#include <libstemmer.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "index/words/fold.h"
#include "index/words/word_break.h"
#include "index_words.h"

enum { EN = 1u << LODE_LANGUAGE_EN, FR = 1u << LODE_LANGUAGE_FR, DE = 1u << LODE_LANGUAGE_DE };

/* ---------------------------------------------------------------- boundaries */

/* "÷ 0061 × 0308 ÷ # comment": the text, and a bit of `breaks` for each byte that begins a
 * segment. Returns the size, 0 for a line that is no case. */
static size_t parse_case(char *line, char *text, bool *breaks) {
  char *comment = strchr(line, '#');
  if (comment != NULL) *comment = '\0';
  size_t size = 0;
  bool brk = false;
  for (char *p = line; *p != '\0';) {
    if (strncmp(p, "÷", 2) == 0 || strncmp(p, "×", 2) == 0) {
      brk = strncmp(p, "÷", 2) == 0;
      p += 2;
    } else if (*p == ' ' || *p == '\t' || *p == '\n') {
      p++;
    } else {
      const uint32_t c = (uint32_t)strtoul(p, &p, 16);
      breaks[size] = brk;
      const size_t n = lode_utf8_put(text + size, c);
      for (size_t i = 1; i < n; i++) breaks[size + i] = false;
      size += n;
    }
  }
  return size;
}

static void unicode_word_break_test(void **state) {
  (void)state;
  FILE *file = fopen("/usr/share/unicode/auxiliary/WordBreakTest.txt", "r");
  if (file == NULL) {
    print_message("skipped: no WordBreakTest.txt (Debian's unicode-data)\n");
    skip();
  }
  char line[4096];
  size_t cases = 0;
  while (fgets(line, sizeof line, file) != NULL) {
    char text[256];
    bool breaks[256];
    char *copy = strdup(line);
    const size_t size = parse_case(line, text, breaks);
    for (size_t at = 0; at < size;) {
      const size_t end = lode_word_break(text, size, at);
      assert_true(end > at && end <= size);
      for (size_t i = at + 1; i < end; i++) {
        if (breaks[i]) fail_msg("no break at byte %zu of %s", i, copy);
      }
      if (end < size && !breaks[end]) fail_msg("break at byte %zu of %s", end, copy);
      at = end;
    }
    free(copy);
    cases += size > 0;
  }
  (void)fclose(file);
  assert_true(cases > 1800);
}

/* ---------------------------------------------------------------- folding */

static void expect_fold(const char *text, const char *folded) {
  char out[256];
  const size_t n = lode_fold(text, strlen(text), out, sizeof out);
  out[n] = '\0';
  assert_string_equal(out, folded);
}

static void folding(void **state) {
  (void)state;
  expect_fold("Straße STRASSE ẞ", "strasse strasse ss");
  expect_fold("Crème Brûlée", "creme brulee");
  expect_fold("Cre\xcc\x80me", "creme"); /* decomposed */
  expect_fold("ÅNGSTRÖM Å", "angstrom a");
  expect_fold("Łódź Øresund Æther Þór Đorđe", "lodz oresund aether thor dorde");
  expect_fold("İstanbul ISPARTA ılık", "istanbul isparta ilik");
  expect_fold("Ὀδυσσεύς ΟΔΥΣΣΕΥΣ", "οδυσσευσ οδυσσευσ");
  expect_fold("Ёлка Йод", "елка иод");
  expect_fold("ﬁnal ﬄ", "final ffl");
  expect_fold("ＡＢＣ１２３ ｱｲｳ", "abc123 アイウ");
  expect_fold("שָׁלוֹם كِتَابٌ كـتاب", "שלום كتاب كتاب");
  expect_fold("soft\xc2\xadhyphen zero\xe2\x80\x8bwidth", "softhyphen zerowidth");
  expect_fold("हिन्दी ภาษาไทย がぎ", "हिन्दी ภาษาไทย がぎ");
}

/* Folding again changes nothing, and whatever differs in case only is the same. */
static void folding_is_stable(void **state) {
  (void)state;
  for (uint32_t c = 1; c <= 0x10ffff; c++) {
    if (c >= 0xd800 && c <= 0xdfff) continue;
    char bytes[4];
    char once[64];
    char twice[64];
    const size_t size = lode_utf8_put(bytes, c);
    const size_t n = lode_fold(bytes, size, once, sizeof once);
    assert_int_equal(lode_utf8_valid(once, n), n);
    const size_t m = lode_fold(once, n, twice, sizeof twice);
    if (n != m || memcmp(once, twice, n) != 0) fail_msg("U+%04X", (unsigned)c);
  }
}

/* ---------------------------------------------------------------- terms */

static void expect(const char *text, lode_words_mode mode, lode_languages languages,
                   const char *terms) {
  assert_string_equal(words_of(text, strlen(text), mode, languages, false), terms);
}

static void plain_words(void **state) {
  (void)state;
  const lode_words_mode d = LODE_WORDS_DOCUMENT;
  expect("", d, EN, "");
  expect(" \t\n--- *** ...", d, EN, "");
  expect("The quick (\"brown\") fox can't jump 32.3 feet, right?", d, 0,
         "the quick brown fox cant jump 32 3 feet right");
  expect("running dogs", d, EN, "running|run dogs|dog");
  expect("running dogs", d, 0, "running dogs");
  expect("running dogs", LODE_WORDS_QUERY, EN, "running|run dogs|dog");
  expect("1,000,000 1.5 10:30 v1.2.3", d, EN, "1000000 1 5 10 30 v1 2 3");
  expect("John's dogs' O'Reilly rock'n'roll", d, 0, "john dogs oreilly rocknroll");
  expect("l'avion d’Artagnan qu'il aujourd'hui dell'arte", d, 0,
         "avion artagnan il aujourdhui arte");
}

static void identifiers(void **state) {
  (void)state;
  const lode_words_mode d = LODE_WORDS_DOCUMENT;
  expect("getUserName", d, 0, "get|getusername user name");
  expect("getUserName", LODE_WORDS_QUERY, 0, "get user name");
  expect("snake_case_name __init__ _x", d, 0, "snake|snakecasename case name init x");
  expect("file.names a.b", d, 0, "file|filenames names a|ab b");
  expect("XMLParser parseHTTP2Header PDFs IDs", d, 0,
         "xml|xmlparser parser parse|parsehttp2header http2 header pdfs ids");
  expect("iPhone GitHub utf8Decode sha256", d, 0,
         "i|iphone phone git|github hub utf8|utf8decode decode sha256");
  expect("C++ C# c++ F# Vitamin C.", d, 0, "c|c++ c|c# c|c++ f|f# vitamin c");
  expect("C++", LODE_WORDS_QUERY, 0, "c++");
  expect("src/index/walk.c --no-ignore user@example.org", d, 0,
         "src index walk|walkc c no ignore user example|exampleorg org");
}

static void scripts_without_spaces(void **state) {
  (void)state;
  const lode_words_mode d = LODE_WORDS_DOCUMENT;
  expect("東京都", d, 0, "東京 京都|都");
  expect("東京都", LODE_WORDS_QUERY, 0, "東京 京都");
  expect("東", d, 0, "東");
  expect("東", LODE_WORDS_QUERY, 0, "東");
  expect("2024年の東京 Tower", d, 0, "2024 年の の東 東京|京 tower");
  expect("ｶﾞｷﾞ ガギ カ\xe3\x82\x99キ\xe3\x82\x99", d, 0, "ガギ|ギ ガギ|ギ ガギ|ギ");
  expect("コーヒー", d, 0, "コー ーヒ ヒー|ー");
  expect("학교에서", d, 0, "학교 교에 에서|서");
  /* conjoining jamo are the same syllables */
  expect("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xa8\xe1\x84\x80\xe1\x85\xad", d, 0, "학교|교");
  expect("ที่นี่", d, 0, "ที่นี่|นี่"); /* two consonants with their vowels and tones */
  expect("ພາສາ ខ្មែរ", d, 0, "ພາ າສ ສາ|າ ខ្មែ មែរ|រ");
  expect("AB한국CD", d, 0, "ab 한국|국 cd");
}

static void other_scripts(void **state) {
  (void)state;
  const lode_words_mode d = LODE_WORDS_DOCUMENT;
  expect("Ελληνικά русский العربية हिन्दी", d, 0, "ελληνικα русскии العربية हिन्दी");
  expect("👍🏽 🇫🇷 ☃ ok", d, 0, "👍🏽 🇫🇷 ☃ ok");
}

static void accents_and_stems(void **state) {
  (void)state;
  /* What others type without accents finds it: stems of both spellings are there. */
  expect("français", LODE_WORDS_DOCUMENT, FR, "francais|franc");
  expect("francais", LODE_WORDS_QUERY, FR, "francais|franc");
  expect("Häuser", LODE_WORDS_DOCUMENT, DE, "hauser|haus");
  expect("haeuser", LODE_WORDS_QUERY, DE, "haeuser|haeus");
  expect("généraux", LODE_WORDS_DOCUMENT, FR, "generaux|general");
}

static void prefixes(void **state) {
  (void)state;
  const lode_words_mode p = LODE_WORDS_PREFIX;
  expect("installing", p, EN, "installing"); /* still being typed: no stem */
  expect("running installi", p, EN, "running|run installi");
  expect("running installi ?", p, EN, "running|run installi");
  expect("getUserNa", p, EN, "get user na");
  expect("東京都", p, EN, "東京 京都");
}

static void spans(void **state) {
  (void)state;
  const char text[] = "Ein Überblick: l'été";
  assert_string_equal(words_of(text, strlen(text), LODE_WORDS_DOCUMENT, 0, true),
                      "ein[0,3] uberblick[4,14] ete[18,23]");
  const char code[] = "a getUser";
  assert_string_equal(words_of(code, strlen(code), LODE_WORDS_DOCUMENT, 0, true),
                      "a[0,1] get[2,5]|getuser[2,9] user[5,9]");
}

static void hostile_texts(void **state) {
  (void)state;
  /* Ill-formed bytes separate words; NUL is a character like others. */
  assert_string_equal(words_of("ab\xff"
                               "cd\xc3",
                               6, LODE_WORDS_DOCUMENT, 0, false),
                      "ab cd");
  assert_string_equal(words_of("ab\0cd", 5, LODE_WORDS_DOCUMENT, 0, false), "ab cd");
  /* A term is cut, at a character. */
  char text[3000];
  for (size_t i = 0; i + 3 <= sizeof text; i += 3) memcpy(text + i, "\xe1\xbc\x80", 3); /* ἀ */
  const char *terms = words_of(text, sizeof text, LODE_WORDS_DOCUMENT, EN, false);
  assert_int_equal(strlen(terms), LODE_TERM_MAX);
  assert_int_equal(lode_utf8_valid(terms, LODE_TERM_MAX), LODE_TERM_MAX);
}

/* Time that grows with the square of the size would not end here. */
static int count_words(void *user, const lode_word *word) {
  *(size_t *)user += !word->colocated;
  return 0;
}

static void long_texts(void **state) {
  (void)state;
  static const char *const patterns[] = {"a가", "a_",         "aB",       "a'",
                                         "a.",  "a:\xcc\x81", "\xcc\x81", "東\xe3\x82\x99",
                                         "1,",  "🇦",          "'",        "👍\xe2\x80\x8d"};
  enum { SIZE = 2000000 };
  char *text = malloc(SIZE);
  lode_words *words = NULL;
  assert_non_null(text);
  assert_int_equal(lode_words_new(&words, NULL), LODE_OK);
  for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
    const size_t n = strlen(patterns[i]);
    size_t size = 0;
    for (; size + n <= SIZE; size += n) memcpy(text + size, patterns[i], n);
    for (int mode = 0; mode < 3; mode++) {
      const lode_words_options options = {(lode_words_mode)mode, EN};
      size_t count = 0;
      assert_int_equal(lode_words_split(words, text, size, &options, count_words, &count), 0);
      assert_true(count <= size);
    }
  }
  lode_words_free(words);
  free(text);
}

static int stop_at_two(void *user, const lode_word *word) {
  (void)word;
  return ++*(int *)user == 2 ? 42 : 0;
}

static void a_sink_can_stop(void **state) {
  (void)state;
  lode_words *words = NULL;
  assert_int_equal(lode_words_new(&words, NULL), LODE_OK);
  const lode_words_options options = {LODE_WORDS_DOCUMENT, EN};
  int calls = 0;
  assert_int_equal(lode_words_split(words, "one two three", 13, &options, stop_at_two, &calls), 42);
  assert_int_equal(calls, 2);
  lode_words_free(words);
}

/* ---------------------------------------------------------------- stems */

/* The stem of each word of a text is what Snowball's library says, for every language. */
static void stems_are_snowballs(void **state) {
  (void)state;
  static const char words[] =
      "running nationalities happily generously relational skies dying "
      "continuellement majestueusement gehörigen aufeinanderschlägst categorização "
      "hyödyllisimmät merkwaardigheden oppsummeringene нападениями книгохранилище "
      "çekoslovakyalılaştıramadıklarımızdan legszebbjeinek";
  for (int l = 1; l < LODE_LANGUAGE_COUNT; l++) {
    struct sb_stemmer *stemmer = sb_stemmer_new(lode_language_stemmer((lode_language)l), NULL);
    assert_non_null(stemmer);
    for (const char *p = words; *p != '\0';) {
      const size_t n = strcspn(p, " ");
      const sb_symbol *stem = sb_stemmer_stem(stemmer, (const sb_symbol *)p, (int)n);
      char folded[LODE_TERM_MAX];
      const size_t size =
          lode_fold((const char *)stem, (size_t)sb_stemmer_length(stemmer), folded, sizeof folded);
      const char *terms =
          words_of(p, n, LODE_WORDS_DOCUMENT, LODE_LANGUAGE_BIT((lode_language)l), false);
      bool found = false;
      for (const char *t = terms; !found;) {
        const size_t length = strcspn(t, "|");
        found = length == size && memcmp(t, folded, size) == 0;
        if (t[length] == '\0') break;
        t += length + 1;
      }
      if (!found)
        fail_msg("%s: %.*s in %s", lode_language_code((lode_language)l), (int)n, p, terms);
      p += n + (p[n] == ' ');
    }
    sb_stemmer_delete(stemmer);
  }
}

static void shapes(void **state) {
  (void)state;
  lode_words *words = NULL;
  assert_int_equal(lode_words_new(&words, NULL), LODE_OK);
  lode_words_shape shape;
  assert_true(lode_words_shape_of(words, "hello", 5, &shape));
  assert_true(shape.positions == 1 && !shape.single_ngram && shape.whole_size == 0);
  assert_true(lode_words_shape_of(words, "(getUserName)", 13, &shape));
  assert_int_equal(shape.positions, 3);
  assert_int_equal(shape.whole_size, 11);
  assert_memory_equal(shape.whole, "getusername", 11);
  assert_true(lode_words_shape_of(words, "state-of-the-art", 16, &shape));
  assert_true(shape.positions == 4 && shape.whole_size == 0);
  assert_true(lode_words_shape_of(words, "1.2", 3, &shape));
  assert_true(shape.positions == 2 && shape.whole_size == 0);
  assert_true(lode_words_shape_of(words, "都", 3, &shape));
  assert_true(shape.positions == 1 && shape.single_ngram);
  assert_true(lode_words_shape_of(words, "ที่", strlen("ที่"), &shape));
  assert_true(shape.positions == 1 && shape.single_ngram);
  assert_true(lode_words_shape_of(words, "!?", 2, &shape));
  assert_int_equal(shape.positions, 0);
  lode_words_free(words);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(unicode_word_break_test),
      cmocka_unit_test(folding),
      cmocka_unit_test(folding_is_stable),
      cmocka_unit_test(plain_words),
      cmocka_unit_test(identifiers),
      cmocka_unit_test(scripts_without_spaces),
      cmocka_unit_test(other_scripts),
      cmocka_unit_test(accents_and_stems),
      cmocka_unit_test(prefixes),
      cmocka_unit_test(spans),
      cmocka_unit_test(hostile_texts),
      cmocka_unit_test(long_texts),
      cmocka_unit_test(a_sink_can_stop),
      cmocka_unit_test(stems_are_snowballs),
      cmocka_unit_test(shapes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
