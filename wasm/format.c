/* vsnprintf and snprintf in the place of the C library's, as far as messages go: what lode's own
 * formats have. An embedder and the readers of sealed indexes are smaller by as much as that takes.
 *
 *   %s %c %%, and %d %i %u %x of int, l, ll, z and j; a precision for strings, as digits or *, a
 * width with 0 in front for numbers. Anything else is written as it stands, and its argument is not
 * read. */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Counts what it has no room for. */
typedef struct text {
  char *data;
  size_t capacity; /* without the NUL */
  size_t size;
} text;

__attribute__((noinline)) static void add(text *t, const char *data, size_t size) {
  if (t->size < t->capacity) {
    const size_t room = t->capacity - t->size;
    memcpy(t->data + t->size, data, size < room ? size : room);
  }
  t->size += size;
}

__attribute__((noinline)) static void add_number(text *t, uint64_t value, bool negative,
                                                 unsigned base, size_t width) {
  char digits[24];
  size_t at = sizeof digits;
  do {
    digits[--at] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  while (sizeof digits - at + negative < width && at > 1) digits[--at] = '0';
  if (negative) digits[--at] = '-';
  add(t, digits + at, sizeof digits - at);
}

typedef struct spec {
  size_t width;
  size_t precision;
  int longs; /* of 64 bits */
} spec;

__attribute__((noinline)) static size_t read_digits(const char **at) {
  size_t number = 0;
  for (; **at >= '0' && **at <= '9'; ++*at) number = number * 10 + (size_t)(**at - '0');
  return number;
}

/* What stands between % and the letter. */
static const char *read_spec(const char *at, spec *out, va_list *args) {
  *out = (spec){.width = read_digits(&at), .precision = SIZE_MAX};
  if (*at == '.' && at[1] == '*') {
    const int n = va_arg(*args, int);
    if (n >= 0) out->precision = (size_t)n;
    at += 2;
  } else if (*at == '.') {
    at++;
    out->precision = read_digits(&at);
  }
  for (; *at == 'l' || *at == 'z' || *at == 'j'; at++) {
    out->longs += *at == 'j' ? 2 : *at == 'l' ? 1 : 0; /* size_t and long have 32 bits */
  }
  return at;
}

/* False: not one of these. */
static bool add_argument(text *t, char letter, const spec *s, va_list *args) {
  if (letter == 's') {
    const char *string = va_arg(*args, const char *);
    if (string == NULL) string = "(null)";
    add(t, string, strnlen(string, s->precision));
  } else if (letter == 'c') {
    const char c = (char)va_arg(*args, int);
    add(t, &c, 1);
  } else if (letter == 'd' || letter == 'i') {
    const int64_t value = s->longs > 1 ? va_arg(*args, int64_t) : va_arg(*args, int);
    add_number(t, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0, 10, s->width);
  } else if (letter == 'u' || letter == 'x') {
    const uint64_t value = s->longs > 1 ? va_arg(*args, uint64_t) : va_arg(*args, unsigned);
    add_number(t, value, false, letter == 'x' ? 16 : 10, s->width);
  } else if (letter == '%') {
    add(t, "%", 1);
  } else {
    return false;
  }
  return true;
}

int vsnprintf(char *restrict out, size_t size, const char *restrict format, va_list given) {
  va_list args;
  va_copy(args, given);
  text t = {.data = out, .capacity = size > 0 ? size - 1 : 0};
  for (const char *at = format; *at != '\0';) {
    size_t plain = 0;
    while (at[plain] != '\0' && at[plain] != '%') plain++;
    add(&t, at, plain);
    at += plain;
    if (*at == '\0') break;
    spec s;
    const char *letter = read_spec(at + 1, &s, &args);
    if (!add_argument(&t, *letter, &s, &args)) add(&t, at, (size_t)(letter - at) + (*letter != 0));
    at = letter + (*letter != '\0');
  }
  va_end(args);
  if (size > 0) out[t.size < t.capacity ? t.size : t.capacity] = '\0';
  return (int)t.size;
}

int snprintf(char *restrict out, size_t size, const char *restrict format, ...) {
  va_list args;
  va_start(args, format);
  const int n = vsnprintf(out, size, format, args);
  va_end(args);
  return n;
}
