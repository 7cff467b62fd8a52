/* JSON: what is accepted and what is not (RFC 8259, and the limits that the header states),
 * and every accessor. */
#include "base/json.h"
#include "base/json_write.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---------------------------------------------------------------- what is JSON */

/* A text of `size` bytes, or a C string when size is 0. */
typedef struct document {
  const char *text;
  size_t size;
} document;

static const document valid[] = {
    {"{}", 0},
    {"[]", 0},
    {"0", 0},
    {"-0", 0},
    {"42", 0},
    {"1.5e-7", 0},
    {"true", 0},
    {"false", 0},
    {"null", 0},
    {"\"\"", 0},
    {" \t\r\n[ ] \t\r\n", 0},
    {" 17 ", 0},
    {"[1]", 0},
    {"[1,2,3]", 0},
    {"[ 1 , 2 , 3 ]", 0},
    {"[[],[],[[]]]", 0},
    {"[{},{},{\"a\":{}}]", 0},
    {"[1,-1,0.5,-0.5,1e9,1E9,1e+9,1e-9,1.25e3,0e0,-0.0]", 0},
    {"[123456789012345678901234567890]", 0},
    {"{\"a\":1}", 0},
    {"{ \"a\" : 1 , \"b\" : [ 2 ] }", 0},
    {"{\"a\":{\"b\":{\"c\":[1,{\"d\":null}]}},\"e\":false}", 0},
    {"{\"\":0}", 0},
    {"{\"a\":1,\"a\":2}", 0}, /* names need not be unique */
    {"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", 0},
    {"[\"\\u0041\\u00e9\\u4F60\\uD83D\\uDE42\"]", 0},
    {"[\"\\uD83D\"]", 0}, /* grammatical; what it means is asked when it is read */
    {"[\"\\u0000\"]", 0},
    {"[\"\x7f\"]", 0},
    {"[\"\xc3\xa9\xe4\xbd\xa0\xf0\x9f\x99\x82\"]", 0},
    {"[\"[{,:}]\",\"//\",\"#\"]", 0},
    {"\"alone\"", 0},
    {"{\"a\":\"b\",\"c\":\"d\"}", 0},
    {"[[1],[2],{\"a\":[3]},4]", 0},
};

