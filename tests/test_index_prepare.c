/* What a collection keeps of a document: passages with what is embedded of them, and metadata. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "index/ingest/metadata.h"
#include "index/ingest/prepare.h"
#include "index_document.h"

static lode_index_document document(const char *id, const char *text) {
  return (lode_index_document){.id = {id, strlen(id)}, .content = {text, strlen(text)}};
}

static void prepare(const lode_index_document *given, const lode_token_counter *counter,
                    uint32_t tokens, lode_ready_document *out) {
  const lode_ready_options options = {counter, tokens, 0};
  lode_error err;
  const lode_status status = lode_document_prepare(given, &options, out, &err);
  if (status != LODE_OK) fail_msg("%s", err.text);
}

static void assert_chunk(const lode_ready_chunk *chunk, const char *heading, const char *text) {
  assert_string_equal(chunk->heading, heading);
  assert_int_equal(chunk->text.size, strlen(text));
  assert_memory_equal(chunk->text.data, text, strlen(text));
}

static void what_is_embedded(void **state) {
  (void)state;
  simple_tokens simple = {0};
  const lode_token_counter counter = simple_counter(&simple);
  lode_ready_document d;
  /* Title and headings come before a passage, but nothing that it begins with itself. */
  const lode_index_document given =
      document("guide.md",
               "# Guide\n\nHow it is done, in some words.\n\n## Install\n\n"
               "a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m n "
               "a b c d e f g h i j k l m n o p q r s t u v w x y z\n");
  prepare(&given, &counter, 48, &d);
  assert_string_equal(d.title, "Guide");
  assert_string_equal(d.headings, "Guide\nInstall\n");
  assert_int_equal(d.language, LODE_LANGUAGE_NONE);
  assert_true(d.chunk_count >= 3);
  assert_chunk(&d.chunks[0], "Guide", "Guide\n\nHow it is done, in some words.");
  assert_string_equal(d.chunks[1].heading, "Guide > Install");
  assert_memory_equal(d.chunks[1].text.data, "Guide\nInstall\n\na b c", 20);
  assert_memory_equal(d.chunks[2].text.data, "Guide > Install\n", 16);
  for (size_t i = 0; i < d.chunk_count; i++) {
    const lode_span *spans;
    size_t count;
    assert_int_equal(counter.spans(counter.user, d.chunks[i].text.data, d.chunks[i].text.size,
                                   &spans, &count, NULL),
                     LODE_OK);
    assert_in_range(count, 1, 48);
  }
  lode_ready_document_free(&d);

  /* A title that is all too long is cut, and the passage has its room. */
  char title[600];
  for (size_t i = 0; i < sizeof title; i++) title[i] = i % 4 == 3 ? ' ' : 'w';
  title[sizeof title - 1] = '\0';
  lode_index_document titled = document("a.txt", "one two three");
  titled.title = title;
  prepare(&titled, &counter, 32, &d);
  assert_int_equal(d.chunk_count, 1);
  const lode_text text = d.chunks[0].text;
  assert_memory_equal(text.data + text.size - 13, "one two three", 13);
  assert_in_range(text.size, 13 + 4 * 7, 13 + 4 * 8);
  lode_ready_document_free(&d);
  simple_tokens_free(&simple);
}

static void words_alone(void **state) {
  (void)state;
  char text[4000];
  for (size_t i = 0; i < sizeof text; i++) text[i] = i % 5 == 4 ? ' ' : 'x';
  text[sizeof text - 1] = '\0';
  lode_ready_document d;
  const lode_index_document given = document("a.txt", text);
  prepare(&given, NULL, 100, &d);
  assert_int_equal(d.chunk_count, 8);
  assert_int_equal(d.chunks[0].text.size, 0);
  assert_int_equal(d.chunks[7].end, 3999);
  lode_ready_document_free(&d);

  const lode_index_document empty = document("a.txt", "");
  prepare(&empty, NULL, 100, &d);
  assert_int_equal(d.chunk_count, 0);
  assert_string_equal(d.title, "");
  assert_string_equal(d.metadata, "{}");
  lode_ready_document_free(&d);
}

