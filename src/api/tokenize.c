#include <stdlib.h>
#include <string.h>

#include "api/model.h"
#include "base/utf8.h"

/* Bytes of the text's first max_chars code points. */
static size_t cut_bytes(lode_text text, size_t max_chars) {
  if (max_chars == 0 || text.size <= max_chars) return text.size;
  size_t chars = 0;
  for (size_t i = 0; i < text.size; i++) {
    const bool begins = ((unsigned char)text.data[i] & 0xC0) != 0x80;
    if (begins && chars++ == max_chars) return i;
  }
  return text.size;
}

lode_status lode_model_encode(const lode_model *model, lode_text text,
                              const lode_encode_options *options, lode_encoding *encoding,
                              lode_error *err) {
  lode_status status = lode_tokenizer_encode(model->tokenizer, text, NULL, options, encoding, err);
  const size_t cut = options->max_tokens ? cut_bytes(text, model->max_chars) : text.size;
  if (status != LODE_OK || cut == text.size) return status;
  const size_t all = encoding->count + encoding->left_out;
  text.size = cut;
  status = lode_tokenizer_encode(model->tokenizer, text, NULL, options, encoding, err);
  encoding->left_out = all > encoding->count ? all - encoding->count : 0;
  return status;
}

/* The arrays of a lode_tokens lie in one allocation, which byte_start begins.
 * False: out of memory. */
static bool allocate(lode_tokens *tokens, size_t count) {
  const size_t each = 4 * sizeof(uint64_t) + sizeof(char *) + 2 * sizeof(int32_t) + 1;
  unsigned char *memory = calloc(count + 1, each); /* never of size 0 */
  if (!memory) return false;
  /* widest elements first: each array stays aligned */
  unsigned char *narrow = memory + count * (4 * sizeof(uint64_t) + sizeof(char *));
  *tokens = (lode_tokens){
      .count = count,
      .byte_start = (uint64_t *)memory,
      .byte_end = (uint64_t *)memory + count,
      .char_start = (uint64_t *)memory + 2 * count,
      .char_end = (uint64_t *)memory + 3 * count,
      .pieces = (const char **)(memory + count * 4 * sizeof(uint64_t)),
      .ids = (int32_t *)narrow,
      .type_ids = (int32_t *)narrow + count,
      .special = narrow + 2 * count * sizeof(int32_t),
  };
  return true;
}

void lode_tokens_free(lode_tokens *tokens) {
  if (!tokens) return;
  free(tokens->byte_start);
  memset(tokens, 0, sizeof *tokens);
}

/* Code points that start in text[0 .. byte). Spans mostly ascend, so a cursor moves along. */
typedef struct char_cursor {
  const char *text;
  size_t byte;
  uint64_t chars;
} char_cursor;

static uint64_t chars_before(char_cursor *cursor, size_t byte) {
  if (byte < cursor->byte) {
    cursor->byte = 0;
    cursor->chars = 0;
  }
  for (; cursor->byte < byte; cursor->byte++) {
    cursor->chars += ((unsigned char)cursor->text[cursor->byte] & 0xC0) != 0x80;
  }
  return cursor->chars;
}

static void fill(const lode_model *model, const lode_encoding *encoding, const lode_text *texts,
                 lode_tokens *out) {
  char_cursor cursors[2] = {{texts[0].data, 0, 0}, {texts[1].data, 0, 0}};
  for (size_t i = 0; i < encoding->count; i++) {
    out->ids[i] = encoding->ids[i];
    out->type_ids[i] = encoding->type_ids[i];
    out->special[i] = encoding->special[i];
    out->pieces[i] = lode_tokenizer_piece(model->tokenizer, encoding->ids[i]);
    if (encoding->special[i]) continue; /* all 0 */
    char_cursor *cursor = &cursors[encoding->sequence[i]];
    out->byte_start[i] = encoding->spans[i].begin;
    out->byte_end[i] = encoding->spans[i].end;
    out->char_start[i] = chars_before(cursor, encoding->spans[i].begin);
    out->char_end[i] = chars_before(cursor, encoding->spans[i].end);
  }
  out->left_out = encoding->left_out;
}

/* The text itself when it is well-formed; else an error, or a repaired copy in *copy. */
static lode_status well_formed(lode_text *text, int64_t item, lode_utf8_policy policy, char **copy,
                               lode_error *err) {
  const size_t valid = lode_utf8_valid(text->data, text->size);
  if (valid == text->size) return LODE_OK;
  if (policy == LODE_UTF8_ERROR) {
    return lode_error_set(err, LODE_E_UTF8, item, (int64_t)valid, "invalid UTF-8 at byte %zu",
                          valid);
  }
  size_t size = 0;
  if (!lode_size_mul(text->size, 3, &size)) return lode_error_nomem(err);
  *copy = malloc(size);
  if (!*copy) return lode_error_nomem(err);
  size_t replaced = 0;
  text->size = lode_utf8_replace(*copy, text->data, text->size, &replaced);
  text->data = *copy;
  return LODE_OK;
}

static lode_status check(const lode_model *model, lode_text text, const lode_text *pair,
                         const lode_tokenize_options *options, const lode_tokens *out,
                         lode_error *err) {
  if (!model || !out || (!text.data && text.size) || (pair && !pair->data && pair->size)) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "model, text or out is NULL");
  }
  if (text.size >= UINT32_MAX || (pair && pair->size >= UINT32_MAX)) {
    return lode_error_set(err, LODE_E_ARG, 0, -1, "a text of 4 GiB or more");
  }
  if (options->max_tokens < 0) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "max_tokens is %lld",
                          (long long)options->max_tokens);
  }
  return lode_check_struct("lode_tokenize_options", options->struct_size, sizeof *options, err);
}

lode_status lode_tokenize(const lode_model *model, lode_text text, const lode_text *pair,
                          const lode_tokenize_options *options, lode_tokens *out, lode_error *err) {
  lode_error_clear(err);
  const lode_tokenize_options defaults = LODE_TOKENIZE_OPTIONS_INIT;
  if (!options) options = &defaults;
  lode_status status = check(model, text, pair, options, out, err);
  if (status != LODE_OK) return status;

  lode_text texts[2] = {text, pair ? *pair : (lode_text){"", 0}};
  char *copies[2] = {NULL, NULL};
  lode_encoding encoding = {0};
  status = well_formed(&texts[0], 0, options->utf8, &copies[0], err);
  if (status == LODE_OK) status = well_formed(&texts[1], 1, options->utf8, &copies[1], err);
  if (status == LODE_OK) {
    const lode_encode_options how = {
        .max_tokens = options->no_truncation ? 0
                      : options->max_tokens  ? (size_t)options->max_tokens
                                             : model->max_tokens,
        .no_special = options->no_special != 0,
        .spans = true,
    };
    status =
        pair ? lode_tokenizer_encode(model->tokenizer, texts[0], &texts[1], &how, &encoding, err)
             : lode_model_encode(model, texts[0], &how, &encoding, err);
  }
  lode_tokens tokens = {0};
  if (status == LODE_OK && allocate(&tokens, encoding.count)) {
    fill(model, &encoding, texts, &tokens);
    *out = tokens;
  } else if (status == LODE_OK) {
    status = lode_error_nomem(err);
  }
  lode_encoding_free(&encoding);
  free(copies[0]);
  free(copies[1]);
  return status;
}
