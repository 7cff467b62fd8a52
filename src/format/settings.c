/* The small files around the network: lengths, letter case, prompts, dimensions. */
#include <string.h>

#include "format/model_dir_parts.h"

/* ---------------------------------------------------------------- prompts and dimensions */

static lode_status read_prompt(const lode_doc *doc, lode_json_ref value, lode_arena *arena,
                               lode_prompt *out, lode_error *err) {
  const lode_json *json = &doc->json;
  const lode_json_ref key = lode_json_key(json, value);
  char *name = lode_arena_alloc(arena, lode_json_string_bound(json, key) + 1);
  char *text = lode_arena_alloc(arena, lode_json_string_bound(json, value) + 1);
  if (name == NULL || text == NULL) return lode_error_nomem(err);
  *out = (lode_prompt){.name = name, .text = text};
  const size_t name_size = lode_json_string(json, key, name);
  if (name_size == SIZE_MAX || memchr(name, '\0', name_size) != NULL) {
    return lode_doc_refuse(doc, key, LODE_E_FORMAT, err,
                           "prompts: a name has an unpaired surrogate or a NUL");
  }
  if (lode_json_kind_of(json, value) == LODE_JSON_NULL) return LODE_OK; /* as empty */
  out->size = lode_json_string(json, value, text);
  if (out->size != SIZE_MAX) return LODE_OK;
  return lode_doc_refuse(doc, value, LODE_E_FORMAT, err, "prompts: \"%s\" is no string", name);
}

static int64_t find_prompt(const lode_model_dir *dir, const char *name) {
  for (size_t i = dir->prompt_count; i > 0; i--) { /* the last of a name counts */
    if (strcmp(dir->prompts[i - 1].name, name) == 0) return (int64_t)i - 1;
  }
  return -1;
}

static lode_status read_prompts(const lode_doc *doc, lode_model_dir *dir, lode_error *err) {
  const lode_json *json = &doc->json;
  const lode_json_ref prompts = lode_json_get(json, 0, "prompts");
  const lode_json_kind kind = lode_json_kind_of(json, prompts);
  if (kind == LODE_JSON_ABSENT || kind == LODE_JSON_NULL) return LODE_OK;
  if (kind != LODE_JSON_OBJECT) {
    return lode_doc_refuse(doc, prompts, LODE_E_FORMAT, err, "prompts: is no object");
  }
  const size_t count = (size_t)lode_json_length(json, prompts);
  dir->prompts = lode_arena_array(&dir->arena, count, sizeof *dir->prompts);
  if (dir->prompts == NULL) return lode_error_nomem(err);
  for (lode_json_ref value = lode_json_first(json, prompts); value != LODE_JSON_NONE;
       value = lode_json_next(json, value)) {
    const lode_status status =
        read_prompt(doc, value, &dir->arena, &dir->prompts[dir->prompt_count], err);
    if (status != LODE_OK) return status;
    dir->prompt_count++;
  }
  return LODE_OK;
}

static lode_status read_default_prompt(const lode_doc *doc, lode_model_dir *dir, lode_error *err) {
  const char *name = NULL;
  const lode_status status =
      lode_doc_string(doc, 0, "default_prompt_name", &dir->arena, &name, err);
  if (status != LODE_OK || name == NULL) return status;
  dir->default_prompt = find_prompt(dir, name);
  if (dir->default_prompt >= 0) return LODE_OK;
  /* These two always exist in sentence-transformers, empty unless a model fills them. */
  if (strcmp(name, "query") == 0 || strcmp(name, "document") == 0) return LODE_OK;
  return lode_doc_refuse(doc, lode_json_get(&doc->json, 0, "default_prompt_name"), LODE_E_FORMAT,
                         err, "default_prompt_name: \"%s\" is not among the prompts", name);
}

lode_status lode_matryoshka_read(const lode_doc *doc, lode_model_dir *dir, lode_error *err) {
  static const char *const keys[] = {"matryoshka_dims", "matryoshka_dimensions"};
  enum { MOST = sizeof dir->matryoshka_dims / sizeof dir->matryoshka_dims[0] };
  for (size_t i = 0; i < sizeof keys / sizeof keys[0] && dir->matryoshka_count == 0; i++) {
    const lode_json_ref list = lode_json_get(&doc->json, 0, keys[i]);
    for (lode_json_ref ref = lode_json_first(&doc->json, list); ref != LODE_JSON_NONE;
         ref = lode_json_next(&doc->json, ref)) {
      int64_t dim = 0;
      if (!lode_json_int(&doc->json, ref, &dim) || dim < 1 || dir->matryoshka_count == MOST) {
        return lode_doc_refuse(doc, ref, LODE_E_FORMAT, err, "%s: is no list of at most %d sizes",
                               keys[i], MOST);
      }
      dir->matryoshka_dims[dir->matryoshka_count++] = dim;
    }
  }
  return LODE_OK;
}

static lode_status read_truncate_dim(const lode_doc *doc, lode_model_dir *dir, lode_error *err) {
  int64_t dim = 1;
  const lode_json_ref ref = lode_json_get(&doc->json, 0, "truncate_dim");
  const lode_status status = lode_doc_int(doc, 0, "truncate_dim", &dim, err);
  if (status != LODE_OK || lode_json_kind_of(&doc->json, ref) != LODE_JSON_NUMBER) return status;
  if (dim < 1) {
    return lode_doc_refuse(doc, ref, LODE_E_FORMAT, err, "truncate_dim: is less than 1");
  }
  dir->truncate_dim = dim;
  return LODE_OK;
}

