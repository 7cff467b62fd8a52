#include "index/sealed/write_texts.h"

#include <string.h>

enum { TEXT_TARGET = 8 << 10, ROWS_TARGET = 256 << 10 };

void lode_sealed_texts_begin(lode_sealed_texts *t, const lode_sealed_sink *sink, const char *base,
                             const char *root) {
  *t = (lode_sealed_texts){.sink = sink, .base = base, .root = root};
}

void lode_sealed_texts_gather(lode_sealed_texts *t) {
  t->lists = true;
}

lode_sealed_listing lode_sealed_texts_gathered(const lode_sealed_texts *t) {
  return (lode_sealed_listing){
      .count = t->owner_count, .owners = t->owners.data, .rows = &t->rows, .scales = &t->scales};
}

void lode_sealed_texts_free(lode_sealed_texts *t) {
  lode_bytes_free(&t->file);
  lode_bytes_free(&t->record);
  lode_bytes_free(&t->scratch);
  lode_bytes_free(&t->table);
  lode_bytes_free(&t->table_words);
  lode_bytes_free(&t->table_files);
  lode_bytes_free(&t->heads);
  lode_bytes_free(&t->scales);
  lode_bytes_free(&t->rows);
  lode_buffer_free(&t->owners);
  lode_buffer_free(&t->files);
  lode_buffer_free(&t->tables);
  lode_buffer_free(&t->row_files);
  lode_arena_free(&t->arena);
}

/* A file, put, at the end of a list; *bytes grows. key: a number, or UINT64_MAX for none. */
static lode_status put(lode_sealed_texts *t, const lode_bytes *file, uint64_t key,
                       lode_buffer *list, size_t *count, uint64_t *bytes, lode_error *err) {
  lode_sealed_entry entry = {.key = {"", 0}};
  const lode_status status = lode_sealed_put(t->sink, file, &entry, err);
  if (status != LODE_OK) return status;
  if (key != UINT64_MAX) {
    char *name = lode_arena_alloc(&t->arena, 8);
    if (name == NULL) return lode_error_nomem(err);
    lode_sealed_number_key(key, name);
    entry.key = (lode_text){name, 8};
  }
  if (!lode_buffer_reserve(list, *count + 1, sizeof entry, *count * sizeof entry)) {
    return lode_error_nomem(err);
  }
  ((lode_sealed_entry *)list->data)[(*count)++] = entry;
  *bytes += file->size;
  return LODE_OK;
}

/* ---------------------------------------------------------------- text files */

static lode_status end_text(lode_sealed_texts *t, lode_error *err) {
  if (t->file_documents == 0) return LODE_OK;
  const lode_status status =
      put(t, &t->file, UINT64_MAX, &t->files, &t->file_count, &t->text_bytes, err);
  t->file.size = 0;
  t->file_documents = 0;
  return status;
}

/* What is behind the root, without slashes in front; false: the document is not below it. */
static bool below_root(const lode_sealed_texts *t, lode_text key, lode_text *out) {
  const size_t n = t->root != NULL ? strlen(t->root) : 0;
  if (t->root == NULL || key.size <= n || memcmp(key.data, t->root, n) != 0) return false;
  key = (lode_text){key.data + n, key.size - n};
  while (key.size > 0 && key.data[0] == '/') key = (lode_text){key.data + 1, key.size - 1};
  *out = key;
  return true;
}

/* "docs/index.html" is "docs/": what a link to it would be. */
static void make_url(const lode_sealed_texts *t, lode_text path, lode_bytes *out) {
  static const char index[] = "index.html";
  static const char digits[] = "0123456789ABCDEF";
  const size_t end = sizeof index - 1;
  if (path.size >= end && memcmp(path.data + path.size - end, index, end) == 0 &&
      (path.size == end || path.data[path.size - end - 1] == '/')) {
    path.size -= end;
  }
  if (t->base != NULL) lode_bytes_add(out, t->base, strlen(t->base));
  for (size_t i = 0; i < path.size; i++) { /* what a URL's path cannot have */
    const unsigned char c = (unsigned char)path.data[i];
    if (c > ' ' && c < 0x7f && strchr("\"#%<>?[\\]^`{|}", c) == NULL) {
      lode_bytes_add(out, &path.data[i], 1);
    } else {
      const char escaped[3] = {'%', digits[c >> 4], digits[c & 15]};
      lode_bytes_add(out, escaped, sizeof escaped);
    }
  }
}