static const document invalid[] = {
    {"", 0},
    {" ", 0},
    {"\n\t", 0},
    {"[", 0},
    {"]", 0},
    {"{", 0},
    {"}", 0},
    {"[1", 0},
    {"[1,", 0},
    {"{\"a\"", 0},
    {"{\"a\":", 0},
    {"{\"a\":1", 0},
    {"{\"a\":1,", 0},
    {"\"abc", 0},
    {"\"abc\\\"", 0},
    {"\"", 0},
    /* separators */
    {"[1 2]", 0},
    {"[1,]", 0},
    {"[,1]", 0},
    {"[,]", 0},
    {"[1,,2]", 0},
    {"[1;2]", 0},
    {"[1:2]", 0},
    {"[\"a\" \"b\"]", 0},
    {"[\"a\":\"b\"]", 0},
    {"[[] []]", 0},
    {"[[]:5]", 0},
    {"[{}:5]", 0},
    {"[1}", 0},
    {"{1]", 0},
    {"{\"a\":1]", 0},
    {"[{]}", 0},
    {"[{\"a\":[}]]", 0},
    {"{\"a\"}", 0},
    {"{\"a\",\"b\":1}", 0},
    {"{\"a\" 1}", 0},
    {"{\"a\":}", 0},
    {"{\"a\"::1}", 0},
    {"{:1}", 0},
    {"{\"a\":1,}", 0},
    {"{,\"a\":1}", 0},
    {"{\"a\":1 \"b\":2}", 0},
    {"{\"a\":1:\"b\":2}", 0},
    {"{\"a\":1,\"b\"}", 0},
    {"{\"a\":\"b\":\"c\"}", 0},
    {"{\"a\":\"b\":1}", 0},
    {"{\"a\":1,2}", 0},
    {"{1:2}", 0},
    {"{null:1}", 0},
    {"{[]:1}", 0},
    {"{{}:1}", 0},
    {"{a:1}", 0},
    {"{'a':1}", 0},
    {"{[]}", 0},
    {"{{}}", 0},
    /* more than one value, or something after it */
    {"{}{}", 0},
    {"[][]", 0},
    {"[],", 0},
    {",[]", 0},
    {"{}:", 0},
    {"{}]", 0},
    {"[]}", 0},
    {"1 2", 0},
    {"1,2", 0},
    {"true false", 0},
    {"\"a\"\"b\"", 0},
    {"\"a\" \"b\"", 0},
    {"\"a\":1", 0},
    {"{\"a\":1}:}", 0},
    {"[1]x", 0},
    {"[] // comment", 0},
    {"/* comment */[]", 0},
    {"\xef\xbb\xbf[]", 0}, /* byte order mark */
    {"[\xc2\xa0]", 0},     /* no-break space */
    {"[\v1]", 0},
    {"[\f1]", 0},
    /* primitives */
    {"[nul]", 0},
    {"[nulx]", 0},
    {"[nulll]", 0},
    {"[True]", 0},
    {"[TRUE]", 0},
    {"[tru]", 0},
    {"[falsee]", 0},
    {"[NaN]", 0},
    {"[nan]", 0},
    {"[Infinity]", 0},
    {"[-Infinity]", 0},
    {"[undefined]", 0},
    {"[abc]", 0},
    {"[01]", 0},
    {"[-01]", 0},
    {"[00]", 0},
    {"[-]", 0},
    {"[+1]", 0},
    {"[.5]", 0},
    {"[5.]", 0},
    {"[-.5]", 0},
    {"[1.e3]", 0},
    {"[1e]", 0},
    {"[1e+]", 0},
    {"[1e1.5]", 0},
    {"[0x10]", 0},
    {"[1_000]", 0},
    {"[--1]", 0},
    {"[1-1]", 0},
    {"[1\"a\"]", 0},
    {"tru", 0},
    {"-", 0},
    {"01", 0},
    /* strings */
    {"['a']", 0},
    {"[\"\\x41\"]", 0},
    {"[\"\\a\"]", 0},
    {"[\"\\'\"]", 0},
    {"[\"\\\"]", 0},
    {"[\"\\u12\"]", 0},
    {"[\"\\u123g\"]", 0},
    {"[\"\\U0041\"]", 0},
    {"[\"\\u", 0},
    {"[\"tab\there\"]", 0},
    {"[\"line\nend\"]", 0},
    {"[\"\x01\"]", 0},
    {"[\"\x1f\"]", 0},
    {"[\"a\0b\"]", 7},
    {"[1]\0", 4},
    {"[1\0]", 4},
    {"\0", 1},
    /* ill-formed UTF-8 */
    {"[\"\xff\"]", 0},
    {"[\"\x80\"]", 0},
    {"[\"\xc3\"]", 0},
    {"[\"\xc0\xaf\"]", 0},
    {"[\"\xe0\x80\xaf\"]", 0},
    {"[\"\xed\xa0\x80\"]", 0},
    {"[\"\xf4\x90\x80\x80\"]", 0},
    {"\xff", 0},
};

static size_t size_of(const document *d) {
  return d->size != 0 ? d->size : strlen(d->text);
}

/* In a block of its own without a NUL after it, for the sanitizers. */
static lode_status parse_copy(const document *d, lode_error *err) {
  const size_t size = size_of(d);
  char *copy = malloc(size + 1);
  assert_non_null(copy);
  char *tight = size > 0 ? realloc(copy, size) : copy;
  assert_non_null(tight);
  memcpy(tight, d->text, size);
  lode_json json = {0};
  const lode_status status = lode_json_parse(tight, size, &json, err);
  lode_json_free(&json);
  free(tight);
  return status;
}

static void accepts_json(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++) {
    lode_error err = {0};
    if (parse_copy(&valid[i], &err) != LODE_OK) fail_msg("%s: %s", valid[i].text, err.text);
  }
}

static void refuses_what_is_no_json(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++) {
    lode_error err = {0};
    const lode_status status = parse_copy(&invalid[i], &err);
    if (status != LODE_E_FORMAT) fail_msg("\"%s\" was accepted", invalid[i].text);
    assert_true(err.code == LODE_E_FORMAT && err.text[0] != '\0');
    assert_in_range(err.pos, 0, size_of(&invalid[i]));
  }
}

/* Every prefix of a document that is not a document itself, and every document with one byte
 * taken out or replaced: none may read out of bounds or leave the tree inconsistent. */
