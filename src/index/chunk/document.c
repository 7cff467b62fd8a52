#include "index/chunk/document.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "index/chunk/builder.h"
#include "index/chunk/encoding.h"
#include "index/chunk/html.h"
#include "index/chunk/readers.h"
#include "index/words/word_break.h"

void lode_document_free(lode_document *document) {
  lode_document_store *store = document->store;
  if (store != NULL) {
    lode_arena_free(&store->arena);
    lode_decoded_free(&store->decoded);
    lode_buffer_free(&store->original);
    lode_buffer_free(&store->text);
    lode_buffer_free(&store->blocks);
    lode_buffer_free(&store->headings);
    lode_buffer_free(&store->segments);
    lode_buffer_free(&store->meta);
    free(store);
  }
  *document = (lode_document){0};
}

/* ---------------------------------------------------------------- encodings */

/* "coding: latin-1" in one of the first two lines, as Python and Emacs have it. */
static size_t source_charset(const char *s, size_t n, const char **label) {
  size_t lines = 0;
  for (size_t at = 0; at + 7 < n && at < 400 && lines < 2; at++) {
    lines += s[at] == '\n';
    if (memcmp(s + at, "coding", 6) != 0 || (s[at + 6] != ':' && s[at + 6] != '=')) continue;
    at += 7;
    while (at < n && (s[at] == ' ' || s[at] == '\t')) at++;
    const size_t begin = at;
    while (at < n &&
           (s[at] == '-' || s[at] == '_' || s[at] == '.' || (s[at] >= '0' && s[at] <= '9') ||
            ((s[at] | 32) >= 'a' && (s[at] | 32) <= 'z'))) {
      at++;
    }
    *label = s + begin;
    return at - begin;
  }
  return 0;
}

static bool is_ascii(const char *s, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if ((unsigned char)s[i] >= 0x80 || s[i] == 0x1b) return false;
  }
  return true;
}

/* The charset to decode with, by what is declared; a byte order mark is lode_decode's affair. */
static lode_status choose_charset(const lode_document_options *options, lode_format format,
                                  const void *data, size_t size, lode_charset *charset,
                                  lode_error *err) {
  size_t mark;
  *charset = lode_charset_of_mark(data, size, &mark);
  if (*charset != LODE_CHARSET_UNKNOWN) return LODE_OK;
  const char *label = options->charset;
  size_t n = label != NULL ? strlen(label) : 0;
  const bool inside = n == 0;
  if (inside && format == LODE_FORMAT_HTML) n = lode_html_charset(data, size, &label);
  if (inside && format == LODE_FORMAT_CODE) n = source_charset(data, size, &label);
  *charset = LODE_CHARSET_UTF8;
  if (n == 0) return LODE_OK;
  *charset = lode_charset_of_label(label, n);
  if (*charset == LODE_CHARSET_UNKNOWN) {
    *charset = LODE_CHARSET_UTF8;
    if (is_ascii(data, size)) return LODE_OK; /* whatever it is called */
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1, "encoding \"%.*s\" is not supported",
                          (int)(n < 40 ? n : 40), label);
  }
  /* What could be read as ASCII up to here is not UTF-16. */
  const bool wide = *charset == LODE_CHARSET_UTF16LE || *charset == LODE_CHARSET_UTF16BE;
  if (inside && wide) *charset = LODE_CHARSET_UTF8;
  return LODE_OK;
}

static lode_status decode(lode_document *doc, const lode_document_options *options,
                          const void *data, size_t size, lode_error *err) {
  lode_charset charset;
  lode_status status = choose_charset(options, doc->format, data, size, &charset, err);
  if (status != LODE_OK) return status;
  const bool wide = charset == LODE_CHARSET_UTF16LE || charset == LODE_CHARSET_UTF16BE;
  if (!wide && lode_is_binary(data, size)) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1, "a binary file, not text");
  }
  lode_document_store *store = doc->store;
  lode_decoded *decoded = &store->decoded;
  status = lode_decode(data, size, charset, options->utf8, decoded, err);
  if (status != LODE_OK) return status;
  doc->encoding = lode_charset_name(decoded->charset);
  if (!decoded->copied) return LODE_OK;
  /* To find places in the original again, it must be there. */
  if (!lode_buffer_reserve(&store->original, size, 1, 0)) return lode_error_nomem(err);
  if (size > 0) memcpy(store->original.data, data, size);
  decoded->data = store->original.data;
  return LODE_OK;
}

/* ---------------------------------------------------------------- titles */

static bool is_word_at(const char *s, size_t n, size_t at) {
  if (at >= n) return false;
  const char *p = s + at;
  return (lode_word_property(lode_utf8_next(&p)) & LODE_WORD_ALNUM) != 0;
}

/* "Install | Project" where the page's first heading says "Install": the heading is the title.
 * Sites put their names into every title. */
static bool is_decorated(const char *title, const char *heading, size_t n) {
  const size_t size = strlen(title);
  if (n == 0 || size <= n) return false;
  if (memcmp(title, heading, n) == 0 && !is_word_at(title, size, n)) return true;
  if (memcmp(title + size - n, heading, n) != 0) return false;
  const char before = title[size - n - 1];
  return before == ' ' || before == ':' || before == '|';
}

static void choose_title(lode_builder *b) {
  lode_document *doc = b->doc;
  if (doc->heading_count == 0) return;
  const lode_heading *first = &doc->headings[0];
  const char *text = doc->text + first->begin;
  const size_t n = (size_t)(first->end - first->begin);
  const bool top = first->level == 1 || first->block == 0;
  const bool take = doc->title == NULL ? top
                                       : doc->format == LODE_FORMAT_HTML && first->level == 1 &&
                                             is_decorated(doc->title, text, n);
  if (take) doc->title = lode_builder_string(b, text, n);
}

