#include "text/vocab.h"

/* The longest walk over full slots that is accepted. The table is at most half full, so
 * walks of even a tenth of this do not happen by chance; colliding pieces can be made up,
 * and would make loading quadratic. */
enum { MAX_WALK = 512, RECORD_HEAD = 8 };

static uint32_t tag_of(uint64_t hash) {
  return (uint32_t)(hash >> 16);
}

static size_t slot_of(const lode_vocab *vocab, uint64_t hash) {
  return (size_t)(hash >> (64 - vocab->slot_bits));
}

static uint32_t load_u32(const uint8_t *p) {
  uint32_t value;
  memcpy(&value, p, sizeof value);
  return value;
}

static void store_u32(uint8_t *p, uint32_t value) {
  memcpy(p, &value, sizeof value);
}

lode_status lode_vocab_init(lode_vocab *vocab, lode_arena *arena, size_t entries, size_t bytes,
                            lode_error *err) {
  *vocab = (lode_vocab){0};
  const size_t limit = UINT32_MAX / 2;
  if (entries > limit / (RECORD_HEAD + 1) || bytes > limit) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1, "vocabulary of %zu entries is too large",
                          entries);
  }
  /* Offset 0 means "none", so the first record begins behind an empty head. */
  vocab->blob_capacity = RECORD_HEAD + entries * (RECORD_HEAD + 1) + bytes;
  vocab->blob_size = RECORD_HEAD;
  vocab->slot_bits = 4;
  while (((size_t)1 << vocab->slot_bits) / 2 < entries) vocab->slot_bits++;
  vocab->blob = lode_arena_alloc(arena, vocab->blob_capacity);
  vocab->slots = lode_arena_array(arena, (size_t)1 << vocab->slot_bits, sizeof *vocab->slots);
  if (vocab->blob == NULL || vocab->slots == NULL) return lode_error_nomem(err);
  return LODE_OK;
}

char *lode_vocab_next(lode_vocab *vocab) {
  return (char *)vocab->blob + vocab->blob_size + RECORD_HEAD;
}

static bool record_is(const lode_vocab *vocab, uint32_t record, const char *prefix,
                      size_t prefix_size, const void *bytes, size_t size) {
  const uint8_t *p = vocab->blob + record;
  return load_u32(p + 4) == prefix_size + size &&
         memcmp(p + RECORD_HEAD, prefix, prefix_size) == 0 &&
         memcmp(p + RECORD_HEAD + prefix_size, bytes, size) == 0;
}

/* The slot of the piece, or the empty one where it belongs; SIZE_MAX: too crowded. */
static size_t slot_for(const lode_vocab *vocab, uint64_t hash, const char *piece, size_t size) {
  const size_t mask = ((size_t)1 << vocab->slot_bits) - 1;
  size_t i = slot_of(vocab, hash);
  for (int walk = 0; walk < MAX_WALK; walk++, i = (i + 1) & mask) {
    const lode_vocab_slot slot = vocab->slots[i];
    if (slot.record == 0) return i;
    if (slot.tag == tag_of(hash) && record_is(vocab, slot.record, "", 0, piece, size)) return i;
  }
  return SIZE_MAX;
}

/* Complete the record whose bytes have been written. Returns its offset. */
static uint32_t record_close(lode_vocab *vocab, size_t size, int32_t id) {
  const uint32_t record = (uint32_t)vocab->blob_size;
  uint8_t *p = vocab->blob + record;
  store_u32(p, (uint32_t)id);
  store_u32(p + 4, (uint32_t)size);
  p[RECORD_HEAD + size] = '\0';
  vocab->blob_size += RECORD_HEAD + size + 1;
  if (id >= vocab->size) vocab->size = id + 1;
  return record;
}