static uint64_t with_sign(int64_t value) {
  return value < 0 ? (uint64_t)-value << 1 | 1 : (uint64_t)value << 1;
}

static void write_chunks(const lode_sealed_text *text, lode_bytes *out) {
  uint32_t begin = 0;
  uint32_t source = 0;
  lode_text path = {"", 0};
  lode_text anchor = {"", 0};
  lode_bytes_number(out, text->chunk_count);
  for (size_t i = 0; i < text->chunk_count; i++) {
    const lode_store_chunk *c = &text->chunks[i];
    lode_text next_path = c->path.size <= LODE_SEALED_KEY_MAX ? c->path : (lode_text){"", 0};
    lode_text next_anchor = c->anchor.size <= LODE_SEALED_KEY_MAX ? c->anchor : (lode_text){"", 0};
    lode_bytes_number(out, c->begin - begin);
    lode_bytes_number(out, c->end - c->begin);
    lode_bytes_number(out, with_sign((int64_t)c->source_begin - source));
    lode_bytes_number(out, c->source_end > c->source_begin ? c->source_end - c->source_begin : 0);
    lode_bytes_rest(out, path, next_path);
    lode_bytes_rest(out, anchor, next_anchor);
    lode_bytes_number(out, text->vectors != NULL && c->segment != 0);
    begin = c->begin;
    source = c->source_begin;
    path = next_path;
    anchor = next_anchor;
  }
}

static void write_record(lode_sealed_texts *t, const lode_sealed_text *text) {
  const lode_store_document *d = text->document;
  lode_bytes *out = &t->record;
  out->size = 0;
  lode_text key = d->key;
  t->scratch.size = 0;
  if (below_root(t, d->key, &key)) {
    make_url(t, key, &t->scratch);
  } else {
    lode_bytes_add(&t->scratch, d->url.data, d->url.size);
  }
  t->key = key;
  lode_bytes_text(out, key);
  lode_bytes_text(out, (lode_text){t->scratch.buffer.data, t->scratch.size});
  lode_bytes_text(out, d->title);
  lode_bytes_text(out, d->metadata);
  lode_bytes_number(out, (uint64_t)d->language);
  lode_bytes_number(out, (uint64_t)d->format);
  lode_bytes_number(out, text->body.size);
  write_chunks(text, out);
  const size_t here = text->body.size < LODE_SEALED_PART ? text->body.size : LODE_SEALED_PART;
  lode_bytes_add(out, text->body.data, here);
  out->failed = out->failed || t->scratch.failed;
}

/* The rest of a long body, in files of their own. */
static lode_status write_parts(lode_sealed_texts *t, const lode_sealed_text *text,
                               lode_error *err) {
  lode_status status = end_text(t, err);
  for (size_t at = LODE_SEALED_PART; at < text->body.size && status == LODE_OK;
       at += LODE_SEALED_PART) {
    const size_t left = text->body.size - at;
    t->file.size = 0;
    lode_bytes_add(&t->file, "LSM1", LODE_SEALED_KIND);
    lode_bytes_number(&t->file, (uint64_t)text->document->id);
    lode_bytes_add(&t->file, text->body.data + at,
                   left < LODE_SEALED_PART ? left : LODE_SEALED_PART);
    status = put(t, &t->file, UINT64_MAX, &t->files, &t->file_count, &t->text_bytes, err);
  }
  t->file.size = 0;
  return status;
}

/* ---------------------------------------------------------------- tables */

