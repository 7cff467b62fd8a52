/* Text to the terms that keyword search looks up. The same code runs when a document is indexed
 * and when a question is asked, natively and in WebAssembly.
 *
 * Words are found by Unicode's default rules (UAX #29) and folded: case, accents, widths. A term
 * that begins a position is followed by its other spellings at the same position ("colocated"):
 *
 *   running         running, run*             stems (* colocated) of the languages asked for
 *   getUserName     get, getusername*, user, name      identifiers: parts and the whole
 *   file.names      file, filenames*, name, names …
 *   l'avion, John's avion; john               elision and possessive
 *   東京都          東京, 京都, 都*           bigrams: Han, Kana, Hangul, Thai, Lao, Khmer, Myanmar
 *   C++, C#         c, c++*; c, c#*
 *   3.14            3, 14
 *
 * In a query there is no whole beside the parts of an identifier, no single last character beside
 * bigrams, and "c++" is that alone: the terms of one word, taken as a phrase, are found where a
 * document has that word. */
#ifndef LODE_INDEX_WORDS_WORDS_H
#define LODE_INDEX_WORDS_WORDS_H

#include <stdbool.h>

#include "base/error.h"
#include "index/words/language.h"

/* A longer term is cut to this many bytes, at a character. */
enum { LODE_TERM_MAX = 96 };

typedef enum lode_words_mode {
  LODE_WORDS_DOCUMENT = 0,
  LODE_WORDS_QUERY,
  LODE_WORDS_PREFIX, /* a query whose last term is still being typed: that one is not stemmed */
} lode_words_mode;

typedef struct lode_words_options {
  lode_words_mode mode;
  lode_languages languages; /* stems of these; a document has one at most, a query all that the
                               index has. 0: no stemming */
} lode_words_options;

/* `term` lives during the call that hands it over. begin, end: bytes of the text. */
typedef struct lode_word {
  const char *term;
  size_t size;
  size_t begin;
  size_t end;
  bool colocated; /* another spelling at the position of the term before */
} lode_word;

/* Anything but 0 ends the splitting and is what lode_words_split returns. */
typedef int (*lode_word_sink)(void *user, const lode_word *word);

/* Stemmers and scratch; belongs to one thread at a time. */
typedef struct lode_words lode_words;
lode_status lode_words_new(lode_words **out, lode_error *err);
void lode_words_free(lode_words *words);

/* Hand every term of text[0..size) to `sink`, in order. Ill-formed UTF-8 separates words.
 * Memory does not depend on the text. Returns 0, the sink's value, or LODE_WORDS_NOMEM. */
enum { LODE_WORDS_NOMEM = -1 };
int lode_words_split(lode_words *words, const char *text, size_t size,
                     const lode_words_options *options, lode_word_sink sink, void *user);

/* How a query's word is split, for those who make expressions of it: terms that begin a position,
 * and whether it is one character of a script that is indexed as bigrams (and has to be looked
 * up as a prefix). whole: the parts of an identifier in one, 0 bytes if it has one part. */
typedef struct lode_words_shape {
  size_t positions;
  bool single_ngram;
  size_t whole_size;
  char whole[LODE_TERM_MAX];
} lode_words_shape;
/* False: out of memory. */
bool lode_words_shape_of(lode_words *words, const char *text, size_t size, lode_words_shape *out);

#endif
