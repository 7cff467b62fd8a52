/* Inside of a lode_sealed. */
#ifndef LODE_INDEX_SEALED_READER_H
#define LODE_INDEX_SEALED_READER_H

#include "index/sealed/centres.h"
#include "index/sealed/sealed.h"
#include "index/search/question.h"
#include "index/search/typo.h"

/* Bytes of files that are kept for later questions, at most about. */
#define LODE_SEALED_KEPT ((size_t)64 << 20)

/* A table, unpacked. */
typedef struct lode_sealed_table {
  size_t count;
  const uint32_t *numbers; /* [count] rising */
  const uint32_t *words;   /* [count] of each document */
  const uint32_t *files;   /* [count] the text file that each begins in */
  size_t file_count;
  const lode_sealed_entry *list; /* [file_count] */
} lode_sealed_table;

typedef struct lode_sealed_held {
  uint8_t name[LODE_SEALED_NAME];
  uint8_t *data;
  size_t size;
  uint64_t used;            /* the last question that read it */
  lode_sealed_table *table; /* where it is one, and has been read; in `arena` */
  lode_arena arena;
} lode_sealed_held;

/* Where lists of vectors are, unpacked. */
typedef struct lode_sealed_places {
  size_t count;
  const uint32_t *centres;        /* [count] rising: what each list is of */
  const lode_sealed_entry *lists; /* [count] */
  size_t document_count;
  const uint32_t *documents; /* [document_count] rising */
  const uint32_t *first;     /* [document_count + 1] into `listed` */
  const uint32_t *listed;    /* lists that a document's vectors are in, rising */
} lode_sealed_places;

/* Vectors that can be searched. */
typedef struct lode_sealed_rows {
  lode_store_vectors vectors; /* ids: 1 + the number of the file among all files of vectors */
  uint32_t **ordinals;        /* [count][rows]: which of the document's vectors; NULL: they are all
                                 there, one after the other */
  lode_arena arena;
} lode_sealed_rows;

struct lode_sealed {
  lode_sealed_boot boot;
  lode_arena arena; /* boot */
  lode_buffer held; /* lode_sealed_held */
  size_t held_count;
  size_t held_bytes;
  lode_buffer needed; /* lode_sealed_entry */
  size_t needed_count;
  uint64_t question;
  lode_sealed_rows all; /* every vector */
  bool all_there;
  lode_sealed_rows near_rows;   /* those that a question was answered with */
  const lode_sealed_rows *rows; /* of the question; NULL: it is answered by words */
  /* Where there are lists: */
  const lode_sealed_places *places;   /* NULL: not read yet */
  const lode_sealed_centres *centres; /* NULL: not read yet */
  lode_arena places_arena;
  lode_arena centres_arena;
  lode_store_vectors later;    /* what lode_sealed_near gives */
  char file[LODE_SEALED_FILE]; /* what lode_sealed_need gave */
};

lode_status lode_sealed_damaged(lode_error *err, const lode_sealed_entry *entry, const char *what);

/* The file, if it is there; else it is needed, and this is LODE_E_BUSY. kind: its first bytes; *out
 * is behind them. */
lode_status lode_sealed_get(lode_sealed *sealed, const lode_sealed_entry *entry, const char *kind,
                            lode_cursor *out, lode_error *err);
/* Only ask for it. *missing is set, or left. */
lode_status lode_sealed_ask(lode_sealed *sealed, const lode_sealed_entry *entry, bool *missing,
                            lode_error *err);
/* Ask for the files in which keys from `from` on and below `to` may be, the first `most` of them.
 */
lode_status lode_sealed_ask_range(lode_sealed *sealed, lode_sealed_list list, lode_text from,
                                  lode_text to, size_t most, bool *missing, lode_error *err);

/* ---------------------------------------------------------------- tables */

/* The table that the document would be in; NULL: there is none. */
lode_status lode_sealed_table_of(lode_sealed *sealed, int64_t document,
                                 const lode_sealed_table **out, lode_error *err);
/* Words of documents that are asked for in rising order. Zero-initialise it. */
typedef struct lode_sealed_sizes {
  const lode_sealed_table *table;
  uint64_t number; /* of the table */
  size_t at;
} lode_sealed_sizes;
lode_status lode_sealed_words_of(lode_sealed *sealed, lode_sealed_sizes *sizes, int64_t document,
                                 uint32_t *words, lode_error *err);

/* ---------------------------------------------------------------- terms */

/* A document, and how often something is in it. */
typedef struct lode_posting {
  uint32_t document;
  uint32_t often;
} lode_posting;

typedef struct lode_postings {
  lode_buffer buffer; /* lode_posting */
  size_t count;
  lode_buffer spare;
} lode_postings;
static inline lode_posting *lode_postings_list(const lode_postings *postings) {
  return postings->buffer.data;
}
void lode_postings_free(lode_postings *postings);
/* Adds what is in `c`, a run of rising documents. False: out of memory. */
bool lode_postings_read(lode_cursor *c, lode_postings *out);

/* What is at a key, or at every key of a range. */
typedef lode_status lode_sealed_visit(void *user, lode_text key, lode_cursor content,
                                      lode_error *err);
/* `from` <= key < `to`; an empty `to`: only `from`. Anything but LODE_OK that the visitor returns
 * ends this; LODE_E_CANCELLED becomes LODE_OK. */
lode_status lode_sealed_scan(lode_sealed *sealed, lode_sealed_list list, const char *kind,
                             lode_text from, lode_text to, lode_sealed_visit *visit, void *user,
                             lode_error *err);

