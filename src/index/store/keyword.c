/* Keyword search, and the terms that there are. */
#include <string.h>

#include "index/store/parts.h"

/* What FTS5 says of an expression that it cannot read. */
static bool is_syntax_error(lode_store *store, const lode_sql *q) {
  if (q->rc != SQLITE_ERROR) return false;
  const char *text = sqlite3_errmsg(store->db);
  return strstr(text, "syntax error") != NULL || strstr(text, "unterminated") != NULL ||
         strstr(text, "no such column") != NULL || strstr(text, "unknown special") != NULL;
}

static lode_status match(lode_store *store, lode_sql *q, lode_buffer *found, size_t *n,
                         lode_error *err) {
  bool row;
  lode_status status;
  while ((status = lode_sql_step(q, &row, err)) == LODE_OK && row) {
    if (!lode_buffer_reserve(found, *n + 1, sizeof(lode_store_match),
                             *n * sizeof(lode_store_match))) {
      return lode_error_nomem(err);
    }
    lode_store_match *m = (lode_store_match *)found->data + *n;
    m->score = -sqlite3_column_double(q->statement, 1);
    status = lode_sql_get_int(q, 0, "keyword.rowid", 1, INT64_MAX, &m->document, err);
    if (status != LODE_OK) return status;
    ++*n;
  }
  if (status != LODE_OK && is_syntax_error(store, q)) {
    return lode_store_error(store, err, LODE_E_ARG, -1, -1, "not an FTS5 expression: %s",
                            sqlite3_errmsg(store->db));
  }
  return status;
}

lode_status lode_store_match_words(lode_store *store, const char *expression,
                                   const lode_store_weights *weights, size_t limit,
                                   lode_arena *arena, lode_store_match **list, size_t *count,
                                   lode_error *err) {
  bool began;
  lode_status status = lode_store_reading(store, &began, err);
  if (status != LODE_OK) return status;
  lode_fts5_set_query_languages(store->fts5, (lode_languages)store->meta.languages);
  lode_sql q = lode_sql_open(store, LODE_SQL_WORDS_MATCH);
  lode_sql_string(&q, expression);
  lode_sql_real(&q, weights->title);
  lode_sql_real(&q, weights->headings);
  lode_sql_real(&q, weights->body);
  lode_sql_int(&q, limit < INT32_MAX ? (int64_t)limit : INT32_MAX);
  lode_buffer found = {0};
  size_t n = 0;
  status = match(store, &q, &found, &n, err);
  lode_sql_close(&q);
  if (status == LODE_OK) {
    lode_store_match *copy = lode_arena_array(arena, n, sizeof *copy);
    if (copy == NULL) status = lode_error_nomem(err);
    if (copy != NULL && n > 0) memcpy(copy, found.data, n * sizeof *copy);
    *list = copy;
    *count = n;
  }
  lode_buffer_free(&found);
  lode_store_read_done(store, began);
  return status;
}

/* ---------------------------------------------------------------- terms */

lode_status lode_store_term_get(lode_store *store, lode_text term, lode_store_term *out,
                                lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_TERM_GET);
  lode_sql_text(&q, term);
  lode_store_term found = {.term = term};
  bool row;
  lode_status status = lode_sql_step(&q, &row, err);
  if (status == LODE_OK && row)
    status = lode_sql_get_int(&q, 0, "word.doc", 0, INT64_MAX, &found.documents, err);
  if (status == LODE_OK && row)
    status = lode_sql_get_int(&q, 1, "word.cnt", 0, INT64_MAX, &found.occurrences, err);
  lode_sql_close(&q);
  if (status == LODE_OK) *out = found;
  return status;
}

lode_status lode_store_terms(lode_store *store, lode_text from, lode_text to,
                             lode_store_term_fn *fn, void *user, lode_error *err) {
  lode_sql q = lode_sql_open(store, to.size > 0 ? LODE_SQL_TERM_RANGE : LODE_SQL_TERM_LIST);
  lode_sql_text(&q, from);
  if (to.size > 0) lode_sql_text(&q, to);
  bool row;
  lode_status status;
  while ((status = lode_sql_step(&q, &row, err)) == LODE_OK && row) {
    lode_store_term term;
    status = lode_sql_get_text(&q, 0, "word.term", NULL, &term.term, err);
    if (status == LODE_OK)
      status = lode_sql_get_int(&q, 1, "word.doc", 0, INT64_MAX, &term.documents, err);
    if (status == LODE_OK)
      status = lode_sql_get_int(&q, 2, "word.cnt", 0, INT64_MAX, &term.occurrences, err);
    if (status == LODE_OK) status = fn(user, &term, err);
    if (status != LODE_OK) break;
  }
  lode_sql_close(&q);
  return status;
}
