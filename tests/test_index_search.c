/* Searching: what is found, in which order, and what is said about it. */
#include "index_search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const search_page pages[] = {
    {"docs/install.md", "Installation",
     "Installing on Linux takes a minute. Run the installer, then look at the log.\n\n"
     "On Windows the setup asks some questions. The installer needs rights of an administrator.",
     "Installation", "{\"tags\":[\"setup\",\"linux\"],\"draft\":false,\"version\":2}",
     LODE_LANGUAGE_EN, 1000},
    {"docs/pets.md", "Pets",
     "A kitten sleeps. A feline hunts at night with its whiskers.\n\n"
     "Dogs bark.",
     NULL, "{\"tags\":\"animals\"}", LODE_LANGUAGE_EN, 2000},
    {"docs/garage.md", "Garage", "An automobile needs oil, and every vehicle needs tyres.",
     "Garage > Cars", NULL, LODE_LANGUAGE_EN, 3000},
    {"blog/bakery.md", "Bakery", "A sourdough loaf wants patience. A baguette wants steam.", NULL,
     "not JSON", LODE_LANGUAGE_EN, 4000},
    {"blog/weather.md", "Weather",
     "A drizzle is a downpour for ants. The log of the weather station.", NULL, NULL,
     LODE_LANGUAGE_EN, 5000},
    {"blog/haus.md", "Häuser", "Die Häuser der Stadt sind alt. Der Regen fällt.", NULL, NULL,
     LODE_LANGUAGE_DE, 6000},
    {"blog/tokyo.md", "東京都", "日本語の文書。東京は大きい。", NULL, NULL, LODE_LANGUAGE_NONE,
     7000},
    {"notes/log.txt", "Reading a log",
     "A log has lines. Every line of a log has a time. The installer "
     "writes a log, too, and the log of the log is a log.",
     NULL, NULL, LODE_LANGUAGE_EN, 8000},
    {"notes/installer.txt", "Installer", "See elsewhere.", NULL, NULL, LODE_LANGUAGE_EN, 9000},
};
enum { PAGES = sizeof pages / sizeof *pages };

static int open_with(void **state, bool vectors, int threads) {
  search_fixture *f = calloc(1, sizeof *f);
  *state = f;
  if (f == NULL) return -1;
  const lode_status status = search_open(f, pages, PAGES, vectors, threads);
  if (status != LODE_OK) print_error("%s\n", f->err.text);
  return status == LODE_OK ? 0 : -1;
}

static int setup(void **state) {
  return open_with(state, true, 1);
}

static int setup_keywords(void **state) {
  return open_with(state, false, 1);
}

static int teardown(void **state) {
  search_close(*state);
  free(*state);
  return 0;
}

static const lode_question_options typing = {.typing = true};

static void ask_with(search_fixture *f, const char *text, const lode_question_options *reading,
                     const lode_search_options *options) {
  const lode_status status = search_ask(f, store_text(text), reading, options);
  if (status != LODE_OK) fail_msg("%s: %s", text, f->err.text);
}

static void ask(search_fixture *f, const char *text, const lode_search_options *options) {
  ask_with(f, text, NULL, options);
}

/* Keys of the results with spaces between. */
static const char *keys(const search_fixture *f) {
  static char all[2048];
  size_t used = 0;
  all[0] = '\0';
  for (size_t i = 0; i < f->results.count; i++) {
    used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i > 0 ? " " : "",
                             f->results.list[i].document.key.data);
  }
  return all;
}

static bool found(const search_fixture *f, const char *key) {
  for (size_t i = 0; i < f->results.count; i++) {
    if (strcmp(f->results.list[i].document.key.data, key) == 0) return true;
  }
  return false;
}

