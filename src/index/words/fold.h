/* Folding for search: what a reader takes for the same letter becomes the same bytes.
 *
 *   lode_fold_lower   lower case only: the spelling that a stemmer knows
 *   lode_fold         and without accents, with full case folding (ß ss), wide and narrow forms
 *                     and letters such as ø æ ł as others type them
 *
 * Both leave out what is not seen: soft hyphens, joiners, variation selectors, tatweel. Marks
 * that are accents go (Latin, Greek, Cyrillic, Hebrew, Arabic, Syriac); marks that are vowels or
 * tones of a script stay (Devanagari, Thai, …). */
#ifndef LODE_INDEX_WORDS_FOLD_H
#define LODE_INDEX_WORDS_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Code points that one may become. */
enum { LODE_FOLD_MAX = 12 };

/* Code points written, possibly none. */
size_t lode_fold_lower_char(uint32_t c, uint32_t out[LODE_FOLD_MAX]);
size_t lode_fold_char(uint32_t c, uint32_t out[LODE_FOLD_MAX]);

/* Fold well-formed text[0..size) into out[0..capacity); characters that do not fit any more are
 * left out, with all after them. Returns bytes written. */
size_t lode_fold_lower(const char *text, size_t size, char *out, size_t capacity);
size_t lode_fold(const char *text, size_t size, char *out, size_t capacity);

/* Full case folding, wide and narrow forms and letters as others type them; 0: nothing special. */
enum { LODE_FOLD_SPECIAL_MAX = 3 };
size_t lode_fold_special(uint32_t c, uint32_t out[LODE_FOLD_SPECIAL_MAX]);

/* Is it left out by both? */
bool lode_fold_is_invisible(uint32_t c);

/* Kana with a voiced or semi-voiced mark (U+3099, U+309A) as one character; 0: there is none. */
uint32_t lode_fold_voiced(uint32_t kana, uint32_t mark);

#endif
