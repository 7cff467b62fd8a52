#include "index/ingest/ingest.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "index/words/stem.h"

enum {
  FIRST_BATCH = 64, /* texts of the first call; then as many as take BATCH_SECONDS */
  LEAST_BATCH = 16, /* fewer leave threads idle */
  LARGEST_BATCH = 4096,
  QUEUE_DOCUMENTS = 4096,
  QUEUE_BYTES = 32 << 20, /* of text in documents that wait */
};
static const double BATCH_SECONDS = 1.0;
static const double TRANSACTION_SECONDS = 2.0;

/* A document that waits for its vectors. */
typedef struct waiting {
  lode_ready_document ready;
  lode_store_document_put put;
  lode_store_chunk_put *chunks; /* [ready.chunk_count], in the arena */
  bool *wanted;                 /* [ready.chunk_count]: it is among the texts to embed */
  size_t last;                  /* texts of the queue up to its own last one */
} waiting;

/* The queue on its way into the store. */
typedef struct flushing {
  bool under_way;
  bool last;      /* a commit is to follow */
  bool embedding; /* texts [done, done + n) */
  size_t done;    /* texts that are embedded */
  size_t n;
  double start;     /* when they were begun */
  lode_status then; /* what is returned if all goes well */
  lode_error then_err;
} flushing;

struct lode_ingest {
  lode_store *store;
  lode_ingest_options options;
  lode_index_report unused_report;
  lode_index_progress unused_progress;
  waiting *queue; /* [QUEUE_DOCUMENTS] */
  size_t queued;
  size_t queued_bytes;
  lode_buffer texts; /* lode_text [text_count], of the queue */
  size_t text_count;
  size_t batch;     /* texts to embed in a call */
  lode_buffer rows; /* float [text_count, dim] */
  bool open;        /* in a transaction */
  double opened;    /* when it began */
  flushing flush;
  lode_buffer written;
  size_t written_count;
};

lode_status lode_ingest_new(lode_store *store, const lode_ingest_options *options,
                            lode_ingest **out, lode_error *err) {
  lode_ingest *ingest = calloc(1, sizeof *ingest);
  if (!ingest) return lode_error_nomem(err);
  ingest->store = store;
  ingest->options = *options;
  if (!options->report) ingest->options.report = &ingest->unused_report;
  if (!options->progress) ingest->options.progress = &ingest->unused_progress;
  ingest->batch = FIRST_BATCH;
  ingest->queue = calloc(QUEUE_DOCUMENTS, sizeof *ingest->queue);
  if (!ingest->queue) {
    free(ingest);
    return lode_error_nomem(err);
  }
  *out = ingest;
  return LODE_OK;
}

static void empty_queue(lode_ingest *ingest) {
  for (size_t i = 0; i < ingest->queued; i++) lode_ready_document_free(&ingest->queue[i].ready);
  ingest->queued = 0;
  ingest->queued_bytes = 0;
  ingest->text_count = 0;
}

void lode_ingest_free(lode_ingest *ingest) {
  if (!ingest) return;
  empty_queue(ingest);
  lode_store_rollback(ingest->store);
  free(ingest->queue);
  lode_buffer_free(&ingest->texts);
  lode_buffer_free(&ingest->rows);
  lode_buffer_free(&ingest->written);
  free(ingest);
}

/* ---- telling */

lode_status lode_ingest_progress(lode_ingest *ingest, lode_error *err) {
  const lode_index_watcher *watcher = ingest->options.watcher;
  if (!watcher || !watcher->progress ||
      watcher->progress(watcher->user, ingest->options.progress) == 0) {
    return LODE_OK;
  }
  return lode_error_set(err, LODE_E_CANCELLED, -1, -1, "cancelled");
}

void lode_ingest_skip(lode_ingest *ingest, const char *id, const char *reason, bool counts) {
  const lode_index_watcher *watcher = ingest->options.watcher;
  if (watcher && watcher->skipped) watcher->skipped(watcher->user, id, reason);
  if (counts) ingest->options.report->skipped++;
}

void lode_ingest_unchanged(lode_ingest *ingest) {
  ingest->options.report->unchanged++;
}

const int64_t *lode_ingest_written(const lode_ingest *ingest, size_t *count) {
  *count = ingest->written_count;
  return ingest->written.data;
}

