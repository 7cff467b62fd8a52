#include "site_read.h"

#ifdef LODE_HAVE_ZLIB

#include <stdlib.h>
#include <zlib.h>

enum { HEADER = 12 }; /* of gzip's are more bytes than of zlib's, which is what is measured */

int64_t cli_gzip_size(const void *data, size_t size) {
  uLongf room = compressBound((uLong)size);
  unsigned char *out = malloc(room);
  const bool done = out != NULL && compress2(out, &room, data, (uLong)size, 6) == Z_OK;
  free(out);
  return done ? (int64_t)room + HEADER : -1;
}

#else

int64_t cli_gzip_size(const void *data, size_t size) {
  (void)data, (void)size;
  return -1;
}

#endif
