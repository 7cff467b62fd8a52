/* Normalizers: steps that rewrite a run of characters, each of which remembers the bytes of
 * the text that it stands for. */
#ifndef LODE_TEXT_NORMALIZER_H
#define LODE_TEXT_NORMALIZER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"

typedef struct lode_char {
  uint32_t c;     /* code point */
  uint32_t begin; /* byte range of the text as given */
  uint32_t end;
} lode_char;

/* A run of characters and the room to rewrite it. Zero-initialise it. */
typedef struct lode_chars {
  lode_char *data; /* in `front` */
  size_t count;
  lode_buffer front;
  lode_buffer back;
  size_t peak; /* the most characters that either had to hold */
} lode_chars;
void lode_chars_free(lode_chars *chars);

/* Append; false: out of memory. */
bool lode_chars_push(lode_chars *chars, uint32_t c, uint32_t begin, uint32_t end);

typedef enum lode_normalize_step {
  LODE_STEP_CLEAN,    /* remove NUL, U+FFFD and Cc, Cf, Co; white space becomes a space */
  LODE_STEP_CHINESE,  /* a space before and after each CJK ideograph */
  LODE_STEP_NFD,      /* canonical decomposition */
  LODE_STEP_STRIP_MN, /* remove nonspacing marks (BertNormalizer, after NFD) */
  LODE_STEP_STRIP_M,  /* remove all marks (StripAccents) */
  LODE_STEP_LOWER,
  /* These look at more than a character, so that the text must be normalized as a whole. */
  LODE_STEP_REPLACE,     /* the next of lode_normalizer.replaces */
  LODE_STEP_STRIP_LEFT,  /* remove white space at the beginning */
  LODE_STEP_STRIP_RIGHT, /* and at the end */
} lode_normalize_step;

typedef struct lode_code_points {
  uint32_t *data;
  size_t count;
} lode_code_points;

/* Each match, from left to right, becomes `content`, whose characters take the byte range of the
 * match's last character. */
typedef struct lode_replace {
  bool spaces;              /* a match is a run of white space; false: `pattern` */
  lode_code_points pattern; /* not empty */
  lode_code_points content;
} lode_replace;

enum { LODE_NORMALIZER_MAX = 64 };
typedef struct lode_normalizer {
  uint8_t steps[LODE_NORMALIZER_MAX]; /* lode_normalize_step, in order */
  size_t count;
  lode_replace *replaces; /* of the LODE_STEP_REPLACE, in their order */
  size_t replace_count;
} lode_normalizer;

/* Does a step look at more than a character and its marks? */
bool lode_normalizer_is_whole(const lode_normalizer *normalizer);
/* False: more steps than fit. */
bool lode_normalizer_add(lode_normalizer *normalizer, lode_normalize_step step);

/* Rewrite the run. False: out of memory, contents undefined.
 *
 * Byte ranges follow the library to the letter: a step consumes its input in order, and
 * an additional character (the second and later ones of a decomposition or of a lower case)
 * takes the range of the input character consumed last, also where canonical ordering has
 * moved it away from where it came from. */
bool lode_normalizer_run(const lode_normalizer *normalizer, lode_chars *chars);

/* May a text be normalized in two parts, the second beginning with `c`? True for characters
 * that canonical ordering moves nothing across and that no step removes. */
bool lode_normalizer_may_cut(uint32_t c);

#endif
