/* The .wgsl files, which the build puts into the library. */
#ifndef LODE_BACKEND_WEBGPU_SHADERS_H
#define LODE_BACKEND_WEBGPU_SHADERS_H

#include "base/memory.h"

typedef enum lode_shader {
  LODE_SHADER_EMBED = 0,
  LODE_SHADER_GEMM_F32,
  LODE_SHADER_GEMM_F16,
  LODE_SHADER_GEMM_I8,
  LODE_SHADER_GEMM_I8_PLAIN, /* where the device has no products of four bytes */
  LODE_SHADER_GEMM_I8_FLOATS,
  LODE_SHADER_ATTENTION_F32,
  LODE_SHADER_ATTENTION_I8,
  LODE_SHADER_ATTENTION_OPERANDS,
  LODE_SHADER_QUANTIZE,
  LODE_SHADER_VALUE_SCALE,
  LODE_SHADER_NORM,
  LODE_SHADER_POOL,
  LODE_SHADERS,
} lode_shader;

typedef struct lode_shader_source {
  const char *name;  /* "gemm_f32" */
  const char *kinds; /* of its bindings, as lode_gpu_driver.pipeline wants them */
} lode_shader_source;

const lode_shader_source *lode_shader_get(lode_shader shader);
/* Its text: the file, and behind it those with functions that it calls, which WGSL does not mind.
 * False: out of memory. */
bool lode_shader_text(lode_shader shader, lode_buffer *text, size_t *size);

#endif
