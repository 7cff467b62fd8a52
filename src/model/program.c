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
