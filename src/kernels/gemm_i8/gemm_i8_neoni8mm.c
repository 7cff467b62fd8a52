/* smmla: two rows of A by two columns of B, eight values of each: 32 products into 4 sums. */
#include "base/cpu.h"
#include "kernels/gemm_i8/tile_i8_neon.h"

enum { TILE_GROUP = 8, TILE_PAIRS = TILE_ROWS / 2 };

/* sums[r][v], rows by columns, into blocks[r / 2][c / 2]: two rows by two columns. Where there
 * is no second row its place holds the first, and is never read. */
TILE_INLINE void to_blocks(const int rows, int32x4_t sums[TILE_ROWS][TILE_VECTORS],
                           int32x4_t blocks[TILE_PAIRS][4]) {
#pragma GCC unroll 4
  for (int i = 0; i < rows; i += 2) {
    const int next = i + 1 < rows ? i + 1 : i;
#pragma GCC unroll 2
    for (int v = 0; v < TILE_VECTORS; v++) {
      const int64x2_t above = vreinterpretq_s64_s32(sums[i][v]);
      const int64x2_t below = vreinterpretq_s64_s32(sums[next][v]);
      blocks[i / 2][2 * v] = vreinterpretq_s32_s64(vtrn1q_s64(above, below));
      blocks[i / 2][2 * v + 1] = vreinterpretq_s32_s64(vtrn2q_s64(above, below));
    }
  }
}

TILE_INLINE void from_blocks(const int rows, int32x4_t blocks[TILE_PAIRS][4],
                             int32x4_t sums[TILE_ROWS][TILE_VECTORS]) {
#pragma GCC unroll 4
  for (int i = 0; i < rows; i += 2) {
#pragma GCC unroll 2
    for (int v = 0; v < TILE_VECTORS; v++) {
      const int64x2_t left = vreinterpretq_s64_s32(blocks[i / 2][2 * v]);
      const int64x2_t right = vreinterpretq_s64_s32(blocks[i / 2][2 * v + 1]);
      sums[i][v] = vreinterpretq_s32_s64(vtrn1q_s64(left, right));
      if (i + 1 < rows) sums[i + 1][v] = vreinterpretq_s32_s64(vtrn2q_s64(left, right));
    }
  }
}

/* Eight steps of k: a[i] holds them for rows 2 i and 2 i + 1, b for all columns. */
TILE_INLINE void add_products(const int rows, const int8x16_t a[TILE_PAIRS], const int8_t *b,
                              int32x4_t blocks[TILE_PAIRS][4]) {
  int8x16_t columns[4];
#pragma GCC unroll 4
  for (int c = 0; c < 4; c++) columns[c] = vld1q_s8(b + 16 * c);
#pragma GCC unroll 4
  for (int i = 0; 2 * i < rows; i++) {
#pragma GCC unroll 4
    for (int c = 0; c < 4; c++) blocks[i][c] = vmmlaq_s32(blocks[i][c], a[i], columns[c]);
  }
}

TILE_INLINE void tile_run(const lode_gemm_tile *t, const int rows) {
  int32x4_t sums[TILE_ROWS][TILE_VECTORS], blocks[TILE_PAIRS][4];
  tile_begin_i8(t, rows, sums);
  to_blocks(rows, sums, blocks);
  const int8_t *b = t->panel;
  tile_fetching fetching = {.at = t->fetch};
  for (size_t p = 0; p < t->k; p += TILE_STEP, b += TILE_DEEP * TILE_PANEL) {
    tile_fetch(t, p, &fetching);
    int8x16_t first[TILE_PAIRS], second[TILE_PAIRS];
#pragma GCC unroll 4
    for (int i = 0; i < rows; i += 2) {
      const size_t next = (size_t)(i + 1 < rows ? i + 1 : i);
      const int8_t *a = (const int8_t *)t->a + p * 4;
      const int64x2_t above = vreinterpretq_s64_s8(vld1q_s8(a + (size_t)i * t->lda * 4));
      const int64x2_t below = vreinterpretq_s64_s8(vld1q_s8(a + next * t->lda * 4));
      first[i / 2] = vreinterpretq_s8_s64(vtrn1q_s64(above, below));
      second[i / 2] = vreinterpretq_s8_s64(vtrn2q_s64(above, below));
    }
    add_products(rows, first, b, blocks);
    add_products(rows, second, b + TILE_GROUP * TILE_PANEL, blocks);
  }
  from_blocks(rows, blocks, sums);
  tile_end_i8(t, rows, sums);
}

static const lode_gemm_layout layout = {
    .panel = TILE_PANEL, .element = 1, .group = TILE_GROUP, .deep = TILE_DEEP, .offset = true};

#include "kernels/gemm/tile_kernel.h"

const lode_gemm_kernel lode_gemm_i8_neoni8mm_8x8 = {
    .name = "neoni8mm_8x8",
    .features = LODE_CPU_NEON | LODE_CPU_I8MM,
    .layout = &layout,
    .run = run,
};
