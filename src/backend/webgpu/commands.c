/* The program as a list of dispatches: everything about them but how many rows there are. About
 * seven a layer: four products, attention, two norms. Among integers there are six more: the input
 * of each product made bytes, attention's made integers, and the scales of its values. */
#include <string.h>

#include "backend/webgpu/webgpu.h"

typedef struct compiler {
  lode_prepared *p;
  lode_error *err;
  lode_status status;
  lode_buffer text;
  size_t op;
} compiler;

/* Dispatches of an op, at most: of an EMBED one a part of its table, of a POOL one a pooling, of
 * others what makes its input integers, itself and a norm. */
static size_t most_commands(const lode_prepared *p) {
  size_t n = 0;
  for (size_t i = 0; i < p->program->op_count; i++) {
    const lode_op *op = &p->program->ops[i];
    n += 4;
    if (op->kind == LODE_OP_EMBED) n += p->weights[op->u.embed.word].parts;
    if (op->kind == LODE_OP_POOL) n += op->u.pool.poolings.count;
  }
  return n;
}

/* ---- pipelines */

static bool same(const lode_webgpu_pipeline *a, const lode_webgpu_pipeline *b) {
  if (a->shader != b->shader || a->constant_count != b->constant_count) return false;
  for (size_t i = 0; i < a->constant_count; i++) {
    if (strcmp(a->constants[i].name, b->constants[i].name) != 0) return false;
    if (a->constants[i].value != b->constants[i].value) return false;
  }
  return true;
}

static void constant(lode_webgpu_pipeline *want, const char *name, double value) {
  want->constants[want->constant_count++] = (lode_gpu_constant){name, value};
}

/* Of a shader with exact.wgsl. */
static lode_webgpu_pipeline wanted(const compiler *c, lode_shader shader) {
  lode_webgpu_pipeline want = {.shader = shader};
  constant(&want, "EXACT", c->p->exact);
  return want;
}

/* The one that is as `want`, made if it is the first. */
static lode_gpu_id pipeline(compiler *c, lode_webgpu_pipeline *want) {
  lode_prepared *p = c->p;
  if (c->status != LODE_OK) return 0;
  for (size_t i = 0; i < p->pipeline_count; i++) {
    if (same(&p->pipelines[i], want)) return p->pipelines[i].id;
  }
  const lode_shader_source *source = lode_shader_get(want->shader);
  size_t size = 0;
  if (!lode_shader_text(want->shader, &c->text, &size)) {
    c->status = lode_error_nomem(c->err);
    return 0;
  }
  want->id = p->driver->pipeline(p->gpu, c->text.data, size, source->kinds, want->constants,
                                 want->constant_count);
  if (want->id == 0) {
    c->status = lode_webgpu_trouble(p, source->name, c->err);
    return 0;
  }
  p->pipelines[p->pipeline_count++] = *want;
  return want->id;
}

/* ---- commands */

static lode_webgpu_command *command(compiler *c, lode_op_part part, int value) {
  lode_webgpu_command *command = &c->p->commands[c->p->command_count++];
  command->op = c->op;
  command->part = part;
  command->extent = c->p->program->values[value].extent;
  command->bound_count = 1; /* LODE_WEBGPU_PARAMS_OF_COMMAND */
  return command;
}

static void bind(lode_webgpu_command *to, lode_webgpu_source source) {
  to->bound[to->bound_count++] = (lode_webgpu_bound){.source = source};
}

static void bind_at(lode_webgpu_command *to, const lode_gpu_binding *at) {
  to->bound[to->bound_count++] = (lode_webgpu_bound){.source = LODE_WEBGPU_WEIGHT, .weight = *at};
}

static void bind_nothing(const compiler *c, lode_webgpu_command *to) {
  const lode_gpu_binding nothing = {c->p->nothing, 0, LODE_GPU_ALIGNMENT};
  bind_at(to, &nothing);
}

static void bind_weight(const compiler *c, lode_webgpu_command *to, int weight) {
  if (weight == LODE_NONE) {
    bind_nothing(c, to);
  } else {
    bind_at(to, &c->p->weights[weight].at[0]);
  }
}

