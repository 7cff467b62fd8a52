/* Collections in a library that was built without them (-DLODE_INDEX=OFF): no index can be opened,
 * so that all else is never reached. */
#include "base/error.h"

static lode_status missing(lode_error *err) {
  return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1, "this library was built without search");
}

lode_status lode_index_open(const char *path, const lode_index_options *options, lode_index **out,
                            lode_error *err) {
  (void)path, (void)options, (void)out;
  return missing(err);
}

lode_status lode_index_open_begin(const char *path, const lode_index_options *options,
                                  lode_index **out, lode_work **work, lode_error *err) {
  (void)path, (void)options, (void)out, (void)work;
  return missing(err);
}

void lode_index_free(lode_index *index) {
  (void)index;
}

lode_status lode_index_get_info(lode_index *index, lode_index_info *info, lode_error *err) {
  (void)index, (void)info;
  return missing(err);
}

const char *lode_index_source(lode_index *index, int64_t i) {
  (void)index, (void)i;
  return NULL;
}

lode_status lode_index_add(lode_index *index, const lode_index_document *documents, size_t n,
                           const lode_index_watcher *watcher, lode_index_report *report,
                           lode_error *err) {
  (void)index, (void)documents, (void)n, (void)watcher, (void)report;
  return missing(err);
}

lode_status lode_index_add_begin(lode_index *index, const lode_index_document *documents, size_t n,
                                 const lode_index_watcher *watcher, lode_index_report *report,
                                 lode_work **work, lode_error *err) {
  (void)index, (void)documents, (void)n, (void)watcher, (void)report, (void)work;
  return missing(err);
}

lode_status lode_index_remove(lode_index *index, const lode_text *ids, size_t n,
                              lode_index_report *report, lode_error *err) {
  (void)index, (void)ids, (void)n, (void)report;
  return missing(err);
}

lode_status lode_index_add_paths(lode_index *index, const char *const *paths, size_t n,
                                 const lode_index_paths_options *options,
                                 const lode_index_watcher *watcher, lode_index_report *report,
                                 lode_error *err) {
  (void)index, (void)paths, (void)n, (void)options, (void)watcher, (void)report;
  return missing(err);
}

lode_status lode_index_compact(lode_index *index, lode_error *err) {
  (void)index;
  return missing(err);
}

lode_status lode_index_verify(lode_index *index, lode_error *err) {
  (void)index;
  return missing(err);
}

lode_status lode_index_search(lode_index *index, lode_text query,
                              const lode_index_search_options *options, lode_results **out,
                              lode_error *err) {
  (void)index, (void)query, (void)options, (void)out;
  return missing(err);
}

lode_status lode_index_search_begin(lode_index *index, lode_text query,
                                    const lode_index_search_options *options, lode_results **out,
                                    lode_work **work, lode_error *err) {
  (void)index, (void)query, (void)options, (void)out, (void)work;
  return missing(err);
}

lode_status lode_index_similar(lode_index *index, lode_text id,
                               const lode_index_search_options *options, lode_results **out,
                               lode_error *err) {
  (void)index, (void)id, (void)options, (void)out;
  return missing(err);
}

lode_status lode_index_list(lode_index *index, lode_text after, int64_t limit, uint32_t parts,
                            lode_index_entries **out, lode_error *err) {
  (void)index, (void)after, (void)limit, (void)parts, (void)out;
  return missing(err);
}

lode_status lode_index_read(lode_index *index, lode_text id, uint32_t parts,
                            lode_index_entries **out, lode_error *err) {
  (void)index, (void)id, (void)parts, (void)out;
  return missing(err);
}

void lode_index_entries_free(lode_index_entries *entries) {
  (void)entries;
}

void lode_results_free(lode_results *results) {
  (void)results;
}

lode_status lode_site_write(lode_index *index, const char *path, const lode_site_options *options,
                            const lode_index_watcher *watcher, lode_site_report *report,
                            lode_error *err) {
  (void)index, (void)path, (void)options, (void)watcher, (void)report;
  return missing(err);
}

lode_status lode_site_open(const void *boot, size_t size, lode_site **out, lode_error *err) {
  (void)boot, (void)size, (void)out;
  return missing(err);
}

void lode_site_free(lode_site *site) {
  (void)site;
}

lode_status lode_site_get_info(lode_site *site, lode_site_info *info, lode_error *err) {
  (void)site, (void)info;
  return missing(err);
}

lode_status lode_site_ask(lode_site *site, lode_text query,
                          const lode_index_search_options *options, lode_error *err) {
  (void)site, (void)query, (void)options;
  return missing(err);
}

lode_status lode_site_embed_text(lode_site *site, lode_text *text, lode_error *err) {
  (void)site, (void)text;
  return missing(err);
}

lode_status lode_site_set_vector(lode_site *site, const float *vector, size_t dim,
                                 lode_error *err) {
  (void)site, (void)vector, (void)dim;
  return missing(err);
}

lode_status lode_site_results(lode_site *site, lode_results **out, lode_error *err) {
  (void)site, (void)out;
  return missing(err);
}

lode_status lode_site_set_model(lode_site *site, const lode_model *model, lode_error *err) {
  (void)site, (void)model;
  return missing(err);
}

lode_status lode_site_facets(lode_site *site, const char **json, lode_error *err) {
  (void)site, (void)json;
  return missing(err);
}

size_t lode_site_needs(const lode_site *site) {
  (void)site;
  return 0;
}

const char *lode_site_need(lode_site *site, size_t i, size_t *size) {
  (void)site, (void)i, (void)size;
  return NULL;
}

lode_status lode_site_give(lode_site *site, const char *file, const void *data, size_t size,
                           lode_error *err) {
  (void)site, (void)file, (void)data, (void)size;
  return missing(err);
}
