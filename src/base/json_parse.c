#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_node.h"
#include "base/utf8.h"

/* Reading takes three linear passes over the text:
 *
 *   survey   counts, and refuses what jsmn would stumble over: NUL bytes, control
 *            characters in strings, deep nesting
 *   jsmn     finds the tokens and their extents; balances brackets, checks escapes
 *   check    walks the tokens in order. Strict as jsmn is, it lets "{"a"}", "[1 2]",
 *            "[1,]", "nulx", "01" and "1}:" through. Here every byte between two tokens must be
 *            white space or the one separator that belongs there, and every primitive must
 *            match JSON's grammar. The same walk links the nodes to their next siblings. */
#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS /* else each closing bracket searches all tokens before it */
#include <jsmn.h>

/* serde_json's limit, thus that of the Hugging Face readers of these files. It also bounds
 * jsmn's climb from a closing bracket to the one it closes, which would be quadratic. */
enum { MAX_DEPTH = 128 };

static lode_status malformed(lode_error *err, size_t pos, const char *reason) {
  (void)lode_error_set(err, LODE_E_FORMAT, -1, (int64_t)pos, "malformed JSON at byte %zu: %s", pos,
                       reason);
  return LODE_E_FORMAT;
}

/* ---------------------------------------------------------------- survey */

static bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* From the opening quote at `pos`: the closing quote's position, or `size` and *reason. */
static size_t skip_string(const char *text, size_t size, size_t pos, const char **reason) {
  for (size_t i = pos + 1; i < size; i++) {
    const unsigned char c = (unsigned char)text[i];
    if (c == '"') return i;
    if (c < 0x20) {
      *reason = "control character in a string";
      return i;
    }
    if (c == '\\') i++;
  }
  *reason = "string without an end";
  return pos;
}

/* *tokens: no fewer than a well-formed text has, as each but the first comes after an
 * opening bracket, a comma or a colon. */
static lode_status survey(const char *text, size_t size, size_t *tokens, lode_error *err) {
  size_t depth = 0;
  size_t count = 1;
  for (size_t i = 0; i < size; i++) {
    switch (text[i]) {
      case '"': {
        const char *reason = NULL;
        i = skip_string(text, size, i, &reason);
        if (reason != NULL) return malformed(err, i, reason);
        break;
      }
      case '{':
      case '[':
        count++;
        if (++depth > MAX_DEPTH) return malformed(err, i, "nested more than 128 levels deep");
        break;
      case '}':
      case ']':
        if (depth == 0) return malformed(err, i, "closing bracket without an opening one");
        depth--;
        break;
      case ',':
      case ':':
        count++;
        break;
      case '\0':
        return malformed(err, i, "NUL byte");
      default:
        break;
    }
  }
  if (depth > 0) return malformed(err, size, "text ends inside an array or object");
  *tokens = count;
  return LODE_OK;
}

/* ---------------------------------------------------------------- check */

static const char *skip_digits(const char *p, const char *end) {
  while (p < end && lode_json_is_digit(*p)) p++;
  return p;
}

static bool is_number(const char *p, const char *end) {
  if (p < end && *p == '-') p++;
  if (p == end || !lode_json_is_digit(*p)) return false;
  p = *p == '0' ? p + 1 : skip_digits(p, end);
  if (p < end && *p == '.') {
    const char *fraction = ++p;
    p = skip_digits(p, end);
    if (p == fraction) return false;
  }
  if (p < end && (*p == 'e' || *p == 'E')) {
    p++;
    if (p < end && (*p == '+' || *p == '-')) p++;
    const char *exponent = p;
    p = skip_digits(p, end);
    if (p == exponent) return false;
  }
  return p == end;
}

static bool bytes_are(const char *bytes, size_t n, const char *s) {
  return strlen(s) == n && memcmp(bytes, s, n) == 0;
}

/* ABSENT: none. */
static lode_json_kind primitive_kind(const char *p, size_t n) {
  if (bytes_are(p, n, "null")) return LODE_JSON_NULL;
  if (bytes_are(p, n, "true") || bytes_are(p, n, "false")) return LODE_JSON_BOOL;
  return is_number(p, p + n) ? LODE_JSON_NUMBER : LODE_JSON_ABSENT;
}