static void bind_value(const compiler *c, lode_webgpu_command *to, int value) {
  if (value == LODE_NONE) {
    bind_nothing(c, to);
    return;
  }
  to->bound[to->bound_count++] =
      (lode_webgpu_bound){.source = LODE_WEBGPU_SLOT, .slot = c->p->plan.slot_of[value]};
}

static uint32_t cols_of(const compiler *c, int value) {
  return (uint32_t)c->p->program->values[value].cols;
}

/* Floats from one row of a value to the next. */
static uint32_t stride_of(const compiler *c, int value) {
  if (value == LODE_NONE) return 0;
  return (uint32_t)(lode_webgpu_stride(c->p, c->p->plan.slot_of[value]) / sizeof(float));
}

static uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

/* ---- integers */

/* What products of integers multiply: whole vec4s of bytes. */
static size_t operand_bytes(size_t k) {
  return (k + 15) / 16 * 16;
}

static void want_operand(const compiler *c, size_t bytes) {
  if (bytes > c->p->operand_bytes) c->p->operand_bytes = bytes;
}

/* Products that gemm_i8_floats.wgsl sums exactly. */
enum { MOST_FLOATS = 2096 };

/* Where products of four bytes are not there, or are made of others, floats are faster. */
static lode_shader product_of_integers(const compiler *c, uint32_t k) {
  const uint32_t features = c->p->info.features;
  const bool packed = features & LODE_GPU_PACKED_DOT;
  if (k <= MOST_FLOATS && (!packed || features & LODE_GPU_SOFTWARE)) {
    return LODE_SHADER_GEMM_I8_FLOATS;
  }
  return packed ? LODE_SHADER_GEMM_I8 : LODE_SHADER_GEMM_I8_PLAIN;
}

static void quantize(compiler *c, const lode_op *op) {
  const size_t bytes = operand_bytes(cols_of(c, op->in));
  const lode_gpu_binding *smooth = &c->p->weights[op->u.linear.weight].smooth;
  want_operand(c, bytes);
  lode_webgpu_pipeline want = wanted(c, LODE_SHADER_QUANTIZE);
  constant(&want, "SMOOTH", smooth->size > 0);
  lode_webgpu_command *to = command(c, LODE_OP_PART_INPUT, op->in);
  to->pipeline = pipeline(c, &want);
  to->params[1] = cols_of(c, op->in);
  to->params[2] = stride_of(c, op->in);
  to->params[3] = (uint32_t)(bytes / 4);
  bind_value(c, to, op->in);
  if (smooth->size > 0) {
    bind_at(to, smooth);
  } else {
    bind_nothing(c, to);
  }
  bind(to, LODE_WEBGPU_OPERAND);
  bind(to, LODE_WEBGPU_OPERAND_SCALE);
}

static void value_scale(compiler *c, const lode_op *op) {
  const size_t width = op->u.attention.heads * op->u.attention.head_dim;
  if (width > c->p->value_components) c->p->value_components = width;
  lode_webgpu_pipeline want = wanted(c, LODE_SHADER_VALUE_SCALE);
  lode_webgpu_command *to = command(c, LODE_OP_PART_INPUT, op->in);
  to->extent = LODE_PER_SEQUENCE;
  to->pipeline = pipeline(c, &want);
  to->grid = LODE_WEBGPU_GRID_POOL;
  to->across = (uint32_t)((width + 63) / 64);
  to->params[1] = (uint32_t)width;
  to->params[2] = stride_of(c, op->in);
  to->params[3] = (uint32_t)(2 * width);
  bind(to, LODE_WEBGPU_SEQUENCES);
  bind_value(c, to, op->in);
  bind(to, LODE_WEBGPU_VALUE_SCALE);
}

/* Vec4s of a row of what attention_operands.wgsl makes. */
static uint32_t attention_stride(const lode_op *op) {
  const size_t heads = op->u.attention.heads, d4 = (op->u.attention.head_dim + 3) / 4;
  return (uint32_t)(heads * (3 * d4 + 1));
}