static void digests(void **state) {
  (void)state;
  uint8_t a[32], b[32];
  lode_index_document given = document("a.md", "text");
  lode_document_digest(&given, a);
  given.id = (lode_text){"b.md", 4};
  given.modified_ns = 5;
  lode_document_digest(&given, b);
  assert_memory_equal(a, b, 32);
  given.title = "text";
  lode_document_digest(&given, b);
  assert_memory_not_equal(a, b, 32);
  given.title = NULL;
  given.language = "text"; /* the same bytes at another place are something else */
  uint8_t c[32];
  lode_document_digest(&given, c);
  assert_memory_not_equal(b, c, 32);

  /* Of passages: what is embedded decides, so a new heading above changes those below. */
  simple_tokens simple = {0};
  const lode_token_counter counter = simple_counter(&simple);
  lode_ready_document d, e, f;
  const lode_index_document first =
      document("a.md", "# A\n\none two three four five\n\n# B\n\nsix\n");
  const lode_index_document second =
      document("b.md", "# A\n\none two three four five\n\n# B\n\n7\n");
  const lode_index_document third = document("a.md", "# Aa\n\none two three four five\n");
  prepare(&first, &counter, 32, &d);
  prepare(&second, &counter, 32, &e);
  prepare(&third, &counter, 32, &f);
  assert_memory_equal(d.chunks[0].digest, e.chunks[0].digest, 16);
  assert_memory_not_equal(d.chunks[0].digest, f.chunks[0].digest, 16);
  lode_ready_document_free(&d);
  lode_ready_document_free(&e);
  lode_ready_document_free(&f);
  simple_tokens_free(&simple);
}

static void languages(void **state) {
  (void)state;
  lode_ready_document d;
  lode_index_document given = document("a.md", "---\nlang: de\ntags: [x, \"y\"]\n---\n\nText.\n");
  prepare(&given, NULL, 64, &d);
  assert_int_equal(d.language, LODE_LANGUAGE_DE);
  lode_ready_document_free(&d);
  given.language = "pt-BR";
  prepare(&given, NULL, 64, &d);
  assert_int_equal(d.language, LODE_LANGUAGE_PT);
  lode_ready_document_free(&d);
}

static void check_metadata(const lode_meta *meta, size_t count, const char *given,
                           const char *expected) {
  const lode_document d = {.meta = meta, .meta_count = count, .description = "of \"it\""};
  lode_arena arena = {0};
  const char *out = NULL;
  lode_error err;
  const lode_status status = lode_metadata_join(&d, given, &arena, &out, &err);
  if (expected) {
    if (status != LODE_OK) fail_msg("%s", err.text);
    assert_string_equal(out, expected);
  } else {
    assert_int_equal(status, LODE_E_ARG);
    assert_non_null(strstr(err.text, "metadata"));
  }
  lode_arena_free(&arena);
}

static void metadata(void **state) {
  (void)state;
  const lode_meta meta[] = {{"tag", "a"}, {"author", "A\nB"}, {"tag", "b\\"}};
  check_metadata(NULL, 0, NULL, "{\"description\": [\"of \\\"it\\\"\"]}");
  check_metadata(meta, 3, NULL,
                 "{\"tag\": [\"a\", \"b\\\\\"], \"author\": [\"A\\u000aB\"], "
                 "\"description\": [\"of \\\"it\\\"\"]}");
  check_metadata(meta, 3, "{\"tag\": \"c\", \"n\": [1, 2.5, true], \"description\": \"d\"}",
                 "{\"author\": [\"A\\u000aB\"], \"tag\": [\"c\"], \"n\": [\"1\", \"2.5\", "
                 "\"true\"], \"description\": [\"d\"]}");
  check_metadata(NULL, 0, "[]", NULL);
  check_metadata(NULL, 0, "{\"a\": {}}", NULL);
  check_metadata(NULL, 0, "{\"a\": [[]]}", NULL);
  check_metadata(NULL, 0, "{\"a\": null}", NULL);
  check_metadata(NULL, 0, "{\"a\"", NULL);
  check_metadata(NULL, 0, "{\"\\ud800\": 1}", NULL);
}

static void refusals(void **state) {
  (void)state;
  lode_ready_document d;
  lode_error err;
  const lode_ready_options options = {NULL, 64, 0};
  lode_index_document given = document("dir/a.txt", "text");
  given.format = "docx";
  assert_int_equal(lode_document_prepare(&given, &options, &d, &err), LODE_E_ARG);
  assert_string_equal(err.text, "dir/a.txt: unknown format \"docx\"");
  given = document("a.txt", "text \xFF text");
  assert_int_equal(lode_document_prepare(&given, &options, &d, &err), LODE_E_UTF8);
  assert_memory_equal(err.text, "a.txt: ", 7);
  const lode_ready_options few = {NULL, 31, 0};
  given = document("a.txt", "text");
  assert_int_equal(lode_document_prepare(&given, &few, &d, &err), LODE_E_ARG);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_embedded), cmocka_unit_test(words_alone), cmocka_unit_test(digests),
      cmocka_unit_test(languages),        cmocka_unit_test(metadata),    cmocka_unit_test(refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
