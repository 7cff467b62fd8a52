/* A sealed index as what is searched, and what a question will need of it. */
#include <stdlib.h>
#include <string.h>

#include "index/sealed/reader.h"
#include "index/search/run.h"

/* Files that are fetched for a word's beginning before it is known whether there is one list. */
enum { RANGE_FILES = 3, FEW_WORDS = 2 };

static lode_status stats(void *self, lode_corpus_stats *out, lode_error *err) {
  const lode_sealed *s = self;
  (void)err;
  *out = (lode_corpus_stats){.documents = s->boot.documents, .languages = s->boot.languages};
  return LODE_OK;
}

/* ---------------------------------------------------------------- counting */

typedef struct count {
  lode_text key;
  int64_t documents;
  int64_t all;
  size_t terms;
  bool found;
} count;

static lode_status count_one(void *user, lode_text key, lode_cursor c, lode_error *err) {
  count *n = user;
  if (lode_key_compare(key, n->key) != 0) return LODE_OK;
  n->documents = (int64_t)lode_cursor_upto(&c, (uint64_t)n->all);
  n->found = true;
  return c.bad ? lode_error_set(err, LODE_E_FORMAT, -1, -1, "terms: damaged") : LODE_OK;
}

static lode_status term(void *self, lode_text text, int64_t *documents, lode_error *err) {
  lode_sealed *s = self;
  *documents = lode_sealed_common_of(&s->boot, text);
  if (*documents >= 0) return LODE_OK;
  count n = {.key = text, .all = s->boot.documents};
  const lode_status status =
      lode_sealed_scan(s, LODE_SEALED_TERMS, "LSD1", text, (lode_text){0}, count_one, &n, err);
  *documents = n.documents;
  return status;
}

static lode_status count_all(void *user, lode_text key, lode_cursor c, lode_error *err) {
  count *n = user;
  if (key.size > 0 && key.data[key.size - 1] == LODE_SEALED_BEGIN) return LODE_OK;
  n->documents += (int64_t)lode_cursor_upto(&c, (uint64_t)n->all);
  if (c.bad) return lode_error_set(err, LODE_E_FORMAT, -1, -1, "terms: damaged");
  return ++n->terms == LODE_PREFIX_TERMS ? LODE_E_CANCELLED : LODE_OK;
}

static lode_status prefix(void *self, lode_text text, int64_t all, int64_t *documents,
                          lode_error *err) {
  lode_sealed *s = self;
  char begin[LODE_TERM_MAX + 1];
  char end[LODE_TERM_MAX + 1];
  count n = {.key = lode_sealed_begin_key(text.data, text.size, begin), .all = s->boot.documents};
  lode_status status =
      lode_sealed_scan(s, LODE_SEALED_TERMS, "LSD1", n.key, (lode_text){0}, count_one, &n, err);
  if (status == LODE_OK && !n.found) {
    status = lode_sealed_scan(s, LODE_SEALED_TERMS, "LSD1", text,
                              lode_sealed_end_of(text.data, text.size, end), count_all, &n, err);
    if (n.terms == LODE_PREFIX_TERMS) n.documents = all;
  }
  *documents = n.documents < all ? n.documents : all;
  return status;
}

static lode_status neighbours(void *self, lode_typo *typo, lode_error *err) {
  return lode_sealed_neighbours(self, typo, err);
}

/* ---------------------------------------------------------------- finding */

static lode_status match(void *self, lode_words *words, const struct lode_question_parts *question,
                         const lode_expression *expression, size_t limit, lode_arena *arena,
                         lode_store_match **list, size_t *n, lode_error *err) {
  return lode_sealed_match(self, words, question, expression, limit, arena, list, n, err);
}

/* Postings as ids. */
static lode_status to_ids(const lode_postings *postings, lode_arena *arena, lode_ids *out,
                          lode_error *err) {
  out->list = lode_arena_array(arena, postings->count, sizeof *out->list);
  if (out->list == NULL) return lode_error_nomem(err);
  for (size_t i = 0; i < postings->count; i++) {
    out->list[i] = lode_postings_list(postings)[i].document;
  }
  out->count = postings->count;
  lode_ids_order(out);
  return LODE_OK;
}

