#include "api/rounding.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

/* Columns that are factored, or rounded, one by one; all that is further away goes through matrix
 * products. */
enum { BLOCK = 64 };

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/* ---- memory */

typedef struct workspace {
  void *packed;     /* of BLOCK rows by cols */
  float *rows;      /* [BLOCK, cols]: rows to pack */
  float *corner;    /* [BLOCK, BLOCK] */
  float *carry;     /* [rows, BLOCK] */
  const void **row; /* [BLOCK] */
} workspace;

/* Where its parts lie, and how long it all is: bytes. */
typedef struct layout {
  size_t packed, rows, corner, carry, row, end;
} layout;

static bool take(size_t n, size_t size, size_t *at, layout *l) {
  size_t bytes = 0;
  *at = l->end;
  if (!lode_size_mul(n, size, &bytes) || !lode_size_add(bytes, LODE_ALIGN - 1, &bytes))
    return false;
  return lode_size_add(l->end, bytes - bytes % LODE_ALIGN, &l->end);
}

static bool lay_out(const lode_gemm_kernel *gemm, size_t rows, size_t cols, layout *l) {
  *l = (layout){0};
  return take(lode_gemm_packed_size(gemm->layout, BLOCK, cols), 1, &l->packed, l) &&
         take(cols, BLOCK * sizeof(float), &l->rows, l) &&
         take(BLOCK, BLOCK * sizeof(float), &l->corner, l) &&
         take(rows, BLOCK * sizeof(float), &l->carry, l) && take(BLOCK, sizeof(void *), &l->row, l);
}

size_t lode_rounding_scratch(const lode_gemm_kernel *gemm, size_t rows, size_t cols) {
  layout l;
  return lay_out(gemm, rows, cols, &l) ? l.end : 0;
}

/* ---- products */

/* C[m, n] = A[m, k] B[n, k]^T + R, where R may be NULL or C. B's rows are room->row. */
static void multiply(const lode_gemm_kernel *gemm, const workspace *room, size_t m, size_t n,
                     size_t k, const float *a, size_t lda, const float *residual, float *c,
                     size_t ldc) {
  lode_gemm_pack(gemm->layout, n, k, room->row, 0,
                 (n + gemm->layout->panel - 1) / gemm->layout->panel, room->packed);
  const lode_gemm_args args = {.m = m,
                               .n1 = n,
                               .n = n,
                               .k = k,
                               .a = a,
                               .lda = lda,
                               .b = room->packed,
                               .residual = residual,
                               .ldr = ldc,
                               .c = c,
                               .ldc = ldc};
  gemm->run(&args);
}

void lode_gram_add(const lode_gemm_kernel *gemm, size_t n, size_t count, const float *transposed,
                   size_t ld, const void *packed, size_t begin, size_t end, float *gram) {
  for (size_t j = begin; j < end; j += LODE_GRAM_BLOCK) {
    /* Rows from the block's first on: what lies right of the diagonal is in no one's way. */
    float *c = gram + j * n;
    const lode_gemm_args args = {.m = n - j,
                                 .n0 = j,
                                 .n1 = least(j + LODE_GRAM_BLOCK, end),
                                 .n = n,
                                 .k = count,
                                 .a = transposed + j * ld,
                                 .lda = ld,
                                 .b = packed,
                                 .residual = c,
                                 .ldr = n,
                                 .c = c,
                                 .ldc = n};
    gemm->run(&args);
  }
}

/* ---- H = L L^T */

/* Adds to the diagonal. False: there is nothing to weigh errors by. */
static bool damp(size_t n, float *h, double damping) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)h[i * n + i];
  const double more = damping * sum / (double)n;
  if (!(sum > 0) || !isfinite(more)) return false;
  for (size_t i = 0; i < n; i++) h[i * n + i] = (float)((double)h[i * n + i] + more);
  return true;
}

/* The block [b, b + w) of the diagonal, less what earlier columns explain, becomes its factor. */
static bool factor_corner(size_t n, size_t b, size_t w, float *h) {
  for (size_t j = b; j < b + w; j++) {
    double pivot = (double)h[j * n + j];
    for (size_t p = b; p < j; p++) pivot -= (double)h[j * n + p] * (double)h[j * n + p];
    if (!(pivot > 0) || !isfinite(pivot)) return false;
    const double root = sqrt(pivot);
    h[j * n + j] = (float)root;
    for (size_t i = j + 1; i < b + w; i++) {
      double sum = (double)h[i * n + j];
      for (size_t p = b; p < j; p++) sum -= (double)h[i * n + p] * (double)h[j * n + p];
      h[i * n + j] = (float)(sum / root);
    }
  }
  return true;
}

