/* modules.json, and the folders of the modules that it lists. */
#include <string.h>

#include "format/model_dir_parts.h"
#include "format/safetensors.h"

/* Real models have up to five; this bounds what a hostile list can make us allocate. */
enum { MAX_MODULES = 64 };

/* ---------------------------------------------------------------- the list */

/* "sentence_transformers.models.Pooling", "sentence_transformers.base.modules.dense.Dense":
 * the library has moved its classes about, so the class name alone decides. */
static const char *class_name(const char *type) {
  static const char package[] = "sentence_transformers.";
  if (strncmp(type, package, sizeof package - 1) != 0) return NULL;
  return strrchr(type, '.') + 1;
}

static lode_status read_entry(const lode_doc *doc, lode_json_ref ref, lode_arena *arena,
                              lode_module_entry *out, lode_error *err) {
  if (lode_json_kind_of(&doc->json, ref) != LODE_JSON_OBJECT) {
    return lode_doc_refuse(doc, ref, LODE_E_FORMAT, err, "a module is no object");
  }
  const char *type = NULL;
  lode_status status = lode_doc_string(doc, ref, "type", arena, &type, err);
  if (status == LODE_OK) status = lode_doc_string(doc, ref, "path", arena, &out->path, err);
  if (status != LODE_OK) return status;
  if (type == NULL || out->path == NULL) {
    return lode_doc_refuse(doc, ref, LODE_E_FORMAT, err, "a module has no %s",
                           type == NULL ? "type" : "path");
  }
  if (strcmp(out->path, ".") == 0) out->path = ""; /* as Model2Vec writes it */
  out->kind = class_name(type);
  if (out->kind == NULL) {
    return lode_doc_refuse(doc, ref, LODE_E_UNSUPPORTED, err,
                           "module \"%s\" is Python code of the model's own", type);
  }
  return LODE_OK;
}

static lode_status read_list(const lode_doc *doc, lode_arena *arena, lode_module_list *out,
                             lode_error *err) {
  const lode_json *json = &doc->json;
  const int32_t count = lode_json_length(json, 0);
  if (count == 0) return lode_doc_refuse(doc, 0, LODE_E_FORMAT, err, "lists no module");
  if (count > MAX_MODULES) {
    return lode_doc_refuse(doc, 0, LODE_E_UNSUPPORTED, err, "lists more than %d modules",
                           MAX_MODULES);
  }
  out->entries = lode_arena_array(arena, (size_t)count, sizeof *out->entries);
  if (out->entries == NULL) return lode_error_nomem(err);
  for (lode_json_ref ref = lode_json_first(json, 0); ref != LODE_JSON_NONE;
       ref = lode_json_next(json, ref)) {
    const lode_status status = read_entry(doc, ref, arena, &out->entries[out->count], err);
    if (status != LODE_OK) return status;
    out->count++;
  }
  const char *first = out->entries[0].kind;
  if (strcmp(first, "Transformer") != 0 && strcmp(first, "StaticEmbedding") != 0) {
    return lode_doc_refuse(doc, lode_json_first(json, 0), LODE_E_UNSUPPORTED, err,
                           "the first module is %s; only a Transformer or a StaticEmbedding is "
                           "supported",
                           first);
  }
  return LODE_OK;
}

lode_status lode_module_list_read(const lode_folder *folder, lode_arena *arena,
                                  lode_module_list *out, lode_error *err) {
  *out = (lode_module_list){0};
  lode_doc doc = {0};
  lode_status status =
      lode_doc_open_optional(folder, "modules.json", LODE_JSON_ARRAY, &doc, &out->found, err);
  if (status == LODE_OK && out->found) status = read_list(&doc, arena, out, err);
  lode_doc_close(&doc);
  return status;
}

/* ---------------------------------------------------------------- a module's folder */

/* What a module is read with. */
typedef struct module_reader {
  const lode_folder *folder;
  const char *path;
  lode_model_dir *dir;
  lode_doc doc; /* the module's config.json */
  lode_error *err;
} module_reader;

/* Modules work on "sentence_embedding"; those that are set to work on tokens are for
 * late-interaction models. */
