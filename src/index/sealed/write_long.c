/* The words of a long document, so that its best passage is found without its text. */
#include "index/sealed/write_texts.h"
#include "index/search/corpus.h"

enum { WORDS_TARGET = 3 << 10 };

static bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* No word reaches over white space, nor does what is there change how words beside it are split. */
static bool between_words(lode_text body, size_t at) {
  if (at == 0 || at >= body.size) return at <= body.size;
  return is_space(body.data[at - 1]) || is_space(body.data[at]);
}

/* Can passages be told apart by the words in them, and is each split as it is in the text? */
static bool can_be_told(const lode_sealed_text *text) {
  const lode_gather *g = text->gather;
  const uint32_t *begins = g->begins.data;
  uint32_t before = 0;
  for (size_t i = 0; i < text->chunk_count; i++) {
    const lode_store_chunk *c = &text->chunks[i];
    if (c->begin < before || c->end < c->begin || !between_words(text->body, c->begin) ||
        !between_words(text->body, c->end)) {
      return false;
    }
    before = c->begin;
  }
  for (size_t i = 1; i < g->begin_count; i++) {
    if (begins[i] < begins[i - 1]) return false;
  }
  return text->chunk_count > 0;
}

/* Words that begin in front of body[at]. */
static uint32_t words_before(const lode_gather *g, size_t at) {
  const uint32_t *begins = g->begins.data;
  size_t low = 0;
  size_t high = g->begin_count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (begins[middle] < at) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return (uint32_t)low;
}

/* Where lode_passages_find ends, in bytes. */
static size_t searched(const lode_sealed_text *text) {
  size_t end = 0;
  for (size_t i = 0; i < text->chunk_count; i++) {
    const size_t at = text->chunks[i].end;
    if (at > end && (end == 0 || at <= LODE_PASSAGE_TEXT_MAX)) end = at;
  }
  return end;
}

static lode_status add_term(void *user, lode_text term, const lode_bytes *positions,
                            lode_error *err) {
  return lode_cut_add(user, term, positions, true, err);
}

lode_status lode_sealed_long_write(const lode_sealed_text *text, const lode_sealed_sink *sink,
                                   lode_bytes *out, uint64_t *bytes, lode_error *err) {
  const lode_gather *g = text->gather;
  if (!can_be_told(text)) return LODE_OK;
  lode_cut cut = {.sink = sink, .kind = "LSQ1", .target = WORDS_TARGET};
  const uint32_t limit = words_before(g, searched(text));
  lode_status status = lode_gather_last(g, limit, add_term, &cut, err);
  if (status == LODE_OK) status = lode_cut_end(&cut, err);
  const lode_sealed_entries files = lode_cut_entries(&cut);
  if (status == LODE_OK && files.count > 0) {
    uint32_t before = 0;
    lode_sealed_entries_write(&files, true, out);
    for (size_t i = 0; i < text->chunk_count; i++) {
      const uint32_t first = words_before(g, text->chunks[i].begin);
      lode_bytes_number(out, first - before);
      lode_bytes_number(out, words_before(g, text->chunks[i].end) - first);
      before = first;
    }
    *bytes += cut.bytes;
  }
  lode_cut_free(&cut);
  return status;
}
