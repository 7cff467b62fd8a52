/* What a module has in the place of parts of wasi-libc. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decimal.h"

/* vsnprintf brings stderr along, for one message of its own. It has nowhere to go here, and these
 * three keep the module from importing a file system. */

int __stdio_close(FILE *f);
int64_t __stdio_seek(FILE *f, int64_t offset, int whence);
size_t __stdio_write(FILE *f, const unsigned char *data, size_t size);

int __stdio_close(FILE *f) {
  (void)f;
  return 0;
}

int64_t __stdio_seek(FILE *f, int64_t offset, int whence) {
  (void)f, (void)offset, (void)whence;
  return -1;
}

size_t __stdio_write(FILE *f, const unsigned char *data, size_t size) {
  (void)f, (void)data;
  return size;
}

/* For "%m", which nothing here prints: the messages are 2 KB. */
char *strerror(int error) {
  static char none[] = "";
  (void)error;
  return none;
}

/* Called by src/base/json.c, with no `end`. */
double strtod(const char *restrict text, char **restrict end) {
  (void)end;
  return lode_decimal_double(text);
}
