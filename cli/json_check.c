#include "json_check.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef struct scanner {
  const char *text;
  size_t size;
  size_t at;
  size_t depth;
  uint8_t is_object[CLI_JSON_DEPTH_MAX]; /* the open containers, outermost first */
} scanner;

/* The byte at the position, -1 at the end. */
static int peek(const scanner *s) {
  return s->at < s->size ? (unsigned char)s->text[s->at] : -1;
}

static void skip_space(scanner *s) {
  while (s->at < s->size && memchr(" \t\r\n", s->text[s->at], 4) != NULL) s->at++;
}

static bool is_hex(int c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static const char *scan_string(scanner *s) {
  for (s->at++; s->at < s->size; s->at++) {
    unsigned char c = (unsigned char)s->text[s->at];
    if (c == '"') {
      s->at++;
      return NULL;
    }
    if (c < 0x20) return "a control character in a string";
    if (c != '\\') continue;
    s->at++;
    int escape = peek(s);
    if (escape == 'u') {
      for (int i = 0; i < 4; i++) {
        s->at++;
        if (!is_hex(peek(s))) return "a \\u without four hexadecimal digits";
      }
    } else if (escape <= 0 || memchr("\"\\/bfnrt", escape, 8) == NULL) {
      return "an unknown escape in a string";
    }
  }
  return "a string without an end";
}

static bool scan_digits(scanner *s) {
  size_t start = s->at;
  while (peek(s) >= '0' && peek(s) <= '9') s->at++;
  return s->at > start;
}

static const char *scan_number(scanner *s) {
  if (peek(s) == '-') s->at++;
  if (peek(s) == '0') {
    s->at++;
  } else if (!scan_digits(s)) {
    return "a malformed number";
  }
  if (peek(s) == '.') {
    s->at++;
    if (!scan_digits(s)) return "a malformed number";
  }
  if (peek(s) == 'e' || peek(s) == 'E') {
    s->at++;
    if (peek(s) == '+' || peek(s) == '-') s->at++;
    if (!scan_digits(s)) return "a malformed number";
  }
  return NULL;
}

static const char *scan_word(scanner *s) {
  static const char *const words[] = {"true", "false", "null"};
  for (size_t i = 0; i < 3; i++) {
    size_t length = strlen(words[i]);
    if (s->size - s->at >= length && memcmp(s->text + s->at, words[i], length) == 0) {
      s->at += length;
      return NULL;
    }
  }
  return s->at == s->size ? "the value is not complete" : "no JSON value begins here";
}

/* Member name and colon, when the innermost container is an object. */
static const char *scan_name(scanner *s) {
  if (s->depth == 0 || !s->is_object[s->depth - 1]) return NULL;
  skip_space(s);
  if (peek(s) != '"') return "a member's name is missing";
  const char *wrong = scan_string(s);
  if (wrong != NULL) return wrong;
  skip_space(s);
  if (peek(s) != ':') return "a colon is missing";
  s->at++;
  return NULL;
}

/* One scalar, or the opening of a container; *opened says which. */
static const char *scan_value(scanner *s, bool *opened) {
  *opened = false;
  int c = peek(s);
  if (c == '"') return scan_string(s);
  if (c == '-' || (c >= '0' && c <= '9')) return scan_number(s);
  if (c != '{' && c != '[') return scan_word(s);
  if (s->depth == CLI_JSON_DEPTH_MAX) return "nested too deeply";
  s->is_object[s->depth++] = c == '{';
  s->at++;
  *opened = true;
  return NULL;
}

/* Closing brackets behind a value, as many as there are; *more: a comma followed. */
static const char *scan_closings(scanner *s, bool *more) {
  *more = false;
  while (s->depth > 0) {
    skip_space(s);
    int c = peek(s);
    if (c == ',') {
      s->at++;
      *more = true;
      return NULL;
    }
    if (c != (s->is_object[s->depth - 1] ? '}' : ']')) {
      return c < 0 ? "the value is not complete" : "a comma or a closing bracket is missing";
    }
    s->at++;
    s->depth--;
  }
  return NULL;
}

const char *cli_json_check(const char *text, size_t size, size_t *at) {
  scanner s = {.text = text, .size = size};
  const char *wrong;
  bool opened, more = true;
  while (more) {
    wrong = scan_name(&s);
    if (wrong != NULL) break;
    skip_space(&s);
    wrong = scan_value(&s, &opened);
    if (wrong != NULL) break;
    if (opened) {
      skip_space(&s);
      if (peek(&s) != (s.is_object[s.depth - 1] ? '}' : ']')) continue;
    }
    wrong = scan_closings(&s, &more);
    if (wrong != NULL) break;
  }
  if (wrong == NULL) {
    skip_space(&s);
    if (s.at < s.size) wrong = "something follows the value";
  }
  *at = s.at;
  return wrong;
}
