/* What a search is asked, and what is answered: for collections and for sealed indexes alike. */
#ifndef LODE_API_INDEX_REQUEST_H
#define LODE_API_INDEX_REQUEST_H

#include "index/search/search.h"

/* Must not move: options.filter points into it. Its arena is to be freed. */
typedef struct lode_request {
  lode_index_search_options given;
  lode_search_options options; /* weight and unrelated are the caller's to fill in */
  lode_search_filter filter;
  lode_arena arena;
} lode_request;

/* Nothing to free after an error. LODE_E_ARG, LODE_E_NOMEM. */
lode_status lode_request_read(const lode_index_search_options *options, lode_request *r,
                              lode_error *err);

/* question: NULL for none. *out is to be freed with lode_results_free. */
lode_status lode_results_make(const lode_corpus *corpus, const lode_search_results *from,
                              const lode_question *question, lode_results **out, lode_error *err);

#endif
