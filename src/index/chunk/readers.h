/* The readers of the formats: each makes blocks of the builder's source. Of HTML: html.h. */
#ifndef LODE_INDEX_CHUNK_READERS_H
#define LODE_INDEX_CHUNK_READERS_H

#include "index/chunk/builder.h"

/* Paragraphs between blank lines, as they are. */
void lode_read_text(lode_builder *b);
/* Runs of lines; they end at a blank line before a line that is not indented. */
void lode_read_code(lode_builder *b);
void lode_read_markdown(lode_builder *b, bool mdx);
void lode_read_rst(lode_builder *b);

#endif
