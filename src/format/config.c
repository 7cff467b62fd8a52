/* config.json, whose field names depend on the model type. */
#include <string.h>

#include "format/model_dir_parts.h"

/* What a family calls its fields, and transformers' defaults for those that may be absent. */
typedef struct dialect {
  const char *model_types[4];
  const char *hidden_size;
  const char *layers;
  const char *heads;
  const char *intermediate_size;
  const char *act;
  int64_t type_vocab_size;
  int64_t pad_token_id;
} dialect;

static const dialect dialects[] = {
    {{"bert"},
     "hidden_size",
     "num_hidden_layers",
     "num_attention_heads",
     "intermediate_size",
     "hidden_act",
     2,
     0},
    {{"roberta", "xlm-roberta", "camembert"},
     "hidden_size",
     "num_hidden_layers",
     "num_attention_heads",
     "intermediate_size",
     "hidden_act",
     2,
     1},
    {{"distilbert"}, "dim", "n_layers", "n_heads", "hidden_dim", "activation", 0, 0},
};

static const dialect *find_dialect(const char *model_type) {
  for (size_t i = 0; i < sizeof dialects / sizeof dialects[0]; i++) {
    for (size_t j = 0; j < 4 && dialects[i].model_types[j] != NULL; j++) {
      if (strcmp(dialects[i].model_types[j], model_type) == 0) return &dialects[i];
    }
  }
  return NULL;
}

static lode_status read_sizes(const lode_doc *doc, const dialect *d, lode_model_config *out,
                              lode_error *err) {
  const struct {
    const char *key;
    int64_t *value;
  } required[] = {
      {d->hidden_size, &out->hidden_size},
      {d->layers, &out->layers},
      {d->heads, &out->heads},
      {d->intermediate_size, &out->intermediate_size},
      {"vocab_size", &out->vocab_size},
      {"max_position_embeddings", &out->max_positions},
  };
  for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
    const char *key = required[i].key;
    *required[i].value = -1;
    const lode_status status = lode_doc_int(doc, 0, key, required[i].value, err);
    if (status != LODE_OK) return status;
    if (*required[i].value < 0) {
      const lode_json_ref at = lode_json_get(&doc->json, 0, key);
      return lode_doc_refuse(doc, at, LODE_E_FORMAT, err, "%s: is missing or negative", key);
    }
  }
  out->type_vocab_size = d->type_vocab_size;
  out->pad_token_id = d->pad_token_id;
  lode_status status = LODE_OK;
  if (d->type_vocab_size > 0) {
    status = lode_doc_int(doc, 0, "type_vocab_size", &out->type_vocab_size, err);
  }
  if (status != LODE_OK) return status;
  /* An explicit null says that there is none. */
  const lode_json_ref pad = lode_json_get(&doc->json, 0, "pad_token_id");
  if (lode_json_kind_of(&doc->json, pad) == LODE_JSON_NULL) out->pad_token_id = -1;
  return lode_doc_int(doc, 0, "pad_token_id", &out->pad_token_id, err);
}

static lode_status read_act(const lode_doc *doc, const char *key, lode_act *out, lode_error *err) {
  static const struct {
    const char *name;
    lode_act act;
  } acts[] = {
      {"gelu", LODE_ACT_GELU_ERF},       {"gelu_python", LODE_ACT_GELU_ERF},
      {"gelu_new", LODE_ACT_GELU_TANH},  {"gelu_pytorch_tanh", LODE_ACT_GELU_TANH},
      {"gelu_fast", LODE_ACT_GELU_TANH}, {"gelu_accurate", LODE_ACT_GELU_TANH},
      {"relu", LODE_ACT_RELU},           {"tanh", LODE_ACT_TANH},
      {"silu", LODE_ACT_SILU},           {"swish", LODE_ACT_SILU},
      {"sigmoid", LODE_ACT_SIGMOID},     {"linear", LODE_ACT_NONE},
  };
  *out = LODE_ACT_GELU_ERF;
  const lode_json_ref ref = lode_json_get(&doc->json, 0, key);
  const lode_json_kind kind = lode_json_kind_of(&doc->json, ref);
  if (kind == LODE_JSON_ABSENT) return LODE_OK;
  for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
    if (lode_json_is(&doc->json, ref, acts[i].name)) {
      *out = acts[i].act;
      return LODE_OK;
    }
  }
  if (kind != LODE_JSON_STRING) {
    return lode_doc_refuse(doc, ref, LODE_E_FORMAT, err, "%s: is no string", key);
  }
  const int length = (int)lode_json_string_bound(&doc->json, ref);
  return lode_doc_refuse(doc, ref, LODE_E_UNSUPPORTED, err,
                         "%s: activation \"%.*s\" is not supported", key, length < 80 ? length : 80,
                         doc->json.text + lode_json_pos(&doc->json, ref));
}

