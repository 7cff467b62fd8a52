/* What of a passage is shown: the sentence with the rarest words of the question, with what stands
 * beside it as far as there is room; without any word, its beginning. Bytes of the document's
 * text, as they are. */
#include <stdlib.h>
#include <string.h>

#include "index/chunk/sentence.h"
#include "index/search/run.h"

typedef struct span {
  size_t begin;
  size_t end;
} span;

typedef struct snippet {
  const lode_run *run;
  const lode_found_text *text;
  span passage;
  size_t room;
} snippet;

static bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t';
}

static bool is_middle(char c) {
  return ((unsigned char)c & 0xc0) == 0x80;
}

/* ---------------------------------------------------------------- sentences */

/* End of the sentence, or of the line, that text[at] is in. */
static size_t sentence_end(const snippet *s, size_t at) {
  const char *text = s->text->body.data;
  const char *line = memchr(text + at, '\n', s->passage.end - at);
  const size_t end = line != NULL ? (size_t)(line - text) : s->passage.end;
  const size_t stop = lode_sentence_end(text, s->passage.begin, end, at);
  return stop > at ? stop : end;
}

static size_t skip_space(const snippet *s, size_t at) {
  while (at < s->passage.end && is_space(s->text->body.data[at])) at++;
  return at;
}

/* What the matches in it are worth: each word once, and a little for its repetitions. */
static double worth(const snippet *s, span range, size_t *from) {
  const lode_terms *terms = &s->run->question->terms;
  double seen[LODE_QUERY_TERMS] = {0};
  double sum = 0;
  while (*from < s->text->match_count && s->text->matches[*from].begin < range.begin) ++*from;
  for (size_t i = *from; i < s->text->match_count; i++) {
    const lode_found_match *m = &s->text->matches[i];
    if (m->begin >= range.end) break;
    if (m->end > range.end || terms->units[m->unit].common) continue;
    sum += terms->units[m->unit].bound * (seen[m->unit] == 0 ? 1 : 0.05);
    seen[m->unit] = 1;
  }
  return sum;
}

/* The best sentence; the first, if none has a word. */
static span best_sentence(const snippet *s, bool *found) {
  size_t at = skip_space(s, s->passage.begin);
  span best = {at, at};
  double most = 0;
  size_t from = 0;
  *found = false;
  while (at < s->passage.end) {
    const span sentence = {at, sentence_end(s, at)};
    if (best.end == best.begin) best = sentence;
    const double value = s->text->match_count > 0 ? worth(s, sentence, &from) : 0;
    if (value > most) {
      most = value;
      best = sentence;
      *found = true;
    }
    at = skip_space(s, sentence.end);
  }
  return best;
}

/* ---------------------------------------------------------------- cutting */

/* Not in a character, and not in a word if there is a space near. */
static size_t cut_end(const snippet *s, size_t begin, size_t end) {
  const char *text = s->text->body.data;
  if (end >= s->passage.end) return s->passage.end;
  while (end > begin && is_middle(text[end])) end--;
  const size_t exact = end;
  while (end > begin + (exact - begin) / 2 && !is_space(text[end])) end--;
  if (!is_space(text[end])) return exact;
  while (end > begin && is_space(text[end - 1])) end--;
  return end > begin ? end : exact;
}

/* A sentence that is too long: from a little before its first match that has most of the matches
 * within the room behind it. */
static span cut_sentence(const snippet *s, span sentence) {
  const char *text = s->text->body.data;
  double most = -1;
  size_t begin = sentence.begin;
  for (size_t i = 0; i < s->text->match_count; i++) {
    const size_t at = s->text->matches[i].begin;
    if (at < sentence.begin || s->text->matches[i].end > sentence.end) continue;
    const span window = {at, at + s->room < sentence.end ? at + s->room : sentence.end};
    size_t from = i;
    const double value = worth(s, window, &from);
    if (value > most) {
      most = value;
      begin = at;
    }
  }
  const size_t lead = s->room / 4;
  if (begin > sentence.begin) {
    size_t earlier = begin - sentence.begin > lead ? begin - lead : sentence.begin;
    while (earlier < begin && is_middle(text[earlier])) earlier++;
    size_t word = earlier;
    while (word > sentence.begin && word < begin && !is_space(text[word - 1])) word++;
    begin = word < begin || lead == 0 ? word : earlier;
  }
  return (span){begin, cut_end(s, begin, begin + s->room)};
}

/* With the sentences behind it, then those before it, while there is room. */
static span widen(const snippet *s, span sentence) {
  span all = sentence;
  for (size_t at = skip_space(s, all.end); at < s->passage.end; at = skip_space(s, all.end)) {
    const size_t end = sentence_end(s, at);
    if (end - all.begin > s->room) break;
    all.end = end;
  }
  /* Sentences are known from their beginnings only, so look for the last one that fits. */
  size_t at = skip_space(s, s->passage.begin);
  while (at < sentence.begin && all.end - at > s->room) at = skip_space(s, sentence_end(s, at));
  if (at < all.begin) all.begin = at;
  return all;
}

