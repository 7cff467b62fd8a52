/* The store: documents, their chunks, the words of keyword search and the vectors of a
 * collection, in one file, which is an SQLite database. docs/search.md has what is in it.
 *
 *   open ─► begin ─► put, touch, remove … ─► commit ─► … ─► close          one writer
 *   open ─► read_begin ─► match, chunks, body, vectors … ─► read_end ─► …  any number of readers
 *
 * A commit is all or nothing, whatever becomes of the process: the next one that opens the file
 * finds the last commit. Readers see the state of their read_begin and are not blocked by a
 * writer. (They are for the moment of its commits, where the file system has no shared memory,
 * or where a reader was busy when the writer came.) A second writer waits, then gets LODE_E_BUSY.
 *
 * The file is taken to be hostile: what is read out of it is checked, and what is wrong with it is
 * LODE_E_FORMAT. Errors begin with the file's name. Any call may return LODE_E_NOMEM, LODE_E_IO,
 * LODE_E_FORMAT (damaged), LODE_E_BUSY or LODE_E_CANCELLED; others are said where they occur.
 *
 * A lode_store belongs to one thread at a time; make one per thread. What lode_store_vectors_load
 * gives may be shared. Strings that come out are well-formed UTF-8, NUL-terminated, and live as
 * long as the arena that the caller passes; those that go in are borrowed during the call. */
#ifndef LODE_INDEX_STORE_STORE_H
#define LODE_INDEX_STORE_STORE_H

#include "base/error.h"
#include "base/memory.h"
#include "base/types.h"
#include "index/store/records.h"

enum {
  LODE_STORE_SCHEMA = 1,          /* of the files that are written; older ones are brought up */
  LODE_STORE_SEGMENT_ROWS = 4096, /* at most, in one segment */
  LODE_STORE_DIM_MAX = 16384,
};
/* A document's strings together; more is LODE_E_UNSUPPORTED. */
#define LODE_STORE_DOCUMENT_MAX ((size_t)900 << 20)

typedef struct lode_store lode_store;

/* ---------------------------------------------------------------- opening */

typedef enum lode_store_mode {
  LODE_STORE_READ = 0,
  LODE_STORE_WRITE,  /* the file has to exist */
  LODE_STORE_CREATE, /* write; make the file if there is none, or if it is empty */
} lode_store_mode;

typedef struct lode_store_options {
  int wait_ms; /* for other processes, before LODE_E_BUSY; 0: 5,000; less than 0: not at all */
  /* Asked now and then during long calls: anything but 0 ends them with LODE_E_CANCELLED. What a
   * transaction had done is then lost, as after any error. NULL: never. */
  int (*cancelled)(void *user);
  void *user;
} lode_store_options;

/* Open the store in the file `path`; NULL, with CREATE: a new one in memory. options may be NULL.
 * *out is to be closed, unless this fails. LODE_E_NOT_FOUND: no such file. LODE_E_FORMAT: not a
 * store, or damaged, or something is in it that does not belong there (a trigger, a view …), by
 * name. LODE_E_UNSUPPORTED: written by a newer lode; or by an older one and mode is READ; or this
 * SQLite has no FTS5. LODE_E_IO: among others a file that cannot be written, unless mode is READ.
 * LODE_E_BUSY: a writer is making or upgrading it right now. */
lode_status lode_store_open(const char *path, lode_store_mode mode,
                            const lode_store_options *options, lode_store **out, lode_error *err);

/* Ends what is open (a transaction is rolled back) and leaves one file, without -wal and -shm
 * beside it, unless others have it open. */
void lode_store_close(lode_store *store);

/* ---------------------------------------------------------------- transactions */

/* One at a time: begin .. commit or rollback for writing; read_begin .. read_end for reading one
 * state of the file in several calls. Reading needs neither (each call then sees the newest
 * state) and is legal in both; in a write transaction it sees what has been written so far, but
 * for lode_store_vectors_load, which is refused there.
 * LODE_E_ARG: one is open already; store opened for reading; commit without begin. */
lode_status lode_store_begin(lode_store *store, lode_error *err);
/* After a failure nothing of the transaction is in the file, and it has ended. */
lode_status lode_store_commit(lode_store *store, lode_error *err);
/* Nothing if there is none. */
void lode_store_rollback(lode_store *store);

lode_status lode_store_read_begin(lode_store *store, lode_error *err);
void lode_store_read_end(lode_store *store);

/* ---------------------------------------------------------------- the model */

/* Whose vectors are in the store. The probes are what tells that a model is this one: vectors
 * of texts that src/api knows, which it embeds again and compares. */
