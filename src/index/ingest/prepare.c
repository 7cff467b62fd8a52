#include "index/ingest/prepare.h"

#include <stdio.h>
#include <string.h>

#include "base/sha256.h"
#include "index/ingest/metadata.h"

enum {
  MIN_CHUNK_TOKENS = 32,
  HEADING_BYTES = 512, /* of a path of headings */
  HEAD_SHARE = 4,      /* title and headings take at most this part of a chunk */
};

typedef struct preparer {
  const lode_index_document *given;
  const lode_ready_options *options;
  lode_ready_document *out;
  lode_chunks chunks;
  lode_error *err;
} preparer;

/* ---- counting without a model: runs between white space, long ones and others than ASCII in
 * pieces of some bytes, cut at characters */

typedef struct word_counter {
  lode_buffer spans;
} word_counter;

static lode_status count_words(void *user, const char *text, size_t size, const lode_span **spans,
                               size_t *count, lode_error *err) {
  enum { PIECE = 12 };
  word_counter *counter = user;
  size_t n = 0;
  for (size_t i = 0; i < size;) {
    if ((unsigned char)text[i] <= ' ') {
      i++;
      continue;
    }
    size_t end = i + 1;
    while (end < size && (unsigned char)text[end] > ' ' &&
           (end - i < PIECE || ((unsigned char)text[end] & 0xC0) == 0x80)) {
      end++;
    }
    if (!lode_buffer_reserve(&counter->spans, n + 1, sizeof(lode_span), n * sizeof(lode_span))) {
      return lode_error_nomem(err);
    }
    ((lode_span *)counter->spans.data)[n++] = (lode_span){(uint32_t)i, (uint32_t)end};
    i = end;
  }
  *spans = counter->spans.data;
  *count = n;
  return LODE_OK;
}

/* ---- title, language, headings */

static bool keep_title(preparer *p) {
  const lode_document *document = &p->out->document;
  const char *title = p->given->title ? p->given->title : document->title;
  if (!title) title = "";
  p->out->title = lode_arena_string(&p->out->arena, title, strlen(title));
  return p->out->title != NULL;
}

static void find_language(preparer *p) {
  const lode_document *document = &p->out->document;
  const char *tag = p->given->language ? p->given->language : document->language;
  p->out->language = tag ? lode_language_of_tag(tag, strlen(tag))
                         : lode_language_detect(document->text, document->size);
}

static bool keep_headings(preparer *p) {
  const lode_document *document = &p->out->document;
  size_t size = 1;
  for (size_t i = 0; i < document->heading_count; i++) {
    size += document->headings[i].end - document->headings[i].begin + 1;
  }
  char *all = lode_arena_alloc(&p->out->arena, size);
  if (!all) return false;
  char *at = all;
  for (size_t i = 0; i < document->heading_count; i++) {
    const size_t n = document->headings[i].end - document->headings[i].begin;
    memcpy(at, document->text + document->headings[i].begin, n);
    at += n;
    *at++ = '\n';
  }
  *at = '\0';
  p->out->headings = all;
  return true;
}

/* ---- what stands before a passage when it is embedded */

/* Title and path of headings, without what the passage begins with anyway. Returns its size. */
static size_t write_head(const preparer *p, uint32_t heading, const char *text, size_t text_size,
                         char out[2 * HEADING_BYTES]) {
  const char *title = p->out->title;
  size_t title_size = strlen(title);
  char path[HEADING_BYTES];
  const size_t path_size =
      lode_document_heading_path(&p->out->document, heading, path, sizeof path);
  const bool repeated = (title_size <= text_size && memcmp(text, title, title_size) == 0) ||
                        (title_size <= path_size && memcmp(path, title, title_size) == 0);
  if (repeated) title_size = 0;
  if (title_size > HEADING_BYTES - 2) {
    title_size = HEADING_BYTES - 2;
    while (title_size > 0 && ((unsigned char)title[title_size] & 0xC0) == 0x80) title_size--;
  }
  size_t n = 0;
  memcpy(out, title, title_size);
  n += title_size;
  if (title_size > 0) out[n++] = '\n';
  memcpy(out + n, path, path_size);
  n += path_size;
  if (path_size > 0) out[n++] = '\n';
  return n;
}

