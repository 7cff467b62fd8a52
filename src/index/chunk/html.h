/* HTML documents, and the pieces of HTML inside of Markdown. */
#ifndef LODE_INDEX_CHUNK_HTML_H
#define LODE_INDEX_CHUNK_HTML_H

#include "index/chunk/builder.h"

/* A whole page: its main content becomes blocks, its head the document's title and so on. */
void lode_read_html(lode_builder *b);
/* source[begin..end) of another format, as a part of a page's body. */
void lode_read_html_part(lode_builder *b, size_t begin, size_t end);

/* The charset that the first bytes of a page declare (<meta charset>, <meta http-equiv>, <?xml
 * encoding?>): the label, part of `text`; 0 bytes if there is none. */
size_t lode_html_charset(const char *text, size_t size, const char **label);

#endif
