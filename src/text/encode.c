/* Text to tokens. The text is walked once. ASCII characters are normalized by table and
 * words of them looked up as they are read; runs of other characters go through the
 * normalizer a thousand or so at a time. Where added tokens are looked for in the
 * normalized text, whole stretches of it are normalized first. */
#include <stdlib.h>

#include "base/utf8.h"
#include "text/tokenizer_parts.h"
#include "text/unicode.h"

/* A run of characters that are not ASCII is normalized once it is this long, if it can be
 * cut there. */
enum { RUN_LENGTH = 1024 };

typedef struct token {
  uint32_t id; /* and TOKEN_* bits */
  uint32_t begin;
  uint32_t end;
} token;

enum {
  TOKEN_ADDED = 1 << 30, /* an added token */
  TOKEN_ID = TOKEN_ADDED - 1,
};

/* Tokens of one text. */
typedef struct token_list {
  lode_buffer buffer;
  token *data;
  size_t count; /* kept */
  size_t room;
  size_t keep; /* tokens behind these are only counted */
  size_t total;
} token_list;

struct lode_encoding_scratch {
  lode_chars chars;
  lode_buffer text;       /* normalized, as UTF-8 */
  lode_buffer word;       /* bytes of the word being read */
  lode_buffer word_begin; /* uint32_t per byte: where it comes from */
  lode_buffer word_end;
  lode_buffer hashes;
  lode_buffer nodes;
  lode_buffer pieces;
  token_list lists[2];
  lode_buffer ids;
  lode_buffer type_ids;
  lode_buffer special;
  lode_buffer spans;
  lode_buffer sequence;
};

void lode_encoding_free(lode_encoding *encoding) {
  struct lode_encoding_scratch *scratch = encoding->scratch;
  if (scratch != NULL) {
    lode_chars_free(&scratch->chars);
    lode_buffer *buffers[] = {
        &scratch->text,
        &scratch->word,
        &scratch->word_begin,
        &scratch->word_end,
        &scratch->hashes,
        &scratch->nodes,
        &scratch->pieces,
        &scratch->lists[0].buffer,
        &scratch->lists[1].buffer,
        &scratch->ids,
        &scratch->type_ids,
        &scratch->special,
        &scratch->spans,
        &scratch->sequence,
    };
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) lode_buffer_free(buffers[i]);
    free(scratch);
  }
  *encoding = (lode_encoding){0};
}

/* ---------------------------------------------------------------- the reader */

/* The word being read: characters since the last boundary. */
typedef struct word {
  uint8_t *bytes;
  uint32_t *begin; /* per byte, unless `straight` */
  uint32_t *end;
  size_t room; /* bytes */
  size_t size;
  size_t chars; /* more than the model takes are counted, not stored */
  uint8_t kind;
  bool straight; /* byte i comes from byte first + i of the text */
  uint32_t first;
  uint32_t last; /* end of the last character */
} word;

typedef struct reader {
  const lode_tokenizer *tokenizer;
  struct lode_encoding_scratch *scratch;
  const uint8_t *text;
  token_list *list;
  uint64_t *hashes;
  bool begins; /* a stretch of the text, with the next character */
  word word;
} reader;

static bool list_grow(token_list *list) {
  const size_t keep = list->count * sizeof(token);
  if (!lode_buffer_reserve(&list->buffer, list->count + 1, sizeof(token), keep)) return false;
  list->data = list->buffer.data;
  list->room = list->buffer.capacity / sizeof(token);
  return true;
}

static inline bool list_push(token_list *list, uint32_t id, uint32_t begin, uint32_t end) {
  list->total++;
  if (list->count == list->keep) return true;
  if (list->count == list->room && !list_grow(list)) return false;
  list->data[list->count++] = (token){id, begin, end};
  return true;
}

static inline bool push_word(reader *r, int32_t id, size_t begin, size_t end) {
  return list_push(r->list, (uint32_t)id, (uint32_t)begin, (uint32_t)end);
}

