/* Opening a collection: the file, its model, and whether the one that was given is that. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/index.h"
#include "api/work.h"
#include "base/json.h"

enum { DEFAULT_CHUNK_TOKENS = 256, MIN_CHUNK_TOKENS = 32, OVERLAP_SHARE = 8 };

/* ---- options */

static lode_status check_options(const lode_index_options *options, lode_error *err) {
  const lode_status status =
      lode_check_struct("lode_index_options", options->struct_size, sizeof *options, err);
  if (status != LODE_OK) return status;
  if ((int)options->access < LODE_INDEX_READ || (int)options->access > LODE_INDEX_CREATE) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "access is out of range");
  }
  if (options->threads < 0 || options->threads > 256) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "threads is %d, not in 0..256",
                          (int)options->threads);
  }
  if (options->chunk_tokens != 0 &&
      (options->chunk_tokens < MIN_CHUNK_TOKENS || options->chunk_tokens > 1 << 20)) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "chunk_tokens is %lld, not 0 or from %d on",
                          (long long)options->chunk_tokens, MIN_CHUNK_TOKENS);
  }
  if (options->vectors && strcmp(options->vectors, "int8") != 0 &&
      strcmp(options->vectors, "f32") != 0) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "vectors is \"%.20s\", not int8 or f32",
                          options->vectors);
  }
  return LODE_OK;
}

/* ---- settings: kept with the model, as JSON */

static lode_status write_settings(lode_index *index, const lode_index_options *options, char *out,
                                  size_t size, lode_error *err) {
  const size_t room = index->embedder.room;
  size_t tokens = options->chunk_tokens ? (size_t)options->chunk_tokens : DEFAULT_CHUNK_TOKENS;
  if (tokens > room) tokens = room;
  if (tokens < MIN_CHUNK_TOKENS) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "the model takes texts of %zu tokens, fewer than %d", room,
                          MIN_CHUNK_TOKENS);
  }
  snprintf(out, size, "{\"chunk_tokens\":%zu,\"overlap\":%zu}", tokens, tokens / OVERLAP_SHARE);
  return LODE_OK;
}

static lode_status read_settings(lode_index *index, lode_error *err) {
  const char *text = index->model.settings;
  lode_json json = {0};
  int64_t tokens = 0, overlap = 0;
  lode_status status = lode_json_parse(text, strlen(text), &json, err);
  if (status == LODE_OK &&
      (!lode_json_int(&json, lode_json_get(&json, 0, "chunk_tokens"), &tokens) ||
       !lode_json_int(&json, lode_json_get(&json, 0, "overlap"), &overlap) ||
       tokens < MIN_CHUNK_TOKENS || tokens > 1 << 20 || overlap < 0 || overlap > tokens / 2)) {
    status = lode_error_set(err, LODE_E_FORMAT, -1, -1, "its settings are damaged");
  }
  lode_json_free(&json);
  if (status != LODE_OK) return status;
  index->chunk_tokens = (uint32_t)tokens;
  index->overlap = (uint32_t)overlap;
  return LODE_OK;
}

/* ---- the model */

/* How alike texts are by this model that have nothing to do with each other. */
static float unrelated_cosine(const float *probes, size_t dim) {
  double sum = 0;
  size_t pairs = 0;
  for (size_t i = 0; i < LODE_PROBES; i++) {
    for (size_t j = 0; j < i; j++, pairs++) {
      sum += (double)lode_similarity(probes + i * dim, probes + j * dim, dim);
    }
  }
  const double mean = sum / (double)pairs;
  return mean > 0 ? (mean < 0.95 ? (float)mean : 0.95F) : 0;
}

/* A new collection's. */
static lode_status set_model(lode_index *index, const lode_index_options *options, const char *name,
                             lode_error *err) {
  char settings[96];
  lode_status status = write_settings(index, options, settings, sizeof settings, err);
  const bool f32 = options->vectors && strcmp(options->vectors, "f32") == 0;
  const lode_store_model model = {.name = name,
                                  .dim = index->embedder.dim,
                                  .dtype = f32 ? LODE_DTYPE_F32 : LODE_DTYPE_I8,
                                  .probes = lode_index_embedder_probes(&index->embedder),
                                  .probe_count = LODE_PROBES,
                                  .settings = settings};
  if (status == LODE_OK) status = lode_store_begin(index->store, err);
  if (status == LODE_OK) {
    status = lode_store_set_model(index->store, &model, err);
    if (status == LODE_OK) {
      status = lode_store_commit(index->store, err);
    } else {
      lode_store_rollback(index->store);
    }
  }
  if (status != LODE_OK) return status;
  return lode_store_model_get(index->store, &index->arena, &index->model, err);
}

