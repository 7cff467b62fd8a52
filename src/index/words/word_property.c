/* Of each code point, what words and their boundaries are found by. The reader by words has
 * wasm/word_tables.c in its place. */
#include <stdbool.h>

#include "index/words/word_break.h"

#include "index/words/break_tables.inc"

uint8_t lode_word_property(uint32_t c) {
  if (c < 0x80) return lode_word_ascii[c];
  const uint32_t page = break_page_of[break_block_of[c >> 12] * 16u + (c >> 8 & 15)];
  /* A run is value << 8 | the low byte that it begins with. */
  const uint16_t *run = break_runs + break_first_run[page];
  size_t n = (size_t)(break_first_run[page + 1] - break_first_run[page]);
  while (n > 1) {
    const size_t half = n / 2;
    const bool right = (run[half] & 0xff) <= (c & 0xff);
    run += right ? half : 0;
    n = right ? n - half : half;
  }
  return (uint8_t)(*run >> 8);
}