/* The marked parts of a snippet, with bars between. */
static const char *marked(lode_text text, const lode_search_mark *marks, size_t n) {
  static char all[512];
  size_t used = 0;
  all[0] = '\0';
  for (size_t i = 0; i < n; i++) {
    assert_true(marks[i].begin < marks[i].end && marks[i].end <= text.size);
    assert_true(i == 0 || marks[i].begin >= marks[i - 1].end);
    used += (size_t)snprintf(all + used, sizeof all - used, "%s%.*s", i > 0 ? "|" : "",
                             (int)(marks[i].end - marks[i].begin), text.data + marks[i].begin);
  }
  return all;
}

static const lode_search_options by_keyword = {.mode = LODE_SEARCH_KEYWORD};
static const lode_search_options by_meaning = {.mode = LODE_SEARCH_SEMANTIC};

static void keywords_find_stems_and_rank(void **state) {
  search_fixture *f = *state;
  ask(f, "linux", &by_keyword);
  assert_string_equal(keys(f), "docs/install.md");
  assert_true(f->results.keyword && !f->results.semantic);
  assert_true(isnan(f->results.list[0].semantic));
  assert_true(f->results.list[0].keyword > 0 && f->results.list[0].keyword <= 1);
  ask(f, "installs logs", &by_keyword);
  assert_true(found(f, "docs/install.md") && found(f, "notes/log.txt"));
  assert_true(found(f, "blog/weather.md"));
  ask(f, "haus", &by_keyword);
  assert_string_equal(keys(f), "blog/haus.md");
  ask(f, "東京", &by_keyword);
  assert_string_equal(keys(f), "blog/tokyo.md");
}

static void meaning_finds_other_words(void **state) {
  search_fixture *f = *state;
  ask(f, "cat", &by_meaning);
  assert_string_equal(f->results.list[0].document.key.data, "docs/pets.md");
  assert_int_equal(f->results.list[0].passages[0].ordinal, 0);
  assert_true(f->results.list[0].semantic > 0.9F);
  assert_true(isnan(f->results.list[0].keyword));
  assert_true(f->results.semantic && !f->results.keyword);
  ask(f, "sedan", NULL);
  assert_string_equal(f->results.list[0].document.key.data, "docs/garage.md");
  assert_true(f->results.semantic && f->results.keyword);
}

/* Every document once, by its best passage, however many of its passages are near. */
static void documents_are_grouped(void **state) {
  search_fixture *f = *state;
  ask(f, "cat", &by_meaning);
  for (size_t i = 0; i < f->results.count; i++) {
    for (size_t k = 0; k < i; k++) {
      assert_true(f->results.list[i].document.id != f->results.list[k].document.id);
    }
  }
  const lode_search_options two = {.passages = 2};
  ask(f, "installer", &two);
  for (size_t i = 0; i < f->results.count; i++) {
    const lode_search_result *r = &f->results.list[i];
    assert_true(r->passage_count <= 2);
    if (strcmp(r->document.key.data, "docs/install.md") == 0) assert_int_equal(r->passage_count, 2);
  }
}

static void exact_titles_come_first(void **state) {
  search_fixture *f = *state;
  const lode_search_options *const modes[] = {NULL, &by_keyword};
  for (size_t m = 0; m < 2; m++) {
    ask(f, "installer", modes[m]);
    assert_string_equal(f->results.list[0].document.key.data, "notes/installer.txt");
    assert_true(f->results.list[0].title);
    assert_false(f->results.list[1].title);
    assert_true(f->results.relevant);
    ask(f, "READING: a Log!", modes[m]);
    assert_string_equal(f->results.list[0].document.key.data, "notes/log.txt");
    assert_true(f->results.list[0].title);
    ask(f, "hauser", modes[m]);
    assert_true(f->results.list[0].title); /* folded as words are */
  }
  ask(f, "installer log", NULL);
  for (size_t i = 0; i < f->results.count; i++) assert_false(f->results.list[i].title);
}

