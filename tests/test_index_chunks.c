/* Chunks: where documents are cut, what is repeated, and that a model's own tokenizer agrees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "index/chunk/sentence.h"
#include "index_document.h"

/* Chunks as lines "tokens path|text", newlines as "\". From malloc. */
static char *chunks_of(const char *name, const char *text, uint32_t max_tokens, uint32_t overlap) {
  const lode_document_options options = {.name = name};
  lode_document d;
  assert_int_equal(lode_document_read(&options, text, strlen(text), &d, NULL), LODE_OK);
  simple_tokens simple = {0};
  const lode_token_counter counter = simple_counter(&simple);
  const lode_chunk_options chunk_options = {max_tokens, overlap, 0};
  lode_chunks chunks = {0};
  assert_int_equal(lode_chunks_make(&d, &chunk_options, &counter, &chunks, NULL), LODE_OK);
  check_chunks(&d, &chunks, &chunk_options, strlen(text));
  char *out = calloc(1, 4 * d.size + 256 * (chunks.count + 1));
  assert_non_null(out);
  size_t used = 0;
  for (size_t i = 0; i < chunks.count; i++) {
    const lode_chunk *c = &chunks.list[i];
    char path[128];
    (void)lode_document_heading_path(&d, c->heading, path, sizeof path);
    used += (size_t)snprintf(out + used, 200, "%u %s|", c->tokens, path);
    for (uint32_t k = c->begin; k < c->end; k++) {
      out[used++] = (char)(d.text[k] == '\n' ? '\\' : d.text[k]);
    }
    out[used++] = '\n';
  }
  lode_chunks_free(&chunks);
  simple_tokens_free(&simple);
  lode_document_free(&d);
  return out;
}

static void expect(const char *name, const char *text, uint32_t max_tokens, uint32_t overlap,
                   const char *chunks) {
  char *found = chunks_of(name, text, max_tokens, overlap);
  assert_string_equal(found, chunks);
  free(found);
}

static void cuts(void **state) {
  (void)state;
  expect("a.txt", "", 8, 0, "");
  expect("a.txt", "one two", 8, 4, "2 |one two\n");
  /* between sentences, then between words, then within one */
  expect("a.txt", "Aa b c dd. Ee f gg. Hh i j k ll.", 8, 0,
         "5 |Aa b c dd.\n4 |Ee f gg.\n6 |Hh i j k ll.\n");
  expect("a.txt", "a b c d e f g h i j k", 8, 0, "8 |a b c d e f g h\n3 |i j k\n");
  expect("a.txt", "abcdefghijklmnopqrstuvwxyzabcdefghijklmnop", 8, 0,
         "8 |abcdefghijklmnopqrstuvwxyzabcdef\n3 |ghijklmnop\n");
  /* between paragraphs rather than within one */
  expect("a.txt", "Aa bb. Cc dd.\n\nEe ff. Gg h i j.", 12, 0,
         "6 |Aa bb. Cc dd.\n8 |Ee ff. Gg h i j.\n");
  /* lines of code */
  expect("a.py", "a = b\nc = d\ne = f\ng = h", 8, 0, "6 |a = b\\c = d\n6 |e = f\\g = h\n");
  /* Chinese, between characters */
  expect("a.txt", "一二三四五六七八九十", 8, 0, "8 |一二三四五六七八\n2 |九十\n");
}

static void overlaps(void **state) {
  (void)state;
  expect("a.txt", "a b c d e f g h i j k l", 8, 2, "8 |a b c d e f g h\n6 |g h i j k l\n");
  expect("a.txt", "Aa bb. Cc dd. Ee ff. Gg hh. Ii jj.", 9, 4,
         "9 |Aa bb. Cc dd. Ee ff.\n9 |Ee ff. Gg hh. Ii jj.\n");
}

static void sections(void **state) {
  (void)state;
  expect("a.md", "# A\n\none two three four five\n\n## B\n\nsix seven eight nine ten\n", 16, 4,
         "7 A|A\\\\one two three four five\n8 A > B|B\\\\six seven eight nine ten\n");
  /* small ones go together; a heading stays with its text */
  expect("a.md", "# A\n## B\nx\n## C\ny\n", 32, 0, "5 A > B|A\\\\B\\\\x\\\\C\\\\y\n");
  expect("a.md", "a b c d e f\n\n# H\n\ng h i j k l", 8, 0,
         "6 |a b c d e f\n7 H|H\\\\g h i j k l\n");
}

static void sentences(void **state) {
  (void)state;
  static const char text[] =
      "Dr. Smith (b. 1970) met J. Doe, e.g. at 3.5 km. He left! \"Why?\" asked "
      "she. Ende. 終わり。次。";
  const size_t size = sizeof text - 1;
  size_t at = 0;
  const char *const expected[] = {"Dr. Smith (b. 1970) met J. Doe, e.g. at 3.5 km.",
                                  "He left!",
                                  "\"Why?\" asked she.",
                                  "Ende.",
                                  "終わり。",
                                  "次。"};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    const size_t end = lode_sentence_end(text, 0, size, at);
    assert_int_equal(end - at, strlen(expected[i]));
    assert_memory_equal(text + at, expected[i], end - at);
    at = end;
    while (at < size && text[at] == ' ') at++;
  }
  assert_int_equal(at, size);
}

