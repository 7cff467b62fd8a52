/* Documents: what is known of them, and their bodies. */
#include <string.h>

#include "base/utf8.h"
#include "index/sealed/reader.h"

/* The text files that a document is in: the one that it begins in, and those of the parts of a long
 * body, behind which the next document begins another. */
typedef struct place {
  const lode_sealed_entry *list;
  size_t count;
} place;

static lode_status find_place(lode_sealed *sealed, int64_t id, place *out, lode_error *err) {
  const lode_sealed_table *table;
  const lode_status status = lode_sealed_table_of(sealed, id, &table, err);
  if (status != LODE_OK) return status;
  size_t low = 0;
  size_t high = table != NULL ? table->count : 0;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (table->numbers[middle] < (uint64_t)id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (table == NULL || low == table->count || table->numbers[low] != (uint64_t)id) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1, "document %lld is found, but is not there",
                          (long long)id);
  }
  const size_t first = table->files[low];
  const size_t next = low + 1 < table->count ? table->files[low + 1] : table->file_count;
  *out = (place){.list = table->list + first, .count = next > first ? next - first : 1};
  return LODE_OK;
}

/* ---------------------------------------------------------------- records */

typedef struct record {
  place place;
  lode_text key;
  lode_text url;
  lode_text title;
  lode_text metadata;
  lode_language language;
  lode_format format;
  uint64_t body_size;
  uint64_t chunk_count;
  lode_cursor chunks; /* and behind them the body */
} record;

static lode_status find_record(lode_sealed *sealed, int64_t id, record *out, lode_error *err) {
  lode_cursor c;
  lode_status status = find_place(sealed, id, &out->place, err);
  if (status == LODE_OK) status = lode_sealed_get(sealed, out->place.list, "LSX1", &c, err);
  if (status != LODE_OK) return status;
  while (lode_cursor_more(&c)) {
    const uint64_t number = lode_cursor_number(&c);
    const lode_text bytes = lode_cursor_text(&c);
    if (c.bad || number != (uint64_t)id) continue;
    lode_cursor r = lode_cursor_of(bytes.data, bytes.size);
    out->key = lode_cursor_text(&r);
    out->url = lode_cursor_text(&r);
    out->title = lode_cursor_text(&r);
    out->metadata = lode_cursor_text(&r);
    out->language = (lode_language)lode_cursor_upto(&r, LODE_LANGUAGE_COUNT - 1);
    out->format = (lode_format)lode_cursor_upto(&r, LODE_FORMAT_CODE);
    out->body_size = lode_cursor_upto(&r, UINT32_MAX);
    out->chunk_count = lode_cursor_upto(&r, (uint64_t)(r.end - r.at) / 8);
    out->chunks = r;
    return r.bad ? lode_sealed_damaged(err, out->place.list, "a document is damaged") : LODE_OK;
  }
  return lode_sealed_damaged(err, out->place.list, "a document is missing");
}

/* A copy, if it is UTF-8 without NULs. */
static bool keep(lode_text *text, lode_arena *arena, bool *bad) {
  if (lode_utf8_valid(text->data, text->size) != text->size ||
      memchr(text->data, 0, text->size) != NULL) {
    *bad = true;
  }
  const char *copy = lode_arena_string(arena, text->data, text->size);
  text->data = copy;
  return copy != NULL;
}

lode_status lode_sealed_document(lode_sealed *sealed, int64_t id, lode_arena *arena,
                                 lode_store_document *out, lode_error *err) {
  record r;
  bool bad = false;
  const lode_status status = find_record(sealed, id, &r, err);
  if (status != LODE_OK) return status;
  *out = (lode_store_document){.id = id,
                               .key = r.key,
                               .title = r.title,
                               .url = r.url,
                               .metadata = r.metadata,
                               .language = r.language,
                               .format = r.format,
                               .body_size = (int64_t)r.body_size};
  if (!keep(&out->key, arena, &bad) || !keep(&out->title, arena, &bad) ||
      !keep(&out->url, arena, &bad) || !keep(&out->metadata, arena, &bad)) {
    return lode_error_nomem(err);
  }
  return bad ? lode_sealed_damaged(err, r.place.list, "a document is not UTF-8") : LODE_OK;
}

