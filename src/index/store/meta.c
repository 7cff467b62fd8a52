/* The table meta: numbers that change with each transaction, and the model. */
#include <string.h>

#include "index/store/parts.h"
#include "index/words/stem.h"

typedef struct field {
  const char *key;
  size_t offset;
  int64_t most;
} field;

#define FIELD(name, most) {#name, offsetof(lode_store_meta, name), most}
static const field fields[] = {
    FIELD(documents, INT64_MAX),      FIELD(chunks, INT64_MAX),
    FIELD(vectors, INT64_MAX),        FIELD(dead, INT64_MAX),
    FIELD(segments, INT64_MAX),       FIELD(last_segment, INT64_MAX - 1),
    FIELD(generation, INT64_MAX - 1), FIELD(languages, UINT32_MAX),
    FIELD(dim, LODE_STORE_DIM_MAX),   FIELD(dtype, LODE_DTYPE_OTHER),
};
enum { FIELDS = sizeof fields / sizeof *fields };

static void set_field(lode_store_meta *meta, const field *f, int64_t value) {
  memcpy((char *)meta + f->offset, &value, sizeof value);
}

static int64_t get_field(const lode_store_meta *meta, const field *f) {
  int64_t value;
  memcpy(&value, (const char *)meta + f->offset, sizeof value);
  return value;
}

static lode_status read_field(lode_store *store, const field *f, int64_t *out, lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_META_GET);
  lode_sql_string(&q, f->key);
  bool row;
  lode_status status = lode_sql_step(&q, &row, err);
  *out = 0;
  if (status == LODE_OK && row) status = lode_sql_get_int(&q, 0, f->key, 0, f->most, out, err);
  lode_sql_close(&q);
  return status;
}

/* Whoever opens a collection, or finds another state of it, hears early what questions will take.
 */
static void ask_for_stemmers(lode_languages languages) {
  for (int i = 0; i < LODE_LANGUAGE_COUNT; i++) {
    if ((languages & LODE_LANGUAGE_BIT(i)) != 0) (void)lode_stem_ready((lode_language)i);
  }
}

lode_status lode_store_meta_read(lode_store *store, lode_error *err) {
  lode_store_meta meta = {0};
  for (size_t i = 0; i < FIELDS; i++) {
    int64_t value;
    const lode_status status = read_field(store, &fields[i], &value, err);
    if (status != LODE_OK) return status;
    set_field(&meta, &fields[i], value);
  }
  if (meta.dim > 0 && meta.dtype != LODE_DTYPE_I8 && meta.dtype != LODE_DTYPE_F32)
    return lode_store_damaged(store, err, "vectors of type %lld", (long long)meta.dtype);
  store->meta = meta;
  ask_for_stemmers((lode_languages)meta.languages);
  return LODE_OK;
}