/* Room for `size` bytes in all. */
static bool word_reserve(reader *r, size_t size) {
  struct lode_encoding_scratch *scratch = r->scratch;
  const size_t keep = r->word.size;
  if (!lode_buffer_reserve(&scratch->word, size, 1, keep) ||
      !lode_buffer_reserve(&scratch->word_begin, size, sizeof(uint32_t), keep * 4) ||
      !lode_buffer_reserve(&scratch->word_end, size, sizeof(uint32_t), keep * 4)) {
    return false;
  }
  r->word.bytes = scratch->word.data;
  r->word.begin = scratch->word_begin.data;
  r->word.end = scratch->word_end.data;
  r->word.room = size;
  return true;
}

/* The word's pieces, none where it is unknown as a whole. False: out of memory. */
static bool word_split(reader *r, size_t *count) {
  const lode_tokenizer *t = r->tokenizer;
  const word *w = &r->word;
  *count = 0;
  if (w->chars > t->model.max_chars) return true;
  if (!lode_buffer_reserve(&r->scratch->pieces, w->size, sizeof(lode_piece), 0)) return false;
  lode_piece *pieces = r->scratch->pieces.data;
  if (!t->is_unigram) {
    *count = lode_wordpiece_split(&t->model, w->bytes, w->size, r->hashes, pieces);
    return true;
  }
  lode_buffer *nodes = &r->scratch->nodes;
  if (!lode_buffer_reserve(nodes, w->size + 1, sizeof(lode_unigram_node), 0)) return false;
  *count = lode_unigram_split(&t->unigram, w->bytes, w->size, nodes->data, pieces);
  return true;
}

/* Tokens of the word that has been read; it is empty then. */
static bool word_end(reader *r) {
  word *w = &r->word;
  if (w->chars == 0) return true;
  const lode_wordpiece *model = &r->tokenizer->model;
  size_t count = 0;
  if (!word_split(r, &count)) return false;
  const lode_piece *pieces = r->scratch->pieces.data;
  bool ok = true;
  if (count == 0) {
    ok = list_push(r->list, (uint32_t)model->unknown, w->first, w->last);
  }
  uint32_t at = 0;
  for (size_t i = 0; ok && i < count; i++) {
    const uint32_t last = pieces[i].end - 1;
    const uint32_t begin = w->straight ? w->first + at : w->begin[at];
    const uint32_t end = w->straight ? w->first + last + 1 : w->end[last];
    ok = list_push(r->list, (uint32_t)pieces[i].id, begin, end);
    at = last + 1;
  }
  w->chars = 0;
  w->size = 0;
  return ok;
}

/* A character of the word. */
static bool word_add(reader *r, uint8_t kind, lode_char ch) {
  word *w = &r->word;
  if (w->chars > 0 && w->kind != kind && !word_end(r)) return false;
  if (w->chars == 0) {
    w->first = ch.begin;
    w->kind = kind;
    w->straight = false;
  }
  w->last = ch.end;
  if (w->chars++ >= r->tokenizer->model.max_chars) return true;
  if (w->room - w->size < 4 && !word_reserve(r, 2 * w->room)) return false;
  if (w->straight) {
    for (size_t i = 0; i < w->size; i++) {
      w->begin[i] = w->first + (uint32_t)i;
      w->end[i] = w->begin[i] + 1;
    }
    w->straight = false;
  }
  const size_t n = lode_utf8_put((char *)w->bytes + w->size, ch.c);
  for (size_t i = 0; i < n; i++) {
    w->begin[w->size + i] = ch.begin;
    w->end[w->size + i] = ch.end;
  }
  w->size += n;
  return true;
}

/* A normalized character, for Unigram. */
static bool read_metaspace(reader *r, lode_char ch) {
  const lode_metaspace *m = &r->tokenizer->metaspace;
  const lode_char space = {m->replacement, ch.begin, ch.end};
  const bool begins = r->begins;
  r->begins = false;
  if (m->replacement == 0) return word_add(r, 0, ch);
  if (ch.c == ' ') ch.c = m->replacement;
  const bool is_space = ch.c == m->replacement;
  if (begins && m->prepend && !is_space && !word_add(r, 0, space)) return false;
  if (is_space && m->split && !word_end(r)) return false;
  return word_add(r, 0, ch);
}

