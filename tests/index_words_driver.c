/* Runs the word splitter for scripts and for measuring it.
 *
 *   index_words_driver document|query|prefix LANGUAGES    stdin to terms, one position a line:
 *                                                         "begin end term term …"
 *   index_words_driver detect                             each line's language, or "-"
 *   index_words_driver time LANGUAGES [REPEAT]            splits stdin, prints MB/s
 * LANGUAGES: codes with commas, or "-". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "index/words/words.h"

static int fail(const char *reason) {
  fprintf(stderr, "index_words_driver: %s\n", reason);
  return EXIT_FAILURE;
}

static bool read_all(lode_buffer *buffer, size_t *size) {
  *size = 0;
  for (;;) {
    if (!lode_buffer_reserve(buffer, *size + 65536, 1, *size)) return false;
    const size_t n = fread((char *)buffer->data + *size, 1, 65536, stdin);
    *size += n;
    if (n == 0) return ferror(stdin) == 0;
  }
}

static lode_languages parse_languages(const char *list) {
  lode_languages set = 0;
  while (*list != '\0') {
    const size_t n = strcspn(list, ",");
    const lode_language language = lode_language_of_tag(list, n);
    if (language != LODE_LANGUAGE_NONE) set |= LODE_LANGUAGE_BIT(language);
    list += n + (list[n] == ',');
  }
  return set;
}

static int print_word(void *user, const lode_word *word) {
  size_t *count = user;
  if (word->colocated) {
    printf(" %.*s", (int)word->size, word->term);
  } else {
    printf("%s%zu %zu %.*s", *count > 0 ? "\n" : "", word->begin, word->end, (int)word->size,
           word->term);
  }
  ++*count;
  return 0;
}

static int count_word(void *user, const lode_word *word) {
  size_t *counts = user;
  counts[word->colocated]++;
  return 0;
}

static int measure(lode_words *words, const char *text, size_t size, lode_languages languages,
                   int repeat) {
  const lode_words_options options = {.languages = languages};
  size_t counts[2] = {0};
  struct timespec begin;
  struct timespec end;
  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
  for (int i = 0; i < repeat; i++) {
    if (lode_words_split(words, text, size, &options, count_word, counts) != 0) return 1;
  }
  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
  const double seconds =
      (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) * 1e-9;
  printf("%.1f MB, %zu positions, %zu other spellings: %.1f MB/s\n", (double)size * 1e-6,
         counts[0] / (size_t)repeat, counts[1] / (size_t)repeat,
         (double)size * repeat / seconds * 1e-6);
  return 0;
}

static int detect_lines(const char *text, size_t size) {
  const char *end = text + size;
  while (text < end) {
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    const char *stop = newline != NULL ? newline : end;
    const char *code = lode_language_code(lode_language_detect(text, (size_t)(stop - text)));
    puts(*code != '\0' ? code : "-");
    text = stop + 1;
  }
  return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
  static const char *const modes[] = {"document", "query", "prefix"};
  if (argc < 2) return fail("bad arguments");
  lode_buffer buffer = {0};
  size_t size = 0;
  lode_words *words = NULL;
  if (!read_all(&buffer, &size) || lode_words_new(&words, NULL) != LODE_OK) return fail("no input");
  int result = EXIT_FAILURE;
  const lode_languages languages = argc > 2 ? parse_languages(argv[2]) : 0;
  if (strcmp(argv[1], "detect") == 0) {
    result = detect_lines(buffer.data, size);
  } else if (strcmp(argv[1], "time") == 0) {
    const int repeat = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 1;
    result = measure(words, buffer.data, size, languages, repeat > 0 ? repeat : 1);
  } else {
    for (int mode = 0; mode < 3; mode++) {
      if (strcmp(argv[1], modes[mode]) != 0) continue;
      const lode_words_options options = {(lode_words_mode)mode, languages};
      size_t count = 0;
      result = lode_words_split(words, buffer.data, size, &options, print_word, &count);
      if (count > 0) putchar('\n');
    }
  }
  lode_words_free(words);
  lode_buffer_free(&buffer);
  return result;
}
