/* What a store keeps of a document, as it is read: without the store, so that a sealed index, which
 * has no SQLite, gives the same. store.h says how long strings live. */
#ifndef LODE_INDEX_STORE_RECORDS_H
#define LODE_INDEX_STORE_RECORDS_H

#include "base/error.h"
#include "base/memory.h"
#include "base/types.h"
#include "index/chunk/document.h"
#include "index/vectors/vectors.h"
#include "index/words/language.h"

enum {
  LODE_STORE_HASH_SIZE = 32,       /* of a document: SHA-256 of its file, for example */
  LODE_STORE_CHUNK_HASH_SIZE = 16, /* of a chunk: of exactly what was embedded */
};

typedef struct lode_store_document {
  int64_t id; /* above 0 */
  int64_t source;
  lode_text key;
  lode_text title;
  lode_text url;
  lode_text metadata;
  lode_language language;
  lode_format format;
  uint8_t hash[LODE_STORE_HASH_SIZE];
  int64_t size; /* of the file */
  int64_t mtime_ns;
  int64_t body_size; /* bytes */
} lode_store_document;

typedef struct lode_store_chunk {
  int64_t document;
  uint32_t ordinal; /* in its document, from 0 on */
  uint32_t begin;   /* bytes of the body */
  uint32_t end;
  uint32_t source_begin; /* bytes of the file */
  uint32_t source_end;
  lode_text path;
  lode_text anchor;
  uint8_t hash[LODE_STORE_CHUNK_HASH_SIZE];
  int64_t segment; /* where its vector is; 0: it has none */
  uint32_t row;
} lode_store_chunk;

typedef struct lode_store_match {
  int64_t document;
  double score; /* BM25, above 0, larger is better */
} lode_store_match;

/* A document that something else than its vectors speaks for, and what that adds to its score. */
typedef struct lode_vectors_hint {
  int64_t document;
  float score;
} lode_vectors_hint;

/* What vectors are wanted for. */
typedef struct lode_vectors_wish {
  lode_vectors *vectors;          /* searches for such vectors */
  const float *vector;            /* [dim] of unit length */
  float weight;                   /* that the cosine with it has in a score */
  const lode_vectors_hint *hints; /* [hint_count] the best first */
  size_t hint_count;
  bool only;              /* nothing but these may be found: */
  const int64_t *allowed; /* [allowed_count] rising */
  size_t allowed_count;
} lode_vectors_wish;

/* All vectors of one state of the file, in memory. It does not change, and any number of threads
 * may search it; it needs no store any more. */
typedef struct lode_store_vectors {
  int64_t generation; /* of the vectors: two sets with the same are the same */
  size_t dim;
  lode_dtype dtype;
  size_t rows;                          /* that are not dead */
  size_t count;                         /* segments, in the order of their ids */
  const lode_vectors_segment *segments; /* [count], for lode_vectors_search */
  const int64_t *ids;                   /* [count], for lode_store_chunk_of_row */
  const int64_t *const *documents;      /* [count][segments[i].count]: whose the rows are */
  struct lode_store_vector_set *set;    /* owns everything */
  /* Of a store these are not set. partial: there are others, and what is known of a document whose
   * vectors are all among those is that its cosine is `unseen`, about. choose: there are no
   * segments yet; it gives those that are worth a look, for as long as they are not chosen again.
   */
  bool partial;
  float unseen;
  lode_status (*choose)(void *self, const lode_vectors_wish *wish,
                        const struct lode_store_vectors **out, lode_error *err);
  void *self;
} lode_store_vectors;

#endif
