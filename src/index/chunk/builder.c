#include "index/chunk/builder.h"

#include <string.h>

#include "base/utf8.h"

static lode_block *blocks_of(const lode_builder *b) {
  return b->store->blocks.data;
}

static lode_segment *segments_of(const lode_builder *b) {
  return b->store->segments.data;
}

static char *text_of(const lode_builder *b) {
  return b->store->text.data;
}

/* ---------------------------------------------------------------- text */

static bool append(lode_builder *b, const char *s, size_t n) {
  if (b->failed || !lode_buffer_reserve(&b->store->text, b->size + n, 1, b->size)) {
    b->failed = true;
    return false;
  }
  memcpy(text_of(b) + b->size, s, n);
  b->size += n;
  return true;
}

static void add_segment(lode_builder *b, size_t source, size_t source_size) {
  lode_document_store *store = b->store;
  const size_t count = store->segment_count;
  if (b->failed || !lode_buffer_reserve(&store->segments, count + 1, sizeof(lode_segment),
                                        count * sizeof(lode_segment))) {
    b->failed = true;
    return;
  }
  segments_of(b)[store->segment_count++] =
      (lode_segment){(uint32_t)b->size, (uint32_t)source, (uint32_t)source_size};
}

/* Text that goes on where the last segment ended, in the text and in the source, extends it. */
static bool extends_last(const lode_builder *b, size_t source) {
  if (b->store->segment_count == 0) return false;
  const lode_segment *last = &segments_of(b)[b->store->segment_count - 1];
  return last->source + (size_t)last->source_size == source &&
         b->size - last->text == last->source_size;
}

static void take(lode_builder *b, size_t begin, size_t end) {
  if (begin >= end) return;
  if (extends_last(b, begin)) {
    segments_of(b)[b->store->segment_count - 1].source_size += (uint32_t)(end - begin);
  } else {
    add_segment(b, begin, end - begin);
  }
  (void)append(b, b->source + begin, end - begin);
  b->source_last = end;
}

/* Separators come from nothing in the source. */
static void take_nothing(lode_builder *b, const char *s, size_t n) {
  add_segment(b, b->source_last, 0);
  (void)append(b, s, n);
}

/* ---------------------------------------------------------------- blocks */

/* Rows of a table and items of a list are on lines of their own, all else is parted more. */
static bool close_together(const lode_block *a, const lode_block *z) {
  return a->kind == z->kind && (a->kind == LODE_BLOCK_TABLE_ROW || a->kind == LODE_BLOCK_LIST_ITEM);
}

void lode_builder_begin(lode_builder *b, lode_block_kind kind, int level) {
  (void)lode_builder_end(b);
  const size_t count = b->block_count;
  if (!lode_buffer_reserve(&b->store->blocks, count + 1, sizeof(lode_block),
                           count * sizeof(lode_block))) {
    b->failed = true;
    return;
  }
  blocks_of(b)[count] =
      (lode_block){.kind = (uint8_t)kind, .level = (uint8_t)level, .heading = LODE_NO_HEADING};
  b->open = true;
  b->has_text = false;
  b->space = false;
  b->newline = false;
}

lode_block *lode_builder_block(lode_builder *b) {
  return b->open ? &blocks_of(b)[b->block_count] : NULL;
}

/* What must be between the text so far and what comes now. */
static void before_text(lode_builder *b, size_t source) {
  lode_block *block = &blocks_of(b)[b->block_count];
  if (!b->has_text) {
    if (b->block_count > 0) take_nothing(b, "\n\n", close_together(block - 1, block) ? 1 : 2);
    block->begin = (uint32_t)b->size;
    block->source_begin = (uint32_t)source;
    b->has_text = true;
  } else if (b->newline) {
    take_nothing(b, "\n", 1);
  } else if (b->space && text_of(b)[b->size - 1] != ' ') { /* not behind " | " */
    take_nothing(b, " ", 1);
  }
  b->space = false;
  b->newline = false;
}

static void open_any(lode_builder *b) {
  if (!b->open) lode_builder_begin(b, LODE_BLOCK_PARAGRAPH, 0);
}

void lode_builder_copy(lode_builder *b, size_t begin, size_t end) {
  if (begin >= end) return;
  open_any(b);
  if (b->failed) return;
  before_text(b, begin);
  take(b, begin, end);
}

