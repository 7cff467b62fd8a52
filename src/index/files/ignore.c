#include "index/files/ignore.h"

#include <ctype.h>
#include <string.h>

void lode_ignore_free(lode_ignore *ignore) {
  lode_arena_free(&ignore->arena);
  lode_buffer_free(&ignore->patterns);
  *ignore = (lode_ignore){0};
}

/* ---------------------------------------------------------------- reading */

/* Blanks at the end of a line do not count, unless there is a backslash before them. */
static size_t without_blanks(const char *s, size_t n) {
  size_t end = 0;
  for (size_t i = 0; i < n; i++) {
    if (s[i] == '\\' && i + 1 < n) {
      i++;
      end = i + 1;
    } else if (s[i] != ' ') {
      end = i + 1;
    }
  }
  return end;
}

static lode_status add_pattern(lode_ignore *ignore, const char *s, size_t n, lode_error *err) {
  lode_ignore_pattern p = {0};
  if (n > 0 && s[0] == '!') {
    p.negated = true;
    s++;
    n--;
  }
  if (n > 0 && s[n - 1] == '/') {
    p.directory = true;
    n--;
  }
  p.anchored = memchr(s, '/', n) != NULL;
  if (n > 0 && s[0] == '/') {
    s++;
    n--;
  }
  if (n == 0 || n > UINT32_MAX) return LODE_OK;
  if (!lode_buffer_reserve(&ignore->patterns, ignore->count + 1, sizeof p,
                           ignore->count * sizeof p)) {
    return lode_error_nomem(err);
  }
  p.text = lode_arena_string(&ignore->arena, s, n);
  p.size = (uint32_t)n;
  if (p.text == NULL) return lode_error_nomem(err);
  ((lode_ignore_pattern *)ignore->patterns.data)[ignore->count++] = p;
  return LODE_OK;
}

lode_status lode_ignore_add(lode_ignore *ignore, const char *text, size_t size, lode_error *err) {
  size_t at = 0;
  if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) at = 3;
  while (at < size) {
    const char *newline = memchr(text + at, '\n', size - at);
    const size_t end = newline != NULL ? (size_t)(newline - text) : size;
    size_t n = end - at;
    if (n > 0 && text[at + n - 1] == '\r') n--;
    if (n > 0 && text[at] != '#') {
      const lode_status status = add_pattern(ignore, text + at, without_blanks(text + at, n), err);
      if (status != LODE_OK) return status;
    }
    at = end + 1;
  }
  return LODE_OK;
}

/* ---------------------------------------------------------------- matching */

static bool in_class(const char *name, size_t n, unsigned char c) {
  static const struct {
    const char *name;
    int (*is)(int);
  } classes[] = {
      {"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank}, {"cntrl", iscntrl},
      {"digit", isdigit}, {"graph", isgraph}, {"lower", islower}, {"print", isprint},
      {"punct", ispunct}, {"space", isspace}, {"upper", isupper}, {"xdigit", isxdigit},
  };
  if (c >= 0x80) return false;
  for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
    if (strlen(classes[i].name) == n && memcmp(classes[i].name, name, n) == 0) {
      return classes[i].is(c) != 0;
    }
  }
  return false;
}

/* The set at pattern[at], a '[': is `c` in it? *end is behind it; 0: the set is not closed, and
 * nothing matches it. */
static bool match_set(const char *pattern, size_t size, size_t at, unsigned char c, size_t *end) {
  size_t i = at + 1;
  bool negated = false;
  bool found = false;
  *end = 0;
  if (i < size && (pattern[i] == '!' || pattern[i] == '^')) {
    negated = true;
    i++;
  }
  bool first = true;
  bool has_low = false; /* a character that a range may begin with */
  unsigned char low = 0;
  for (; i < size; first = false) {
    unsigned char p = (unsigned char)pattern[i];
    if (p == ']' && !first) {
      *end = i + 1;
      return found != negated && c != '/';
    }
    if (p == '-' && has_low && i + 1 < size && pattern[i + 1] != ']') {
      i++;
      if (pattern[i] == '\\') i++;
      if (i >= size) return false;
      const unsigned char high = (unsigned char)pattern[i++];
      found = found || (c >= low && c <= high);
      has_low = false;
      continue;
    }
    if (p == '[' && i + 1 < size && pattern[i + 1] == ':') {
      const size_t name = i + 2;
      size_t close = name;
      while (close < size && pattern[close] != ']') close++;
      if (close == size) return false;
      if (close > name && pattern[close - 1] == ':') {
        found = found || in_class(pattern + name, close - 1 - name, c);
        i = close + 1;
        has_low = false;
        continue;
      }
    }
    if (p == '\\') {
      if (++i >= size) return false;
      p = (unsigned char)pattern[i];
    }
    found = found || p == c;
    low = p;
    has_low = true;
    i++;
  }
  return false;
}

