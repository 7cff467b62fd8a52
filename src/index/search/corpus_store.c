#include "index/search/corpus_store.h"

#include <string.h>

#include "index/search/question.h"

/* ---------------------------------------------------------------- terms */

static lode_status stats(void *self, lode_corpus_stats *out, lode_error *err) {
  lode_store_stats all;
  const lode_status status = lode_store_stats_get(self, &all, err);
  if (status == LODE_OK) {
    *out = (lode_corpus_stats){.documents = all.documents, .languages = all.languages};
  }
  return status;
}

static lode_status term(void *self, lode_text text, int64_t *documents, lode_error *err) {
  lode_store_term found;
  const lode_status status = lode_store_term_get(self, text, &found, err);
  if (status == LODE_OK) *documents = found.documents;
  return status;
}

typedef struct prefix_count {
  int64_t documents;
  size_t terms;
  bool enough;
} prefix_count;

static lode_status add_prefixed(void *user, const lode_store_term *found, lode_error *err) {
  (void)err;
  prefix_count *count = user;
  count->documents += found->documents;
  count->enough = ++count->terms == LODE_PREFIX_TERMS;
  return count->enough ? LODE_E_CANCELLED : LODE_OK;
}

size_t lode_prefix_end(const char *text, size_t size, char *out) {
  memcpy(out, text, size);
  memcpy(out + size, "\xf4\x8f\xbf\xbf", 4);
  return size + 4;
}

static lode_status prefix(void *self, lode_text text, int64_t all, int64_t *documents,
                          lode_error *err) {
  char end[LODE_TERM_MAX + 4];
  const lode_text to = {end, lode_prefix_end(text.data, text.size, end)};
  prefix_count count = {0};
  const lode_status status = lode_store_terms(self, text, to, add_prefixed, &count, err);
  *documents = count.enough || count.documents > all ? all : count.documents;
  return status != LODE_OK && count.enough ? LODE_OK : status;
}

/* ---------------------------------------------------------------- expressions of FTS5 */

/* The chosen terms, as if they were the question, none of them negated. */
static lode_status express(const struct lode_question_parts *question,
                           const lode_expression *expression, lode_words *words, lode_arena *arena,
                           lode_buffer *out, bool *there, lode_error *err) {
  lode_query *query = lode_arena_alloc(arena, sizeof *query);
  if (query == NULL) return lode_error_nomem(err);
  *query = question->query;
  query->count = query->negated = 0;
  for (size_t i = 0; i < question->query.count; i++) {
    if ((expression->units >> i & 1) == 0) continue;
    query->terms[query->count] = question->query.terms[i];
    query->terms[query->count++].negated = false;
  }
  return lode_query_match(query, words, expression->all ? LODE_QUERY_ALL : LODE_QUERY_ANY, out,
                          there, err);
}

static lode_status match(void *self, lode_words *words, const struct lode_question_parts *question,
                         const lode_expression *expression, size_t limit, lode_arena *arena,
                         lode_store_match **list, size_t *count, lode_error *err) {
  static const lode_store_weights weights = {LODE_WEIGHT_TITLE, LODE_WEIGHT_HEADINGS,
                                             LODE_WEIGHT_BODY};
  lode_buffer text = {0};
  bool there = false;
  *list = NULL;
  *count = 0;
  lode_status status = express(question, expression, words, arena, &text, &there, err);
  if (status == LODE_OK && there) {
    status = lode_store_match_words(self, text.data, &weights, limit, arena, list, count, err);
  }
  lode_buffer_free(&text);
  return status;
}

/* ---------------------------------------------------------------- titles */

/* title : ^ "the words" */
static lode_status express_title(lode_text text, lode_buffer *out, lode_error *err) {
  static const char before[] = "title : ^ \"";
  if (!lode_buffer_reserve(out, sizeof before + 2 * text.size + 2, 1, 0)) {
    return lode_error_nomem(err);
  }
  char *p = out->data;
  memcpy(p, before, sizeof before - 1);
  p += sizeof before - 1;
  for (size_t i = 0; i < text.size; i++) {
    *p++ = text.data[i];
    if (text.data[i] == '"') *p++ = '"';
  }
  memcpy(p, "\"", 2);
  return LODE_OK;
}

static lode_status is_title(lode_words *words, const struct lode_question_parts *question,
                            lode_text title, bool *is, lode_buffer *scratch, lode_error *err) {
  size_t size;
  if (!lode_question_fold(words, title, scratch, &size)) return lode_error_nomem(err);
  *is =
      size == question->title_size && memcmp(scratch->data, question->title_terms.data, size) == 0;
  return LODE_OK;
}

static lode_status titled(void *self, lode_words *words, const struct lode_question_parts *question,
                          lode_arena *arena, lode_ids *out, lode_error *err) {
  static const lode_store_weights weights = {.title = 1, .headings = 0, .body = 0};
  lode_buffer text = {0};
  lode_store_match *matches = NULL;
  size_t n = 0;
  lode_status status = express_title(question->title, &text, err);
  if (status == LODE_OK) {
    status =
        lode_store_match_words(self, text.data, &weights, LODE_TITLES, arena, &matches, &n, err);
  }
  out->count = 0;
  out->list = lode_arena_array(arena, n, sizeof *out->list);
  if (status == LODE_OK && out->list == NULL) status = lode_error_nomem(err);
  for (size_t i = 0; i < n && out->list != NULL && status == LODE_OK; i++) {
    lode_store_document document;
    bool is = false;
    status = lode_store_document_get(self, matches[i].document, arena, &document, err);
    if (status == LODE_OK) status = is_title(words, question, document.title, &is, &text, err);
    if (is) out->list[out->count++] = matches[i].document;
  }
  if (status == LODE_OK) lode_ids_order(out);
  lode_buffer_free(&text);
  return status;
}

/* ---------------------------------------------------------------- documents */

static lode_status want(void *self, const int64_t *documents, size_t count, lode_error *err) {
  (void)self;
  (void)documents;
  (void)count;
  (void)err;
  return LODE_OK;
}

static lode_status document(void *self, int64_t id, lode_arena *arena, lode_store_document *out,
                            lode_error *err) {
  return lode_store_document_get(self, id, arena, out, err);
}

static lode_status chunks(void *self, int64_t id, lode_arena *arena, lode_store_chunk **list,
                          size_t *count, lode_error *err) {
  return lode_store_chunks(self, id, arena, list, count, err);
}

static lode_status body(void *self, int64_t id, size_t begin, size_t end, lode_arena *arena,
                        lode_text *out, lode_error *err) {
  return lode_store_body(self, id, begin, end, arena, out, err);
}

lode_corpus lode_corpus_of_store(lode_store *store) {
  static const lode_corpus_calls calls = {.stats = stats,
                                          .term = term,
                                          .prefix = prefix,
                                          .neighbours = lode_typo_in_store,
                                          .match = match,
                                          .titled = titled,
                                          .filter = lode_filter_documents,
                                          .want = want,
                                          .document = document,
                                          .chunks = chunks,
                                          .body = body};
  return (lode_corpus){&calls, store};
}
