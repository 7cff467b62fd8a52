#include "backend/webgpu/shaders.h"

#include <string.h>

/* The bytes of shaders/<name>.wgsl between two symbols; CMake gives the folder to the assembler. */
#ifdef __wasm__
/* The next function or variable begins a section of its own. */
#define BEGIN(name) ".section .rodata.lode_wgsl_" #name ",\"\",@\n"
#define END(name)          \
  ".size lode_wgsl_" #name \
  "_end, 1\n"              \
  ".size lode_wgsl_" #name "_begin, lode_wgsl_" #name "_end - lode_wgsl_" #name "_begin\n"
#else
#define BEGIN(name) ".pushsection .rodata.lode_wgsl,\"a\"\n"
#define END(name) ".popsection\n"
#endif
#define EMBED(name)                                                                   \
  __asm__(BEGIN(name) "lode_wgsl_" #name                                              \
                      "_begin:\n"                                                     \
                      ".incbin \"shaders/" #name                                      \
                      ".wgsl\"\n"                                                     \
                      "lode_wgsl_" #name                                              \
                      "_end:\n"                                                       \
                      ".byte 0\n" END(name));                                         \
  extern const char lode_wgsl_##name##_begin[] __attribute__((visibility("hidden"))); \
  extern const char lode_wgsl_##name##_end[] __attribute__((visibility("hidden")));

EMBED(activation)
EMBED(attention_f32)
EMBED(attention_i8)
EMBED(attention_operands)
EMBED(dot4)
EMBED(dot4_plain)
EMBED(embed)
EMBED(exact)
EMBED(gemm)
EMBED(gemm_bytes)
EMBED(gemm_direct)
EMBED(gemm_f16)
EMBED(gemm_f32)
EMBED(gemm_i8)
EMBED(gemm_i8_floats)
EMBED(integers)
EMBED(norm)
EMBED(part)
EMBED(pool)
EMBED(quantize)
EMBED(row_sum)
EMBED(value_scale)

typedef struct span {
  const char *begin, *end;
} span;

#define FILE_OF(name) {lode_wgsl_##name##_begin, lode_wgsl_##name##_end}

/* What all products have behind what says of which numbers. */
#define PRODUCT FILE_OF(gemm), FILE_OF(gemm_direct), FILE_OF(activation), FILE_OF(exact)

enum { MAX_FILES = 7 };

static const struct {
  lode_shader_source source;
  span files[MAX_FILES];
} shaders[LODE_SHADERS] = {
    [LODE_SHADER_EMBED] = {{"embed", "urrrrrrrw"},
                           {FILE_OF(embed), FILE_OF(row_sum), FILE_OF(exact)}},
    [LODE_SHADER_GEMM_F32] = {{"gemm_f32", "urrrrw"}, {FILE_OF(gemm_f32), PRODUCT}},
    [LODE_SHADER_GEMM_F16] = {{"gemm_f16", "urrrrw"}, {FILE_OF(gemm_f16), PRODUCT}},
    [LODE_SHADER_GEMM_I8] = {{"gemm_i8", "urrrrwrr"},
                             {FILE_OF(gemm_i8), FILE_OF(gemm_bytes), FILE_OF(dot4), PRODUCT}},
    [LODE_SHADER_GEMM_I8_PLAIN] = {{"gemm_i8", "urrrrwrr"},
                                   {FILE_OF(gemm_i8), FILE_OF(gemm_bytes), FILE_OF(dot4_plain),
                                    PRODUCT}},
    [LODE_SHADER_GEMM_I8_FLOATS] = {{"gemm_i8_floats", "urrrrwrr"},
                                    {FILE_OF(gemm_i8_floats), FILE_OF(gemm_bytes), PRODUCT}},
    [LODE_SHADER_ATTENTION_F32] = {{"attention_f32", "urrw"},
                                   {FILE_OF(attention_f32), FILE_OF(part)}},
    [LODE_SHADER_ATTENTION_I8] = {{"attention_i8", "urrrrw"},
                                  {FILE_OF(attention_i8), FILE_OF(part), FILE_OF(exact)}},
    [LODE_SHADER_ATTENTION_OPERANDS] = {{"attention_operands", "urrrw"},
                                        {FILE_OF(attention_operands), FILE_OF(integers),
                                         FILE_OF(exact)}},
    [LODE_SHADER_QUANTIZE] = {{"quantize", "urrww"},
                              {FILE_OF(quantize), FILE_OF(integers), FILE_OF(exact)}},
    [LODE_SHADER_VALUE_SCALE] = {{"value_scale", "urrw"},
                                 {FILE_OF(value_scale), FILE_OF(integers), FILE_OF(exact)}},
    [LODE_SHADER_NORM] = {{"norm", "urrrw"}, {FILE_OF(norm), FILE_OF(row_sum), FILE_OF(exact)}},
    [LODE_SHADER_POOL] = {{"pool", "urrw"}, {FILE_OF(pool), FILE_OF(exact)}},
};

const lode_shader_source *lode_shader_get(lode_shader shader) {
  return &shaders[shader].source;
}

bool lode_shader_text(lode_shader shader, lode_buffer *text, size_t *size) {
  *size = 0;
  for (size_t i = 0; i < MAX_FILES && shaders[shader].files[i].begin; i++) {
    const span file = shaders[shader].files[i];
    const size_t bytes = (size_t)(file.end - file.begin);
    if (!lode_buffer_reserve(text, *size + bytes, 1, *size)) return false;
    memcpy((char *)text->data + *size, file.begin, bytes);
    *size += bytes;
  }
  return true;
}
