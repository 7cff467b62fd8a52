/* The sealed index: a folder of files that never change, made for hosts that can do nothing but
 * send them. A reader asks for whole files by name, and never for a range.
 *
 *   boot.lode-site.txt   read first; names all others, directly or through the tables
 *   <12 digits>.txt      any other: its name is the beginning of its SHA-256; of texts, the first
 *                        document's number, 2 bytes, big-endian, and 4 bytes of that. They are
 *                        binary; .txt is what hosts compress
 *
 * Numbers are unsigned LEB128 ("n"), 64 bits at most; "text" is n, the size, and so many bytes;
 * "rest" is two of them, n, the bytes that are as in the text before, and the text that follows
 * these. f32 is little-endian.
 *
 * boot.lode-site.txt
 *   size  meaning
 *   8     "lodesite"
 *   n     version: 4
 *   n n n documents; words (positions) in all of them; chunks
 *   n     the languages whose stems are in it: lode_languages
 *   text  base of the URLs, as the writer was told
 *   n     dimensions of vectors; 0: none, and the next four are not there
 *   text  the model's name
 *   n     which dtype rows have: 0 int8
 *   f32 2 weight of meaning; cosine of what is unrelated
 *   n …   probes: how many, then for each f32, the scale, and int8 [dimensions]
 *   lists tables, terms, positions, lexicon, suffixes, compounds, rows, facets, centres, places, as
 *         follows
 *   n …   words that more than half of the documents have: how many, then rest, n documents
 *   6     the beginning of the SHA-256 of all before
 *
 * a list of files: what is alike lies together, for those who compress it
 *   n     how many
 *   6 …   name of each: the beginning of the file's SHA-256
 *   rest …  of terms, positions, lexicon, suffixes, compounds: not above the first key in it, and
 *         above the last one in the file before. Of tables, rows: the first document, as text of 8
 * bytes, big-endian. Of facets, centres, places, of which there is one file or none: nothing
 *
 * All other files begin with 4 bytes that say what they are, of which the last is the version.
 *
 * "LST1" table: of the documents with one number / LODE_SEALED_TABLE, by number
 *   n     text files; for each: 4, the end of its name
 *   n     documents
 *   n …   number of each, less that of the one before (or the table's first number, less 1)
 *   n …   words of each, in all columns
 *   n …   the text file that each begins in: so many behind that of the document before
 *
 * "LSD1" terms: by key, bytewise
 *   rest  key: of a word, its bytes; of all that begin with a word, these and a byte 1; of the
 *         documents with a title, 2 and 8 bytes, FNV-1a of the title's words, each with a NUL
 *         behind; of those with metadata, 3, the key, "=", the value
 *   text  what follows, by kind of key
 *   word  n documents; n forms; for each form: n others; for each: rest (to the key, then to each
 *         other); text: its postings. A form is all the terms that stand at one position: a
 *         word, its stem, an identifier. It is listed with each of its terms, so a form is counted
 *         once if it is counted only where no lesser one of the terms asked for has it
 *   begin n documents, as lode_corpus_calls.prefix counts them; then postings to the end
 *   other postings to the end
 * postings: for each document n: twice the difference to the number before, plus 1 if n follows:
 *   how often it is there, 4 for each time in the title, 2 in the headings, 1 in the text, less 2;
 *   else that is 1
 *
 * "LSP1" positions: by term
 *   rest  the term
 *   text  for each document n: 8 times the difference to the number before, plus 1 if it is in the
 *         title, 2 headings, 4 text; for each of those: n positions; each n, less the one before,
 *         the first as it is
 *
 * "LSL1" lexicon: every word by its bytes; "LSU1" suffixes: the letters in reverse, of words that
 * a slip of typing may have been meant for
 *   rest  the word; n documents that have it
 *
 * "LSI1" compounds: names of several words ("getUserName") that stand in a text, and where those
 * words follow each other, so that nobody who asks for one needs positions. ASCII ones, of
 * LODE_SEALED_COMPOUND words at most
 *   rest  the words, with spaces between
 *   text  postings of the words as a phrase
 *
 * "LSX1" texts: documents, by number
 *   n     number; text: the record
 *   in it text key, url, title, metadata; n language, format, bytes of the body; n chunks; for
 *         each: n begin, less the begin of the one before; n bytes; n begin in the source, of the
 *         same kind, sign in bit 0; n bytes there; rest path; rest anchor; n: 1 if it has a vector;
 *         then the body, or its first LODE_SEALED_PART bytes
 * "LSM1" more of a text: n number; then the next LODE_SEALED_PART bytes of the body, or the rest
 *
 * "LSV1" rows: of vectors, by document
 *   n     documents; for each: n, the number less the one before; n vectors
 *   f32   scale of each row; then int8 [dimensions] of each
 *
 * Where there are many vectors, they lie in lists of such as are near each other instead, so that a
 * question is answered by the few lists that are near to it:
 *
 * "LSC1" centres: what lists are of
 *   n     centres; n vectors that there were when they were made
 *   f32   mean [dimensions]
 *   f32   step of each; then of each, 4 dimensions a byte, the first in the lowest bits: a number v
 *         of 2 bits is (v - 1.5) steps above the mean. The centre is the sum, of unit length
 *
 * "LSN1" places: where lists are, and what is in them
 *   n     lists; for each: n centre, less that of the one before (a centre may have several lists,
 *         or none); 6, the name; n size
 *   n     documents with vectors; for each: n, the number less the one before; n lists that its
 *         vectors are in; each n, less the one before
 *
 * "LSW1" list: vectors of one centre, by document
 *   n     vectors; for each: n document, less the one before; n which of the document's vectors,
 * less (in the same document) the one before f32   scale of each; then int8 [dimensions] of each
 *
 * "LSF1" facets: what can be filtered by
 *   n     keys; for each: text, n values; for each: text, n documents */
