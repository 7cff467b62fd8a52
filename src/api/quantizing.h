/* How a model of floats becomes one of integers. */
#ifndef LODE_API_QUANTIZING_H
#define LODE_API_QUANTIZING_H

#include "api/text_batch.h"

/* Quantize the program of a model that has nothing prepared yet, to I8 or, if it is static, I4; as
 * model->quantizing says. Leaves the model's self-test, computed on the way. On failure the program
 * is as it was. */
lode_status lode_model_quantize(lode_model *model, lode_dtype dtype, lode_error *err);

/* Bytes of Gram matrices at a time. */
#define LODE_COMPENSATE_MEMORY ((size_t)1 << 30)

/* Round the program's I8 matrices again, with compensation of errors (rounding.h) for the inputs
 * that calibration texts give the ops; `floats` are the weights that they were made of. Scales and
 * smoothing stay. As many passes over the texts are made as Gram matrices of at most `memory` bytes
 * ask for; a matrix whose own is larger stays rounded to nearest. The threads are as many as the
 * process may run on, and do not change the result. On failure some matrices are rounded one way,
 * some the other. */
lode_status lode_model_compensate(lode_model *model, lode_weight *floats, size_t memory,
                                  lode_error *err);

#endif