/* A normalized character. */
static bool read_char(reader *r, lode_char ch) {
  if (r->tokenizer->is_unigram) return read_metaspace(r, ch);
  const uint8_t kind = lode_pretokenizer_kind(r->tokenizer->split, ch.c);
  if (kind == LODE_KIND_SEPARATOR) return word_end(r);
  if (kind == LODE_KIND_ALONE) return word_end(r) && word_add(r, kind, ch) && word_end(r);
  return word_add(r, kind, ch);
}

/* ---------------------------------------------------------------- ASCII, and the rest */

/* ASCII characters of one kind from `at` on, at least one; *next is behind them. A word that
 * neither begins nor ends among other characters is looked up on the way. */
static bool read_ascii_word(reader *r, size_t at, size_t end, size_t *next) {
  const lode_tokenizer *t = r->tokenizer;
  const uint8_t *text = r->text;
  const uint8_t kind = t->ascii_kind[text[at]];
  word *w = &r->word;
  if (w->chars > 0) {
    for (; at < end && t->ascii_kind[text[at]] == kind; at++) {
      const lode_char ch = {t->ascii_to[text[at]], (uint32_t)at, (uint32_t)at + 1};
      if (!word_add(r, kind, ch)) return false;
    }
    *next = at;
    return true;
  }

  const size_t limit = t->model.max_chars < end - at ? (size_t)t->model.max_chars : end - at;
  if (w->room < limit && !word_reserve(r, limit)) return false;
  uint64_t hash = LODE_VOCAB_HASH_SEED;
  const uint8_t *from = text + at;
  size_t n = 0;
  for (; n < limit && t->ascii_kind[from[n]] == kind; n++) {
    const uint8_t byte = t->ascii_to[from[n]];
    w->bytes[n] = byte;
    hash = lode_vocab_hash_step(hash, byte);
  }
  const size_t stored = n;
  while (at + n < end && t->ascii_kind[from[n]] == kind) n++;
  *next = at + n;
  const bool open = at + n < end && t->ascii_kind[from[n]] == LODE_KIND_SLOW;
  if (n == stored && !open) {
    const int32_t id = lode_vocab_find_hashed(&t->vocab, hash, "", 0, w->bytes, n);
    if (id >= 0) return push_word(r, id, at, at + n);
  }
  w->size = stored;
  w->chars = n;
  w->kind = kind;
  w->straight = true;
  w->first = (uint32_t)at;
  w->last = (uint32_t)(at + n);
  return open || word_end(r);
}

static bool read_run(reader *r) {
  lode_chars *chars = &r->scratch->chars;
  if (!lode_normalizer_run(&r->tokenizer->normalizer, chars)) return false;
  for (size_t i = 0; i < chars->count; i++) {
    if (!read_char(r, chars->data[i])) return false;
  }
  chars->count = 0;
  return true;
}

/* A run of characters that the ASCII tables have no answer for; *next is behind it. */
static bool read_slow(reader *r, size_t at, size_t end, size_t *next) {
  lode_chars *chars = &r->scratch->chars;
  const uint8_t *kind = r->tokenizer->ascii_kind;
  chars->count = 0;
  const char *p = (const char *)r->text + at;
  while (at < end && kind[r->text[at]] == LODE_KIND_SLOW) {
    const uint32_t c = lode_utf8_next(&p);
    if (chars->count >= RUN_LENGTH && lode_normalizer_may_cut(c) && !read_run(r)) return false;
    const size_t after = (size_t)((const uint8_t *)p - r->text);
    if (!lode_chars_push(chars, c, (uint32_t)at, (uint32_t)after)) return false;
    at = after;
  }
  *next = at;
  return read_run(r);
}

