/* What holds for every document and its chunks; and documents as text, to be compared. */
#ifndef LODE_TESTS_INDEX_DOCUMENT_H
#define LODE_TESTS_INDEX_DOCUMENT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "index_chunks.h"

#define must(condition) must_at((condition), #condition, __LINE__)
static inline void must_at(bool condition, const char *what, int line) {
  if (condition) return;
  fprintf(stderr, "index_document.h:%d: %s\n", line, what);
  abort();
}

/* `size`: of the file. */
static inline void check_document(const lode_document *d, size_t size) {
  must(lode_utf8_valid(d->text, d->size) == d->size);
  for (size_t i = 0; i < d->size; i++) {
    const unsigned char c = (unsigned char)d->text[i];
    must((c >= 0x20 && c != 0x7f) || c == '\n' || c == '\t');
  }
  uint32_t end = 0;
  size_t headings = 0;
  for (size_t i = 0; i < d->block_count; i++) {
    const lode_block *b = &d->blocks[i];
    must(b->begin < b->end && b->end <= d->size && b->begin >= end);
    must(i == 0 || (b->begin - end <= 2 && b->begin > end));
    must(b->source_begin <= b->source_end && b->source_end <= size);
    must(b->heading == LODE_NO_HEADING || b->heading < d->heading_count);
    if (b->kind == LODE_BLOCK_HEADING) {
      must(b->level >= 1 && b->level <= 6 && b->heading == headings);
      const lode_heading *h = &d->headings[headings++];
      must(h->begin == b->begin && h->end == b->end && h->block == i && h->level == b->level);
      must(h->parent == LODE_NO_HEADING ||
           (h->parent < headings - 1 && d->headings[h->parent].level < h->level));
    }
    size_t source_begin;
    size_t source_end;
    lode_document_source(d, b->begin, b->end, &source_begin, &source_end);
    must(source_begin == b->source_begin && source_end == b->source_end);
    end = b->end;
  }
  must(headings == d->heading_count);
  char path[64];
  if (headings > 0) {
    const size_t n = lode_document_heading_path(d, (uint32_t)headings - 1, path, sizeof path);
    must(n < sizeof path && path[n] == '\0' && lode_utf8_valid(path, n) == n);
  }
}

/* Chunks cover all text that has tokens, in order, none too large, cut at characters. */
static inline void check_chunks(const lode_document *d, const lode_chunks *chunks,
                                const lode_chunk_options *options, size_t size) {
  simple_tokens simple = {0};
  const lode_token_counter counter = simple_counter(&simple);
  uint32_t covered = 0;
  for (size_t i = 0; i < chunks->count; i++) {
    const lode_chunk *c = &chunks->list[i];
    must(c->begin < c->end && c->end <= d->size && c->end > covered);
    must(((unsigned char)d->text[c->begin] & 0xc0) != 0x80);
    must(c->end == d->size || ((unsigned char)d->text[c->end] & 0xc0) != 0x80);
    must(c->source_begin <= c->source_end && c->source_end <= size);
    must(c->block < d->block_count);
    must(c->heading == LODE_NO_HEADING || c->heading < d->heading_count);
    const lode_span *spans = NULL;
    size_t n = 0;
    must(counter.spans(&simple, d->text + c->begin, c->end - c->begin, &spans, &n, NULL) ==
         LODE_OK);
    must(n == c->tokens && n <= options->max_tokens);
    for (uint32_t at = covered; at < c->begin; at++) { /* what is left out is white space */
      must(d->text[at] == ' ' || d->text[at] == '\n' || d->text[at] == '\t');
    }
    covered = c->end;
  }
  for (size_t at = covered; at < d->size; at++) must((unsigned char)d->text[at] <= ' ');
  simple_tokens_free(&simple);
}

/* "p text", "h2#anchor text", "li text" …, one block a line, newlines as "\". From malloc. */
static inline char *render_document(const lode_document *d, bool anchors) {
  static const char *const kinds[] = {"p", "h", "li", "q", "code", "row"};
  char *out = malloc(4 * d->size + 512 * (d->block_count + 1));
  if (out == NULL) abort();
  size_t used = 0;
  for (size_t i = 0; i < d->block_count; i++) {
    const lode_block *b = &d->blocks[i];
    used += (size_t)snprintf(out + used, 400, "%s", kinds[b->kind]);
    if (b->level > 0) out[used++] = (char)('0' + b->level);
    if (anchors && b->anchor != NULL) used += (size_t)snprintf(out + used, 300, "#%s", b->anchor);
    out[used++] = ' ';
    for (uint32_t k = b->begin; k < b->end; k++) {
      out[used++] = (char)(d->text[k] == '\n' ? '\\' : d->text[k]);
    }
    out[used++] = '\n';
  }
  out[used] = '\0';
  return out;
}

/* Reads `data`, checks it and its chunks, and renders it; the document stays in *d. */
static inline char *read_and_render(const char *name, const void *data, size_t size, bool anchors,
                                    lode_document *d) {
  const lode_document_options options = {.name = name};
  lode_error err = {0};
  if (lode_document_read(&options, data, size, d, &err) != LODE_OK) {
    fprintf(stderr, "%s\n", err.text);
    abort();
  }
  check_document(d, size);
  simple_tokens simple = {0};
  const lode_token_counter counter = simple_counter(&simple);
  const lode_chunk_options chunk_options = {.max_tokens = 24, .overlap = 6};
  lode_chunks chunks = {0};
  must(lode_chunks_make(d, &chunk_options, &counter, &chunks, NULL) == LODE_OK);
  check_chunks(d, &chunks, &chunk_options, size);
  lode_chunks_free(&chunks);
  simple_tokens_free(&simple);
  return render_document(d, anchors);
}

/* What a fuzz target does with bytes: a document, or an error that says something. */
static inline void fuzz_document(const lode_document_options *options, const void *data,
                                 size_t size, uint32_t max_tokens) {
  lode_document d;
  lode_error err = {0};
  const lode_status status = lode_document_read(options, data, size, &d, &err);
  if (status != LODE_OK) {
    must(err.code == status && err.text[0] != '\0' && err.pos <= (int64_t)size);
    must(d.store == NULL);
    return;
  }
  check_document(&d, size);
  simple_tokens simple = {0};
  const lode_token_counter counter = simple_counter(&simple);
  const lode_chunk_options chunk_options = {.max_tokens = max_tokens, .overlap = max_tokens / 4};
  lode_chunks chunks = {0};
  must(lode_chunks_make(&d, &chunk_options, &counter, &chunks, NULL) == LODE_OK);
  check_chunks(&d, &chunks, &chunk_options, size);
  lode_chunks_free(&chunks);
  simple_tokens_free(&simple);
  lode_document_free(&d);
}

#endif
