#include "model/program.h"

#include <stdio.h>
#include <string.h>

void lode_program_free(lode_program *program) {
  if (!program) return;
  lode_arena_free(&program->arena);
  memset(program, 0, sizeof *program);
}

bool lode_program_is_static(const lode_program *program) {
  return program->token_ops == 1 && program->ops[0].kind == LODE_OP_EMBED &&
         program->ops[0].u.embed.position == LODE_NONE &&
         program->ops[0].u.embed.type == LODE_NONE &&
         program->ops[0].u.embed.norm.gamma == LODE_NONE;
}

bool lode_program_has_integers(const lode_program *program) {
  for (size_t i = 0; i < program->op_count; i++) {
    const lode_op *op = &program->ops[i];
    if (op->kind != LODE_OP_LINEAR) continue;
    if (program->weights[op->u.linear.weight].parts[0].dtype == LODE_DTYPE_I8) return true;
  }
  return false;
}

int lode_program_fail(lode_program_builder *b, lode_status status, const char *fmt, ...) {
  if (b->status != LODE_OK) return LODE_NONE;
  char text[sizeof b->err->text];
  va_list args;
  va_start(args, fmt);
  vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  b->status = lode_error_set(b->err, status, -1, -1, "%s", text);
  return LODE_NONE;
}

/* Room for one more element: the arrays double inside the arena, which keeps the old ones
 * until the program goes; programs are small. */
static bool grow(lode_program_builder *b, void **items, size_t count, size_t *capacity,
                 size_t size) {
  if (b->status != LODE_OK) return false;
  if (count < *capacity) return true;
  const size_t wanted = *capacity ? *capacity * 2 : 32;
  void *bigger = lode_arena_array(&b->program->arena, wanted, size);
  if (!bigger) {
    b->status = lode_error_nomem(b->err);
    return false;
  }
  if (count) memcpy(bigger, *items, count * size);
  *items = bigger;
  *capacity = wanted;
  return true;
}

int lode_program_value(lode_program_builder *b, lode_extent extent, size_t cols) {
  lode_program *p = b->program;
  void *items = p->values;
  if (!grow(b, &items, p->value_count, &b->value_capacity, sizeof *p->values)) return LODE_NONE;
  p->values = items;
  p->values[p->value_count] = (lode_value){extent, cols};
  return (int)p->value_count++;
}

int lode_program_weight(lode_program_builder *b, const lode_weight *weight) {
  lode_program *p = b->program;
  void *items = p->weights;
  if (!grow(b, &items, p->weight_count, &b->weight_capacity, sizeof *p->weights)) return LODE_NONE;
  p->weights = items;
  p->weights[p->weight_count] = *weight;
  return (int)p->weight_count++;
}

void lode_program_op(lode_program_builder *b, const lode_op *op) {
  lode_program *p = b->program;
  void *items = p->ops;
  if (!grow(b, &items, p->op_count, &b->op_capacity, sizeof *p->ops)) return;
  p->ops = items;
  p->ops[p->op_count++] = *op;
}

static void take(lode_weight_role *roles, int weight, lode_weight_role role) {
  if (weight != LODE_NONE) roles[weight] = role;
}

static void take_norm(lode_weight_role *roles, const lode_norm_ref *norm) {
  take(roles, norm->gamma, LODE_WEIGHT_VECTOR);
  take(roles, norm->beta, LODE_WEIGHT_VECTOR);
}

void lode_program_find_roles(const lode_program *program, lode_weight_role *roles) {
  for (size_t i = 0; i < program->weight_count; i++) roles[i] = LODE_WEIGHT_UNUSED;
  for (size_t i = 0; i < program->op_count; i++) {
    const lode_op *op = &program->ops[i];
    switch (op->kind) {
      case LODE_OP_EMBED:
        take(roles, op->u.embed.word, LODE_WEIGHT_WORDS);
        take(roles, op->u.embed.row, LODE_WEIGHT_ROWS);
        take(roles, op->u.embed.weight, LODE_WEIGHT_VECTOR);
        take(roles, op->u.embed.position, LODE_WEIGHT_TABLE);
        take(roles, op->u.embed.type, LODE_WEIGHT_TABLE);
        take_norm(roles, &op->u.embed.norm);
        break;
      case LODE_OP_LINEAR:
        take(roles, op->u.linear.weight, LODE_WEIGHT_MATRIX);
        take(roles, op->u.linear.bias, LODE_WEIGHT_VECTOR);
        take_norm(roles, &op->u.linear.norm);
        break;
      case LODE_OP_LAYERNORM:
        take_norm(roles, &op->u.layernorm.norm);
        break;
      case LODE_OP_ATTENTION:
      case LODE_OP_POOL:
      case LODE_OP_NORMALIZE:
        break;
    }
  }
}

static bool range_is_there(const lode_arrived *arrived, const void *data, size_t bytes) {
  const uintptr_t at = (uintptr_t)data;
  const uintptr_t begin = (uintptr_t)arrived->data;
  if (!data || at < begin || at - begin >= arrived->size) return true;
  const size_t offset = at - begin;
  return offset <= arrived->have && bytes <= arrived->have - offset;
}

bool lode_weight_is_there(const lode_weight *weight, const lode_arrived *arrived) {
  if (arrived->have == arrived->size) return true;
  bool there = range_is_there(arrived, weight->smooth, weight->cols * sizeof(float));
  for (size_t p = 0; p < weight->part_count; p++) {
    const lode_weight_part *part = &weight->parts[p];
    /* At most: the parts of a vector are narrower than it, and four bits are half a byte. */
    const size_t element = part->dtype == LODE_DTYPE_F32 || part->dtype == LODE_DTYPE_I32 ? 4
                           : part->dtype == LODE_DTYPE_I8 || part->dtype == LODE_DTYPE_I4 ? 1
                                                                                          : 2;
    there = there && range_is_there(arrived, part->data, part->rows * weight->cols * element) &&
            range_is_there(arrived, part->scale, part->rows * sizeof(float));
  }
  return there;
}
