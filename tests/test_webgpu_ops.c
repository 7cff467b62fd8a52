/* Every kind of op, on the GPU and by the CPU backend, in shapes that fit no tile.
 * Skipped, saying so, where there is no adapter; Mesa's lavapipe is one. */
#include "webgpu.h"

/* Rows have numbers of about 1. A sum of k products of such, in whichever order, is wrong by less
 * than sqrt(k) 2^-24 of them in all but the rarest cases; ops add little to that. */
static double tolerance(size_t k) {
  return 16.0 * 0x1p-24 * (sqrt((double)k) + 4.0);
}

static token_batch t;

static void embedding(void **state) {
  (void)state;
  need_gpu();
  static const lode_dtype dtypes[] = {LODE_DTYPE_F32, LODE_DTYPE_F16, LODE_DTYPE_BF16,
                                      LODE_DTYPE_I8};
  static const size_t widths[] = {1, 7, 64, 131, 384};
  static const size_t lengths[] = {3, 0, 1, 70, 2};
  uint64_t seed = 1;
  for (size_t i = 0; i < 20; i++) {
    made m;
    made_init(&m, seed++);
    const size_t cols = widths[i / 4];
    int x = embed(&m, cols, dtypes[i % 4]);
    lode_op *op = &m.program.ops[0];
    if (i % 3 != 0) op->u.embed.type = weight_of(&m, TYPES, cols, 1, LODE_DTYPE_F32, 1.0f);
    if (i % 3 == 2) op->u.embed.position = LODE_NONE;
    /* Of one column, a norm's own input is nothing but rounding. */
    if (i % 5 != 0 && cols > 1) op->u.embed.norm = norm_of(&m, cols, i % 2 == 0);
    if (i % 7 == 3) m.program.positions = (lode_position_rule){2, 1};
    tokens_end(&m, x);
    m.program.output = pool(&m, x, &mean_pooling, false);
    texts_make(&t, &m, lengths, 5);
    same_rows(&m, &t, tolerance(4), tolerance(4), "embed");
    lode_program_free(&m.program);
  }
}

static void linear_layers(void **state) {
  (void)state;
  need_gpu();
  static const size_t few[] = {5}, many[] = {63, 1, 200};
  for (size_t i = 0; i < 14; i++) {
    made m;
    made_init(&m, 100 + i);
    const size_t k = product_sizes[i % 7][0], n = product_sizes[i % 7][1];
    const lode_dtype dtype = i % 3 == 0   ? LODE_DTYPE_F32
                             : i % 3 == 1 ? LODE_DTYPE_F16
                                          : LODE_DTYPE_BF16;
    const int x = embed(&m, k, LODE_DTYPE_F32);
    int y = linear(&m, x, n, dtype, activations[i % 7], i % 2 == 0, LODE_NONE, no_norm);
    const int z = linear(&m, y, n, LODE_DTYPE_F32, activations[(i + 3) % 7], i % 2 == 1, y,
                         n > 1 ? norm_of(&m, n, i % 4 < 2) : no_norm);
    tokens_end(&m, z);
    const int pooled = pool(&m, z, &mean_pooling, false);
    m.program.output =
        linear(&m, pooled, 9, LODE_DTYPE_F32, LODE_ACT_TANH, true, LODE_NONE, no_norm);
    if (i % 2 == 0) {
      texts_make(&t, &m, few, 1);
    } else {
      texts_make(&t, &m, many, 3);
    }
    same_rows(&m, &t, tolerance(k + n), tolerance(k + n), "linear");
    lode_program_free(&m.program);
  }
}

static void attention_layers(void **state) {
  (void)state;
  need_gpu();
  static const size_t heads[][2] = {{1, 1}, {3, 3}, {2, 4}, {3, 32}, {1, 33}, {2, 64}, {1, 128}};
  static const size_t lengths[] = {1, 63, 0, 64, 2, 65, 130, 17};
  for (size_t i = 0; i < 7; i++) {
    made m;
    made_init(&m, 200 + i);
    const size_t width = heads[i][0] * heads[i][1];
    const int x = embed(&m, 24, LODE_DTYPE_F32);
    const int qkv =
        linear(&m, x, 3 * width, LODE_DTYPE_F32, LODE_ACT_NONE, true, LODE_NONE, no_norm);
    lode_op op = {.kind = LODE_OP_ATTENTION, .in = qkv};
    op.u.attention.heads = heads[i][0];
    op.u.attention.head_dim = heads[i][1];
    op.u.attention.scale = 2.0f / sqrtf((float)heads[i][1]);
    op.out = lode_program_value(&m.b, LODE_PER_TOKEN, width);
    lode_program_op(&m.b, &op);
    tokens_end(&m, op.out);
    m.program.output = pool(&m, op.out, &mean_pooling, false);
    texts_make(&t, &m, lengths, 8);
    same_rows(&m, &t, tolerance(256), tolerance(256), "attention");
    lode_program_free(&m.program);
  }
}

static void poolings_and_norms(void **state) {
  (void)state;
  need_gpu();
  static const lode_poolings joined[] = {
      {1, {LODE_POOL_CLS}},           {1, {LODE_POOL_MAX}},
      {1, {LODE_POOL_MEAN_SQRT_LEN}}, {1, {LODE_POOL_WEIGHTED_MEAN}},
      {1, {LODE_POOL_LAST}},          {3, {LODE_POOL_CLS, LODE_POOL_MAX, LODE_POOL_MEAN}},
  };
  static const size_t lengths[] = {4, 0, 1, 90, 2, 33};
  for (size_t i = 0; i < 12; i++) {
    made m;
    made_init(&m, 300 + i);
    const size_t cols = i % 2 == 0 ? 70 : 13;
    const int x = embed(&m, cols, LODE_DTYPE_F32);
    lode_op norm = {.kind = LODE_OP_LAYERNORM, .in = x};
    norm.u.layernorm.norm = norm_of(&m, cols, i % 2 == 0);
    norm.out = lode_program_value(&m.b, LODE_PER_TOKEN, cols);
    lode_program_op(&m.b, &norm);
    tokens_end(&m, norm.out);
    const int pooled = pool(&m, norm.out, &joined[i % 6], i >= 6);
    lode_op length = {.kind = LODE_OP_NORMALIZE, .in = pooled};
    length.out = lode_program_value(&m.b, LODE_PER_SEQUENCE, m.program.values[pooled].cols);
    lode_program_op(&m.b, &length);
    m.program.output = length.out;
    texts_make(&t, &m, lengths, 6);
    same_rows(&m, &t, tolerance(4), tolerance(128), "norm, pooling");
    lode_program_free(&m.program);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(embedding),
      cmocka_unit_test(linear_layers),
      cmocka_unit_test(attention_layers),
      cmocka_unit_test(poolings_and_norms),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
