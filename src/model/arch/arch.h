/* One family of architectures a file: each adds the ops from token ids to the last hidden
 * state. The list of them is in build.c. */
#ifndef LODE_MODEL_ARCH_H
#define LODE_MODEL_ARCH_H

#include "format/model_dir.h"
#include "model/program.h"

/* Sets program->architecture, positions, max_tokens, layers, heads, token_value, and adds ops.
 * False: model_type is not of this family. Failures are left in the builder. */
typedef bool lode_arch_build(lode_program_builder *b, const lode_model_dir *dir);

lode_arch_build lode_arch_bert;
lode_arch_build lode_arch_static;

/* ---- shared by the families */

/* The tensor `name` as a weight of this shape (rows 0: a vector of `cols`); LODE_NONE, with
 * the builder failed, when it is absent, of another shape or not of a float type. */
int lode_arch_weight(lode_program_builder *b, const lode_tensor_set *tensors, const char *name,
                     size_t rows, size_t cols);
/* `count` tensors of [rows, cols] each (rows 0: vectors) stacked into one weight. */
int lode_arch_stacked(lode_program_builder *b, const lode_tensor_set *tensors,
                      const char *const *names, size_t count, size_t rows, size_t cols);
/* Fill `part` from a tensor after checking type and shape; false: the builder has failed. */
bool lode_arch_part(lode_program_builder *b, const lode_tensor *tensor, size_t rows, size_t cols,
                    lode_weight_part *part);

#endif
