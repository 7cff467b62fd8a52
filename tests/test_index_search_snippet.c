/* Snippets: the part of a passage that is shown, and what is highlighted in it. */
#include "index_search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "index/search/run.h"

typedef struct shown {
  char snippet[1024]; /* what is highlighted in [brackets] */
  size_t size;        /* of the snippet itself */
  bool before;
  bool after;
} shown;

/* The best passage of a collection that has this document alone. */
static shown show_with(const char *body, lode_language language, const char *query, size_t room,
                       const lode_question_options *reading, bool vectors) {
  const search_page page = {"a", "title", body, NULL, NULL, language, 1};
  search_fixture f = {0};
  shown out = {0};
  const lode_search_options options = {.snippet = room};
  if (search_open(&f, &page, 1, vectors, 1) != LODE_OK ||
      search_ask(&f, store_text(query), reading, &options) != LODE_OK) {
    fail_msg("%s", f.err.text);
  }
  assert_int_equal(f.results.count, 1);
  assert_int_equal(f.results.list[0].passage_count, 1);
  const lode_search_passage *p = &f.results.list[0].passages[0];
  assert_memory_equal(p->snippet.data, body + p->snippet_begin, p->snippet.size);
  assert_true(p->snippet_begin >= p->begin && p->snippet_begin + p->snippet.size <= p->end);
  assert_int_equal(lode_utf8_valid(p->snippet.data, p->snippet.size), p->snippet.size);
  out.size = p->snippet.size;
  out.before = p->cut_before;
  out.after = p->cut_after;
  size_t used = 0;
  size_t m = 0;
  for (size_t i = 0; i <= p->snippet.size && used + 3 < sizeof out.snippet; i++) {
    if (m < p->mark_count && i == p->marks[m].end) {
      out.snippet[used++] = ']';
      m++;
    }
    if (m < p->mark_count && i == p->marks[m].begin) out.snippet[used++] = '[';
    if (i < p->snippet.size) out.snippet[used++] = p->snippet.data[i];
  }
  search_close(&f);
  return out;
}

static shown show(const char *body, const char *query, size_t room) {
  return show_with(body, LODE_LANGUAGE_EN, query, room, NULL, false);
}

static void highlights_what_was_found(void **state) {
  (void)state;
  assert_string_equal(show("The Installer is installing.", "installed", 0).snippet,
                      "The [Installer] is [installing].");
  assert_string_equal(
      show("State of the art, and the art of state.", "\"state of the art\"", 0).snippet,
      "[State of the art], and the art of state.");
  assert_string_equal(show("Call getUserName() now, get the name.", "getUserName", 0).snippet,
                      "Call [getUserName]() now, get the name.");
  assert_string_equal(show("Use C++, not C.", "c++", 0).snippet, "Use [C++], not C.");
  assert_string_equal(show("Lavish café here", "CAFE", 0).snippet, "Lavish [café] here");
  assert_string_equal(
      show_with("私は東京都に住む", LODE_LANGUAGE_NONE, "東京都", 0, NULL, false).snippet,
      "私は[東京都]に住む");
  assert_string_equal(
      show_with("Die Häuser der Stadt", LODE_LANGUAGE_DE, "haus", 0, NULL, false).snippet,
      "Die [Häuser] der Stadt");
  const lode_question_options typing = {.typing = true};
  assert_string_equal(
      show_with("Instant installers", LODE_LANGUAGE_EN, "inst", 0, &typing, false).snippet,
      "[Instant] [installers]");
  assert_string_equal(show("a b a b c", "\"a b\" \"b c\"", 0).snippet, "[a b] [a b c]");
}

static const char four[] =
    "The first sentence says nothing. A second one is about gardens. Here rhubarb grows in the "
    "shade. The last one ends it.";

static void the_best_sentence_is_shown(void **state) {
  (void)state;
  shown s = show(four, "rhubarb", 40);
  assert_string_equal(s.snippet, "Here [rhubarb] grows in the shade.");
  assert_true(s.before && s.after);
  s = show(four, "rhubarb gardens", 75);
  assert_string_equal(s.snippet,
                      "A second one is about [gardens]. Here [rhubarb] grows in the shade.");
  s = show(four, "rhubarb", 1000);
  assert_int_equal(s.size, sizeof four - 1);
  assert_false(s.before || s.after);
}