/* The library saves sparse encoders, rerankers and multi-vector models in the same layout. */
static lode_status check_kind(const lode_doc *doc, lode_model_dir *dir, lode_error *err) {
  const char *kind = "SentenceTransformer";
  const lode_status status = lode_doc_string(doc, 0, "model_type", &dir->arena, &kind, err);
  if (status != LODE_OK || strcmp(kind, "SentenceTransformer") == 0) return status;
  return lode_doc_refuse(doc, lode_json_get(&doc->json, 0, "model_type"), LODE_E_UNSUPPORTED, err,
                         "model_type: \"%s\" is no model of sentence embeddings", kind);
}

lode_status lode_prompts_read(const lode_folder *folder, lode_model_dir *dir, lode_error *err) {
  lode_doc doc = {0};
  bool found;
  lode_status status = lode_doc_open_optional(folder, "config_sentence_transformers.json",
                                              LODE_JSON_OBJECT, &doc, &found, err);
  if (status == LODE_OK) status = check_kind(&doc, dir, err);
  if (status == LODE_OK) status = read_prompts(&doc, dir, err);
  if (status == LODE_OK) status = read_default_prompt(&doc, dir, err);
  if (status == LODE_OK) status = read_truncate_dim(&doc, dir, err);
  if (status == LODE_OK) status = lode_matryoshka_read(&doc, dir, err);
  lode_doc_close(&doc);
  return status;
}

/* ---------------------------------------------------------------- lengths, letter case */

/* A length in tokens at `key`; *out stays when it is absent. Tokenizers without a limit write
 * 1e30: taken as 0, which is what an integer of that size would mean as well. */
static lode_status read_length(const lode_doc *doc, lode_json_ref object, const char *key,
                               int64_t *out, lode_error *err) {
  double value = -1;
  const lode_status status = lode_doc_double(doc, object, key, &value, err);
  if (status != LODE_OK || value == -1) return status;
  if (value >= 1e15) {
    *out = 0;
    return LODE_OK;
  }
  const int64_t length = value > 0 ? (int64_t)value : 0;
  if (length >= 1 && (double)length == value) {
    *out = length;
    return LODE_OK;
  }
  return lode_doc_refuse(doc, lode_json_get(&doc->json, object, key), LODE_E_FORMAT, err,
                         "%s: is no length", key);
}

/* The transformer module's own settings. -1: no length in them. */
static lode_status read_transformer_settings(const lode_folder *folder, const char *sub_folder,
                                             lode_model_dir *dir, int64_t *max_length,
                                             lode_error *err) {
  /* One per model family once; the first that is there and not empty is taken. */
  static const char *const names[] = {
      "sentence_bert_config.json",       "sentence_roberta_config.json",
      "sentence_distilbert_config.json", "sentence_camembert_config.json",
      "sentence_albert_config.json",     "sentence_xlm-roberta_config.json",
      "sentence_xlnet_config.json",
  };
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const char *name = lode_path_join(&dir->arena, sub_folder, names[i]);
    if (name == NULL) return lode_error_nomem(err);
    lode_doc doc = {0};
    bool found;
    lode_status status = lode_doc_open_optional(folder, name, LODE_JSON_OBJECT, &doc, &found, err);
    const bool taken = lode_json_length(&doc.json, 0) > 0;
    if (status == LODE_OK) status = read_length(&doc, 0, "max_seq_length", max_length, err);
    if (status == LODE_OK) {
      status = lode_doc_bool(&doc, 0, "do_lower_case", &dir->lower_case, err);
    }
    /* Arguments for the tokenizer's constructor come before max_seq_length. */
    static const char *const arguments[] = {"tokenizer_args", "processor_kwargs"};
    for (size_t j = 0; j < 2 && status == LODE_OK; j++) {
      status = read_length(&doc, lode_json_get(&doc.json, 0, arguments[j]), "model_max_length",
                           max_length, err);
    }
    lode_doc_close(&doc);
    if (status != LODE_OK || taken) return status;
  }
  return LODE_OK;
}

/* `*max_length`: the tokenizer's; 0: it has none. What else the file says is the tokenizer's
 * to read. */
static lode_status read_tokenizer_length(const lode_folder *folder, const char *sub_folder,
                                         lode_model_dir *dir, int64_t *max_length,
                                         lode_error *err) {
  const char *name = lode_path_join(&dir->arena, sub_folder, "tokenizer_config.json");
  if (name == NULL) return lode_error_nomem(err);
  lode_doc doc = {0};
  bool found;
  lode_status status = lode_doc_open_optional(folder, name, LODE_JSON_OBJECT, &doc, &found, err);
  if (status == LODE_OK) status = read_length(&doc, 0, "max_len", max_length, err);
  if (status == LODE_OK) status = read_length(&doc, 0, "model_max_length", max_length, err);
  lode_doc_close(&doc);
  return status;
}

lode_status lode_limits_read(const lode_folder *folder, const char *sub_folder, bool has_modules,
                             lode_model_dir *dir, lode_error *err) {
  int64_t configured = -1;
  int64_t tokenizer = 0;
  lode_status status = LODE_OK;
  if (has_modules) {
    status = read_transformer_settings(folder, sub_folder, dir, &configured, err);
  }
  if (status == LODE_OK) {
    status = read_tokenizer_length(folder, sub_folder, dir, &tokenizer, err);
  }
  if (status != LODE_OK) return status;
  if (configured >= 0) {
    dir->max_seq_length = configured;
    return LODE_OK;
  }
  const int64_t positions = dir->config.max_positions;
  dir->max_seq_length = tokenizer > 0 && tokenizer < positions ? tokenizer : positions;
  return LODE_OK;
}