typedef struct lode_store_model {
  const char *name; /* for messages */
  size_t dim;
  lode_dtype dtype;     /* LODE_DTYPE_I8 or LODE_DTYPE_F32: of the rows in the file */
  const float *probes;  /* [probe_count, dim] */
  size_t probe_count;   /* 1 to 64 */
  const char *settings; /* more that has to be the same when texts are embedded (chunk size, what
                           is put in front of a text …), as the caller writes it; "" for none */
} lode_store_model;

/* Once in a store's life, in a transaction, before the first vector. LODE_E_ARG: there is one. */
lode_status lode_store_set_model(lode_store *store, const lode_store_model *model, lode_error *err);
/* *out, with what it points to in the arena. LODE_E_NOT_FOUND: a store without vectors. */
lode_status lode_store_model_get(lode_store *store, lode_arena *arena, lode_store_model *out,
                                 lode_error *err);

/* ---------------------------------------------------------------- sources */

/* A root that was indexed, so that it can be indexed again, and watched. */
typedef struct lode_store_source {
  int64_t id;
  const char *root;
  const char *options; /* as the caller writes them (JSON) */
} lode_store_source;

/* In a transaction: the source of this root, made or with new options. */
lode_status lode_store_source_put(lode_store *store, const char *root, const char *options,
                                  int64_t *id, lode_error *err);
/* In a transaction: with all its documents. LODE_E_NOT_FOUND. */
lode_status lode_store_source_remove(lode_store *store, int64_t id, lode_error *err);
/* list [*count] in the arena, by id. */
lode_status lode_store_sources(lode_store *store, lode_arena *arena, lode_store_source **list,
                               size_t *count, lode_error *err);

/* ---------------------------------------------------------------- writing documents */

typedef struct lode_store_chunk_put {
  uint32_t begin; /* bytes of the body */
  uint32_t end;
  uint32_t source_begin; /* bytes of the file */
  uint32_t source_end;
  lode_text path;   /* of headings: "Install > Linux" */
  lode_text anchor; /* to link to; may be empty */
  uint8_t hash[LODE_STORE_CHUNK_HASH_SIZE];
  const float *vector; /* [dim]; NULL: as that of a chunk in the store with this hash */
} lode_store_chunk_put;

typedef struct lode_store_document_put {
  int64_t source;
  lode_text key; /* what it is found by: unique in the store, not empty */
  lode_text title;
  lode_text url;          /* canonical, or as the caller makes it; may be empty */
  lode_text metadata;     /* as the caller writes it (JSON); may be empty */
  lode_text headings;     /* all, one a line: searched with a weight of its own */
  lode_text body;         /* lode_document.text */
  lode_language language; /* for stemming */
  lode_format format;
  uint8_t hash[LODE_STORE_HASH_SIZE];
  int64_t size; /* of the file, in bytes */
  int64_t mtime_ns;
  const lode_store_chunk_put *chunks; /* [chunk_count] */
  size_t chunk_count;
  bool vectors; /* its chunks have vectors; false: found by keywords alone */
} lode_store_document_put;

/* Insert the document, or replace the one with this key (which keeps its id), in a transaction.
 * *id may be NULL.
 *
 * A chunk without `vector` takes over the vector of one with the same hash: its own document's,
 * as it was before this call, else any other's (lode_store_has_vector tells whether there is one).
 * So only what changed is embedded again, and a moved file is not: put it under its new key before
 * the old one is removed.
 *
 * LODE_E_NOT_FOUND with err->item, the chunk: no vector has its hash. LODE_E_UTF8 with err->item,
 * the chunk, or -1, and err->pos. LODE_E_ARG: no such source, ranges outside of the body or not at
 * characters, NaN or infinities in a vector, no model set. LODE_E_UNSUPPORTED: too large. After
 * these the document is as it was and the transaction goes on; after all others it can only be
 * rolled back. */
lode_status lode_store_put(lode_store *store, const lode_store_document_put *document, int64_t *id,
                           lode_error *err);
/* Only these two: the file was written again, its content is what it was. LODE_E_NOT_FOUND. */
lode_status lode_store_touch(lode_store *store, int64_t document, int64_t size, int64_t mtime_ns,
                             lode_error *err);
/* LODE_E_NOT_FOUND. */
lode_status lode_store_remove(lode_store *store, int64_t document, lode_error *err);

/* Is there a chunk with this hash whose vector lode_store_put can take over? */
lode_status lode_store_has_vector(lode_store *store, const uint8_t hash[LODE_STORE_CHUNK_HASH_SIZE],
                                  bool *out, lode_error *err);

/* ---------------------------------------------------------------- reading documents */

/* LODE_E_NOT_FOUND. */
lode_status lode_store_find(lode_store *store, lode_text key, lode_arena *arena,
                            lode_store_document *out, lode_error *err);
lode_status lode_store_document_get(lode_store *store, int64_t id, lode_arena *arena,
                                    lode_store_document *out, lode_error *err);
/* Hand over every document of a source, or of all (0), by id. The strings live during the call,
 * and the visitor must not write to the store; what it returns, if not LODE_OK, ends this. */
