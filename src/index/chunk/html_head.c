#include "index/chunk/html_head.h"

#include <string.h>

#include "index/chunk/html.h"
#include "index/chunk/html_entity.h"

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* Where `word` is in s[0..n), whatever the case; n: nowhere. `word` is in lower case. */
static size_t find(const char *s, size_t n, const char *word) {
  const size_t length = strlen(word);
  for (size_t at = 0; at + length <= n; at++) {
    if (lode_html_is(s + at, length, word)) return at;
  }
  return n;
}

/* ---------------------------------------------------------------- attributes */

static bool hides(const lode_html_attribute *a) {
  if (lode_html_is(a->name, a->name_size, "hidden")) {
    return !lode_html_is(a->value, a->value_size, "until-found");
  }
  if (lode_html_is(a->name, a->name_size, "aria-hidden")) {
    return lode_html_is(a->value, a->value_size, "true");
  }
  if (!lode_html_is(a->name, a->name_size, "style")) return false;
  const size_t at = find(a->value, a->value_size, "display");
  if (at == a->value_size) return false;
  size_t i = at + strlen("display");
  while (i < a->value_size && (is_space(a->value[i]) || a->value[i] == ':')) i++;
  return find(a->value + i, a->value_size - i, "none") == 0;
}

void lode_html_attributes_of(const char *source, const lode_html_token *tag,
                             lode_html_attributes *out) {
  *out = (lode_html_attributes){.tag = tag};
  const struct {
    const char *name;
    lode_html_attribute *slot;
  } slots[] = {
      {"id", &out->id},
      {"name", &out->name},
      {"role", &out->role},
      {"alt", &out->alt},
      {"href", &out->href},
      {"content", &out->content},
      {"property", &out->property},
      {"rel", &out->rel},
      {"lang", &out->lang},
      {"charset", &out->charset},
      {"data-lode-meta", &out->meta},
      {"data-pagefind-meta", &out->meta},
      {"data-lode-filter", &out->filter},
      {"data-pagefind-filter", &out->filter},
  };
  size_t at = 0;
  lode_html_attribute a;
  while (lode_html_next_attribute(source, tag, &at, &a)) {
    if (a.value == NULL) a.value = "";
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) {
      if (slots[i].slot->name == NULL && lode_html_is(a.name, a.name_size, slots[i].name)) {
        *slots[i].slot = a; /* of two with one name, the first counts */
      }
    }
    if (hides(&a)) out->hidden = true;
    if (lode_html_is(a.name, a.name_size, "data-lode-ignore") ||
        lode_html_is(a.name, a.name_size, "data-pagefind-ignore")) {
      out->ignore = true;
    }
    if (lode_html_is(a.name, a.name_size, "data-lode-body") ||
        lode_html_is(a.name, a.name_size, "data-pagefind-body")) {
      out->body = true;
    }
  }
}

char *lode_html_string(lode_builder *b, const char *value, size_t size) {
  enum { MAX_BYTES = 4096 };
  if (size > MAX_BYTES) {
    size = MAX_BYTES;
    while (size > 0 && ((unsigned char)value[size] & 0xc0) == 0x80) size--;
  }
  char decoded[2 * MAX_BYTES];
  const size_t n = lode_html_decode(value, size, true, decoded);
  size_t used = 0;
  bool space = false;
  for (size_t i = 0; i < n; i++) {
    const unsigned char c = (unsigned char)decoded[i];
    if (c <= 0x20 || c == 0x7f) {
      space = used > 0;
      continue;
    }
    if (space) decoded[used++] = ' ';
    space = false;
    decoded[used++] = (char)c;
  }
  return lode_builder_string(b, decoded, used);
}

/* ---------------------------------------------------------------- head */

static bool named(const lode_html_attributes *a, const char *name) {
  return lode_html_is(a->name.value, a->name.value_size, name) ||
         lode_html_is(a->property.value, a->property.value_size, name);
}

static void read_meta(lode_html_head *head, lode_builder *b, const lode_html_attributes *a) {
  if (a->content.value_size == 0 || (a->name.value_size == 0 && a->property.value_size == 0))
    return;
  lode_document *doc = b->doc;
  const char *content = lode_html_string(b, a->content.value, a->content.value_size);
  if (content == NULL) return;
  if (named(a, "description")) {
    if (doc->description == NULL) doc->description = content;
  } else if (named(a, "og:description")) {
    if (head->og_description == NULL) head->og_description = content;
  } else if (named(a, "og:title")) {
    if (head->og_title == NULL) head->og_title = content;
  } else if (named(a, "robots")) {
    const size_t n = strlen(content);
    if (find(content, n, "noindex") < n || find(content, n, "none") < n) doc->noindex = true;
  } else if (!named(a, "viewport") && !named(a, "theme-color") && !named(a, "color-scheme")) {
    const lode_html_attribute *key = a->name.value_size > 0 ? &a->name : &a->property;
    lode_builder_meta(b, key->value, key->value_size, content, strlen(content));
  }
}