static void survives_damage(void **state) {
  (void)state;
  const char text[] = "{\"a\": [1, {\"b\": \"\\u00e9\\n\"}, [[]], -2.5e3], \"c\": {\"d\": null}} ";
  static const char marks[] = "{}[],:\"\\0e-\x80 \x01n";
  char copy[sizeof text];
  for (size_t i = 0; i < sizeof text - 1; i++) {
    lode_error err;
    const bool whole = i >= sizeof text - 2;
    assert_int_equal(parse_copy(&(document){text, i > 0 ? i : 0}, &err) == LODE_OK,
                     whole || i == 0);
    for (size_t j = 0; j < sizeof marks - 1; j++) {
      memcpy(copy, text, sizeof text);
      copy[i] = marks[j];
      lode_json json = {0};
      if (lode_json_parse(copy, sizeof text - 1, &json, &err) == LODE_OK) {
        assert_true(json.count >= 1);
        assert_int_equal(lode_json_kind_of(&json, 0), LODE_JSON_OBJECT);
      }
      lode_json_free(&json);
    }
  }
}

static void nesting_is_bounded(void **state) {
  (void)state;
  enum { DEEP = 1000000 };
  char *text = malloc(DEEP);
  assert_non_null(text);
  const int depths[] = {1, 127, 128, 129, DEEP / 2};
  for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++) {
    const size_t depth = (size_t)depths[i];
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    lode_error err;
    lode_json json = {0};
    const lode_status status = lode_json_parse(text, 2 * depth, &json, &err);
    assert_int_equal(status, depth <= 128 ? LODE_OK : LODE_E_FORMAT);
    lode_json_free(&json);
  }
  memset(text, '[', DEEP); /* never closed */
  lode_error err;
  lode_json json = {0};
  assert_int_equal(lode_json_parse(text, DEEP, &json, &err), LODE_E_FORMAT);
  memset(text, ',', DEEP);
  text[0] = '[';
  text[DEEP - 1] = ']';
  assert_int_equal(lode_json_parse(text, DEEP, &json, &err), LODE_E_FORMAT);
  free(text);
}

static void error_says_where(void **state) {
  (void)state;
  lode_error err;
  lode_json json = {0};
  assert_int_equal(lode_json_parse("{\"a\": [1, 2 3]}", 15, &json, &err), LODE_E_FORMAT);
  assert_int_equal(err.pos, 12);
  assert_non_null(strstr(err.text, "byte 12"));
  assert_non_null(strstr(err.text, "comma"));
  assert_int_equal(lode_json_parse("[\"\xff\"]", 5, &json, &err), LODE_E_FORMAT);
  assert_int_equal(err.pos, 2);
  assert_non_null(strstr(err.text, "UTF-8"));
  assert_int_equal(lode_json_parse("[", 1, &json, NULL), LODE_E_FORMAT);
}

/* ---------------------------------------------------------------- reading it */

static lode_json parse(const char *text) {
  lode_json json = {0};
  lode_error err;
  if (lode_json_parse(text, strlen(text), &json, &err) != LODE_OK) fail_msg("%s", err.text);
  return json;
}

static void walks_arrays(void **state) {
  (void)state;
  lode_json json = parse("[1, [2, 3], {\"a\": [4]}, \"5\", []]");
  assert_int_equal(lode_json_kind_of(&json, 0), LODE_JSON_ARRAY);
  assert_int_equal(lode_json_length(&json, 0), 5);
  static const lode_json_kind kinds[] = {LODE_JSON_NUMBER, LODE_JSON_ARRAY, LODE_JSON_OBJECT,
                                         LODE_JSON_STRING, LODE_JSON_ARRAY};
  static const int32_t lengths[] = {0, 2, 1, 0, 0};
  lode_json_ref ref = lode_json_first(&json, 0);
  for (size_t i = 0; i < 5; i++) {
    assert_int_equal(lode_json_kind_of(&json, ref), kinds[i]);
    assert_int_equal(lode_json_length(&json, ref), lengths[i]);
    assert_int_equal(lode_json_key(&json, ref), LODE_JSON_NONE);
    ref = lode_json_next(&json, ref);
  }
  assert_int_equal(ref, LODE_JSON_NONE);
  lode_json_free(&json);
}

static void walks_objects(void **state) {
  (void)state;
  lode_json json = parse("{\"a\": 1, \"b\": {\"c\": [true]}, \"d\": \"e\"}");
  static const char *const keys[] = {"a", "b", "d"};
  size_t count = 0;
  for (lode_json_ref ref = lode_json_first(&json, 0); ref != LODE_JSON_NONE;
       ref = lode_json_next(&json, ref)) {
    assert_true(lode_json_is(&json, lode_json_key(&json, ref), keys[count]));
    count++;
  }
  assert_int_equal(count, 3);
  assert_int_equal(lode_json_length(&json, 0), 3);
  const lode_json_ref list = lode_json_get(&json, lode_json_get(&json, 0, "b"), "c");
  bool value = false;
  assert_true(lode_json_bool(&json, lode_json_first(&json, list), &value) && value);
  assert_int_equal(lode_json_pos(&json, list), 20);
  lode_json_free(&json);
}