/* ---- transactions */

static lode_status begin(lode_ingest *ingest, lode_error *err) {
  if (ingest->open) return LODE_OK;
  const lode_status status = lode_store_begin(ingest->store, err);
  if (status != LODE_OK) return status;
  ingest->open = true;
  ingest->opened = lode_clock_seconds();
  return LODE_OK;
}

static lode_status commit(lode_ingest *ingest, lode_error *err) {
  if (!ingest->open) return LODE_OK;
  ingest->open = false;
  return lode_store_commit(ingest->store, err);
}

/* ---- the queue: embed, write */

/* The next texts of the queue, about as many as take a second. */
static lode_status embed_begin(lode_ingest *ingest, lode_error *err) {
  flushing *f = &ingest->flush;
  const lode_embedding *e = ingest->options.embedding;
  const size_t left = ingest->text_count - f->done;
  f->n = left < ingest->batch + ingest->batch / 2 ? left : ingest->batch;
  f->start = lode_clock_seconds();
  const lode_text *texts = ingest->texts.data;
  float *rows = ingest->rows.data;
  const lode_status status = e->begin(e->user, texts + f->done, f->n, rows + f->done * e->dim, err);
  f->embedding = status == LODE_OK;
  return status;
}

/* They are embedded: how many there are next time, and the watcher is told. */
static lode_status embed_end(lode_ingest *ingest, lode_error *err) {
  flushing *f = &ingest->flush;
  const double rate = (double)f->n / (lode_clock_seconds() - f->start + 1e-9);
  const double size = rate * BATCH_SECONDS;
  ingest->batch = size < LEAST_BATCH     ? LEAST_BATCH
                  : size > LARGEST_BATCH ? LARGEST_BATCH
                                         : (size_t)size;
  f->embedding = false;
  f->done += f->n;
  ingest->options.report->embedded += (int64_t)f->n;
  ingest->options.progress->chunks_embedded = ingest->options.report->embedded;
  ingest->options.progress->tokens_embedded = ingest->options.report->tokens;
  return lode_ingest_progress(ingest, err);
}

/* Embed the texts of the queue; *done: all are. A transaction is open as long as the queue has
 * documents: what their reading found in the store holds. */
static lode_status embed_queue(lode_ingest *ingest, bool wait, bool *done, lode_error *err) {
  flushing *f = &ingest->flush;
  const lode_embedding *e = ingest->options.embedding;
  while (f->done < ingest->text_count) {
    lode_status status = f->embedding ? LODE_OK : embed_begin(ingest, err);
    bool there = false;
    if (status == LODE_OK) {
      status = e->poll(e->user, wait, &there, &ingest->options.report->tokens, err);
    }
    if (status != LODE_OK || !there) return status;
    status = embed_end(ingest, err);
    if (status != LODE_OK) return status;
  }
  *done = true;
  return LODE_OK;
}

static lode_status note_written(lode_ingest *ingest, int64_t id, lode_error *err) {
  if (!lode_buffer_reserve(&ingest->written, ingest->written_count + 1, sizeof id,
                           ingest->written_count * sizeof id)) {
    return lode_error_nomem(err);
  }
  ((int64_t *)ingest->written.data)[ingest->written_count++] = id;
  return LODE_OK;
}

