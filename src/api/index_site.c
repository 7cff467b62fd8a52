/* Sealed indexes, read by words. */
#include "api/index_site.h"

#include <stdlib.h>
#include <string.h>

#include "api/options.h"
#include "base/error.h"

/* ---- opening */

/* The codes of the languages, with spaces between. */
static char *list_languages(lode_languages languages) {
  char *out = calloc(LODE_LANGUAGE_COUNT, 4);
  size_t size = 0;
  for (int i = 1; i < LODE_LANGUAGE_COUNT && out; i++) {
    if ((languages & LODE_LANGUAGE_BIT(i)) == 0) continue;
    const char *code = lode_language_code((lode_language)i);
    if (size > 0) out[size++] = ' ';
    memcpy(out + size, code, strlen(code));
    size += strlen(code);
  }
  return out;
}

lode_status lode_site_open(const void *boot, size_t size, lode_site **out, lode_error *err) {
  lode_error_clear(err);
  if (!boot || !out) return lode_error_set(err, LODE_E_ARG, -1, -1, "boot or out is NULL");
  lode_site *site = calloc(1, sizeof *site);
  if (!site) return lode_error_nomem(err);
  lode_status status = lode_sealed_open(boot, size, &site->sealed, err);
  if (status == LODE_OK) status = lode_search_new_words(&site->search, err);
  if (status == LODE_OK) {
    site->languages = list_languages(lode_sealed_boot_of(site->sealed)->languages);
    if (!site->languages) status = lode_error_nomem(err);
  }
  if (status != LODE_OK) {
    lode_site_free(site);
    return status;
  }
  *out = site;
  return LODE_OK;
}

static void forget(lode_site *site) {
  lode_question_free(&site->question);
  lode_arena_free(&site->request.arena);
  site->request = (lode_request){.given = {0}};
  site->asked = site->read = site->has_vector = site->has_found = false;
}

void lode_site_free(lode_site *site) {
  if (!site) return;
  forget(site);
  if (LODE_MEANING && site->close_model) site->close_model(site);
  lode_buffer_free(&site->vector);
  lode_buffer_free(&site->facets.buffer);
  lode_buffer_free(&site->counts.buffer);
  lode_buffer_free(&site->found);
  lode_search_free(site->search);
  lode_sealed_free(site->sealed);
  free(site->languages);
  free(site);
}

lode_status lode_site_get_info(lode_site *site, lode_site_info *info, lode_error *err) {
  lode_error_clear(err);
  if (!site || !info) return lode_error_set(err, LODE_E_ARG, -1, -1, "site or info is NULL");
  const lode_status status =
      lode_check_struct("lode_site_info", info->struct_size, sizeof *info, err);
  if (status != LODE_OK) return status;
  const lode_sealed_boot *boot = lode_sealed_boot_of(site->sealed);
  *info = (lode_site_info){.struct_size = sizeof *info,
                           .documents = boot->documents,
                           .chunks = boot->chunks,
                           .base = boot->base.data,
                           .model = boot->dim > 0 ? boot->model.data : NULL,
                           .dim = (int64_t)boot->dim,
                           .languages = site->languages};
  return LODE_OK;
}

/* ---- asking */

/* A query's own copy, with its options', which are borrowed during the call only. */
static lode_status keep_query(lode_site *site, lode_text query, lode_error *err) {
  lode_request *r = &site->request;
  const char *copy = lode_arena_string(&r->arena, query.size > 0 ? query.data : "", query.size);
  if (!copy) return lode_error_nomem(err);
  site->query = (lode_text){copy, query.size};
  lode_search_field *fields = (lode_search_field *)r->filter.fields;
  for (size_t i = 0; i < r->filter.field_count; i++) {
    fields[i].key.data = lode_arena_string(&r->arena, fields[i].key.data, fields[i].key.size);
    fields[i].value.data = lode_arena_string(&r->arena, fields[i].value.data, fields[i].value.size);
    if (!fields[i].key.data || !fields[i].value.data) return lode_error_nomem(err);
  }
  return LODE_OK;
}

lode_status lode_site_ask(lode_site *site, lode_text query,
                          const lode_index_search_options *options, lode_error *err) {
  lode_error_clear(err);
  if (!site || (!query.data && query.size > 0)) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "site or query is NULL");
  }
  forget(site);
  lode_sealed_begin(site->sealed);
  lode_status status = lode_request_read(options, &site->request, err);
  if (status != LODE_OK) return status;
  if (site->request.filter.path_count > 0) {
    status = lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                            "a sealed index is filtered by metadata, not by paths");
  }
  if (status == LODE_OK) status = keep_query(site, query, err);
  if (status != LODE_OK) {
    forget(site);
    return status;
  }
  const lode_sealed_boot *boot = lode_sealed_boot_of(site->sealed);
  site->request.options.weight = boot->weight;
  site->request.options.unrelated = boot->unrelated;
  site->asked = true;
  return LODE_OK;
}

/* By meaning, with a few files that say where vectors are, or with few vectors. */
static bool wants_vectors(const lode_site *site) {
  return LODE_MEANING && site->near && (site->embed || site->has_vector) &&
         site->request.given.mode != LODE_INDEX_KEYWORD;
}

