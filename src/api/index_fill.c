/* Filling a collection: documents from memory, files and folders. */
#include <stdlib.h>
#include <string.h>

#include "api/backend.h"
#include "api/index.h"
#include "api/work.h"
#include "index/ingest/paths.h"

static lode_status begin_vectors(void *user, const lode_text *texts, size_t n, float *out,
                                 lode_error *err) {
  return lode_index_embed_documents(user, texts, n, out, err);
}

static lode_status poll_vectors(void *user, bool wait, bool *done, int64_t *tokens,
                                lode_error *err) {
  return lode_index_embed_poll(user, wait, done, tokens, err);
}

lode_status lode_index_ingest_options(lode_index *index, lode_embedding *embedding,
                                      const lode_index_watcher *watcher, lode_index_report *report,
                                      lode_index_progress *progress, lode_ingest_options *out,
                                      lode_error *err) {
  if (index->has_model && !index->has_embedder) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "%s: has vectors; its model \"%.120s\" is needed to add to it",
                          index->path, index->model.name);
  }
  if (index->has_embedder) {
    *embedding = (lode_embedding){.user = &index->embedder,
                                  .dim = index->embedder.dim,
                                  .counter = lode_index_embedder_counter(&index->embedder),
                                  .begin = begin_vectors,
                                  .poll = poll_vectors};
  }
  *out = (lode_ingest_options){.embedding = index->has_embedder ? embedding : NULL,
                               .chunk_tokens = index->chunk_tokens,
                               .overlap = index->overlap,
                               .watcher = watcher,
                               .report = report,
                               .progress = progress};
  return LODE_OK;
}

/* The source of documents that do not come from files. */
static lode_status find_own_source(lode_index *index, lode_error *err) {
  if (index->own_source != 0) return LODE_OK;
  int64_t id = 0;
  lode_status status = lode_store_begin(index->store, err);
  if (status != LODE_OK) return status;
  status = lode_store_source_put(index->store, "", "{}", &id, err);
  if (status != LODE_OK) {
    lode_store_rollback(index->store);
    return status;
  }
  status = lode_store_commit(index->store, err);
  if (status == LODE_OK) index->own_source = id;
  return status;
}

static lode_status check_documents(const lode_index *index, const lode_index_document *documents,
                                   size_t n, lode_error *err) {
  if (!index || (!documents && n > 0)) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "index or documents is NULL");
  }
  for (size_t i = 0; i < n; i++) {
    const lode_index_document *d = &documents[i];
    const bool nul = d->id.size > 0 && d->id.data && memchr(d->id.data, 0, d->id.size);
    if (d->id.size == 0 || !d->id.data || nul || (!d->content.data && d->content.size > 0)) {
      return lode_error_set(err, LODE_E_ARG, (int64_t)i, -1,
                            "document %zu: its id is empty or has a zero byte, or its content is "
                            "NULL",
                            i);
    }
  }
  return LODE_OK;
}

/* ---- documents from memory, in steps */

typedef struct adding {
  lode_work work;
  lode_index *index;
  const lode_index_document *documents;
  size_t count, next; /* the first `next` have been begun */
  bool finishing;     /* all have been, and what is queued is on its way */
  lode_embedding embedding;
  lode_index_progress progress;
  lode_ingest *ingest;
} adding;

static lode_status begin_next(adding *a, lode_error *err) {
  if (a->next == a->count) {
    a->finishing = true;
    return lode_ingest_finish_begin(a->ingest, err);
  }
  const lode_index_document *document = &a->documents[a->next++];
  const lode_ingest_file file = {a->index->own_source, document->modified_ns};
  return lode_ingest_document_begin(a->ingest, document, &file, err);
}

static lode_status poll(lode_work *work, bool wait, bool *done, lode_error *err) {
  adding *a = (adding *)work;
  lode_status status = LODE_OK;
  bool idle = false;
  for (;;) {
    status = lode_ingest_poll(a->ingest, wait, &idle, err);
    if (status != LODE_OK || !idle || a->finishing) break;
    status = begin_next(a, err);
    if (status != LODE_OK) break;
  }
  const bool of_document = (status == LODE_E_ARG || status == LODE_E_CANCELLED) && !a->finishing;
  if (of_document && err) err->item = (int64_t)a->next - 1;
  *done = status == LODE_OK && idle;
  return status;
}