static void attention_operands(compiler *c, const lode_op *op) {
  const uint32_t stride = attention_stride(op);
  want_operand(c, (size_t)stride * 4 * sizeof(float));
  lode_webgpu_pipeline want = wanted(c, LODE_SHADER_ATTENTION_OPERANDS);
  constant(&want, "D", (double)op->u.attention.head_dim);
  lode_webgpu_command *to = command(c, LODE_OP_PART_INPUT, op->in);
  to->pipeline = pipeline(c, &want);
  to->grid = LODE_WEBGPU_GRID_ATTENTION;
  to->across = (uint32_t)op->u.attention.heads;
  to->params[1] = (uint32_t)op->u.attention.heads;
  to->params[2] = stride_of(c, op->in);
  to->params[3] = stride;
  bind(to, LODE_WEBGPU_TOKENS);
  bind_value(c, to, op->in);
  bind(to, LODE_WEBGPU_VALUE_SCALE);
  bind(to, LODE_WEBGPU_OPERAND);
}

/* ---- ops */

static void norm_rows(compiler *c, const lode_norm_ref *norm, int in, int out, lode_op_part part) {
  if (norm->gamma == LODE_NONE) return;
  lode_webgpu_pipeline want = wanted(c, LODE_SHADER_NORM);
  constant(&want, "IN_PLACE", in == out);
  constant(&want, "BETA", norm->beta != LODE_NONE);
  lode_webgpu_command *to = command(c, part, out);
  to->pipeline = pipeline(c, &want);
  to->params[1] = cols_of(c, out);
  to->params[2] = stride_of(c, in);
  to->params[3] = stride_of(c, out);
  to->params[4] = bits_of(norm->eps);
  bind_value(c, to, in == out ? LODE_NONE : in);
  bind_weight(c, to, norm->gamma);
  bind_weight(c, to, norm->beta);
  bind_value(c, to, out);
}

static void unit_length(compiler *c, const lode_op *op) {
  lode_webgpu_pipeline want = wanted(c, LODE_SHADER_NORM);
  constant(&want, "LENGTH", 1);
  lode_webgpu_command *to = command(c, LODE_OP_PART_SELF, op->out);
  to->pipeline = pipeline(c, &want);
  to->params[1] = cols_of(c, op->out);
  to->params[2] = stride_of(c, op->in);
  to->params[3] = stride_of(c, op->out);
  bind_value(c, to, op->in);
  bind_nothing(c, to);
  bind_nothing(c, to);
  bind_value(c, to, op->out);
}

/* How the word table's elements are called in embed.wgsl. */
static double word_kind(lode_dtype dtype) {
  return dtype == LODE_DTYPE_F32    ? 0
         : dtype == LODE_DTYPE_F16  ? 1
         : dtype == LODE_DTYPE_BF16 ? 2
                                    : 3;
}

static void embed(compiler *c, const lode_op *op) {
  const lode_weight *word = &c->p->program->weights[op->u.embed.word];
  const lode_webgpu_weight *table = &c->p->weights[op->u.embed.word];
  const lode_norm_ref *norm = &op->u.embed.norm;
  lode_webgpu_pipeline want = wanted(c, LODE_SHADER_EMBED);
  constant(&want, "WORD", word_kind(word->parts[0].dtype));
  constant(&want, "POSITION", op->u.embed.position != LODE_NONE);
  constant(&want, "TYPE", op->u.embed.type != LODE_NONE);
  constant(&want, "NORM", norm->gamma != LODE_NONE);
  constant(&want, "BETA", norm->beta != LODE_NONE);
  for (size_t p = 0; p < table->parts; p++) {
    lode_webgpu_command *to = command(c, LODE_OP_PART_SELF, op->out);
    to->pipeline = pipeline(c, &want);
    const size_t begin = p * table->rows_of_part;
    const size_t rows = word->rows - begin;
    to->params[1] = cols_of(c, op->out);
    to->params[2] = stride_of(c, op->out);
    to->params[3] = (uint32_t)begin;
    to->params[4] = (uint32_t)(rows < table->rows_of_part ? rows : table->rows_of_part);
    to->params[5] = bits_of(norm->eps);
    bind(to, LODE_WEBGPU_TOKENS);
    bind_at(to, &table->at[p]);
    if (table->scales[p].size > 0) {
      bind_at(to, &table->scales[p]);
    } else {
      bind_nothing(c, to);
    }
    bind_weight(c, to, op->u.embed.position);
    bind_weight(c, to, op->u.embed.type);
    bind_weight(c, to, norm->gamma);
    bind_weight(c, to, norm->beta);
    bind_value(c, to, op->out);
  }
}

