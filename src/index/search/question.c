#include "index/search/question.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "index/search/run.h"
#include "index/search/typo.h"

/* BM25 as FTS5 has it: no term gives more than its idf times k1 + 1, and none less than this. */
static const double bm25_saturation = 2.2;
static const double bm25_least = 1e-6;

enum {
  COMMON_DOCUMENTS = 20,  /* in smaller collections no word is too common to be highlighted */
  PRUNE_DOCUMENTS = 1000, /* in larger ones too common words are not looked up */
  FEW_WORDS = 2           /* so few are a name rather than a question */
};

/* ---------------------------------------------------------------- how rare the words are */

/* Documents that have a spelling, about. */
static lode_status count_spelling(const lode_corpus *corpus, const lode_spelling *s, int64_t all,
                                  int64_t *documents, lode_error *err) {
  const lode_text term = {s->term, s->size};
  return s->prefix ? corpus->calls->prefix(corpus->self, term, all, documents, err)
                   : corpus->calls->term(corpus->self, term, documents, err);
}

static double idf(int64_t documents, int64_t all) {
  const double value = log(((double)(all - documents) + 0.5) / ((double)documents + 0.5));
  return value > bm25_least ? value : bm25_least;
}

/* An atom is as frequent as its most frequent spelling (a stem has the documents of its words), a
 * phrase as its rarest atom. The expression of a unit has up to three parts, and BM25 adds them:
 * the words, the words with the last as a prefix, an identifier as a whole. */
static lode_status weigh_unit(const lode_corpus *corpus, lode_terms *terms, size_t unit,
                              int64_t all, lode_error *err) {
  lode_unit *u = &terms->units[unit];
  int64_t parts[3] = {-1, -1, -1};
  const lode_spelling *spellings = lode_terms_spellings(terms);
  size_t place = 0;
  for (size_t a = 0; a < terms->atom_count; a++) {
    if (terms->atoms[a].unit != unit) continue;
    int64_t plain = -1;
    for (size_t i = 0; i < terms->spelling_count; i++) {
      if (spellings[i].atom != a) continue;
      int64_t documents;
      const lode_status status = count_spelling(corpus, &spellings[i], all, &documents, err);
      if (status != LODE_OK) return status;
      if (documents > all) documents = all;
      if (spellings[i].prefix) {
        parts[1] = documents;
      } else if (documents > plain) {
        plain = documents;
      }
    }
    const size_t part = place++ < u->positions ? 0 : 2;
    if (plain >= 0 && (parts[part] < 0 || plain < parts[part])) parts[part] = plain;
  }
  for (size_t i = 0; i < 3; i++) {
    if (parts[i] > u->documents) u->documents = parts[i];
    if (parts[i] > 0) u->bound += bm25_saturation * idf(parts[i], all);
  }
  if (u->documents == 0) u->bound = bm25_saturation * idf(0, all);
  u->common = all >= COMMON_DOCUMENTS && u->documents > all / 2;
  return LODE_OK;
}

/* Words too common to matter are highlighted after all if there are no others. */
static lode_status weigh(const lode_corpus *corpus, struct lode_question_parts *parts, int64_t all,
                         lode_error *err) {
  lode_terms *terms = &parts->terms;
  bool all_common = true;
  parts->bound = 0;
  for (size_t i = 0; i < terms->unit_count; i++) {
    if (terms->units[i].positions == 0) continue;
    const lode_status status = weigh_unit(corpus, terms, i, all, err);
    if (status != LODE_OK) return status;
    parts->bound += terms->units[i].bound;
    all_common = all_common && (terms->units[i].common || terms->units[i].documents == 0);
  }
  for (size_t i = 0; i < terms->unit_count && all_common; i++) terms->units[i].common = false;
  return LODE_OK;
}

/* ---------------------------------------------------------------- expressions */

typedef bool term_choice(const struct lode_question_parts *parts, size_t term, bool prune);

static bool is_wanted(const struct lode_question_parts *parts, size_t term, bool prune) {
  const lode_unit *unit = &parts->terms.units[term];
  return !unit->negated && !(prune && unit->common && !unit->phrase);
}

static bool is_phrase(const struct lode_question_parts *parts, size_t term, bool prune) {
  (void)prune;
  return parts->terms.units[term].phrase && !parts->terms.units[term].negated;
}

