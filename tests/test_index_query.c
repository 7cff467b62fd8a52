/* Queries: what people type, and the FTS5 expression that it becomes. */
#include "index/words/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

/* Terms as text: -word, "phrase", prefix* . */
static void expect_parse(const char *text, const char *terms) {
  static lode_query q;
  lode_query_parse(text, strlen(text), &q);
  char out[1024];
  size_t used = 0;
  out[0] = '\0';
  for (size_t i = 0; i < q.count; i++) {
    const lode_query_term *t = &q.terms[i];
    const char *quote = t->phrase ? "'" : "";
    used += (size_t)snprintf(out + used, sizeof out - used, "%s%s%s%.*s%s%s", i > 0 ? " " : "",
                             t->negated ? "-" : "", quote, t->end - t->begin, q.text + t->begin,
                             quote, t->prefix ? "*" : "");
    assert_true(used < sizeof out);
  }
  assert_string_equal(out, terms);
}

static void parsing(void **state) {
  (void)state;
  expect_parse("", "");
  expect_parse("   ", "");
  expect_parse("install linux", "install linux*");
  expect_parse("install linux ", "install linux");
  expect_parse("\"exact phrase\" more", "'exact phrase' more*");
  expect_parse("\"exact phrase\"", "'exact phrase'");
  expect_parse("\"not closed", "'not closed'*");
  expect_parse("\"\" \"  \" x", "x*");
  expect_parse("-windows linux", "-windows linux*");
  expect_parse("linux -windows", "linux -windows");
  expect_parse("linux -\"two words\" y ", "linux -'two words' y");
  expect_parse("state-of-the-art a - b -- c", "state-of-the-art a - b -- c*");
  expect_parse("“typographic quotes” «guillemets» „unten“ 「鉤」 ",
               "'typographic quotes' 'guillemets' 'unten' '鉤'");
  expect_parse("say\"what now\"then ", "say 'what now' then");
  expect_parse("a AND b OR (c NEAR d) NOT x:y^* ", "a AND b OR (c NEAR d) NOT x:y^*");
  expect_parse(
      "tab\there\nline\x01"
      "control ",
      "tab here line control");
  expect_parse("ideographic\xe3\x80\x80space ", "ideographic space");
  expect_parse(
      "bad\xff"
      "bytes\xc3 ",
      "bad bytes");
  expect_parse("-", "-*");
}

static void long_queries_are_cut(void **state) {
  (void)state;
  static lode_query q;
  char *text = malloc(100000);
  assert_non_null(text);
  for (size_t i = 0; i < 100000; i += 4) memcpy(text + i, "ab\xc3\xa9", 4);
  lode_query_parse(text, 100000, &q);
  assert_int_equal(q.count, 1);
  assert_int_equal(q.left_out, 1);
  assert_true(q.size <= LODE_QUERY_BYTES && lode_utf8_valid(q.text, q.size) == q.size);
  for (size_t i = 0; i < 100000; i += 2) memcpy(text + i, "a ", 2);
  lode_query_parse(text, 100000, &q);
  assert_int_equal(q.count, LODE_QUERY_TERMS);
  assert_true(q.left_out > 1000);
  free(text);
}

static void expect_match(const char *text, lode_query_require require, const char *expression) {
  static lode_query q;
  lode_words *words = NULL;
  lode_buffer out = {0};
  bool matches = false;
  assert_int_equal(lode_words_new(&words, NULL), LODE_OK);
  lode_query_parse(text, strlen(text), &q);
  assert_int_equal(lode_query_match(&q, words, require, &out, &matches, NULL), LODE_OK);
  assert_string_equal(out.data, expression);
  assert_int_equal(matches, *expression != '\0');
  lode_buffer_free(&out);
  lode_words_free(words);
}

static void expressions(void **state) {
  (void)state;
  expect_match("", LODE_QUERY_ANY, "");
  expect_match("-only -minus", LODE_QUERY_ANY, "");
  expect_match("!? ...", LODE_QUERY_ANY, "");
  expect_match("one two ", LODE_QUERY_ANY, "((\"one\") OR (\"two\"))");
  expect_match("one two ", LODE_QUERY_ALL, "((\"one\") AND (\"two\"))");
  expect_match("ins", LODE_QUERY_ANY, "((\"ins\" OR \"ins\" *))");
  expect_match("a & b ", LODE_QUERY_ALL, "((\"a\") AND (\"b\"))");
  expect_match("one -two -\"three four\" -&", LODE_QUERY_ANY,
               "((\"one\")) NOT ((\"two\") OR (\"three four\"))");
  expect_match("one -! ", LODE_QUERY_ANY, "((\"one\"))");
  expect_match("getUserName ", LODE_QUERY_ANY, "((\"getUserName\" OR \"getusername\"))");
  expect_match("getUserNa", LODE_QUERY_ANY, "((\"getUserNa\" OR \"getuserna\" *))");
  expect_match("都 ", LODE_QUERY_ANY, "((\"都\" OR \"都\" *))");
  expect_match("“a \"b", LODE_QUERY_ANY, "((\"a\") OR (\"b\" OR \"b\" *))");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parsing),
      cmocka_unit_test(long_queries_are_cut),
      cmocka_unit_test(expressions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
