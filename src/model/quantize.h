/* From a program of floats to one whose linear ops multiply 8-bit integers. */
#ifndef LODE_MODEL_QUANTIZE_H
#define LODE_MODEL_QUANTIZE_H

#include "model/program.h"

/* Largest magnitude of a quantized weight: 7 bits, so that every machine's fastest product of
 * integers is exact. Activations have 8. */
enum { LODE_QUANTIZE_MOST = 63, LODE_QUANTIZE_MAX_COLS = 1 << 17 };

/* What calibration saw of each linear op's input; zero-initialise it. */
typedef struct lode_calibration {
  float **input_most; /* [op_count], NULL where the op is no LINEAR: [cols] largest |x| */
  lode_arena arena;
} lode_calibration;

lode_status lode_calibration_new(const lode_program *program, lode_calibration *out,
                                 lode_error *err);
/* Rows of op's input: takes the largest magnitudes. */
void lode_calibration_add(lode_calibration *calibration, const lode_program *program,
                          const lode_op *op, size_t rows, size_t cols, const float *in,
                          size_t stride);
void lode_calibration_free(lode_calibration *calibration);

/* What its weights are: I8 or I4, of a static program its table, of others the matrices of its
 * linear ops; F32 for floats of any type. */
lode_dtype lode_program_dtype(const lode_program *program);

/* Element i of a part of floats, widened. */
float lode_weight_part_value(const lode_weight_part *part, size_t i);

/* Replace the weights of all linear ops on tokens by I8 with a scale a row,  *   scale = max_k
 * |W'[j,k]| / 63,   q = W' / scale rounded to nearest,   W' = W / smooth, where smooth
 * (SmoothQuant, Xiao et al. 2022, arXiv 2211.10438) moves large activations into the weights:
 * smooth[k] = sqrt(max_j |W[j,k]| / max |x[k]|), 1 without calibration or where either is 0. Tables
 * of embeddings become I8 too, in all 8 bits (they are looked up, not multiplied), but for those of
 * a few rows. Ops on sequences (after pooling) stay as they are. Weights with NaN or infinite
 * values are LODE_E_FORMAT; on failure the program is as it was. */
lode_status lode_program_quantize(lode_program *program, const lode_calibration *calibration,
                                  lode_error *err);

/* Of a static program: make its table `dtype`, I8 or I4, with a scale a row, which is
 *
 *   I8   max |x| / 127
 *   I4   of max |x| / 7 and smaller ones the one with the least sum of squared errors, in 4 bits
 *        -7 .. 7: a few large values cost more when the small ones are rounded to nothing than
 *        when they are cut
 *
 * LODE_E_UNSUPPORTED for an odd number of columns in I4. On failure the program is as it was. */
lode_status lode_program_quantize_table(lode_program *program, lode_dtype dtype, lode_error *err);

#endif