/* ---------------------------------------------------------------- chunks */

typedef struct chunk_reader {
  lode_cursor c;
  uint64_t begin;
  int64_t source;
  lode_key path;
  lode_key anchor;
} chunk_reader;

/* Sign in bit 0. */
static int64_t signed_of(uint64_t value) {
  return (value & 1) != 0 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

/* False: bad. The strings are in `g`. */
static bool read_chunk(chunk_reader *g, uint64_t body_size, lode_store_chunk *out, bool *vector) {
  lode_cursor *c = &g->c;
  g->begin += lode_cursor_upto(c, UINT32_MAX);
  const uint64_t size = lode_cursor_upto(c, UINT32_MAX);
  g->source += signed_of(lode_cursor_upto(c, UINT32_MAX));
  const uint64_t source_size = lode_cursor_upto(c, UINT32_MAX);
  if (!lode_cursor_rest(c, &g->path) || !lode_cursor_rest(c, &g->anchor)) return false;
  *vector = lode_cursor_upto(c, 1) != 0;
  if (c->bad || g->begin > body_size || size > body_size - g->begin || g->source < 0 ||
      (uint64_t)g->source + source_size > UINT32_MAX) {
    return false;
  }
  out->begin = (uint32_t)g->begin;
  out->end = (uint32_t)(g->begin + size);
  out->source_begin = (uint32_t)g->source;
  out->source_end = (uint32_t)((uint64_t)g->source + source_size);
  return true;
}

static chunk_reader *begin_chunks(const record *r, lode_arena *arena) {
  chunk_reader *g = lode_arena_alloc(arena, sizeof *g);
  if (g != NULL) g->c = r->chunks;
  return g;
}

lode_status lode_sealed_chunks(lode_sealed *sealed, int64_t id, lode_arena *arena,
                               lode_store_chunk **list, size_t *count, lode_error *err) {
  record r;
  const lode_status status = find_record(sealed, id, &r, err);
  if (status != LODE_OK) return status;
  chunk_reader *g = begin_chunks(&r, arena);
  lode_store_chunk *chunks = lode_arena_array(arena, (size_t)r.chunk_count, sizeof *chunks);
  bool *has = lode_arena_array(arena, (size_t)r.chunk_count, sizeof *has);
  if (g == NULL || chunks == NULL || has == NULL) return lode_error_nomem(err);
  bool bad = false;
  for (size_t i = 0; i < r.chunk_count && !bad; i++) {
    lode_store_chunk *c = &chunks[i];
    bad = !read_chunk(g, r.body_size, c, &has[i]);
    c->document = id;
    c->ordinal = (uint32_t)i;
    c->path = lode_key_text(&g->path);
    c->anchor = lode_key_text(&g->anchor);
    if (!keep(&c->path, arena, &bad) || !keep(&c->anchor, arena, &bad)) {
      return lode_error_nomem(err);
    }
  }
  if (bad) return lode_sealed_damaged(err, r.place.list, "a passage is damaged");
  *list = chunks;
  *count = (size_t)r.chunk_count;
  return lode_sealed_find_rows(sealed, id, chunks, has, *count, err);
}

/* ---------------------------------------------------------------- bodies */

/* The cursor of the body's first part, behind the chunks. */
static lode_status skip_chunks(const record *r, lode_cursor *out, lode_error *err) {
  lode_arena arena = {0};
  chunk_reader *g = begin_chunks(r, &arena);
  if (g == NULL) return lode_error_nomem(err);
  bool bad = false;
  for (size_t i = 0; i < r->chunk_count && !bad; i++) {
    lode_store_chunk chunk;
    bool vector = false;
    bad = !read_chunk(g, r->body_size, &chunk, &vector);
  }
  *out = g->c;
  lode_arena_free(&arena);
  return bad ? lode_sealed_damaged(err, r->place.list, "a passage is damaged") : LODE_OK;
}

/* Part i of the body. */
static lode_status open_part(lode_sealed *sealed, const record *r, int64_t id, size_t i,
                             lode_cursor *out, lode_error *err) {
  const uint64_t at = (uint64_t)i * LODE_SEALED_PART;
  const uint64_t left = r->body_size - at;
  const size_t size = left < LODE_SEALED_PART ? (size_t)left : LODE_SEALED_PART;
  lode_status status = LODE_OK;
  if (i == 0) {
    status = skip_chunks(r, out, err);
  } else if (i >= r->place.count) {
    return lode_sealed_damaged(err, r->place.list, "a document is cut off");
  } else {
    status = lode_sealed_get(sealed, &r->place.list[i], "LSM1", out, err);
    if (status == LODE_OK && lode_cursor_number(out) != (uint64_t)id) out->bad = true;
  }
  if (status != LODE_OK) return status;
  if (!out->bad && (size_t)(out->end - out->at) == size) return LODE_OK;
  return lode_sealed_damaged(err, &r->place.list[i], "a document is cut off");
}

static bool at_character(const char *text, size_t at, size_t size) {
  return at >= size || ((unsigned char)text[at] & 0xc0) != 0x80;
}

lode_status lode_sealed_body(lode_sealed *sealed, int64_t id, size_t begin, size_t end,
                             lode_arena *arena, lode_text *out, lode_error *err) {
  record r;
  lode_status status = find_record(sealed, id, &r, err);
  if (status != LODE_OK) return status;
  if (end > r.body_size) end = (size_t)r.body_size;
  if (begin > end) begin = end;
  const size_t first = begin / LODE_SEALED_PART;
  const size_t last = end > begin ? (end - 1) / LODE_SEALED_PART : first;
  bool missing = false;
  for (size_t i = first; i <= last && i > 0 && i < r.place.count; i++) {
    status = lode_sealed_ask(sealed, &r.place.list[i], &missing, err);
    if (status != LODE_OK) return status;
  }
  char *copy = lode_arena_alloc(arena, end - begin + 1);
  if (copy == NULL) return lode_error_nomem(err);
  size_t used = 0;
  for (size_t i = first; i <= last && used < end - begin; i++) {
    lode_cursor c = {0};
    status = open_part(sealed, &r, id, i, &c, err);
    if (status != LODE_OK || c.at == NULL) return status;
    const size_t skip = i == first ? begin - i * LODE_SEALED_PART : 0;
    size_t take = (size_t)(c.end - c.at) - skip;
    if (take > end - begin - used) take = end - begin - used;
    if (take > 0) memcpy(copy + used, c.at + skip, take);
    used += take;
  }
  if (lode_utf8_valid(copy, used) != used || !at_character(copy, 0, used) ||
      memchr(copy, 0, used) != NULL) {
    return lode_sealed_damaged(err, r.place.list, "a document is not UTF-8");
  }
  *out = (lode_text){copy, used};
  return LODE_OK;
}

/* ---------------------------------------------------------------- asking */

/* Everything of them that a search reads: up to where words are looked for. */
lode_status lode_sealed_want(lode_sealed *sealed, const int64_t *documents, size_t count,
                             lode_error *err) {
  static const size_t searched = ((size_t)2 << 20) / LODE_SEALED_PART + 1;
  bool missing = false;
  for (size_t i = 0; i < count; i++) {
    place at = {0};
    lode_status status = find_place(sealed, documents[i], &at, err);
    for (size_t p = 0; p < at.count && p < searched && status == LODE_OK; p++) {
      status = lode_sealed_ask(sealed, &at.list[p], &missing, err);
    }
    if (status != LODE_OK) return status;
  }
  return missing ? LODE_E_BUSY : LODE_OK;
}