lode_status lode_store_meta_write(lode_store *store, lode_error *err) {
  for (size_t i = 0; i < FIELDS; i++) {
    const int64_t value = get_field(&store->meta, &fields[i]);
    int64_t before;
    lode_status status = read_field(store, &fields[i], &before, err);
    if (status != LODE_OK) return status;
    if (value == before) continue;
    lode_sql q = lode_sql_open(store, LODE_SQL_META_SET);
    lode_sql_string(&q, fields[i].key);
    lode_sql_int(&q, value);
    status = lode_sql_run(&q, err);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

/* ---------------------------------------------------------------- the model */

enum { PROBES_MAX = 64 };

static lode_status check_model(lode_store *store, const lode_store_model *model, lode_error *err) {
  if (store->meta.dim > 0)
    return lode_store_error(store, err, LODE_E_ARG, -1, -1, "has vectors of a model already");
  if (model->dim == 0 || model->dim > LODE_STORE_DIM_MAX) {
    return lode_store_error(store, err, LODE_E_ARG, -1, -1,
                            "vectors of %zu dimensions: 1 to %d are possible", model->dim,
                            (int)LODE_STORE_DIM_MAX);
  }
  if (model->dtype != LODE_DTYPE_I8 && model->dtype != LODE_DTYPE_F32)
    return lode_store_error(store, err, LODE_E_ARG, -1, -1, "vectors are kept in int8 or f32 only");
  if (model->probe_count == 0 || model->probe_count > PROBES_MAX) {
    return lode_store_error(store, err, LODE_E_ARG, -1, -1, "1 to %d probes are possible",
                            PROBES_MAX);
  }
  if (lode_store_check_utf8(store, (lode_text){model->name, strlen(model->name)},
                            "the model's name", -1, err) != LODE_OK) {
    return LODE_E_UTF8;
  }
  return lode_store_check_utf8(store, (lode_text){model->settings, strlen(model->settings)},
                               "the model's settings", -1, err);
}

lode_status lode_store_set_model(lode_store *store, const lode_store_model *model,
                                 lode_error *err) {
  lode_status status = lode_store_writing(store, err);
  if (status == LODE_OK) status = check_model(store, model, err);
  if (status != LODE_OK) return status;
  lode_sql q = lode_sql_open(store, LODE_SQL_META_SET);
  lode_sql_string(&q, "model");
  lode_sql_string(&q, model->name);
  status = lode_sql_run(&q, err);
  if (status == LODE_OK) {
    q = lode_sql_open(store, LODE_SQL_META_SET);
    lode_sql_string(&q, "settings");
    lode_sql_string(&q, model->settings);
    status = lode_sql_run(&q, err);
  }
  if (status == LODE_OK) {
    q = lode_sql_open(store, LODE_SQL_META_SET);
    lode_sql_string(&q, "probes");
    lode_sql_blob(&q, model->probes, model->probe_count * model->dim * sizeof(float));
    status = lode_sql_run(&q, err);
  }
  if (status != LODE_OK) return lode_store_lost(store, status);
  store->meta.dim = (int64_t)model->dim;
  store->meta.dtype = model->dtype;
  return LODE_OK;
}

static lode_status read_string(lode_store *store, const char *key, lode_arena *arena,
                               const char **out, lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_META_GET);
  lode_sql_string(&q, key);
  bool row;
  lode_text text = {"", 0};
  lode_status status = lode_sql_step(&q, &row, err);
  if (status == LODE_OK && !row)
    status = lode_store_damaged(store, err, "meta '%s' is missing", key);
  if (status == LODE_OK) status = lode_sql_get_text(&q, 0, key, arena, &text, err);
  *out = text.data;
  lode_sql_close(&q);
  return status;
}

static lode_status read_probes(lode_store *store, lode_arena *arena, lode_store_model *out,
                               lode_error *err) {
  lode_sql q = lode_sql_open(store, LODE_SQL_META_GET);
  lode_sql_string(&q, "probes");
  bool row;
  lode_status status = lode_sql_step(&q, &row, err);
  const size_t one = out->dim * sizeof(float);
  const size_t size = row ? (size_t)sqlite3_column_bytes(q.statement, 0) : 0;
  if (status == LODE_OK && (size == 0 || size % one != 0 || size / one > PROBES_MAX))
    status = lode_store_damaged(store, err, "probes of %zu bytes", size);
  const void *data = NULL;
  if (status == LODE_OK) status = lode_sql_get_blob(&q, 0, "probes", size, &data, err);
  if (status == LODE_OK) {
    void *copy = lode_arena_alloc(arena, size);
    if (copy != NULL) memcpy(copy, data, size);
    out->probes = copy;
    out->probe_count = size / one;
    if (copy == NULL) status = lode_error_nomem(err);
  }
  lode_sql_close(&q);
  return status;
}

lode_status lode_store_model_get(lode_store *store, lode_arena *arena, lode_store_model *out,
                                 lode_error *err) {
  bool began;
  lode_status status = lode_store_reading(store, &began, err);
  if (status != LODE_OK) return status;
  if (store->meta.dim == 0)
    status = lode_store_error(store, err, LODE_E_NOT_FOUND, -1, -1, "has no vectors");
  lode_store_model model = {.dim = (size_t)store->meta.dim, .dtype = (lode_dtype)store->meta.dtype};
  if (status == LODE_OK) status = read_string(store, "model", arena, &model.name, err);
  if (status == LODE_OK) status = read_string(store, "settings", arena, &model.settings, err);
  if (status == LODE_OK) status = read_probes(store, arena, &model, err);
  if (status == LODE_OK) *out = model;
  lode_store_read_done(store, began);
  return status;
}

/* ---------------------------------------------------------------- statistics */

lode_status lode_store_stats_get(lode_store *store, lode_store_stats *out, lode_error *err) {
  bool began;
  lode_status status = lode_store_reading(store, &began, err);
  if (status != LODE_OK) return status;
  int64_t page = 0;
  int64_t pages = 0;
  int64_t unused = 0;
  status = lode_sql_number(store, LODE_SQL_PAGE_SIZE, &page, err);
  if (status == LODE_OK) status = lode_sql_number(store, LODE_SQL_PAGES, &pages, err);
  if (status == LODE_OK) status = lode_sql_number(store, LODE_SQL_FREE_PAGES, &unused, err);
  const lode_store_meta *meta = &store->meta;
  if (status == LODE_OK) {
    *out = (lode_store_stats){
        .documents = meta->documents,
        .chunks = meta->chunks,
        .vectors = meta->vectors,
        .dead = meta->dead,
        .segments = meta->segments,
        .generation = meta->generation,
        .file_bytes = page * pages,
        .free_bytes = page * unused,
        .languages = (lode_languages)meta->languages,
    };
  }
  lode_store_read_done(store, began);
  return status;
}
