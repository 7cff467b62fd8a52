/* What folding does beyond lower case and decomposition. The reader by words has
 * wasm/word_tables.c in its place. */
#include <stdbool.h>

#include "index/words/fold.h"

#include "index/words/fold_tables.inc"

size_t lode_fold_special(uint32_t c, uint32_t out[LODE_FOLD_SPECIAL_MAX]) {
  if (c < 0xb5 || c > 0xffff) return 0;
  size_t low = 0;
  size_t n = sizeof fold_keys / sizeof *fold_keys;
  while (n > 1) {
    const size_t half = n / 2;
    const bool right = fold_keys[low + half] <= c;
    low += right ? half : 0;
    n = right ? n - half : half;
  }
  if (fold_keys[low] != c) return 0;
  const size_t first = fold_first[low];
  const size_t count = (size_t)(fold_first[low + 1] - first);
  for (size_t i = 0; i < count; i++) out[i] = fold_pool[first + i];
  return count;
}
