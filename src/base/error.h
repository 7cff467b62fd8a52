/* Filling a lode_error. The codes and the struct are public: include/lode.h. */
#ifndef LODE_BASE_ERROR_H
#define LODE_BASE_ERROR_H

#include <stdarg.h>

#include "lode.h"

/* Set *err (if not NULL) and return `code`, so that a function can end with
 * `return lode_error_set(err, LODE_E_FORMAT, -1, pos, "...")`.
 * item, pos: -1 for none. The text is cut to fit, at a character boundary. */
lode_status lode_error_set(lode_error *err, lode_status code, int64_t item, int64_t pos,
                           const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Put "prefix: " before err->text (a file's or a field's name on the way up);
 * returns err->code, or `code` when err is NULL. */
lode_status lode_error_prefix(lode_error *err, lode_status code, const char *prefix);

/* LODE_E_NOMEM with a uniform text. */
lode_status lode_error_nomem(lode_error *err);

/* *err = no error. */
void lode_error_clear(lode_error *err);

#endif