static bool is_white(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

void lode_builder_copy_collapsed(lode_builder *b, size_t begin, size_t end) {
  size_t at = begin;
  while (at < end && !b->failed) {
    size_t stop = at;
    while (stop < end && !is_white(b->source[stop])) stop++;
    if (stop > at) {
      /* A single space that is there is copied: one segment for a whole line. */
      const bool one = b->space && !b->newline && b->open && b->has_text && at > begin &&
                       b->source[at - 1] == ' ' && b->source_last == at - 1 &&
                       text_of(b)[b->size - 1] != ' ';
      if (one) {
        b->space = false;
        lode_builder_copy(b, at - 1, stop);
      } else {
        lode_builder_copy(b, at, stop);
      }
    }
    at = stop;
    if (at < end) b->space = true;
    while (at < end && is_white(b->source[at])) at++;
  }
}

void lode_builder_put(lode_builder *b, const char *s, size_t n, size_t begin, size_t end) {
  if (n == 0) return;
  open_any(b);
  if (b->failed) return;
  before_text(b, begin);
  add_segment(b, begin, end - begin);
  (void)append(b, s, n);
  b->source_last = end;
}

void lode_builder_cell(lode_builder *b, size_t at) {
  if (!b->open || !b->has_text) return;
  b->space = false;
  b->newline = false;
  lode_builder_put(b, " | ", 3, at, at);
}

void lode_builder_space(lode_builder *b) {
  b->space = true;
}

void lode_builder_newline(lode_builder *b) {
  b->newline = true;
}

const char *lode_builder_text(const lode_builder *b, size_t *size) {
  if (!b->open || !b->has_text || b->failed) {
    *size = 0;
    return "";
  }
  const uint32_t begin = blocks_of(b)[b->block_count].begin;
  *size = b->size - begin;
  return text_of(b) + begin;
}

/* The text from `size` on was never written. */
static void cut_text(lode_builder *b, size_t size) {
  lode_document_store *store = b->store;
  size_t end = b->size; /* of the last segment that stays, as it was */
  b->size = size;
  while (store->segment_count > 0 && segments_of(b)[store->segment_count - 1].text >= size) {
    end = segments_of(b)[--store->segment_count].text;
  }
  if (store->segment_count == 0) return;
  lode_segment *last = &segments_of(b)[store->segment_count - 1];
  /* A copied segment gets shorter; one that stands for something stays as it is. */
  const bool copied = last->source_size == end - last->text;
  if (copied) last->source_size = (uint32_t)(size - last->text);
  b->source_last = last->source + (size_t)last->source_size;
}

void lode_builder_cut(lode_builder *b, size_t size) {
  if (!b->open || !b->has_text || b->failed) return;
  const uint32_t begin = blocks_of(b)[b->block_count].begin;
  if (size >= b->size - begin) return;
  if (size == 0) { /* as if nothing had been there, not even what parts it from the block before */
    cut_text(b, b->block_count > 0 ? blocks_of(b)[b->block_count - 1].end : 0);
    b->has_text = false;
    return;
  }
  cut_text(b, begin + size);
  b->space = true;
}

bool lode_builder_end(lode_builder *b) {
  if (!b->open) return false;
  b->open = false;
  b->space = false;
  b->newline = false;
  if (!b->has_text || b->failed) return false;
  b->has_text = false;
  lode_block *block = &blocks_of(b)[b->block_count];
  size_t end = b->size;
  while (end > block->begin && is_white(text_of(b)[end - 1])) end--;
  if (end == block->begin) { /* nothing but white space: the separator goes, too */
    cut_text(b, b->block_count > 0 ? (block - 1)->end : 0);
    return false;
  }
  if (end < b->size) cut_text(b, end);
  block->end = (uint32_t)end;
  block->source_end = (uint32_t)b->source_last;
  b->block_count++;
  return true;
}

/* ---------------------------------------------------------------- strings */

char *lode_builder_string(lode_builder *b, const char *s, size_t n) {
  char *copy = lode_arena_string(&b->store->arena, s, n);
  if (copy == NULL) b->failed = true;
  return copy;
}

void lode_builder_meta(lode_builder *b, const char *key, size_t key_size, const char *value,
                       size_t value_size) {
  enum { MAX_ENTRIES = 64, MAX_BYTES = 1024 };
  if (key_size == 0 || value_size == 0 || key_size > MAX_BYTES || value_size > MAX_BYTES ||
      b->meta_count == MAX_ENTRIES || b->failed) {
    return;
  }
  if (!lode_buffer_reserve(&b->store->meta, b->meta_count + 1, sizeof(lode_meta),
                           b->meta_count * sizeof(lode_meta))) {
    b->failed = true;
    return;
  }
  ((lode_meta *)b->store->meta.data)[b->meta_count++] =
      (lode_meta){lode_builder_string(b, key, key_size), lode_builder_string(b, value, value_size)};
}

/* ---------------------------------------------------------------- finishing */

void lode_builder_keep(lode_builder *b, uint8_t marks) {
  (void)lode_builder_end(b);
  if (b->failed) return;
  lode_document_store *store = b->store;
  lode_block *blocks = blocks_of(b);
  lode_segment *segments = segments_of(b);
  size_t kept = 0;
  size_t size = 0;
  size_t segment = 0;
  size_t kept_segments = 0;
  size_t last_end = 0; /* of the block before, where it was */
  for (size_t i = 0; i < b->block_count; i++) {
    lode_block block = blocks[i];
    /* With the separator before it, which is what lies between two blocks. */
    const size_t first = kept > 0 ? last_end : block.begin;
    const size_t end = block.end;
    const bool keep = (block.marks & marks) != 0;
    last_end = end;
    for (; segment < store->segment_count && segments[segment].text < end; segment++) {
      lode_segment moved = segments[segment];
      if (!keep || moved.text < first) continue;
      moved.text = (uint32_t)(moved.text - first + size);
      segments[kept_segments++] = moved;
    }
    if (!keep) continue;
    memmove(text_of(b) + size, text_of(b) + first, end - first);
    block.begin = (uint32_t)(block.begin - first + size);
    block.end = (uint32_t)(end - first + size);
    size = block.end;
    blocks[kept++] = block;
  }
  b->block_count = kept;
  b->size = size;
  store->segment_count = kept_segments;
}

/* Headings in a list of their own, parents by level, and each block's heading and anchor. */
static void connect(lode_builder *b, lode_heading *headings) {
  lode_block *blocks = blocks_of(b);
  uint32_t above[7]; /* the last heading of each level under which the text is */
  for (size_t i = 0; i < 7; i++) above[i] = LODE_NO_HEADING;
  uint32_t count = 0;
  uint32_t current = LODE_NO_HEADING;
  const char *anchor = NULL;
  for (size_t i = 0; i < b->block_count; i++) {
    lode_block *block = &blocks[i];
    if (block->kind == LODE_BLOCK_HEADING) {
      uint32_t parent = LODE_NO_HEADING;
      for (size_t level = 1; level < block->level; level++) {
        if (above[level] != LODE_NO_HEADING) parent = above[level];
      }
      headings[count] = (lode_heading){block->begin, block->end,    (uint32_t)i,
                                       parent,       block->anchor, block->level};
      for (size_t level = block->level; level < 7; level++) above[level] = LODE_NO_HEADING;
      above[block->level] = count;
      current = count++;
      anchor = NULL; /* what was before it is no place to find it */
    }
    block->heading = current;
    if (block->anchor != NULL) anchor = block->anchor;
    block->anchor = anchor;
  }
}

/* Control characters would end strings and steer terminals; they mean nothing to a reader. */
static void sanitize(char *text, size_t size) {
  for (size_t i = 0; i < size; i++) {
    const unsigned char c = (unsigned char)text[i];
    if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) text[i] = ' ';
  }
}

