#include "index/chunk/encoding.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"

/* ---------------------------------------------------------------- names */

/* The labels of the Encoding Standard for these three. */
static const struct {
  const char *label;
  lode_charset charset;
} labels[] = {
    {"utf-8", LODE_CHARSET_UTF8},
    {"utf8", LODE_CHARSET_UTF8},
    {"utf_8", LODE_CHARSET_UTF8},
    {"unicode-1-1-utf-8", LODE_CHARSET_UTF8},
    {"utf-16", LODE_CHARSET_UTF16LE},
    {"utf-16le", LODE_CHARSET_UTF16LE},
    {"utf-16be", LODE_CHARSET_UTF16BE},
    {"ascii", LODE_CHARSET_WINDOWS_1252},
    {"us-ascii", LODE_CHARSET_WINDOWS_1252},
    {"ansi_x3.4-1968", LODE_CHARSET_WINDOWS_1252},
    {"latin1", LODE_CHARSET_WINDOWS_1252},
    {"latin-1", LODE_CHARSET_WINDOWS_1252},
    {"l1", LODE_CHARSET_WINDOWS_1252},
    {"iso-8859-1", LODE_CHARSET_WINDOWS_1252},
    {"iso8859-1", LODE_CHARSET_WINDOWS_1252},
    {"iso_8859-1", LODE_CHARSET_WINDOWS_1252},
    {"iso88591", LODE_CHARSET_WINDOWS_1252},
    {"iso-ir-100", LODE_CHARSET_WINDOWS_1252},
    {"cp819", LODE_CHARSET_WINDOWS_1252},
    {"ibm819", LODE_CHARSET_WINDOWS_1252},
    {"windows-1252", LODE_CHARSET_WINDOWS_1252},
    {"cp1252", LODE_CHARSET_WINDOWS_1252},
    {"x-cp1252", LODE_CHARSET_WINDOWS_1252},
};

lode_charset lode_charset_of_label(const char *label, size_t size) {
  while (size > 0 && (*label == ' ' || *label == '\t' || *label == '\n' || *label == '\r')) {
    label++;
    size--;
  }
  while (size > 0 && (label[size - 1] == ' ' || label[size - 1] == '\t')) size--;
  for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
    const char *known = labels[i].label;
    if (strlen(known) == size && strncasecmp(known, label, size) == 0) return labels[i].charset;
  }
  return LODE_CHARSET_UNKNOWN;
}

const char *lode_charset_name(lode_charset charset) {
  switch (charset) {
    case LODE_CHARSET_UTF8:
      return "utf-8";
    case LODE_CHARSET_UTF16LE:
      return "utf-16le";
    case LODE_CHARSET_UTF16BE:
      return "utf-16be";
    case LODE_CHARSET_WINDOWS_1252:
      return "windows-1252";
    default:
      return "unknown";
  }
}

lode_charset lode_charset_of_mark(const void *data, size_t size, size_t *mark) {
  const uint8_t *s = data;
  *mark = 3;
  if (size >= 3 && s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf) return LODE_CHARSET_UTF8;
  *mark = 2;
  if (size >= 2 && s[0] == 0xff && s[1] == 0xfe) return LODE_CHARSET_UTF16LE;
  if (size >= 2 && s[0] == 0xfe && s[1] == 0xff) return LODE_CHARSET_UTF16BE;
  *mark = 0;
  return LODE_CHARSET_UNKNOWN;
}

/* ---------------------------------------------------------------- one character */

#define MALFORMED UINT32_MAX

/* What Windows-1252 has where Latin-1 has control characters. */
static const uint16_t windows_1252[32] = {
    0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
    0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178,
};