/* A stretch of the text without added tokens. */
static bool read_stretch(reader *r, size_t begin, size_t end) {
  const lode_tokenizer *t = r->tokenizer;
  bool ok = true;
  for (size_t at = begin; ok && at < end;) {
    const uint8_t byte = r->text[at];
    switch (t->ascii_kind[byte]) {
      case LODE_KIND_SEPARATOR:
        ok = r->word.chars == 0 || word_end(r);
        at++;
        break;
      case LODE_KIND_ALONE:
        ok = (r->word.chars == 0 || word_end(r)) && push_word(r, t->ascii_alone[byte], at, at + 1);
        at++;
        break;
      case LODE_KIND_SLOW:
        ok = read_slow(r, at, end, &at);
        break;
      default:
        ok = read_ascii_word(r, at, end, &at);
    }
  }
  return ok && word_end(r);
}

/* ---------------------------------------------------------------- added tokens */

static bool push_added(reader *r, const lode_added_token *added, size_t begin, size_t end) {
  return list_push(r->list, (uint32_t)added->id | TOKEN_ADDED, (uint32_t)begin, (uint32_t)end);
}

/* A stretch of the text in which, normalized, added tokens are looked for, or which must be
 * normalized as a whole. */
static bool read_normalized(reader *r, size_t begin, size_t end) {
  lode_chars *chars = &r->scratch->chars;
  chars->count = 0;
  const char *p = (const char *)r->text + begin;
  for (size_t at = begin; at < end;) {
    const uint32_t c = lode_utf8_next(&p);
    const size_t after = (size_t)((const uint8_t *)p - r->text);
    if (!lode_chars_push(chars, c, (uint32_t)at, (uint32_t)after)) return false;
    at = after;
  }
  if (!lode_normalizer_run(&r->tokenizer->normalizer, chars)) return false;
  if (!lode_buffer_reserve(&r->scratch->text, chars->count, 4, 0)) return false;
  char *text = r->scratch->text.data;
  size_t size = 0;
  for (size_t i = 0; i < chars->count; i++) size += lode_utf8_put(text + size, chars->data[i].c);

  lode_added_walk walk = lode_added_walk_begin(&r->tokenizer->normalized, text, size);
  lode_added_part part;
  size_t byte = 0; /* of the normalized text: where character `i` begins */
  size_t i = 0;
  while (lode_added_walk_next(&walk, &part)) {
    /* Parts follow each other, but one may reach back: see lode_added_walk_next. */
    while (byte > part.begin) {
      i--;
      byte -= lode_utf8_put((char[4]){0}, chars->data[i].c);
    }
    while (byte < part.begin) byte += lode_utf8_put((char[4]){0}, chars->data[i++].c);
    const size_t first = i;
    r->begins = true;
    while (byte < part.end) {
      if (part.token == NULL && !read_char(r, chars->data[i])) return false;
      byte += lode_utf8_put((char[4]){0}, chars->data[i++].c);
    }
    if (part.token == NULL) {
      if (!word_end(r)) return false;
    } else if (i > first &&
               !push_added(r, part.token, chars->data[first].begin, chars->data[i - 1].end)) {
      return false;
    }
  }
  return true;
}

static bool read_text(reader *r, size_t size) {
  const lode_tokenizer *t = r->tokenizer;
  lode_added_walk walk = lode_added_walk_begin(&t->raw, (const char *)r->text, size);
  lode_added_part part;
  bool ok = true;
  while (ok && lode_added_walk_next(&walk, &part)) {
    if (part.token != NULL) {
      ok = push_added(r, part.token, part.begin, part.end);
    } else if (t->whole || t->normalized.count > 0) {
      ok = read_normalized(r, part.begin, part.end);
    } else {
      ok = read_stretch(r, part.begin, part.end);
    }
  }
  return ok;
}

/* ---------------------------------------------------------------- truncation */