/* Both pipelines of a product: for many rows, and for few. */
static void product_pipelines(compiler *c, lode_webgpu_command *to, lode_shader shader,
                              const lode_op *op) {
  lode_webgpu_pipeline want = wanted(c, shader);
  constant(&want, "ACT", op->u.linear.act);
  constant(&want, "BIAS", op->u.linear.bias != LODE_NONE);
  constant(&want, "RESIDUAL", op->u.linear.residual != LODE_NONE);
  lode_webgpu_pipeline few = want;
  constant(&want, "ROWS", 4);
  constant(&few, "ROWS", 1);
  to->pipeline = pipeline(c, &want);
  to->pipeline_few = pipeline(c, &few);
}

static void linear(compiler *c, const lode_op *op) {
  const int residual = op->u.linear.residual;
  const lode_webgpu_weight *weight = &c->p->weights[op->u.linear.weight];
  const bool integers = c->p->program->weights[op->u.linear.weight].parts[0].dtype == LODE_DTYPE_I8;
  const lode_shader floats = c->p->half ? LODE_SHADER_GEMM_F16 : LODE_SHADER_GEMM_F32;
  const uint32_t n4 = (cols_of(c, op->out) + 3) / 4, k = cols_of(c, op->in);
  if (integers) quantize(c, op);
  lode_webgpu_command *to = command(c, LODE_OP_PART_SELF, op->out);
  product_pipelines(c, to, integers ? product_of_integers(c, k) : floats, op);
  to->grid = LODE_WEBGPU_GRID_TILES;
  to->across = (n4 + 15) / 16;
  to->params[1] = n4;
  to->params[2] = integers ? (k + 3) / 4 * 4 : k;
  to->params[3] = integers ? (uint32_t)(operand_bytes(k) / 4) : stride_of(c, op->in) / 4;
  to->params[4] = stride_of(c, op->out) / 4;
  to->params[5] = stride_of(c, residual) / 4;
  if (integers) {
    bind(to, LODE_WEBGPU_OPERAND);
  } else {
    bind_value(c, to, op->in);
  }
  bind_at(to, &weight->at[0]);
  bind_weight(c, to, op->u.linear.bias);
  bind_value(c, to, residual);
  bind_value(c, to, op->out);
  if (integers) {
    bind(to, LODE_WEBGPU_OPERAND_SCALE);
    bind_at(to, &weight->scales[0]);
  }
  norm_rows(c, &op->u.linear.norm, op->out, op->out, LODE_OP_PART_NORM);
}

/* Sequences whose sums attention_i8.wgsl keeps in f32. */
enum { SHORT_TOKENS = 512 };

static void attention(compiler *c, const lode_op *op) {
  const bool integers = lode_program_attends_in_integers(c->p->program);
  lode_webgpu_pipeline want = {.shader = LODE_SHADER_ATTENTION_F32};
  if (integers) {
    value_scale(c, op);
    attention_operands(c, op);
    want = wanted(c, LODE_SHADER_ATTENTION_I8);
    constant(&want, "LONG", c->p->program->max_tokens > SHORT_TOKENS);
  }
  constant(&want, "D", (double)op->u.attention.head_dim);
  lode_webgpu_command *to = command(c, LODE_OP_PART_SELF, op->out);
  to->pipeline = pipeline(c, &want);
  to->grid = LODE_WEBGPU_GRID_ATTENTION;
  to->across = (uint32_t)op->u.attention.heads;
  to->params[1] = (uint32_t)op->u.attention.heads;
  to->params[2] = integers ? attention_stride(op) : stride_of(c, op->in);
  to->params[3] = stride_of(c, op->out);
  to->params[4] = bits_of(op->u.attention.scale);
  bind(to, LODE_WEBGPU_RANGES);
  if (integers) bind(to, LODE_WEBGPU_TOKENS);
  if (integers) {
    bind(to, LODE_WEBGPU_OPERAND);
    bind(to, LODE_WEBGPU_VALUE_SCALE);
  } else {
    bind_value(c, to, op->in);
  }
  bind_value(c, to, op->out);
}

