/* vocab.txt, read as transformers' BertTokenizer reads it. */
#include <string.h>

#include "base/utf8.h"
#include "text/tokenizer_parts.h"

/* Bytes up to the end of the line at text[0..size); *next is behind its "\n", "\r\n" or "\r",
 * which Python's text files all take for an end. */
static size_t line_size(const char *text, size_t size, size_t *next) {
  size_t n = 0;
  while (n < size && text[n] != '\n' && text[n] != '\r') n++;
  *next = n;
  if (n == size) return n;
  (*next)++;
  if (text[n] == '\r' && *next < size && text[*next] == '\n') (*next)++;
  return n;
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

static lode_status required(const lode_vocab *vocab, const char *piece, int32_t *id,
                            lode_error *err) {
  *id = lode_vocab_find(vocab, piece, strlen(piece));
  if (*id >= 0) return LODE_OK;
  return lode_error_set(err, LODE_E_FORMAT, -1, -1, "the vocabulary has no %s", piece);
}

static lode_status load(lode_tokenizer *tokenizer, const char *text, size_t size,
                        const lode_vocab_options *options, lode_error *err) {
  lode_vocab *vocab = &tokenizer->vocab;
  lode_arena *arena = &tokenizer->arena;
  int32_t unknown = 0;
  int32_t cls = 0;
  int32_t sep = 0;
  lode_status status = lode_vocab_init(vocab, arena, count_lines(text, size), size, err);
  if (status == LODE_OK) status = load_lines(vocab, text, size, err);
  if (status == LODE_OK) status = lode_vocab_finish(vocab, arena, false, err);
  if (status == LODE_OK) status = required(vocab, "[UNK]", &unknown, err);
  if (status == LODE_OK) status = required(vocab, "[CLS]", &cls, err);
  if (status == LODE_OK) status = required(vocab, "[SEP]", &sep, err);
  if (status == LODE_OK) {
    status = lode_wordpiece_init(&tokenizer->model, vocab, "##", 2, unknown, 100, arena, err);
  }
  if (status == LODE_OK) {
    status = lode_tokenizer_bert_normalizer(tokenizer, true, options->handle_chinese_chars,
                                            options->strip_accents, options->lowercase, err);
  }
  if (status != LODE_OK) return status;
  tokenizer->split = LODE_SPLIT_BERT;

  static const char special[][7] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
  lode_added_entry entries[5];
  size_t count = 0;
  for (size_t i = 0; i < 5; i++) {
    if (lode_vocab_find(vocab, special[i], strlen(special[i])) < 0) continue;
    entries[count++] = (lode_added_entry){special[i], strlen(special[i]), 0};
  }
  status = lode_tokenizer_add_tokens(tokenizer, entries, count, err);
  if (status == LODE_OK) status = lode_tokenizer_bert_template(tokenizer, cls, sep, false, err);
  return status == LODE_OK ? lode_tokenizer_complete(tokenizer, err) : status;
}

lode_status lode_tokenizer_from_vocab(const char *text, size_t size,
                                      const lode_vocab_options *options, lode_tokenizer **out,
                                      lode_error *err) {
  const size_t valid = lode_utf8_valid(text, size);
  if (valid != size) {
    return lode_error_set(err, LODE_E_FORMAT, -1, (int64_t)valid, "not UTF-8 at byte %zu", valid);
  }
  lode_tokenizer *tokenizer = lode_tokenizer_new();
  if (tokenizer == NULL) return lode_error_nomem(err);
  const lode_status status = load(tokenizer, text, size, options, err);
  if (status != LODE_OK) {
    lode_tokenizer_free(tokenizer);
    return status;
  }
  *out = tokenizer;
  return LODE_OK;
}
