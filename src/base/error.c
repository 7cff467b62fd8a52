#include "base/error.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* Error texts quote names out of files that others wrote. One line of clean UTF-8 comes
 * out whatever went in: control characters (C0, DEL, C1: they steer terminals) and
 * ill-formed bytes become '?'. A character that was cut at the end is dropped. */
static void clean(char *text, size_t size, bool cut) {
  size_t at = 0;
  while (at < size) {
    const size_t good = at + lode_utf8_valid(text + at, size - at);
    for (size_t i = at; i < good; i++) {
      const unsigned char c = (unsigned char)text[i];
      if (c < 0x20 || c == 0x7f) text[i] = '?';
      if (c == 0xc2 && (unsigned char)text[i + 1] < 0xa0) text[i] = text[i + 1] = '?';
    }
    at = good;
    if (at == size) break;
    if (cut && size - at < 4) {
      text[at] = '\0';
      break;
    }
    text[at++] = '?';
  }
}

lode_status lode_error_set(lode_error *err, lode_status code, int64_t item, int64_t pos,
                           const char *fmt, ...) {
  if (err == NULL) return code;
  char text[sizeof err->text]; /* the arguments may point into *err */
  va_list args;
  va_start(args, fmt);
  const int wanted = vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  if (wanted < 0) text[0] = '\0';
  clean(text, strlen(text), wanted >= (int)sizeof text);
  err->code = code;
  err->item = item;
  err->pos = pos;
  memcpy(err->text, text, sizeof text);
  return code;
}

lode_status lode_error_prefix(lode_error *err, lode_status code, const char *prefix) {
  if (err == NULL) return code;
  return lode_error_set(err, err->code, err->item, err->pos, "%s: %s", prefix, err->text);
}

lode_status lode_error_nomem(lode_error *err) {
  return lode_error_set(err, LODE_E_NOMEM, -1, -1, "out of memory");
}

void lode_error_clear(lode_error *err) {
  if (err == NULL) return;
  err->code = LODE_OK;
  err->item = -1;
  err->pos = -1;
  err->text[0] = '\0';
}