static void title_key(const void *words, size_t size, char key[9]) {
  const uint64_t hash = lode_sealed_hash(words, size);
  key[0] = LODE_SEALED_TITLE;
  lode_sealed_number_key(hash, key + 1);
}

static lode_status titled(void *self, lode_words *words, const struct lode_question_parts *question,
                          lode_arena *arena, lode_ids *out, lode_error *err) {
  (void)words;
  char key[9];
  lode_postings postings = {0};
  title_key(question->title_terms.data, question->title_size, key);
  lode_status status = lode_sealed_listed(self, (lode_text){key, sizeof key}, &postings, err);
  if (status == LODE_OK) status = to_ids(&postings, arena, out, err);
  if (status == LODE_OK && out->count > LODE_TITLES) out->count = LODE_TITLES;
  lode_postings_free(&postings);
  return status;
}

/* ---------------------------------------------------------------- filters */

/* Size of the key of a field, written to key [LODE_SEALED_KEY_MAX]; 0: no such one is listed. */
static size_t field_key(const lode_search_field *field, char *key) {
  if (field->key.size + field->value.size + 2 > LODE_SEALED_KEY_MAX) return 0;
  key[0] = LODE_SEALED_FACET;
  memcpy(key + 1, field->key.data, field->key.size);
  key[1 + field->key.size] = '=';
  memcpy(key + 2 + field->key.size, field->value.data, field->value.size);
  return 2 + field->key.size + field->value.size;
}

static bool same_key(const lode_search_field *a, const lode_search_field *b) {
  return a->key.size == b->key.size && memcmp(a->key.data, b->key.data, a->key.size) == 0;
}

/* The documents with one of the values of fields[at]'s key. */
static lode_status having(lode_sealed *s, const lode_search_filter *filter, size_t at,
                          lode_arena *arena, lode_ids *out, lode_error *err) {
  char *key = lode_arena_alloc(arena, LODE_SEALED_KEY_MAX);
  if (key == NULL) return lode_error_nomem(err);
  lode_postings one = {0};
  *out = (lode_ids){0};
  lode_status status = LODE_OK;
  for (size_t i = at; i < filter->field_count && status == LODE_OK; i++) {
    if (!same_key(&filter->fields[i], &filter->fields[at])) continue;
    const size_t size = field_key(&filter->fields[i], key);
    one.count = 0;
    if (size > 0) status = lode_sealed_listed(s, (lode_text){key, size}, &one, err);
    if (status != LODE_OK || one.count == 0) continue;
    int64_t *all = lode_arena_array(arena, out->count + one.count, sizeof *all);
    if (all == NULL) {
      status = lode_error_nomem(err);
      break;
    }
    if (out->count > 0) memcpy(all, out->list, out->count * sizeof *all);
    for (size_t k = 0; k < one.count; k++) {
      all[out->count + k] = lode_postings_list(&one)[k].document;
    }
    *out = (lode_ids){all, out->count + one.count};
    lode_ids_order(out);
  }
  lode_postings_free(&one);
  return status;
}

static lode_status filter(void *self, const lode_search_filter *f, lode_arena *arena, lode_ids *out,
                          lode_error *err) {
  *out = (lode_ids){0};
  if (f->path_count > 0 || f->languages != 0 || f->modified_from != 0 || f->modified_to != 0) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "a sealed index is filtered by metadata only");
  }
  for (size_t i = 0; i < f->field_count; i++) {
    bool seen = false;
    for (size_t k = 0; k < i; k++) seen = seen || same_key(&f->fields[k], &f->fields[i]);
    if (seen) continue;
    lode_ids some;
    const lode_status status = having(self, f, i, arena, &some, err);
    if (status != LODE_OK) return status;
    size_t kept = 0;
    for (size_t k = 0; k < out->count && i > 0; k++) {
      if (lode_ids_has(&some, out->list[k])) out->list[kept++] = out->list[k];
    }
    if (i == 0) {
      *out = some;
    } else {
      out->count = kept;
    }
  }
  return LODE_OK;
}