/* What is left of the two texts, as numbers of tokens in kept[]. */
static lode_status truncate(const lode_tokenizer *tokenizer, const token_list lists[2], bool pair,
                            const lode_encode_options *options, size_t kept[2], lode_error *err) {
  kept[0] = lists[0].total;
  kept[1] = lists[1].total;
  if (options->max_tokens == 0) return LODE_OK;
  const size_t added = options->no_special ? 0 : lode_tokenizer_added(tokenizer, pair);
  const size_t limit = options->max_tokens - added;
  const lode_truncation *how = &tokenizer->truncation;
  if (lode_truncate(how->strategy, pair, limit, &kept[0], &kept[1])) return LODE_OK;
  const bool first = how->strategy == LODE_TRUNCATE_ONLY_SECOND;
  return lode_error_set(err, LODE_E_TOO_LONG, -1, -1,
                        "the %s text of the pair leaves no room for the other in %zu tokens, and "
                        "the tokenizer is set up never to truncate it",
                        first ? "first" : "second", options->max_tokens);
}

/* ---------------------------------------------------------------- the result */

static bool output_reserve(lode_encoding *out, size_t count, bool spans) {
  struct lode_encoding_scratch *scratch = out->scratch;
  if (!lode_buffer_reserve(&scratch->ids, count, sizeof *out->ids, 0) ||
      !lode_buffer_reserve(&scratch->type_ids, count, sizeof *out->type_ids, 0) ||
      !lode_buffer_reserve(&scratch->special, count, 1, 0) ||
      !lode_buffer_reserve(&scratch->sequence, count, 1, 0) ||
      (spans && !lode_buffer_reserve(&scratch->spans, count, sizeof *out->spans, 0))) {
    return false;
  }
  out->ids = scratch->ids.data;
  out->type_ids = scratch->type_ids.data;
  out->special = scratch->special.data;
  out->sequence = scratch->sequence.data;
  out->spans = spans ? scratch->spans.data : NULL;
  return true;
}

static bool is_space_before(const char *text, size_t begin, size_t end, size_t *at) {
  size_t i = end - 1;
  while (i > begin && ((uint8_t)text[i] & 0xc0) == 0x80) i--;
  const char *p = text + i;
  *at = i;
  return (lode_unicode_class_of(lode_utf8_next(&p)).flags & LODE_UNICODE_SPACE) != 0;
}

/* The span without white space at its ends. Only added tokens take any; RobertaProcessing
 * leaves a single one at the beginning of the text where it is. */
static lode_span trim(const lode_tokenizer *tokenizer, lode_text text, lode_span span, bool first) {
  const char *p = text.data + span.begin;
  const char *end = text.data + span.end;
  size_t spaces = 0;
  while (p < end) {
    const char *next = p;
    if ((lode_unicode_class_of(lode_utf8_next(&next)).flags & LODE_UNICODE_SPACE) == 0) break;
    p = next;
    spaces++;
  }
  const bool keep = tokenizer->add_prefix_space && spaces == 1 && (first || span.begin == 0);
  if (!keep) span.begin = (uint32_t)(p - text.data);
  size_t at;
  while (span.end > span.begin && is_space_before(text.data, span.begin, span.end, &at)) {
    span.end = (uint32_t)at;
  }
  return span;
}

/* Copy the tokens of one text that are kept to out[count ..]. */
static void copy_tokens(const lode_tokenizer *tokenizer, const token_list *list, size_t kept,
                        lode_text text, int32_t type_id, uint8_t sequence, lode_encoding *out) {
  const size_t skip = tokenizer->truncation.left ? list->total - kept : 0;
  for (size_t i = 0; i < kept; i++) {
    const token t = list->data[skip + i];
    const int32_t id = (int32_t)(t.id & TOKEN_ID);
    if (tokenizer->drop_unknown && id == tokenizer->model.unknown) continue;
    const size_t at = out->count++;
    out->ids[at] = id;
    out->type_ids[at] = type_id;
    out->special[at] = 0;
    out->sequence[at] = sequence;
    if (out->spans == NULL) continue;
    out->spans[at] = (lode_span){t.begin, t.end};
    if (tokenizer->trim_spans && (t.id & TOKEN_ADDED) != 0) {
      out->spans[at] = trim(tokenizer, text, out->spans[at], i == 0);
    }
  }
}

