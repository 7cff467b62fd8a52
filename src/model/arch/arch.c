#include "model/arch/arch.h"

#include <stdio.h>
#include <string.h>

/* "[384, 1536]" */
static void shape_text(const lode_tensor *tensor, char *text, size_t size) {
  size_t used = 0;
  for (int i = 0; i < tensor->rank && used < size; i++) {
    const int n =
        snprintf(text + used, size - used, "%s%lld", i ? ", " : "[", (long long)tensor->shape[i]);
    used += n > 0 ? (size_t)n : 0;
  }
  if (used < size) snprintf(text + used, size - used, tensor->rank ? "]" : "[]");
}

bool lode_arch_part(lode_program_builder *b, const lode_tensor *tensor, size_t rows, size_t cols,
                    lode_weight_part *part) {
  if (b->status != LODE_OK) return false;
  const bool vector = rows == 0;
  const bool fits = vector ? tensor->rank == 1 && tensor->shape[0] == (int64_t)cols
                           : tensor->rank == 2 && tensor->shape[0] == (int64_t)rows &&
                                 tensor->shape[1] == (int64_t)cols;
  if (!fits) {
    char shape[128];
    char wanted[64];
    shape_text(tensor, shape, sizeof shape);
    if (vector) {
      snprintf(wanted, sizeof wanted, "[%zu]", cols);
    } else {
      snprintf(wanted, sizeof wanted, "[%zu, %zu]", rows, cols);
    }
    lode_program_fail(b, LODE_E_FORMAT, "tensor %s: shape %s, config.json asks for %s",
                      tensor->name, shape, wanted);
    return false;
  }
  const bool integers = tensor->dtype == LODE_DTYPE_I8 && !vector;
  if (tensor->dtype != LODE_DTYPE_F32 && tensor->dtype != LODE_DTYPE_F16 &&
      tensor->dtype != LODE_DTYPE_BF16 && !integers) {
    lode_program_fail(b, LODE_E_UNSUPPORTED, "tensor %s: type %s; weights may be F32, F16 or BF16",
                      tensor->name, lode_dtype_name(tensor->dtype));
    return false;
  }
  *part = (lode_weight_part){
      .name = tensor->name,
      .data = tensor->data,
      .dtype = tensor->dtype,
      .rows = vector ? 1 : rows,
      .file = tensor->file,
  };
  return true;
}

/* `name` + `suffix`, F32 [count]: what belongs to an I8 weight. NULL where it is missing. */
static const void *companion(lode_program_builder *b, const lode_tensor_set *tensors,
                             const char *name, const char *suffix, size_t count, bool needed) {
  char full[512];
  const int n = snprintf(full, sizeof full, "%s%s", name, suffix);
  const lode_tensor *tensor =
      n > 0 && (size_t)n < sizeof full ? lode_tensor_set_find(tensors, full) : NULL;
  if (!tensor && !needed) return NULL;
  if (!tensor || tensor->dtype != LODE_DTYPE_F32 || tensor->rank != 1 ||
      tensor->shape[0] != (int64_t)count) {
    lode_program_fail(b, LODE_E_FORMAT, "tensor %s: %s%s is missing or not F32 [%zu]", name, name,
                      suffix, count);
    return NULL;
  }
  return tensor->data;
}

/* Scales, and what the input is multiplied by, of a weight of integers; all parts are. */
static bool find_companions(lode_program_builder *b, const lode_tensor_set *tensors,
                            lode_weight *weight) {
  for (size_t i = 0; i < weight->part_count; i++) {
    lode_weight_part *part = &weight->parts[i];
    if ((part->dtype == LODE_DTYPE_I8) != (weight->parts[0].dtype == LODE_DTYPE_I8)) {
      lode_program_fail(b, LODE_E_UNSUPPORTED, "tensors %s and %s: one is I8, the other is not",
                        weight->parts[0].name, part->name);
    }
    if (b->status != LODE_OK || part->dtype != LODE_DTYPE_I8) continue;
    part->scale = companion(b, tensors, part->name, "_scale", part->rows, true);
  }
  if (b->status != LODE_OK) return false;
  if (weight->parts[0].dtype == LODE_DTYPE_I8) {
    weight->smooth = companion(b, tensors, weight->parts[0].name, "_smooth", weight->cols, false);
  }
  return b->status == LODE_OK;
}

int lode_arch_stacked(lode_program_builder *b, const lode_tensor_set *tensors,
                      const char *const *names, size_t count, size_t rows, size_t cols) {
  if (b->status != LODE_OK) return LODE_NONE;
  lode_weight weight = {.cols = rows ? cols : cols * count, .part_count = count};
  for (size_t i = 0; i < count; i++) {
    const lode_tensor *tensor = lode_tensor_set_find(tensors, names[i]);
    if (!tensor) {
      return lode_program_fail(b, LODE_E_FORMAT, "the weights have no tensor %s", names[i]);
    }
    if (!lode_arch_part(b, tensor, rows, cols, &weight.parts[i])) return LODE_NONE;
    weight.rows += weight.parts[i].rows;
  }
  if (!rows) weight.rows = 1;
  if (!find_companions(b, tensors, &weight)) return LODE_NONE;
  return lode_program_weight(b, &weight);
}

int lode_arch_weight(lode_program_builder *b, const lode_tensor_set *tensors, const char *name,
                     size_t rows, size_t cols) {
  return lode_arch_stacked(b, tensors, &name, 1, rows, cols);
}
