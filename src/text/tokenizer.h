/* Text to token ids, exactly as the Hugging Face `tokenizers` library does it.
 * Normalizer -> pre-tokenizer -> model -> template, each chosen by tokenizer.json. */
#ifndef LODE_TEXT_TOKENIZER_H
#define LODE_TEXT_TOKENIZER_H

#include <stdbool.h>

#include "base/error.h"
#include "base/memory.h"

/* Immutable once made; shared between threads. */
typedef struct lode_tokenizer lode_tokenizer;

/* From tokenizer.json alone. `json` is borrowed only during the call. Components that this
 * library has no code for are LODE_E_UNSUPPORTED with the component's name. */
lode_status lode_tokenizer_from_json(const char *json, size_t size, lode_tokenizer **out,
                                     lode_error *err);

/* From vocab.txt (one token a line, line number = id), as transformers' BertTokenizer
 * does: the special tokens [PAD] [UNK] [CLS] [SEP] [MASK] that it contains, BERT template. */
typedef struct lode_vocab_options {
  bool lowercase;            /* do_lower_case */
  int strip_accents;         /* -1: as lowercase; 0; 1 */
  bool handle_chinese_chars; /* tokenize_chinese_chars */
} lode_vocab_options;
lode_status lode_tokenizer_from_vocab(const char *text, size_t size,
                                      const lode_vocab_options *options, lode_tokenizer **out,
                                      lode_error *err);

/* The files of a model that decide its tokenizer; data NULL: there is no such file. */
typedef struct lode_tokenizer_files {
  lode_text tokenizer_json; /* this … */
  lode_text vocab_txt;      /* … or this */
  lode_text tokenizer_config;
  lode_text special_tokens_map;
  lode_text added_tokens;
  const char *model_type;      /* config.json */
  const char *tokenizer_class; /* config.json; NULL: none */
  int64_t id_limit;            /* rows of the word table */
} lode_tokenizer_files;

/* As transformers' AutoTokenizer puts them together. Errors begin with the file's name. */
lode_status lode_tokenizer_from_files(const lode_tokenizer_files *files, lode_tokenizer **out,
                                      lode_error *err);
void lode_tokenizer_free(lode_tokenizer *tokenizer);

/* Lower-case texts before all other steps, unless a step does it already: what
 * sentence-transformers' do_lower_case asks for. Before the tokenizer is shared. */
lode_status lode_tokenizer_lowercase(lode_tokenizer *tokenizer, lode_error *err);

/* Nothing around the texts, and, if asked for, no unknown tokens: what is left after truncation
 * is what static models look up. Before the tokenizer is shared. */
lode_status lode_tokenizer_plain(lode_tokenizer *tokenizer, bool drop_unknown, lode_error *err);
/* tokenizer.json's own truncation length, which encoding does not heed; 0: none. */
size_t lode_tokenizer_own_limit(const lode_tokenizer *tokenizer);
/* As if the file had said to truncate at the end. */
void lode_tokenizer_truncate_end(lode_tokenizer *tokenizer);

/* Largest id + 1 over vocabulary and added tokens. */
int32_t lode_tokenizer_size(const lode_tokenizer *tokenizer);
/* NUL-terminated; NULL for an id that has no token. Lives as long as the tokenizer. */
const char *lode_tokenizer_piece(const lode_tokenizer *tokenizer, int32_t id);
/* -1: none. */
int32_t lode_tokenizer_id(const lode_tokenizer *tokenizer, const char *piece, size_t size);
/* Tokens that the template adds to a single text, or to a pair. */
size_t lode_tokenizer_added(const lode_tokenizer *tokenizer, bool pair);

/* A byte range of the text as given. */
typedef struct lode_span {
  uint32_t begin;
  uint32_t end;
} lode_span;

/* Result and scratch in one: reused from text to text, so that encoding allocates only
 * while texts grow. Zero-initialise it. */
typedef struct lode_encoding {
  size_t count;
  int32_t *ids;      /* [count] */
  int32_t *type_ids; /* [count] */
  uint8_t *special;  /* [count] 1: added by the template */
  lode_span *spans;  /* [count] {0,0} for special; NULL unless asked for */
  uint8_t *sequence; /* [count] 0: first text, 1: second of the pair; special: 0 */
  size_t left_out;   /* tokens dropped by truncation */
  struct lode_encoding_scratch *scratch; /* owned */
} lode_encoding;
void lode_encoding_free(lode_encoding *encoding);

typedef struct lode_encode_options {
  size_t max_tokens; /* special tokens included; 0: no truncation. The tokenizer.json's own
                        truncation length is ignored, its direction and strategy are kept. */
  bool no_special;   /* leave the template out */
  bool spans;        /* fill `spans` */
} lode_encode_options;

/* Encode well-formed UTF-8 (the caller has checked), smaller than 4 GiB; `pair` may be NULL.
 * Returns LODE_OK, LODE_E_NOMEM, or LODE_E_ARG (max_tokens smaller than the template). */
lode_status lode_tokenizer_encode(const lode_tokenizer *tokenizer, lode_text text,
                                  const lode_text *pair, const lode_encode_options *options,
                                  lode_encoding *out, lode_error *err);

#endif
