/* The inline part of reStructuredText. */
#ifndef LODE_INDEX_CHUNK_RST_INLINE_H
#define LODE_INDEX_CHUNK_RST_INLINE_H

#include "index/chunk/builder.h"

/* The text of source[begin..end) goes to the open block, without the marks of emphasis, roles,
 * references and targets. */
void lode_rst_inline_read(lode_builder *b, size_t begin, size_t end);

#endif
