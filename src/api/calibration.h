/* From float weights to integers, with activations measured on built-in texts. */
#ifndef LODE_API_CALIBRATION_H
#define LODE_API_CALIBRATION_H

#include "api/model.h"

extern const char *const lode_calibration_texts[]; /* [lode_calibration_text_count], UTF-8 */
extern const size_t lode_calibration_text_count;

/* Quantize the program of a model whose tokenizer and program are there, and which has nothing
 * prepared yet. On failure the program is as it was. */
lode_status lode_model_quantize(lode_model *model, lode_error *err);

#endif