/* The question, once all is there that it takes to understand it. */
static lode_status read_question(lode_site *site, lode_error *err) {
  if (!site->asked) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "lode_site_ask comes first");
  }
  if (site->read) return LODE_OK;
  const lode_sealed_asked asked = {.text = site->query,
                                   .typing = site->request.given.typing != 0,
                                   .fields = site->request.filter.fields,
                                   .field_count = site->request.filter.field_count,
                                   .vectors = wants_vectors(site)};
  lode_status status = lode_sealed_prepare(site->sealed, site->search, &asked, err);
  if (status != LODE_OK) return status;
  const lode_question_options how = {.typing = asked.typing};
  const lode_corpus corpus = lode_sealed_corpus(site->sealed);
  status = lode_question_read(site->search, &corpus, site->query, &how, &site->question, err);
  site->read = status == LODE_OK;
  return status;
}

/* LODE_E_BUSY is no failure, so nothing that came before it may be lost. */
static lode_status missing(const lode_site *site, lode_status status, lode_error *err) {
  if (status != LODE_E_BUSY) return status;
  return lode_error_set(err, LODE_E_BUSY, -1, -1, "%zu files are needed first",
                        lode_sealed_needs(site->sealed));
}

lode_status lode_site_embed_text(lode_site *site, lode_text *text, lode_error *err) {
  lode_error_clear(err);
  if (!site || !text) return lode_error_set(err, LODE_E_ARG, -1, -1, "site or text is NULL");
  const lode_status status = read_question(site, err);
  if (status == LODE_OK) *text = site->question.embed;
  return missing(site, status, err);
}

static lode_status keep_found(lode_site *site, const lode_search_results *found, lode_error *err) {
  const size_t n = found->found_count;
  if (!lode_buffer_reserve(&site->found, n, sizeof(int64_t), 0)) return lode_error_nomem(err);
  if (n > 0) memcpy(site->found.data, found->found, n * sizeof(int64_t));
  site->found_count = n;
  site->has_found = true;
  return LODE_OK;
}

static lode_status run(lode_site *site, lode_results **out, lode_error *err) {
  if (LODE_MEANING && site->embed && !site->has_vector &&
      site->request.given.mode != LODE_INDEX_KEYWORD && site->question.embed.size > 0) {
    const lode_status status = site->embed(site, err);
    if (status != LODE_OK) return status;
  }
  const bool meaning = LODE_MEANING && site->has_vector &&
                       site->request.given.mode != LODE_INDEX_KEYWORD &&
                       site->question.embed.size > 0;
  if (site->request.given.mode == LODE_INDEX_SEMANTIC &&
      (!LODE_MEANING || (!site->has_vector && !site->embed))) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "to search by meaning the query's vector is needed");
  }
  const lode_store_vectors *vectors = NULL;
  lode_status status = meaning ? site->vectors(site->sealed, &vectors, err) : LODE_OK;
  if (status != LODE_OK) return status;
  const lode_corpus corpus = lode_sealed_corpus(site->sealed);
  lode_search_results found = {0};
  status = lode_search_run(site->search, &corpus, &site->question, vectors,
                           meaning ? site->vector.data : NULL, &site->request.options, &found, err);
  if (status == LODE_OK) status = keep_found(site, &found, err);
  if (status == LODE_OK) status = lode_results_make(&corpus, &found, &site->question, out, err);
  lode_search_results_free(&found);
  return status;
}

lode_status lode_site_results(lode_site *site, lode_results **out, lode_error *err) {
  lode_error_clear(err);
  if (!site || !out) return lode_error_set(err, LODE_E_ARG, -1, -1, "site or out is NULL");
  lode_status status = read_question(site, err);
  if (status == LODE_OK) status = run(site, out, err);
  return missing(site, status, err);
}

lode_status lode_site_facets(lode_site *site, const char **json, lode_error *err) {
  lode_error_clear(err);
  if (!site || !json) return lode_error_set(err, LODE_E_ARG, -1, -1, "site or json is NULL");
  const lode_status status = lode_sealed_facets(site->sealed, &site->facets, err);
  if (status == LODE_OK) *json = site->facets.buffer.data;
  return missing(site, status, err);
}

lode_status lode_site_counts(lode_site *site, const char **json, lode_error *err) {
  lode_error_clear(err);
  if (!site || !json) return lode_error_set(err, LODE_E_ARG, -1, -1, "site or json is NULL");
  if (!site->has_found) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "lode_site_results comes first");
  }
  lode_ids found = {.list = site->found.data, .count = site->found_count};
  const lode_status status = lode_sealed_count_facets(site->sealed, &found, &site->counts, err);
  if (status == LODE_OK) *json = site->counts.buffer.data;
  return missing(site, status, err);
}

/* ---- files */

size_t lode_site_needs(const lode_site *site) {
  return site ? lode_sealed_needs(site->sealed) : 0;
}

const char *lode_site_need(lode_site *site, size_t i, size_t *size) {
  return site ? lode_sealed_need(site->sealed, i, size) : NULL;
}

lode_status lode_site_give(lode_site *site, const char *file, const void *data, size_t size,
                           lode_error *err) {
  lode_error_clear(err);
  if (!site || !file || (!data && size > 0)) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "site, file or data is NULL");
  }
  return lode_sealed_give(site->sealed, file, data, size, err);
}