/* data-lode-meta="key:value", or "key[attribute]" for the value of another attribute. */
static void read_data_meta(lode_builder *b, const lode_html_attributes *a,
                           const lode_html_attribute *meta) {
  if (meta->value_size == 0) return;
  const char *spec = lode_html_string(b, meta->value, meta->value_size);
  if (spec == NULL) return;
  const size_t n = strcspn(spec, ":[");
  if (spec[n] == ':') {
    const char *value = spec + n + 1 + strspn(spec + n + 1, " ");
    lode_builder_meta(b, spec, n, value, strlen(value));
  } else if (spec[n] == '[') {
    const char *wanted = spec + n + 1;
    const size_t wanted_size = strcspn(wanted, "]");
    size_t at = 0;
    lode_html_attribute other;
    while (lode_html_next_attribute(b->source, a->tag, &at, &other)) {
      if (other.name_size != wanted_size || memcmp(other.name, wanted, wanted_size) != 0) continue;
      if (other.value_size == 0) return;
      const char *value = lode_html_string(b, other.value, other.value_size);
      if (value != NULL) lode_builder_meta(b, spec, n, value, strlen(value));
      return;
    }
  }
}

void lode_html_head_tag(lode_html_head *head, lode_builder *b, lode_html_element element,
                        const lode_html_attributes *a) {
  lode_document *doc = b->doc;
  if (element == HTML_meta) read_meta(head, b, a);
  if (element == HTML_html && a->lang.value_size > 0 && doc->language == NULL) {
    doc->language = lode_html_string(b, a->lang.value, a->lang.value_size);
  }
  if (element == HTML_link && lode_html_is(a->rel.value, a->rel.value_size, "canonical") &&
      a->href.value_size > 0 && doc->canonical == NULL) {
    doc->canonical = lode_html_string(b, a->href.value, a->href.value_size);
  }
  read_data_meta(b, a, &a->meta);
  read_data_meta(b, a, &a->filter);
}

void lode_html_head_text(lode_html_head *head, lode_builder *b, const lode_html_token *text,
                         unsigned element) {
  (void)head;
  if (element != HTML_title || b->doc->title != NULL) return;
  const char *title = lode_html_string(b, b->source + text->begin, text->end - text->begin);
  if (title != NULL && *title != '\0') b->doc->title = title;
}

void lode_html_head_finish(const lode_html_head *head, lode_builder *b) {
  if (b->doc->title == NULL) b->doc->title = head->og_title;
  if (b->doc->description == NULL) b->doc->description = head->og_description;
}

/* ---------------------------------------------------------------- charset */

/* "text/html; charset=x": x, with or without quotes. */
static size_t charset_in(const char *s, size_t n, const char **label) {
  if (n == 0) return 0;
  size_t at = find(s, n, "charset");
  if (at == n) return 0;
  at += strlen("charset");
  while (at < n && is_space(s[at])) at++;
  if (at == n || s[at] != '=') return 0;
  at++;
  while (at < n && (is_space(s[at]) || s[at] == '"' || s[at] == '\'')) at++;
  const size_t begin = at;
  while (at < n && !is_space(s[at]) && s[at] != '"' && s[at] != '\'' && s[at] != ';') at++;
  *label = s + begin;
  return at - begin;
}

/* <?xml version="1.0" encoding="x"?> */
static size_t xml_encoding(const char *s, size_t n, const char **label) {
  if (n < 5 || memcmp(s, "<?xml", 5) != 0) return 0;
  const char *end = memchr(s, '>', n);
  if (end != NULL) n = (size_t)(end - s);
  size_t at = find(s, n, "encoding");
  if (at == n) return 0;
  at += strlen("encoding");
  while (at < n && (is_space(s[at]) || s[at] == '=')) at++;
  if (at == n || (s[at] != '"' && s[at] != '\'')) return 0;
  const char quote = s[at++];
  const size_t begin = at;
  while (at < n && s[at] != quote) at++;
  *label = s + begin;
  return at - begin;
}

size_t lode_html_charset(const char *text, size_t size, const char **label) {
  enum { LOOK = 4096 }; /* the standard wants 1024; pages with long comments exist */
  if (size > LOOK) size = LOOK;
  const size_t xml = xml_encoding(text, size, label);
  if (xml > 0) return xml;
  lode_html_tokens tokens = {.source = text, .size = size};
  for (;;) {
    lode_html_token token;
    lode_html_next(&tokens, &token);
    if (token.kind == LODE_HTML_END_OF_FILE) return 0;
    if (token.kind != LODE_HTML_START_TAG) continue;
    const char *name = text + token.name;
    tokens.model = lode_html_model_of(name, token.name_size);
    tokens.element = token.name;
    tokens.element_size = token.name_size;
    if (lode_html_is(name, token.name_size, "body")) return 0;
    if (!lode_html_is(name, token.name_size, "meta")) continue;
    lode_html_attributes a;
    lode_html_attributes_of(text, &token, &a);
    if (a.charset.value_size > 0) {
      *label = a.charset.value;
      return a.charset.value_size;
    }
    const size_t n = charset_in(a.content.value, a.content.value_size, label);
    if (n > 0) return n;
  }
}
