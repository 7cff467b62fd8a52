#include "kernels/gemm_f32/gemm_f32_loops.h"

#include <string.h>

enum {
  CACHE_LINE = 64,
  LINE_FLOATS = CACHE_LINE / sizeof(float),
  GROUP_COLUMNS = 64,
  GROUP_BYTES = 512 * 1024, /* this group and what has come of the next, in an L2 of 1 MiB */
  CHUNK = 512,
  STAGE_STRIDE = CHUNK + LINE_FLOATS,
};

/* Do all rows of a tile meet in one set of the L1 (4 KiB apart, or a multiple)? Then they
 * evict each other at every step of k. */
static bool rows_collide(size_t lda) {
  enum { L1_WAY = 4096 };
  const size_t offset = lda * sizeof(float) % L1_WAY;
  return offset < CACHE_LINE || offset > L1_WAY - CACHE_LINE;
}

/* Rows in a place of their own, an odd number of cache lines apart. */
static void stage_rows(size_t rows, size_t k, const float *a, size_t lda, float *stage) {
  for (size_t i = 0; i < rows; i++) {
    memcpy(stage + i * STAGE_STRIDE, a + i * lda, k * sizeof(float));
  }
}

/* B on its way to the L2: `lines` cache lines every `steps` steps of k. */
typedef struct fetching {
  uintptr_t next;
  size_t steps, lines;
} fetching;

/* So that `tiles` tiles of rows, one after the other, ask for a panel between them. Lots are
 * small when the tiles are few and must ask for much; otherwise rare, as each costs a loop. A
 * single tile asks for nothing: it reads B ahead by itself, as fast as it comes. */
static fetching fetching_plan(const lode_gemm_f32_tiling *tiling, size_t tiles) {
  enum { FEWEST_STEPS = 16, LOT_LINES = 4 };
  const size_t step_floats = tiling->panel;
  fetching f = {.steps = LOT_LINES * LINE_FLOATS * tiles / step_floats};
  if (f.steps < FEWEST_STEPS) f.steps = FEWEST_STEPS;
  const size_t lot_floats = f.steps * step_floats;
  f.lines = tiles == 1 ? 0 : (lot_floats + tiles * LINE_FLOATS - 1) / (tiles * LINE_FLOATS);
  return f;
}

/* Columns j0 .. j1-1, at most GROUP_COLUMNS, of `rows` rows from i on. */
static void run_rows(const lode_gemm_f32_tiling *tiling, const lode_gemm_f32_args *args, size_t i,
                     size_t rows, size_t j0, size_t j1, fetching *fetch) {
  _Alignas(CACHE_LINE) float sums[LODE_GEMM_F32_MAX_ROWS * GROUP_COLUMNS];
  _Alignas(CACHE_LINE) float stage[LODE_GEMM_F32_MAX_ROWS * STAGE_STRIDE];
  const bool staged = rows > 1 && rows_collide(args->lda);
  lode_gemm_f32_tile tile = {.args = args, .i = i};
  tile.fetch_steps = fetch->steps;
  tile.fetch_lines = fetch->lines;
  for (size_t p = 0; p < args->k || p == 0; p += tile.k) {
    tile.k = staged && args->k - p > CHUNK ? CHUNK : args->k - p;
    tile.first = p == 0;
    tile.last = p + tile.k == args->k;
    tile.a = args->a + i * args->lda + p;
    tile.lda = args->lda;
    if (staged) {
      stage_rows(rows, tile.k, tile.a, tile.lda, stage);
      tile.a = stage;
      tile.lda = STAGE_STRIDE;
    }
    const size_t lots = (tile.k + fetch->steps - 1) / fetch->steps;
    for (tile.j = j0; tile.j < j1; tile.j += tiling->panel) {
      tile.columns = args->n - tile.j;
      tile.panel = args->b + tile.j * args->k + p * tiling->panel;
      tile.sums = sums + (tile.j - j0) * tiling->rows;
      tile.fetch = fetch->next;
      tiling->tiles[rows](&tile);
      fetch->next += lots * fetch->lines * CACHE_LINE;
    }
    if (tile.last) break;
  }
}

/* Columns of a group, whole panels. */
static size_t group_columns(const lode_gemm_f32_tiling *tiling, size_t k) {
  const size_t panel_bytes = (k + 1) * tiling->panel * sizeof(float);
  size_t panels = GROUP_BYTES / panel_bytes;
  if (panels > GROUP_COLUMNS / tiling->panel) panels = GROUP_COLUMNS / tiling->panel;
  return (panels > 0 ? panels : 1) * tiling->panel;
}

void lode_gemm_f32_loop(const lode_gemm_f32_tiling *tiling, const lode_gemm_f32_args *args) {
  const size_t tiles = (args->m + tiling->rows - 1) / tiling->rows;
  if (tiles == 0) return;
  const size_t group = group_columns(tiling, args->k);
  const fetching plan = fetching_plan(tiling, tiles);
  for (size_t j0 = args->n0, j1; j0 < args->n1; j0 = j1) {
    j1 = args->n1 - j0 <= group ? args->n1 : j0 + group;
    fetching fetch = plan;
    fetch.next = (uintptr_t)args->b + j1 * args->k * sizeof(float);
    if (j1 == args->n1) fetch.lines = 0;
    for (size_t i = 0, rows; i < args->m; i += rows) {
      rows = lode_gemm_f32_next_height(args->m - i, tiling->rows);
      run_rows(tiling, args, i, rows, j0, j1, &fetch);
    }
  }
}
