/* A model as a flat list of fused operations over a packed batch.
 *
 * Values are matrices with a symbolic number of rows: one a token (T) or one a sequence (S).
 * Sequences lie behind each other without padding; attention alone looks across rows.
 * A program is made once by model/build.h, immutable, and says nothing about any backend.
 * What an operation means is written beside its kind; the reference kernels compute it. */
#ifndef LODE_MODEL_PROGRAM_H
#define LODE_MODEL_PROGRAM_H

#include <stdbool.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/types.h"

typedef enum lode_extent {
  LODE_PER_TOKEN = 0,    /* T rows */
  LODE_PER_SEQUENCE = 1, /* S rows */
} lode_extent;

typedef struct lode_value {
  lode_extent extent;
  size_t cols;
} lode_value;

/* A matrix [rows, cols], or a vector (rows = 1), of one or more tensors stacked by rows. */
typedef struct lode_weight_part {
  const char *name;  /* the tensor's, for errors */
  const void *data;  /* [rows, cols] of dtype, little-endian, aligned to its element */
  lode_dtype dtype;  /* F32, F16, BF16, I8; of what EMBED takes also I4 (cols even), I32 */
  const void *scale; /* I8, I4: F32 [rows]; an element is data * scale of its row; NULL: data */
  size_t rows;
  const lode_file *file;
} lode_weight_part;

enum { LODE_WEIGHT_MAX_PARTS = 3 };

typedef struct lode_weight {
  size_t rows;
  size_t cols;
  const void *smooth; /* F32 [cols], of a LINEAR in I8: its input is multiplied by this, element
                         by element, before it is quantized; NULL: it is not */
  size_t part_count;
  lode_weight_part parts[LODE_WEIGHT_MAX_PARTS];
} lode_weight;

/* "No value" and "no weight". */
#define LODE_NONE (-1)

typedef struct lode_norm_ref {
  int gamma; /* weight; LODE_NONE: no norm here */
  int beta;  /* weight, or LODE_NONE */
  float eps;
} lode_norm_ref;

typedef enum lode_op_kind {
  /* out[t] = norm(weight[id_t] word[row[id_t]] + position[position_t] + type[type_t]) */
  LODE_OP_EMBED = 0,
  /* out = norm(act(in W^T + bias) + residual) */
  LODE_OP_LINEAR,
  /* in [T, 3 heads head_dim] = Q | K | V; out = softmax(scale Q K^T) V a head and sequence */
  LODE_OP_ATTENTION,
  /* out = norm(in) */
  LODE_OP_LAYERNORM,
  /* out[s] = poolings of in's rows of sequence s, joined; zeros where it has no rows */
  LODE_OP_POOL,
  /* out = in / max(|in|, 1e-12) a row */
  LODE_OP_NORMALIZE,
} lode_op_kind;

typedef struct lode_op {
  lode_op_kind kind;
  int in; /* value; LODE_NONE for EMBED */
  int out;
  union {
    struct {
      int word;     /* weight [vocabulary, cols]; with `row` [any, cols] */
      int row;      /* weight, I32 [vocabulary], each below word's rows; LODE_NONE: id itself */
      int weight;   /* weight [vocabulary], or LODE_NONE: 1; either only where word stands alone */
      int position; /* weight [positions, cols], or LODE_NONE */
      int type;     /* weight [types, cols], or LODE_NONE */
      lode_norm_ref norm;
    } embed;
    struct {
      int weight; /* [out cols, in cols] */
      int bias;   /* or LODE_NONE */
      lode_act act;
      int residual; /* value, or LODE_NONE */
      lode_norm_ref norm;
    } linear;
    struct {
      size_t heads;
      size_t head_dim;
      float scale;
    } attention;
    struct {
      lode_norm_ref norm;
    } layernorm;
    struct {
      lode_poolings poolings;
      bool skip_prompt; /* leave the prompt's tokens out */
    } pool;
  } u;
} lode_op;

/* How a token's position is found: its index in the sequence + offset; with skip_id >= 0,
 * tokens of that id get position offset - 1 and are not counted (RoBERTa's padding rule). */
typedef struct lode_position_rule {
  int32_t offset;
  int32_t skip_id;
} lode_position_rule;

typedef struct lode_program {
  const char *architecture; /* "bert" */
  lode_value *values;
  size_t value_count;
  lode_weight *weights;
  size_t weight_count;
  lode_op *ops;
  size_t op_count;
  size_t token_ops; /* ops [0, token_ops) lead to token_value: the last hidden state */
  int token_value;
  int output; /* value, PER_SEQUENCE */
  lode_position_rule positions;
  size_t max_tokens; /* a sequence may have, by the position table */
  size_t layers;
  size_t heads;
  bool normalized; /* the model's last module is a Normalize: the caller's to do, after
                      cutting dimensions; it is not among the ops */
  lode_arena arena;
} lode_program;

void lode_program_free(lode_program *program);
/* Are its token values rows that are looked up, and no more? */
bool lode_program_is_static(const lode_program *program);

/* Does it multiply integers? Then attention is of integers too, if sequences are not longer than
 * this: so that the vectors are the same, to the last bit, on every machine. */
enum { LODE_INTEGER_ATTENTION_TOKENS = 32767 };
bool lode_program_has_integers(const lode_program *program);
static inline bool lode_program_attends_in_integers(const lode_program *program) {
  return lode_program_has_integers(program) && program->max_tokens <= LODE_INTEGER_ATTENTION_TOKENS;
}

/* What the operations take a weight for. */
typedef enum lode_weight_role {
  LODE_WEIGHT_UNUSED = 0,
  LODE_WEIGHT_MATRIX, /* of a LINEAR */
  LODE_WEIGHT_VECTOR, /* bias, gamma, beta; EMBED's `weight` */
  LODE_WEIGHT_WORDS,  /* rows that are looked up, by id */
  LODE_WEIGHT_TABLE,  /* likewise, by position and type */
  LODE_WEIGHT_ROWS,   /* EMBED's `row` */
} lode_weight_role;
/* roles[weight_count]: of each weight; the last, where it has several. */
void lode_program_find_roles(const lode_program *program, lode_weight_role *roles);

/* The first `have` of `size` bytes that weights lie in. Those that lie elsewhere are there. */
typedef struct lode_arrived {
  const uint8_t *data;
  size_t have, size;
  double until; /* by lode_clock_seconds: what takes long may be left to another call; 0: not */
} lode_arrived;
bool lode_weight_is_there(const lode_weight *weight, const lode_arrived *arrived);

/* ---- building: used by arch/ and build.c only. The builder keeps the first failure;
 * after one, every call returns LODE_NONE and does nothing. */
typedef struct lode_program_builder {
  lode_program *program;
  size_t value_capacity;
  size_t weight_capacity;
  size_t op_capacity;
  lode_status status;
  lode_error *err;
} lode_program_builder;

int lode_program_value(lode_program_builder *b, lode_extent extent, size_t cols);
int lode_program_weight(lode_program_builder *b, const lode_weight *weight);
void lode_program_op(lode_program_builder *b, const lode_op *op);
/* Record a failure, as lode_error_set does; returns LODE_NONE. */
int lode_program_fail(lode_program_builder *b, lode_status status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