static void phrases_and_minus_words_bind_all_legs(void **state) {
  search_fixture *f = *state;
  const lode_search_options *const modes[] = {NULL, &by_keyword, &by_meaning};
  for (size_t m = 0; m < 3; m++) {
    ask(f, "\"needs tyres\" cat", modes[m]);
    assert_string_equal(keys(f), "docs/garage.md");
    ask(f, "\"tyres needs\" cat", modes[m]);
    assert_int_equal(f->results.count, 0);
    assert_false(f->results.relevant);
    ask(f, "kitten log -whiskers", modes[m]);
    assert_false(found(f, "docs/pets.md"));
    assert_true(f->results.count > 0);
    ask(f, "log -\"every line\"", modes[m]);
    assert_false(found(f, "notes/log.txt"));
    assert_true(found(f, "blog/weather.md"));
    ask(f, "-log", modes[m]);
    assert_int_equal(f->results.count, 0);
  }
}

static void the_last_word_is_a_prefix_while_typing(void **state) {
  search_fixture *f = *state;
  const char *typed = "sourdough";
  for (size_t n = 1; n <= strlen(typed); n++) {
    const lode_status status = search_ask(f, (lode_text){typed, n}, &typing, &by_keyword);
    assert_int_equal(status, LODE_OK);
    assert_true(found(f, "blog/bakery.md"));
  }
  ask(f, "sourd", &by_keyword);
  assert_int_equal(f->results.count, 0);
  ask_with(f, "baguette sourd", &typing, &by_keyword);
  const lode_search_passage *p = &f->results.list[0].passages[0];
  assert_string_equal(marked(p->snippet, p->marks, p->mark_count), "sourdough|baguette");
}

static void one_typo_is_corrected(void **state) {
  search_fixture *f = *state;
  static const char *const typos[] = {"baguete",  "baguettte", "baguetze",  "bagutete",
                                      "abguette", "aguette",   "baxguette", "xaguette"};
  for (size_t i = 0; i < sizeof typos / sizeof *typos; i++) {
    char text[64];
    (void)snprintf(text, sizeof text, "steam %s!", typos[i]);
    ask(f, text, &by_keyword);
    if (f->question.correction_count != 1) fail_msg("%s was not corrected", typos[i]);
    assert_string_equal(keys(f), "blog/bakery.md");
    const lode_correction *c = &f->question.corrections[0];
    assert_string_equal(f->question.text.data, "steam baguette");
    assert_int_equal(c->begin, 6);
    assert_int_equal(c->end, 14);
    (void)snprintf(text, sizeof text, "%s!", typos[i]);
    assert_string_equal(c->typed.data, text);
    assert_string_equal(f->question.embed.data, "steam baguette");
  }
}

static void what_is_right_is_not_corrected(void **state) {
  search_fixture *f = *state;
  static const char *const texts[] = {"baguette",
                                      "linux",
                                      "installs",
                                      "lox" /* short */,
                                      "\"baguete\"",
                                      "-baguete log",
                                      "completelydifferent",
                                      "version22" /* a number */,
                                      "bagutte2"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    ask(f, texts[i], NULL);
    assert_int_equal(f->question.correction_count, 0);
    assert_string_equal(f->question.text.data, texts[i]);
  }
  ask_with(f, "baguet", &typing, &by_keyword);
  assert_int_equal(f->question.correction_count, 0);
  assert_string_equal(keys(f), "blog/bakery.md");
  const lode_question_options as_it_is = {.no_correct = true};
  ask_with(f, "baguete", &as_it_is, &by_keyword);
  assert_int_equal(f->question.correction_count, 0);
  assert_int_equal(f->results.count, 0);
}

