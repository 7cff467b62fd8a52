/* The index of words against the texts. FTS5 has a check of its own, but splits every text in the
 * same language for it. Here both sides are added up: a number for every (document, column,
 * position, term) of the texts, and for every one of the index. */
#include <stdlib.h>
#include <string.h>

#include "index/store/parts.h"
#include "index/words/words.h"

enum { COLUMNS = 3, SPELLINGS_MAX = 64 /* of one position; further ones are not looked at */ };

struct lode_store_words_check {
  lode_store *store;
  lode_words *words;
  uint64_t sum;     /* of the texts */
  int64_t sizes;    /* rows of FTS5's table of sizes that were looked at */
  int64_t document; /* the text at hand */
  int column;
  int64_t position; /* -1: before the first term */
  size_t spelling_count;
  uint64_t spellings[SPELLINGS_MAX]; /* at this position */
};

static uint64_t mix(uint64_t x) {
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93u;
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93u;
  return x ^ x >> 32;
}

static uint64_t number_of(int64_t document, int column, int64_t position, const char *term,
                          size_t size) {
  uint64_t x = mix((uint64_t)document + 1);
  x = mix(x + (uint64_t)column + 1);
  x = mix(x + (uint64_t)position + 1);
  for (size_t i = 0; i < size; i++) x = (x ^ (unsigned char)term[i]) * 0x100000001b3u;
  return mix(x + size);
}

lode_status lode_store_words_check_new(lode_store *store, lode_store_words_check **out,
                                       lode_error *err) {
  lode_store_words_check *c = calloc(1, sizeof *c);
  if (c == NULL) return lode_error_nomem(err);
  c->store = store;
  const lode_status status = lode_words_new(&c->words, err);
  if (status != LODE_OK) {
    free(c);
    return status;
  }
  *out = c;
  return LODE_OK;
}

void lode_store_words_check_free(lode_store_words_check *c) {
  if (c == NULL) return;
  lode_words_free(c->words);
  free(c);
}

/* ---------------------------------------------------------------- texts */

static int add_term(void *user, const lode_word *word) {
  lode_store_words_check *c = user;
  if (!word->colocated || c->position < 0) {
    c->position++;
    c->spelling_count = 0;
  }
  const uint64_t n = number_of(c->document, c->column, c->position, word->term, word->size);
  for (size_t i = 0; i < c->spelling_count; i++) {
    if (c->spellings[i] == n) return 0;
  }
  if (c->spelling_count < SPELLINGS_MAX) c->spellings[c->spelling_count++] = n;
  c->sum += n;
  return 0;
}

/* SQLite's: 7 bits a byte, most significant first. Terms of a text are below 2^30. */
static size_t put_varint(uint8_t *out, uint32_t value) {
  size_t size = 1;
  while (value >> 7 * size != 0 && size < 5) size++;
  for (size_t i = 0; i < size; i++)
    out[i] = (uint8_t)((value >> 7 * (size - 1 - i) & 0x7f) | (i + 1 < size ? 0x80 : 0));
  return size;
}

/* What BM25 takes for the document's size. */
static lode_status check_sizes(lode_store_words_check *c, const int64_t sizes[COLUMNS],
                               lode_error *err) {
  uint8_t wanted[COLUMNS * 5];
  size_t size = 0;
  for (size_t i = 0; i < COLUMNS; i++) size += put_varint(wanted + size, (uint32_t)sizes[i]);
  lode_sql q = lode_sql_open(c->store, LODE_SQL_CHECK_SIZES);
  lode_sql_int(&q, c->document);
  bool row;
  const void *found = NULL;
  lode_status status = lode_sql_step(&q, &row, err);
  if (status == LODE_OK && row)
    status = lode_sql_get_blob(&q, 0, "keyword_docsize.sz", size, &found, err);
  if (status == LODE_OK && (!row || memcmp(found, wanted, size) != 0)) {
    status = lode_store_damaged(c->store, err, "the index does not have the words of document %lld",
                                (long long)c->document);
  }
  lode_sql_close(&q);
  c->sizes++;
  return status;
}

lode_status lode_store_words_check_text(lode_store_words_check *c, int64_t document,
                                        lode_language language, const lode_text columns[3],
                                        lode_error *err) {
  const lode_words_options options = {LODE_WORDS_DOCUMENT, LODE_LANGUAGE_BIT(language)};
  int64_t sizes[COLUMNS];
  c->document = document;
  for (c->column = 0; c->column < COLUMNS; c->column++) {
    const lode_text *text = &columns[c->column];
    c->position = -1;
    if (lode_words_split(c->words, text->data, text->size, &options, add_term, c) != 0)
      return lode_error_nomem(err);
    sizes[c->column] = c->position + 1;
  }
  return check_sizes(c, sizes, err);
}

/* ---------------------------------------------------------------- the index */

static int column_of(const char *name) {
  static const char *const names[COLUMNS] = {"title", "headings", "body"};
  for (int i = 0; i < COLUMNS; i++) {
    if (strcmp(name, names[i]) == 0) return i;
  }
  return -1;
}

static lode_status sum_index(lode_store *store, sqlite3_stmt *q, uint64_t *sum, lode_error *err) {
  uint64_t before = 0;
  int rc;
  while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
    const char *term = (const char *)sqlite3_column_text(q, 0);
    const size_t size = (size_t)sqlite3_column_bytes(q, 0);
    const char *column = (const char *)sqlite3_column_text(q, 2);
    if (term == NULL || column == NULL) {
      if (sqlite3_errcode(store->db) == SQLITE_NOMEM) return lode_error_nomem(err);
      return lode_store_damaged(store, err, "the index has something that is no word");
    }
    const uint64_t n = number_of(sqlite3_column_int64(q, 1), column_of(column),
                                 sqlite3_column_int64(q, 3), term, size);
    /* A term that is twice at one position follows itself. */
    if (n != before) *sum += n;
    before = n;
  }
  return rc == SQLITE_DONE ? LODE_OK : lode_sql_fail(store, rc, err);
}

lode_status lode_store_words_check_index(lode_store_words_check *c, lode_error *err) {
  lode_store *store = c->store;
  int64_t sizes = 0;
  lode_status status = lode_sql_number(store, LODE_SQL_COUNT_SIZES, &sizes, err);
  if (status == LODE_OK && sizes != c->sizes)
    status = lode_store_damaged(store, err, "the index has words of documents that are not there");
  /* In the part of the schema that belongs to this connection alone. */
  if (status == LODE_OK) {
    status = lode_sql_script(store,
                             "CREATE VIRTUAL TABLE temp.instance"
                             " USING fts5vocab(main, keyword, instance)",
                             err);
  }
  if (status != LODE_OK) return status;
  sqlite3_stmt *q = NULL;
  uint64_t sum = 0;
  const int rc = sqlite3_prepare_v2(store->db, "SELECT term, doc, col, \"offset\" FROM instance",
                                    -1, &q, NULL);
  status = rc == SQLITE_OK ? sum_index(store, q, &sum, err) : lode_sql_fail(store, rc, err);
  (void)sqlite3_finalize(q);
  if (status == LODE_OK && sum != c->sum)
    status = lode_store_damaged(store, err, "the index of words is not that of the texts");
  const lode_status dropped =
      lode_sql_script(store, "DROP TABLE IF EXISTS temp.instance", status == LODE_OK ? err : NULL);
  return status == LODE_OK ? dropped : status;
}
