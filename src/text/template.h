/* What becomes of the tokens of a text or a pair: truncation, then the template that puts
 * special tokens around them. */
#ifndef LODE_TEXT_TEMPLATE_H
#define LODE_TEXT_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"

typedef enum lode_template_kind {
  LODE_TEMPLATE_FIRST,   /* the first text's tokens */
  LODE_TEMPLATE_SECOND,  /* the second's */
  LODE_TEMPLATE_SPECIAL, /* one special token */
} lode_template_kind;

typedef struct lode_template_part {
  lode_template_kind kind;
  int32_t id; /* of a special token */
  int32_t type_id;
} lode_template_part;

typedef struct lode_template {
  lode_template_part *parts; /* [count], in the arena */
  size_t count;
  size_t special; /* special tokens among them */
} lode_template;

/* Append; grows in the arena by doubling. False: out of memory. */
bool lode_template_add(lode_template *template, lode_arena *arena, lode_template_part part);

typedef enum lode_truncation_strategy {
  LODE_TRUNCATE_LONGEST_FIRST,
  LODE_TRUNCATE_ONLY_FIRST,
  LODE_TRUNCATE_ONLY_SECOND,
} lode_truncation_strategy;

typedef struct lode_truncation {
  lode_truncation_strategy strategy;
  bool left;     /* drop tokens at the beginning, not at the end */
  size_t length; /* what the file says, and nobody heeds here; 0: nothing */
} lode_truncation;

/* Tokens to keep of *first and *second (0 without a pair), no more than `limit` together.
 * False: the strategy cannot bring them there, as the text that it may not cut leaves no
 * room for a token of the other. A single text is cut by every strategy. */
bool lode_truncate(lode_truncation_strategy strategy, bool pair, size_t limit, size_t *first,
                   size_t *second);

#endif