static lode_status compare_model(const lode_index *index, const char *name, lode_error *err) {
  const lode_store_model *model = &index->model;
  const float *probes = lode_index_embedder_probes(&index->embedder);
  if (index->embedder.dim == model->dim &&
      lode_index_probe_compare(probes, model->probes, model->dim) >= LODE_PROBE_LEAST_COSINE) {
    return LODE_OK;
  }
  if (strcmp(model->name, name) == 0) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "its vectors are of another model that is called \"%.120s\", too: the "
                          "collection has to be made again",
                          name);
  }
  return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                        "its vectors are of the model \"%.120s\", not of \"%.120s\"", model->name,
                        name);
}

/* What the collection says of its model; *fresh: it has neither a model nor documents. */
static lode_status read_model(lode_index *index, bool *fresh, lode_error *err) {
  lode_store_stats stats;
  lode_status status = lode_store_model_get(index->store, &index->arena, &index->model, err);
  index->has_model = status == LODE_OK;
  if (status == LODE_E_NOT_FOUND) status = lode_store_stats_get(index->store, &stats, err);
  if (status != LODE_OK) return status;
  *fresh = !index->has_model && stats.documents == 0;
  if (!index->has_model) return LODE_OK;
  if (index->model.probe_count != LODE_PROBES) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1, "its model's probes are damaged");
  }
  return LODE_OK;
}

/* ---- opening, in steps: what the model makes of the probes is waited for */

typedef struct opening {
  lode_work work;
  lode_index *index;
  const char *path;
  lode_index_options options;
  bool set; /* the collection gets this model */
  lode_index **out;
} opening;

static lode_status read_sizes(lode_index *index, const lode_index_options *options,
                              lode_error *err) {
  index->chunk_tokens =
      options->chunk_tokens ? (uint32_t)options->chunk_tokens : DEFAULT_CHUNK_TOKENS;
  index->overlap = index->chunk_tokens / OVERLAP_SHARE;
  if (!index->has_model) return LODE_OK;
  index->unrelated = unrelated_cosine(index->model.probes, index->model.dim);
  return read_settings(index, err);
}

static lode_status begin_model(opening *o, lode_error *err) {
  lode_index *index = o->index;
  const lode_model *model = o->options.model;
  const bool reader = o->options.access == LODE_INDEX_READ;
  bool fresh = false;
  const lode_status status = read_model(index, &fresh, err);
  if (status != LODE_OK) return status;
  /* Words alone: of what a reader gives, the model is not needed; for a writer it would be. */
  if (model && !index->has_model && !fresh && !reader) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "was made without a model, and cannot get vectors later");
  }
  o->set = fresh && !reader;
  if (!model || !(index->has_model || o->set)) return LODE_OK;
  index->has_embedder = true;
  return lode_index_embedder_open_begin(model, o->options.threads, &index->embedder, err);
}

static lode_status poll_model(opening *o, bool wait, bool *done, lode_error *err) {
  lode_index *index = o->index;
  lode_status status = LODE_OK;
  *done = !index->has_embedder;
  if (index->has_embedder) {
    status = lode_index_embedder_open_poll(&index->embedder, wait, done, err);
    if (!*done) return status;
    const lode_model *model = o->options.model;
    const char *given = o->options.model_name;
    const char *name = given ? given : model->program.architecture;
    status = o->set ? set_model(index, &o->options, name, err) : compare_model(index, name, err);
    index->has_model = true;
  }
  if (status == LODE_OK) status = read_sizes(index, &o->options, err);
  if (status != LODE_OK) *done = false;
  return status;
}

/* ---- the index */

static lode_store_mode mode_of(lode_index_access access) {
  return access == LODE_INDEX_READ    ? LODE_STORE_READ
         : access == LODE_INDEX_WRITE ? LODE_STORE_WRITE
                                      : LODE_STORE_CREATE;
}

/* With the path in front. */
static lode_status explain(const opening *o, lode_status status, lode_error *err) {
  const size_t n = o->path ? strlen(o->path) : 0;
  const bool named = err && n > 0 && strncmp(err->text, o->path, n) == 0;
  if (status != LODE_OK && o->path && !named) lode_error_prefix(err, status, o->path);
  return status;
}

static lode_status poll(lode_work *work, bool wait, bool *done, lode_error *err) {
  opening *o = (opening *)work;
  const lode_status status = poll_model(o, wait, done, err);
  if (*done) {
    *o->out = o->index;
    o->index = NULL;
  }
  return explain(o, status, err);
}

static void end(lode_work *work) {
  opening *o = (opening *)work;
  lode_index_free(o->index);
  free(o);
}

static lode_status begin(opening *o, lode_error *err) {
  const char *path = o->path;
  lode_index *index = o->index = calloc(1, sizeof *index);
  if (!index) return lode_error_nomem(err);
  index->path = lode_arena_string(&index->arena, path ? path : "", path ? strlen(path) : 0);
  if (!index->path) return lode_error_nomem(err);
  const lode_status status =
      lode_store_open(path, mode_of(o->options.access), NULL, &index->store, err);
  return status == LODE_OK ? explain(o, begin_model(o, err), err) : status;
}