static void end(lode_work *work) {
  adding *a = (adding *)work;
  if (a->index->has_embedder) lode_context_give_up(a->index->embedder.ctx);
  lode_ingest_free(a->ingest);
  a->index->working = false;
  free(a);
}

static lode_status begin(adding *a, const lode_index_watcher *watcher, lode_index_report *report,
                         lode_error *err) {
  lode_ingest_options options;
  lode_status status = lode_index_ingest_options(a->index, &a->embedding, watcher, report,
                                                 &a->progress, &options, err);
  if (status == LODE_OK) status = find_own_source(a->index, err);
  if (status != LODE_OK) return status;
  return lode_ingest_new(a->index->store, &options, &a->ingest, err);
}

lode_status lode_index_add_begin(lode_index *index, const lode_index_document *documents, size_t n,
                                 const lode_index_watcher *watcher, lode_index_report *report,
                                 lode_work **work, lode_error *err) {
  lode_error_clear(err);
  if (!work) return lode_error_set(err, LODE_E_ARG, -1, -1, "work is NULL");
  lode_status status = check_documents(index, documents, n, err);
  if (status == LODE_OK) status = lode_index_check_free(index, err);
  if (status != LODE_OK) return status;
  adding *a = calloc(1, sizeof *a);
  if (!a) return lode_error_nomem(err);
  *a = (adding){
      .work = {.poll = poll, .end = end}, .index = index, .documents = documents, .count = n};
  a->progress.total_documents = (int64_t)n;
  for (size_t i = 0; documents && i < n; i++) {
    a->progress.total_bytes += (int64_t)documents[i].content.size;
  }
  index->working = true;
  status = begin(a, watcher, report, err);
  if (status == LODE_OK) {
    *work = &a->work;
  } else {
    end(&a->work);
  }
  return status;
}

lode_status lode_index_add(lode_index *index, const lode_index_document *documents, size_t n,
                           const lode_index_watcher *watcher, lode_index_report *report,
                           lode_error *err) {
  lode_work *work = NULL;
  const lode_status begun = lode_index_add_begin(index, documents, n, watcher, report, &work, err);
  return lode_work_finish(begun, work, err);
}

lode_status lode_index_add_paths(lode_index *index, const char *const *paths, size_t n,
                                 const lode_index_paths_options *options,
                                 const lode_index_watcher *watcher, lode_index_report *report,
                                 lode_error *err) {
  lode_error_clear(err);
  if (!index || (!paths && n > 0)) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "index or paths is NULL");
  }
  lode_status status = lode_index_check_free(index, err);
  if (options && status == LODE_OK) {
    status =
        lode_check_struct("lode_index_paths_options", options->struct_size, sizeof *options, err);
    if (status == LODE_OK && options->max_bytes < 0) {
      status = lode_error_set(err, LODE_E_ARG, -1, -1, "max_bytes is below 0");
    }
  }
  lode_embedding embedding;
  lode_ingest_options ingest;
  lode_index_progress progress = {0};
  if (status == LODE_OK) {
    status = lode_index_ingest_options(index, &embedding, watcher, report, &progress, &ingest, err);
  }
  return status == LODE_OK ? lode_ingest_paths(index->store, paths, n, options, &ingest, err)
                           : status;
}

lode_status lode_index_remove(lode_index *index, const lode_text *ids, size_t n,
                              lode_index_report *report, lode_error *err) {
  lode_error_clear(err);
  if (!index || (!ids && n > 0)) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "index or ids is NULL");
  }
  lode_index_report unused = {0};
  if (!report) report = &unused;
  const lode_index_report before = *report;
  lode_arena arena = {0};
  lode_status status = lode_index_check_free(index, err);
  if (status == LODE_OK) status = lode_store_begin(index->store, err);
  if (status != LODE_OK) return status;
  for (size_t i = 0; i < n && status == LODE_OK; i++) {
    lode_store_document document;
    status = lode_store_find(index->store, ids[i], &arena, &document, err);
    if (status == LODE_E_NOT_FOUND) {
      report->skipped++;
      status = LODE_OK;
    } else if (status == LODE_OK) {
      status = lode_store_remove(index->store, document.id, err);
      report->removed++;
    }
  }
  lode_arena_free(&arena);
  if (status == LODE_OK) {
    status = lode_store_commit(index->store, err);
  } else {
    lode_store_rollback(index->store);
  }
  if (status != LODE_OK) *report = before;
  return status;
}