static lode_status end_table(lode_sealed_texts *t, lode_error *err) {
  lode_status status = end_text(t, err);
  if (status != LODE_OK || t->table_documents == 0) return status;
  lode_bytes file = {0};
  lode_bytes_add(&file, "LST1", LODE_SEALED_KIND);
  lode_bytes_number(&file, t->file_count);
  for (size_t i = 0; i < t->file_count; i++) {
    const lode_sealed_entry *entry = (const lode_sealed_entry *)t->files.data + i;
    lode_bytes_add(&file, entry->name + LODE_SEALED_NUMBERED, LODE_SEALED_TEXT_NAME);
  }
  lode_bytes_number(&file, t->table_documents);
  lode_bytes *const columns[] = {&t->table, &t->table_words, &t->table_files};
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
    lode_bytes_add(&file, lode_bytes_data(columns[i]), columns[i]->size);
    file.failed = file.failed || columns[i]->failed;
    columns[i]->size = 0;
  }
  status = put(t, &file, t->table_number * LODE_SEALED_TABLE, &t->tables, &t->table_count,
               &t->table_bytes, err);
  lode_bytes_free(&file);
  t->table_documents = 0;
  t->file_count = 0;
  t->last_file = 0;
  return status;
}

static lode_status begin_document(lode_sealed_texts *t, uint64_t number, lode_error *err) {
  const uint64_t table = number / LODE_SEALED_TABLE;
  if (t->table_documents > 0 && table == t->table_number) return LODE_OK;
  const lode_status status = end_table(t, err);
  t->table_number = table;
  t->last = table * LODE_SEALED_TABLE - 1; /* wraps for the first, on purpose */
  return status;
}

/* ---------------------------------------------------------------- vectors */

static lode_status end_rows(lode_sealed_texts *t, lode_error *err) {
  if (t->row_documents == 0) return LODE_OK;
  lode_bytes file = {0};
  lode_bytes_add(&file, "LSV1", LODE_SEALED_KIND);
  lode_bytes_number(&file, t->row_documents);
  lode_bytes_add(&file, lode_bytes_data(&t->heads), t->heads.size);
  lode_bytes_add(&file, lode_bytes_data(&t->scales), t->scales.size);
  lode_bytes_add(&file, lode_bytes_data(&t->rows), t->rows.size);
  file.failed = file.failed || t->heads.failed || t->scales.failed || t->rows.failed;
  const lode_status status =
      put(t, &file, t->row_first, &t->row_files, &t->row_file_count, &t->row_bytes, err);
  lode_bytes_free(&file);
  t->heads.size = t->scales.size = t->rows.size = 0;
  t->row_documents = 0;
  t->row_last = 0;
  return status;
}

static lode_status add_row(lode_sealed_texts *t, const lode_store_vectors *v,
                           const lode_store_chunk *chunk, lode_error *err) {
  size_t s = 0;
  while (s < v->count && v->ids[s] != chunk->segment) s++;
  if (s == v->count || chunk->row >= v->segments[s].count) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1, "a passage's vector is not there");
  }
  const lode_vectors_segment *segment = &v->segments[s];
  if (v->dtype == LODE_DTYPE_I8) {
    float scale;
    memcpy(&scale, segment->scales + chunk->row, sizeof scale);
    lode_bytes_float(&t->scales, scale);
    lode_bytes_add(&t->rows, (const int8_t *)segment->rows + chunk->row * v->dim, v->dim);
    return LODE_OK;
  }
  lode_buffer made = {0};
  const size_t size = v->dim * sizeof(float);
  if (!lode_buffer_reserve(&made, size + v->dim, 1, 0)) return lode_error_nomem(err);
  int8_t *row = (int8_t *)made.data + size;
  float scale;
  memcpy(made.data, (const char *)segment->rows + chunk->row * size, size);
  if (!lode_vectors_encode(v->dim, made.data, row, &scale, NULL)) {
    lode_buffer_free(&made);
    return lode_error_set(err, LODE_E_FORMAT, -1, -1, "a passage's vector has NaN or infinities");
  }
  lode_bytes_float(&t->scales, scale);
  lode_bytes_add(&t->rows, row, v->dim);
  lode_buffer_free(&made);
  return LODE_OK;
}