/* A page of results is the same, whatever the size of the page. */
static void pages_are_stable(void **state) {
  search_fixture *f = *state;
  char all[2048];
  const lode_search_options everything = {.count = 100};
  static const lode_search_group groups[] = {LODE_SEARCH_DOCUMENTS, LODE_SEARCH_PASSAGES};
  for (size_t g = 0; g < 2; g++) {
    lode_search_options whole = everything;
    whole.group = groups[g];
    ask(f, "the log of an installer", &whole);
    (void)snprintf(all, sizeof all, "%s", keys(f));
    const size_t total = f->results.total;
    assert_int_equal(f->results.count, total);
    assert_false(f->results.total_at_least);
    size_t at = 0;
    for (size_t i = 0; i < total + 2; i++) {
      lode_search_options one = {.offset = i, .count = 1, .group = groups[g]};
      ask(f, "the log of an installer", &one);
      assert_int_equal(f->results.total, total);
      assert_int_equal(f->results.count, i < total ? 1 : 0);
      if (i >= total) continue;
      const size_t n = strlen(keys(f));
      assert_memory_equal(all + at, keys(f), n);
      at += n + 1;
    }
    assert_int_equal(at, strlen(all) + 1);
  }
}

static void passages_can_be_results(void **state) {
  search_fixture *f = *state;
  const lode_search_options passages = {.group = LODE_SEARCH_PASSAGES, .count = 3};
  ask(f, "windows administrator", &passages);
  assert_int_equal(f->results.count, 3);
  const lode_search_result *r = &f->results.list[0];
  assert_string_equal(r->document.key.data, "docs/install.md");
  assert_int_equal(r->passage_count, 1);
  assert_int_equal(r->passages[0].ordinal, 1);
  for (size_t i = 0; i < f->results.count; i++) {
    r = &f->results.list[i];
    assert_true(i == 0 || r[-1].score >= r->score);
    assert_memory_equal(&r->keyword, &r->passages[0].keyword, sizeof r->keyword);
    assert_memory_equal(&r->semantic, &r->passages[0].semantic, sizeof r->semantic);
  }
}

static void the_passage_with_the_words_is_chosen(void **state) {
  search_fixture *f = *state;
  ask(f, "administrator rights", &by_keyword);
  const lode_search_passage *p = &f->results.list[0].passages[0];
  assert_int_equal(p->ordinal, 1);
  assert_string_equal(p->path.data, "Installation");
  assert_string_equal(p->anchor.data, "here");
  assert_string_equal(marked(p->snippet, p->marks, p->mark_count), "rights|administrator");
  assert_true(p->keyword > 0);
  assert_memory_equal(p->snippet.data, pages[0].body + p->snippet_begin, p->snippet.size);
  ask(f, "installation", &by_keyword);
  const lode_search_result *r = &f->results.list[0];
  assert_string_equal(marked(r->document.title, r->marks, r->mark_count), "Installation");
}

static void more_like_this(void **state) {
  search_fixture *f = *state;
  lode_store_document pets;
  lode_arena arena = {0};
  assert_int_equal(lode_store_find(f->store, store_text("notes/log.txt"), &arena, &pets, &f->err),
                   LODE_OK);
  assert_int_equal(lode_search_similar(f->search, &f->corpus, pets.id, -1, f->vectors, NULL,
                                       &f->results, &f->err),
                   LODE_OK);
  assert_true(f->results.count > 0);
  assert_false(found(f, "notes/log.txt"));
  if (f->vectors == NULL) assert_true(found(f, "docs/install.md"));
  assert_int_equal(lode_search_similar(f->search, &f->corpus, pets.id, 0, f->vectors, NULL,
                                       &f->results, &f->err),
                   LODE_OK);
  assert_true(f->results.count > 0 && !found(f, "notes/log.txt"));
  assert_int_equal(lode_search_similar(f->search, &f->corpus, pets.id, 7, f->vectors, NULL,
                                       &f->results, &f->err),
                   LODE_E_NOT_FOUND);
  assert_true(f->results.count > 0); /* as it was */
  assert_int_equal(
      lode_search_similar(f->search, &f->corpus, 4711, -1, f->vectors, NULL, &f->results, &f->err),
      LODE_E_NOT_FOUND);
  lode_arena_free(&arena);
}

