/* Reading a sealed index, without files: whoever uses this fetches them.
 *
 *   boot's bytes ─► lode_sealed_open ─► lode_sealed_corpus, for index/search
 *
 * A search that comes to a file which has not been given ends with LODE_E_BUSY; then
 * lode_sealed_needs says what is wanted, all of it is fetched at once, given, and the search done
 * again. lode_sealed_prepare, before it, asks for everything that a question is known to need, so
 * that there are two rounds: the words of the question, then the texts of its results. A word that
 * is not in the index, and may be a slip of typing, is two more.
 *
 * Every byte is taken to be hostile. A file has to be the one that its name says, by its digest;
 * what is in it is checked as it is read: LODE_E_FORMAT. No SQLite, no stdio, no threads. */
#ifndef LODE_INDEX_SEALED_SEALED_H
#define LODE_INDEX_SEALED_SEALED_H

#include "base/json_write.h"
#include "index/sealed/boot.h"
#include "index/search/search.h"

typedef struct lode_sealed lode_sealed;

/* data is copied. LODE_E_FORMAT, LODE_E_UNSUPPORTED (a newer format), LODE_E_NOMEM. */
lode_status lode_sealed_open(const void *data, size_t size, lode_sealed **out, lode_error *err);
void lode_sealed_free(lode_sealed *sealed);
const lode_sealed_boot *lode_sealed_boot_of(const lode_sealed *sealed);
lode_corpus lode_sealed_corpus(lode_sealed *sealed);

/* A new question: forgets what the last one still needed, and files that have not been used for
 * long where there are many. */
void lode_sealed_begin(lode_sealed *sealed);

typedef struct lode_sealed_asked {
  lode_text text;
  bool typing;
  const lode_search_field *fields; /* [field_count] */
  size_t field_count;
  bool vectors; /* the question will be asked with a vector */
} lode_sealed_asked;
/* Ask for what the question needs. LODE_E_BUSY: not all is there. */
lode_status lode_sealed_prepare(lode_sealed *sealed, lode_search *search,
                                const lode_sealed_asked *asked, lode_error *err);

/* What is missing: files by name, each once. */
size_t lode_sealed_needs(const lode_sealed *sealed);
/* Name and size of number i, or NULL. Lives until the next call that is not this. */
const char *lode_sealed_need(lode_sealed *sealed, size_t i, size_t *size);
/* The bytes of a file, copied. Any file of the index may be given. LODE_E_FORMAT: not that file;
 * LODE_E_ARG: not a name. */
lode_status lode_sealed_give(lode_sealed *sealed, const char *file, const void *data, size_t size,
                             lode_error *err);

/* All vectors; *out lives until the next call with `sealed` but searches. An empty set where there
 * are none. */
lode_status lode_sealed_vectors(lode_sealed *sealed, const lode_store_vectors **out,
                                lode_error *err);
/* The same, where there are few; else a set that chooses, for each question, those which are worth
 * a look. */
lode_status lode_sealed_near(lode_sealed *sealed, const lode_store_vectors **out, lode_error *err);

/* What documents can be filtered by, as JSON, with a NUL: lode_site_facets has its shape. Replaces
 * *json, whose buffer is to be freed. */
lode_status lode_sealed_facets(lode_sealed *sealed, lode_json_text *json, lode_error *err);

/* The same of some documents alone, and of each key the first LODE_SEALED_COUNTED values. Orders
 * `documents`. LODE_E_BUSY: files with lists of documents are needed. */
enum { LODE_SEALED_COUNTED = 24 };
lode_status lode_sealed_count_facets(lode_sealed *sealed, lode_ids *documents, lode_json_text *json,
                                     lode_error *err);

/* Every name that the index has: for those who write it. Tables and places have to be there. */
lode_status lode_sealed_names(lode_sealed *sealed, lode_bytes *names, lode_error *err);

#endif
