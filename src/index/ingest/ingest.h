/* Documents into a store: what has changed is read, cut, embedded in batches and written.
 *
 * The caller's thread does everything. The store is written in transactions of about two seconds;
 * whatever ends the work, what was committed stays. Documents are queued until there are texts
 * enough to embed at once, so lode_ingest_finish comes last. */
#ifndef LODE_INDEX_INGEST_INGEST_H
#define LODE_INDEX_INGEST_INGEST_H

#include "index/ingest/prepare.h"
#include "index/store/store.h"

/* What makes vectors: in src/api, of a model. */
typedef struct lode_embedding {
  void *user;
  size_t dim;
  lode_token_counter counter;
  /* In steps, one call at a time. out [n, dim], of unit length, is written by the last poll;
   * *tokens grows by what was computed. With `wait`, a poll is the last, where threads may be
   * blocked. */
  lode_status (*begin)(void *user, const lode_text *texts, size_t n, float *out, lode_error *err);
  lode_status (*poll)(void *user, bool wait, bool *done, int64_t *tokens, lode_error *err);
} lode_embedding;

typedef struct lode_ingest_options {
  const lode_embedding *embedding; /* NULL: words alone */
  uint32_t chunk_tokens;
  uint32_t overlap;
  const lode_index_watcher *watcher; /* or NULL */
  lode_index_report *report;         /* grows */
  lode_index_progress *progress;     /* grows; the totals are the caller's */
  int site;                          /* as lode_index_paths_options has it: which pages are left
                                        out, and removed if they are there */
} lode_ingest_options;

typedef struct lode_ingest lode_ingest;

/* Everything given is borrowed until lode_ingest_free. The store is open for writing and in no
 * transaction. */
lode_status lode_ingest_new(lode_store *store, const lode_ingest_options *options,
                            lode_ingest **out, lode_error *err);
/* What is queued, or not committed, is lost. */
void lode_ingest_free(lode_ingest *ingest);

/* A file's state besides its bytes. */
typedef struct lode_ingest_file {
  int64_t source;
  int64_t mtime_ns; /* 0: not known; its bytes are then compared */
} lode_ingest_file;

/* Add, replace or leave a document as it is. What cannot be read (malformed, binary, too large)
 * is told to the watcher and leaves what was there. LODE_E_CANCELLED: the watcher wants an end,
 * or the document's stemmer is not there (lode_stem_ready); what is done has been committed. Errors
 * end the work: nothing but lode_ingest_free is next. */
lode_status lode_ingest_document(lode_ingest *ingest, const lode_index_document *document,
                                 const lode_ingest_file *file, lode_error *err);
/* The same in steps: begun, and polled until *done, before anything else is asked of it. */
lode_status lode_ingest_document_begin(lode_ingest *ingest, const lode_index_document *document,
                                       const lode_ingest_file *file, lode_error *err);
lode_status lode_ingest_poll(lode_ingest *ingest, bool wait, bool *done, lode_error *err);
/* Leave a document as it is, because neither size nor time of its file have changed. */
void lode_ingest_unchanged(lode_ingest *ingest);
/* Something was left out. `counts`: it is worth a number in the report. */
void lode_ingest_skip(lode_ingest *ingest, const char *id, const char *reason, bool counts);
/* Remove a document by its id in the store. */
lode_status lode_ingest_remove(lode_ingest *ingest, int64_t id, lode_error *err);
/* Tell the watcher how far it is; LODE_E_CANCELLED as above. */
lode_status lode_ingest_progress(lode_ingest *ingest, lode_error *err);

/* Ids of documents that are in the store since lode_ingest_new, in no order. */
const int64_t *lode_ingest_written(const lode_ingest *ingest, size_t *count);

/* Write and commit all of it. */
lode_status lode_ingest_finish(lode_ingest *ingest, lode_error *err);
lode_status lode_ingest_finish_begin(lode_ingest *ingest, lode_error *err); /* and poll */

#endif