lode_vocab_add_result lode_vocab_add(lode_vocab *vocab, size_t size, int32_t id, int32_t *old) {
  const char *piece = lode_vocab_next(vocab);
  const uint64_t hash = lode_vocab_hash(LODE_VOCAB_HASH_SEED, piece, size);
  const size_t i = slot_for(vocab, hash, piece, size);
  if (i == SIZE_MAX) return LODE_VOCAB_CROWDED;
  if (vocab->slots[i].record != 0) {
    *old = (int32_t)load_u32(vocab->blob + vocab->slots[i].record);
    return LODE_VOCAB_DUPLICATE;
  }
  vocab->slots[i] = (lode_vocab_slot){tag_of(hash), record_close(vocab, size, id)};
  vocab->count++;
  if (size > vocab->max_piece) vocab->max_piece = (uint32_t)size;
  return LODE_VOCAB_ADDED;
}

void lode_vocab_change(lode_vocab *vocab, const char *piece, size_t size, int32_t id) {
  const uint64_t hash = lode_vocab_hash(LODE_VOCAB_HASH_SEED, piece, size);
  const size_t i = slot_for(vocab, hash, piece, size);
  store_u32(vocab->blob + vocab->slots[i].record, (uint32_t)id);
  if (id >= vocab->size) vocab->size = id + 1;
}

lode_status lode_vocab_finish(lode_vocab *vocab, lode_arena *arena, bool shared, lode_error *err) {
  vocab->records = lode_arena_array(arena, (size_t)vocab->size, sizeof *vocab->records);
  if (vocab->records == NULL) return lode_error_nomem(err);
  for (size_t at = RECORD_HEAD; at < vocab->blob_size;) {
    const uint8_t *p = vocab->blob + at;
    const uint32_t id = load_u32(p);
    if (vocab->records[id] != 0 && !shared) {
      const char *other = (const char *)vocab->blob + vocab->records[id] + RECORD_HEAD;
      return lode_error_set(err, LODE_E_FORMAT, -1, -1,
                            "vocabulary: \"%.40s\" and \"%.40s\" have the same id %u", other,
                            (const char *)p + RECORD_HEAD, id);
    }
    vocab->records[id] = (uint32_t)at;
    at += RECORD_HEAD + load_u32(p + 4) + 1;
  }
  return LODE_OK;
}

int32_t lode_vocab_find_hashed(const lode_vocab *vocab, uint64_t hash, const char *prefix,
                               size_t prefix_size, const uint8_t *word, size_t size) {
  const size_t mask = ((size_t)1 << vocab->slot_bits) - 1;
  size_t i = slot_of(vocab, hash);
  for (int walk = 0; walk < MAX_WALK; walk++, i = (i + 1) & mask) {
    const lode_vocab_slot slot = vocab->slots[i];
    if (slot.record == 0) return -1;
    if (slot.tag == tag_of(hash) &&
        record_is(vocab, slot.record, prefix, prefix_size, word, size)) {
      return (int32_t)load_u32(vocab->blob + slot.record);
    }
  }
  return -1; /* no piece was put farther from its place */
}

int32_t lode_vocab_find(const lode_vocab *vocab, const char *piece, size_t size) {
  const uint64_t hash = lode_vocab_hash(LODE_VOCAB_HASH_SEED, piece, size);
  return lode_vocab_find_hashed(vocab, hash, "", 0, (const uint8_t *)piece, size);
}

const char *lode_vocab_piece(const lode_vocab *vocab, int32_t id) {
  if (id < 0 || id >= vocab->size || vocab->records[id] == 0) return NULL;
  return (const char *)vocab->blob + vocab->records[id] + RECORD_HEAD;
}

size_t lode_vocab_piece_size(const char *piece) {
  return load_u32((const uint8_t *)piece - 4);
}

const char *lode_vocab_iterate(const lode_vocab *vocab, const char *piece) {
  size_t at = RECORD_HEAD;
  if (piece != NULL) {
    at = (size_t)((const uint8_t *)piece - vocab->blob) + lode_vocab_piece_size(piece) + 1;
  }
  return at < vocab->blob_size ? (const char *)vocab->blob + at + RECORD_HEAD : NULL;
}