/* ---------------------------------------------------------------- marks */

/* Matches in the range, joined where they overlap. */
static lode_status mark(const lode_run *run, const lode_found_match *matches, size_t count,
                        span range, lode_arena *arena, const lode_search_mark **out, size_t *n,
                        lode_error *err) {
  size_t first = 0;
  while (first < count && matches[first].end <= range.begin) first++;
  size_t last = first;
  while (last < count && matches[last].end <= range.end) last++;
  lode_search_mark *marks = lode_arena_array(arena, last - first, sizeof *marks);
  if (marks == NULL) return lode_error_nomem(err);
  *n = 0;
  for (size_t i = first; i < last; i++) {
    if (matches[i].begin < range.begin) continue;
    if (run->question->terms.units[matches[i].unit].common) continue;
    lode_search_mark m = {(uint32_t)(matches[i].begin - range.begin),
                          (uint32_t)(matches[i].end - range.begin)};
    /* They come by their ends: a longer one takes in those before it. */
    while (*n > 0 && marks[*n - 1].end > m.begin) {
      --*n;
      if (marks[*n].begin < m.begin) m.begin = marks[*n].begin;
      if (marks[*n].end > m.end) m.end = marks[*n].end;
    }
    marks[(*n)++] = m;
  }
  *out = marks;
  return LODE_OK;
}

static lode_status make(const lode_run *run, const lode_found_text *text,
                        const lode_store_chunk *chunk, lode_arena *arena, lode_search_passage *out,
                        lode_error *err) {
  snippet s = {.run = run,
               .text = text,
               .passage = {chunk->begin, chunk->end},
               .room = run->options.snippet};
  while (s.passage.end > s.passage.begin && is_space(text->body.data[s.passage.end - 1])) {
    s.passage.end--;
  }
  bool found;
  span range = best_sentence(&s, &found);
  if (range.end - range.begin > s.room) {
    range = found ? cut_sentence(&s, range)
                  : (span){range.begin, cut_end(&s, range.begin, range.begin + s.room)};
  } else {
    range = widen(&s, range);
  }
  out->snippet.size = range.end - range.begin;
  out->snippet.data = lode_arena_string(arena, text->body.data + range.begin, out->snippet.size);
  if (out->snippet.data == NULL) return lode_error_nomem(err);
  out->snippet_begin = (uint32_t)range.begin;
  out->cut_before = range.begin > skip_space(&s, s.passage.begin);
  out->cut_after = range.end < s.passage.end;
  if (text->match_count == 0) return LODE_OK;
  return mark(run, text->matches, text->match_count, range, arena, &out->marks, &out->mark_count,
              err);
}

/* A passage behind what was looked through is read for itself. */
lode_status lode_snippet_make(lode_run *run, const lode_store_document *document,
                              const lode_found_text *text, const lode_found_chunk *chunk,
                              lode_arena *arena, lode_search_passage *out, lode_error *err) {
  const lode_store_chunk *c = &chunk->chunk;
  if (c->end <= text->body.size) return make(run, text, c, arena, out, err);
  lode_found_text own = {0};
  lode_status status = run->corpus->calls->body(run->corpus->self, document->id, c->begin, c->end,
                                                arena, &own.body, err);
  if (status == LODE_OK) status = lode_matches_find(run, document->language, arena, &own, err);
  if (status != LODE_OK) return status;
  const lode_store_chunk all = {.end = (uint32_t)own.body.size};
  status = make(run, &own, &all, arena, out, err);
  out->snippet_begin += c->begin;
  return status;
}

/* ---------------------------------------------------------------- titles */

typedef struct title_matches {
  lode_found_match *list;
  size_t count;
  size_t capacity;
} title_matches;

static void collect(void *user, const lode_term_match *match) {
  title_matches *t = user;
  if (t->count == t->capacity) return;
  t->list[t->count++] = (lode_found_match){
      .begin = (uint32_t)match->begin, .end = (uint32_t)match->end, .unit = (uint32_t)match->unit};
}

lode_status lode_marks_make(lode_run *run, lode_text text, lode_language language,
                            lode_arena *arena, const lode_search_mark **marks, size_t *count,
                            lode_error *err) {
  enum { TITLE_MARKS = 64 };
  *marks = NULL;
  *count = 0;
  if (run->question == NULL) return LODE_OK;
  lode_found_match list[TITLE_MARKS];
  title_matches t = {.list = list, .capacity = TITLE_MARKS};
  if (!lode_terms_find(&run->question->terms, run->search->words, text.data, text.size, language,
                       collect, &t)) {
    return lode_error_nomem(err);
  }
  return mark(run, list, t.count, (span){0, text.size}, arena, marks, count, err);
}
