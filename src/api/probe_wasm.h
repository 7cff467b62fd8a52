/* Which product of integers this engine is best at. */
#ifndef LODE_API_PROBE_WASM_H
#define LODE_API_PROBE_WASM_H

/* What to give as lode_model_options.isa: "relaxed" where the module has relaxed SIMD, its dot
 * product of four bytes is exact here, and that of two is not faster by a tenth; else "simd128".
 * NULL where neither is exact, and the module not to be used. Takes some milliseconds. */
const char *lode_wasm_probe(void);

#endif
