/* Rounding a matrix so that its products with typical inputs stay near: the errors of columns
 * already rounded are made up for by those still to come. */
#ifndef LODE_API_ROUNDING_H
#define LODE_API_ROUNDING_H

#include <stdbool.h>

#include "kernels/gemm/gemm.h"

/* gram[i,j] += sum_t x[t,i] x[t,j] for j <= i; what is right of the diagonal may hold anything.
 * x, [count, n], comes as `transposed`, [n, count] with rows `ld` floats apart, and the same rows
 * packed by gemm->pack. Columns [begin, end) of gram, `begin` a multiple of LODE_GRAM_BLOCK:
 * threads can share them. */
enum { LODE_GRAM_BLOCK = 256 };
void lode_gram_add(const lode_gemm_kernel *gemm, size_t n, size_t count, const float *transposed,
                   size_t ld, const void *packed, size_t begin, size_t end, float *gram);

/* What lode_round_compensated works in, for matrices of up to `rows` and `cols`: bytes, to be
 * aligned to 64. 0: more than size_t holds. */
size_t lode_rounding_scratch(const lode_gemm_kernel *gemm, size_t rows, size_t cols);

/* Integers q[r,c] of magnitude `most` or less with small
 *
 *   sum_r (x_r - q_r) H (x_r - q_r)^T,     H = gram + damping * mean of gram's diagonal * I
 *
 * by GPTQ (Frantar et al. 2022, arXiv 2210.17323), in the form of Babai's nearest plane: with
 * H = L L^T the sum is |L^T (x - q)|^2, whose component c depends on columns c and after. From the
 * last column to the first each q[r,c] is the nearest integer to what makes its component 0:
 *
 *   q[r,c] = round(x[r,c] + sum_(i>c) (x[r,i] - q[r,i]) L[i,c] / L[c,c])
 *
 * x     [rows, cols], finite; on return x - q
 * gram  [cols, cols] of which the lower half is read; overwritten
 * False, with x and q as they were: H is not positive definite, which finite inputs and a damping
 * of some size exclude, or gram is 0. The same bits from every vector kernel of gemm_f32. */
bool lode_round_compensated(const lode_gemm_kernel *gemm, size_t rows, size_t cols, float *x,
                            float *gram, double damping, int most, int8_t *q, void *scratch);

#endif
