/* A store as what is searched. */
#ifndef LODE_INDEX_SEARCH_CORPUS_STORE_H
#define LODE_INDEX_SEARCH_CORPUS_STORE_H

#include "index/search/corpus.h"
#include "index/store/store.h"

/* Borrows the store. */
lode_corpus lode_corpus_of_store(lode_store *store);

/* corpus_store.c's parts */
lode_status lode_filter_documents(void *self, const struct lode_search_filter *filter,
                                  lode_arena *arena, lode_ids *out, lode_error *err);
lode_status lode_typo_in_store(void *self, struct lode_typo *typo, lode_error *err);

/* The end, as lode_store_terms takes it, of the terms that begin with text[0..size): written to
 * out [LODE_TERM_MAX + 4]. Returns its size. */
size_t lode_prefix_end(const char *text, size_t size, char *out);

#endif