static lode_status check_input(const module_reader *r) {
  static const char *const keys[] = {"module_input_name", "module_output_name"};
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    const lode_json_ref ref = lode_json_get(&r->doc.json, 0, keys[i]);
    const lode_json_kind kind = lode_json_kind_of(&r->doc.json, ref);
    if (kind == LODE_JSON_ABSENT || kind == LODE_JSON_NULL) continue;
    if (!lode_json_is(&r->doc.json, ref, "sentence_embedding")) {
      return lode_doc_refuse(&r->doc, ref, LODE_E_UNSUPPORTED, r->err,
                             "%s: only \"sentence_embedding\" is supported", keys[i]);
    }
  }
  return LODE_OK;
}

/* Member `key`, which must be a size. */
static lode_status read_features(const module_reader *r, const char *key, int64_t *out) {
  *out = 0;
  const lode_status status = lode_doc_int(&r->doc, 0, key, out, r->err);
  if (status != LODE_OK) return status;
  if (*out >= 1 && *out <= 1 << 20) return LODE_OK;
  return lode_doc_refuse(&r->doc, lode_json_get(&r->doc.json, 0, key), LODE_E_FORMAT, r->err,
                         "%s: is missing or out of range", key);
}

/* A module's tensor; the weights' file has been read. */
static lode_status find_tensor(const module_reader *r, const lode_module *module, const char *name,
                               lode_tensor *out) {
  const lode_tensor *tensor = lode_tensor_set_find(&module->tensors, name);
  if (tensor == NULL) {
    const char *file = lode_path_join(&r->dir->arena, r->path, "model.safetensors");
    if (file == NULL) return lode_error_nomem(r->err);
    return lode_error_set(r->err, LODE_E_FORMAT, -1, -1, "%s: tensor \"%s\": is missing", file,
                          name);
  }
  *out = *tensor;
  return LODE_OK;
}

static lode_status read_weights(const module_reader *r, lode_module *module, const char *weight,
                                const char *bias) {
  lode_status status = lode_safetensors_open(r->folder, r->path, &module->tensors, r->err);
  if (status == LODE_OK) status = find_tensor(r, module, weight, &module->weight);
  if (status == LODE_OK && bias != NULL) status = find_tensor(r, module, bias, &module->bias);
  return status;
}

/* ---------------------------------------------------------------- pooling */

/* The flags' vectors are joined in this order, those of a list in the list's. */
static const struct {
  const char *mode; /* "pooling_mode" */
  const char *flag; /* older files: one flag a mode */
  lode_pooling kind;
} pooling_modes[] = {
    {"cls", "pooling_mode_cls_token", LODE_POOL_CLS},
    {"max", "pooling_mode_max_tokens", LODE_POOL_MAX},
    {"mean", "pooling_mode_mean_tokens", LODE_POOL_MEAN},
    {"mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", LODE_POOL_MEAN_SQRT_LEN},
    {"weightedmean", "pooling_mode_weightedmean_tokens", LODE_POOL_WEIGHTED_MEAN},
    {"lasttoken", "pooling_mode_lasttoken", LODE_POOL_LAST},
};
enum { POOLING_MODES = sizeof pooling_modes / sizeof pooling_modes[0] };

static lode_status add_pooling_mode(const module_reader *r, lode_json_ref ref,
                                    lode_poolings *list) {
  if (list->count == LODE_POOLINGS_MAX) {
    return lode_doc_refuse(&r->doc, ref, LODE_E_UNSUPPORTED, r->err,
                           "pooling_mode: more than %d modes are not supported", LODE_POOLINGS_MAX);
  }
  for (size_t i = 0; i < POOLING_MODES; i++) {
    if (!lode_json_is(&r->doc.json, ref, pooling_modes[i].mode)) continue;
    list->kinds[list->count++] = pooling_modes[i].kind;
    return LODE_OK;
  }
  return lode_doc_refuse(&r->doc, ref, LODE_E_FORMAT, r->err,
                         "pooling_mode: is none of cls, max, mean, mean_sqrt_len_tokens, "
                         "weightedmean, lasttoken");
}