/* ---------------------------------------------------------------- reading */

static bool ends_with(const char *s, const char *suffix) {
  const size_t n = strlen(s);
  const size_t length = strlen(suffix);
  return n >= length && strcasecmp(s + n - length, suffix) == 0;
}

static lode_status read_document(lode_document *doc, const lode_document_options *options,
                                 const void *data, size_t size, lode_error *err) {
  if (size >= LODE_DOCUMENT_MAX) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1, "%zu bytes: too large for a document",
                          size);
  }
  doc->format = options->format;
  if (doc->format == LODE_FORMAT_AUTO) doc->format = lode_format_guess(options->name, data, size);
  const lode_status status = decode(doc, options, data, size, err);
  if (status != LODE_OK) return status;
  const lode_decoded *decoded = &doc->store->decoded;
  if (decoded->size >= LODE_DOCUMENT_MAX) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1, "%zu bytes: too large for a document",
                          decoded->size);
  }
  lode_builder b = {
      .doc = doc, .store = doc->store, .source = decoded->text, .source_size = decoded->size};
  switch (doc->format) {
    case LODE_FORMAT_MARKDOWN:
      lode_read_markdown(&b, options->name != NULL && ends_with(options->name, ".mdx"));
      break;
    case LODE_FORMAT_HTML:
      lode_read_html(&b);
      break;
    case LODE_FORMAT_RST:
      lode_read_rst(&b);
      break;
    case LODE_FORMAT_CODE:
      lode_read_code(&b);
      break;
    default:
      lode_read_text(&b);
  }
  const lode_status finished = lode_builder_finish(&b, err);
  if (finished != LODE_OK) return finished;
  choose_title(&b);
  if (b.failed) return lode_error_nomem(err);
  lode_buffer_free(&doc->store->decoded.copy); /* its text is in blocks now */
  return LODE_OK;
}

lode_status lode_document_read(const lode_document_options *options, const void *data, size_t size,
                               lode_document *out, lode_error *err) {
  static const lode_document_options defaults = {0};
  if (options == NULL) options = &defaults;
  *out = (lode_document){0};
  lode_status status = LODE_OK;
  out->store = calloc(1, sizeof *out->store);
  if (out->store == NULL) {
    status = lode_error_nomem(err);
  } else {
    status = read_document(out, options, size > 0 ? data : "", size, err);
  }
  if (status == LODE_OK) return LODE_OK;
  lode_document_free(out);
  return options->name != NULL ? lode_error_prefix(err, status, options->name) : status;
}

/* ---------------------------------------------------------------- places */

/* The segment of text[at], and how many bytes of text it has. */
static const lode_segment *segment_at(const lode_document *d, size_t at, size_t *length) {
  const lode_segment *segments = d->store->segments.data;
  size_t low = 0;
  size_t n = d->store->segment_count;
  while (n > 1) {
    const size_t half = n / 2;
    const bool right = segments[low + half].text <= at;
    low += right ? half : 0;
    n = right ? n - half : half;
  }
  const bool last = low + 1 == d->store->segment_count;
  *length = (last ? d->size : segments[low + 1].text) - segments[low].text;
  return &segments[low];
}

void lode_document_source(const lode_document *document, size_t begin, size_t end,
                          size_t *source_begin, size_t *source_end) {
  *source_begin = 0;
  *source_end = 0;
  if (document->store->segment_count == 0 || begin >= document->size) return;
  size_t length;
  const lode_segment *s = segment_at(document, begin, &length);
  const bool copied = s->source_size == length;
  const size_t first = copied ? s->source + (begin - s->text) : s->source;
  *source_begin = lode_decoded_source(&document->store->decoded, first);
  *source_end = *source_begin;
  if (end <= begin) return;
  s = segment_at(document, end - 1, &length);
  const size_t after =
      s->source_size == length ? s->source + (end - s->text) : s->source + (size_t)s->source_size;
  *source_end = lode_decoded_source(&document->store->decoded, after);
  if (*source_end < *source_begin) *source_end = *source_begin;
}

/* s[0..n) into out[used..capacity), cut at a character, at most `most` bytes and then "…". */
static size_t add_cut(char *out, size_t used, size_t capacity, const char *s, size_t n,
                      size_t most) {
  const bool cut = n > most;
  if (cut) n = most;
  const size_t room = capacity - 1 - used;
  bool fits = n <= room;
  if (!fits) n = room;
  while (n > 0 && (cut || !fits) && ((unsigned char)s[n] & 0xc0) == 0x80) n--;
  memcpy(out + used, s, n);
  for (size_t i = 0; i < n; i++) {
    if (out[used + i] == '\n') out[used + i] = ' ';
  }
  used += n;
  if (cut && fits && capacity - 1 - used >= 3) {
    memcpy(out + used, "…", 3);
    used += 3;
  }
  return used;
}

size_t lode_document_heading_path(const lode_document *document, uint32_t heading, char *out,
                                  size_t capacity) {
  enum { MAX_DEPTH = 6, MAX_HEADING = 120 };
  if (capacity == 0) return 0;
  uint32_t above[MAX_DEPTH];
  size_t depth = 0;
  while (heading < document->heading_count && depth < MAX_DEPTH) {
    above[depth++] = heading;
    heading = document->headings[heading].parent;
  }
  size_t used = 0;
  while (depth > 0) {
    const lode_heading *h = &document->headings[above[--depth]];
    used = add_cut(out, used, capacity, document->text + h->begin, (size_t)(h->end - h->begin),
                   MAX_HEADING);
    if (depth > 0) used = add_cut(out, used, capacity, " > ", 3, 3);
  }
  out[used] = '\0';
  return used;
}
