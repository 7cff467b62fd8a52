#include "model/memory_plan.h"

/* Index of the last op that touches each value; -1: none. */
static void find_last_uses(const lode_program *program, int *last) {
  for (size_t v = 0; v < program->value_count; v++) last[v] = -1;
  for (size_t i = 0; i < program->op_count; i++) {
    const lode_op *op = &program->ops[i];
    if (op->in != LODE_NONE) last[op->in] = (int)i;
    if (op->kind == LODE_OP_LINEAR && op->u.linear.residual != LODE_NONE) {
      last[op->u.linear.residual] = (int)i;
    }
    last[op->out] = (int)i;
  }
  /* What the caller reads after the end. */
  last[program->output] = (int)program->op_count;
  last[program->token_value] = (int)program->op_count;
}

/* A free slot that wastes or grows least, else a new one. */
static size_t choose_slot(lode_memory_plan *plan, const int *free_from, lode_value value, int op) {
  size_t best = plan->slot_count;
  size_t best_cost = SIZE_MAX;
  for (size_t s = 0; s < plan->slot_count; s++) {
    const lode_memory_slot *slot = &plan->slots[s];
    if (slot->extent != value.extent || free_from[s] >= op) continue;
    const size_t cost = slot->cols > value.cols ? slot->cols - value.cols : value.cols - slot->cols;
    if (cost < best_cost) {
      best = s;
      best_cost = cost;
    }
  }
  return best;
}

/* The value in whose place an op can write its output row by row: what it adds, or normalizes. */
static int replaceable(const lode_op *op) {
  switch (op->kind) {
    case LODE_OP_LINEAR:
      return op->u.linear.residual != op->in ? op->u.linear.residual : LODE_NONE;
    case LODE_OP_LAYERNORM:
    case LODE_OP_NORMALIZE:
      return op->in;
    default:
      return LODE_NONE;
  }
}

/* Its slot, if nobody reads it later and the output has its shape. */
static int slot_in_place(const lode_program *program, const lode_memory_plan *plan,
                         const int *last_use, size_t i) {
  const lode_op *op = &program->ops[i];
  const int v = replaceable(op);
  if (v == LODE_NONE || last_use[v] != (int)i) return LODE_NONE;
  const lode_value *a = &program->values[v], *b = &program->values[op->out];
  return a->extent == b->extent && a->cols == b->cols ? plan->slot_of[v] : LODE_NONE;
}

lode_status lode_memory_plan_make(const lode_program *program, bool in_place, lode_arena *arena,
                                  lode_memory_plan *out, lode_error *err) {
  const size_t n = program->value_count;
  lode_memory_plan plan = {
      .slot_of = lode_arena_array(arena, n, sizeof *plan.slot_of),
      .slots = lode_arena_array(arena, n, sizeof *plan.slots),
  };
  int *last_use = lode_arena_array(arena, n, sizeof *last_use);
  int *free_from = lode_arena_array(arena, n, sizeof *free_from); /* last op that uses the slot */
  if (!plan.slot_of || !plan.slots || !last_use || !free_from) return lode_error_nomem(err);

  find_last_uses(program, last_use);
  for (size_t v = 0; v < n; v++) plan.slot_of[v] = LODE_NONE;
  for (size_t i = 0; i < program->op_count; i++) {
    const int v = program->ops[i].out;
    if (plan.slot_of[v] != LODE_NONE) continue;
    const lode_value value = program->values[v];
    const int same = in_place ? slot_in_place(program, &plan, last_use, i) : LODE_NONE;
    const size_t s =
        same != LODE_NONE ? (size_t)same : choose_slot(&plan, free_from, value, (int)i);
    if (s == plan.slot_count) {
      plan.slots[plan.slot_count++] = (lode_memory_slot){value.extent, value.cols};
    } else if (plan.slots[s].cols < value.cols) {
      plan.slots[s].cols = value.cols;
    }
    plan.slot_of[v] = (int)s;
    free_from[s] = last_use[v];
  }
  *out = plan;
  return LODE_OK;
}

bool lode_memory_plan_size(const lode_memory_plan *plan, size_t tokens, size_t sequences,
                           size_t *floats, size_t *offsets) {
  const size_t line = LODE_ALIGN / sizeof(float);
  size_t total = 0;
  for (size_t s = 0; s < plan->slot_count; s++) {
    const size_t rows = plan->slots[s].extent == LODE_PER_TOKEN ? tokens : sequences;
    size_t size = 0;
    if (!lode_size_mul(rows, plan->slots[s].cols, &size) || size > SIZE_MAX - line) return false;
    size = (size + line - 1) / line * line;
    if (offsets) offsets[s] = total;
    if (!lode_size_add(total, size, &total)) return false;
  }
  *floats = total;
  return true;
}