#ifndef LODE_INDEX_SEALED_FORMAT_H
#define LODE_INDEX_SEALED_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "lode.h"

#define LODE_SEALED_BOOT "boot.lode-site.txt"
#define LODE_SEALED_MAGIC "lodesite"
#define LODE_SEALED_EXTENSION ".txt"

enum {
  LODE_SEALED_VERSION = 4,
  LODE_SEALED_NAME = 6,     /* bytes of a digest that are a name */
  LODE_SEALED_NUMBERED = 2, /* of a text's, that are a document's number */
  LODE_SEALED_TEXT_NAME = LODE_SEALED_NAME - LODE_SEALED_NUMBERED,
  LODE_SEALED_FILE = 2 * LODE_SEALED_NAME + 4 + 1, /* bytes of a file's name, with the NUL */
  LODE_SEALED_CHECK = LODE_SEALED_NAME,            /* and at the boot's end */
  LODE_SEALED_TABLE = 16384,                       /* documents with one number / this: a table */
  LODE_SEALED_PART = 1 << 16,                      /* bytes of a body in one file */
  LODE_SEALED_FILE_MAX = 25 << 20,                 /* no file is larger: a limit of some hosts */
  LODE_SEALED_KIND = 4,                            /* bytes that say what a file is */
  LODE_SEALED_KEY_MAX = 4096,
  LODE_SEALED_COMPOUND = 8 /* words of a name that is listed */
};

/* Bytes that keys begin with, or end with, which are in no word. */
enum { LODE_SEALED_BEGIN = 1, LODE_SEALED_TITLE = 2, LODE_SEALED_FACET = 3 };

typedef enum lode_sealed_list {
  LODE_SEALED_TABLES = 0,
  LODE_SEALED_TERMS,
  LODE_SEALED_POSITIONS,
  LODE_SEALED_LEXICON,
  LODE_SEALED_SUFFIXES,
  LODE_SEALED_COMPOUNDS,
  LODE_SEALED_ROWS,
  LODE_SEALED_FACETS,
  LODE_SEALED_CENTRES,
  LODE_SEALED_PLACES,
  LODE_SEALED_LISTS
} lode_sealed_list;

/* ---------------------------------------------------------------- reading */

/* Bytes that are read one after the other. What is not there is 0 or empty, and `bad` is set. */
typedef struct lode_cursor {
  const uint8_t *at;
  const uint8_t *end;
  bool bad;
} lode_cursor;

static inline lode_cursor lode_cursor_of(const void *data, size_t size) {
  const uint8_t *at = data;
  return (lode_cursor){.at = at, .end = size > 0 ? at + size : at};
}
static inline bool lode_cursor_more(const lode_cursor *c) {
  return c->at < c->end;
}
uint64_t lode_cursor_number(lode_cursor *c);
/* At most `most`, or bad. */
uint64_t lode_cursor_upto(lode_cursor *c, uint64_t most);
const uint8_t *lode_cursor_bytes(lode_cursor *c, size_t size); /* NULL: bad */
lode_text lode_cursor_text(lode_cursor *c);
float lode_cursor_float(lode_cursor *c);

/* A key that is written as a difference to the one before. */
typedef struct lode_key {
  size_t size;
  char bytes[LODE_SEALED_KEY_MAX];
} lode_key;
/* False: bad. */
bool lode_cursor_rest(lode_cursor *c, lode_key *key);

/* Like memcmp, the shorter first. */
int lode_key_compare(lode_text a, lode_text b);
/* Borrowed. */
static inline lode_text lode_key_text(const lode_key *key) {
  return (lode_text){key->bytes, key->size};
}

/* ---------------------------------------------------------------- writing */

/* A number as lode_cursor_number reads it. Returns its bytes. */
enum { LODE_SEALED_NUMBER_MAX = 10 };
size_t lode_sealed_number(uint64_t value, uint8_t out[LODE_SEALED_NUMBER_MAX]);

/* Bytes that grow. Zero-initialise it. */
typedef struct lode_bytes {
  lode_buffer buffer;
  size_t size;
  bool failed; /* out of memory; nothing is added any more */
} lode_bytes;

void lode_bytes_free(lode_bytes *bytes);
static inline const uint8_t *lode_bytes_data(const lode_bytes *bytes) {
  return bytes->buffer.data;
}
void lode_bytes_add(lode_bytes *bytes, const void *data, size_t size);
void lode_bytes_number(lode_bytes *bytes, uint64_t value);
void lode_bytes_text(lode_bytes *bytes, lode_text text);
void lode_bytes_float(lode_bytes *bytes, float value);
void lode_bytes_rest(lode_bytes *bytes, lode_text before, lode_text text);

/* ---------------------------------------------------------------- names */

/* name [LODE_SEALED_NAME] of the file with these bytes. */
void lode_sealed_name(const void *data, size_t size, uint8_t *name);
/* That of a text, whose first document and beginning of the digest [LODE_SEALED_TEXT_NAME] are
 * known; digest may be a part of `name`. */
void lode_sealed_text_name(uint32_t document, const uint8_t *digest, uint8_t *name);
/* file [LODE_SEALED_FILE]: what it is called. */
void lode_sealed_file(const uint8_t *name, char *file);
/* The reverse; false: not the name of such a file. */
bool lode_sealed_name_of(const char *file, uint8_t *name);

/* FNV-1a of 64 bits. */
uint64_t lode_sealed_hash(const void *data, size_t size);

#endif
