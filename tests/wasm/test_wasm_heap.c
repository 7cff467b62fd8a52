/* The allocator of the reader by words: blocks do not overlap, keep what is in them, and go back to
 * where others find them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* Beside the C library's, on pages of its own. */
#define LODE_HEAP_TEST
#define malloc own_malloc
#define calloc own_calloc
#define realloc own_realloc
#define aligned_alloc own_aligned_alloc
#define posix_memalign own_posix_memalign
#define free own_free
#define memcpy own_memcpy
#define memset own_memset
void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memset(void *to, int byte, size_t n);
#include "heap.c"
#undef malloc
#undef calloc
#undef realloc
#undef aligned_alloc
#undef posix_memalign
#undef free
#undef memcpy
#undef memset

enum { SLOTS = 300 };

static uint64_t random_bits(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static void check_bytes(const uint8_t *p, size_t size, uint8_t byte) {
  for (size_t i = 0; i < size; i++) {
    if (p[i] != byte) fail_msg("byte %zu of %zu is %d, not %d", i, size, p[i], byte);
  }
}

static void test_random_calls(void **state) {
  (void)state;
  static uint8_t *blocks[SLOTS];
  static size_t sizes[SLOTS];
  uint64_t bits = 1;
  for (int i = 0; i < 100000; i++) {
    const size_t slot = random_bits(&bits) % SLOTS;
    const uint8_t byte = (uint8_t)slot;
    const size_t most = i % 50 == 0 ? 300000 : 400;
    const size_t size = random_bits(&bits) % most;
    const unsigned what = (unsigned)(random_bits(&bits) % 4);
    if (blocks[slot] != NULL) check_bytes(blocks[slot], sizes[slot], byte);
    if (what == 0 && blocks[slot] != NULL) {
      uint8_t *moved = own_realloc(blocks[slot], size);
      assert_non_null(moved);
      check_bytes(moved, size < sizes[slot] ? size : sizes[slot], byte);
      blocks[slot] = moved;
    } else {
      own_free(blocks[slot]);
      blocks[slot] = what == 1   ? own_aligned_alloc(64, size)
                     : what == 2 ? own_calloc(size, 1)
                                 : own_malloc(size);
      assert_non_null(blocks[slot]);
      if (what == 1) assert_int_equal((uintptr_t)blocks[slot] % 64, 0);
      if (what == 2) check_bytes(blocks[slot], size, 0);
    }
    assert_int_equal((uintptr_t)blocks[slot] % 16, 0);
    sizes[slot] = size;
    memset(blocks[slot], byte, size);
  }
  /* 300 blocks of at most 300,000 bytes: had they not been used again, it would be 50 times as
   * much. */
  assert_true(__builtin_wasm_memory_size(0) < 1600);
  for (size_t i = 0; i < SLOTS; i++) own_free(blocks[i]);
}

/* What was freed in any order is one block again. */
static void test_joining(void **state) {
  (void)state;
  enum { N = 64, SIZE = 100000 };
  void *list[N];
  for (size_t i = 0; i < N; i++) assert_non_null(list[i] = own_malloc(SIZE));
  for (size_t i = 0; i < N; i++) own_free(list[i * 37 % N]);
  const size_t pages = __builtin_wasm_memory_size(0);
  void *all = own_malloc((size_t)N * SIZE);
  assert_non_null(all);
  assert_int_equal(__builtin_wasm_memory_size(0), pages);
  own_free(all);
}

static void test_too_much(void **state) {
  (void)state;
  assert_null(own_malloc(SIZE_MAX));
  assert_null(own_malloc((size_t)3 << 30));
  assert_null(own_calloc(SIZE_MAX / 2, 3));
  assert_null(own_aligned_alloc(64, SIZE_MAX - 32));
  void *p = own_malloc(10);
  assert_null(own_realloc(p, SIZE_MAX - 8));
  own_free(p);
  own_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_random_calls),
      cmocka_unit_test(test_joining),
      cmocka_unit_test(test_too_much),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
