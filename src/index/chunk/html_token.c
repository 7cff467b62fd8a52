#include "index/chunk/html_token.h"

#include <string.h>

static char lower(char c) {
  return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_letter(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}

bool lode_html_is(const char *s, size_t n, const char *expected) {
  size_t i = 0;
  while (i < n && expected[i] != '\0' && lower(s[i]) == expected[i]) i++;
  return i == n && expected[i] == '\0';
}

lode_html_model lode_html_model_of(const char *name, size_t size) {
  static const struct {
    const char *name;
    lode_html_model model;
  } models[] = {
      {"script", LODE_HTML_SCRIPT},    {"style", LODE_HTML_RAWTEXT},
      {"title", LODE_HTML_RCDATA},     {"textarea", LODE_HTML_RCDATA},
      {"noscript", LODE_HTML_RAWTEXT}, {"iframe", LODE_HTML_RAWTEXT},
      {"xmp", LODE_HTML_RAWTEXT},      {"noembed", LODE_HTML_RAWTEXT},
      {"noframes", LODE_HTML_RAWTEXT}, {"plaintext", LODE_HTML_PLAINTEXT},
  };
  for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
    if (lode_html_is(name, size, models[i].name)) return models[i].model;
  }
  return LODE_HTML_DATA;
}

/* Where `s` begins in source[at..size); size: nowhere. */
static size_t find(const lode_html_tokens *t, size_t at, const char *s) {
  const size_t n = strlen(s);
  while (at + n <= t->size) {
    const char *p = memchr(t->source + at, s[0], t->size - at - n + 1);
    if (p == NULL) return t->size;
    at = (size_t)(p - t->source);
    if (memcmp(p, s, n) == 0) return at;
    at++;
  }
  return t->size;
}

static bool starts(const lode_html_tokens *t, size_t at, const char *s) {
  const size_t n = strlen(s);
  return t->size - at >= n && memcmp(t->source + at, s, n) == 0;
}

/* ---------------------------------------------------------------- tags */

/* One attribute from `at` on (13.2.5.32 ff.); returns where it ends. name_size 0: '>' or the end
 * of the file is there. */
static size_t read_attribute(const char *s, size_t size, size_t at, lode_html_attribute *a) {
  *a = (lode_html_attribute){0};
  while (at < size && (is_space(s[at]) || s[at] == '/')) at++;
  if (at == size || s[at] == '>') return at;
  a->name = s + at;
  at++; /* even if it is '=' */
  while (at < size && !is_space(s[at]) && s[at] != '/' && s[at] != '>' && s[at] != '=') at++;
  a->name_size = (size_t)(s + at - a->name);
  size_t next = at;
  while (next < size && is_space(s[next])) next++;
  if (next == size || s[next] != '=') return at;
  at = next + 1;
  while (at < size && is_space(s[at])) at++;
  if (at == size || s[at] == '>') return at;
  if (s[at] == '"' || s[at] == '\'') {
    const char *quote = memchr(s + at + 1, s[at], size - at - 1);
    a->value = s + at + 1;
    a->value_size = quote != NULL ? (size_t)(quote - a->value) : size - at - 1;
    return quote != NULL ? (size_t)(quote + 1 - s) : size;
  }
  a->value = s + at;
  while (at < size && !is_space(s[at]) && s[at] != '>') at++;
  a->value_size = (size_t)(s + at - a->value);
  return at;
}

bool lode_html_next_attribute(const char *source, const lode_html_token *tag, size_t *at,
                              lode_html_attribute *out) {
  if (*at == 0) *at = tag->name + tag->name_size;
  *at = read_attribute(source, tag->end - 1, *at, out); /* without the '>' */
  return out->name_size > 0;
}

/* The tag at source[at], '<' or '</' and a letter. False: the file ends in it. */
static bool read_tag(const lode_html_tokens *t, size_t at, lode_html_token *token) {
  const char *s = t->source;
  token->begin = at;
  token->kind = s[at + 1] == '/' ? LODE_HTML_END_TAG : LODE_HTML_START_TAG;
  at += token->kind == LODE_HTML_END_TAG ? 2 : 1;
  token->name = at;
  while (at < t->size && !is_space(s[at]) && s[at] != '/' && s[at] != '>') at++;
  token->name_size = at - token->name;
  lode_html_attribute a;
  do {
    at = read_attribute(s, t->size, at, &a);
  } while (a.name_size > 0);
  token->end = at + 1;
  token->self_closing = at < t->size && s[at - 1] == '/';
  return at < t->size;
}

/* ---------------------------------------------------------------- comments */