static void options(void **state) {
  (void)state;
  lode_document d;
  assert_int_equal(lode_document_read(NULL, "a", 1, &d, NULL), LODE_OK);
  simple_tokens simple = {0};
  const lode_token_counter counter = simple_counter(&simple);
  lode_chunks chunks = {0};
  lode_error err;
  const lode_chunk_options small = {.max_tokens = 7};
  assert_int_equal(lode_chunks_make(&d, &small, &counter, &chunks, &err), LODE_E_ARG);
  const lode_chunk_options much = {.max_tokens = 16, .overlap = 9};
  assert_int_equal(lode_chunks_make(&d, &much, &counter, &chunks, &err), LODE_E_ARG);
  lode_document_free(&d);
  simple_tokens_free(&simple);
}

/* Random texts of awkward pieces, in every format, at several sizes. */
static void random_documents(void **state) {
  (void)state;
  static const char *const pieces[] = {
      "word ",  "two words. ", "\n",   "\n\n", "# H\n",      "- ",
      "日本語", "é",           "<p>",  "</p>", "<h2>x</h2>", "averyverylongwordindeed",
      "=\n",    "```\n",       "    ", "a. B", "😀",         "&amp;",
      "**",     "> "};
  uint64_t seed = 99;
  for (int round = 0; round < 400; round++) {
    char text[4096];
    size_t size = 0;
    for (int i = 0; i < 150; i++) {
      seed ^= seed << 13;
      seed ^= seed >> 7;
      seed ^= seed << 17;
      const char *piece = pieces[seed % (sizeof pieces / sizeof *pieces)];
      memcpy(text + size, piece, strlen(piece));
      size += strlen(piece);
    }
    const lode_document_options document_options = {
        .format = (lode_format)(LODE_FORMAT_TEXT + round % 5)};
    lode_document d;
    assert_int_equal(lode_document_read(&document_options, text, size, &d, NULL), LODE_OK);
    check_document(&d, size);
    for (uint32_t max_tokens = 8; max_tokens <= 128; max_tokens *= 2) {
      simple_tokens simple = {0};
      const lode_token_counter counter = simple_counter(&simple);
      const lode_chunk_options chunk_options = {max_tokens, max_tokens / 4, 0};
      lode_chunks chunks = {0};
      assert_int_equal(lode_chunks_make(&d, &chunk_options, &counter, &chunks, NULL), LODE_OK);
      check_chunks(&d, &chunks, &chunk_options, size);
      lode_chunks_free(&chunks);
      simple_tokens_free(&simple);
    }
    lode_document_free(&d);
  }
}

/* The real thing: no chunk of this project's own documents has more tokens than asked for. */
static void with_a_models_tokenizer(void **state) {
  (void)state;
  const char *shared = getenv("LODE_SHARED_DATA");
  const char *root = getenv("LODE_SOURCE_DIR");
  char path[1024];
  (void)snprintf(path, sizeof path, "%s/tokenizers/all-MiniLM-L6-v2-st/tokenizer.json",
                 shared != NULL ? shared : "");
  lode_file json = {0};
  if (root == NULL || lode_file_map(path, &json, NULL) != LODE_OK) {
    print_message("skipped: no tokenizers in LODE_SHARED_DATA\n");
    skip();
  }
  lode_tokenizer *tokenizer = NULL;
  assert_int_equal(lode_tokenizer_from_json((const char *)json.data, json.size, &tokenizer, NULL),
                   LODE_OK);
  lode_file_close(&json);
  lode_tokenizer_counting counting = {.tokenizer = tokenizer};
  const lode_token_counter counter = lode_tokenizer_counter(&counting);
  static const char *const files[] = {"README.md", "docs/architecture.md", "docs/cli.md"};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    (void)snprintf(path, sizeof path, "%s/%s", root, files[i]);
    lode_file file = {0};
    assert_int_equal(lode_file_map(path, &file, NULL), LODE_OK);
    const lode_document_options document_options = {.name = path};
    lode_document d;
    assert_int_equal(lode_document_read(&document_options, file.data, file.size, &d, NULL),
                     LODE_OK);
    const lode_chunk_options chunk_options = {.max_tokens = 128, .overlap = 24};
    lode_chunks chunks = {0};
    assert_int_equal(lode_chunks_make(&d, &chunk_options, &counter, &chunks, NULL), LODE_OK);
    assert_true(chunks.count > 4);
    for (size_t k = 0; k < chunks.count; k++) {
      const lode_chunk *c = &chunks.list[k];
      const lode_span *spans = NULL;
      size_t n = 0;
      assert_int_equal(
          counter.spans(&counting, d.text + c->begin, c->end - c->begin, &spans, &n, NULL),
          LODE_OK);
      assert_int_equal(n, c->tokens);
      assert_true(n <= 128);
    }
    lode_chunks_free(&chunks);
    lode_document_free(&d);
    lode_file_close(&file);
  }
  lode_encoding_free(&counting.encoding);
  lode_tokenizer_free(tokenizer);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cuts),
      cmocka_unit_test(overlaps),
      cmocka_unit_test(sections),
      cmocka_unit_test(sentences),
      cmocka_unit_test(options),
      cmocka_unit_test(random_documents),
      cmocka_unit_test(with_a_models_tokenizer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