static void finds_members(void **state) {
  (void)state;
  lode_json json = parse("{\"a\": 1, \"ab\": 2, \"a\": 3, \"\\u0062\": 4, \"\": 5}");
  int64_t value = 0;
  assert_true(lode_json_int(&json, lode_json_get(&json, 0, "a"), &value));
  assert_int_equal(value, 3); /* the last one */
  assert_true(lode_json_int(&json, lode_json_get(&json, 0, "b"), &value));
  assert_int_equal(value, 4);
  assert_true(lode_json_int(&json, lode_json_get(&json, 0, ""), &value));
  assert_int_equal(value, 5);
  assert_int_equal(lode_json_get(&json, 0, "abc"), LODE_JSON_NONE);
  assert_int_equal(lode_json_get(&json, 0, "A"), LODE_JSON_NONE);
  lode_json_free(&json);
}

/* LODE_JSON_NONE, and nodes of another kind, go through everything. */
static void absence_is_harmless(void **state) {
  (void)state;
  lode_json json = parse("[1]");
  const lode_json empty = {0};
  const lode_json *const documents[] = {&json, &empty};
  for (size_t i = 0; i < 2; i++) {
    const lode_json *j = documents[i];
    const lode_json_ref none = LODE_JSON_NONE;
    bool b = true;
    int64_t n = 7;
    double d = 7;
    assert_int_equal(lode_json_kind_of(j, none), LODE_JSON_ABSENT);
    assert_int_equal(lode_json_kind_of(j, 99), LODE_JSON_ABSENT);
    assert_int_equal(lode_json_length(j, none), 0);
    assert_int_equal(lode_json_first(j, none), none);
    assert_int_equal(lode_json_next(j, none), none);
    assert_int_equal(lode_json_key(j, none), none);
    assert_int_equal(lode_json_get(j, lode_json_get(j, none, "a"), "b"), none);
    assert_int_equal(lode_json_get(j, 0, "a"), none);
    assert_int_equal(lode_json_pos(j, none), -1);
    assert_false(lode_json_bool(j, none, &b) || !b);
    assert_false(lode_json_int(j, none, &n) || n != 7);
    assert_false(lode_json_double(j, none, &d) || d != 7);
    assert_false(lode_json_is(j, none, ""));
    assert_int_equal(lode_json_string_bound(j, none), 0);
    assert_true(lode_json_string(j, none, NULL) == SIZE_MAX);
  }
  assert_int_equal(lode_json_first(&json, lode_json_first(&json, 0)), LODE_JSON_NONE);
  lode_json_free(&json);
}

/* ---------------------------------------------------------------- scalars */

static void reads_integers(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool fits;
    int64_t value;
  } cases[] = {
      {"0", true, 0},
      {"-0", true, 0},
      {"512", true, 512},
      {"-17", true, -17},
      {"9223372036854775807", true, INT64_MAX},
      {"-9223372036854775808", true, INT64_MIN},
      {"9223372036854775808", false, 0},
      {"-9223372036854775809", false, 0},
      {"1000000000000000019884624838656", false, 0},
      {"512.0", true, 512},
      {"5.12e2", true, 512},
      {"1e3", true, 1000},
      {"1.5", false, 0},
      {"1e-1", false, 0},
      {"1e300", false, 0},
      {"1e999999", false, 0},
      {"0.0", true, 0},
      {"true", false, 0},
      {"\"1\"", false, 0},
      {"null", false, 0},
      {"[1]", false, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    lode_json json = parse(cases[i].text);
    int64_t value = 12345;
    if (lode_json_int(&json, 0, &value) != cases[i].fits) fail_msg("%s", cases[i].text);
    assert_true(value == (cases[i].fits ? cases[i].value : 12345));
    lode_json_free(&json);
  }
}

