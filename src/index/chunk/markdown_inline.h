/* The inline part of Markdown: text without the marks of emphasis, links, code and HTML. */
#ifndef LODE_INDEX_CHUNK_MARKDOWN_INLINE_H
#define LODE_INDEX_CHUNK_MARKDOWN_INLINE_H

#include "index/chunk/builder.h"

/* A line of a paragraph, in the source. */
typedef struct lode_md_line {
  uint32_t begin;
  uint32_t end;
} lode_md_line;

/* Scratch, and the labels of link definitions. Zero-initialise it. */
typedef struct lode_md_inline {
  lode_buffer text;     /* the lines, with newlines between */
  lode_buffer actions;  /* what becomes of each byte of it */
  lode_buffer brackets; /* open ones */
  lode_buffer runs;     /* of * _ ~ */
  lode_buffer labels;   /* hashes, sorted by lode_md_labels_sort */
  size_t label_count;
} lode_md_inline;
void lode_md_inline_free(lode_md_inline *md);

void lode_md_label_add(lode_builder *b, lode_md_inline *md, const char *label, size_t size);
void lode_md_labels_sort(lode_md_inline *md);

/* The text of lines[0..n) goes to the open block. `table`: a row, with | between its cells. */
void lode_md_inline_read(lode_builder *b, lode_md_inline *md, const lode_md_line *lines, size_t n,
                         bool table);

#endif