/* The documents whose texts are among the first `embedded`. */
static lode_status write_queue(lode_ingest *ingest, size_t embedded, lode_error *err) {
  const lode_embedding *e = ingest->options.embedding;
  size_t text = 0;
  for (size_t i = 0; i < ingest->queued && ingest->queue[i].last <= embedded; i++) {
    waiting *w = &ingest->queue[i];
    for (size_t c = 0; c < w->ready.chunk_count; c++) {
      if (w->wanted[c]) w->chunks[c].vector = (float *)ingest->rows.data + text++ * e->dim;
    }
    int64_t id = 0;
    lode_status status = lode_store_put(ingest->store, &w->put, &id, err);
    if (status == LODE_OK) status = note_written(ingest, id, err);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

/* Write what has its vectors, drop the rest of the queue; commit if it is time, or the last thing
 * to do. */
static lode_status settle(lode_ingest *ingest, size_t embedded, bool last, lode_error *err) {
  const lode_status status = write_queue(ingest, embedded, err);
  empty_queue(ingest);
  if (status != LODE_OK) return status;
  const bool due = ingest->open && lode_clock_seconds() - ingest->opened > TRANSACTION_SECONDS;
  return last || due ? commit(ingest, err) : LODE_OK;
}

/* To be polled. `last`: a commit is to follow. */
static lode_status flush_begin(lode_ingest *ingest, bool last, lode_error *err) {
  const lode_embedding *e = ingest->options.embedding;
  if (e && ingest->text_count > 0 &&
      !lode_buffer_reserve(&ingest->rows, ingest->text_count, e->dim * sizeof(float), 0)) {
    return lode_error_nomem(err);
  }
  ingest->flush = (flushing){.under_way = true, .last = last};
  return LODE_OK;
}

lode_status lode_ingest_poll(lode_ingest *ingest, bool wait, bool *done, lode_error *err) {
  flushing *f = &ingest->flush;
  bool embedded = false;
  *done = !f->under_way;
  if (*done) return LODE_OK;
  lode_status status = embed_queue(ingest, wait, &embedded, err);
  if (status == LODE_OK && !embedded) return LODE_OK;
  f->under_way = false;
  if (status != LODE_OK && status != LODE_E_CANCELLED) return status;
  lode_error cause;
  const lode_status settled = settle(ingest, f->done, f->last || status != LODE_OK, &cause);
  if (settled == LODE_OK && status == LODE_OK) {
    *done = true;
    if (f->then != LODE_OK && err) *err = f->then_err;
    return f->then;
  }
  if (settled != LODE_OK && err) *err = cause;
  return settled != LODE_OK ? settled : status;
}

/* To its end, on a thread that may wait. */
static lode_status finish_flush(lode_ingest *ingest, lode_error *err) {
  bool done = false;
  const lode_status status = lode_ingest_poll(ingest, true, &done, err);
  if (status != LODE_OK || done) return status;
  return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                        "this thread cannot wait for the vectors of its documents");
}

/* ---- a document */

static lode_text text_of(const char *s) {
  return (lode_text){s, strlen(s)};
}

/* Is there something to read? Counts a document that is as it was. */
static lode_status is_new(lode_ingest *ingest, const lode_index_document *document,
                          const lode_ingest_file *file, const uint8_t digest[32], bool *out,
                          lode_error *err) {
  lode_arena arena = {0};
  lode_store_document old;
  *out = true;
  lode_status status = lode_store_find(ingest->store, document->id, &arena, &old, err);
  lode_index_report *report = ingest->options.report;
  if (status == LODE_E_NOT_FOUND) {
    report->added++;
    status = LODE_OK;
  } else if (status == LODE_OK && memcmp(old.hash, digest, sizeof old.hash) == 0) {
    *out = false;
    report->unchanged++;
    const int64_t size = (int64_t)document->content.size;
    if (old.mtime_ns != file->mtime_ns || old.size != size) {
      status = lode_store_touch(ingest->store, old.id, size, file->mtime_ns, err);
    }
    if (status == LODE_OK) status = note_written(ingest, old.id, err);
  } else if (status == LODE_OK) {
    report->updated++;
    status = note_written(ingest, old.id, err); /* also if it cannot be read now */
  }
  lode_arena_free(&arena);
  return status;
}

/* What the store is going to be told, and which texts have to be embedded for it. */
static lode_status enqueue(lode_ingest *ingest, waiting *w, lode_error *err) {
  const lode_ready_document *ready = &w->ready;
  const size_t n = ready->chunk_count;
  w->chunks = lode_arena_array(&w->ready.arena, n, sizeof *w->chunks);
  w->wanted = lode_arena_array(&w->ready.arena, n, sizeof *w->wanted);
  if (!w->chunks || !w->wanted ||
      !lode_buffer_reserve(&ingest->texts, ingest->text_count + n, sizeof(lode_text),
                           ingest->text_count * sizeof(lode_text))) {
    return lode_error_nomem(err);
  }
  for (size_t c = 0; c < n; c++) {
    const lode_ready_chunk *chunk = &ready->chunks[c];
    w->chunks[c] = (lode_store_chunk_put){.begin = chunk->begin,
                                          .end = chunk->end,
                                          .source_begin = chunk->source_begin,
                                          .source_end = chunk->source_end,
                                          .path = text_of(chunk->heading),
                                          .anchor = text_of(chunk->anchor ? chunk->anchor : "")};
    memcpy(w->chunks[c].hash, chunk->digest, sizeof w->chunks[c].hash);
    if (!ingest->options.embedding) continue;
    bool there;
    const lode_status status = lode_store_has_vector(ingest->store, chunk->digest, &there, err);
    if (status != LODE_OK) return status;
    w->wanted[c] = !there;
    if (!there) ((lode_text *)ingest->texts.data)[ingest->text_count++] = chunk->text;
  }
  ingest->options.report->chunks += (int64_t)n;
  w->last = ingest->text_count;
  ingest->queued_bytes += ready->document.size;
  ingest->queued++;
  return LODE_OK;
}

static void fill_put(waiting *w, const lode_index_document *document, const char *key,
                     const lode_ingest_file *file, const uint8_t digest[32], bool vectors) {
  const lode_ready_document *ready = &w->ready;
  w->put = (lode_store_document_put){
      .source = file->source,
      .key = text_of(key),
      .title = text_of(ready->title),
      .url = text_of(ready->document.canonical ? ready->document.canonical : ""),
      .metadata = text_of(ready->metadata),
      .headings = text_of(ready->headings),
      .body = {ready->document.text, ready->document.size},
      .language = ready->language,
      .format = ready->document.format,
      .size = (int64_t)document->content.size,
      .mtime_ns = file->mtime_ns,
      .chunk_count = ready->chunk_count,
      .vectors = vectors,
  };
  memcpy(w->put.hash, digest, sizeof w->put.hash);
}

/* A document that does not make it is no reason to stop. */
static bool is_unreadable(lode_status status) {
  return status == LODE_E_UTF8 || status == LODE_E_UNSUPPORTED || status == LODE_E_FORMAT;
}

/* What hosts show for pages that are not there, and generators therefore write. */
static bool is_error_page(lode_text id) {
  static const char name[] = "/404.html";
  const size_t n = sizeof name - 1;
  return id.size >= n && memcmp(id.data + id.size - n, name, n) == 0;
}

/* NULL: it is wanted. */
static const char *why_unwanted(const lode_ingest *ingest, lode_text id,
                                const lode_document *document) {
  if (ingest->options.site == 0) return NULL;
  if (is_error_page(id)) return "is an error page";
  if (document->noindex) return "says noindex";
  if (ingest->options.site == 2 && !document->marked) return "has no data-lode-body";
  return NULL;
}

/* It was not read: what is_new has counted is taken back. */
static void uncount(lode_ingest *ingest, bool isnew) {
  if (isnew) {
    ingest->options.report->added--;
  } else {
    ingest->options.report->updated--;
  }
}

/* Its language's stemmer has yet to be loaded: an end before it, and what came before is kept. */
static lode_status put_off(lode_ingest *ingest, lode_language language, bool isnew,
                           lode_error *err) {
  uncount(ingest, isnew);
  const lode_status status = flush_begin(ingest, true, err);
  if (status != LODE_OK) return status;
  flushing *f = &ingest->flush;
  f->then = lode_error_set(&f->then_err, LODE_E_CANCELLED, -1, -1,
                           "the stemmer for \"%s\" is not loaded", lode_language_code(language));
  return LODE_OK;
}

/* A page that does not want to be found, and is not from now on. */
static lode_status leave_out(lode_ingest *ingest, lode_text id, const char *reason, bool isnew,
                             lode_error *err) {
  lode_arena arena = {0};
  lode_store_document old;
  const char *name = lode_arena_string(&arena, id.data, id.size);
  lode_status status = name ? LODE_OK : lode_error_nomem(err);
  if (name) lode_ingest_skip(ingest, name, reason, true);
  uncount(ingest, isnew);
  if (!isnew && status == LODE_OK) {
    status = lode_store_find(ingest->store, id, &arena, &old, err);
    if (status == LODE_OK) status = lode_ingest_remove(ingest, old.id, err);
  }
  lode_arena_free(&arena);
  return status;
}

static lode_status read_document(lode_ingest *ingest, const lode_index_document *document,
                                 const lode_ingest_file *file, const uint8_t digest[32], bool isnew,
                                 lode_error *err) {
  const lode_ingest_options *options = &ingest->options;
  const lode_ready_options prepare = {options->embedding ? &options->embedding->counter : NULL,
                                      options->chunk_tokens, options->overlap};
  waiting *w = &ingest->queue[ingest->queued];
  lode_error cause;
  lode_status status = lode_document_prepare(document, &prepare, &w->ready, &cause);
  if (status != LODE_OK) {
    if (err) *err = cause;
    if (!is_unreadable(status)) return status;
    char id[1024];
    const size_t n = document->id.size < sizeof id ? document->id.size : sizeof id - 1;
    memcpy(id, document->id.data, n);
    id[n] = '\0';
    /* The reason has the id in front. */
    const size_t prefix = n + 2;
    const bool prefixed = strncmp(cause.text, id, n) == 0 && strlen(cause.text) > prefix;
    lode_ingest_skip(ingest, id, cause.text + (prefixed ? prefix : 0), true);
    uncount(ingest, isnew);
    return LODE_OK;
  }
  const lode_language language = w->ready.language;
  if (!lode_stem_ready(language)) {
    lode_ready_document_free(&w->ready);
    return put_off(ingest, language, isnew, err);
  }
  const char *unwanted = why_unwanted(ingest, document->id, &w->ready.document);
  if (unwanted) {
    status = leave_out(ingest, document->id, unwanted, isnew, err);
    lode_ready_document_free(&w->ready);
    return status;
  }
  char *key = lode_arena_string(&w->ready.arena, document->id.data, document->id.size);
  if (key) {
    fill_put(w, document, key, file, digest, options->embedding != NULL);
    status = enqueue(ingest, w, err);
    w->put.chunks = w->chunks;
  } else {
    status = lode_error_nomem(err);
  }
  if (status != LODE_OK) lode_ready_document_free(&w->ready);
  return status;
}

lode_status lode_ingest_document_begin(lode_ingest *ingest, const lode_index_document *document,
                                       const lode_ingest_file *file, lode_error *err) {
  uint8_t digest[32];
  lode_document_digest(document, digest);
  lode_status status = begin(ingest, err);
  bool wanted = false;
  const int64_t added = ingest->options.report->added;
  if (status == LODE_OK) status = is_new(ingest, document, file, digest, &wanted, err);
  const bool isnew = ingest->options.report->added > added;
  if (status == LODE_OK && wanted) {
    status = read_document(ingest, document, file, digest, isnew, err);
  }
  if (status != LODE_OK || ingest->flush.under_way) return status;
  ingest->options.progress->documents++;
  ingest->options.progress->bytes += (int64_t)document->content.size;
  const bool full = ingest->text_count >= ingest->batch || ingest->queued == QUEUE_DOCUMENTS ||
                    ingest->queued_bytes >= QUEUE_BYTES ||
                    lode_clock_seconds() - ingest->opened > TRANSACTION_SECONDS;
  if (full) return flush_begin(ingest, false, err);
  status = lode_ingest_progress(ingest, err);
  if (status == LODE_OK) return LODE_OK;
  lode_error cause;
  const lode_status settled = settle(ingest, 0, true, &cause);
  if (settled == LODE_OK) return status;
  if (err) *err = cause;
  return settled;
}

lode_status lode_ingest_document(lode_ingest *ingest, const lode_index_document *document,
                                 const lode_ingest_file *file, lode_error *err) {
  const lode_status status = lode_ingest_document_begin(ingest, document, file, err);
  return status == LODE_OK ? finish_flush(ingest, err) : status;
}

lode_status lode_ingest_remove(lode_ingest *ingest, int64_t id, lode_error *err) {
  lode_status status = begin(ingest, err);
  if (status == LODE_OK) status = lode_store_remove(ingest->store, id, err);
  if (status == LODE_OK) ingest->options.report->removed++;
  return status;
}

lode_status lode_ingest_finish_begin(lode_ingest *ingest, lode_error *err) {
  return flush_begin(ingest, true, err);
}

lode_status lode_ingest_finish(lode_ingest *ingest, lode_error *err) {
  const lode_status status = lode_ingest_finish_begin(ingest, err);
  return status == LODE_OK ? finish_flush(ingest, err) : status;
}
