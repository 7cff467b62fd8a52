/* A vocabulary: pieces of text and their ids, both ways. */
#ifndef LODE_TEXT_VOCAB_H
#define LODE_TEXT_VOCAB_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* Ids are below this: more than any model has, few enough for an array over all of them. */
#define LODE_VOCAB_ID_LIMIT ((int64_t)1 << 24)

/* Pieces lie one after another in `blob`: id (4 bytes), size (4), bytes, NUL. `slots` is an
 * open-addressed hash table of them. */
typedef struct lode_vocab_slot {
  uint32_t tag;    /* 32 bits of the hash */
  uint32_t record; /* offset in blob; 0: empty */
} lode_vocab_slot;

typedef struct lode_vocab {
  uint8_t *blob;
  size_t blob_size;
  size_t blob_capacity;
  lode_vocab_slot *slots; /* [1 << slot_bits] */
  uint32_t slot_bits;
  uint32_t count;     /* pieces that can be looked up */
  uint32_t *records;  /* [size] by id; 0: none. Made by lode_vocab_finish */
  int32_t size;       /* largest id + 1 */
  uint32_t max_piece; /* bytes of the longest piece */
} lode_vocab;

/* Room for `entries` pieces of `bytes` bytes together. Everything lives in the arena. */
lode_status lode_vocab_init(lode_vocab *vocab, lode_arena *arena, size_t entries, size_t bytes,
                            lode_error *err);

/* Where to write the next piece, at least `size` bytes (within what init was given). */
char *lode_vocab_next(lode_vocab *vocab);

typedef enum lode_vocab_add_result {
  LODE_VOCAB_ADDED,
  LODE_VOCAB_DUPLICATE, /* the piece is there already: *old is its id, nothing was added */
  LODE_VOCAB_CROWDED,   /* made to collide: no honest vocabulary does */
} lode_vocab_add_result;

/* Add the `size` bytes that the caller wrote to lode_vocab_next(). 0 <= id < limit. */
lode_vocab_add_result lode_vocab_add(lode_vocab *vocab, size_t size, int32_t id, int32_t *old);
/* The piece of these bytes, known to be there, has another id from now on. */
void lode_vocab_change(lode_vocab *vocab, const char *piece, size_t size, int32_t id);
/* Build the index by id. Two pieces with one id: LODE_E_FORMAT, unless `shared` (then the
 * later one is what the id stands for). */
lode_status lode_vocab_finish(lode_vocab *vocab, lode_arena *arena, bool shared, lode_error *err);

/* -1: none. */
int32_t lode_vocab_find(const lode_vocab *vocab, const char *piece, size_t size);
/* NUL-terminated; NULL: none. After lode_vocab_finish. */
const char *lode_vocab_piece(const lode_vocab *vocab, int32_t id);

/* Pieces in the order they were added: the first for NULL, NULL at the end. */
const char *lode_vocab_iterate(const lode_vocab *vocab, const char *piece);
size_t lode_vocab_piece_size(const char *piece); /* of one that came from the vocabulary */

/* ---------------------------------------------------------------- hashing, byte by byte
 * The hash of a piece is that of its prefix, and one step: so all prefixes of a word are
 * hashed in one pass over it. */

#define LODE_VOCAB_HASH_SEED UINT64_C(0x243f6a8885a308d3)

static inline uint64_t lode_vocab_hash_step(uint64_t hash, uint8_t byte) {
  return (hash ^ byte) * UINT64_C(0x9e3779b97f4a7c15);
}

static inline uint64_t lode_vocab_hash(uint64_t hash, const void *bytes, size_t n) {
  const uint8_t *p = bytes;
  for (size_t i = 0; i < n; i++) hash = lode_vocab_hash_step(hash, p[i]);
  return hash;
}

/* Id of the piece prefix + word, whose hash is `hash`; -1: none. */
int32_t lode_vocab_find_hashed(const lode_vocab *vocab, uint64_t hash, const char *prefix,
                               size_t prefix_size, const uint8_t *word, size_t size);

#endif
