/* Unigram: against every way to cut a short text, which there is time to try. What the library
 * makes of long ones is compared by tools/tokenizer_parity.py. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text/unigram.h"

enum { MOST_PIECES = 40, MOST_CHARS = 9, MOST_BYTES = 4 * MOST_CHARS, UNKNOWN = 0 };

static const char *const alphabet[] = {"a", "b", "\xc3\xa9", "\xe2\x96\x81", "\xf0\x9f\x99\x82"};
enum { LETTERS = sizeof alphabet / sizeof *alphabet };

static uint64_t seed = 1;

static uint32_t below(uint32_t n) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (uint32_t)((seed >> 33) % n);
}

/* A text of `chars` letters; `starts` (optional) [chars + 1] where each begins. */
static size_t make_text(size_t chars, char *text, size_t *starts) {
  size_t size = 0;
  for (size_t i = 0; i < chars; i++) {
    const char *letter = alphabet[below(LETTERS)];
    if (starts) starts[i] = size;
    memcpy(text + size, letter, strlen(letter));
    size += strlen(letter);
  }
  if (starts) starts[chars] = size;
  return size;
}

typedef struct made {
  lode_arena arena;
  lode_vocab vocab;
  lode_unigram model;
  double scores[MOST_PIECES];
  double least;
} made;

static void make_model(made *m) {
  memset(m, 0, sizeof *m);
  lode_error err;
  assert_int_equal(lode_vocab_init(&m->vocab, &m->arena, MOST_PIECES, MOST_PIECES * 16, &err),
                   LODE_OK);
  int32_t id = 0;
  m->least = INFINITY;
  for (int tried = 0; tried < MOST_PIECES; tried++) {
    char text[MOST_BYTES];
    const size_t size = tried == UNKNOWN ? 5 : make_text(1 + below(3), text, NULL);
    if (tried == UNKNOWN) memcpy(text, "[UNK]", 5);
    memcpy(lode_vocab_next(&m->vocab), text, size);
    int32_t old;
    if (lode_vocab_add(&m->vocab, size, id, &old) != LODE_VOCAB_ADDED) continue;
    m->scores[id] = -(double)below(1000) / 64.0; /* sums of these are exact */
    m->least = fmin(m->least, m->scores[id]);
    id++;
  }
  assert_int_equal(lode_vocab_finish(&m->vocab, &m->arena, false, &err), LODE_OK);
  assert_int_equal(
      lode_unigram_init(&m->model, &m->vocab, m->scores, UNKNOWN, m->least, &m->arena, &err),
      LODE_OK);
}

/* What a piece adds; NAN: it is none. A character that is no piece is unknown. */
static double score_of(const made *m, const char *text, size_t size, bool single) {
  const int32_t id = lode_vocab_find(&m->vocab, text, size);
  if (id >= 0) return m->scores[id];
  return single ? m->least - 10.0 : NAN;
}

/* The best sum over all 2^(chars - 1) ways. */
static double best_of_all(const made *m, const char *text, const size_t *starts, size_t chars) {
  double best = -INFINITY;
  for (uint32_t cuts = 0; cuts < 1u << (chars - 1); cuts++) {
    double sum = 0;
    size_t from = 0;
    for (size_t i = 1; i <= chars; i++) {
      if (i < chars && !(cuts >> (i - 1) & 1)) continue;
      sum += score_of(m, text + starts[from], starts[i] - starts[from], i - from == 1);
      from = i;
    }
    if (sum > best) best = sum; /* not where it is NAN */
  }
  return best;
}

/* Sum of a split in which runs of unknown characters are one piece. */
static double sum_of(const made *m, const uint8_t *text, const lode_piece *pieces, size_t count) {
  double sum = 0;
  uint32_t at = 0;
  for (size_t i = 0; i < count; i++) {
    assert_true(pieces[i].end > at);
    if (pieces[i].id == UNKNOWN) {
      assert_true(i == 0 || pieces[i - 1].id != UNKNOWN);
      for (uint32_t b = at; b < pieces[i].end; b++) {
        if ((text[b] & 0xc0) != 0x80) sum += m->least - 10.0;
      }
    } else {
      assert_int_equal(lode_vocab_find(&m->vocab, (const char *)text + at, pieces[i].end - at),
                       pieces[i].id);
      sum += m->scores[pieces[i].id];
    }
    at = pieces[i].end;
  }
  return sum;
}

static void finds_the_best_split(void **state) {
  (void)state;
  for (int round = 0; round < 200; round++) {
    made m;
    make_model(&m);
    for (size_t chars = 1; chars <= MOST_CHARS; chars++) {
      char text[MOST_BYTES];
      size_t starts[MOST_CHARS + 1];
      lode_unigram_node nodes[MOST_BYTES + 1];
      lode_piece pieces[MOST_BYTES];
      const size_t size = make_text(chars, text, starts);
      const size_t count = lode_unigram_split(&m.model, (const uint8_t *)text, size, nodes, pieces);
      assert_true(count > 0 && pieces[count - 1].end == size);
      const double sum = sum_of(&m, (const uint8_t *)text, pieces, count);
      const double best = best_of_all(&m, text, starts, chars);
      if (sum != best) fail_msg("\"%.*s\": %g, could be %g", (int)size, text, sum, best);
    }
    lode_arena_free(&m.arena);
  }
}

/* Unknown characters beside each other are one token; a known one between them parts them. */
static void joins_unknown_characters(void **state) {
  (void)state;
  made m = {.least = 0};
  lode_error err;
  static const char *const words[] = {"[UNK]", "a", "\xe2\x96\x81"};
  assert_int_equal(lode_vocab_init(&m.vocab, &m.arena, 3, 16, &err), LODE_OK);
  for (int32_t id = 0; id < 3; id++) {
    int32_t old;
    memcpy(lode_vocab_next(&m.vocab), words[id], strlen(words[id]));
    assert_int_equal(lode_vocab_add(&m.vocab, strlen(words[id]), id, &old), LODE_VOCAB_ADDED);
  }
  assert_int_equal(lode_vocab_finish(&m.vocab, &m.arena, false, &err), LODE_OK);
  assert_int_equal(lode_unigram_init(&m.model, &m.vocab, m.scores, UNKNOWN, 0, &m.arena, &err),
                   LODE_OK);
  static const char text[] =
      "xy\xc3\xa9"
      "axa";
  lode_unigram_node nodes[sizeof text];
  lode_piece pieces[sizeof text];
  const size_t count =
      lode_unigram_split(&m.model, (const uint8_t *)text, sizeof text - 1, nodes, pieces);
  static const lode_piece expected[] = {{UNKNOWN, 4}, {1, 5}, {UNKNOWN, 6}, {1, 7}};
  assert_int_equal(count, 4);
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(pieces[i].id, expected[i].id);
    assert_int_equal(pieces[i].end, expected[i].end);
  }
  assert_int_equal(lode_unigram_split(&m.model, (const uint8_t *)"", 0, nodes, pieces), 0);
  lode_arena_free(&m.arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(finds_the_best_split),
      cmocka_unit_test(joins_unknown_characters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