typedef lode_status lode_store_document_fn(void *user, const lode_store_document *document,
                                           lode_error *err);
lode_status lode_store_documents(lode_store *store, int64_t source, lode_store_document_fn *fn,
                                 void *user, lode_error *err);
/* The same by key, from the first behind `after` on. */
lode_status lode_store_documents_after(lode_store *store, lode_text after,
                                       lode_store_document_fn *fn, void *user, lode_error *err);

/* All headings of a document, one a line, in the arena. LODE_E_NOT_FOUND. */
lode_status lode_store_headings(lode_store *store, int64_t document, lode_arena *arena,
                                lode_text *out, lode_error *err);

/* Bytes begin .. end of the body; end is cut to the body's size. In the arena.
 * LODE_E_NOT_FOUND: no such document. LODE_E_ARG: not at characters. */
lode_status lode_store_body(lode_store *store, int64_t document, size_t begin, size_t end,
                            lode_arena *arena, lode_text *out, lode_error *err);

/* list [*count] in the arena, by ordinal; none for a document that is not there. */
lode_status lode_store_chunks(lode_store *store, int64_t document, lode_arena *arena,
                              lode_store_chunk **list, size_t *count, lode_error *err);
/* How many these are. */
lode_status lode_store_chunk_count(lode_store *store, int64_t document, int64_t *out,
                                   lode_error *err);
/* The chunk of a row, as lode_store_vectors has it: of the same state of the file, or it may be
 * LODE_E_NOT_FOUND, or another's. */
lode_status lode_store_chunk_of_row(lode_store *store, int64_t segment, uint32_t row,
                                    lode_arena *arena, lode_store_chunk *out, lode_error *err);

/* ---------------------------------------------------------------- keyword search */

typedef struct lode_store_weights {
  double title; /* of the columns, in BM25 */
  double headings;
  double body;
} lode_store_weights;

/* The best `limit` documents for an FTS5 expression (lode_query_match makes them), by score, then
 * by id: list [*count] in the arena. LODE_E_ARG: the expression is malformed. */
lode_status lode_store_match_words(lode_store *store, const char *expression,
                                   const lode_store_weights *weights, size_t limit,
                                   lode_arena *arena, lode_store_match **list, size_t *count,
                                   lode_error *err);

/* A term of the index (as lode_words_split makes it), and how many documents have it. */
typedef struct lode_store_term {
  lode_text term;
  int64_t documents;
  int64_t occurrences;
} lode_store_term;

/* Both counts are 0 for a term that no document has. */
lode_status lode_store_term_get(lode_store *store, lode_text term, lode_store_term *out,
                                lode_error *err);
/* Hand over the terms from <= term < to, by their bytes; an empty `to` is the end. The term lives
 * during the call; what it returns, if not LODE_OK, ends this and is returned. */
typedef lode_status lode_store_term_fn(void *user, const lode_store_term *term, lode_error *err);
lode_status lode_store_terms(lode_store *store, lode_text from, lode_text to,
                             lode_store_term_fn *fn, void *user, lode_error *err);

/* ---------------------------------------------------------------- vectors */

/* The vectors of the state that is read now. `previous` (or NULL): an older set, whose segments
 * are shared instead of read again where they are still the same; it stays the caller's. A store
 * without a model gives an empty set of dim 0. LODE_E_ARG: in a write transaction. */
lode_status lode_store_vectors_load(lode_store *store, const lode_store_vectors *previous,
                                    lode_store_vectors **out, lode_error *err);
void lode_store_vectors_free(lode_store_vectors *vectors);

/* ---------------------------------------------------------------- the whole */

typedef struct lode_store_stats {
  int64_t documents;
  int64_t chunks;
  int64_t vectors; /* rows that are not dead */
  int64_t dead;    /* rows that are; their space comes back by compacting */
  int64_t segments;
  int64_t generation;       /* changes whenever vectors do */
  int64_t file_bytes;       /* of this state: without a log beside the file (-wal) */
  int64_t free_bytes;       /* of those: pages not in use */
  lode_languages languages; /* that documents are in; may have some that none is in any more */
} lode_store_stats;
/* Cheap: nothing is counted. */
lode_status lode_store_stats_get(lode_store *store, lode_store_stats *out, lode_error *err);

/* Drop dead rows, join small segments, tidy the words' index, and give the space back to the file
 * system, for which the disk needs room for another copy of the file for a while. Not in a
 * transaction. After a failure the store is as good as before. */
lode_status lode_store_compact(lode_store *store, lode_error *err);

/* Check all there is: SQLite's pages and tables, the index of words against the texts, every
 * range, every count, every row of a vector against its chunk. LODE_E_FORMAT with the first thing
 * that is wrong. */
lode_status lode_store_verify(lode_store *store, lode_error *err);

#endif