/* One way to write a word, or the beginning of words. */
typedef struct lode_sealed_spelling {
  char term[LODE_TERM_MAX];
  size_t size;
  bool prefix;
} lode_sealed_spelling;

/* The spellings at one position of a phrase. */
typedef struct lode_sealed_token {
  const lode_sealed_spelling *spellings;
  size_t count;
} lode_sealed_token;

/* The end of the keys that begin with term[0..size), in out [LODE_TERM_MAX + 1]. */
lode_text lode_sealed_end_of(const char *term, size_t size, char *out);
/* `term` and a byte 1: the key of all that begin with it. */
lode_text lode_sealed_begin_key(const char *term, size_t size, char *out);

/* Documents that have one of the token's spellings, and how often, by number. */
lode_status lode_sealed_postings_of(lode_sealed *sealed, const lode_sealed_token *token,
                                    lode_postings *out, lode_error *err);
/* The postings of a key that is no word; none if it is not there. */
lode_status lode_sealed_listed(lode_sealed *sealed, lode_text key, lode_postings *out,
                               lode_error *err);
/* The same for consecutive tokens, by their positions. */
lode_status lode_sealed_phrase(lode_sealed *sealed, const lode_sealed_token *tokens, size_t count,
                               lode_postings *out, lode_error *err);

/* Ask for the files of the token's positions. */
lode_status lode_sealed_ask_positions(lode_sealed *sealed, const lode_sealed_token *token,
                                      bool *missing, lode_error *err);

/* ---------------------------------------------------------------- a question's phrases */

/* What FTS5 makes of a term of a question: a phrase, the same with its end open, the parts of an
 * identifier in one. */
typedef struct lode_sealed_phrases {
  struct lode_sealed_phrase {
    size_t unit;
    size_t first; /* token */
    size_t count;
    bool compound; /* a name that may be listed: lode_sealed_compound */
  } *list;
  size_t count;
  lode_sealed_token *tokens;
  size_t token_count;
} lode_sealed_phrases;

/* Of the units that are chosen, in the arena. */
lode_status lode_sealed_phrases_make(lode_words *words, const lode_query *query, uint32_t units,
                                     lode_languages languages, lode_arena *arena,
                                     lode_sealed_phrases *out, lode_error *err);
/* Ask for the file that the phrase is listed in, if it is. */
lode_status lode_sealed_ask_compound(lode_sealed *sealed, const lode_sealed_phrases *phrases,
                                     const struct lode_sealed_phrase *phrase, bool *missing,
                                     lode_error *err);
/* Documents that have the phrase, as lode_sealed_phrase gives them, if it is listed: *found. */
lode_status lode_sealed_compound(lode_sealed *sealed, const lode_sealed_phrases *phrases,
                                 const struct lode_sealed_phrase *phrase, bool *found,
                                 lode_postings *out, lode_error *err);
/* Ask for the positions of all names that are not listed. */
lode_status lode_sealed_ask_unlisted(lode_sealed *sealed, const lode_sealed_phrases *phrases,
                                     bool *missing, lode_error *err);
/* Documents for an expression, by BM25. */
lode_status lode_sealed_match(lode_sealed *sealed, lode_words *words,
                              const struct lode_question_parts *question,
                              const lode_expression *expression, size_t limit, lode_arena *arena,
                              lode_store_match **list, size_t *count, lode_error *err);

/* ---------------------------------------------------------------- words, texts */

lode_status lode_sealed_neighbours(lode_sealed *sealed, lode_typo *typo, lode_error *err);

/* Everything that is known of a document but its body. */
lode_status lode_sealed_want(lode_sealed *sealed, const int64_t *documents, size_t count,
                             lode_error *err);
lode_status lode_sealed_document(lode_sealed *sealed, int64_t id, lode_arena *arena,
                                 lode_store_document *out, lode_error *err);
lode_status lode_sealed_chunks(lode_sealed *sealed, int64_t id, lode_arena *arena,
                               lode_store_chunk **list, size_t *count, lode_error *err);
lode_status lode_sealed_body(lode_sealed *sealed, int64_t id, size_t begin, size_t end,
                             lode_arena *arena, lode_text *out, lode_error *err);

/* ---------------------------------------------------------------- vectors */

/* Does the index have lists of vectors? */
static inline bool lode_sealed_has_lists(const lode_sealed *sealed) {
  return sealed->boot.dim > 0 && sealed->boot.lists[LODE_SEALED_PLACES].count > 0;
}
/* LODE_E_BUSY: its file is needed. */
lode_status lode_sealed_read_places(lode_sealed *sealed, const lode_sealed_places **out,
                                    lode_error *err);
/* The document's place among places->documents; SIZE_MAX: it has no vectors. */
size_t lode_sealed_place_of(const lode_sealed_places *places, int64_t document);
/* Makes room for the vectors of n files. False: out of memory. */
bool lode_sealed_begin_rows(const lode_sealed *sealed, size_t n, bool lists, lode_sealed_rows *out);
/* One file's vectors, in rows->arena, as number `at` of rows->vectors. */
lode_status lode_sealed_read_rows(lode_sealed *sealed, const lode_sealed_entry *entry,
                                  lode_sealed_rows *rows, size_t at, lode_error *err);
/* Where vectors are, of a document's chunks: `has` [count] says which of them have one. Those whose
 * vectors are not among sealed->rows have segment 0. */
lode_status lode_sealed_find_rows(lode_sealed *sealed, int64_t id, lode_store_chunk *chunks,
                                  const bool *has, size_t count, lode_error *err);

#endif
