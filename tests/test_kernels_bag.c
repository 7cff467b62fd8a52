/* Means of table rows: the reference against sums in double, every kernel against its bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/cpu.h"
#include "bits.h"
#include "guarded.h"
#include "kernels/bag/bag.h"

static const lode_dtype dtypes[] = {LODE_DTYPE_F32, LODE_DTYPE_F16, LODE_DTYPE_BF16, LODE_DTYPE_I8,
                                    LODE_DTYPE_I4};
enum { DTYPES = sizeof dtypes / sizeof dtypes[0], ROWS = 7, IDS = 11, MOST_TOKENS = 33 };

static size_t table_bytes(lode_dtype dtype, size_t elements) {
  switch (dtype) {
    case LODE_DTYPE_F32:
      return 4 * elements;
    case LODE_DTYPE_I8:
      return elements;
    case LODE_DTYPE_I4:
      return elements / 2;
    default:
      return 2 * elements;
  }
}

/* A table that ends where an unmapped page begins, and what its elements are. */
typedef struct table {
  guarded memory;
  const void *data;
  double *values; /* [ROWS, cols], without the factors */
} table;

static double half_value(lode_dtype dtype, uint16_t bits) {
  if (dtype == LODE_DTYPE_BF16) return (double)float_of((uint32_t)bits << 16);
  const int exponent = bits >> 10 & 31;
  const double fraction = bits & 1023;
  const double size = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
  return bits >> 15 ? -size : size;
}

static table make_table(lode_dtype dtype, size_t cols, uint64_t *seed) {
  const size_t count = ROWS * cols;
  const size_t bytes = table_bytes(dtype, count);
  /* whole floats, the last byte of the table being the last of them */
  table t = {.memory = guarded_floats((bytes + 3) / 4)};
  uint8_t *data = (uint8_t *)t.memory.data + (4 - bytes % 4) % 4;
  t.values = test_malloc(count * sizeof *t.values);
  for (size_t i = 0; i < count; i++) {
    const float x = random_float(seed);
    uint8_t *nibbles = data + i / 2;
    int8_t byte = (int8_t)(x * 127);
    uint32_t bits = bits_of(x);
    /* from small subnormals of f16 to its large numbers */
    uint16_t half = (uint16_t)((bits >> 31 << 15) | ((bits >> 3) % 0x7c00));
    if (dtype == LODE_DTYPE_BF16) half = (uint16_t)(bits >> 16);
    switch (dtype) {
      case LODE_DTYPE_F32:
        memcpy(data + 4 * i, &x, sizeof x);
        t.values[i] = (double)x;
        break;
      case LODE_DTYPE_I8:
        memcpy(data + i, &byte, 1);
        t.values[i] = byte;
        break;
      case LODE_DTYPE_I4:
        byte = (int8_t)(bits >> 5 & 15);
        *nibbles = (uint8_t)(i % 2 == 0 ? byte : *nibbles | byte << 4);
        t.values[i] = byte - 8;
        break;
      default:
        memcpy(data + 2 * i, &half, sizeof half);
        t.values[i] = half_value(dtype, half);
        break;
    }
  }
  t.data = data;
  return t;
}

static void free_table(table *t) {
  guarded_free(&t->memory);
  test_free(t->values);
}

/* What surrounds a table: factors of its rows, and of the ids that are looked up. */
typedef struct bag {
  float scale[ROWS];
  float weight[IDS];
  int32_t map[IDS];
  int32_t ids[MOST_TOKENS];
} bag;

static bag make_bag(uint64_t *seed, bool mapped) {
  bag b;
  random_fill(seed, b.scale, ROWS);
  random_fill(seed, b.weight, IDS);
  for (size_t i = 0; i < IDS; i++) b.map[i] = (int32_t)(i * 5 % ROWS);
  for (size_t i = 0; i < MOST_TOKENS; i++) {
    b.ids[i] = (int32_t)(fabsf(random_float(seed)) * (float)(mapped ? IDS : ROWS));
  }
  return b;
}

static void check_against_double(const lode_bag_args *args, const table *t) {
  for (size_t j = 0; j < args->cols; j++) {
    double sum = 0;
    double sizes = 0;
    for (size_t i = 0; i < args->n; i++) {
      const int32_t id = args->ids[i];
      const size_t row = (size_t)(args->map ? args->map[id] : id);
      const double c = (args->scale ? (double)args->scale[row] : 1.0) *
                       (args->weight ? (double)args->weight[id] : 1.0);
      sum += t->values[row * args->cols + j] * c;
      sizes += fabs(t->values[row * args->cols + j] * c);
    }
    const double n = args->n ? (double)args->n : 1.0;
    /* the factor, the product, n sums, the division */
    const double allowed = 0x1p-24 * (n + 3.0) * sizes / n;
    if (!(fabs((double)args->out[j] - sum / n) <= allowed)) {
      fail_msg("type %d, %zu rows of %zu: element %zu: %.9g, should be %.9g", (int)args->dtype,
               args->n, args->cols, j, (double)args->out[j], sum / n);
    }
  }
}

