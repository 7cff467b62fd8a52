#include <stdlib.h>
#include <string.h>

#include "base/json_node.h"
#include "base/utf8.h"

/* ---------------------------------------------------------------- nodes */

static const lode_json_node *node_of(const lode_json *json, lode_json_ref ref) {
  return ref >= 0 && ref < json->count ? &json->nodes[ref] : NULL;
}

/* NULL unless the node is of that kind. */
static const lode_json_node *node_as(const lode_json *json, lode_json_ref ref,
                                     lode_json_kind kind) {
  const lode_json_node *node = node_of(json, ref);
  return node != NULL && node->kind == kind ? node : NULL;
}

lode_json_kind lode_json_kind_of(const lode_json *json, lode_json_ref ref) {
  const lode_json_node *node = node_of(json, ref);
  return node != NULL ? (lode_json_kind)node->kind : LODE_JSON_ABSENT;
}

int32_t lode_json_length(const lode_json *json, lode_json_ref ref) {
  const lode_json_node *node = node_of(json, ref);
  return node != NULL ? node->length : 0;
}

lode_json_ref lode_json_first(const lode_json *json, lode_json_ref container) {
  const lode_json_node *node = node_of(json, container);
  if (node == NULL || node->length == 0) return LODE_JSON_NONE;
  return container + (node->kind == LODE_JSON_OBJECT ? 2 : 1);
}

lode_json_ref lode_json_next(const lode_json *json, lode_json_ref value) {
  const lode_json_node *node = node_of(json, value);
  return node != NULL ? node->next : LODE_JSON_NONE;
}

lode_json_ref lode_json_key(const lode_json *json, lode_json_ref value) {
  const lode_json_node *node = node_of(json, value);
  return node != NULL && node->is_value ? value - 1 : LODE_JSON_NONE;
}

lode_json_ref lode_json_get(const lode_json *json, lode_json_ref object, const char *key) {
  if (node_as(json, object, LODE_JSON_OBJECT) == NULL) return LODE_JSON_NONE;
  lode_json_ref found = LODE_JSON_NONE;
  for (lode_json_ref value = lode_json_first(json, object); value != LODE_JSON_NONE;
       value = json->nodes[value].next) {
    if (lode_json_is(json, value - 1, key)) found = value;
  }
  return found;
}

int64_t lode_json_pos(const lode_json *json, lode_json_ref ref) {
  const lode_json_node *node = node_of(json, ref);
  return node != NULL ? node->start : -1;
}

/* ---------------------------------------------------------------- scalars */

bool lode_json_bool(const lode_json *json, lode_json_ref ref, bool *out) {
  const lode_json_node *node = node_as(json, ref, LODE_JSON_BOOL);
  if (node == NULL) return false;
  *out = json->text[node->start] == 't';
  return true;
}

/* A whole number without fraction or exponent; false also when it does not fit. */
static bool parse_integer(const char *p, const char *end, int64_t *out) {
  const bool negative = *p == '-';
  if (negative) p++;
  int64_t value = 0;
  for (; p < end; p++) {
    if (!lode_json_is_digit(*p)) return false;
    const int digit = *p - '0';
    if (__builtin_mul_overflow(value, 10, &value)) return false;
    if (__builtin_add_overflow(value, negative ? -digit : digit, &value)) return false;
  }
  *out = value;
  return true;
}

bool lode_json_int(const lode_json *json, lode_json_ref ref, int64_t *out) {
  const lode_json_node *node = node_as(json, ref, LODE_JSON_NUMBER);
  if (node == NULL) return false;
  if (parse_integer(json->text + node->start, json->text + node->end, out)) return true;
  /* "512.0", "1e3": exact as long as a double holds every integer. */
  double value = 0;
  const double limit = 9007199254740992.0; /* 2^53 */
  if (!lode_json_double(json, ref, &value) || !(value >= -limit && value <= limit)) return false;
  const int64_t whole = (int64_t)value;
  if ((double)whole != value) return false;
  *out = whole;
  return true;
}

/* Written anew without a decimal point, whose character depends on the locale: digits and
 * an exponent, which strtod rounds correctly. Digits past the 40th are dropped: less than
 * 1e-39 of the value. False: overflow. */
static bool parse_double(const char *p, const char *end, double *out) {
  enum { DIGITS = 40, EXPONENT_LIMIT = 100000 };
  char copy[DIGITS + 16];
  size_t size = 0;
  size_t digits = 0;
  int64_t exponent = 0;
  bool fraction = false;
  if (*p == '-') copy[size++] = *p++;
  for (; p < end && *p != 'e' && *p != 'E'; p++) {
    if (*p == '.') {
      fraction = true;
      continue;
    }
    const bool leading_zero = digits == 0 && *p == '0';
    if (!leading_zero && digits < DIGITS) {
      copy[size++] = *p;
      digits++;
      exponent -= fraction;
    } else if (leading_zero) {
      exponent -= fraction;
    } else {
      exponent += !fraction;
    }
  }
  if (digits == 0) copy[size++] = '0';
  if (p < end) {
    bool negative = false;
    int64_t written = 0;
    p++;
    if (*p == '-' || *p == '+') negative = *p++ == '-';
    for (; p < end; p++) {
      if (written < INT32_MAX) written = 10 * written + (*p - '0');
    }
    exponent += negative ? -written : written;
  }
  /* Beyond these the result is 0 or infinite whatever the (at most 2^31) digits. */
  if (exponent > EXPONENT_LIMIT) exponent = EXPONENT_LIMIT;
  if (exponent < -EXPONENT_LIMIT) exponent = -EXPONENT_LIMIT;
  copy[size++] = 'e';
  copy[size++] = exponent < 0 ? '-' : '+';
  const int64_t magnitude = exponent < 0 ? -exponent : exponent;
  for (int64_t unit = EXPONENT_LIMIT; unit > 0; unit /= 10) {
    copy[size++] = (char)('0' + magnitude / unit % 10);
  }
  copy[size] = '\0';
  const double value = strtod(copy, NULL);
  if (value > 1.7976931348623157e308 || value < -1.7976931348623157e308) return false;
  *out = value;
  return true;
}