lode_status lode_builder_finish(lode_builder *b, lode_error *err) {
  (void)lode_builder_end(b);
  lode_document_store *store = b->store;
  size_t headings = 0;
  for (size_t i = 0; i < b->block_count && !b->failed; i++) {
    headings += blocks_of(b)[i].kind == LODE_BLOCK_HEADING;
  }
  if (b->failed || !lode_buffer_reserve(&store->headings, headings, sizeof(lode_heading), 0)) {
    return lode_error_nomem(err);
  }
  connect(b, store->headings.data);
  sanitize(text_of(b), b->size);
  lode_block *blocks = blocks_of(b);
  for (size_t i = 0; i < b->block_count; i++) {
    blocks[i].source_begin = (uint32_t)lode_decoded_source(&store->decoded, blocks[i].source_begin);
    blocks[i].source_end = (uint32_t)lode_decoded_source(&store->decoded, blocks[i].source_end);
  }
  lode_document *doc = b->doc;
  doc->text = b->size > 0 ? text_of(b) : "";
  doc->size = b->size;
  doc->blocks = blocks;
  doc->block_count = b->block_count;
  doc->headings = store->headings.data;
  doc->heading_count = headings;
  doc->meta = store->meta.data;
  doc->meta_count = b->meta_count;
  return LODE_OK;
}
