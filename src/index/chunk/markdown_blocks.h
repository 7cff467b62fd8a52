/* Markdown's blocks, by CommonMark's rules as far as they decide what is a heading, a paragraph,
 * code, HTML, a table, and what lies in a list or a quote. */
#ifndef LODE_INDEX_CHUNK_MARKDOWN_BLOCKS_H
#define LODE_INDEX_CHUNK_MARKDOWN_BLOCKS_H

#include "index/chunk/markdown_inline.h"

typedef enum lode_md_kind {
  LODE_MD_NONE = 0,
  LODE_MD_PARAGRAPH,
  LODE_MD_HEADING,
  LODE_MD_FENCE,
  LODE_MD_INDENTED,
  LODE_MD_HTML,
  LODE_MD_TABLE,
} lode_md_kind;

/* A block as it was found; its text is read when all link definitions are known. */
typedef struct lode_md_leaf {
  uint8_t kind; /* lode_md_kind */
  uint8_t level;
  bool item;  /* in a list */
  bool quote; /* in a quote */
  uint32_t first_line;
  uint32_t line_count;
} lode_md_leaf;

/* Zero-initialise it. */
typedef struct lode_md_blocks {
  lode_buffer leaves; /* lode_md_leaf [leaf_count], each with at least one line */
  lode_buffer lines;  /* lode_md_line [line_count] */
  size_t leaf_count;
  size_t line_count;
  lode_md_inline inline_; /* has the labels of the link definitions */
} lode_md_blocks;
void lode_md_blocks_free(lode_md_blocks *blocks);

/* All blocks from source[begin] on. Out of memory is b->failed. */
void lode_md_blocks_read(lode_builder *b, size_t begin, lode_md_blocks *out);

#endif
