/* Unigram: of all ways to cut a text into pieces the one with the largest sum of scores (Kudo
 * 2018), found in one pass from its beginning. Characters that no piece covers are unknown; those
 * that follow each other become one token. */
#ifndef LODE_TEXT_UNIGRAM_H
#define LODE_TEXT_UNIGRAM_H

#include "text/vocab.h"
#include "text/wordpiece.h"

/* Longer pieces are refused: splitting takes as many steps a byte. Real ones have some dozens. */
enum { LODE_UNIGRAM_MAX_BYTES = 512 };

typedef struct lode_unigram {
  const lode_vocab *vocab;
  const double *scores; /* [ids] */
  double unknown_score;
  int32_t unknown;
  const uint8_t *lengths; /* [max_piece + 1] 1: there are pieces of so many bytes */
} lode_unigram;

/* The best way to here. Zero: there is none yet. */
typedef struct lode_unigram_node {
  double score;
  uint32_t length; /* bytes of the last piece */
  int32_t id;
} lode_unigram_node;

/* `vocab` (finished, no piece of more than LODE_UNIGRAM_MAX_BYTES) and `scores` must outlive it.
 * The rest lives in the arena. */
lode_status lode_unigram_init(lode_unigram *model, const lode_vocab *vocab, const double *scores,
                              int32_t unknown, double least_score, lode_arena *arena,
                              lode_error *err);

/* Split text[0..size), well-formed UTF-8. `nodes` has room for size + 1, `out` for `size`. Returns
 * the number of pieces. */
size_t lode_unigram_split(const lode_unigram *model, const uint8_t *text, size_t size,
                          lode_unigram_node *nodes, lode_piece *out);

#endif