/* The heading whose path belongs before a chunk: not one that the chunk itself begins with. */
static uint32_t heading_above(const lode_document *document, const lode_chunk *chunk) {
  const lode_block *block = &document->blocks[chunk->block];
  if (block->kind != LODE_BLOCK_HEADING || block->heading == LODE_NO_HEADING) return chunk->heading;
  return document->headings[block->heading].parent;
}

/* Tokens of head[0..*size), which is cut to at most `most` of them. */
static lode_status cut_head(const preparer *p, const char *head, size_t *size, size_t most,
                            size_t *tokens) {
  const lode_token_counter *counter = p->options->counter;
  const lode_span *spans;
  size_t count;
  const lode_status status = counter->spans(counter->user, head, *size, &spans, &count, p->err);
  if (status != LODE_OK) return status;
  *tokens = count < most ? count : most;
  if (count > most) *size = spans[most].begin;
  return LODE_OK;
}

/* Tokens to leave for the longest head. */
static lode_status reserve_of(const preparer *p, uint32_t *out) {
  const lode_document *document = &p->out->document;
  const size_t most = p->options->chunk_tokens / HEAD_SHARE;
  size_t reserve = 0;
  char head[2 * HEADING_BYTES];
  for (size_t i = 0; i <= document->heading_count && reserve < most; i++) {
    const uint32_t heading = i < document->heading_count ? (uint32_t)i : LODE_NO_HEADING;
    size_t size = write_head(p, heading, "", 0, head);
    size_t tokens;
    const lode_status status = cut_head(p, head, &size, most, &tokens);
    if (status != LODE_OK) return status;
    if (tokens > reserve) reserve = tokens;
  }
  *out = (uint32_t)reserve;
  return LODE_OK;
}

/* ---- chunks */

static lode_status cut(preparer *p) {
  word_counter words = {{0}};
  const lode_token_counter simple = {.user = &words, .spans = count_words};
  const lode_token_counter *counter = p->options->counter;
  uint32_t reserve = 0;
  lode_status status = counter ? reserve_of(p, &reserve) : LODE_OK;
  const lode_chunk_options options = {.max_tokens = p->options->chunk_tokens - reserve,
                                      .overlap = p->options->overlap};
  if (status == LODE_OK) {
    status = lode_chunks_make(&p->out->document, &options, counter ? counter : &simple, &p->chunks,
                              p->err);
  }
  lode_buffer_free(&words.spans);
  return status;
}

static void digest_of(lode_text text, uint8_t out[16]) {
  lode_sha256 sha;
  uint8_t digest[32];
  lode_sha256_init(&sha);
  lode_sha256_update(&sha, text.data, text.size);
  lode_sha256_final(&sha, digest);
  memcpy(out, digest, 16);
}

static lode_status write_text(const preparer *p, const lode_chunk *chunk, lode_ready_chunk *ready) {
  const lode_document *document = &p->out->document;
  const char *passage = document->text + chunk->begin;
  const size_t size = chunk->end - chunk->begin;
  char head[2 * HEADING_BYTES];
  size_t head_size = write_head(p, heading_above(document, chunk), passage, size, head);
  size_t tokens;
  const lode_status status =
      cut_head(p, head, &head_size, p->options->chunk_tokens / HEAD_SHARE, &tokens);
  if (status != LODE_OK) return status;
  char *text = lode_arena_alloc(&p->out->arena, head_size + size);
  if (!text) return lode_error_nomem(p->err);
  memcpy(text, head, head_size);
  memcpy(text + head_size, passage, size);
  ready->text = (lode_text){text, head_size + size};
  digest_of(ready->text, ready->digest);
  return LODE_OK;
}

