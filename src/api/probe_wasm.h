/* Which product of integers this engine is best at. */
#ifndef LODE_API_PROBE_WASM_H
#define LODE_API_PROBE_WASM_H

/* What to give as lode_model_options.isa: "relaxed" where the module has relaxed SIMD, its products
 * of integers are exact here, and simd128's are not faster by a tenth; else "simd128". Takes some
 * milliseconds. */
const char *lode_wasm_probe(void);

#endif
