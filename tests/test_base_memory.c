/* Arena, buffer, aligned blocks. */
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool is_zero(const unsigned char *p, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (p[i] != 0) return false;
  }
  return true;
}

/* Sizes that fill blocks, overflow them, and need blocks of their own. */
static void arena_gives_separate_zeroed_memory(void **state) {
  (void)state;
  enum { COUNT = 3000 };
  lode_arena arena = {0};
  unsigned char *blocks[COUNT];
  size_t sizes[COUNT];
  for (size_t i = 0; i < COUNT; i++) {
    sizes[i] = i % 7 == 0 ? 0 : (i * 37) % 300;
    if (i % 500 == 499) sizes[i] = i * 1000;
    blocks[i] = lode_arena_alloc(&arena, sizes[i]);
    assert_non_null(blocks[i]);
    assert_int_equal((uintptr_t)blocks[i] % 16, 0);
    assert_true(is_zero(blocks[i], sizes[i]));
    memset(blocks[i], (int)(i % 251) + 1, sizes[i]);
  }
  for (size_t i = 0; i < COUNT; i++) { /* none was written into another */
    for (size_t j = 0; j < sizes[i]; j++) assert_int_equal(blocks[i][j], i % 251 + 1);
  }
  lode_arena_free(&arena);
  assert_null(arena.head);
  lode_arena_free(&arena);
}

static void arena_refuses_what_cannot_be(void **state) {
  (void)state;
  lode_arena arena = {0};
  assert_null(lode_arena_alloc(&arena, SIZE_MAX));
  assert_null(lode_arena_alloc(&arena, SIZE_MAX - 20));
  assert_null(lode_arena_array(&arena, SIZE_MAX / 2, 3));
  assert_null(lode_arena_string(&arena, "", SIZE_MAX));
  assert_non_null(lode_arena_array(&arena, 0, 3));
  assert_non_null(lode_arena_alloc(&arena, 1)); /* and still works */
  lode_arena_free(&arena);
}

static void arena_copies_strings(void **state) {
  (void)state;
  lode_arena arena = {0};
  const char *copy = lode_arena_string(&arena, "sixteen bytes!!! and more", 16);
  assert_string_equal(copy, "sixteen bytes!!!");
  assert_string_equal(lode_arena_string(&arena, NULL, 0), "");
  lode_arena_free(&arena);
}

static void buffer_grows_and_keeps(void **state) {
  (void)state;
  lode_buffer buffer = {0};
  size_t filled = 0;
  size_t moves = 0;
  for (size_t n = 1; n < 100000; n += n / 10 + 1) {
    const size_t capacity = buffer.capacity;
    assert_true(lode_buffer_reserve(&buffer, n, sizeof(int), filled * sizeof(int)));
    assert_true(buffer.capacity >= n * sizeof(int));
    assert_int_equal((uintptr_t)buffer.data % LODE_ALIGN, 0);
    if (buffer.capacity != capacity) {
      assert_true(buffer.capacity >= capacity + capacity / 2);
      moves++;
    }
    int *data = buffer.data;
    for (size_t i = 0; i < filled; i++) assert_int_equal(data[i], (int)i);
    for (; filled < n; filled++) data[filled] = (int)filled;
  }
  assert_in_range(moves, 1, 40);
  const lode_buffer before = buffer;
  assert_true(lode_buffer_reserve(&buffer, 10, 1, 0)); /* never shrinks, never moves */
  assert_memory_equal(&before, &buffer, sizeof buffer);
  assert_false(lode_buffer_reserve(&buffer, SIZE_MAX / 2, 4, 0));
  assert_false(lode_buffer_reserve(&buffer, SIZE_MAX, 1, 0));
  assert_memory_equal(&before, &buffer, sizeof buffer);
  lode_buffer_free(&buffer);
  assert_null(buffer.data);
  lode_buffer_free(&buffer);
}

static void aligned_blocks(void **state) {
  (void)state;
  const size_t sizes[] = {0, 1, 63, 64, 65, 4096, 1 << 20, (4 << 20) - 1, 4 << 20, (5 << 20) + 3};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    unsigned char *p = lode_aligned_alloc(sizes[i]);
    assert_non_null(p);
    assert_int_equal((uintptr_t)p % LODE_ALIGN, 0);
    memset(p, 1, sizes[i]);
    lode_aligned_free(p);
  }
  assert_null(lode_aligned_alloc(SIZE_MAX));
  lode_aligned_free(NULL);
}

static void sizes_overflow_or_fit(void **state) {
  (void)state;
  size_t out = 7;
  assert_true(lode_size_mul(3, 5, &out) && out == 15);
  assert_true(lode_size_mul(SIZE_MAX, 1, &out) && out == SIZE_MAX);
  assert_true(lode_size_mul(0, SIZE_MAX, &out) && out == 0);
  assert_false(lode_size_mul(SIZE_MAX / 2 + 1, 2, &out));
  assert_true(lode_size_add(SIZE_MAX - 1, 1, &out) && out == SIZE_MAX);
  assert_false(lode_size_add(SIZE_MAX, 1, &out));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arena_gives_separate_zeroed_memory),
      cmocka_unit_test(arena_refuses_what_cannot_be),
      cmocka_unit_test(arena_copies_strings),
      cmocka_unit_test(buffer_grows_and_keeps),
      cmocka_unit_test(aligned_blocks),
      cmocka_unit_test(sizes_overflow_or_fit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
