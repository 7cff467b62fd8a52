/* Structs of options, which grow with the library. */
#ifndef LODE_API_OPTIONS_H
#define LODE_API_OPTIONS_H

#include <stddef.h>

#include "lode.h"

/* The struct_size of an options struct that a caller passed; 0 (not set by its _INIT macro)
 * or larger than ours with unknown fields is LODE_E_ARG. */
lode_status lode_check_struct(const char *name, size_t given, size_t ours, lode_error *err);

#endif
