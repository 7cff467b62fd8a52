/* vocab.txt, as BertTokenizer reads it: by the `tokenizers` library. */
#include <string.h>

#include "base/utf8.h"
#include "text/tokenizer_parts.h"
#include "text/unicode.h"

/* Bytes of the line at text[0..size) without the white space at its end; *next is behind its
 * "\n". */
static size_t line_size(const char *text, size_t size, size_t *next) {
  const char *newline = memchr(text, '\n', size);
  size_t kept = 0;
  const char *end = newline != NULL ? newline : text + size;
  *next = newline != NULL ? (size_t)(newline - text) + 1 : size;
  for (const char *p = text; p < end;) {
    const bool space = (lode_unicode_class_of(lode_utf8_next(&p)).flags & LODE_UNICODE_SPACE) != 0;
    if (!space) kept = (size_t)(p - text);
  }
  return kept;
}

static lode_status load_lines(lode_vocab *vocab, const char *text, size_t size, lode_error *err) {
  int64_t id = 0;
  for (size_t at = 0; at < size; id++) {
    size_t next;
    const size_t n = line_size(text + at, size - at, &next);
    if (id >= LODE_VOCAB_ID_LIMIT) {
      return lode_error_set(err, LODE_E_FORMAT, -1, (int64_t)at, "too many lines");
    }
    memcpy(lode_vocab_next(vocab), text + at, n);
    int32_t old;
    switch (lode_vocab_add(vocab, n, (int32_t)id, &old)) {
      case LODE_VOCAB_ADDED:
        break;
      case LODE_VOCAB_DUPLICATE: /* the last line counts, as in a dict */
        lode_vocab_change(vocab, text + at, n, (int32_t)id);
        break;
      case LODE_VOCAB_CROWDED:
        return lode_error_set(err, LODE_E_FORMAT, -1, (int64_t)at, "too many hash collisions");
    }
    at += next;
  }
  return LODE_OK;
}

static size_t count_lines(const char *text, size_t size) {
  size_t lines = 0;
  for (size_t at = 0; at < size; lines++) {
    size_t next;
    (void)line_size(text + at, size - at, &next);
    at += next;
  }
  return lines;
}

lode_status lode_tokenizer_load_vocab(lode_tokenizer *tokenizer, lode_text vocab,
                                      const lode_tokenizer_config *config, lode_error *err) {
  const size_t valid = lode_utf8_valid(vocab.data, vocab.size);
  if (valid != vocab.size) {
    return lode_error_set(err, LODE_E_FORMAT, -1, (int64_t)valid, "not UTF-8 at byte %zu", valid);
  }
  lode_arena *arena = &tokenizer->arena;
  lode_added_list none = {0};
  lode_status status = lode_vocab_init(&tokenizer->vocab, arena,
                                       count_lines(vocab.data, vocab.size), vocab.size, err);
  if (status == LODE_OK) status = load_lines(&tokenizer->vocab, vocab.data, vocab.size, err);
  if (status == LODE_OK) status = lode_vocab_finish(&tokenizer->vocab, arena, false, err);
  if (status == LODE_OK) status = lode_tokenizer_bert_begin(tokenizer, config, err);
  if (status == LODE_OK) status = lode_tokenizer_config_tokens(tokenizer, config, &none, err);
  if (status == LODE_OK) status = lode_tokenizer_bert_end(tokenizer, config, err);
  if (status != LODE_OK) return status;
  tokenizer->truncation.left = config->truncate_left > 0;
  return lode_tokenizer_complete(tokenizer, err);
}

lode_status lode_tokenizer_from_vocab(const char *text, size_t size,
                                      const lode_vocab_options *options, lode_tokenizer **out,
                                      lode_error *err) {
  lode_tokenizer_config config = lode_tokenizer_config_bert();
  config.lowercase = options->lowercase;
  config.strip_accents = options->strip_accents;
  config.chinese_chars = options->handle_chinese_chars;
  lode_tokenizer *tokenizer = lode_tokenizer_new();
  if (tokenizer == NULL) return lode_error_nomem(err);
  const lode_status status =
      lode_tokenizer_load_vocab(tokenizer, (lode_text){text, size}, &config, err);
  if (status != LODE_OK) {
    lode_tokenizer_free(tokenizer);
    return status;
  }
  *out = tokenizer;
  return LODE_OK;
}
