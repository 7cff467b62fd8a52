/* Filters: which documents a search may find, in every mode. */
#include "index_search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const search_page pages[] = {
    {"docs/a.md", "A", "common kitten", NULL,
     "{\"tags\":[\"x\",\"y\"],\"draft\":false,\"n\":2,\"lang\":\"de\\u0065\"}", LODE_LANGUAGE_EN,
     10},
    {"docs/deep/b.md", "B", "common vehicle", NULL, "{\"tags\":\"x\",\"n\":20}", LODE_LANGUAGE_DE,
     20},
    {"/docs/c.txt", "C", "common loaf", NULL, "{\"tags\":[],\"draft\":true}", LODE_LANGUAGE_EN, 30},
    {"blog/docs.md", "D", "common drizzle", NULL, "[\"x\"]", LODE_LANGUAGE_NONE, 40},
    {"https://example.org/e.html", "E", "common melody", NULL, "{\"tags\":", LODE_LANGUAGE_EN, 50},
};
enum { PAGES = sizeof pages / sizeof *pages };

static int setup(void **state) {
  search_fixture *f = calloc(1, sizeof *f);
  *state = f;
  return f != NULL && search_open(f, pages, PAGES, true, 1) == LODE_OK ? 0 : -1;
}

static int teardown(void **state) {
  search_close(*state);
  free(*state);
  return 0;
}

/* The letters of the titles that pass, in order; the same in each mode. */
static void expect(search_fixture *f, const lode_search_filter *filter, const char *titles) {
  static const lode_search_mode modes[] = {LODE_SEARCH_HYBRID, LODE_SEARCH_KEYWORD,
                                           LODE_SEARCH_SEMANTIC};
  for (size_t m = 0; m < 3; m++) {
    const lode_search_options options = {.mode = modes[m], .filter = filter};
    if (search_ask(f, store_text("common"), NULL, &options) != LODE_OK) fail_msg("%s", f->err.text);
    char passed[PAGES + 1] = {0};
    for (size_t p = 0; p < PAGES; p++) {
      for (size_t i = 0; i < f->results.count; i++) {
        if (strcmp(f->results.list[i].document.title.data, pages[p].title) == 0) {
          passed[strlen(passed)] = pages[p].title[0];
        }
      }
    }
    assert_string_equal(passed, titles);
    assert_int_equal(f->results.count, strlen(titles));
  }
}

static void paths(search_fixture *f, const char *a, const char *b, const char *titles) {
  const lode_text list[] = {store_text(a), store_text(b)};
  const lode_search_filter filter = {.paths = list, .path_count = b[0] != '\0' ? 2 : 1};
  expect(f, &filter, titles);
}

static void by_path(void **state) {
  search_fixture *f = *state;
  paths(f, "docs/", "", "ABC");
  paths(f, "docs", "", "ABC");
  paths(f, "docs/*.md", "", "A");
  paths(f, "docs/**/*.md", "", "AB");
  paths(f, "*.md", "", "ABD");
  paths(f, "*.md", "*.txt", "ABCD");
  paths(f, "/docs/deep", "", "B");
  paths(f, "deep", "", "B");
  paths(f, "*.html", "", "E");
  paths(f, "docs/", "!*.txt", "AB");
  paths(f, "docs/[ab].md", "", "A");
  paths(f, "nothing", "", "");
  paths(f, "[", "", "");
}

static void fields(search_fixture *f, const char *const *pairs, size_t n, const char *titles) {
  lode_search_field list[4];
  for (size_t i = 0; i < n; i++) {
    list[i] = (lode_search_field){store_text(pairs[2 * i]), store_text(pairs[2 * i + 1])};
  }
  const lode_search_filter filter = {.fields = list, .field_count = n};
  expect(f, &filter, titles);
}

static void by_metadata(void **state) {
  search_fixture *f = *state;
  fields(f, (const char *[]){"tags", "x"}, 1, "AB");
  fields(f, (const char *[]){"tags", "y"}, 1, "A");
  fields(f, (const char *[]){"tags", "x", "tags", "nothing"}, 2, "AB"); /* one of them */
  fields(f, (const char *[]){"tags", "x", "draft", "false"}, 2, "A");   /* both keys */
  fields(f, (const char *[]){"n", "2"}, 1, "A");                        /* not 20 */
  fields(f, (const char *[]){"n", "20", "n", "2"}, 2, "AB");
  fields(f, (const char *[]){"draft", "true"}, 1, "C");
  fields(f, (const char *[]){"draft", "tru"}, 1, "");
  fields(f, (const char *[]){"lang", "dee"}, 1, "A"); /* escapes are decoded */
  fields(f, (const char *[]){"missing", ""}, 1, "");
}

static void by_language_and_date(void **state) {
  search_fixture *f = *state;
  lode_search_filter filter = {.languages = LODE_LANGUAGE_BIT(LODE_LANGUAGE_EN)};
  expect(f, &filter, "ACE");
  filter.languages |= LODE_LANGUAGE_BIT(LODE_LANGUAGE_DE);
  expect(f, &filter, "ABCE");
  filter.languages = LODE_LANGUAGE_BIT(LODE_LANGUAGE_NONE);
  expect(f, &filter, "D");
  filter = (lode_search_filter){.modified_from = 20, .modified_to = 40};
  expect(f, &filter, "BCD");
  filter = (lode_search_filter){.modified_from = 21};
  expect(f, &filter, "CDE");
  filter = (lode_search_filter){.modified_to = 19};
  expect(f, &filter, "A");
}

/* All at once, and with what the question itself asks for. */
static void filters_add_up(void **state) {
  search_fixture *f = *state;
  const lode_text docs[] = {store_text("docs/")};
  const lode_search_field tag[] = {{store_text("tags"), store_text("x")}};
  const lode_search_filter filter = {.paths = docs,
                                     .path_count = 1,
                                     .fields = tag,
                                     .field_count = 1,
                                     .languages = LODE_LANGUAGE_BIT(LODE_LANGUAGE_EN),
                                     .modified_to = 100};
  expect(f, &filter, "A");
  const lode_search_options options = {.filter = &(lode_search_filter){.modified_to = 30}};
  assert_int_equal(search_ask(f, store_text("common \"common kitten\""), NULL, &options), LODE_OK);
  assert_int_equal(f->results.count, 1);
  assert_int_equal(search_ask(f, store_text("common -kitten"), NULL, &options), LODE_OK);
  assert_int_equal(f->results.count, 2);
  assert_int_equal(search_ask(f, store_text("\"common melody\""), NULL, &options), LODE_OK);
  assert_int_equal(f->results.count, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(by_path, setup, teardown),
      cmocka_unit_test_setup_teardown(by_metadata, setup, teardown),
      cmocka_unit_test_setup_teardown(by_language_and_date, setup, teardown),
      cmocka_unit_test_setup_teardown(filters_add_up, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
