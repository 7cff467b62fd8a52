/* Inside a tokenizer: shared by the files that make one and the one that runs it. */
#ifndef LODE_TEXT_TOKENIZER_PARTS_H
#define LODE_TEXT_TOKENIZER_PARTS_H

#include "text/added_tokens.h"
#include "text/normalizer.h"
#include "text/pretokenizer.h"
#include "text/template.h"
#include "text/tokenizer.h"
#include "text/vocab.h"
#include "text/wordpiece.h"

/* The kind of an ASCII character that the normalizer does not turn into one other ASCII
 * character, and of all bytes that are not ASCII. */
enum { LODE_KIND_SLOW = 6 };

struct lode_tokenizer {
  lode_arena arena; /* everything below lives here */
  lode_normalizer normalizer;
  uint8_t split; /* LODE_SPLIT_* */
  lode_vocab vocab;
  lode_wordpiece model;
  lode_vocab added; /* the added tokens by their content */
  lode_added_set raw;
  lode_added_set normalized;
  lode_template single;
  lode_template pair;
  lode_truncation truncation;
  bool trim_spans; /* spans leave out white space (RobertaProcessing's trim_offsets) */
  bool add_prefix_space;
  /* What the normalizer and the pre-tokenizer make of each ASCII character. */
  uint8_t ascii_to[256];
  uint8_t ascii_kind[256];  /* LODE_KIND_* */
  int32_t ascii_alone[128]; /* token of an ASCII character that is a word of its own */
};

/* An empty one; NULL: out of memory. */
lode_tokenizer *lode_tokenizer_new(void);

/* An added token as the file gives it. */
typedef struct lode_added_entry {
  const char *content; /* not empty, lives as long as the tokenizer */
  size_t size;
  uint8_t flags; /* LODE_ADDED_* */
} lode_added_entry;

/* Number the tokens as the library does: those of the vocabulary keep their ids, new ones
 * follow it in order. Of equal contents the last counts. After the normalizer and the
 * vocabulary; `room` is as many bytes as all contents. */
lode_status lode_tokenizer_add_tokens(lode_tokenizer *tokenizer, const lode_added_entry *entries,
                                      size_t count, lode_error *err);

/* BertNormalizer. strip_accents -1: as lowercase. */
lode_status lode_tokenizer_bert_normalizer(lode_tokenizer *tokenizer, bool clean_text,
                                           bool chinese_chars, int strip_accents, bool lowercase,
                                           lode_error *err);

/* [CLS] A [SEP], and [CLS] A [SEP] B [SEP] or, `doubled`, [CLS] A [SEP] [SEP] B [SEP] with
 * all types 0. */
lode_status lode_tokenizer_bert_template(lode_tokenizer *tokenizer, int32_t cls, int32_t sep,
                                         bool doubled, lode_error *err);

/* The last step: checks what the parts say of each other, builds the tables. */
lode_status lode_tokenizer_complete(lode_tokenizer *tokenizer, lode_error *err);

#endif
