#include "index/chunk/chunks.h"

#include <string.h>

#include "base/utf8.h"
#include "index/chunk/sentence.h"
#include "index/words/word_break.h"

/* How good a place to cut is, right before a token. */
enum { NEVER = 0, IN_WORD, WORD, SENTENCE, BLOCK, SECTION };

/* A token of the document. */
typedef struct token {
  uint32_t begin; /* in the document's text, white space left out */
  uint32_t block : 29;
  uint32_t strength : 3;
} token;

typedef struct cutter {
  const lode_document *doc;
  const lode_chunk_options *options;
  const lode_token_counter *counter;
  lode_buffer memory;
  token *tokens;
  size_t count;
  size_t min_tokens;
  lode_chunks *out;
} cutter;

void lode_chunks_free(lode_chunks *chunks) {
  lode_buffer_free(&chunks->memory);
  *chunks = (lode_chunks){0};
}

/* ---------------------------------------------------------------- tokens */

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Characters of scripts without spaces are words of their own. */
static bool is_alone(const char *text, size_t at) {
  const char *p = text + at;
  const uint8_t property = lode_word_property(lode_utf8_next(&p));
  return (property & LODE_WORD_NGRAM) != 0 && (property & LODE_WORD_BREAK_MASK) != WB_EXTEND;
}

/* The strength of a cut at text[at], in a block and not at its begin. */
static unsigned strength_at(const lode_document *doc, const lode_block *block, size_t at) {
  const char *text = doc->text;
  if (((unsigned char)text[at] & 0xc0) == 0x80) return NEVER;
  const bool lines = block->kind == LODE_BLOCK_CODE;
  const bool spaced = is_space(text[at - 1]);
  if (lines) {
    size_t line = at;
    while (line > block->begin && (text[line - 1] == ' ' || text[line - 1] == '\t')) line--;
    if (line == block->begin || text[line - 1] == '\n') return SENTENCE;
    return spaced ? WORD : IN_WORD;
  }
  if (lode_sentence_begins(text, block->begin, block->end, at)) return SENTENCE;
  if (spaced && text[at - 1] == '\n') return WORD;
  if (spaced || is_alone(text, at)) return WORD;
  return IN_WORD;
}

static lode_status add_block(cutter *c, size_t index, lode_error *err) {
  const lode_block *block = &c->doc->blocks[index];
  const char *text = c->doc->text;
  const lode_span *spans;
  size_t n;
  const lode_status status = c->counter->spans(c->counter->user, text + block->begin,
                                               block->end - block->begin, &spans, &n, err);
  if (status != LODE_OK) return status;
  if (!lode_buffer_reserve(&c->memory, c->count + n, sizeof(token), c->count * sizeof(token))) {
    return lode_error_nomem(err);
  }
  c->tokens = c->memory.data;
  for (size_t i = 0; i < n; i++) {
    size_t at = block->begin + (size_t)spans[i].begin;
    const size_t end = block->begin + (size_t)spans[i].end;
    while (at + 1 < end && is_space(text[at])) at++; /* tokens may begin with a space */
    unsigned strength = block->kind == LODE_BLOCK_HEADING ? SECTION : BLOCK;
    if (i > 0) strength = at > block->begin ? strength_at(c->doc, block, at) : NEVER;
    if (i > 0 && at == c->tokens[c->count - 1].begin) strength = NEVER; /* a second one there */
    if (i == 0) at = block->begin;
    c->tokens[c->count++] = (token){(uint32_t)at, (uint32_t)index & 0x1fffffff, strength & 7};
  }
  return LODE_OK;
}

/* ---------------------------------------------------------------- where to cut */

static bool is_heading(const cutter *c, size_t i) {
  return c->doc->blocks[c->tokens[i].block].kind == LODE_BLOCK_HEADING;
}

/* A heading is not parted from what it is above. */
static unsigned strength_of(const cutter *c, size_t i) {
  const unsigned strength = c->tokens[i].strength;
  const bool below_heading = strength >= BLOCK && is_heading(c, i - 1);
  return below_heading ? IN_WORD : strength;
}

/* The last of the strongest cuts in low..high; 0: none of `least` or more. */
static size_t best_cut(const cutter *c, size_t low, size_t high, unsigned least) {
  size_t best = 0;
  unsigned most = least;
  for (size_t i = high; i >= low && i > 0; i--) {
    const unsigned strength = strength_of(c, i);
    if (strength < most || (strength == most && best != 0)) continue;
    best = i;
    most = strength;
    if (most == SECTION) break;
  }
  return best;
}

/* Where the chunk ends that begins at token `first` and has `room` for tokens: behind `after`,
 * where the last chunk ended. */
static size_t choose_end(const cutter *c, size_t first, size_t after, size_t room) {
  const size_t limit = c->count - first < room ? c->count : first + room;
  const size_t least = (after > first ? after : first) + 1;
  /* The end of the section, if there is enough of it. */
  for (size_t i = least; i < limit; i++) {
    if (i - first >= c->min_tokens && strength_of(c, i) == SECTION) return i;
  }
  if (limit == c->count) return limit;
  const size_t half = first + (room + 1) / 2;
  size_t end = best_cut(c, half > least ? half : least, limit, SENTENCE);
  if (end == 0) end = best_cut(c, least, limit, WORD);
  if (end == 0) end = best_cut(c, least, limit, IN_WORD);
  if (end != 0) return end;
  end = least; /* one character has more tokens than there is room */
  while (end < c->count && c->tokens[end].strength == NEVER) end++;
  return end;
}

