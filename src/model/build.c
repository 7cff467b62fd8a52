#include "model/build.h"

#include <string.h>

#include "model/arch/arch.h"

/* Every family there is. */
static lode_arch_build *const families[] = {
    lode_arch_bert,
    lode_arch_static,
};

/* Bounds that no real model comes near, so that products of sizes cannot overflow. */
static lode_status check_config(const lode_model_config *c, lode_error *err) {
  const struct {
    const char *name;
    int64_t value;
    int64_t least;
    int64_t most;
  } limits[] = {
      {"hidden_size", c->hidden_size, 1, 1 << 16},
      {"num_hidden_layers", c->layers, 0, 1 << 12},
      {"num_attention_heads", c->heads, 1, 1 << 12},
      {"intermediate_size", c->intermediate_size, 1, 1 << 20},
      {"vocab_size", c->vocab_size, 1, 1 << 24},
      {"max_position_embeddings", c->max_positions, 1, 1 << 24},
      {"type_vocab_size", c->type_vocab_size, 0, 1 << 16},
      {"pad_token_id", c->pad_token_id, -1, 1 << 24},
  };
  for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
    if (limits[i].value < limits[i].least || limits[i].value > limits[i].most) {
      return lode_error_set(
          err, LODE_E_FORMAT, -1, -1, "config.json: %s is %lld, not in %lld..%lld", limits[i].name,
          (long long)limits[i].value, (long long)limits[i].least, (long long)limits[i].most);
    }
  }
  if (c->hidden_size % c->heads != 0) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1,
                          "config.json: hidden_size %lld is not a multiple of "
                          "num_attention_heads %lld",
                          (long long)c->hidden_size, (long long)c->heads);
  }
  if (!(c->layer_norm_eps > 0 && c->layer_norm_eps < 1)) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1,
                          "config.json: layer_norm_eps is not between 0 and 1");
  }
  return LODE_OK;
}

static int add_pool(lode_program_builder *b, int in, const lode_module *module) {
  if (b->status != LODE_OK) return LODE_NONE;
  lode_op op = {.kind = LODE_OP_POOL, .in = in};
  op.u.pool.poolings = module->poolings;
  op.u.pool.skip_prompt = !module->include_prompt;
  op.out = lode_program_value(b, LODE_PER_SEQUENCE,
                              b->program->values[in].cols * module->poolings.count);
  lode_program_op(b, &op);
  return op.out;
}

/* A module's tensor as a weight; LODE_NONE for one that is not there. */
static int module_weight(lode_program_builder *b, const lode_tensor *tensor, size_t rows,
                         size_t cols) {
  if (!tensor->data) return LODE_NONE;
  lode_weight weight = {.rows = rows ? rows : 1, .cols = cols, .part_count = 1};
  if (!lode_arch_part(b, tensor, rows, cols, &weight.parts[0])) return LODE_NONE;
  return lode_program_weight(b, &weight);
}

static int add_dense(lode_program_builder *b, int in, const lode_module *module) {
  const size_t rows = (size_t)module->out_features;
  const size_t cols = (size_t)module->in_features;
  lode_op op = {.kind = LODE_OP_LINEAR, .in = in};
  op.u.linear.weight = module_weight(b, &module->weight, rows, cols);
  op.u.linear.bias = module_weight(b, &module->bias, 0, rows);
  op.u.linear.act = module->act;
  op.u.linear.residual = LODE_NONE;
  op.u.linear.norm = (lode_norm_ref){LODE_NONE, LODE_NONE, 0};
  op.out = lode_program_value(b, LODE_PER_SEQUENCE, rows);
  lode_program_op(b, &op);
  return op.out;
}

static int add_layer_norm(lode_program_builder *b, int in, const lode_module *module) {
  const size_t cols = (size_t)module->in_features;
  lode_op op = {.kind = LODE_OP_LAYERNORM, .in = in};
  op.u.layernorm.norm.gamma = module_weight(b, &module->weight, 0, cols);
  op.u.layernorm.norm.beta = module_weight(b, &module->bias, 0, cols);
  op.u.layernorm.norm.eps = 1e-5F; /* torch.nn.LayerNorm's default, which the module uses */
  op.out = lode_program_value(b, LODE_PER_SEQUENCE, cols);
  lode_program_op(b, &op);
  return op.out;
}

static int add_normalize(lode_program_builder *b, int in) {
  if (b->status != LODE_OK) return LODE_NONE;
  lode_op op = {.kind = LODE_OP_NORMALIZE, .in = in};
  op.out = lode_program_value(b, LODE_PER_SEQUENCE, b->program->values[in].cols);
  lode_program_op(b, &op);
  return op.out;
}

/* The modules after the transformer. */
static void add_modules(lode_program_builder *b, const lode_model_dir *dir) {
  lode_program *p = b->program;
  int x = p->token_value;
  for (size_t i = 0; i < dir->module_count && b->status == LODE_OK; i++) {
    const lode_module *module = &dir->modules[i];
    const bool pooled = p->values[x].extent == LODE_PER_SEQUENCE;
    if (pooled == (module->kind == LODE_MODULE_POOLING)) {
      lode_program_fail(b, LODE_E_UNSUPPORTED, "modules.json: module %zu: %s", i,
                        pooled ? "a second pooling" : "a module before the pooling");
      return;
    }
    const size_t cols = p->values[x].cols;
    if ((module->kind == LODE_MODULE_DENSE || module->kind == LODE_MODULE_LAYER_NORM) &&
        (size_t)module->in_features != cols) {
      lode_program_fail(b, LODE_E_FORMAT, "modules.json: module %zu takes %lld features of %zu", i,
                        (long long)module->in_features, cols);
      return;
    }
    switch (module->kind) {
      case LODE_MODULE_POOLING:
        x = add_pool(b, x, module);
        break;
      case LODE_MODULE_DENSE:
        x = add_dense(b, x, module);
        break;
      case LODE_MODULE_LAYER_NORM:
        x = add_layer_norm(b, x, module);
        break;
      case LODE_MODULE_NORMALIZE:
        if (i + 1 == dir->module_count) {
          p->normalized = true;
        } else {
          x = add_normalize(b, x);
        }
        break;
    }
  }
  if (b->status == LODE_OK && p->values[x].extent != LODE_PER_SEQUENCE) {
    lode_program_fail(b, LODE_E_UNSUPPORTED, "modules.json: there is no pooling");
  }
  p->output = x;
}

lode_status lode_program_build(const lode_model_dir *dir, lode_program *out, lode_error *err) {
  memset(out, 0, sizeof *out);
  /* A static model's sizes are those of its tensors. */
  if (dir->static_kind == LODE_STATIC_NONE) {
    const lode_status status = check_config(&dir->config, err);
    if (status != LODE_OK) return status;
  }

  lode_program_builder b = {.program = out, .status = LODE_OK, .err = err};
  bool known = false;
  for (size_t i = 0; i < sizeof families / sizeof families[0] && !known; i++) {
    known = families[i](&b, dir);
  }
  if (!known) {
    lode_program_fail(&b, LODE_E_UNSUPPORTED,
                      "config.json: model_type \"%s\" is not supported (bert, roberta, "
                      "xlm-roberta, camembert, distilbert are)",
                      dir->config.model_type);
  }
  if (b.status == LODE_OK) {
    out->token_ops = out->op_count;
    add_modules(&b, dir);
  }
  if (b.status != LODE_OK) lode_program_free(out);
  return b.status;
}