static bool is_unwanted(const struct lode_question_parts *parts, size_t term, bool prune) {
  (void)prune;
  return parts->terms.units[term].negated;
}

static lode_expression express(const struct lode_question_parts *parts, term_choice *choose,
                               bool prune, bool all) {
  lode_expression expression = {.all = all};
  for (size_t i = 0; i < parts->query.count; i++) {
    if (!choose(parts, i, prune)) continue;
    expression.units |= UINT32_C(1) << i;
    expression.there = expression.there || parts->terms.units[i].any;
  }
  return expression;
}

static void express_all(struct lode_question_parts *parts, int64_t documents) {
  parts->any = express(parts, is_wanted, documents > PRUNE_DOCUMENTS, false);
  parts->phrases = express(parts, is_phrase, false, true);
  parts->every = (lode_expression){0};
  if (parts->query.count - parts->query.negated <= FEW_WORDS) {
    parts->every = express(parts, is_wanted, false, true);
  }
  parts->unwanted = express(parts, is_unwanted, false, false);
}

/* ---------------------------------------------------------------- the whole title */

typedef struct folding {
  lode_buffer *out;
  size_t size;
} folding;

static int add_folded(void *user, const lode_word *word) {
  folding *f = user;
  if (word->colocated) return 0;
  if (!lode_buffer_reserve(f->out, f->size + word->size + 1, 1, f->size)) return 1;
  char *p = (char *)f->out->data + f->size;
  memcpy(p, word->term, word->size);
  p[word->size] = '\0';
  f->size += word->size + 1;
  return 0;
}

bool lode_question_fold(lode_words *words, lode_text text, lode_buffer *out, size_t *size) {
  folding f = {.out = out};
  const lode_words_options options = {.mode = LODE_WORDS_QUERY};
  const int result = lode_words_split(words, text.data, text.size, &options, add_folded, &f);
  *size = f.size;
  return result == 0;
}

/* ---------------------------------------------------------------- reading */

/* Parse, split, weigh. */
static lode_status understand(lode_search *search, const lode_corpus *corpus, lode_text text,
                              bool typing, const lode_corpus_stats *stats,
                              struct lode_question_parts *parts, lode_error *err) {
  lode_query_parse(text.data, text.size, &parts->query);
  for (size_t i = 0; i < parts->query.count && !typing; i++) parts->query.terms[i].prefix = false;
  const lode_status status =
      lode_terms_make(search->words, &parts->query, stats->languages, &parts->terms, err);
  return status == LODE_OK ? weigh(corpus, parts, stats->documents, err) : status;
}

/* What a word that nobody has should be, or *size = 0. */
static lode_status correct_unit(const lode_corpus *corpus, const lode_terms *terms, size_t unit,
                                char *found, size_t *size, lode_error *err) {
  const lode_unit *u = &terms->units[unit];
  *size = 0;
  if (u->positions != 1 || u->phrase || u->negated || u->documents > 0) return LODE_OK;
  const lode_spelling *s = lode_terms_spellings(terms);
  for (size_t i = 0; i < terms->spelling_count; i++) {
    /* The first spelling of an atom is the word itself. */
    if (terms->atoms[s[i].atom].unit == unit) {
      return lode_typo_find(corpus, (lode_text){s[i].term, s[i].size}, found, size, err);
    }
  }
  return LODE_OK;
}

/* The text with its unknown words replaced, in the arena; corrections [*count]. */
static lode_status correct(const lode_corpus *corpus, struct lode_question_parts *parts,
                           lode_correction *corrections, size_t *count, lode_text *out,
                           lode_error *err) {
  const lode_query *q = &parts->query;
  *count = 0;
  char *text = lode_arena_alloc(&parts->arena, q->size + q->count * LODE_TERM_MAX + 1);
  if (text == NULL) return lode_error_nomem(err);
  size_t size = 0;
  size_t from = 0;
  for (size_t i = 0; i < q->count; i++) {
    const lode_query_term *t = &q->terms[i];
    char found[LODE_TERM_MAX];
    size_t found_size;
    const lode_status status = correct_unit(corpus, &parts->terms, i, found, &found_size, err);
    if (status != LODE_OK) return status;
    if (found_size == 0) continue;
    memcpy(text + size, q->text + from, t->begin - from);
    size += t->begin - from;
    lode_correction *c = &corrections[(*count)++];
    *c = (lode_correction){.begin = (uint32_t)size, .end = (uint32_t)(size + found_size)};
    c->typed.size = (size_t)(t->end - t->begin);
    c->typed.data = lode_arena_string(&parts->arena, q->text + t->begin, c->typed.size);
    if (c->typed.data == NULL) return lode_error_nomem(err);
    memcpy(text + size, found, found_size);
    size += found_size;
    from = t->end;
  }
  memcpy(text + size, q->text + from, q->size - from);
  *out = (lode_text){text, size + q->size - from};
  return LODE_OK;
}