static const char *const numbers[] = {
    "0",
    "-0.0",
    "1",
    "0.1",
    "1e-12",
    "3.14159265358979323846264338327950288419716939937510",
    "1e308",
    "1.7976931348623157e308",
    "4.9e-324",
    "2.2250738585072014e-308",
    "9007199254740993",
    "123456789012345678901234567890",
    "0.000000000000000000000000000000000000000000000000000000000000001",
    "100000000000000000000000000000000000000000000000000000000000000000000000000",
    "-1.5E+10",
    "0.3000000000000000444089209850062616169452667236328125",
    "1e-400",
    "0e99999999999",
    "0.00001e5",
};

static void compare_with_strtod(void) {
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    lode_json json = parse(numbers[i]);
    double value = -1;
    assert_true(lode_json_double(&json, 0, &value));
    setlocale(LC_NUMERIC, "C");
    const double expected = strtod(numbers[i], NULL);
    if (memcmp(&value, &expected, sizeof value) != 0) {
      fail_msg("%s: %.17g, strtod %.17g", numbers[i], value, expected);
    }
    lode_json_free(&json);
  }
}

static void reads_doubles(void **state) {
  (void)state;
  compare_with_strtod();
  static const char *const overflowing[] = {"1e309", "-1e309", "1e99999999999999999999"};
  for (size_t i = 0; i < 3; i++) {
    lode_json json = parse(overflowing[i]);
    double value = 7;
    assert_false(lode_json_double(&json, 0, &value));
    assert_true(value == 7);
    lode_json_free(&json);
  }
}

/* Where the decimal point is a comma, strtod would stop at the point. */
static void doubles_do_not_depend_on_the_locale(void **state) {
  (void)state;
  static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};
  const char *found = NULL;
  for (size_t i = 0; i < 4 && found == NULL; i++) found = setlocale(LC_NUMERIC, locales[i]);
  if (found == NULL) {
    print_message("no locale with a decimal comma is installed\n");
    skip();
  }
  lode_json json = parse("0.5");
  double value = 0;
  assert_true(lode_json_double(&json, 0, &value));
  setlocale(LC_NUMERIC, "C");
  assert_true(value == 0.5);
  lode_json_free(&json);
}

/* ---------------------------------------------------------------- strings */

static void decodes_strings(void **state) {
  (void)state;
  static const struct {
    const char *text;
    const char *decoded;
    size_t size;
  } cases[] = {
      {"\"\"", "", 0},
      {"\"plain\"", "plain", 5},
      {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8},
      {"\"a\\u0041\\u00e9\\u4f60b\"",
       "aA\xc3\xa9\xe4\xbd\xa0"
       "b",
       8},
      {"\"\\ud83d\\ude42\"", "\xf0\x9f\x99\x82", 4},
      {"\"\\uD800\\uDC00\\uDBFF\\uDFFF\"", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8},
      {"\"x\\u0000y\"", "x\0y", 3},
      {"\"\xc3\xa9\xf0\x9f\x99\x82\"", "\xc3\xa9\xf0\x9f\x99\x82", 6},
      {"\"\\\\u0041\"", "\\u0041", 6},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    lode_json json = parse(cases[i].text);
    lode_arena arena = {0};
    size_t size = 0;
    const char *copy = lode_json_string_dup(&json, 0, &arena, &size);
    assert_non_null(copy);
    assert_int_equal(size, cases[i].size);
    assert_memory_equal(copy, cases[i].decoded, size + 1);
    assert_true(lode_json_string_bound(&json, 0) >= size);
    if (strlen(cases[i].decoded) == size) assert_true(lode_json_is(&json, 0, cases[i].decoded));
    assert_false(lode_json_is(&json, 0, "something else"));
    lode_arena_free(&arena);
    lode_json_free(&json);
  }
}

static void refuses_unpaired_surrogates(void **state) {
  (void)state;
  static const char *const cases[] = {
      "\"\\ud83d\"",        "\"\\ude42\"",    "\"\\ud83dx\"",       "\"\\ud83d\\u0041\"",
      "\"\\ud83d\\ud83d\"", "\"\\ud83d\\n\"", "\"\\ude42\\ud83d\"", "\"a\\ud83d\"",
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    lode_json json = parse(cases[i]);
    lode_arena arena = {0};
    char bytes[64];
    assert_true(lode_json_string(&json, 0, bytes) == SIZE_MAX);
    assert_null(lode_json_string_dup(&json, 0, &arena, NULL));
    assert_false(lode_json_is(&json, 0, "a"));
    lode_arena_free(&arena);
    lode_json_free(&json);
  }
}