/* Where the comment ends that begins with "<!--" at `at`. */
static size_t comment_end(const lode_html_tokens *t, size_t at) {
  at += 4;
  if (starts(t, at, ">")) return at + 1;
  if (starts(t, at, "->")) return at + 2;
  while (at < t->size) {
    at = find(t, at, "--");
    if (at == t->size) break;
    if (starts(t, at, "-->")) return at + 3;
    if (starts(t, at, "--!>")) return at + 4;
    at++;
  }
  return t->size;
}

/* Where the construct at `at` ends that is no tag: "<!", "<?", "</" and no letter behind it. */
static size_t bogus_end(const lode_html_tokens *t, size_t at) {
  if (starts(t, at, "<!--")) return comment_end(t, at);
  const size_t end = find(t, at + 2, ">");
  return end < t->size ? end + 1 : t->size;
}

/* ---------------------------------------------------------------- text */

/* Does the end tag of the current element begin at `at`? */
static bool is_own_end_tag(const lode_html_tokens *t, size_t at) {
  const size_t n = t->element_size;
  if (!starts(t, at, "</") || t->size - at < n + 3) return false;
  const char *name = t->source + at + 2;
  const char *own = t->source + t->element;
  for (size_t i = 0; i < n; i++) {
    if (lower(name[i]) != lower(own[i])) return false;
  }
  return is_space(name[n]) || name[n] == '/' || name[n] == '>';
}

static bool is_script_tag(const lode_html_tokens *t, size_t at) {
  if (t->size - at < 8 || !lode_html_is(t->source + at + 1, 6, "script")) return false;
  const char c = t->source[at + 7];
  return is_space(c) || c == '/' || c == '>';
}

/* Where the text of an element that is not ordinary data ends. A script may contain its own end
 * tag within <!-- <script> … --> (13.2.5.19 ff.). */
static size_t special_end(const lode_html_tokens *t, size_t at) {
  if (t->model == LODE_HTML_PLAINTEXT) return t->size;
  const bool script = t->model == LODE_HTML_SCRIPT;
  bool escaped = false;
  bool doubled = false;
  while (at < t->size) {
    const char c = t->source[at];
    if (c == '<') {
      if (is_own_end_tag(t, at)) {
        if (!doubled) return at;
        doubled = false;
      } else if (script && !escaped && starts(t, at, "<!--")) {
        escaped = true;
        at += 2; /* "<!-->" ends it at once */
      } else if (escaped && !doubled && is_script_tag(t, at)) {
        doubled = true;
      }
    } else if (c == '-' && escaped && starts(t, at, "-->")) {
      escaped = false;
      doubled = false;
    }
    at++;
  }
  return t->size;
}

/* Where the data ends that begins at `at`: before the next '<' that begins a tag or the like. */
static size_t data_end(const lode_html_tokens *t, size_t at) {
  while (at < t->size) {
    const char *p = memchr(t->source + at, '<', t->size - at);
    if (p == NULL) return t->size;
    at = (size_t)(p - t->source);
    if (at + 1 < t->size) {
      const char next = t->source[at + 1];
      if (is_letter(next) || next == '!' || next == '?') return at;
      if (next == '/' && at + 2 < t->size) return at;
    }
    at++;
  }
  return t->size;
}

void lode_html_next(lode_html_tokens *t, lode_html_token *token) {
  *token = (lode_html_token){.begin = t->at, .end = t->at};
  if (t->at >= t->size) return;
  const size_t begin = t->at;
  size_t end;
  if (t->model != LODE_HTML_DATA) {
    end = special_end(t, begin);
    token->raw = t->model != LODE_HTML_RCDATA;
    t->model = LODE_HTML_DATA; /* its end tag, if there is one, comes next */
    if (end == begin) {
      lode_html_next(t, token);
      return;
    }
  } else {
    end = data_end(t, begin);
  }
  if (end > begin) {
    token->kind = LODE_HTML_TEXT;
    token->end = t->at = end;
    return;
  }
  const size_t name = t->source[begin + 1] == '/' ? begin + 2 : begin + 1;
  if (is_letter(t->source[name])) {
    if (!read_tag(t, begin, token)) {
      *token = (lode_html_token){.begin = begin, .end = t->size}; /* a tag without an end is none */
      t->at = t->size;
      return;
    }
    t->at = token->end;
    return;
  }
  token->kind = LODE_HTML_COMMENT;
  if (t->foreign && starts(t, begin, "<![CDATA[")) {
    const size_t close = find(t, begin + 9, "]]>");
    token->kind = LODE_HTML_TEXT;
    token->raw = true;
    token->begin = begin + 9;
    token->end = close;
    t->at = close < t->size ? close + 3 : t->size;
    return;
  }
  token->end = t->at = bogus_end(t, begin);
}