/* Without minus words and quotation marks; all of it if there are none, however long. */
static lode_status to_embed(struct lode_question_parts *parts, lode_text *out, lode_error *err) {
  const lode_query *q = &parts->query;
  char *text = lode_arena_alloc(&parts->arena, q->size + q->count + 1);
  if (text == NULL) return lode_error_nomem(err);
  size_t size = 0;
  size_t last = 0;
  bool words = false;
  for (size_t i = 0; i < q->count; i++) {
    const lode_query_term *t = &q->terms[i];
    last = t->end;
    if (t->negated) continue;
    words = true;
    if (size > 0) text[size++] = ' ';
    memcpy(text + size, q->text + t->begin, (size_t)(t->end - t->begin));
    size += (size_t)(t->end - t->begin);
  }
  if (words && q->left_out > 0 && last < q->size) {
    memcpy(text + size, q->text + last, q->size - last);
    size += q->size - last;
  }
  *out = (lode_text){text, size};
  return LODE_OK;
}

static lode_status read_into(lode_search *search, const lode_corpus *corpus, lode_text text,
                             const lode_question_options *options, lode_question *out,
                             lode_error *err) {
  struct lode_question_parts *parts = out->parts;
  lode_corpus_stats stats;
  lode_status status = corpus->calls->stats(corpus->self, &stats, err);
  if (status != LODE_OK) return status;
  status = understand(search, corpus, text, options->typing, &stats, parts, err);
  if (status != LODE_OK) return status;
  out->left_out = parts->query.left_out;
  if (!options->no_correct && stats.documents > 0) {
    lode_correction *list =
        lode_arena_array(&parts->arena, LODE_QUERY_TERMS, sizeof(lode_correction));
    if (list == NULL) return lode_error_nomem(err);
    lode_text corrected = {0};
    status = correct(corpus, parts, list, &out->correction_count, &corrected, err);
    if (status != LODE_OK) return status;
    if (corrected.size > LODE_QUERY_BYTES) out->correction_count = 0;
    out->corrections = list;
    if (out->correction_count > 0) {
      status = understand(search, corpus, corrected, options->typing, &stats, parts, err);
      if (status != LODE_OK) return status;
    }
  }
  out->text.size = parts->query.size;
  out->text.data = lode_arena_string(&parts->arena, parts->query.text, parts->query.size);
  if (out->text.data == NULL) return lode_error_nomem(err);
  status = to_embed(parts, &out->embed, err);
  if (status != LODE_OK) return status;
  express_all(parts, stats.documents);
  if (!lode_question_fold(search->words, out->embed, &parts->title_terms, &parts->title_size)) {
    return lode_error_nomem(err);
  }
  if (parts->title_size > 0) parts->title = out->embed;
  return LODE_OK;
}

lode_status lode_question_read(lode_search *search, const lode_corpus *corpus, lode_text text,
                               const lode_question_options *options, lode_question *out,
                               lode_error *err) {
  static const lode_question_options defaults = {0};
  lode_question question = {.parts = calloc(1, sizeof *question.parts)};
  if (question.parts == NULL) return lode_error_nomem(err);
  const lode_status status =
      read_into(search, corpus, text, options != NULL ? options : &defaults, &question, err);
  if (status != LODE_OK) {
    lode_question_free(&question);
    return status;
  }
  lode_question_free(out);
  *out = question;
  return LODE_OK;
}

void lode_question_free(lode_question *question) {
  struct lode_question_parts *parts = question->parts;
  if (parts != NULL) {
    lode_arena_free(&parts->arena);
    lode_terms_free(&parts->terms);
    lode_buffer_free(&parts->title_terms);
    free(parts);
  }
  *question = (lode_question){0};
}
