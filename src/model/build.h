/* From a model's files to its program. */
#ifndef LODE_MODEL_BUILD_H
#define LODE_MODEL_BUILD_H

#include "format/model_dir.h"
#include "model/program.h"

/* Checks every weight that is used against the configuration (type and shape). `dir` must
 * outlive the program, which points into its tensors. LODE_E_UNSUPPORTED for an architecture
 * that arch/ does not have. On failure *out is empty. */
lode_status lode_program_build(const lode_model_dir *dir, lode_program *out, lode_error *err);

#endif
