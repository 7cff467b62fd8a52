/* Inside a tokenizer: shared by the files that make one and the one that runs it. */
#ifndef LODE_TEXT_TOKENIZER_PARTS_H
#define LODE_TEXT_TOKENIZER_PARTS_H

#include "text/added_tokens.h"
#include "text/json_fields.h"
#include "text/normalizer.h"
#include "text/pretokenizer.h"
#include "text/template.h"
#include "text/tokenizer.h"
#include "text/unigram.h"
#include "text/vocab.h"
#include "text/wordpiece.h"

/* The kind of an ASCII character that the normalizer does not turn into one other ASCII
 * character, and of all bytes that are not ASCII. */
enum { LODE_KIND_SLOW = 6 };

/* Metaspace: spaces become this character, one in front of the text as well, and a word begins
 * with each. */
typedef struct lode_metaspace {
  uint32_t replacement; /* 0: none of this */
  bool prepend;
  bool split; /* false: the text is one word */
} lode_metaspace;

struct lode_tokenizer {
  lode_arena arena; /* everything below lives here */
  lode_normalizer normalizer;
  uint8_t split; /* LODE_SPLIT_* */
  lode_vocab vocab;
  lode_wordpiece model; /* of Unigram no more than `unknown` and max_chars */
  bool is_unigram;
  bool whole; /* stretches of the text are normalized as a whole */
  lode_unigram unigram;
  lode_metaspace metaspace;
  lode_vocab added; /* the added tokens by their content */
  lode_added_set raw;
  lode_added_set normalized;
  lode_template single;
  lode_template pair;
  lode_truncation truncation;
  bool trim_spans; /* spans leave out white space (RobertaProcessing's trim_offsets) */
  bool add_prefix_space;
  bool drop_unknown; /* the model's unknown token is left out of the result */
  /* What the normalizer and the pre-tokenizer make of each ASCII character. */
  uint8_t ascii_to[256];
  uint8_t ascii_kind[256];  /* LODE_KIND_* */
  int32_t ascii_alone[128]; /* token of an ASCII character that is a word of its own */
};

/* An empty one; NULL: out of memory. */
lode_tokenizer *lode_tokenizer_new(void);

/* An added token as a file gives it. */
typedef struct lode_added_entry {
  const char *content; /* not empty, lives as long as the tokenizer */
  size_t size;
  int64_t id;    /* by the file, which decides their order alone */
  size_t order;  /* while sorting */
  bool if_new;   /* left out where there is such a token, or it would need an id at the limit */
  uint8_t flags; /* LODE_ADDED_* */
} lode_added_entry;

/* Zero-initialise it; grows in an arena. */
typedef struct lode_added_list {
  lode_added_entry *items;
  size_t count;
  size_t capacity;
} lode_added_list;
/* False: out of memory. */
bool lode_added_list_push(lode_added_list *list, lode_arena *arena, lode_added_entry entry);
/* By id; of several with one id, the last. */
void lode_added_list_sort(lode_added_list *list);

/* Number the tokens as the library does: those of the vocabulary keep their ids, new ones
 * follow it in order. Of equal contents the last counts. After the normalizer and the
 * vocabulary. The list is used up. `id_limit` is for tokens that are added only if new. */
lode_status lode_tokenizer_add_tokens(lode_tokenizer *tokenizer, lode_added_list *list,
                                      int64_t id_limit, lode_error *err);

/* ---- tokenizer_config.c: what tokenizer_config.json and its like say */

enum {
  LODE_NAMED_BOS,
  LODE_NAMED_EOS,
  LODE_NAMED_UNK,
  LODE_NAMED_SEP,
  LODE_NAMED_PAD,
  LODE_NAMED_CLS,
  LODE_NAMED_MASK,
  LODE_NAMED_COUNT,
};

typedef struct lode_tokenizer_config {
  bool bert; /* BertTokenizer, which takes the vocabulary and makes the rest by itself; false:
                tokenizer.json as it stands */
  bool lowercase;
  bool chinese_chars;
  int strip_accents;                        /* -1: as lowercase */
  int truncate_left;                        /* -1: as tokenizer.json has it */
  lode_added_entry named[LODE_NAMED_COUNT]; /* size 0: none */
  lode_added_list like_named;               /* members whose names end in "_token" */
  lode_added_list extra;                    /* special tokens without a name */
  size_t known_extra;                       /* of them, when added_tokens.json is read */
  bool has_extra;                           /* a list of them, be it empty, has been read */
  lode_added_list added;
  bool added_is_all; /* tokenizer.json's own added tokens are not read */
  int64_t id_limit;
} lode_tokenizer_config;

/* BertTokenizer's defaults. */
lode_tokenizer_config lode_tokenizer_config_bert(void);
/* Strings are in the arena. */
lode_status lode_tokenizer_config_read(const lode_tokenizer_files *files, lode_arena *arena,
                                       lode_tokenizer_config *out, lode_error *err);

/* ---- the two sources of a vocabulary */

/* `config` NULL: the file alone. */
lode_status lode_tokenizer_load_json(lode_tokenizer *tokenizer, lode_text json,
                                     const lode_tokenizer_config *config, lode_error *err);
lode_status lode_tokenizer_load_vocab(lode_tokenizer *tokenizer, lode_text vocab,
                                      const lode_tokenizer_config *config, lode_error *err);

/* ---- tokenizer_unigram.c: parts of tokenizer.json that come with Unigram */

lode_status lode_tokenizer_load_unigram(lode_tokenizer *tokenizer, const lode_fields *f,
                                        lode_json_ref model);
lode_status lode_tokenizer_load_metaspace(lode_tokenizer *tokenizer, const lode_fields *f,
                                          lode_json_ref ref);
lode_status lode_tokenizer_load_replace(lode_tokenizer *tokenizer, const lode_fields *f,
                                        lode_json_ref ref);
lode_status lode_tokenizer_load_strip(lode_tokenizer *tokenizer, const lode_fields *f,
                                      lode_json_ref ref);

/* ---- tokenizer.c: steps that both take */

/* WordPiece over the vocabulary that has been loaded, the normalizer, the pre-tokenizer. */
lode_status lode_tokenizer_bert_begin(lode_tokenizer *tokenizer,
                                      const lode_tokenizer_config *config, lode_error *err);
/* Add `from_file` (tokenizer.json's, in its order) and the tokens of `config`. */
lode_status lode_tokenizer_config_tokens(lode_tokenizer *tokenizer,
                                         const lode_tokenizer_config *config,
                                         lode_added_list *from_file, lode_error *err);
/* The template, once there are all tokens. */
lode_status lode_tokenizer_bert_end(lode_tokenizer *tokenizer, const lode_tokenizer_config *config,
                                    lode_error *err);

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
