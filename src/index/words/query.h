/* What people type into a search box: words, "phrases", -minus words, and a last word that is
 * still being typed. Nothing is a syntax error; what makes no term is left out.
 *
 *   install linux          two words
 *   "exact phrase"         also with “ ” „ “ « » and an end that is missing
 *   -windows  -"two words" not in the results; a minus sign inside or behind a word is none
 *   inst                   the last word, with nothing behind it, is taken as a prefix too;
 *                          so is the last word of a phrase that has no end yet
 *
 * lode_query_match makes an FTS5 expression of it for a table whose tokenizer is the one of
 * fts5.h. Every word is quoted there: AND, NEAR, *, ^, ( and : are no operators to the user. */
#ifndef LODE_INDEX_WORDS_QUERY_H
#define LODE_INDEX_WORDS_QUERY_H

#include "base/memory.h"
#include "index/words/words.h"

enum {
  LODE_QUERY_BYTES = 4096, /* more is left out, at a character */
  LODE_QUERY_TERMS = 32    /* more are left out */
};

typedef struct lode_query_term {
  uint16_t begin; /* bytes of lode_query.text, without quotes and minus sign */
  uint16_t end;
  bool phrase;
  bool negated;
  bool prefix; /* the last word, still being typed */
} lode_query_term;

typedef struct lode_query {
  size_t count;
  size_t negated;  /* how many of `terms` are */
  size_t left_out; /* terms beyond LODE_QUERY_TERMS, and 1 if bytes were cut */
  size_t size;
  lode_query_term terms[LODE_QUERY_TERMS];
  char text[LODE_QUERY_BYTES]; /* well-formed, control characters as spaces */
} lode_query;

/* Anything; ill-formed UTF-8 separates words. */
void lode_query_parse(const char *text, size_t size, lode_query *out);

typedef enum lode_query_require {
  LODE_QUERY_ANY = 0, /* a document has at least one of the words; ranking sorts them */
  LODE_QUERY_ALL,     /* each of them */
} lode_query_require;

/* The query as an FTS5 expression, NUL-terminated, in *out (replaced, owned by the caller).
 * *matches: false when there is nothing to look for: no word at all, or only minus words, and
 * then *out is "". Returns LODE_OK or LODE_E_NOMEM. */
lode_status lode_query_match(const lode_query *query, lode_words *words, lode_query_require require,
                             lode_buffer *out, bool *matches, lode_error *err);

#endif
