/* Added tokens: strings that are found in the text before the model sees it. Two sets:
 * those that are looked for in the text as given, and those ("normalized") that are looked
 * for, themselves normalized, in the normalized text. */
#ifndef LODE_TEXT_ADDED_TOKENS_H
#define LODE_TEXT_ADDED_TOKENS_H

#include <stdbool.h>

#include "base/error.h"
#include "base/memory.h"

enum {
  LODE_ADDED_SINGLE_WORD = 1 << 0, /* not next to a word character */
  LODE_ADDED_LSTRIP = 1 << 1,      /* takes the white space before it */
  LODE_ADDED_RSTRIP = 1 << 2,      /* takes the white space after it */
  LODE_ADDED_NORMALIZED = 1 << 3,
};

/* Finding tokens costs text size times token size where a text is made to be bad. */
enum { LODE_ADDED_MAX_BYTES = 1024 };

typedef struct lode_added_token {
  const char *pattern; /* what to look for; not empty */
  size_t size;
  int32_t id;
  uint8_t flags;
} lode_added_token;

typedef struct lode_added_set {
  lode_added_token *tokens; /* [count] by bytes of the pattern, no two equal */
  size_t count;
  uint32_t first[257]; /* tokens that begin with byte b: first[b] .. first[b + 1] - 1 */
  int only_first;      /* the byte that all of them begin with; -1: several */
} lode_added_set;

/* Take tokens[0..count) (in the arena, reordered). Of several with one pattern the one with
 * the lowest id stays. */
void lode_added_set_init(lode_added_set *set, lode_added_token *tokens, size_t count);

/* A walk over a text: stretches without tokens, and tokens, in order. */
typedef struct lode_added_walk {
  const lode_added_set *set;
  const char *text;
  size_t size;
  size_t searched;  /* no token begins before this */
  size_t done;      /* handed out up to here */
  size_t space_end; /* the run of white space that was skipped last reaches to here */
  size_t space_begin;
  const lode_added_token *pending; /* found behind the stretch handed out last */
  size_t pending_begin;
  size_t pending_end;
} lode_added_walk;

typedef struct lode_added_part {
  size_t begin; /* byte range of the text */
  size_t end;
  const lode_added_token *token; /* NULL: a stretch without tokens, not empty */
} lode_added_part;

lode_added_walk lode_added_walk_begin(const lode_added_set *set, const char *text, size_t size);
/* False: the text is at its end. `text` is well-formed UTF-8. */
bool lode_added_walk_next(lode_added_walk *walk, lode_added_part *part);

#endif
