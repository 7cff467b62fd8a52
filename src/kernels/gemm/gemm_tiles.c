#include "kernels/gemm/gemm_tiles.h"

#include <string.h>

enum {
  CACHE_LINE = 64,
  LINE_WORDS = CACHE_LINE / sizeof(uint32_t),
  GROUP_COLUMNS = 64,
  GROUP_BYTES = 512 * 1024, /* this group and what has come of the next, in an L2 of 1 MiB */
  STAGE_STRIDE = LODE_GEMM_STAGE_STRIDE,
  CHUNK = STAGE_STRIDE - LINE_WORDS,
};

/* Do all rows of a tile meet in one set of the L1 (4 KiB apart, or a multiple)? Then they
 * evict each other at every step of k. */
static bool rows_collide(size_t lda) {
  enum { L1_WAY = 4096 };
  const size_t offset = lda * sizeof(uint32_t) % L1_WAY;
  return offset < CACHE_LINE || offset > L1_WAY - CACHE_LINE;
}

/* Rows in a place of their own, an odd number of cache lines apart. */
static void stage_rows(size_t rows, size_t k, const uint32_t *a, size_t lda, uint32_t *stage) {
  for (size_t i = 0; i < rows; i++) {
    memcpy(stage + i * STAGE_STRIDE, a + i * lda, k * sizeof *a);
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
static fetching fetching_plan(const lode_gemm_tiling *tiling, size_t tiles) {
  enum { FEWEST_STEPS = 16, LOT_LINES = 4 };
  const size_t step_words = tiling->layout->panel;
  fetching f = {.steps = LOT_LINES * LINE_WORDS * tiles / step_words};
  if (f.steps < FEWEST_STEPS) f.steps = FEWEST_STEPS;
  const size_t lot_words = f.steps * step_words;
  f.lines = tiles == 1 ? 0 : (lot_words + tiles * LINE_WORDS - 1) / (tiles * LINE_WORDS);
  return f;
}

/* A and B in words. */
typedef struct operands {
  const uint32_t *a, *b;
  size_t lda, k;
} operands;

/* Columns j0 .. j1-1, at most GROUP_COLUMNS, of `rows` rows from i on. */
static void run_rows(const lode_gemm_tiling *tiling, const lode_gemm_args *args,
                     const operands *words, size_t i, size_t rows, size_t j0, size_t j1,
                     fetching *fetch) {
  _Alignas(CACHE_LINE) uint32_t sums[LODE_GEMM_MAX_ROWS * GROUP_COLUMNS];
  _Alignas(CACHE_LINE) uint32_t stage[LODE_GEMM_MAX_ROWS * STAGE_STRIDE];
  const bool staged = tiling->stage != NULL || (rows > 1 && rows_collide(words->lda));
  const size_t panel = tiling->layout->panel;
  lode_gemm_tile tile = {.args = args, .i = i};
  tile.fetch_steps = fetch->steps;
  tile.fetch_lines = fetch->lines;
  for (size_t p = 0; p < words->k || p == 0; p += tile.k) {
    tile.k = staged && words->k - p > CHUNK ? CHUNK : words->k - p;
    tile.first = p == 0;
    tile.last = p + tile.k == words->k;
    const uint32_t *a = words->a + i * words->lda + p;
    tile.a = a;
    tile.lda = words->lda;
    if (staged) {
      (tiling->stage != NULL ? tiling->stage : stage_rows)(rows, tile.k, a, words->lda, stage);
      tile.a = stage;
      tile.lda = STAGE_STRIDE;
    }
    const size_t lots = (tile.k + fetch->steps - 1) / fetch->steps;
    for (tile.j = j0; tile.j < j1; tile.j += panel) {
      tile.columns = args->n - tile.j;
      tile.panel = words->b + tile.j * words->k + p * panel;
      tile.sums = sums + (tile.j - j0) * tiling->rows;
      tile.fetch = fetch->next;
      tiling->tiles[rows](&tile);
      fetch->next += lots * fetch->lines * CACHE_LINE;
    }
    if (tile.last) break;
  }
}

/* Columns of a group, whole panels. */
static size_t group_columns(const lode_gemm_tiling *tiling, size_t k) {
  const size_t panel = tiling->layout->panel;
  size_t panels = GROUP_BYTES / ((k + 1) * panel * sizeof(uint32_t));
  if (panels > GROUP_COLUMNS / panel) panels = GROUP_COLUMNS / panel;
  return (panels > 0 ? panels : 1) * panel;
}

void lode_gemm_loop(const lode_gemm_tiling *tiling, const lode_gemm_args *args) {
  const size_t tiles = (args->m + tiling->rows - 1) / tiling->rows;
  if (tiles == 0) return;
  const lode_gemm_layout *layout = tiling->layout;
  const size_t step = sizeof(uint32_t) / layout->element;
  const operands words = {.a = args->a,
                          .b = args->b,
                          .lda = args->lda / step,
                          .k = lode_gemm_round_up(args->k, layout->deep) / step};
  const size_t group = group_columns(tiling, words.k);
  const fetching plan = fetching_plan(tiling, tiles);
  for (size_t j0 = args->n0, j1; j0 < args->n1; j0 = j1) {
    j1 = args->n1 - j0 <= group ? args->n1 : j0 + group;
    fetching fetch = plan;
    fetch.next = (uintptr_t)args->b + j1 * words.k * sizeof(uint32_t);
    if (j1 == args->n1) fetch.lines = 0;
    for (size_t i = 0, rows; i < args->m; i += rows) {
      rows = lode_gemm_next_height(args->m - i, tiling->rows);
      run_rows(tiling, args, &words, i, rows, j0, j1, &fetch);
    }
  }
}
