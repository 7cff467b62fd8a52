/* What the files that write an index share. */
#ifndef LODE_INDEX_SEALED_WRITE_PARTS_H
#define LODE_INDEX_SEALED_WRITE_PARTS_H

#include "index/sealed/cut.h"
#include "index/sealed/gather.h"
#include "index/sealed/write.h"
#include "index/search/question.h"

/* Keys that are no words, each with documents: titles and metadata. */
typedef struct lode_sealed_listed_key {
  lode_text key;
  uint32_t document;
} lode_sealed_listed_key;

typedef struct lode_sealed_keys {
  lode_buffer list; /* lode_sealed_listed_key */
  size_t count;
} lode_sealed_keys;

/* A copy of `key` in the arena. False: out of memory. */
bool lode_sealed_keys_add(lode_sealed_keys *keys, lode_arena *arena, lode_text key,
                          uint32_t document);
/* By key, then document; each pair once. */
void lode_sealed_keys_order(lode_sealed_keys *keys);

/* What a document's metadata says, as keys. */
lode_status lode_sealed_facets_add(lode_sealed_keys *keys, lode_arena *arena, lode_text metadata,
                                   uint32_t document, lode_error *err);
/* The file of facets, where there are any. `keys` in order. */
lode_status lode_sealed_facets_write(const lode_sealed_keys *keys, const lode_sealed_sink *sink,
                                     lode_sealed_entry *out, bool *there, lode_error *err);

/* Terms with their postings. documents: of the index. */
lode_status lode_sealed_terms_write(const lode_gather *gather, const lode_sealed_keys *keys,
                                    int64_t documents, lode_cut *cut, lode_error *err);
lode_status lode_sealed_positions_write(const lode_gather *gather, lode_cut *cut, lode_error *err);
/* languages: of the index, whose stems a question has. */
lode_status lode_sealed_compounds_write(lode_gather *gather, lode_languages languages,
                                        lode_cut *cut, lode_error *err);
lode_status lode_sealed_lexicon_write(const lode_gather *gather, lode_cut *cut, lode_error *err);
lode_status lode_sealed_suffixes_write(const lode_gather *gather, lode_cut *cut, lode_error *err);

#endif