lode_status lode_index_open_begin(const char *path, const lode_index_options *options,
                                  lode_index **out, lode_work **work, lode_error *err) {
  lode_error_clear(err);
  const lode_index_options defaults = LODE_INDEX_OPTIONS_INIT;
  if (!options) options = &defaults;
  if (!out || !work) return lode_error_set(err, LODE_E_ARG, -1, -1, "out or work is NULL");
  lode_status status = check_options(options, err);
  if (status != LODE_OK) return status;
  if (!path && options->access != LODE_INDEX_CREATE) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "path is NULL, and access not CREATE");
  }
  opening *o = calloc(1, sizeof *o);
  if (!o) return lode_error_nomem(err);
  *o = (opening){.work = {.poll = poll, .end = end}, .path = path, .options = *options, .out = out};
  status = begin(o, err);
  if (status == LODE_OK) {
    *work = &o->work;
  } else {
    end(&o->work);
  }
  return status;
}

lode_status lode_index_open(const char *path, const lode_index_options *options, lode_index **out,
                            lode_error *err) {
  lode_work *work = NULL;
  const lode_status begun = lode_index_open_begin(path, options, out, &work, err);
  return lode_work_finish(begun, work, err);
}

lode_status lode_index_check_free(const lode_index *index, lode_error *err) {
  if (!index->working) return LODE_OK;
  return lode_error_set(err, LODE_E_ARG, -1, -1, "%s: work is under way", index->path);
}

void lode_index_free(lode_index *index) {
  if (!index) return;
  lode_store_vectors_free(index->vectors);
  lode_search_free(index->search);
  if (index->has_embedder) lode_index_embedder_close(&index->embedder);
  lode_store_close(index->store);
  lode_arena_free(&index->arena);
  lode_arena_free(&index->sources);
  free(index);
}

/* ---- what it is */

static lode_status list_sources(lode_index *index, lode_store_source **list, size_t *count,
                                lode_error *err) {
  lode_arena_free(&index->sources);
  index->sources = (lode_arena){0};
  lode_status status = lode_store_sources(index->store, &index->sources, list, count, err);
  if (status != LODE_OK) return status;
  size_t kept = 0; /* but the one of documents that were given one by one */
  for (size_t i = 0; i < *count; i++) {
    if ((*list)[i].root[0] != '\0') (*list)[kept++] = (*list)[i];
  }
  *count = kept;
  return LODE_OK;
}

lode_status lode_index_get_info(lode_index *index, lode_index_info *info, lode_error *err) {
  lode_error_clear(err);
  if (!index || !info) return lode_error_set(err, LODE_E_ARG, -1, -1, "index or info is NULL");
  lode_status status = lode_check_struct("lode_index_info", info->struct_size, sizeof *info, err);
  if (status == LODE_OK) status = lode_index_check_free(index, err);
  lode_store_stats stats;
  lode_store_source *sources;
  size_t source_count;
  if (status == LODE_OK) status = lode_store_stats_get(index->store, &stats, err);
  if (status == LODE_OK) status = list_sources(index, &sources, &source_count, err);
  if (status != LODE_OK) return status;
  *info = (lode_index_info){.struct_size = info->struct_size,
                            .documents = stats.documents,
                            .chunks = stats.chunks,
                            .file_bytes = stats.file_bytes,
                            .free_bytes = stats.free_bytes,
                            .source_count = (int64_t)source_count};
  if (index->has_model) {
    info->model = index->model.name;
    info->vectors = index->model.dtype == LODE_DTYPE_F32 ? "f32" : "int8";
    info->dim = (int64_t)index->model.dim;
  }
  return LODE_OK;
}

const char *lode_index_source(lode_index *index, int64_t i) {
  lode_store_source *sources;
  size_t count;
  if (!index || i < 0 || list_sources(index, &sources, &count, NULL) != LODE_OK) return NULL;
  return (size_t)i < count ? sources[i].root : NULL;
}

lode_status lode_index_compact(lode_index *index, lode_error *err) {
  lode_error_clear(err);
  if (!index) return lode_error_set(err, LODE_E_ARG, -1, -1, "index is NULL");
  const lode_status status = lode_index_check_free(index, err);
  return status == LODE_OK ? lode_store_compact(index->store, err) : status;
}

lode_status lode_index_verify(lode_index *index, lode_error *err) {
  lode_error_clear(err);
  if (!index) return lode_error_set(err, LODE_E_ARG, -1, -1, "index is NULL");
  const lode_status status = lode_index_check_free(index, err);
  return status == LODE_OK ? lode_store_verify(index->store, err) : status;
}