static void long_sentences_are_cut_at_words(void **state) {
  (void)state;
  char body[4000];
  size_t used = 0;
  for (int i = 0; i < 200; i++) {
    used += (size_t)snprintf(body + used, sizeof body - used, "wörd%d ", i);
  }
  (void)snprintf(body + used, sizeof body - used, "end");
  const shown s = show(body, "wörd150", 60);
  assert_true(s.size <= 60 && s.size > 30);
  assert_non_null(strstr(s.snippet, "[wörd150]"));
  assert_true(s.before && s.after);
  assert_memory_equal(s.snippet, "w", 1);
  /* One word without an end. */
  for (size_t i = 0; i + 2 < sizeof body; i += 2) memcpy(body + i, "\xc3\xa4", 2);
  body[sizeof body - 2] = '\0';
  body[sizeof body - 1] = '\0';
  memcpy(body, "hit ", 4);
  const shown t = show(body, "hit", 50);
  assert_true(t.size <= 50 && t.size > 3);
}

/* By meaning alone, the beginning. */
static void without_words_the_beginning_is_shown(void **state) {
  (void)state;
  const shown s = show_with("\n\nA kitten sleeps here all day long. And again.", LODE_LANGUAGE_EN,
                            "feline", 40, NULL, true);
  assert_string_equal(s.snippet, "A kitten sleeps here all day long.");
  assert_true(s.after && !s.before);
}

/* Lines are ends as well: headings, list items, code. */
static void lines_end_sentences(void **state) {
  (void)state;
  const shown s = show("Heading\nitem one\nitem rhubarb\nitem three", "rhubarb", 14);
  assert_string_equal(s.snippet, "item [rhubarb]");
}

static void common_words_are_not_highlighted(void **state) {
  (void)state;
  search_page pages[30];
  char keys[30][8];
  for (int i = 0; i < 30; i++) {
    (void)snprintf(keys[i], sizeof keys[i], "%d", i);
    pages[i] = (search_page){keys[i], "t",  i == 7 ? "the rhubarb of the garden" : "the house",
                             NULL,    NULL, LODE_LANGUAGE_EN,
                             1};
  }
  search_fixture f = {0};
  assert_int_equal(search_open(&f, pages, 30, false, 1), LODE_OK);
  assert_int_equal(search_ask(&f, store_text("the rhubarb"), NULL, NULL), LODE_OK);
  const lode_search_passage *p = &f.results.list[0].passages[0];
  assert_int_equal(p->mark_count, 1);
  assert_int_equal(p->marks[0].begin, 4);
  assert_int_equal(search_ask(&f, store_text("the"), NULL, NULL), LODE_OK);
  assert_true(f.results.list[0].passages[0].mark_count > 0);
  search_close(&f);
}

/* Far behind what is looked through, passages are ranked by meaning, and shown all the same. */
static void very_long_documents(void **state) {
  (void)state;
  const size_t size = LODE_PASSAGE_TEXT_MAX + 100000;
  char *body = malloc(size + 1);
  assert_non_null(body);
  memset(body, 'x', size);
  for (size_t i = 60; i < size; i += 61) body[i] = ' ';
  memcpy(body + size - 60, "\n\na kitten at the very end, with rhubarb ", 41);
  body[size] = '\0';
  const search_page page = {"a", "t", body, NULL, NULL, LODE_LANGUAGE_EN, 1};
  search_fixture f = {0};
  assert_int_equal(search_open(&f, &page, 1, true, 1), LODE_OK);
  assert_int_equal(search_ask(&f, store_text("cat rhubarb"), NULL, NULL), LODE_OK);
  const lode_search_passage *p = &f.results.list[0].passages[0];
  assert_int_equal(p->ordinal, 1);
  assert_memory_equal(p->snippet.data, "a kitten at the very end, with rhubarb", 38);
  assert_int_equal(p->snippet_begin, size - 58);
  assert_int_equal(p->mark_count, 1);
  search_close(&f);
  free(body);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(highlights_what_was_found),
      cmocka_unit_test(the_best_sentence_is_shown),
      cmocka_unit_test(long_sentences_are_cut_at_words),
      cmocka_unit_test(without_words_the_beginning_is_shown),
      cmocka_unit_test(lines_end_sentences),
      cmocka_unit_test(common_words_are_not_highlighted),
      cmocka_unit_test(very_long_documents),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
