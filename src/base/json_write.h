/* Writing JSON into memory. */
#ifndef LODE_BASE_JSON_WRITE_H
#define LODE_BASE_JSON_WRITE_H

#include "base/memory.h"

/* Text that grows; zero-initialise it. After a failure it stays as it is. */
typedef struct lode_json_text {
  lode_buffer buffer; /* char [size]; to be freed */
  size_t size;
  bool failed; /* out of memory */
} lode_json_text;

/* As it is: brackets, numbers, commas. */
void lode_json_put(lode_json_text *text, const char *s, size_t n);
void lode_json_put_text(lode_json_text *text, const char *s);
/* With quotes, escaped; well-formed UTF-8 stays what it is. */
void lode_json_put_string(lode_json_text *text, const char *s, size_t n);
void lode_json_put_int(lode_json_text *text, int64_t value);
void lode_json_put_bool(lode_json_text *text, bool value);

#endif
