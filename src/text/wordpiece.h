/* WordPiece: a word becomes the longest piece that begins it, then the longest piece that
 * continues it, and so on; or one unknown token if that does not cover it. */
#ifndef LODE_TEXT_WORDPIECE_H
#define LODE_TEXT_WORDPIECE_H

#include "text/vocab.h"

/* Lengths of which there is a piece, so that no other prefix of a word is looked up. */
typedef struct lode_piece_lengths {
  uint32_t *list; /* [count] bytes, ascending, continuing prefix not included */
  uint32_t count;
} lode_piece_lengths;

typedef struct lode_wordpiece {
  const lode_vocab *vocab;
  const char *prefix; /* of pieces that continue a word: "##" */
  size_t prefix_size;
  uint64_t continuing_seed; /* hash of the prefix */
  int32_t unknown;
  uint64_t max_chars; /* a word of more characters is unknown */
  lode_piece_lengths starting;
  lode_piece_lengths continuing;
} lode_wordpiece;

/* `vocab` (finished) must outlive it, as must `prefix`. The rest lives in the arena. */
lode_status lode_wordpiece_init(lode_wordpiece *model, const lode_vocab *vocab, const char *prefix,
                                size_t prefix_size, int32_t unknown, uint64_t max_chars,
                                lode_arena *arena, lode_error *err);

/* A token of a word: id and its end in the word (bytes); it begins where the one before ends. */
typedef struct lode_piece {
  int32_t id;
  uint32_t end;
} lode_piece;

/* Hashes that lode_wordpiece_split needs room for. */
size_t lode_wordpiece_room(const lode_wordpiece *model);

/* Split word[0..size), 0 < size, of at most max_chars characters. `out` has room for `size`
 * pieces. Returns their number; 0: the word is unknown. */
size_t lode_wordpiece_split(const lode_wordpiece *model, const uint8_t *word, size_t size,
                            uint64_t *room, lode_piece *out);

#endif
