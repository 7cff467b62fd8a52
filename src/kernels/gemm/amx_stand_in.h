/* AMX in plain C, as the manual's pseudocode has it, for tests: amx_tiles.h. */
#ifndef LODE_KERNELS_GEMM_AMX_STAND_IN_H
#define LODE_KERNELS_GEMM_AMX_STAND_IN_H

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "kernels/gemm/amx_tiles.h"

#define AMX_FEATURES 0u

#define AMX_ZERO(tile) amx_zero(tile)
#define AMX_LOAD(tile, from, stride) amx_load(tile, from, stride)
#define AMX_STORE(tile, to, stride) amx_store(tile, to, stride)
#define AMX_DOT_I8(c, a, b) amx_dot_i8(c, a, b)
#define AMX_DOT_BF16(c, a, b) amx_dot_bf16(c, a, b)

static _Thread_local struct {
  amx_config config;
  uint8_t tiles[AMX_TILES][AMX_ROWS][AMX_BYTES];
} amx;

static inline void amx_check(bool right) {
  if (!right) __builtin_trap();
}

static inline bool amx_all_zero(size_t n, const uint8_t *x) {
  for (size_t i = 0; i < n; i++) {
    if (x[i] != 0) return false;
  }
  return true;
}

static inline void amx_load_config(const amx_config *config) {
  amx_check(config->palette == 1 && config->start_row == 0);
  amx_check(amx_all_zero(sizeof config->reserved0, config->reserved0));
  amx_check(amx_all_zero(sizeof config->reserved1, config->reserved1));
  amx_check(amx_all_zero(sizeof config->reserved2, config->reserved2));
  for (size_t tile = 0; tile < AMX_TILES; tile++) {
    amx_check(config->rows[tile] <= AMX_ROWS && config->bytes[tile] <= AMX_BYTES);
    amx_check((config->rows[tile] == 0) == (config->bytes[tile] == 0));
  }
  amx.config = *config;
  memset(amx.tiles, 0, sizeof amx.tiles);
}

static inline void amx_release(void) {
  memset(&amx, 0, sizeof amx);
}

static inline void amx_check_tile(size_t tile) {
  amx_check(amx.config.palette == 1 && amx.config.rows[tile] > 0);
}

static inline void amx_zero(size_t tile) {
  amx_check_tile(tile);
  memset(amx.tiles[tile], 0, sizeof amx.tiles[tile]);
}

static inline void amx_load(size_t tile, const void *from, size_t stride) {
  amx_zero(tile);
  for (size_t row = 0; row < amx.config.rows[tile]; row++) {
    memcpy(amx.tiles[tile][row], (const char *)from + row * stride, amx.config.bytes[tile]);
  }
}

static inline void amx_store(size_t tile, void *to, size_t stride) {
  amx_check_tile(tile);
  for (size_t row = 0; row < amx.config.rows[tile]; row++) {
    memcpy((char *)to + row * stride, amx.tiles[tile][row], amx.config.bytes[tile]);
  }
}

static inline void amx_check_product(size_t c, size_t a, size_t b) {
  const amx_config *config = &amx.config;
  amx_check_tile(c);
  amx_check_tile(a);
  amx_check_tile(b);
  amx_check(c != a && a != b && b != c);
  amx_check(config->rows[c] == config->rows[a] && config->bytes[c] == config->bytes[b]);
  amx_check(config->bytes[a] == 4 * config->rows[b]);
}

static inline void amx_dot_i8(size_t c, size_t a, size_t b) {
  amx_check_product(c, a, b);
  for (size_t m = 0; m < amx.config.rows[c]; m++) {
    for (size_t n = 0; n < amx.config.bytes[c] / 4u; n++) {
      int32_t sum;
      memcpy(&sum, &amx.tiles[c][m][4 * n], sizeof sum);
      for (size_t k = 0; k < amx.config.bytes[a]; k++) {
        sum += (int8_t)amx.tiles[a][m][k] * amx.tiles[b][k / 4][4 * n + k % 4];
      }
      memcpy(&amx.tiles[c][m][4 * n], &sum, sizeof sum);
    }
  }
}

/* A bfloat16 of a tile's row; subnormals count as zero. */
static inline float amx_bf16(const uint8_t *row, size_t i) {
  uint16_t high;
  memcpy(&high, row + 2 * i, sizeof high);
  const uint32_t bits =
      (high & 0x7F80) == 0 ? (uint32_t)(high & 0x8000) << 16 : (uint32_t)high << 16;
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static inline float amx_flushed(float x) {
  return fabsf(x) < 0x1p-126f ? copysignf(0.0f, x) : x;
}

/* Sums of the even and of the odd products, by fused steps; then both, to c. */
static inline void amx_dot_bf16(size_t c, size_t a, size_t b) {
  amx_check_product(c, a, b);
  for (size_t m = 0; m < amx.config.rows[c]; m++) {
    for (size_t n = 0; n < amx.config.bytes[c] / 4u; n++) {
      float sums[2] = {0.0f, 0.0f}, all;
      for (size_t k = 0; k < amx.config.bytes[a] / 2u; k++) {
        const float x = amx_bf16(amx.tiles[a][m], k);
        const float y = amx_bf16(amx.tiles[b][k / 2], 2 * n + k % 2);
        sums[k % 2] = amx_flushed(fmaf(x, y, sums[k % 2]));
      }
      memcpy(&all, &amx.tiles[c][m][4 * n], sizeof all);
      all = amx_flushed(all + amx_flushed(sums[0] + sums[1]));
      memcpy(&amx.tiles[c][m][4 * n], &all, sizeof all);
    }
  }
}

#endif