static void says_when_nothing_is_relevant(void **state) {
  search_fixture *f = *state;
  ask(f, "a kitten with whiskers", NULL);
  assert_true(f->results.relevant);
  assert_true(f->results.relevance >= f->results.threshold);
  ask(f, "cash or coins", NULL);
  assert_false(f->results.relevant);
  assert_true(f->results.count > 0); /* the nearest all the same */
  const lode_search_options strict = {.relevant_only = true};
  ask(f, "cash or coins", &strict);
  assert_int_equal(f->results.count, 0);
  ask(f, "a kitten with whiskers", &strict);
  assert_true(f->results.count > 0);
  for (size_t i = 0; i < f->results.count; i++) {
    assert_true(f->results.list[i].relevance >= LODE_SEARCH_RELEVANT_REST * f->results.threshold);
  }
}

/* One or two words that a document has, or a phrase, are to the point, however long the document
 * and whatever the vectors say. */
static void finds_what_was_typed(void **state) {
  search_fixture *f = *state;
  const lode_search_options strict = {.relevant_only = true};
  static const char *const names[] = {"station", "weather station", "\"station\"", "-dogs station"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    ask(f, names[i], &strict);
    assert_true(f->results.relevant);
    assert_string_equal(f->results.list[0].document.key.data, "blog/weather.md");
  }
}

/* Whatever is typed, typing or not, in every mode. */
static void nothing_is_an_error(void **state) {
  search_fixture *f = *state;
  static const char *const texts[] = {"",
                                      " ",
                                      "?",
                                      "\"",
                                      "\"\"",
                                      "-",
                                      "--",
                                      "AND OR NOT",
                                      "the",
                                      "of the",
                                      "NEAR(a b)",
                                      "a*b^c",
                                      "title : x",
                                      "(((",
                                      "\"log",
                                      "-\"",
                                      "{x}",
                                      "^log",
                                      "log\tand\nlog",
                                      "東",
                                      "\xff\xfe log",
                                      "C++ C#",
                                      "getUserName",
                                      "🙂",
                                      "log AND",
                                      "* * *",
                                      "'",
                                      "a:b:c",
                                      "日本語の文書を探しています",
                                      "x\xe2\x82"};
  const lode_search_options *const modes[] = {NULL, &by_keyword, &by_meaning};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    for (size_t m = 0; m < 3; m++) {
      ask(f, texts[i], modes[m]);
      ask_with(f, texts[i], &typing, modes[m]);
    }
  }
  char *large = malloc(6000);
  assert_non_null(large);
  for (size_t i = 0; i < 6000; i++) large[i] = i % 7 == 6 ? ' ' : (char)('a' + i % 26);
  assert_int_equal(search_ask(f, (lode_text){large, 6000}, &typing, NULL), LODE_OK);
  assert_true(f->question.left_out > 0);
  free(large);
}

static void only_common_words_are_found_and_shown(void **state) {
  search_fixture *f = *state;
  ask(f, "the", &by_keyword);
  assert_true(f->results.count > 0);
  const lode_search_passage *p = &f->results.list[0].passages[0];
  assert_true(p->mark_count > 0);
}

static void wrong_options_are_refused(void **state) {
  search_fixture *f = *state;
  ask(f, "log", NULL);
  const size_t before = f->results.count;
  const lode_search_options wrong[] = {{.offset = LODE_SEARCH_OFFSET_MAX + 1},
                                       {.count = LODE_SEARCH_COUNT_MAX + 1},
                                       {.weight = 1.5F},
                                       {.weight = NAN},
                                       {.unrelated = 1}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_int_equal(search_ask(f, store_text("log"), NULL, &wrong[i]), LODE_E_ARG);
    assert_int_equal(f->results.count, before);
  }
  float vector[SEARCH_DIM] = {NAN};
  assert_int_equal(lode_search_run(f->search, &f->corpus, &f->question, f->vectors, vector, NULL,
                                   &f->results, &f->err),
                   f->vectors != NULL ? LODE_E_ARG : LODE_OK);
  memset(vector, 0, sizeof vector); /* says nothing: by keywords */
  assert_int_equal(lode_search_run(f->search, &f->corpus, &f->question, f->vectors, vector, NULL,
                                   &f->results, &f->err),
                   LODE_OK);
  assert_false(f->results.semantic);
}