static lode_status own(lode_sealed_texts *t, uint64_t document, size_t ordinal, lode_error *err) {
  const size_t used = t->owner_count * sizeof(lode_sealed_owner);
  if (!lode_buffer_reserve(&t->owners, t->owner_count + 1, sizeof(lode_sealed_owner), used)) {
    return lode_error_nomem(err);
  }
  ((lode_sealed_owner *)t->owners.data)[t->owner_count++] =
      (lode_sealed_owner){.document = (uint32_t)document, .ordinal = (uint32_t)ordinal};
  return LODE_OK;
}

static lode_status add_rows(lode_sealed_texts *t, const lode_sealed_text *text, lode_error *err) {
  const uint64_t number = (uint64_t)text->document->id;
  size_t rows = 0;
  lode_status status = LODE_OK;
  if (text->vectors == NULL) return LODE_OK;
  for (size_t i = 0; i < text->chunk_count && status == LODE_OK; i++) {
    if (text->chunks[i].segment == 0) continue;
    status = add_row(t, text->vectors, &text->chunks[i], err);
    if (status == LODE_OK && t->lists) status = own(t, number, rows, err);
    rows++;
  }
  if (status == LODE_OK && (t->rows.failed || t->scales.failed)) return lode_error_nomem(err);
  if (status != LODE_OK || rows == 0 || t->lists) return status;
  if (t->row_documents++ == 0) t->row_first = number;
  lode_bytes_number(&t->heads, number - t->row_last);
  lode_bytes_number(&t->heads, rows);
  t->row_last = number;
  const size_t size = t->heads.size + t->scales.size + t->rows.size;
  const bool here = lode_cut_here(t->key, rows * (text->vectors->dim + 4), size, ROWS_TARGET);
  return here ? end_rows(t, err) : LODE_OK;
}

/* ---------------------------------------------------------------- all of it */

lode_status lode_sealed_texts_add(lode_sealed_texts *t, const lode_sealed_text *text,
                                  lode_error *err) {
  const uint64_t number = (uint64_t)text->document->id;
  const bool parts = text->body.size > LODE_SEALED_PART;
  lode_status status = begin_document(t, number, err);
  if (status == LODE_OK && parts) status = end_text(t, err);
  if (status != LODE_OK) return status;
  write_record(t, text);
  if (t->record.failed) return lode_error_nomem(err);
  if (t->file_documents++ == 0) lode_bytes_add(&t->file, "LSX1", LODE_SEALED_KIND);
  const size_t file = t->file_count;
  lode_bytes_number(&t->file, number);
  lode_bytes_text(&t->file, (lode_text){t->record.buffer.data, t->record.size});
  lode_bytes_number(&t->table, number - t->last);
  lode_bytes_number(&t->table_words, text->words);
  lode_bytes_number(&t->table_files, file - t->last_file);
  t->last = number;
  t->last_file = file;
  t->table_documents++;
  if (parts) {
    status = write_parts(t, text, err);
  } else if (lode_cut_here(t->key, t->record.size, t->file.size, TEXT_TARGET)) {
    status = end_text(t, err);
  }
  return status == LODE_OK ? add_rows(t, text, err) : status;
}

lode_status lode_sealed_texts_end(lode_sealed_texts *t, lode_error *err) {
  const lode_status status = end_table(t, err);
  return status == LODE_OK ? end_rows(t, err) : status;
}

lode_sealed_entries lode_sealed_texts_tables(const lode_sealed_texts *t) {
  return (lode_sealed_entries){t->tables.data, t->table_count};
}

lode_sealed_entries lode_sealed_texts_rows(const lode_sealed_texts *t) {
  return (lode_sealed_entries){t->row_files.data, t->row_file_count};
}

void lode_sealed_texts_report(const lode_sealed_texts *t, lode_site_report *report) {
  report->text_bytes = (int64_t)t->text_bytes;
  report->table_bytes = (int64_t)t->table_bytes;
  report->vector_bytes = (int64_t)t->row_bytes;
}
