/* Bytes in one of the encodings that documents come in, as UTF-8, with the way back. */
#ifndef LODE_INDEX_CHUNK_ENCODING_H
#define LODE_INDEX_CHUNK_ENCODING_H

#include <stdbool.h>

#include "base/error.h"
#include "base/memory.h"

typedef enum lode_charset {
  LODE_CHARSET_UNKNOWN = 0,
  LODE_CHARSET_UTF8,
  LODE_CHARSET_UTF16LE,
  LODE_CHARSET_UTF16BE,
  LODE_CHARSET_WINDOWS_1252, /* what the web means by Latin-1 and ASCII, too */
} lode_charset;

/* Of a label as documents have it ("UTF-8", "iso-8859-1", …). */
lode_charset lode_charset_of_label(const char *label, size_t size);
const char *lode_charset_name(lode_charset charset);
/* By its byte order mark: UTF-8 or UTF-16, and the mark's size; else UNKNOWN and 0. */
lode_charset lode_charset_of_mark(const void *data, size_t size, size_t *mark);

/* Zero-initialise it. `text` is part of the data, or of `copy`. */
typedef struct lode_decoded {
  const char *text;
  size_t size;
  const uint8_t *data; /* borrowed */
  size_t data_size;
  size_t mark;
  lode_charset charset;
  bool copied;
  lode_buffer copy;
  lode_buffer points; /* every some KiB: where in the text, where in the data */
  size_t point_count;
} lode_decoded;

/* Malformed input is LODE_E_UTF8 with err->pos, or U+FFFD under LODE_UTF8_REPLACE. */
lode_status lode_decode(const void *data, size_t size, lode_charset charset,
                        lode_utf8_policy policy, lode_decoded *out, lode_error *err);
void lode_decoded_free(lode_decoded *decoded);
/* Where text[at] begins in the data. The data must still be there if the text is a copy. */
size_t lode_decoded_source(const lode_decoded *decoded, size_t at);

#endif
