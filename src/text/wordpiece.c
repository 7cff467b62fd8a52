#include "text/wordpiece.h"

/* The lengths found in the vocabulary; `used` has a byte for each length. */
static bool lengths_collect(lode_piece_lengths *lengths, const uint8_t *used, size_t max,
                            lode_arena *arena) {
  size_t count = 0;
  for (size_t n = 1; n <= max; n++) count += used[n];
  lengths->list = lode_arena_array(arena, count, sizeof *lengths->list);
  if (lengths->list == NULL) return false;
  for (size_t n = 1; n <= max; n++) {
    if (used[n] != 0) lengths->list[lengths->count++] = (uint32_t)n;
  }
  return true;
}

lode_status lode_wordpiece_init(lode_wordpiece *model, const lode_vocab *vocab, const char *prefix,
                                size_t prefix_size, int32_t unknown, uint64_t max_chars,
                                lode_arena *arena, lode_error *err) {
  *model = (lode_wordpiece){
      .vocab = vocab,
      .prefix = prefix,
      .prefix_size = prefix_size,
      .continuing_seed = lode_vocab_hash(LODE_VOCAB_HASH_SEED, prefix, prefix_size),
      .unknown = unknown,
      .max_chars = max_chars,
  };
  const size_t max = vocab->max_piece;
  uint8_t *starting = lode_arena_alloc(arena, max + 1);
  uint8_t *continuing = lode_arena_alloc(arena, max + 1);
  if (starting == NULL || continuing == NULL) return lode_error_nomem(err);
  for (const char *piece = NULL; (piece = lode_vocab_iterate(vocab, piece)) != NULL;) {
    const size_t size = lode_vocab_piece_size(piece);
    starting[size] = 1;
    if (size >= prefix_size && memcmp(piece, prefix, prefix_size) == 0) {
      continuing[size - prefix_size] = 1;
    }
  }
  if (!lengths_collect(&model->starting, starting, max, arena) ||
      !lengths_collect(&model->continuing, continuing, max, arena)) {
    return lode_error_nomem(err);
  }
  return LODE_OK;
}

size_t lode_wordpiece_room(const lode_wordpiece *model) {
  return (size_t)model->vocab->max_piece + 1;
}

/* Longest piece that word[0..size) begins with: its id, its length in *length; -1: none. */
static int32_t longest(const lode_wordpiece *model, bool start, const uint8_t *word, size_t size,
                       uint64_t *hashes, size_t *length) {
  const lode_piece_lengths *lengths = start ? &model->starting : &model->continuing;
  const char *prefix = start ? "" : model->prefix;
  const size_t prefix_size = start ? 0 : model->prefix_size;
  size_t i = lengths->count;
  while (i > 0 && lengths->list[i - 1] > size) i--;
  if (i == 0) return -1;
  hashes[0] = start ? LODE_VOCAB_HASH_SEED : model->continuing_seed;
  const size_t max = lengths->list[i - 1];
  for (size_t n = 0; n < max; n++) hashes[n + 1] = lode_vocab_hash_step(hashes[n], word[n]);
  for (; i > 0; i--) {
    const size_t n = lengths->list[i - 1];
    const int32_t id =
        lode_vocab_find_hashed(model->vocab, hashes[n], prefix, prefix_size, word, n);
    if (id >= 0) {
      *length = n;
      return id;
    }
  }
  return -1;
}

size_t lode_wordpiece_split(const lode_wordpiece *model, const uint8_t *word, size_t size,
                            uint64_t *room, lode_piece *out) {
  size_t count = 0;
  for (size_t begin = 0; begin < size;) {
    size_t length = 0;
    const int32_t id = longest(model, begin == 0, word + begin, size - begin, room, &length);
    if (id < 0) return 0;
    begin += length;
    out[count++] = (lode_piece){id, (uint32_t)begin};
  }
  return count;
}