/* Options that change what the network computes, and that nobody embeds with. */
static lode_status refuse_variants(const lode_doc *doc, lode_error *err) {
  static const char *const variants[] = {"is_decoder", "add_cross_attention"};
  for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
    bool set = false;
    const lode_status status = lode_doc_bool(doc, 0, variants[i], &set, err);
    if (status != LODE_OK) return status;
    if (set) {
      return lode_doc_refuse(doc, lode_json_get(&doc->json, 0, variants[i]), LODE_E_UNSUPPORTED,
                             err, "%s: true is not supported", variants[i]);
    }
  }
  return LODE_OK;
}

static lode_status read_config(const lode_doc *doc, lode_arena *arena, lode_model_config *out,
                               lode_error *err) {
  lode_status status = lode_doc_string(doc, 0, "model_type", arena, &out->model_type, err);
  if (status != LODE_OK) return status;
  if (out->model_type == NULL) {
    return lode_doc_refuse(doc, LODE_JSON_NONE, LODE_E_FORMAT, err, "model_type: is missing");
  }
  const dialect *d = find_dialect(out->model_type);
  if (d == NULL) {
    return lode_doc_refuse(doc, lode_json_get(&doc->json, 0, "model_type"), LODE_E_UNSUPPORTED, err,
                           "model_type: \"%s\" is not supported (bert, roberta, xlm-roberta, "
                           "camembert and distilbert are)",
                           out->model_type);
  }
  status = read_sizes(doc, d, out, err);
  if (status == LODE_OK) status = read_act(doc, d->act, &out->act, err);
  out->layer_norm_eps = 1e-12; /* what DistilBERT has fixed, and the others' default */
  if (status == LODE_OK && strcmp(out->model_type, "distilbert") != 0) {
    status = lode_doc_double(doc, 0, "layer_norm_eps", &out->layer_norm_eps, err);
  }
  out->position_type = "absolute";
  if (status == LODE_OK) {
    status = lode_doc_string(doc, 0, "position_embedding_type", arena, &out->position_type, err);
  }
  if (status == LODE_OK) status = refuse_variants(doc, err);
  return status;
}

/* A fine-tuned difference to weights that are elsewhere: not a model of its own. */
static lode_status refuse_adapter(const lode_folder *folder, const char *sub_folder,
                                  lode_arena *arena, lode_error *err) {
  const char *name = lode_path_join(arena, sub_folder, "adapter_config.json");
  if (name == NULL) return lode_error_nomem(err);
  if (!lode_folder_has(folder, name)) return LODE_OK;
  return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                        "%s: PEFT adapters are not read; merge the adapter into its model", name);
}

lode_status lode_model_config_read(const lode_folder *folder, const char *sub_folder,
                                   lode_model_dir *dir, lode_error *err) {
  lode_status status = refuse_adapter(folder, sub_folder, &dir->arena, err);
  if (status != LODE_OK) return status;
  const char *name = lode_path_join(&dir->arena, sub_folder, "config.json");
  if (name == NULL) return lode_error_nomem(err);
  lode_doc doc = {0};
  status = lode_doc_open(folder, name, LODE_JSON_OBJECT, &doc, err);
  if (status != LODE_OK) return status;
  status = read_config(&doc, &dir->arena, &dir->config, err);
  if (status == LODE_OK) {
    status = lode_doc_string(&doc, 0, "tokenizer_class", &dir->arena, &dir->tokenizer_class, err);
  }
  if (status == LODE_OK) status = lode_matryoshka_read(&doc, dir, err);
  lode_doc_close(&doc);
  return status;
}
