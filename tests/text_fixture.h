/* A small tokenizer for the tests of src/text, and its results as text. */
#ifndef LODE_TESTS_TEXT_FIXTURE_H
#define LODE_TESTS_TEXT_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/tokenizer.h"

/* The parts of a tokenizer.json; NULL: what a BERT model has. */
typedef struct fixture {
  const char *normalizer;
  const char *pre_tokenizer;
  const char *post_processor;
  const char *added; /* more added tokens, each beginning with a comma */
  const char *truncation;
  const char *model;
} fixture;

#define FIXTURE_BERT_NORMALIZER(clean, chinese, accents, lower)                               \
  "{\"type\":\"BertNormalizer\",\"clean_text\":" #clean ",\"handle_chinese_chars\":" #chinese \
  ",\"strip_accents\":" #accents ",\"lowercase\":" #lower "}"

#define FIXTURE_TOKEN(content, single, left, right, normalized)                         \
  "{\"id\":0,\"content\":\"" content "\",\"single_word\":" #single ",\"lstrip\":" #left \
  ",\"rstrip\":" #right ",\"normalized\":" #normalized ",\"special\":false}"

#define FIXTURE_TEMPLATE                                                      \
  "{\"type\":\"TemplateProcessing\",\"single\":["                             \
  "{\"SpecialToken\":{\"id\":\"[CLS]\",\"type_id\":0}},"                      \
  "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},"                              \
  "{\"SpecialToken\":{\"id\":\"[SEP]\",\"type_id\":0}}],\"pair\":["           \
  "{\"SpecialToken\":{\"id\":\"[CLS]\",\"type_id\":0}},"                      \
  "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},"                              \
  "{\"SpecialToken\":{\"id\":\"[SEP]\",\"type_id\":0}},"                      \
  "{\"Sequence\":{\"id\":\"B\",\"type_id\":1}},"                              \
  "{\"SpecialToken\":{\"id\":\"[SEP]\",\"type_id\":1}}],\"special_tokens\":{" \
  "\"[CLS]\":{\"id\":\"[CLS]\",\"ids\":[2],\"tokens\":[\"[CLS]\"]},"          \
  "\"[SEP]\":{\"id\":\"[SEP]\",\"ids\":[3],\"tokens\":[\"[SEP]\"]}}}"

#define FIXTURE_VOCAB                                                                            \
  "{\"[PAD]\":0,\"[UNK]\":1,\"[CLS]\":2,\"[SEP]\":3,\"[MASK]\":4,\"the\":5,\"quick\":6,"         \
  "\"brown\":7,\"fox\":8,\"jump\":9,\"##ed\":10,\"##s\":11,\"over\":12,\"un\":13,\"##want\":14," \
  "\"##ed\\u0301\":15,\"caf\":16,\"##e\":17,\"cafe\":18,\"caf\\u00e9\":19,\"\\u6771\":20,"       \
  "\"\\u4eac\":21,\"!\":22,\",\":23,\"##\\u0301\":24,\"i\":25,\"##\\u0307\":26,\"a\":27,"        \
  "\"##a\":28,\"##aa\":29,\"new\":30,\"york\":31,\"_\":32,\"x\":33,\"##y\":34}"

#define FIXTURE_MODEL(limit)                                                              \
  "{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":\"##\"," \
  "\"max_input_chars_per_word\":" #limit ",\"vocab\":" FIXTURE_VOCAB "}"

#define FIXTURE_UNIGRAM(unknown, more)                                                        \
  "{\"type\":\"Unigram\",\"unk_id\":" #unknown                                                \
  ",\"vocab\":[[\"[PAD]\",0],[\"[UNK]\",0],[\"[CLS]\",0],[\"[SEP]\",0],[\"[MASK]\",0],"       \
  "[\"\u2581the\",-1],[\"\u2581\",-4],[\"fox\",-2],[\"\u2581fo\",-2.5],[\"x\",-3],[\"f\",-9]" \
  "]" more "}"
#define FIXTURE_METASPACE(scheme, split)                                            \
  "{\"type\":\"Metaspace\",\"replacement\":\"\u2581\",\"prepend_scheme\":\"" scheme \
  "\",\"split\":" #split "}"
/* Spaces around "!", none at the ends, and never two of them. */
#define FIXTURE_SPACED                                                                     \
  "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Replace\",\"pattern\":{\"String\":" \
  "\"!\"},\"content\":\" ! \"},{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"\\\\s+\"},"  \
  "\"content\":\" \"},{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true}]}"

/* tokenizer.json of the fixture, from malloc. */
static inline char *fixture_json(const fixture *f) {
  static const char format[] =
      "{\"version\":\"1.0\",\"truncation\":%s,\"padding\":null,\"added_tokens\":["
      "{\"id\":3,\"content\":\"[SEP]\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,"
      "\"normalized\":false,\"special\":true},"
      "{\"id\":4,\"content\":\"[MASK]\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,"
      "\"normalized\":false,\"special\":true}%s],"
      "\"normalizer\":%s,\"pre_tokenizer\":%s,\"post_processor\":%s,\"decoder\":null,\"model\":%s}";
  enum { SIZE = 16384 };
  char *json = malloc(SIZE);
  if (json == NULL) abort();
  const int n = snprintf(
      json, SIZE, format, f->truncation != NULL ? f->truncation : "null",
      f->added != NULL ? f->added : "",
      f->normalizer != NULL ? f->normalizer : FIXTURE_BERT_NORMALIZER(true, true, null, true),
      f->pre_tokenizer != NULL ? f->pre_tokenizer : "{\"type\":\"BertPreTokenizer\"}",
      f->post_processor != NULL ? f->post_processor : FIXTURE_TEMPLATE,
      f->model != NULL ? f->model : FIXTURE_MODEL(100));
  if (n < 0 || n >= SIZE) abort();
  return json;
}

/* Loaded; the status is LODE_OK or err has the reason. */
static inline lode_status fixture_load(const fixture *f, lode_tokenizer **out, lode_error *err) {
  char *json = fixture_json(f);
  const lode_status status = lode_tokenizer_from_json(json, strlen(json), out, err);
  free(json);
  return status;
}

/* Tokens as "piece" or "piece[begin,end]" with spaces between, in `text`. */
static inline void fixture_render(const lode_tokenizer *tokenizer, const lode_encoding *e,
                                  char *text, size_t size) {
  size_t used = 0;
  text[0] = '\0';
  for (size_t i = 0; i < e->count; i++) {
    const char *piece = lode_tokenizer_piece(tokenizer, e->ids[i]);
    int n = snprintf(text + used, size - used, "%s%s", i > 0 ? " " : "", piece);
    if (n < 0 || (size_t)n >= size - used) abort();
    used += (size_t)n;
    if (e->special[i] != 0 || e->spans == NULL) continue;
    n = snprintf(text + used, size - used, "[%u,%u]", e->spans[i].begin, e->spans[i].end);
    if (n < 0 || (size_t)n >= size - used) abort();
    used += (size_t)n;
  }
}

#endif