/* corner[c] = column b + c of the factor's block, from the diagonal on: the loops over it then run
 * along memory. */
static void copy_corner(size_t n, size_t b, size_t w, const float *h, float *corner) {
  for (size_t c = 0; c < w; c++) {
    for (size_t i = c; i < w; i++) corner[c * BLOCK + i] = h[(b + i) * n + b + c];
  }
}

/* Rows below the block: x L_bb^T = row, for x. */
static void solve_below(size_t n, size_t b, size_t w, const float *corner, float *h) {
  for (size_t i = b + w; i < n; i++) {
    float *row = h + i * n + b;
    for (size_t c = 0; c < w; c++) {
      const float x = row[c] / corner[c * BLOCK + c];
      row[c] = x;
      for (size_t p = c + 1; p < w; p++) row[p] -= x * corner[c * BLOCK + p];
    }
  }
}

/* The lower half of h becomes L. */
static bool factor(const lode_gemm_kernel *gemm, size_t n, float *h, const workspace *room) {
  for (size_t b = 0; b < n; b += BLOCK) {
    const size_t w = least(BLOCK, n - b);
    if (b > 0) {
      /* Columns [b, b + w) from row b on: - L[.., 0..b) L[b.., 0..b)^T */
      for (size_t j = 0; j < w; j++) {
        float *negated = room->rows + j * b;
        for (size_t p = 0; p < b; p++) negated[p] = -h[(b + j) * n + p];
        room->row[j] = negated;
      }
      float *c = h + b * n + b;
      multiply(gemm, room, n - b, w, b, h + b * n, n, c, c, n);
    }
    if (!factor_corner(n, b, w, h)) return false;
    copy_corner(n, b, w, h, room->corner);
    solve_below(n, b, w, room->corner, h);
  }
  return true;
}

/* ---- rounding */

/* Columns [b, b + w) of a row. carry[c] is what the columns after the block bring, sum d_i L[i,c].
 */
static void round_block(size_t w, const float *h, size_t n, int most, float *x, float *carry,
                        int8_t *q) {
  const float limit = (float)most;
  for (size_t c = w; c-- > 0;) {
    const float *row = h + c * n; /* row b + c of L, from column b on */
    const float wanted = rintf(x[c] + carry[c] / row[c]);
    /* Written so that a NaN is caught as well. */
    const float rounded = !(wanted > -limit) ? -limit : !(wanted < limit) ? limit : wanted;
    q[c] = (int8_t)rounded;
    x[c] -= rounded;
    for (size_t i = 0; i < c; i++) carry[i] += x[c] * row[i];
  }
}

static void round_columns(const lode_gemm_kernel *gemm, size_t rows, size_t n, size_t b, size_t w,
                          const float *h, int most, float *x, int8_t *q, const workspace *room) {
  const size_t after = n - b - w;
  if (after == 0) {
    memset(room->carry, 0, rows * BLOCK * sizeof *room->carry);
  } else {
    for (size_t c = 0; c < w; c++) {
      float *column = room->rows + c * after;
      for (size_t i = 0; i < after; i++) column[i] = h[(b + w + i) * n + b + c];
      room->row[c] = column;
    }
    multiply(gemm, room, rows, w, after, x + b + w, n, NULL, room->carry, BLOCK);
  }
  for (size_t r = 0; r < rows; r++) {
    round_block(w, h + b * n + b, n, most, x + r * n + b, room->carry + r * BLOCK, q + r * n + b);
  }
}

bool lode_round_compensated(const lode_gemm_kernel *gemm, size_t rows, size_t cols, float *x,
                            float *gram, double damping, int most, int8_t *q, void *scratch) {
  layout l;
  if (!lay_out(gemm, rows, cols, &l)) return false;
  char *base = scratch;
  const workspace room = {.packed = base + l.packed,
                          .rows = (float *)(base + l.rows),
                          .corner = (float *)(base + l.corner),
                          .carry = (float *)(base + l.carry),
                          .row = (const void **)(base + l.row)};
  if (!damp(cols, gram, damping) || !factor(gemm, cols, gram, &room)) return false;
  for (size_t end = cols; end > 0;) {
    const size_t b = (end - 1) / BLOCK * BLOCK;
    round_columns(gemm, rows, cols, b, end - b, gram, most, x, q, &room);
    end = b;
  }
  return true;
}
