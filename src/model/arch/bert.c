/* BERT (Devlin et al. 2018) and those that share its graph under other names: RoBERTa,
 * XLM-R, CamemBERT (positions start after the padding id) and DistilBERT (no token types).
 *
 *   x  = LN(word[id] + position[p] + type[t])
 *   per layer:  y = LN(x + Wo attention(Wq x, Wk x, Wv x));  x = LN(y + W2 act(W1 y))
 *
 * What differs is data: the dialects below. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/arch/arch.h"

enum { NAME_SIZE = 160 };

typedef struct dialect {
  const char *architecture;
  const char *model_types[4];
  const char *prefixes[3]; /* before every name; the first with a word table is taken */
  const char *layer;       /* "encoder.layer.%lld." */
  const char *query, *key, *value, *attention_out, *attention_norm;
  const char *ffn_in, *ffn_out, *ffn_norm;
  bool positions_after_pad; /* RoBERTa's rule */
} dialect;

#define BERT_LAYER_NAMES                                                                        \
  .layer = "encoder.layer.%lld.", .query = "attention.self.query", .key = "attention.self.key", \
  .value = "attention.self.value", .attention_out = "attention.output.dense",                   \
  .attention_norm = "attention.output.LayerNorm", .ffn_in = "intermediate.dense",               \
  .ffn_out = "output.dense", .ffn_norm = "output.LayerNorm"

static const dialect dialects[] = {
    {.architecture = "bert", .model_types = {"bert"}, .prefixes = {"", "bert."}, BERT_LAYER_NAMES},
    {.architecture = "roberta",
     .model_types = {"roberta", "xlm-roberta", "camembert"},
     .prefixes = {"", "roberta."},
     BERT_LAYER_NAMES,
     .positions_after_pad = true},
    {.architecture = "distilbert",
     .model_types = {"distilbert"},
     .prefixes = {"", "distilbert."},
     .layer = "transformer.layer.%lld.",
     .query = "attention.q_lin",
     .key = "attention.k_lin",
     .value = "attention.v_lin",
     .attention_out = "attention.out_lin",
     .attention_norm = "sa_layer_norm",
     .ffn_in = "ffn.lin1",
     .ffn_out = "ffn.lin2",
     .ffn_norm = "output_layer_norm"},
};

static const char word_table[] = "embeddings.word_embeddings.weight";

/* Where the names of one model stand: dialect, prefix, and the layer being read. */
typedef struct reader {
  lode_program_builder *b;
  const lode_model_dir *dir;
  const dialect *dialect;
  const char *prefix;
  char layer[NAME_SIZE];
} reader;

static const dialect *find_dialect(const char *model_type) {
  for (size_t i = 0; i < sizeof dialects / sizeof dialects[0]; i++) {
    for (size_t j = 0; j < 4 && dialects[i].model_types[j]; j++) {
      if (strcmp(dialects[i].model_types[j], model_type) == 0) return &dialects[i];
    }
  }
  return NULL;
}

static const char *find_prefix(const dialect *d, const lode_tensor_set *tensors) {
  for (size_t i = 0; i < 3 && d->prefixes[i]; i++) {
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%s%s", d->prefixes[i], word_table);
    if (lode_tensor_set_find(tensors, name)) return d->prefixes[i];
  }
  return "";
}

static int vector(const reader *r, const char *part, const char *kind, size_t cols) {
  char name[3 * NAME_SIZE];
  snprintf(name, sizeof name, "%s%s%s.%s", r->prefix, r->layer, part, kind);
  return lode_arch_weight(r->b, &r->dir->tensors, name, 0, cols);
}

/* LayerNorm's weight and bias; old checkpoints say gamma and beta. */
static lode_norm_ref norm(const reader *r, const char *part) {
  const size_t cols = (size_t)r->dir->config.hidden_size;
  char name[3 * NAME_SIZE];
  snprintf(name, sizeof name, "%s%s%s.gamma", r->prefix, r->layer, part);
  const bool old = lode_tensor_set_find(&r->dir->tensors, name) != NULL;
  return (lode_norm_ref){
      .gamma = vector(r, part, old ? "gamma" : "weight", cols),
      .beta = vector(r, part, old ? "beta" : "bias", cols),
      .eps = (float)r->dir->config.layer_norm_eps,
  };
}

static int table(const reader *r, const char *name, size_t rows, size_t cols) {
  char full[2 * NAME_SIZE];
  snprintf(full, sizeof full, "%s%s", r->prefix, name);
  return lode_arch_weight(r->b, &r->dir->tensors, full, rows, cols);
}