/* Where the next chunk begins, if the last one ended at token `end`. */
static size_t choose_begin(const cutter *c, size_t first, size_t end) {
  if (end == c->count || strength_of(c, end) == SECTION) return end;
  size_t low = end - first > c->options->overlap ? end - c->options->overlap : first + 1;
  if (low <= first) low = first + 1;
  for (size_t i = end; i > low; i--) { /* nothing is repeated from another section */
    if (c->tokens[i - 1].strength == SECTION) {
      low = i - 1;
      break;
    }
  }
  size_t word = end;
  for (size_t i = low; i < end; i++) {
    if (c->tokens[i].strength >= SENTENCE) return i;
    if (c->tokens[i].strength == WORD && word == end) word = i;
  }
  return word;
}

/* ---------------------------------------------------------------- chunks */

static void describe(const cutter *c, size_t first, size_t end, lode_chunk *chunk) {
  const lode_document *doc = c->doc;
  *chunk = (lode_chunk){.begin = c->tokens[first].begin, .block = c->tokens[first].block};
  size_t stop = end < c->count ? c->tokens[end].begin : doc->blocks[doc->block_count - 1].end;
  while (stop > chunk->begin && is_space(doc->text[stop - 1])) stop--;
  chunk->end = (uint32_t)stop;
  /* What it is about: the first text in it that is no heading. */
  size_t about = chunk->block;
  const size_t last = c->tokens[end - 1].block;
  while (about < last && doc->blocks[about].kind == LODE_BLOCK_HEADING) about++;
  chunk->heading = doc->blocks[about].heading;
  chunk->anchor = doc->blocks[about].anchor;
  size_t source_begin;
  size_t source_end;
  lode_document_source(doc, chunk->begin, chunk->end, &source_begin, &source_end);
  chunk->source_begin = (uint32_t)source_begin;
  chunk->source_end = (uint32_t)source_end;
}

static lode_status count_tokens(const cutter *c, size_t first, size_t end, lode_chunk *chunk,
                                lode_error *err) {
  chunk->tokens = (uint32_t)(end - first);
  const bool in_word = end < c->count && c->tokens[end].strength <= IN_WORD;
  const bool from_word = c->tokens[first].strength <= IN_WORD;
  if (c->counter->additive && !in_word && !from_word) return LODE_OK;
  const lode_span *spans;
  size_t n;
  const lode_status status =
      c->counter->spans(c->counter->user, c->doc->text + chunk->begin,
                        (size_t)(chunk->end - chunk->begin), &spans, &n, err);
  if (status == LODE_OK) chunk->tokens = (uint32_t)n;
  return status;
}

/* The chunk from token *first on, which may be moved up to `after`; *end is where it ends. */
static lode_status fit(const cutter *c, size_t *first, size_t after, size_t *end, lode_chunk *chunk,
                       lode_error *err) {
  const size_t most = c->options->max_tokens;
  size_t room = most;
  for (;;) {
    *end = choose_end(c, *first, after, room);
    describe(c, *first, *end, chunk);
    const lode_status status = count_tokens(c, *first, *end, chunk, err);
    if (status != LODE_OK || chunk->tokens <= most) return status;
    /* Cut out, it has more tokens than it had in its place. */
    const size_t excess = chunk->tokens - most;
    const size_t had = *end - *first;
    if (had == 1 || room == 1) return LODE_OK;
    room = had > excess ? had - excess : 1;
    if (*first < after && *first + room <= after) { /* then without repeating anything */
      *first = after;
      room = most;
    }
  }
}

/* One chunk; *first and *after are where it begins and the last one ended, and move on. */
static lode_status cut_one(cutter *c, size_t *first, size_t *after, lode_error *err) {
  lode_chunk chunk;
  size_t end;
  const lode_status status = fit(c, first, *after, &end, &chunk, err);
  if (status != LODE_OK) return status;
  lode_chunks *out = c->out;
  if (!lode_buffer_reserve(&out->memory, out->count + 1, sizeof chunk, out->count * sizeof chunk)) {
    return lode_error_nomem(err);
  }
  out->list = out->memory.data;
  out->list[out->count++] = chunk;
  *first = choose_begin(c, *first, end);
  *after = end;
  return LODE_OK;
}

lode_status lode_chunks_make(const lode_document *document, const lode_chunk_options *options,
                             const lode_token_counter *counter, lode_chunks *out, lode_error *err) {
  if (options->max_tokens < 8 || options->overlap > options->max_tokens / 2) {
    return lode_error_set(err, LODE_E_ARG, -1, -1,
                          "chunks of %u tokens with %u repeated: at least 8, at most half",
                          options->max_tokens, options->overlap);
  }
  out->count = 0;
  cutter c = {.doc = document, .options = options, .counter = counter, .out = out};
  c.min_tokens = options->min_tokens != 0 ? options->min_tokens : options->max_tokens / 4;
  lode_status status = LODE_OK;
  for (size_t i = 0; i < document->block_count && status == LODE_OK; i++) {
    status = add_block(&c, i, err);
  }
  size_t first = 0;
  size_t after = 0;
  while (after < c.count && status == LODE_OK) status = cut_one(&c, &first, &after, err);
  lode_buffer_free(&c.memory);
  if (status != LODE_OK) lode_chunks_free(out);
  return status;
}
