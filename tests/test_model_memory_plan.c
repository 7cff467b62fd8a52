/* Values that live at the same time never share a slot; those that do not, do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/memory_plan.h"

enum { HIDDEN = 8, LAYERS = 3 };

static lode_op linear(int in, int out, int residual) {
  lode_op op = {.kind = LODE_OP_LINEAR, .in = in, .out = out};
  op.u.linear.weight = LODE_NONE;
  op.u.linear.bias = LODE_NONE;
  op.u.linear.residual = residual;
  op.u.linear.norm = (lode_norm_ref){LODE_NONE, LODE_NONE, 0};
  return op;
}

/* The shape of a transformer, without weights. */
static void build(lode_program *program) {
  lode_program_builder b = {.program = program};
  int x = lode_program_value(&b, LODE_PER_TOKEN, HIDDEN);
  const lode_op embed = {.kind = LODE_OP_EMBED, .in = LODE_NONE, .out = x};
  lode_program_op(&b, &embed);
  for (int layer = 0; layer < LAYERS; layer++) {
    const int qkv = lode_program_value(&b, LODE_PER_TOKEN, 3 * HIDDEN);
    lode_op op = linear(x, qkv, LODE_NONE);
    lode_program_op(&b, &op);
    const int heads = lode_program_value(&b, LODE_PER_TOKEN, HIDDEN);
    op = (lode_op){.kind = LODE_OP_ATTENTION, .in = qkv, .out = heads};
    lode_program_op(&b, &op);
    const int y = lode_program_value(&b, LODE_PER_TOKEN, HIDDEN);
    op = linear(heads, y, x);
    lode_program_op(&b, &op);
    const int inner = lode_program_value(&b, LODE_PER_TOKEN, 4 * HIDDEN);
    op = linear(y, inner, LODE_NONE);
    lode_program_op(&b, &op);
    x = lode_program_value(&b, LODE_PER_TOKEN, HIDDEN);
    op = linear(inner, x, y);
    lode_program_op(&b, &op);
  }
  program->token_value = x;
  program->token_ops = program->op_count;
  const int mean = lode_program_value(&b, LODE_PER_SEQUENCE, HIDDEN);
  const lode_op pool = {.kind = LODE_OP_POOL, .in = x, .out = mean};
  lode_program_op(&b, &pool);
  program->output = lode_program_value(&b, LODE_PER_SEQUENCE, HIDDEN);
  const lode_op normalize = {.kind = LODE_OP_NORMALIZE, .in = mean, .out = program->output};
  lode_program_op(&b, &normalize);
  assert_int_equal(b.status, LODE_OK);
}

/* Does op `i` or a later one read `value` (or the caller, at the end)? */
static bool read_from(const lode_program *program, size_t i, int value) {
  if (value == program->output || value == program->token_value) return true;
  for (; i < program->op_count; i++) {
    const lode_op *op = &program->ops[i];
    if (op->in == value) return true;
    if (op->kind == LODE_OP_LINEAR && op->u.linear.residual == value) return true;
  }
  return false;
}

static void check_sharing(bool in_place, size_t most_slots) {
  lode_program program = {0};
  build(&program);
  lode_memory_plan plan;
  assert_int_equal(lode_memory_plan_make(&program, in_place, &program.arena, &plan, NULL), LODE_OK);
  int held[64]; /* the value that each slot holds */
  for (size_t s = 0; s < plan.slot_count; s++) held[s] = LODE_NONE;
  for (size_t i = 0; i < program.op_count; i++) {
    const lode_op *op = &program.ops[i];
    const int out = op->out;
    const int slot = plan.slot_of[out];
    const int replaced = op->kind == LODE_OP_LINEAR      ? op->u.linear.residual
                         : op->kind == LODE_OP_NORMALIZE ? op->in
                                                         : LODE_NONE;
    if (replaced != LODE_NONE) assert_int_equal(slot == plan.slot_of[replaced], in_place);
    if (op->in != LODE_NONE && op->in != replaced) {
      assert_int_not_equal(slot, plan.slot_of[op->in]);
    }
    assert_in_range(slot, 0, plan.slot_count - 1);
    assert_true(plan.slots[slot].cols >= program.values[out].cols);
    assert_int_equal(plan.slots[slot].extent, program.values[out].extent);
    if (held[slot] != LODE_NONE && held[slot] != out) {
      assert_false(read_from(&program, held[slot] == replaced ? i + 1 : i, held[slot]));
    }
    held[slot] = out;
  }
  assert_in_range(plan.slot_count, 1, most_slots);
  lode_program_free(&program);
}

static void live_values_do_not_share(void **state) {
  (void)state;
  /* input, residual, attention's result and the widest; mean, output: more layers need no more */
  check_sharing(false, 6);
}

static void sums_take_the_place_of_residuals(void **state) {
  (void)state;
  check_sharing(true, 4);
}

static void sizes_and_overflow(void **state) {
  (void)state;
  lode_program program = {0};
  build(&program);
  lode_memory_plan plan;
  assert_int_equal(lode_memory_plan_make(&program, false, &program.arena, &plan, NULL), LODE_OK);
  size_t offsets[64];
  size_t floats = 0;
  assert_true(lode_memory_plan_size(&plan, 7, 3, &floats, offsets));
  for (size_t s = 0; s < plan.slot_count; s++) {
    const size_t rows = plan.slots[s].extent == LODE_PER_TOKEN ? 7 : 3;
    const size_t end = s + 1 < plan.slot_count ? offsets[s + 1] : floats;
    assert_int_equal(offsets[s] % (LODE_ALIGN / sizeof(float)), 0);
    assert_true(end - offsets[s] >= rows * plan.slots[s].cols);
  }
  assert_false(lode_memory_plan_size(&plan, SIZE_MAX / 2, 3, &floats, NULL));
  assert_false(lode_memory_plan_size(&plan, SIZE_MAX / (4 * HIDDEN), 3, &floats, NULL));
  lode_program_free(&program);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(live_values_do_not_share),
      cmocka_unit_test(sums_take_the_place_of_residuals),
      cmocka_unit_test(sizes_and_overflow),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