/* One character of the text against one element of the pattern at *p, which is moved behind it. */
static bool match_one(const char *pattern, size_t size, size_t *p, unsigned char c) {
  size_t end;
  switch (pattern[*p]) {
    case '?':
      ++*p;
      return c != '/';
    case '[':
      if (!match_set(pattern, size, *p, c, &end)) return false;
      *p = end;
      return true;
    case '\\':
      if (*p + 1 >= size) return false; /* nothing to quote: git never matches it */
      *p += 2;
      return (unsigned char)pattern[*p - 1] == c;
    default:
      return (unsigned char)pattern[(*p)++] == c;
  }
}

/* "**" as a whole part of the path, at `p`. */
static bool is_any_depth(const char *pattern, size_t size, size_t p) {
  const bool begins = p == 0 || pattern[p - 1] == '/';
  if (!begins || p + 1 >= size || pattern[p] != '*' || pattern[p + 1] != '*') return false;
  return p + 2 == size || pattern[p + 2] == '/';
}

/* Without recursion: a mismatch goes back to the last *, which takes one character more, or to
 * the last **, which takes one folder more. Going back further would find nothing new. */
bool lode_ignore_glob(const char *pattern, size_t pattern_size, const char *path, size_t size) {
  size_t p = 0;
  size_t t = 0;
  size_t star = 0; /* the pattern behind the last *; 0: none */
  size_t star_at = 0;
  size_t deep = 0; /* and behind the last **, with its slash */
  size_t deep_at = 0;
  for (;;) {
    bool matched = false;
    if (p < pattern_size && is_any_depth(pattern, pattern_size, p)) {
      if (p + 2 == pattern_size) return t < size; /* all below; not the folder itself */
      deep = p + 3;
      deep_at = t;
      star = 0;
      p = deep;
      continue;
    }
    if (p < pattern_size && pattern[p] == '*') {
      while (p < pattern_size && pattern[p] == '*') p++;
      star = p;
      star_at = t;
      continue;
    }
    if (p == pattern_size) {
      if (t == size) return true;
    } else if (t < size) {
      matched = match_one(pattern, pattern_size, &p, (unsigned char)path[t]);
    }
    if (matched) {
      t++;
    } else if (star > 0 && star_at < size && path[star_at] != '/') {
      p = star;
      t = ++star_at;
    } else if (deep > 0) {
      const char *slash = memchr(path + deep_at, '/', size - deep_at);
      if (slash == NULL) return false;
      deep_at = (size_t)(slash - path) + 1;
      t = deep_at;
      p = deep;
      star = 0;
    } else {
      return false;
    }
  }
}

lode_ignore_answer lode_ignore_match(const lode_ignore *ignore, const char *path, size_t size,
                                     bool directory) {
  const lode_ignore_pattern *patterns = ignore->patterns.data;
  size_t last = size;
  while (last > 0 && path[last - 1] != '/') last--;
  const char *name = path + last;
  const size_t name_size = size - last;
  for (size_t i = ignore->count; i > 0; i--) {
    const lode_ignore_pattern *p = &patterns[i - 1];
    if (p->directory && !directory) continue;
    const bool match = p->anchored ? lode_ignore_glob(p->text, p->size, path, size)
                                   : lode_ignore_glob(p->text, p->size, name, name_size);
    if (match) return p->negated ? LODE_IGNORE_KEEP : LODE_IGNORE_SKIP;
  }
  return LODE_IGNORE_UNDECIDED;
}