static lode_status read_pooling_modes(const module_reader *r, lode_json_ref ref,
                                      lode_poolings *list) {
  const lode_json *json = &r->doc.json;
  if (lode_json_kind_of(json, ref) != LODE_JSON_ARRAY) return add_pooling_mode(r, ref, list);
  if (lode_json_length(json, ref) == 0) {
    return lode_doc_refuse(&r->doc, ref, LODE_E_FORMAT, r->err, "pooling_mode: is empty");
  }
  for (lode_json_ref mode = lode_json_first(json, ref); mode != LODE_JSON_NONE;
       mode = lode_json_next(json, mode)) {
    const lode_status status = add_pooling_mode(r, mode, list);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

static lode_status read_pooling_flags(const module_reader *r, lode_poolings *list) {
  for (size_t i = 0; i < POOLING_MODES; i++) {
    bool on = false;
    const lode_status status = lode_doc_bool(&r->doc, 0, pooling_modes[i].flag, &on, r->err);
    if (status != LODE_OK) return status;
    if (on) list->kinds[list->count++] = pooling_modes[i].kind;
  }
  if (list->count == 0) *list = (lode_poolings){1, {LODE_POOL_MEAN}};
  return LODE_OK;
}

/* The dimension goes by two names; the library does not need it, but one that differs from
 * the transformer's says that the folder is put together from two models. */
static lode_status check_pooling_dimension(const module_reader *r) {
  static const char *const keys[] = {"embedding_dimension", "word_embedding_dimension"};
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    const int64_t hidden = r->dir->config.hidden_size;
    int64_t dimension = hidden;
    const lode_status status = lode_doc_int(&r->doc, 0, keys[i], &dimension, r->err);
    if (status != LODE_OK) return status;
    if (dimension != hidden) {
      return lode_doc_refuse(&r->doc, lode_json_get(&r->doc.json, 0, keys[i]), LODE_E_FORMAT,
                             r->err, "%s: is %lld, but the transformer's vectors have %lld",
                             keys[i], (long long)dimension, (long long)hidden);
    }
  }
  return LODE_OK;
}

static lode_status read_pooling(const module_reader *r, lode_module *out) {
  out->kind = LODE_MODULE_POOLING;
  out->include_prompt = true;
  lode_status status = check_pooling_dimension(r);
  if (status != LODE_OK) return status;
  const lode_json_ref mode = lode_json_get(&r->doc.json, 0, "pooling_mode");
  status = mode != LODE_JSON_NONE ? read_pooling_modes(r, mode, &out->poolings)
                                  : read_pooling_flags(r, &out->poolings);
  if (status != LODE_OK) return status;
  return lode_doc_bool(&r->doc, 0, "include_prompt", &out->include_prompt, r->err);
}

/* ---------------------------------------------------------------- dense */

/* Python's name of the activation's class; Tanh when there is none. */
static lode_status read_dense_act(const module_reader *r, lode_act *out) {
  static const struct {
    const char *name;
    lode_act act;
  } acts[] = {
      {"Identity", LODE_ACT_NONE}, {"Tanh", LODE_ACT_TANH},       {"ReLU", LODE_ACT_RELU},
      {"GELU", LODE_ACT_GELU_ERF}, {"Sigmoid", LODE_ACT_SIGMOID}, {"SiLU", LODE_ACT_SILU},
  };
  static const char package[] = "torch.nn.";
  const char *name = "torch.nn.Tanh";
  const lode_status status =
      lode_doc_string(&r->doc, 0, "activation_function", &r->dir->arena, &name, r->err);
  if (status != LODE_OK) return status;
  if (strncmp(name, package, sizeof package - 1) == 0) {
    const char *class = strrchr(name, '.') + 1;
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
      if (strcmp(class, acts[i].name) == 0) {
        *out = acts[i].act;
        return LODE_OK;
      }
    }
  }
  return lode_doc_refuse(&r->doc, lode_json_get(&r->doc.json, 0, "activation_function"),
                         LODE_E_UNSUPPORTED, r->err, "activation_function: \"%s\" is not supported",
                         name);
}

