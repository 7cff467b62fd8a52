/* A question's terms as FTS5 takes their expression apart: query.c's put_term writes the same as
 * text. */
#include <string.h>

#include "index/sealed/reader.h"

/* Phrases and tokens of all 32 terms, at most; spellings go to the arena one by one. */
typedef struct maker {
  lode_arena *arena;
  lode_sealed_phrases *out;
  size_t token_capacity;
  lode_sealed_spelling *open; /* of the last token */
  size_t open_capacity;
  bool failed;
} maker;

enum { SPELLINGS = 64 };

static int add_word(void *user, const lode_word *word) {
  maker *m = user;
  lode_sealed_phrases *out = m->out;
  struct lode_sealed_phrase *phrase = &out->list[out->count];
  if (!word->colocated || phrase->count == 0) {
    if (out->token_count == m->token_capacity) {
      const size_t more = m->token_capacity * 2 + 32;
      lode_sealed_token *tokens = lode_arena_array(m->arena, more, sizeof *tokens);
      m->failed = tokens == NULL;
      if (m->failed) return 1;
      if (out->token_count > 0) {
        memcpy(tokens, out->tokens, out->token_count * sizeof *tokens);
      }
      out->tokens = tokens;
      m->token_capacity = more;
    }
    out->tokens[out->token_count++] = (lode_sealed_token){0};
    phrase->count++;
  }
  lode_sealed_token *token = &out->tokens[out->token_count - 1];
  if (token->count == SPELLINGS) return 0;
  lode_sealed_spelling *spellings = lode_arena_array(m->arena, token->count + 1, sizeof *spellings);
  m->failed = spellings == NULL;
  if (m->failed) return 1;
  if (token->count > 0) memcpy(spellings, token->spellings, token->count * sizeof *spellings);
  memcpy(spellings[token->count].term, word->term, word->size);
  spellings[token->count].size = word->size;
  token->spellings = spellings;
  token->count++;
  return 0;
}

static bool is_ascii(lode_text text) {
  for (size_t i = 0; i < text.size; i++) {
    if ((unsigned char)text.data[i] >= 0x80) return false;
  }
  return true;
}

/* "text", or "text" *: all spellings of the last word are then beginnings. */
static bool add_phrase(maker *m, lode_words *words, size_t unit, lode_text text, bool prefix,
                       lode_languages languages) {
  lode_sealed_phrases *out = m->out;
  out->list[out->count] = (struct lode_sealed_phrase){.unit = unit, .first = out->token_count};
  const lode_words_options options = {.mode = prefix ? LODE_WORDS_PREFIX : LODE_WORDS_QUERY,
                                      .languages = languages};
  if (lode_words_split(words, text.data, text.size, &options, add_word, m) != 0) return false;
  if (out->list[out->count].count == 0) return true;
  const lode_sealed_token *last = &out->tokens[out->token_count - 1];
  for (size_t i = 0; i < last->count && prefix; i++) {
    ((lode_sealed_spelling *)last->spellings)[i].prefix = true;
  }
  out->count++;
  return true;
}

static bool add_term(maker *m, lode_words *words, const lode_query *query, size_t unit,
                     lode_languages languages) {
  const lode_query_term *t = &query->terms[unit];
  const lode_text text = {query->text + t->begin, (size_t)(t->end - t->begin)};
  lode_words_shape shape;
  if (!lode_words_shape_of(words, text.data, text.size, &shape)) return false;
  if (shape.positions == 0) return true;
  const bool whole = shape.whole_size > 0 && !t->phrase;
  const bool prefix = (t->prefix || shape.single_ngram) && !whole;
  struct lode_sealed_phrase *p = &m->out->list[m->out->count];
  if (!add_phrase(m, words, unit, text, false, languages)) return false;
  if (prefix && !add_phrase(m, words, unit, text, true, languages)) return false;
  if (!whole) return true;
  /* The writer lists names by their words alone: what else stemmers see in a word, accents, has to
   * be nothing. */
  p->compound = !t->negated && is_ascii(text) && p->count > 1 && p->count <= LODE_SEALED_COMPOUND;
  return add_phrase(m, words, unit, (lode_text){shape.whole, shape.whole_size}, t->prefix,
                    languages);
}

lode_status lode_sealed_phrases_make(lode_words *words, const lode_query *query, uint32_t units,
                                     lode_languages languages, lode_arena *arena,
                                     lode_sealed_phrases *out, lode_error *err) {
  *out = (lode_sealed_phrases){0};
  maker m = {.arena = arena, .out = out};
  out->list = lode_arena_array(arena, 3 * (size_t)LODE_QUERY_TERMS + 1, sizeof *out->list);
  if (out->list == NULL) return lode_error_nomem(err);
  for (size_t i = 0; i < query->count; i++) {
    if ((units >> i & 1) == 0) continue;
    if (!add_term(&m, words, query, i, languages)) return lode_error_nomem(err);
  }
  return LODE_OK;
}
