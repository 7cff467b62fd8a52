/* Filling a collection: documents from memory, files and folders. */
#include <string.h>

#include "api/index.h"
#include "index/ingest/paths.h"

static lode_status embed(void *user, const lode_text *texts, size_t n, float *out, int64_t *tokens,
                         lode_error *err) {
  return lode_index_embed_documents(user, texts, n, out, tokens, err);
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
                                  .embed = embed};
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

lode_status lode_index_add(lode_index *index, const lode_index_document *documents, size_t n,
                           const lode_index_watcher *watcher, lode_index_report *report,
                           lode_error *err) {
  lode_error_clear(err);
  lode_status status = check_documents(index, documents, n, err);
  lode_embedding embedding;
  lode_ingest_options options;
  lode_index_progress progress = {.total_documents = (int64_t)n};
  if (status == LODE_OK) {
    status =
        lode_index_ingest_options(index, &embedding, watcher, report, &progress, &options, err);
  }
  if (status == LODE_OK) status = find_own_source(index, err);
  if (status != LODE_OK) return status;
  for (size_t i = 0; i < n; i++) progress.total_bytes += (int64_t)documents[i].content.size;
  lode_ingest *ingest;
  status = lode_ingest_new(index->store, &options, &ingest, err);
  if (status != LODE_OK) return status;
  for (size_t i = 0; i < n && status == LODE_OK; i++) {
    const lode_ingest_file file = {index->own_source, documents[i].modified_ns};
    status = lode_ingest_document(ingest, &documents[i], &file, err);
    if ((status == LODE_E_ARG || status == LODE_E_CANCELLED) && err) err->item = (int64_t)i;
  }
  if (status == LODE_OK) status = lode_ingest_finish(ingest, err);
  lode_ingest_free(ingest);
  return status;
}

lode_status lode_index_add_paths(lode_index *index, const char *const *paths, size_t n,
                                 const lode_index_paths_options *options,
                                 const lode_index_watcher *watcher, lode_index_report *report,
                                 lode_error *err) {
  lode_error_clear(err);
  if (!index || (!paths && n > 0)) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "index or paths is NULL");
  }
  lode_status status = LODE_OK;
  if (options) {
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
  lode_status status = lode_store_begin(index->store, err);
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
