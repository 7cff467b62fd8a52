/* Where sentences begin: after a full stop, a question or an exclamation mark, but not after an
 * abbreviation or a number, and not before a small letter. For cutting and for snippets; no claim
 * to linguistics. */
#ifndef LODE_INDEX_CHUNK_SENTENCE_H
#define LODE_INDEX_CHUNK_SENTENCE_H

#include <stdbool.h>
#include <stddef.h>

/* Does a sentence begin at text[at]? `at` is a character's begin, not white space, in
 * text[begin..end), well-formed UTF-8; at `begin` one does. Looks at some characters around only.
 */
bool lode_sentence_begins(const char *text, size_t begin, size_t end, size_t at);

/* End of the sentence that text[at] is in, without the white space behind it. */
size_t lode_sentence_end(const char *text, size_t begin, size_t end, size_t at);

#endif
