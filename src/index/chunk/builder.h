/* Blocks of text with their places in the source, put together by the readers of the formats.
 *
 * Text is either copied from the source, byte for byte, or put in for something else there (an
 * entity, a collapsed space). Nothing is checked for out of memory in between: `failed` is
 * looked at in the end. */
#ifndef LODE_INDEX_CHUNK_BUILDER_H
#define LODE_INDEX_CHUNK_BUILDER_H

#include "index/chunk/document.h"
#include "index/chunk/encoding.h"

/* Text from `text` to the next segment's comes from source[source .. source + source_size), byte
 * for byte if both are equally long. */
typedef struct lode_segment {
  uint32_t text;
  uint32_t source;
  uint32_t source_size;
} lode_segment;

typedef struct lode_document_store {
  lode_arena arena;
  lode_decoded decoded;
  lode_buffer original; /* the file's bytes, where they are not UTF-8 */
  lode_buffer text;
  lode_buffer blocks;
  lode_buffer headings;
  lode_buffer segments;
  lode_buffer meta;
  size_t segment_count;
} lode_document_store;

typedef struct lode_builder {
  lode_document *doc;
  lode_document_store *store;
  const char *source; /* UTF-8 */
  size_t source_size;
  size_t size; /* of the text so far */
  size_t block_count;
  size_t meta_count;
  size_t source_last; /* end of what was taken from the source last */
  bool open;          /* a block is; its text begins at blocks[block_count].begin */
  bool has_text;      /* and it has text */
  bool space;         /* white space is pending */
  bool newline;       /* a line break is */
  bool failed;        /* out of memory */
} lode_builder;

/* Begin a block, ending the one that is open. It comes into being with its first text. */
void lode_builder_begin(lode_builder *b, lode_block_kind kind, int level);
/* The open block; NULL when there is none. */
lode_block *lode_builder_block(lode_builder *b);
/* End the open block, if any. True: it has text. */
bool lode_builder_end(lode_builder *b);

/* Copy source[begin..end) as it is. */
void lode_builder_copy(lode_builder *b, size_t begin, size_t end);
/* Copy, with runs of white space as one space, those at the beginning of a block left out. */
void lode_builder_copy_collapsed(lode_builder *b, size_t begin, size_t end);
/* Put s[0..n) in for source[begin..end). */
void lode_builder_put(lode_builder *b, const char *s, size_t n, size_t begin, size_t end);
/* " | ", if the open block has text; source[at] is where the next cell begins. */
void lode_builder_cell(lode_builder *b, size_t at);
/* White space, or a line break, before whatever text comes next in this block. */
void lode_builder_space(lode_builder *b);
void lode_builder_newline(lode_builder *b);

/* Copies of strings, in the document's arena; NULL is out of memory (and sets failed). */
char *lode_builder_string(lode_builder *b, const char *s, size_t n);
/* The text of the open block so far. */
const char *lode_builder_text(const lode_builder *b, size_t *size);
/* Take back the open block's text from `size` (as told before) on. */
void lode_builder_cut(lode_builder *b, size_t size);
/* At most 64 entries of 1 KiB; more are left out. Empty values too. */
void lode_builder_meta(lode_builder *b, const char *key, size_t key_size, const char *value,
                       size_t value_size);

/* Only blocks with a bit of `marks` stay. */
void lode_builder_keep(lode_builder *b, uint8_t marks);
/* Headings, parents and anchors; hands everything to the document. */
lode_status lode_builder_finish(lode_builder *b, lode_error *err);

#endif
