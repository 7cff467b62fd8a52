#include "text/unigram.h"

/* What an unknown character costs more than the rarest piece; the library's number. */
static const double unknown_penalty = 10.0;

lode_status lode_unigram_init(lode_unigram *model, const lode_vocab *vocab, const double *scores,
                              int32_t unknown, double least_score, lode_arena *arena,
                              lode_error *err) {
  uint8_t *lengths = lode_arena_alloc(arena, (size_t)vocab->max_piece + 1);
  if (lengths == NULL) return lode_error_nomem(err);
  for (const char *piece = NULL; (piece = lode_vocab_iterate(vocab, piece)) != NULL;) {
    lengths[lode_vocab_piece_size(piece)] = 1;
  }
  *model = (lode_unigram){
      .vocab = vocab,
      .scores = scores,
      .unknown_score = least_score - unknown_penalty,
      .unknown = unknown,
      .lengths = lengths,
  };
  return LODE_OK;
}

/* Bytes of the character that begins with this one. */
static size_t char_size(uint8_t first) {
  return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static void offer(lode_unigram_node *node, double score, size_t length, int32_t id) {
  if (node->length != 0 && !(score > node->score)) return;
  *node = (lode_unigram_node){score, (uint32_t)length, id};
}

/* Extend the best way to `at` by each piece that begins there. */
static void extend(const lode_unigram *model, const uint8_t *text, size_t size, size_t at,
                   lode_unigram_node *nodes) {
  const size_t left = size - at;
  const size_t most = model->vocab->max_piece < left ? model->vocab->max_piece : left;
  const size_t one = char_size(text[at]);
  const double score = nodes[at].score;
  bool covered = false;
  uint64_t hash = LODE_VOCAB_HASH_SEED;
  for (size_t n = 1; n <= most; n++) {
    hash = lode_vocab_hash_step(hash, text[at + n - 1]);
    if (model->lengths[n] == 0) continue;
    const int32_t id = lode_vocab_find_hashed(model->vocab, hash, "", 0, text + at, n);
    if (id < 0) continue;
    offer(&nodes[at + n], model->scores[id] + score, n, id);
    covered |= n == one;
  }
  if (!covered) offer(&nodes[at + one], model->unknown_score + score, one, model->unknown);
}

size_t lode_unigram_split(const lode_unigram *model, const uint8_t *text, size_t size,
                          lode_unigram_node *nodes, lode_piece *out) {
  memset(nodes, 0, (size + 1) * sizeof *nodes);
  for (size_t at = 0; at < size; at += char_size(text[at])) extend(model, text, size, at, nodes);
  /* From the end backwards, into the end of `out`. */
  size_t first = size;
  for (size_t end = size; end > 0; end -= nodes[end].length) {
    const bool unknown = nodes[end].id == model->unknown;
    const bool joined = unknown && first < size && out[first].id == model->unknown;
    if (!joined) out[--first] = (lode_piece){nodes[end].id, (uint32_t)end};
  }
  const size_t count = size - first;
  memmove(out, out + first, count * sizeof *out);
  return count;
}