/* ---------------------------------------------------------------- documents */

static lode_status want(void *self, const int64_t *documents, size_t n, lode_error *err) {
  return lode_sealed_want(self, documents, n, err);
}

static lode_status document(void *self, int64_t id, lode_arena *arena, lode_store_document *out,
                            lode_error *err) {
  return lode_sealed_document(self, id, arena, out, err);
}

static lode_status chunks(void *self, int64_t id, lode_arena *arena, lode_store_chunk **list,
                          size_t *n, lode_error *err) {
  return lode_sealed_chunks(self, id, arena, list, n, err);
}

static lode_status body(void *self, int64_t id, size_t begin, size_t end, lode_arena *arena,
                        lode_text *out, lode_error *err) {
  return lode_sealed_body(self, id, begin, end, arena, out, err);
}

lode_corpus lode_sealed_corpus(lode_sealed *sealed) {
  static const lode_corpus_calls calls = {.stats = stats,
                                          .term = term,
                                          .prefix = prefix,
                                          .neighbours = neighbours,
                                          .match = match,
                                          .titled = titled,
                                          .filter = filter,
                                          .want = want,
                                          .document = document,
                                          .chunks = chunks,
                                          .body = body};
  return (lode_corpus){&calls, sealed};
}

/* ---------------------------------------------------------------- asking ahead */

typedef struct asking {
  lode_sealed *sealed;
  bool missing;
} asking;

static lode_status ask_key(asking *a, lode_sealed_list list, lode_text key, lode_error *err) {
  return lode_sealed_ask_range(a->sealed, list, key, key, 1, &a->missing, err);
}

/* The files of a token's postings. Very common words are in the boot, and of no use in a question
 * of more words. */
static lode_status ask_token(asking *a, const lode_sealed_token *token, bool few, lode_error *err) {
  lode_status status = LODE_OK;
  for (size_t i = 0; i < token->count && status == LODE_OK; i++) {
    const lode_sealed_spelling *s = &token->spellings[i];
    const lode_text term_ = {s->term, s->size};
    char end[LODE_TERM_MAX + 1];
    char begin[LODE_TERM_MAX + 1];
    if (!s->prefix) {
      if (!few && lode_sealed_common_of(&a->sealed->boot, term_) >= 0) continue;
      status = ask_key(a, LODE_SEALED_TERMS, term_, err);
      continue;
    }
    const lode_text to = lode_sealed_end_of(s->term, s->size, end);
    const lode_sealed_entries *terms = &a->sealed->boot.lists[LODE_SEALED_TERMS];
    const lode_sealed_entry *first = lode_sealed_find(terms, term_);
    const lode_sealed_entry *last = lode_sealed_find(terms, to);
    status = ask_key(a, LODE_SEALED_TERMS, lode_sealed_begin_key(s->term, s->size, begin), err);
    if (status != LODE_OK || last == NULL) continue;
    const size_t from = first != NULL ? (size_t)(first - terms->list) : 0;
    if ((size_t)(last - terms->list) - from >= RANGE_FILES) continue;
    status = lode_sealed_ask_range(a->sealed, LODE_SEALED_TERMS, term_, to, RANGE_FILES,
                                   &a->missing, err);
  }
  return status;
}

