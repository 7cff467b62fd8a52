/* HTML's character references: &amp; &#233; &#x1F600; and those that lack their semicolon. */
#ifndef LODE_INDEX_CHUNK_HTML_ENTITY_H
#define LODE_INDEX_CHUNK_HTML_ENTITY_H

#include <stdbool.h>
#include <stddef.h>

/* No reference stands for more bytes of UTF-8. */
enum { LODE_HTML_ENTITY_MAX = 8 };

/* The reference at text[0], which is '&'. Returns its bytes, 0 when there is none and '&' is
 * itself; *out_size may be 0 for one that stands for nothing (a control character). In an
 * attribute, "&copy=" and "&copyx" are no references. */
size_t lode_html_entity(const char *text, size_t size, bool attribute,
                        char out[LODE_HTML_ENTITY_MAX], size_t *out_size);

/* text[0..size) with its references decoded, into out, which has room for 2 * size bytes ("&nGt;"
 * stands for six). Returns bytes written. */
size_t lode_html_decode(const char *text, size_t size, bool attribute, char *out);

#endif
