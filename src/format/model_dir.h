/* A Hugging Face / sentence-transformers model directory, read into one description:
 * what its files say, checked, and nothing decided. */
#ifndef LODE_FORMAT_MODEL_DIR_H
#define LODE_FORMAT_MODEL_DIR_H

#include <stdbool.h>

#include "format/tensor.h"

/* config.json, under one set of names (DistilBERT's dim, n_heads, hidden_dim … mapped). */
typedef struct lode_model_config {
  const char *model_type; /* "bert", "roberta", "distilbert", "xlm-roberta", … */
  int64_t hidden_size;
  int64_t layers;
  int64_t heads;
  int64_t intermediate_size;
  int64_t vocab_size;
  int64_t max_positions;
  int64_t type_vocab_size; /* 0: none */
  int64_t pad_token_id;    /* -1: none */
  double layer_norm_eps;
  lode_act act; /* hidden_act: "gelu"; "gelu_new", "gelu_pytorch_tanh", "gelu_fast"; "relu" … */
  const char *position_type; /* "absolute" */
} lode_model_config;

typedef enum lode_module_kind {
  LODE_MODULE_POOLING = 0,
  LODE_MODULE_DENSE,
  LODE_MODULE_NORMALIZE,
  LODE_MODULE_LAYER_NORM,
} lode_module_kind;

/* One step after the transformer, in modules.json's order. */
typedef struct lode_module {
  lode_module_kind kind;
  lode_poolings poolings; /* POOLING */
  bool include_prompt;    /* POOLING: false: prompt tokens are left out of it */
  int64_t in_features;    /* DENSE, LAYER_NORM (in = out) */
  int64_t out_features;
  lode_act act;
  lode_tensor weight;      /* DENSE [out, in], LAYER_NORM [in] */
  lode_tensor bias;        /* data NULL: none */
  lode_tensor_set tensors; /* where the two come from */
} lode_module;

typedef struct lode_prompt {
  const char *name;
  const char *text;
  size_t size;
} lode_prompt;

/* Who wrote the directory of a model without a network: a table of rows that are averaged. */
typedef enum lode_static_kind {
  LODE_STATIC_NONE = 0, /* it is a transformer's */
  LODE_STATIC_MODEL2VEC,
  LODE_STATIC_EMBEDDING, /* sentence-transformers' StaticEmbedding */
} lode_static_kind;

typedef struct lode_model_dir {
  lode_model_config config; /* of a static model: model_type "static", and no more */
  lode_static_kind static_kind;
  lode_tensor_set tensors; /* the transformer's weights, or the table */
  lode_module *modules;    /* after the transformer */
  size_t module_count;
  int64_t max_seq_length; /* tokens; as sentence-transformers or Model2Vec decides it; 0: not
                             said, or of a static model: no limit */
  bool lower_case; /* sentence_bert_config.json do_lower_case: lower-case before tokenizing */
  lode_prompt *prompts;
  size_t prompt_count;
  int64_t default_prompt;      /* index into prompts; -1: none */
  lode_file tokenizer_json;    /* either this … */
  lode_file vocab_txt;         /* … or this; the other is empty */
  lode_file tokenizer_config;  /* tokenizer_config.json; empty: none, as of the next two */
  lode_file special_tokens;    /* special_tokens_map.json */
  lode_file added_tokens;      /* added_tokens.json */
  const char *tokenizer_class; /* config.json; NULL: not said */
  int64_t matryoshka_dims[32]; /* as config_sentence_transformers.json / config.json list them */
  size_t matryoshka_count;
  int64_t truncate_dim; /* config_sentence_transformers.json: encode() keeps so many; 0: all */
  lode_arena arena;
} lode_model_dir;

/* Read everything. A directory without modules.json is a plain transformer: mean pooling
 * (as sentence-transformers does); or a static model of Model2Vec. A static model's first module
 * is mean pooling. On failure *out is freed. */
lode_status lode_model_dir_open(const lode_folder *folder, lode_model_dir *out, lode_error *err);
void lode_model_dir_free(lode_model_dir *dir);

#endif
