#include "sts.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whole_file.h"

enum { SCORE_COLUMN = 4, FIRST_SENTENCE = 5, COLUMNS = 7 };

/* ------------------------------------------------------------------ sentences, once each */

typedef struct sentence_set {
  size_t *slots; /* index into `unique` plus 1; 0: free */
  size_t mask;
} sentence_set;

static uint64_t hash(lode_text text) {
  uint64_t h = 0xCBF29CE484222325; /* FNV-1a */
  for (size_t i = 0; i < text.size; i++) h = (h ^ (unsigned char)text.data[i]) * 0x100000001B3;
  return h ^ h >> 32;
}

/* Room for `lines` pairs, that is twice as many sentences, in a table at most half full. */
static cli_status allocate(cli_sts *sts, sentence_set *set, size_t lines, cli_error *err) {
  if (lines > SIZE_MAX / 64) return cli_fail_memory(err);
  size_t slots = 16;
  while (slots < lines * 4) slots *= 2;
  set->mask = slots - 1;
  set->slots = calloc(slots, sizeof *set->slots);
  sts->unique = calloc(2 * lines + 1, sizeof *sts->unique);
  sts->lines = calloc(2 * lines + 1, sizeof *sts->lines);
  sts->a = calloc(lines + 1, sizeof *sts->a);
  sts->b = calloc(lines + 1, sizeof *sts->b);
  sts->scores = calloc(lines + 1, sizeof *sts->scores);
  bool complete = set->slots && sts->unique && sts->lines && sts->a && sts->b && sts->scores;
  return complete ? CLI_OK : cli_fail_memory(err);
}

static size_t intern(cli_sts *sts, sentence_set *set, lode_text text, int64_t line) {
  for (size_t at = hash(text);; at++) {
    size_t *slot = &set->slots[at & set->mask];
    if (*slot == 0) {
      sts->unique[sts->unique_count] = text;
      sts->lines[sts->unique_count] = line;
      *slot = ++sts->unique_count;
      return *slot - 1;
    }
    lode_text other = sts->unique[*slot - 1];
    if (other.size == text.size && memcmp(other.data, text.data, text.size) == 0) return *slot - 1;
  }
}

/* ------------------------------------------------------------------ lines */

static cli_status bad_line(const char *path, int64_t line, const char *reason, cli_error *err) {
  return cli_fail(err, CLI_E_INPUT, "%s:%lld: %s", path, (long long)line, reason);
}

/* The score as a finite number and nothing else. */
static bool read_score(lode_text column, double *out) {
  char text[32];
  if (column.size == 0 || column.size >= sizeof text) return false;
  memcpy(text, column.data, column.size);
  text[column.size] = '\0';
  char *end;
  *out = strtod(text, &end);
  return end == text + column.size && isfinite(*out);
}

static cli_status read_line(const char *path, cli_sts *sts, sentence_set *set, const char *line,
                            size_t size, int64_t number, cli_error *err) {
  lode_text columns[COLUMNS];
  for (int i = 0; i < COLUMNS; i++) {
    const char *tab = memchr(line, '\t', size);
    if (tab == NULL && i + 1 < COLUMNS) {
      return bad_line(path, number, "fewer than 7 columns parted by tabs", err);
    }
    columns[i] = (lode_text){line, tab != NULL ? (size_t)(tab - line) : size};
    if (tab == NULL) break;
    size -= columns[i].size + 1;
    line = tab + 1;
  }
  if (!read_score(columns[SCORE_COLUMN], &sts->scores[sts->pairs])) {
    return bad_line(path, number, "the fifth column is not a number", err);
  }
  sts->a[sts->pairs] = intern(sts, set, columns[FIRST_SENTENCE], number);
  sts->b[sts->pairs] = intern(sts, set, columns[FIRST_SENTENCE + 1], number);
  sts->pairs++;
  return CLI_OK;
}

static cli_status read_lines(const char *path, size_t size, cli_sts *sts, sentence_set *set,
                             cli_error *err) {
  size_t count = 1;
  for (size_t i = 0; i < size; i++) count += sts->bytes[i] == '\n';
  cli_status status = allocate(sts, set, count, err);
  const char *at = sts->bytes, *end = sts->bytes + size;
  for (int64_t number = 1; at < end && status == CLI_OK; number++) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    size_t length = (size_t)((newline != NULL ? newline : end) - at);
    size_t kept = length > 0 && at[length - 1] == '\r' ? length - 1 : length;
    if (kept > 0) status = read_line(path, sts, set, at, kept, number, err);
    at += length + (newline != NULL);
  }
  if (status == CLI_OK && sts->pairs < 2) {
    status = cli_fail(err, CLI_E_INPUT, "%s: fewer than two pairs", path);
  }
  return status;
}

cli_status cli_sts_read(const char *path, cli_sts *out, cli_error *err) {
  sentence_set set = {0};
  size_t size = 0;
  cli_status status = cli_whole_file_read(path, &out->bytes, &size, err);
  if (status == CLI_OK) status = read_lines(path, size, out, &set, err);
  free(set.slots);
  return status;
}

void cli_sts_free(cli_sts *sts) {
  free(sts->bytes);
  free(sts->unique);
  free(sts->lines);
  free(sts->a);
  free(sts->b);
  free(sts->scores);
  *sts = (cli_sts){0};
}