static void pool(compiler *c, const lode_op *op) {
  const uint32_t cols = cols_of(c, op->in);
  for (size_t i = 0; i < op->u.pool.poolings.count; i++) {
    lode_webgpu_pipeline want = wanted(c, LODE_SHADER_POOL);
    constant(&want, "KIND", op->u.pool.poolings.kinds[i]);
    constant(&want, "SKIP", op->u.pool.skip_prompt);
    lode_webgpu_command *to = command(c, LODE_OP_PART_SELF, op->out);
    to->pipeline = pipeline(c, &want);
    to->grid = LODE_WEBGPU_GRID_POOL;
    to->across = (cols + 63) / 64;
    to->params[1] = cols;
    to->params[2] = stride_of(c, op->in);
    to->params[3] = stride_of(c, op->out);
    to->params[4] = (uint32_t)i * cols;
    bind(to, LODE_WEBGPU_SEQUENCES);
    bind_value(c, to, op->in);
    bind_value(c, to, op->out);
  }
}

static void compile_op(compiler *c, const lode_op *op) {
  switch (op->kind) {
    case LODE_OP_EMBED:
      embed(c, op);
      break;
    case LODE_OP_LINEAR:
      linear(c, op);
      break;
    case LODE_OP_ATTENTION:
      attention(c, op);
      break;
    case LODE_OP_LAYERNORM:
      norm_rows(c, &op->u.layernorm.norm, op->in, op->out, LODE_OP_PART_SELF);
      break;
    case LODE_OP_POOL:
      pool(c, op);
      break;
    case LODE_OP_NORMALIZE:
      unit_length(c, op);
      break;
  }
}

/* Tokens for which the widest value can be bound. */
static size_t most_tokens(const lode_prepared *p) {
  size_t most = SIZE_MAX;
  for (size_t s = 0; s < p->plan.slot_count; s++) {
    const size_t rows = (size_t)(p->info.binding_bytes / lode_webgpu_stride(p, (int)s));
    if (rows < most) most = rows;
  }
  if (p->operand_bytes > 0) {
    const size_t rows = (size_t)(p->info.binding_bytes / p->operand_bytes);
    if (rows < most) most = rows;
  }
  /* No more sequences than tokens, or places of tokens. */
  const uint64_t scales = p->value_components * 2 * sizeof(float);
  const size_t sequences = scales > 0 ? (size_t)(p->info.binding_bytes / scales) : most;
  return sequences < most ? sequences : most;
}

lode_status lode_webgpu_compile(lode_prepared *prepared, lode_error *err) {
  const size_t most = most_commands(prepared);
  lode_arena *arena = &prepared->arena;
  prepared->commands = lode_arena_array(arena, most, sizeof *prepared->commands);
  /* Two for a product. */
  prepared->pipelines = lode_arena_array(arena, 2 * most, sizeof *prepared->pipelines);
  if (!prepared->commands || !prepared->pipelines) return lode_error_nomem(err);
  compiler c = {.p = prepared, .err = err};
  for (c.op = 0; c.op < prepared->program->op_count && c.status == LODE_OK; c.op++) {
    compile_op(&c, &prepared->program->ops[c.op]);
    if (c.op + 1 == prepared->program->token_ops) {
      prepared->token_commands = prepared->command_count;
    }
  }
  lode_buffer_free(&c.text);
  prepared->most_tokens = most_tokens(prepared);
  return c.status;
}