static lode_status read_dense(const module_reader *r, lode_module *out) {
  out->kind = LODE_MODULE_DENSE;
  bool bias = true;
  bool residual = false;
  lode_status status = check_input(r);
  if (status == LODE_OK) status = read_features(r, "in_features", &out->in_features);
  if (status == LODE_OK) status = read_features(r, "out_features", &out->out_features);
  if (status == LODE_OK) status = lode_doc_bool(&r->doc, 0, "bias", &bias, r->err);
  if (status == LODE_OK) status = lode_doc_bool(&r->doc, 0, "use_residual", &residual, r->err);
  if (status == LODE_OK) status = read_dense_act(r, &out->act);
  if (status != LODE_OK) return status;
  if (residual) {
    return lode_doc_refuse(&r->doc, lode_json_get(&r->doc.json, 0, "use_residual"),
                           LODE_E_UNSUPPORTED, r->err, "use_residual: true is not supported");
  }
  return read_weights(r, out, "linear.weight", bias ? "linear.bias" : NULL);
}

/* ---------------------------------------------------------------- the others */

static lode_status read_layer_norm(const module_reader *r, lode_module *out) {
  out->kind = LODE_MODULE_LAYER_NORM;
  const lode_status status = read_features(r, "dimension", &out->in_features);
  if (status != LODE_OK) return status;
  out->out_features = out->in_features;
  return read_weights(r, out, "norm.weight", "norm.bias");
}

static lode_status read_normalize(const module_reader *r, lode_module *out) {
  out->kind = LODE_MODULE_NORMALIZE;
  return check_input(r);
}

/* ---------------------------------------------------------------- all of them */

typedef lode_status read_module_fn(const module_reader *r, lode_module *out);

static const struct {
  const char *kind;
  read_module_fn *read;    /* NULL: does nothing at inference */
  bool config_is_optional; /* Normalize often has not even a folder */
} readers[] = {
    {"Pooling", read_pooling, false},
    {"Dense", read_dense, false},
    {"Normalize", read_normalize, true},
    {"LayerNorm", read_layer_norm, false},
    {"Dropout", NULL, true},
};

static lode_status open_module_config(module_reader *r, bool optional) {
  const char *name = lode_path_join(&r->dir->arena, r->path, "config.json");
  if (name == NULL) return lode_error_nomem(r->err);
  if (!optional) return lode_doc_open(r->folder, name, LODE_JSON_OBJECT, &r->doc, r->err);
  bool found;
  return lode_doc_open_optional(r->folder, name, LODE_JSON_OBJECT, &r->doc, &found, r->err);
}

static lode_status read_module(const lode_folder *folder, const lode_module_entry *entry,
                               lode_model_dir *dir, lode_error *err) {
  size_t i = 0;
  while (i < sizeof readers / sizeof readers[0] && strcmp(readers[i].kind, entry->kind) != 0) i++;
  if (i == sizeof readers / sizeof readers[0]) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                          "modules.json: module %s (%s) is not supported", entry->kind,
                          entry->path);
  }
  if (readers[i].read == NULL) return LODE_OK;
  module_reader r = {.folder = folder, .path = entry->path, .dir = dir, .err = err};
  lode_status status = open_module_config(&r, readers[i].config_is_optional);
  /* Counted first: what it has opened is then closed with the directory. */
  if (status == LODE_OK) status = readers[i].read(&r, &dir->modules[dir->module_count++]);
  lode_doc_close(&r.doc);
  return status;
}

lode_status lode_modules_read(const lode_folder *folder, const lode_module_list *list,
                              lode_model_dir *dir, lode_error *err) {
  const size_t most = list->found ? list->count : 1;
  dir->modules = lode_arena_array(&dir->arena, most, sizeof *dir->modules);
  if (dir->modules == NULL) return lode_error_nomem(err);
  if (!list->found || dir->static_kind != LODE_STATIC_NONE) {
    dir->modules[dir->module_count++] = (lode_module){
        .kind = LODE_MODULE_POOLING, .poolings = {1, {LODE_POOL_MEAN}}, .include_prompt = true};
  }
  for (size_t i = 1; i < list->count; i++) {
    const lode_status status = read_module(folder, &list->entries[i], dir, err);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}