/* The walk over the tokens: where it is, and the containers that are open there. */
typedef struct walk {
  const char *text;
  size_t size;
  size_t pos; /* everything before has been accounted for */
  lode_json_node *nodes;
  int depth;
  lode_json_ref open[MAX_DEPTH];
  lode_json_ref last[MAX_DEPTH]; /* latest value in each, or NONE */
  bool after_key;                /* the latest node was a key */
} walk;

static void skip_space(walk *w) {
  while (w->pos < w->size && is_space(w->text[w->pos])) w->pos++;
}

/* White space, then `c`. */
static bool take(walk *w, char c) {
  skip_space(w);
  if (w->pos >= w->size || w->text[w->pos] != c) return false;
  w->pos++;
  return true;
}

/* Close the open containers that end at or before `limit`. */
static lode_status close_until(walk *w, size_t limit, lode_error *err) {
  while (w->depth > 0) {
    const lode_json_node *top = &w->nodes[w->open[w->depth - 1]];
    if ((size_t)top->end > limit) break;
    if (w->after_key) return malformed(err, w->pos, "key without a value");
    const char bracket = top->kind == LODE_JSON_OBJECT ? '}' : ']';
    if (!take(w, bracket) || w->pos != (size_t)top->end) {
      return malformed(err, w->pos, "misplaced comma, colon or bracket");
    }
    w->depth--;
  }
  return LODE_OK;
}

/* The separator that belongs before the next token, if any. */
static lode_status take_separator(walk *w, lode_error *err) {
  if (w->depth == 0) return LODE_OK;
  if (w->after_key) {
    return take(w, ':') ? LODE_OK : malformed(err, w->pos, "a colon is missing after a key");
  }
  if (w->last[w->depth - 1] == LODE_JSON_NONE) return LODE_OK;
  return take(w, ',') ? LODE_OK : malformed(err, w->pos, "a comma is missing");
}

/* Node `ref` as a key, or as a value linked to the one before it. */
static lode_status place(walk *w, lode_json_ref ref, lode_error *err) {
  lode_json_node *node = &w->nodes[ref];
  if (w->depth == 0) {
    return ref == 0 ? LODE_OK : malformed(err, (size_t)node->start, "text after the value");
  }
  lode_json_node *top = &w->nodes[w->open[w->depth - 1]];
  if (top->kind == LODE_JSON_OBJECT && !w->after_key) {
    if (node->kind != LODE_JSON_STRING) {
      return malformed(err, (size_t)node->start, "a key must be a string");
    }
    w->after_key = true;
    return LODE_OK;
  }
  node->is_value = w->after_key;
  w->after_key = false;
  lode_json_ref *last = &w->last[w->depth - 1];
  if (*last != LODE_JSON_NONE) w->nodes[*last].next = ref;
  *last = ref;
  top->length++;
  return LODE_OK;
}

/* Account for the bytes of node `ref` itself, opening it if it is a container. */
static lode_status enter(walk *w, lode_json_ref ref, lode_error *err) {
  const lode_json_node *node = &w->nodes[ref];
  skip_space(w);
  const bool quoted = node->kind == LODE_JSON_STRING;
  const size_t begin = (size_t)node->start - (quoted ? 1 : 0);
  const size_t end = (size_t)node->end + (quoted ? 1 : 0);
  const size_t limit = w->depth > 0 ? (size_t)w->nodes[w->open[w->depth - 1]].end - 1 : w->size;
  if (w->pos != begin || end > limit) {
    return malformed(err, w->pos, "misplaced comma, colon or bracket");
  }
  if (node->kind != LODE_JSON_ARRAY && node->kind != LODE_JSON_OBJECT) {
    w->pos = end;
    return LODE_OK;
  }
  if (w->depth == MAX_DEPTH) return malformed(err, begin, "nested more than 128 levels deep");
  w->pos = begin + 1;
  w->open[w->depth] = ref;
  w->last[w->depth] = LODE_JSON_NONE;
  w->depth++;
  return LODE_OK;
}

