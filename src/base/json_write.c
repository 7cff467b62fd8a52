#include "base/json_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void lode_json_put(lode_json_text *text, const char *s, size_t n) {
  size_t size;
  if (text->failed || !lode_size_add(text->size, n, &size) ||
      !lode_buffer_reserve(&text->buffer, size, 1, text->size)) {
    text->failed = true;
    return;
  }
  if (n > 0) memcpy((char *)text->buffer.data + text->size, s, n);
  text->size = size;
}

void lode_json_put_text(lode_json_text *text, const char *s) {
  lode_json_put(text, s, strlen(s));
}

void lode_json_put_string(lode_json_text *text, const char *s, size_t n) {
  lode_json_put_text(text, "\"");
  size_t plain = 0; /* where what needs no escape began */
  for (size_t i = 0; i < n; i++) {
    const unsigned char c = (unsigned char)s[i];
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    char escape[8];
    const int size = c < 0x20 ? snprintf(escape, sizeof escape, "\\u%04x", c)
                              : snprintf(escape, sizeof escape, "\\%c", c);
    lode_json_put(text, s + plain, i - plain);
    lode_json_put(text, escape, (size_t)size);
    plain = i + 1;
  }
  lode_json_put(text, s + plain, n - plain);
  lode_json_put_text(text, "\"");
}

void lode_json_put_int(lode_json_text *text, int64_t value) {
  char digits[24];
  lode_json_put(text, digits, (size_t)snprintf(digits, sizeof digits, "%" PRId64, value));
}

void lode_json_put_bool(lode_json_text *text, bool value) {
  lode_json_put_text(text, value ? "true" : "false");
}
