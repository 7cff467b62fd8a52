/* Any tokenizer_config.json, special_tokens_map.json and added_tokens.json around a good
 * tokenizer.json or vocab.txt: a tokenizer that works, or an error. Input: the three files with
 * a 0xff between them, a first byte of options. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../text_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
  if (!condition) abort();
}

/* The part before the next 0xff, which is taken off. */
static lode_text next_part(const uint8_t **data, size_t *size) {
  if (*size == 0) return (lode_text){NULL, 0};
  const uint8_t *end = memchr(*data, 0xff, *size);
  const size_t n = end != NULL ? (size_t)(end - *data) : *size;
  const lode_text part = {(const char *)*data, n};
  *data += end != NULL ? n + 1 : n;
  *size -= end != NULL ? n + 1 : n;
  return part;
}

static void use(const lode_tokenizer *tokenizer) {
  static const char text[] = "The quick [MASK] br\xc3\xb6wn <e> New York \xe6\x9d\xb1 [X]";
  lode_encoding e = {0};
  const lode_encode_options options = {.max_tokens = 12, .spans = true};
  const lode_status status = lode_tokenizer_encode(tokenizer, (lode_text){text, sizeof text - 1},
                                                   NULL, &options, &e, NULL);
  require(status == LODE_OK || status == LODE_E_ARG);
  for (size_t i = 0; i < e.count && status == LODE_OK; i++) {
    require(e.ids[i] >= 0 && e.ids[i] < lode_tokenizer_size(tokenizer));
    require(lode_tokenizer_piece(tokenizer, e.ids[i]) != NULL);
  }
  lode_encoding_free(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char vocab[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nthe\nquick\nnew\nyork\n";
  if (size == 0) return 0;
  const uint8_t options = *data++;
  size--;
  static const fixture plain = {0};
  char *json = fixture_json(&plain);
  lode_tokenizer_files files = {
      .model_type = (options & 1) != 0 ? "roberta" : "bert",
      .tokenizer_class = (options & 2) != 0 ? "PreTrainedTokenizerFast" : NULL,
      .id_limit = 40,
  };
  if ((options & 4) != 0) {
    files.vocab_txt = (lode_text){vocab, sizeof vocab - 1};
  } else {
    files.tokenizer_json = (lode_text){json, strlen(json)};
  }
  files.tokenizer_config = next_part(&data, &size);
  files.special_tokens_map = next_part(&data, &size);
  files.added_tokens = next_part(&data, &size);
  lode_tokenizer *tokenizer = NULL;
  lode_error err = {0};
  const lode_status status = lode_tokenizer_from_files(&files, &tokenizer, &err);
  free(json);
  if (status != LODE_OK) {
    require(tokenizer == NULL && err.code == status && err.text[0] != '\0');
    return 0;
  }
  use(tokenizer);
  lode_tokenizer_free(tokenizer);
  return 0;
}