static uint32_t next_utf16(const uint8_t *s, size_t size, bool big, size_t *at) {
  const size_t left = size - *at;
  if (left < 2) {
    *at = size;
    return MALFORMED;
  }
  const uint8_t *p = s + *at;
  const uint32_t unit = big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
  *at += 2;
  if (unit < 0xd800 || unit > 0xdfff) return unit;
  if (unit > 0xdbff || left < 4) return MALFORMED;
  const uint32_t low = big ? (uint32_t)p[2] << 8 | p[3] : (uint32_t)p[3] << 8 | p[2];
  if (low < 0xdc00 || low > 0xdfff) return MALFORMED;
  *at += 2;
  return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

/* The maximal part that no well-formed sequence could continue is one malformed character. */
static uint32_t next_utf8(const uint8_t *s, size_t size, size_t *at) {
  const char *p = (const char *)s + *at;
  const size_t left = size - *at < 4 ? size - *at : 4;
  for (size_t n = 1; n <= left; n++) {
    if (lode_utf8_valid(p, n) != n) continue;
    *at += n;
    return lode_utf8_next(&p);
  }
  size_t part = 1;
  for (size_t n = 2; n <= left && n <= 3; n++) {
    char out[12];
    size_t replaced;
    const size_t size_out = lode_utf8_replace(out, p, n, &replaced);
    if (replaced == 1 && size_out == 3) part = n;
  }
  *at += part;
  return MALFORMED;
}

static uint32_t next_char(lode_charset charset, const uint8_t *s, size_t size, size_t *at) {
  switch (charset) {
    case LODE_CHARSET_UTF16LE:
      return next_utf16(s, size, false, at);
    case LODE_CHARSET_UTF16BE:
      return next_utf16(s, size, true, at);
    case LODE_CHARSET_UTF8:
      return next_utf8(s, size, at);
    default: {
      const uint8_t c = s[(*at)++];
      return c >= 0x80 && c < 0xa0 ? windows_1252[c - 0x80] : c;
    }
  }
}

/* ---------------------------------------------------------------- whole texts */

enum { POINT_EVERY = 4096 }; /* bytes of data between two points */

typedef struct point {
  uint32_t text;
  uint32_t data;
} point;

static bool add_point(lode_decoded *d, size_t text, size_t data) {
  if (!lode_buffer_reserve(&d->points, d->point_count + 1, sizeof(point),
                           d->point_count * sizeof(point))) {
    return false;
  }
  ((point *)d->points.data)[d->point_count++] = (point){(uint32_t)text, (uint32_t)data};
  return true;
}

static lode_status convert(lode_decoded *d, lode_utf8_policy policy, lode_error *err) {
  /* No character of these encodings takes more than three bytes for each of its own. */
  if (!lode_buffer_reserve(&d->copy, d->data_size, 3, 0)) return lode_error_nomem(err);
  char *out = d->copy.data;
  size_t used = 0;
  size_t at = d->mark;
  size_t next_point = at;
  while (at < d->data_size) {
    if (at >= next_point) {
      if (!add_point(d, used, at)) return lode_error_nomem(err);
      next_point = at + POINT_EVERY;
    }
    const size_t begin = at;
    uint32_t c = next_char(d->charset, d->data, d->data_size, &at);
    if (c == MALFORMED) {
      if (policy != LODE_UTF8_REPLACE) {
        return lode_error_set(err, LODE_E_UTF8, -1, (int64_t)begin, "malformed %s at byte %zu",
                              lode_charset_name(d->charset), begin);
      }
      c = 0xfffd;
    }
    used += lode_utf8_put(out + used, c);
  }
  d->text = out;
  d->size = used;
  d->copied = true;
  return LODE_OK;
}

lode_status lode_decode(const void *data, size_t size, lode_charset charset,
                        lode_utf8_policy policy, lode_decoded *out, lode_error *err) {
  size_t mark;
  const lode_charset marked = lode_charset_of_mark(data, size, &mark);
  if (marked != LODE_CHARSET_UNKNOWN) charset = marked;
  *out = (lode_decoded){.data = data, .data_size = size, .mark = mark, .charset = charset};
  if (charset == LODE_CHARSET_UTF8) {
    out->text = (const char *)data + mark;
    out->size = size - mark;
    const size_t valid = lode_utf8_valid(out->text, out->size);
    if (valid == out->size) return LODE_OK;
    if (policy != LODE_UTF8_REPLACE) {
      return lode_error_set(err, LODE_E_UTF8, -1, (int64_t)(mark + valid),
                            "not valid UTF-8 at byte %zu, and no other encoding is declared",
                            mark + valid);
    }
  }
  const lode_status status = convert(out, policy, err);
  if (status != LODE_OK) lode_decoded_free(out);
  return status;
}

void lode_decoded_free(lode_decoded *decoded) {
  lode_buffer_free(&decoded->copy);
  lode_buffer_free(&decoded->points);
  *decoded = (lode_decoded){0};
}

size_t lode_decoded_source(const lode_decoded *d, size_t at) {
  if (!d->copied) return d->mark + at;
  const point *points = d->points.data;
  if (d->point_count == 0) return d->data_size;
  size_t low = 0;
  size_t n = d->point_count;
  while (n > 1) {
    const size_t half = n / 2;
    const bool right = points[low + half].text <= at;
    low += right ? half : 0;
    n = right ? n - half : half;
  }
  size_t text = points[low].text;
  size_t data = points[low].data;
  while (text < at && data < d->data_size) {
    size_t next = data;
    uint32_t c = next_char(d->charset, d->data, d->data_size, &next);
    if (c == MALFORMED) c = 0xfffd;
    char bytes[4];
    text += lode_utf8_put(bytes, c);
    data = next;
  }
  return data;
}