static void check_kernels(lode_bag_args args, const table *t) {
  guarded expected = guarded_floats(args.cols);
  guarded out = guarded_floats(args.cols);
  const lode_bag_kernel *ref = lode_bag_select(0);
  args.out = expected.data;
  for (size_t j = 0; j < args.cols; j++) args.out[j] = NAN; /* what was there is forgotten */
  ref->mean(&args);
  check_against_double(&args, t);
  args.out = out.data;
  const lode_bag_kernel *kernel;
  for (size_t k = 0; (kernel = lode_bag_kernel_at(k)) != NULL; k++) {
    if ((kernel->features & ~lode_cpu_features(NULL, NULL)) != 0) continue;
    for (size_t j = 0; j < args.cols; j++) args.out[j] = NAN;
    kernel->mean(&args);
    if (!same_bits(args.cols, out.data, expected.data)) {
      fail_msg("%s: type %d, %zu rows of %zu: other bits than ref", kernel->name, (int)args.dtype,
               args.n, args.cols);
    }
  }
  guarded_free(&expected);
  guarded_free(&out);
}

static void check_shape(lode_dtype dtype, size_t cols, size_t n) {
  uint64_t seed = cols * 100 + n + 1;
  table t = make_table(dtype, cols, &seed);
  for (int how = 0; how < 4; how++) {
    const bag b = make_bag(&seed, (how & 1) != 0);
    const lode_bag_args args = {
        .table = t.data,
        .dtype = dtype,
        .cols = cols,
        .scale = dtype == LODE_DTYPE_I8 || dtype == LODE_DTYPE_I4 ? b.scale : NULL,
        .map = how & 1 ? b.map : NULL,
        .weight = how & 2 ? b.weight : NULL,
        .n = n,
        .ids = b.ids,
    };
    check_kernels(args, &t);
  }
  free_table(&t);
}

static void test_shapes(void **state) {
  (void)state;
  const lode_bag_kernel *kernel;
  for (size_t k = 0; (kernel = lode_bag_kernel_at(k)) != NULL; k++) {
    if ((kernel->features & ~lode_cpu_features(NULL, NULL)) != 0) {
      print_message("%s was not run: not on this machine\n", kernel->name);
    }
  }
  for (size_t d = 0; d < DTYPES; d++) {
    for (size_t cols = 1; cols <= 140; cols++) {
      if (dtypes[d] == LODE_DTYPE_I4 && cols % 2 != 0) continue;
      check_shape(dtypes[d], cols, 3);
    }
    for (size_t n = 0; n <= MOST_TOKENS; n++) check_shape(dtypes[d], 322, n);
    check_shape(dtypes[d], 1024, 12);
  }
}

/* Integers without scales are what they are. */
static void test_no_scale(void **state) {
  (void)state;
  uint64_t seed = 5;
  table t = make_table(LODE_DTYPE_I8, 100, &seed);
  const bag b = make_bag(&seed, false);
  const lode_bag_args args = {
      .table = t.data, .dtype = LODE_DTYPE_I8, .cols = 100, .n = 4, .ids = b.ids};
  check_kernels(args, &t);
  free_table(&t);
}

/* The first 1 is lost beside 2^24, the second is not: another order gives another sum. */
static void test_rows_in_order(void **state) {
  (void)state;
  enum { COLS = 256 };
  static float rows[4][COLS];
  static const float values[4] = {0x1p24f, 1.0f, -0x1p24f, 1.0f};
  for (size_t i = 0; i < 4; i++) {
    for (size_t j = 0; j < COLS; j++) rows[i][j] = values[i];
  }
  const int32_t ids[4] = {0, 1, 2, 3};
  float out[COLS];
  const lode_bag_args args = {
      .table = rows, .dtype = LODE_DTYPE_F32, .cols = COLS, .n = 4, .ids = ids, .out = out};
  const lode_bag_kernel *kernel;
  for (size_t k = 0; (kernel = lode_bag_kernel_at(k)) != NULL; k++) {
    if ((kernel->features & ~lode_cpu_features(NULL, NULL)) != 0) continue;
    kernel->mean(&args);
    for (size_t j = 0; j < COLS; j++) assert_true(out[j] == 0.25f);
  }
}

static void test_selection(void **state) {
  (void)state;
  assert_string_equal(lode_bag_select(0)->name, "ref");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_shapes),
      cmocka_unit_test(test_no_scale),
      cmocka_unit_test(test_rows_in_order),
      cmocka_unit_test(test_selection),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