static lode_status assemble(const lode_tokenizer *tokenizer, const lode_text texts[2], bool pair,
                            const lode_encode_options *options, lode_encoding *out,
                            lode_error *err) {
  const token_list *lists = out->scratch->lists;
  size_t kept[2];
  const lode_status status = truncate(tokenizer, lists, pair, options, kept, err);
  if (status != LODE_OK) return status;
  const lode_template *template = pair ? &tokenizer->pair : &tokenizer->single;
  size_t count = 0;
  for (size_t i = 0; i < template->count; i++) {
    const lode_template_kind kind = template->parts[i].kind;
    const size_t n = kind == LODE_TEMPLATE_SPECIAL ? !options->no_special : kept[kind];
    if (!lode_size_add(count, n, &count)) return lode_error_nomem(err);
  }
  if (!output_reserve(out, count, options->spans)) return lode_error_nomem(err);
  for (size_t i = 0; i < template->count; i++) {
    const lode_template_part part = template->parts[i];
    if (part.kind != LODE_TEMPLATE_SPECIAL) {
      copy_tokens(tokenizer, &lists[part.kind], kept[part.kind], texts[part.kind], part.type_id,
                  (uint8_t)part.kind, out);
    } else if (!options->no_special) {
      const size_t at = out->count++;
      out->ids[at] = part.id;
      out->type_ids[at] = part.type_id;
      out->special[at] = 1;
      out->sequence[at] = 0;
      if (out->spans != NULL) out->spans[at] = (lode_span){0, 0};
    }
  }
  out->left_out = lists[0].total + lists[1].total - kept[0] - kept[1];
  return LODE_OK;
}

static bool tokenize(const lode_tokenizer *tokenizer, lode_text text, size_t max_tokens,
                     struct lode_encoding_scratch *scratch, token_list *list) {
  const bool bounded = max_tokens > 0 && !tokenizer->truncation.left;
  list->count = 0;
  list->total = 0;
  list->keep = bounded ? max_tokens : SIZE_MAX;
  reader r = {
      .tokenizer = tokenizer, .scratch = scratch, .text = (const uint8_t *)text.data, .list = list};
  const size_t hashes = lode_wordpiece_room(&tokenizer->model);
  if (!lode_buffer_reserve(&scratch->hashes, hashes, sizeof *r.hashes, 0)) return false;
  r.hashes = scratch->hashes.data;
  return word_reserve(&r, 256) && read_text(&r, text.size);
}

lode_status lode_tokenizer_encode(const lode_tokenizer *tokenizer, lode_text text,
                                  const lode_text *pair, const lode_encode_options *options,
                                  lode_encoding *out, lode_error *err) {
  const lode_text texts[2] = {text, pair != NULL ? *pair : (lode_text){"", 0}};
  if (texts[0].size > UINT32_MAX || texts[1].size > UINT32_MAX) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "text of 4 GiB or more");
  }
  const size_t added = options->no_special ? 0 : lode_tokenizer_added(tokenizer, pair != NULL);
  if (options->max_tokens > 0 && options->max_tokens < added) {
    return lode_error_set(err, LODE_E_ARG, -1, -1,
                          "max_tokens is %zu, but the template alone has %zu tokens",
                          options->max_tokens, added);
  }
  if (out->scratch == NULL) out->scratch = calloc(1, sizeof *out->scratch);
  if (out->scratch == NULL) return lode_error_nomem(err);
  out->count = 0;
  out->left_out = 0;
  for (size_t k = 0; k < 2; k++) {
    token_list *list = &out->scratch->lists[k];
    if (!tokenize(tokenizer, texts[k], options->max_tokens, out->scratch, list)) {
      return lode_error_nomem(err);
    }
  }
  return assemble(tokenizer, texts, pair != NULL, options, out, err);
}
