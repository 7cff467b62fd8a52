/* What the files of this folder share: the store itself, and what one does for another. */
#ifndef LODE_INDEX_STORE_PARTS_H
#define LODE_INDEX_STORE_PARTS_H

#include "index/store/sql.h"
#include "index/words/fts5.h"

/* Counts and settings, in the table meta. They are read when a transaction begins and written
 * when it ends. */
typedef struct lode_store_meta {
  int64_t documents;
  int64_t chunks;
  int64_t vectors; /* that are not dead */
  int64_t dead;
  int64_t segments;
  int64_t last_segment; /* ids are not used twice */
  int64_t generation;   /* of the vectors */
  int64_t languages;
  int64_t dim; /* 0: no model yet */
  int64_t dtype;
} lode_store_meta;

/* A segment that is being filled: rows that have a place but are not in the file yet. */
typedef struct lode_store_pending {
  int64_t id; /* 0: none */
  size_t count;
  size_t live;
  lode_buffer documents; /* int64_t [count] */
  lode_buffer codes;     /* uint8_t [count, code_size] */
  lode_buffer scales;    /* float [count], for int8_t rows */
  lode_buffer rows;      /* [count, row_size] */
  uint8_t dead[LODE_STORE_SEGMENT_ROWS / 8];
} lode_store_pending;

/* A row that has lost its chunk in this transaction. */
typedef struct lode_store_death {
  int64_t segment;
  uint32_t row;
} lode_store_death;

typedef enum lode_store_state {
  LODE_STORE_IDLE = 0,
  LODE_STORE_READING,
  LODE_STORE_WRITING,
} lode_store_state;

struct lode_store {
  sqlite3 *db;
  lode_fts5 *fts5; /* belongs to db */
  char *path;
  lode_store_mode mode;
  lode_store_options options;
  double wait_since; /* when the wait for another process began */
  lode_store_state state;
  bool failed;            /* the transaction can only be rolled back */
  bool vectors_changed;   /* in this transaction */
  int64_t schema_version; /* SQLite's counter, of the schema that was checked */
  lode_store_meta meta;
  lode_store_pending pending;
  lode_buffer deaths; /* lode_store_death [death_count] */
  size_t death_count;
  lode_buffer scratch; /* a segment as it is in the file */
  sqlite3_stmt *statements[LODE_SQL_COUNT];
  bool in_use[LODE_SQL_COUNT];
};

/* ---------------------------------------------------------------- schema.c */

typedef struct lode_store_object {
  const char *type; /* as in sqlite_schema */
  const char *name;
  const char *sql; /* NULL: made by SQLite, for a UNIQUE or PRIMARY KEY */
} lode_store_object;

/* What a file of one version has in it, and how it becomes one of the next. `upgrade` is run in
 * the transaction in which the objects were compared. */
typedef struct lode_store_version {
  int version;
  const lode_store_object *objects; /* [count] */
  size_t count;
  const char *upgrade; /* NULL for the newest */
} lode_store_version;

/* All versions, oldest first. */
const lode_store_version *lode_store_versions(size_t *count);
/* Make, compare or upgrade what is in the file, by these versions. */
lode_status lode_store_prepare_schema(lode_store *store, const lode_store_version *list,
                                      size_t count, lode_error *err);
/* Compare again if the schema was changed since. Within a transaction. */
lode_status lode_store_check_schema(lode_store *store, lode_error *err);

/* ---------------------------------------------------------------- meta.c */

lode_status lode_store_meta_read(lode_store *store, lode_error *err);
lode_status lode_store_meta_write(lode_store *store, lode_error *err);

/* ---------------------------------------------------------------- open.c */

/* Ask the caller now and then whether to go on. */
void lode_store_watch_progress(lode_store *store);

/* ---------------------------------------------------------------- transaction.c */

/* LODE_E_ARG unless there is a transaction in which something can be written. */
lode_status lode_store_writing(lode_store *store, lode_error *err);
/* Around calls that need one state of the file: begins to read unless there is a transaction. */
lode_status lode_store_reading(lode_store *store, bool *began, lode_error *err);
void lode_store_read_done(lode_store *store, bool began);
/* Marks the transaction as lost; returns the status. */
lode_status lode_store_lost(lode_store *store, lode_status status);

/* ---------------------------------------------------------------- documents.c */

/* LODE_E_UTF8 with the item and the byte. */
lode_status lode_store_check_utf8(lode_store *store, lode_text text, const char *what, int64_t item,
                                  lode_error *err);

/* ---------------------------------------------------------------- segments.c */

static inline size_t lode_store_row_size(const lode_store *store) {
  return (size_t)store->meta.dim * (store->meta.dtype == LODE_DTYPE_I8 ? 1 : sizeof(float));
}
static inline size_t lode_store_scale_size(const lode_store *store) {
  return store->meta.dtype == LODE_DTYPE_I8 ? sizeof(float) : 0;
}

/* Where the parts of a segment lie in its blob, which is documents, codes, scales, rows. */
typedef struct lode_store_layout {
  size_t codes; /* bytes */
  size_t scales;
  size_t rows;
  size_t size;
} lode_store_layout;
lode_store_layout lode_store_layout_of(const lode_store *store, size_t count);

/* Give `document` a new row, from a vector (all finite), or from the row of another. */
lode_status lode_store_row_add(lode_store *store, int64_t document, const float *vector,
                               int64_t *segment, uint32_t *row, lode_error *err);
lode_status lode_store_row_copy(lode_store *store, int64_t document, int64_t from_segment,
                                uint32_t from_row, int64_t *segment, uint32_t *row,
                                lode_error *err);
/* The row has no chunk any more. */
lode_status lode_store_row_kill(lode_store *store, int64_t segment, uint32_t row, lode_error *err);
/* Write what is pending, mark what is dead, join small segments. */
lode_status lode_store_segments_settle(lode_store *store, lode_error *err);
/* Write all segments anew that are not full or have dead rows. */
lode_status lode_store_segments_pack(lode_store *store, lode_error *err);
void lode_store_segments_forget(lode_store *store);

/* A row of the table segment, checked. `dead` [(count + 7) / 8] or NULL, until the next step. */
typedef struct lode_store_segment {
  int64_t id;
  int64_t stamp;
  size_t count;
  size_t live;
  const uint8_t *dead;
} lode_store_segment;
lode_status lode_store_segment_read(lode_sql *q, lode_store_segment *out, lode_error *err);
/* A segment's blob, [layout.size], into `out`; which must have this size. */
lode_status lode_store_segment_data(lode_store *store, int64_t id, size_t size, void *out,
                                    lode_error *err);

/* ---------------------------------------------------------------- verify_words.c */

typedef struct lode_store_words_check lode_store_words_check;
lode_status lode_store_words_check_new(lode_store *store, lode_store_words_check **out,
                                       lode_error *err);
void lode_store_words_check_free(lode_store_words_check *check);
/* Every document's title, headings and body, each document once … */
lode_status lode_store_words_check_text(lode_store_words_check *check, int64_t document,
                                        lode_language language, const lode_text columns[3],
                                        lode_error *err);
/* … and then what the index has. */
lode_status lode_store_words_check_index(lode_store_words_check *check, lode_error *err);

#endif