/* A document that is gone since the vectors were read is left out. */
static void stale_vectors_do_no_harm(void **state) {
  search_fixture *f = *state;
  lode_arena arena = {0};
  lode_store_document pets;
  assert_int_equal(lode_store_find(f->store, store_text("docs/pets.md"), &arena, &pets, &f->err),
                   LODE_OK);
  assert_int_equal(lode_store_begin(f->store, &f->err), LODE_OK);
  assert_int_equal(lode_store_remove(f->store, pets.id, &f->err), LODE_OK);
  assert_int_equal(lode_store_commit(f->store, &f->err), LODE_OK);
  ask(f, "cat", NULL);
  assert_false(found(f, "docs/pets.md"));
  assert_true(f->results.count > 0);
  lode_arena_free(&arena);
}

static void empty_collections_have_no_results(void **state) {
  (void)state;
  for (int vectors = 0; vectors < 2; vectors++) {
    search_fixture f = {0};
    assert_int_equal(search_open(&f, NULL, 0, vectors != 0, 1), LODE_OK);
    ask(&f, "anything at all", NULL);
    assert_int_equal(f.results.count, 0);
    assert_int_equal(f.results.total, 0);
    assert_false(f.results.relevant);
    search_close(&f);
  }
}

static void threads_change_nothing(void **state) {
  search_fixture *one = *state;
  search_fixture three = {0};
  assert_int_equal(search_open(&three, pages, PAGES, true, 3), LODE_OK);
  static const char *const texts[] = {"cat log", "installer", "vehicle rain", "music"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    ask(one, texts[i], NULL);
    ask(&three, texts[i], NULL);
    assert_int_equal(one->results.count, three.results.count);
    for (size_t k = 0; k < one->results.count; k++) {
      assert_string_equal(one->results.list[k].document.key.data,
                          three.results.list[k].document.key.data);
      assert_true(one->results.list[k].score == three.results.list[k].score);
    }
  }
  search_close(&three);
}

#define BOTH(test)                                            \
  cmocka_unit_test_setup_teardown(test, setup, teardown), {   \
    #test " (keywords)", test, setup_keywords, teardown, NULL \
  }

int main(void) {
  const struct CMUnitTest tests[] = {
      BOTH(keywords_find_stems_and_rank),
      cmocka_unit_test_setup_teardown(meaning_finds_other_words, setup, teardown),
      cmocka_unit_test_setup_teardown(documents_are_grouped, setup, teardown),
      BOTH(exact_titles_come_first),
      cmocka_unit_test_setup_teardown(phrases_and_minus_words_bind_all_legs, setup, teardown),
      BOTH(the_last_word_is_a_prefix_while_typing),
      BOTH(one_typo_is_corrected),
      BOTH(what_is_right_is_not_corrected),
      BOTH(pages_are_stable),
      cmocka_unit_test_setup_teardown(passages_can_be_results, setup, teardown),
      BOTH(the_passage_with_the_words_is_chosen),
      BOTH(more_like_this),
      cmocka_unit_test_setup_teardown(says_when_nothing_is_relevant, setup, teardown),
      cmocka_unit_test_setup_teardown(finds_what_was_typed, setup, teardown),
      BOTH(nothing_is_an_error),
      BOTH(only_common_words_are_found_and_shown),
      BOTH(wrong_options_are_refused),
      cmocka_unit_test_setup_teardown(stale_vectors_do_no_harm, setup, teardown),
      cmocka_unit_test(empty_collections_have_no_results),
      cmocka_unit_test_setup_teardown(threads_change_nothing, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
