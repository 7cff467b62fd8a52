/* The tile registers of AMX (Intel's Software Developer's Manual, volume 1, chapter "Programming
 * with Intel AMX"): eight, of up to 16 rows of 64 bytes. A product C += A B takes
 *
 *   A [rows][16 words], as it lies in memory, words of four s8 or two bf16 along k
 *   B [16 words of k][16 columns], as gemm_pack.h packs it
 *   C [rows][16 columns] of 32-bit sums
 *
 * Blocks of up to 32 rows by 32 columns use all eight: two of A, two of B, four of C. The number
 * of a tile is a part of the instruction, so tiles are macros of literal numbers.
 *
 * With LODE_STAND_IN the instructions are plain C, which traps where the processor would fault:
 * for tests on machines without AMX. */
#ifndef LODE_KERNELS_GEMM_AMX_TILES_H
#define LODE_KERNELS_GEMM_AMX_TILES_H

#include <assert.h>
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

enum {
  AMX_TILES = 8,
  AMX_ROWS = 16,
  AMX_BYTES = 64, /* of a row */
  AMX_BLOCK = 32, /* rows, and columns, of a block */
};

/* C<row of tiles><column of tiles> */
#define AMX_C00 0
#define AMX_C01 1
#define AMX_C10 2
#define AMX_C11 3
#define AMX_A0 4
#define AMX_A1 5
#define AMX_B0 6
#define AMX_B1 7

/* What ldtilecfg reads. A tile without rows has no bytes either. */
typedef struct amx_config {
  uint8_t palette; /* 1: the shapes below */
  uint8_t start_row;
  uint8_t reserved0[14];
  uint16_t bytes[AMX_TILES]; /* of a row */
  uint8_t reserved1[16];
  uint8_t rows[AMX_TILES];
  uint8_t reserved2[8];
} amx_config;

static_assert(sizeof(amx_config) == 64, "the layout that the processor reads");

#if defined(LODE_STAND_IN)
#include "kernels/gemm/amx_stand_in.h"
#else

#define AMX_FEATURES (LODE_CPU_AMXINT8 | LODE_CPU_AMXBF16)

/* gcc 12 does not know that the instructions read memory: all stores before are to be done. */
#define AMX_STORES_DONE() __asm__ volatile("" ::: "memory")

#define AMX_ZERO(tile) _tile_zero(tile)
/* The rows of a tile are `stride` bytes apart in memory. */
#define AMX_LOAD(tile, from, stride) \
  do {                               \
    AMX_STORES_DONE();               \
    _tile_loadd(tile, from, stride); \
  } while (0)
#define AMX_STORE(tile, to, stride) _tile_stored(tile, to, stride)
/* c += a b: a s8 and b u8, sums s32; a and b bf16, sums f32 */
#define AMX_DOT_I8(c, a, b) _tile_dpbsud(c, a, b)
#define AMX_DOT_BF16(c, a, b) _tile_dpbf16ps(c, a, b)

static inline void amx_load_config(const amx_config *config) {
  __asm__ volatile("" : : "r"(config) : "memory");
  _tile_loadconfig(config);
}

/* Without tiles in use a switch of threads need not save them. */
static inline void amx_release(void) {
  _tile_release();
}

#endif

/* For blocks of `rows` rows, 1 .. 32. The tiles of this thread become zeros. */
static inline void amx_configure(size_t rows) {
  const uint8_t upper = (uint8_t)(rows < AMX_ROWS ? rows : AMX_ROWS),
                lower = (uint8_t)(rows - upper);
  const uint8_t heights[AMX_TILES] = {
      [AMX_C00] = upper, [AMX_C01] = upper, [AMX_A0] = upper,    [AMX_C10] = lower,
      [AMX_C11] = lower, [AMX_A1] = lower,  [AMX_B0] = AMX_ROWS, [AMX_B1] = AMX_ROWS};
  amx_config config = {.palette = 1};
  for (size_t tile = 0; tile < AMX_TILES; tile++) {
    config.rows[tile] = heights[tile];
    config.bytes[tile] = heights[tile] > 0 ? AMX_BYTES : 0;
  }
  amx_load_config(&config);
}

#endif