static lode_status node_from_token(const char *text, const jsmntok_t *token, lode_json_node *node,
                                   lode_error *err) {
  lode_json_kind kind = LODE_JSON_ABSENT;
  if (token->type == JSMN_OBJECT) kind = LODE_JSON_OBJECT;
  if (token->type == JSMN_ARRAY) kind = LODE_JSON_ARRAY;
  if (token->type == JSMN_STRING) kind = LODE_JSON_STRING;
  if (token->type == JSMN_PRIMITIVE) {
    kind = primitive_kind(text + token->start, (size_t)(token->end - token->start));
  }
  if (kind == LODE_JSON_ABSENT) {
    return malformed(err, (size_t)token->start, "neither a number nor true, false or null");
  }
  *node = (lode_json_node){
      .start = token->start, .end = token->end, .next = LODE_JSON_NONE, .kind = (uint8_t)kind};
  return LODE_OK;
}

static lode_status check(const jsmntok_t *tokens, int32_t count, lode_json *json, lode_error *err) {
  walk w = {.text = json->text, .size = json->size, .nodes = json->nodes};
  for (lode_json_ref i = 0; i < count; i++) {
    lode_json_node *node = &json->nodes[i];
    lode_status status = node_from_token(json->text, &tokens[i], node, err);
    if (status == LODE_OK) status = close_until(&w, (size_t)node->start, err);
    if (status == LODE_OK) status = take_separator(&w, err);
    if (status == LODE_OK) status = place(&w, i, err);
    if (status == LODE_OK) status = enter(&w, i, err);
    if (status != LODE_OK) return status;
  }
  const lode_status status = close_until(&w, json->size, err);
  if (status != LODE_OK) return status;
  skip_space(&w);
  return w.pos == json->size ? LODE_OK : malformed(err, w.pos, "text after the value");
}

/* ---------------------------------------------------------------- parse */

/* jsmn (strict) takes a primitive only when something follows it, which a document that
 * is nothing but `true` or `42` does not offer. */
static bool lone_primitive(const char *text, size_t size, jsmntok_t *token) {
  size_t begin = 0;
  size_t end = size;
  while (begin < end && is_space(text[begin])) begin++;
  while (end > begin && is_space(text[end - 1])) end--;
  if (begin == end || strchr("{[\"", text[begin]) != NULL) return false;
  *token = (jsmntok_t){.type = JSMN_PRIMITIVE, .start = (int)begin, .end = (int)end};
  return true;
}

static lode_status tokenize(const char *text, size_t size, jsmntok_t *tokens, size_t capacity,
                            int32_t *count, lode_error *err) {
  jsmn_parser parser;
  jsmn_init(&parser);
  const int found = jsmn_parse(&parser, text, size, tokens, (unsigned)capacity);
  if (found == 0) return malformed(err, size, "no value");
  if (found == JSMN_ERROR_NOMEM) { /* more tokens than separators allow: see survey */
    return malformed(err, parser.pos, "a comma or colon is missing");
  }
  if (found < 0) return malformed(err, parser.pos, "unexpected character or bad escape");
  *count = found;
  return LODE_OK;
}

lode_status lode_json_parse(const char *text, size_t size, lode_json *out, lode_error *err) {
  *out = (lode_json){0};
  if (size >= INT_MAX) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1, "JSON of 2 GiB and more is not read");
  }
  const size_t valid = lode_utf8_valid(text, size);
  if (valid != size) return malformed(err, valid, "invalid UTF-8");
  size_t capacity = 1;
  lode_status status = survey(text, size, &capacity, err);
  if (status != LODE_OK) return status;

  jsmntok_t *tokens = calloc(capacity, sizeof *tokens);
  if (tokens == NULL) return lode_error_nomem(err);
  int32_t count = 1;
  if (!lone_primitive(text, size, tokens)) {
    status = tokenize(text, size, tokens, capacity, &count, err);
  }
  if (status == LODE_OK) {
    *out = (lode_json){.text = text, .size = size, .count = count};
    out->nodes = malloc((size_t)count * sizeof *out->nodes);
    status = out->nodes != NULL ? check(tokens, count, out, err) : lode_error_nomem(err);
  }
  free(tokens);
  if (status != LODE_OK) lode_json_free(out);
  return status;
}

void lode_json_free(lode_json *json) {
  free(json->nodes);
  *json = (lode_json){0};
}