static lode_status ask_words(asking *a, lode_words *words, const lode_query *query,
                             lode_arena *arena, lode_error *err) {
  lode_sealed_phrases phrases;
  const bool few = query->count - query->negated <= FEW_WORDS || a->sealed->boot.documents <= 1000;
  lode_status status = lode_sealed_phrases_make(words, query, UINT32_MAX, a->sealed->boot.languages,
                                                arena, &phrases, err);
  for (size_t i = 0; i < phrases.count && status == LODE_OK; i++) {
    const struct lode_sealed_phrase *p = &phrases.list[i];
    const bool phrase = query->terms[p->unit].phrase || query->terms[p->unit].negated;
    for (size_t t = 0; t < p->count && status == LODE_OK; t++) {
      const lode_sealed_token *token = &phrases.tokens[p->first + t];
      status = ask_token(a, token, few || phrase, err);
      if (status == LODE_OK && p->count > 1 && !p->compound) {
        status = lode_sealed_ask_positions(a->sealed, token, &a->missing, err);
      }
    }
    if (status == LODE_OK && p->compound) {
      status = lode_sealed_ask_compound(a->sealed, &phrases, p, &a->missing, err);
    }
  }
  return status;
}

/* The question as a title, without minus words and quotation marks. */
static lode_status ask_title(asking *a, lode_words *words, const lode_query *query,
                             lode_error *err) {
  lode_bytes text = {0};
  for (size_t i = 0; i < query->count; i++) {
    const lode_query_term *t = &query->terms[i];
    if (t->negated) continue;
    lode_bytes_add(&text, query->text + t->begin, (size_t)(t->end - t->begin));
    lode_bytes_add(&text, " ", 1);
  }
  lode_buffer folded = {0};
  size_t size = 0;
  lode_status status = LODE_OK;
  const lode_text title = {text.size > 0 ? text.buffer.data : "", text.size};
  if (text.failed || !lode_question_fold(words, title, &folded, &size)) {
    status = lode_error_nomem(err);
  } else if (size > 0) {
    char key[9];
    title_key(folded.data, size, key);
    status = ask_key(a, LODE_SEALED_TERMS, (lode_text){key, sizeof key}, err);
  }
  lode_buffer_free(&folded);
  lode_bytes_free(&text);
  return status;
}

static lode_status ask_all(asking *a, lode_words *words, const lode_sealed_asked *asked,
                           lode_arena *arena, lode_error *err) {
  lode_query *query = lode_arena_alloc(arena, sizeof *query);
  char *key = lode_arena_alloc(arena, LODE_SEALED_KEY_MAX);
  if (query == NULL || key == NULL) return lode_error_nomem(err);
  lode_query_parse(asked->text.data, asked->text.size, query);
  for (size_t i = 0; i < query->count && !asked->typing; i++) query->terms[i].prefix = false;
  lode_status status = ask_words(a, words, query, arena, err);
  if (status == LODE_OK) status = ask_title(a, words, query, err);
  const lode_sealed_entries *tables = &a->sealed->boot.lists[LODE_SEALED_TABLES];
  for (size_t i = 0; i < tables->count && status == LODE_OK; i++) {
    status = lode_sealed_ask(a->sealed, &tables->list[i], &a->missing, err);
  }
  for (size_t i = 0; i < asked->field_count && status == LODE_OK; i++) {
    const size_t size = field_key(&asked->fields[i], key);
    if (size > 0) status = ask_key(a, LODE_SEALED_TERMS, (lode_text){key, size}, err);
  }
  static const lode_sealed_list vectors[] = {LODE_SEALED_ROWS, LODE_SEALED_CENTRES,
                                             LODE_SEALED_PLACES};
  for (size_t l = 0; l < sizeof vectors / sizeof *vectors && asked->vectors; l++) {
    const lode_sealed_entries *files = &a->sealed->boot.lists[vectors[l]];
    for (size_t i = 0; i < files->count && status == LODE_OK; i++) {
      status = lode_sealed_ask(a->sealed, &files->list[i], &a->missing, err);
    }
  }
  return status;
}

lode_status lode_sealed_prepare(lode_sealed *sealed, lode_search *search,
                                const lode_sealed_asked *asked, lode_error *err) {
  asking a = {.sealed = sealed};
  lode_arena arena = {0};
  const lode_status status = ask_all(&a, search->words, asked, &arena, err);
  lode_arena_free(&arena);
  if (status != LODE_OK) return status;
  return a.missing ? LODE_E_BUSY : LODE_OK;
}