/* out = norm(act(in W^T + bias) + residual), W made of `count` matrices stacked. */
static int linear(const reader *r, int in, const char *const *parts, size_t count, size_t rows,
                  size_t cols, lode_act act, int residual, lode_norm_ref norm_ref) {
  char weights[LODE_WEIGHT_MAX_PARTS][3 * NAME_SIZE];
  char biases[LODE_WEIGHT_MAX_PARTS][3 * NAME_SIZE];
  const char *weight_names[LODE_WEIGHT_MAX_PARTS];
  const char *bias_names[LODE_WEIGHT_MAX_PARTS];
  for (size_t i = 0; i < count; i++) {
    snprintf(weights[i], sizeof weights[i], "%s%s%s.weight", r->prefix, r->layer, parts[i]);
    snprintf(biases[i], sizeof biases[i], "%s%s%s.bias", r->prefix, r->layer, parts[i]);
    weight_names[i] = weights[i];
    bias_names[i] = biases[i];
  }
  const lode_tensor_set *tensors = &r->dir->tensors;
  lode_op op = {.kind = LODE_OP_LINEAR, .in = in};
  op.u.linear.weight = lode_arch_stacked(r->b, tensors, weight_names, count, rows, cols);
  op.u.linear.bias = lode_arch_stacked(r->b, tensors, bias_names, count, 0, rows);
  op.u.linear.act = act;
  op.u.linear.residual = residual;
  op.u.linear.norm = norm_ref;
  op.out = lode_program_value(r->b, LODE_PER_TOKEN, rows * count);
  lode_program_op(r->b, &op);
  return op.out;
}

static const lode_norm_ref no_norm = {LODE_NONE, LODE_NONE, 0};

static int embed(reader *r) {
  const lode_model_config *c = &r->dir->config;
  const size_t hidden = (size_t)c->hidden_size;
  r->layer[0] = '\0';
  lode_op op = {.kind = LODE_OP_EMBED, .in = LODE_NONE};
  op.u.embed.word = table(r, word_table, (size_t)c->vocab_size, hidden);
  op.u.embed.row = LODE_NONE;
  op.u.embed.weight = LODE_NONE;
  op.u.embed.position =
      table(r, "embeddings.position_embeddings.weight", (size_t)c->max_positions, hidden);
  op.u.embed.type = LODE_NONE;
  if (c->type_vocab_size > 0) {
    op.u.embed.type =
        table(r, "embeddings.token_type_embeddings.weight", (size_t)c->type_vocab_size, hidden);
  }
  op.u.embed.norm = norm(r, "embeddings.LayerNorm");
  op.out = lode_program_value(r->b, LODE_PER_TOKEN, hidden);
  lode_program_op(r->b, &op);
  return op.out;
}

static int attention(const reader *r, int qkv) {
  const lode_model_config *c = &r->dir->config;
  lode_op op = {.kind = LODE_OP_ATTENTION, .in = qkv};
  op.u.attention.heads = (size_t)c->heads;
  op.u.attention.head_dim = (size_t)(c->hidden_size / c->heads);
  op.u.attention.scale = (float)(1.0 / sqrt((double)op.u.attention.head_dim));
  op.out = lode_program_value(r->b, LODE_PER_TOKEN, (size_t)c->hidden_size);
  lode_program_op(r->b, &op);
  return op.out;
}

static int layer(reader *r, int x, int64_t number) {
  const dialect *d = r->dialect;
  const lode_model_config *c = &r->dir->config;
  const size_t hidden = (size_t)c->hidden_size;
  const size_t inner = (size_t)c->intermediate_size;
  snprintf(r->layer, sizeof r->layer, d->layer, (long long)number);
  const char *qkv_names[] = {d->query, d->key, d->value};
  const int qkv = linear(r, x, qkv_names, 3, hidden, hidden, LODE_ACT_NONE, LODE_NONE, no_norm);
  const int heads = attention(r, qkv);
  const int y = linear(r, heads, &d->attention_out, 1, hidden, hidden, LODE_ACT_NONE, x,
                       norm(r, d->attention_norm));
  const int f = linear(r, y, &d->ffn_in, 1, inner, hidden, c->act, LODE_NONE, no_norm);
  return linear(r, f, &d->ffn_out, 1, hidden, inner, LODE_ACT_NONE, y, norm(r, d->ffn_norm));
}

bool lode_arch_bert(lode_program_builder *b, const lode_model_dir *dir) {
  const lode_model_config *c = &dir->config;
  const dialect *d = find_dialect(c->model_type);
  if (!d) return false;
  if (c->position_type && strcmp(c->position_type, "absolute") != 0) {
    lode_program_fail(b, LODE_E_UNSUPPORTED, "config.json: position_embedding_type \"%s\"",
                      c->position_type);
    return true;
  }
  if (d->positions_after_pad && c->pad_token_id < 0) {
    lode_program_fail(b, LODE_E_FORMAT, "config.json: pad_token_id is missing");
    return true;
  }
  lode_program *p = b->program;
  p->architecture = d->architecture;
  p->layers = (size_t)c->layers;
  p->heads = (size_t)c->heads;
  const int32_t first = d->positions_after_pad ? (int32_t)c->pad_token_id + 1 : 0;
  p->positions.offset = first;
  p->positions.skip_id = d->positions_after_pad ? (int32_t)c->pad_token_id : -1;
  if (c->max_positions <= first) {
    lode_program_fail(b, LODE_E_FORMAT, "config.json: max_position_embeddings %lld leaves no room",
                      (long long)c->max_positions);
    return true;
  }
  p->max_tokens = (size_t)(c->max_positions - first);

  reader r = {b, dir, d, find_prefix(d, &dir->tensors), ""};
  int x = embed(&r);
  for (int64_t i = 0; i < c->layers && b->status == LODE_OK; i++) x = layer(&r, x, i);
  p->token_value = x;
  return true;
}
