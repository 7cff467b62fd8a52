/* Word boundaries as in Unicode Standard Annex #29, without tailoring: the segments that the
 * annex's default rules give, white space and punctuation among them. What of them is a word is
 * decided in words.c. */
#ifndef LODE_INDEX_WORDS_WORD_BREAK_H
#define LODE_INDEX_WORDS_WORD_BREAK_H

#include <stddef.h>
#include <stdint.h>

/* The Word_Break property, in the order that tools/make_word_tables.py has. */
enum word_break {
  WB_OTHER = 0,
  WB_CR,
  WB_LF,
  WB_NEWLINE,
  WB_EXTEND,
  WB_ZWJ,
  WB_REGIONAL_INDICATOR,
  WB_FORMAT,
  WB_KATAKANA,
  WB_HEBREW_LETTER,
  WB_ALETTER,
  WB_SINGLE_QUOTE,
  WB_DOUBLE_QUOTE,
  WB_MID_NUM_LET,
  WB_MID_LETTER,
  WB_MID_NUM,
  WB_NUMERIC,
  WB_EXTEND_NUM_LET,
  WB_W_SEG_SPACE,
};

/* What the table has for a code point: enum word_break and bits. */
enum {
  LODE_WORD_BREAK_MASK = 31,
  LODE_WORD_PICTOGRAPH = 1 << 5, /* Extended_Pictographic */
  LODE_WORD_NGRAM = 1 << 6,      /* letter or mark of a script written without spaces */
  LODE_WORD_ALNUM = 1 << 7,      /* Alphabetic, or a number of any kind */
};
uint8_t lode_word_property(uint32_t c);
extern const uint8_t lode_word_ascii[128]; /* of those below 0x80 */

/* End of the segment that begins at text[begin], begin < size. `begin` is 0 or what an earlier
 * call returned; any other character boundary is taken for the beginning of the text.
 * text is well-formed UTF-8. */
size_t lode_word_break(const char *text, size_t size, size_t begin);
/* The same, but a segment ends before any later character whose property has a bit of `stop`. */
size_t lode_word_break_before(const char *text, size_t size, size_t begin, uint8_t stop);

#endif
