/* What an open collection holds. */
#ifndef LODE_API_INDEX_H
#define LODE_API_INDEX_H

#include "api/index_embedder.h"
#include "index/ingest/ingest.h"
#include "index/search/search.h"
#include "index/store/store.h"

struct lode_index {
  bool working;     /* begun and not freed: nothing else may be asked */
  const char *path; /* as given; "" in memory */
  lode_store *store;
  lode_arena arena;       /* of what is read at the opening */
  bool has_model;         /* the collection has, or is going to have, vectors */
  lode_store_model model; /* of the collection */
  float unrelated;        /* mean cosine of its probes to each other */
  bool has_embedder;      /* a model was given, and it is that one */
  lode_index_embedder embedder;
  uint32_t chunk_tokens;
  uint32_t overlap;
  int64_t own_source;          /* of documents that were given one by one; 0: not looked up yet */
  lode_search *search;         /* made by the first search */
  lode_store_vectors *vectors; /* of the last search by meaning; or NULL */
  lode_arena sources;          /* what lode_index_source hands out */
};

/* LODE_E_ARG: work is under way. */
lode_status lode_index_check_free(const lode_index *index, lode_error *err);

/* How much meaning counts, by the model that was given. */
float lode_index_weight(const lode_index *index);

/* index->vectors become those of the state that is being read; they stay where nothing has changed.
 */
lode_status lode_index_load_vectors(lode_index *index, lode_error *err);

/* What ingest needs of the index; *embedding is filled if there is a model. LODE_E_UNSUPPORTED:
 * the collection has vectors, and no model was given. */
lode_status lode_index_ingest_options(lode_index *index, lode_embedding *embedding,
                                      const lode_index_watcher *watcher, lode_index_report *report,
                                      lode_index_progress *progress, lode_ingest_options *out,
                                      lode_error *err);

#endif