static lode_status finish_chunks(preparer *p) {
  lode_ready_document *out = p->out;
  out->chunks = lode_arena_array(&out->arena, p->chunks.count, sizeof *out->chunks);
  if (!out->chunks) return lode_error_nomem(p->err);
  for (size_t i = 0; i < p->chunks.count; i++) {
    const lode_chunk *chunk = &p->chunks.list[i];
    lode_ready_chunk *ready = &out->chunks[i];
    char path[HEADING_BYTES];
    const size_t n = lode_document_heading_path(&out->document, chunk->heading, path, sizeof path);
    ready->heading = lode_arena_string(&out->arena, path, n);
    if (!ready->heading) return lode_error_nomem(p->err);
    ready->anchor = chunk->anchor;
    ready->begin = chunk->begin;
    ready->end = chunk->end;
    ready->source_begin = chunk->source_begin;
    ready->source_end = chunk->source_end;
    if (p->options->counter) {
      const lode_status status = write_text(p, chunk, ready);
      if (status != LODE_OK) return status;
    }
  }
  out->chunk_count = p->chunks.count;
  return LODE_OK;
}

/* ---- all of it */

static lode_status read_document(preparer *p) {
  const lode_index_document *given = p->given;
  const char *name = lode_arena_string(&p->out->arena, given->id.data, given->id.size);
  if (!name) return lode_error_nomem(p->err);
  lode_document_options options = {.name = name, .charset = given->charset};
  if (given->format) {
    options.format = lode_format_of_name(given->format);
    if (options.format == LODE_FORMAT_AUTO) {
      return lode_error_set(p->err, LODE_E_ARG, -1, -1, "%s: unknown format \"%.40s\"", name,
                            given->format);
    }
  }
  return lode_document_read(&options, given->content.data, given->content.size, &p->out->document,
                            p->err);
}

lode_status lode_document_prepare(const lode_index_document *given,
                                  const lode_ready_options *options, lode_ready_document *out,
                                  lode_error *err) {
  if (options->chunk_tokens < MIN_CHUNK_TOKENS) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "chunks of %u tokens: at least %d are needed",
                          (unsigned)options->chunk_tokens, MIN_CHUNK_TOKENS);
  }
  preparer p = {.given = given, .options = options, .out = out, .err = err};
  *out = (lode_ready_document){0};
  lode_status status = read_document(&p);
  if (status == LODE_OK) {
    find_language(&p);
    if (!keep_title(&p) || !keep_headings(&p)) status = lode_error_nomem(err);
  }
  if (status == LODE_OK) {
    status = lode_metadata_join(&out->document, given->metadata, &out->arena, &out->metadata, err);
  }
  if (status == LODE_OK) status = cut(&p);
  if (status == LODE_OK) status = finish_chunks(&p);
  lode_chunks_free(&p.chunks);
  if (status != LODE_OK) lode_ready_document_free(out);
  return status;
}

void lode_ready_document_free(lode_ready_document *ready) {
  lode_document_free(&ready->document);
  lode_arena_free(&ready->arena);
  *ready = (lode_ready_document){0};
}

static void add_part(lode_sha256 *sha, const void *data, size_t size) {
  const uint64_t length = size;
  lode_sha256_update(sha, &length, sizeof length);
  lode_sha256_update(sha, data, size);
}

static void add_string(lode_sha256 *sha, const char *s) {
  add_part(sha, s ? s : "", s ? strlen(s) : 0);
}

void lode_document_digest(const lode_index_document *given, uint8_t digest[32]) {
  lode_sha256 sha;
  lode_sha256_init(&sha);
  add_part(&sha, given->content.data, given->content.size);
  add_string(&sha, given->format);
  add_string(&sha, given->charset);
  add_string(&sha, given->title);
  add_string(&sha, given->language);
  add_string(&sha, given->metadata);
  lode_sha256_final(&sha, digest);
}
