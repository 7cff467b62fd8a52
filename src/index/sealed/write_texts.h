/* Texts, tables and vectors of an index that is written. */
#ifndef LODE_INDEX_SEALED_WRITE_TEXTS_H
#define LODE_INDEX_SEALED_WRITE_TEXTS_H

#include "index/sealed/cut.h"
#include "index/sealed/write.h"
#include "index/sealed/write_lists.h"

typedef struct lode_sealed_texts {
  const lode_sealed_sink *sink;
  const char *base;
  const char *root;
  /* The text file that is being filled. */
  lode_bytes file;
  size_t file_documents;
  lode_bytes record;
  lode_text key; /* of the document in it, borrowed */
  lode_bytes scratch;
  lode_buffer files; /* lode_sealed_entry: text files of the table */
  size_t file_count;
  /* The table. */
  lode_bytes table; /* numbers of its documents */
  lode_bytes table_words;
  lode_bytes table_files;
  size_t table_documents;
  uint64_t table_number;
  uint64_t last;      /* document in it */
  size_t last_file;   /* that the document before begins in */
  lode_buffer tables; /* lode_sealed_entry */
  size_t table_count;
  /* Vectors. */
  lode_bytes heads;
  lode_bytes scales;
  lode_bytes rows;
  size_t row_documents;
  bool lists;         /* vectors are gathered for lists, and no rows are written */
  lode_buffer owners; /* lode_sealed_owner of each */
  size_t owner_count;
  uint64_t row_first;
  uint64_t row_last;
  lode_buffer row_files; /* lode_sealed_entry */
  size_t row_file_count;
  uint64_t text_bytes;
  uint64_t table_bytes;
  uint64_t row_bytes;
  lode_arena arena;
} lode_sealed_texts;

typedef struct lode_sealed_text {
  const lode_store_document *document;
  lode_text body;
  const lode_store_chunk *chunks; /* [chunk_count] */
  size_t chunk_count;
  uint32_t words;
  const lode_store_vectors *vectors; /* NULL: none are written */
} lode_sealed_text;

void lode_sealed_texts_begin(lode_sealed_texts *texts, const lode_sealed_sink *sink,
                             const char *base, const char *root);
/* Gather vectors for lists: before the first document. */
void lode_sealed_texts_gather(lode_sealed_texts *texts);
/* What has been gathered; borrowed from `texts`. Sink and dim are the caller's to set. */
lode_sealed_listing lode_sealed_texts_gathered(const lode_sealed_texts *texts);
void lode_sealed_texts_free(lode_sealed_texts *texts);
/* Documents by rising number. */
lode_status lode_sealed_texts_add(lode_sealed_texts *texts, const lode_sealed_text *text,
                                  lode_error *err);
lode_status lode_sealed_texts_end(lode_sealed_texts *texts, lode_error *err);
lode_sealed_entries lode_sealed_texts_tables(const lode_sealed_texts *texts);
lode_sealed_entries lode_sealed_texts_rows(const lode_sealed_texts *texts);
void lode_sealed_texts_report(const lode_sealed_texts *texts, lode_site_report *report);

#endif