static void compares_strings_whole(void **state) {
  (void)state;
  lode_json json = parse("[\"abc\", \"ab\\u0000\", \"\"]");
  const lode_json_ref abc = lode_json_first(&json, 0);
  assert_true(lode_json_is(&json, abc, "abc"));
  assert_false(lode_json_is(&json, abc, "ab"));
  assert_false(lode_json_is(&json, abc, "abcd"));
  assert_false(lode_json_is(&json, abc, ""));
  const lode_json_ref nul = lode_json_next(&json, abc);
  assert_false(lode_json_is(&json, nul, "ab"));
  const lode_json_ref empty = lode_json_next(&json, nul);
  assert_true(lode_json_is(&json, empty, ""));
  assert_false(lode_json_is(&json, empty, "a"));
  assert_false(lode_json_is(&json, 0, "abc"));
  lode_json_free(&json);
}

/* ---------------------------------------------------------------- size */

/* As many members as a vocabulary has, found again by walking. */
static void reads_large_objects(void **state) {
  (void)state;
  enum { MEMBERS = 50000, ROOM = MEMBERS * 24 };
  char *text = malloc(ROOM);
  assert_non_null(text);
  size_t size = 0;
  text[size++] = '{';
  for (int i = 0; i < MEMBERS; i++) {
    size += (size_t)snprintf(text + size, ROOM - size, "%s\"key %d\": %d", i > 0 ? "," : "", i, i);
  }
  text[size++] = '}';
  lode_json json = {0};
  lode_error err;
  assert_int_equal(lode_json_parse(text, size, &json, &err), LODE_OK);
  assert_int_equal(lode_json_length(&json, 0), MEMBERS);
  int64_t expected = 0;
  for (lode_json_ref ref = lode_json_first(&json, 0); ref != LODE_JSON_NONE;
       ref = lode_json_next(&json, ref)) {
    int64_t value = -1;
    assert_true(lode_json_int(&json, ref, &value) && value == expected++);
  }
  assert_int_equal(expected, MEMBERS);
  lode_json_free(&json);
  free(text);
}

/* What is written reads back as it was. */
static void writing(void **state) {
  (void)state;
  char bytes[256];
  for (size_t i = 0; i < 128; i++) bytes[i] = (char)i;
  const size_t n =
      128 + (size_t)snprintf(bytes + 128, sizeof bytes - 128, "caf\xC3\xA9 \xF0\x9F\x98\x80");
  lode_json_text text = {.size = 0};
  lode_json_put_text(&text, "[");
  lode_json_put_string(&text, bytes, n);
  lode_json_put_text(&text, ",");
  lode_json_put_int(&text, INT64_MIN);
  lode_json_put_text(&text, ",");
  lode_json_put_bool(&text, true);
  lode_json_put_text(&text, ",");
  lode_json_put_string(&text, "", 0);
  lode_json_put_text(&text, "]");
  assert_false(text.failed);
  lode_json json = {0};
  assert_int_equal(lode_json_parse(text.buffer.data, text.size, &json, NULL), LODE_OK);
  lode_json_ref ref = lode_json_first(&json, 0);
  char read[1024];
  assert_in_range(lode_json_string_bound(&json, ref), n, sizeof read);
  assert_int_equal(lode_json_string(&json, ref, read), n);
  assert_memory_equal(read, bytes, n);
  int64_t number = 0;
  ref = lode_json_next(&json, ref);
  assert_true(lode_json_int(&json, ref, &number));
  assert_true(number == INT64_MIN);
  bool truth = false;
  ref = lode_json_next(&json, ref);
  assert_true(lode_json_bool(&json, ref, &truth) && truth);
  ref = lode_json_next(&json, ref);
  assert_int_equal(lode_json_string(&json, ref, read), 0);
  lode_json_free(&json);
  lode_buffer_free(&text.buffer);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(accepts_json),
      cmocka_unit_test(refuses_what_is_no_json),
      cmocka_unit_test(survives_damage),
      cmocka_unit_test(nesting_is_bounded),
      cmocka_unit_test(error_says_where),
      cmocka_unit_test(walks_arrays),
      cmocka_unit_test(walks_objects),
      cmocka_unit_test(finds_members),
      cmocka_unit_test(absence_is_harmless),
      cmocka_unit_test(reads_integers),
      cmocka_unit_test(reads_doubles),
      cmocka_unit_test(doubles_do_not_depend_on_the_locale),
      cmocka_unit_test(decodes_strings),
      cmocka_unit_test(refuses_unpaired_surrogates),
      cmocka_unit_test(compares_strings_whole),
      cmocka_unit_test(reads_large_objects),
      cmocka_unit_test(writing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
