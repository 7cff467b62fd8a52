/* What the programs that answer bench/run and bench/vectors have in common. */
#ifndef LODE_BENCH_ANSWER_H
#define LODE_BENCH_ANSWER_H

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* Answers {"error": …} and ends: nobody has a use for a worker that failed once. */
__attribute__((format(printf, 1, 2))) static _Noreturn void fail(const char *format, ...) {
  char text[512];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(text, sizeof text, format, args);
  va_end(args);
  for (char *c = text; *c != '\0'; c++) {
    if (*c == '"' || *c == '\\' || (unsigned char)*c < 0x20) *c = '\'';
  }
  printf("{\"error\": \"%s\"}\n", text);
  exit(1);
}

/* A word of a request; NULL: there was none. */
static size_t parse_count(const char *word, const char *what) {
  char *end = NULL;
  errno = 0;
  unsigned long long value = word == NULL ? 0 : strtoull(word, &end, 10);
  if (word == NULL || errno != 0 || end == word || *end != '\0' || value == 0) {
    fail("%s: \"%s\" is not a number above 0", what, word == NULL ? "" : word);
  }
  return (size_t)value;
}

#endif
