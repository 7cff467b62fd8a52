#include "kernels/gemm/gemm_pack.h"

#include <stdint.h>
#include <string.h>

enum { WORD = sizeof(uint32_t) };

size_t lode_gemm_packed_size(const lode_gemm_layout *layout, size_t n, size_t k) {
  return lode_gemm_round_up(n, layout->panel) * lode_gemm_round_up(k, layout->deep) *
         layout->element;
}

/* Four s8 of -63 .. 63 become bytes 64 larger; 128 more by flipping a bit, then 64 less: no
 * byte borrows from the next. */
static uint32_t with_offset(uint32_t word) {
  return (word ^ 0x80808080u) - 0x40404040u;
}

/* Bytes at .. at + 3 of a row of `size` bytes; zeros past its end, and for no row. */
static uint32_t word_at(const unsigned char *row, size_t size, size_t at) {
  uint32_t word = 0;
  if (row == NULL || at >= size) return word;
  memcpy(&word, row + at, size - at < WORD ? size - at : WORD);
  return word;
}

/* Bytes p0 .. p1 of a row, all there, one word for each `step` bytes of `out`. */
static void pack_words(const unsigned char *row, size_t p0, size_t p1, bool offset,
                       unsigned char *out, size_t step) {
  for (size_t p = p0; p < p1; p += WORD, out += step) {
    uint32_t word;
    memcpy(&word, row + p, WORD);
    if (offset) word = with_offset(word);
    memcpy(out, &word, WORD);
  }
}

/* In blocks of k that keep both sides in L1: reading a row of B runs along a cache line,
 * writing it goes down a column of the panel. */
void lode_gemm_pack(const lode_gemm_layout *layout, size_t n, size_t k, const void *const *rows,
                    size_t first, size_t last, void *packed) {
  enum { BLOCK = 64 };
  const size_t unit = layout->group * layout->element, size = k * layout->element;
  const size_t depth = lode_gemm_round_up(k, layout->deep) * layout->element;
  for (size_t panel = first; panel < last; panel++) {
    unsigned char *out = (unsigned char *)packed + panel * layout->panel * depth;
    for (size_t p0 = 0; p0 < depth; p0 += BLOCK) {
      const size_t p1 = depth - p0 < BLOCK ? depth : p0 + BLOCK;
      for (size_t j = 0; j < layout->panel; j++) {
        const size_t column = panel * layout->panel + j;
        const unsigned char *row = column < n ? rows[column] : NULL;
        if (unit == WORD && row != NULL && p1 <= size) {
          pack_words(row, p0, p1, layout->offset, out + (p0 / WORD * layout->panel + j) * WORD,
                     layout->panel * WORD);
          continue;
        }
        for (size_t p = p0; p < p1; p += WORD) {
          uint32_t word = word_at(row, size, p);
          if (layout->offset) word = with_offset(word);
          memcpy(out + (p / unit * layout->panel + j) * unit + p % unit, &word, WORD);
        }
      }
    }
  }
}