bool lode_json_double(const lode_json *json, lode_json_ref ref, double *out) {
  const lode_json_node *node = node_as(json, ref, LODE_JSON_NUMBER);
  if (node == NULL) return false;
  return parse_double(json->text + node->start, json->text + node->end, out);
}

/* ---------------------------------------------------------------- strings */

static uint32_t hex_digit(char c) {
  if (lode_json_is_digit(c)) return (uint32_t)(c - '0');
  return (uint32_t)((c | 0x20) - 'a' + 10);
}

/* The four digits after "\u", which jsmn has seen. */
static uint32_t hex4(const char *p) {
  return hex_digit(p[0]) << 12 | hex_digit(p[1]) << 8 | hex_digit(p[2]) << 4 | hex_digit(p[3]);
}

/* Decode the "\uXXXX" at *p, or the surrogate pair of two of them. False: unpaired. */
static bool decode_unicode_escape(const char **p, const char *end, uint32_t *out) {
  uint32_t c = hex4(*p + 2);
  *p += 6;
  if (c >= 0xdc00 && c <= 0xdfff) return false;
  if (c >= 0xd800 && c <= 0xdbff) {
    if (end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u') return false;
    const uint32_t low = hex4(*p + 2);
    if (low < 0xdc00 || low > 0xdfff) return false;
    *p += 6;
    c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
  }
  *out = c;
  return true;
}

/* Decode one escape at *p (a backslash) into dst[4]; 0: an unpaired surrogate. */
static size_t decode_escape(const char **p, const char *end, char *dst) {
  const char letter = (*p)[1];
  if (letter == 'u') {
    uint32_t c = 0;
    return decode_unicode_escape(p, end, &c) ? lode_utf8_put(dst, c) : 0;
  }
  static const char letters[] = "\"\\/bfnrt";
  static const char meanings[] = "\"\\/\b\f\n\r\t";
  *p += 2;
  dst[0] = meanings[strchr(letters, letter) - letters];
  return 1;
}

size_t lode_json_string_bound(const lode_json *json, lode_json_ref ref) {
  const lode_json_node *node = node_as(json, ref, LODE_JSON_STRING);
  return node != NULL ? (size_t)(node->end - node->start) : 0;
}

size_t lode_json_string(const lode_json *json, lode_json_ref ref, char *dst) {
  const lode_json_node *node = node_as(json, ref, LODE_JSON_STRING);
  if (node == NULL) return SIZE_MAX;
  const char *p = json->text + node->start;
  const char *end = json->text + node->end;
  size_t size = 0;
  while (p < end) {
    const char *escape = memchr(p, '\\', (size_t)(end - p));
    const size_t plain = (size_t)((escape != NULL ? escape : end) - p);
    memcpy(dst + size, p, plain);
    size += plain;
    p += plain;
    if (escape == NULL) break;
    char bytes[4];
    const size_t n = decode_escape(&p, end, bytes);
    if (n == 0) return SIZE_MAX;
    memcpy(dst + size, bytes, n);
    size += n;
  }
  return size;
}

bool lode_json_is(const lode_json *json, lode_json_ref ref, const char *s) {
  const lode_json_node *node = node_as(json, ref, LODE_JSON_STRING);
  if (node == NULL) return false;
  const char *p = json->text + node->start;
  const char *end = json->text + node->end;
  while (p < end) {
    char bytes[4] = {*p};
    size_t n = 1;
    if (*p != '\\') {
      p++;
    } else {
      n = decode_escape(&p, end, bytes);
      if (n == 0) return false;
    }
    for (size_t i = 0; i < n; i++) {
      if (*s == '\0' || *s != bytes[i]) return false;
      s++;
    }
  }
  return *s == '\0';
}

char *lode_json_string_dup(const lode_json *json, lode_json_ref ref, lode_arena *arena,
                           size_t *size) {
  if (node_as(json, ref, LODE_JSON_STRING) == NULL) return NULL;
  char *copy = lode_arena_alloc(arena, lode_json_string_bound(json, ref) + 1);
  if (copy == NULL) return NULL;
  const size_t n = lode_json_string(json, ref, copy);
  if (n == SIZE_MAX) return NULL;
  if (size != NULL) *size = n;
  return copy; /* the arena is zeroed: so is copy[n] */
}
