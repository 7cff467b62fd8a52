/* A collection as a sealed index. */
#include "api/index.h"
#include "api/model.h"
#include "base/error.h"
#include "index/sealed/write.h"

typedef struct watching {
  const lode_index_watcher *watcher;
} watching;

static int progress(void *user, int64_t documents, int64_t total) {
  const watching *w = user;
  if (!w->watcher || !w->watcher->progress) return 0;
  const lode_index_progress now = {
      .documents = documents, .total_documents = total, .total_bytes = -1};
  return w->watcher->progress(w->watcher->user, &now);
}

lode_status lode_site_write(lode_index *index, const char *path, const lode_site_options *options,
                            const lode_index_watcher *watcher, lode_site_report *report,
                            lode_error *err) {
  const lode_site_options defaults = LODE_SITE_OPTIONS_INIT;
  const lode_site_options *o = options ? options : &defaults;
  lode_error_clear(err);
  if (!index || !path) return lode_error_set(err, LODE_E_ARG, -1, -1, "index or path is NULL");
  lode_status status = lode_check_struct("lode_site_options", o->struct_size, sizeof *o, err);
  if (status == LODE_OK) status = lode_index_check_free(index, err);
  if (status != LODE_OK) return status;
  watching w = {watcher};
  const lode_sealed_options how = {.base = o->base,
                                   .root = o->root,
                                   .model = o->model,
                                   .weight = lode_index_weight(index),
                                   .unrelated = index->unrelated,
                                   .words_only = o->keyword_only != 0 || !index->has_model,
                                   .progress = progress,
                                   .user = &w};
  lode_site_report r = {0};
  status = lode_sealed_write(index->store, path, &how, &r, err);
  if (report) *report = r;
  return status;
}
