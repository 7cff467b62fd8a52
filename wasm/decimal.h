/* Decimal numbers, rounded correctly: in the place of strtod, which with all that it can read is
 * 7 KB of a module. */
#ifndef LODE_WASM_DECIMAL_H
#define LODE_WASM_DECIMAL_H

/* Digits of a text that count; any behind them must be dropped before. */
enum { LODE_DECIMAL_DIGITS = 40 };

/* The double nearest to `text`, ties to even; infinity where that is too large. `text` is as
 * src/base/json.c writes it for strtod: "-" or nothing, 1 .. LODE_DECIMAL_DIGITS digits, "e", "+"
 * or "-", 1 .. 6 digits, NUL. */
double lode_decimal_double(const char *text);

#endif
