/* tokenizer.json from anyone: it is refused with an error, or it makes a tokenizer that works.
 * Input: a JSON text, or a vocab.txt where it does not begin with "{". */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
  if (!condition) abort();
}

static void use(const lode_tokenizer *tokenizer) {
  static const char text[] =
      "The quick [MASK] br\xc3\xb6wn f\xcc\x81ox <e>  ab \xe6\x9d\xb1\xe4\xba\xac ##ing! a\0b";
  const lode_text texts[] = {{text, sizeof text - 1}, {"new york", 8}, {"", 0}};
  const int32_t limit = lode_tokenizer_size(tokenizer);
  lode_encoding e = {0};
  for (size_t i = 0; i < 3; i++) {
    for (size_t max = 0; max < 12; max += 5) {
      const lode_encode_options options = {.max_tokens = max, .spans = true};
      const lode_text *pair = max == 5 ? &texts[0] : NULL;
      const lode_status status =
          lode_tokenizer_encode(tokenizer, texts[i], pair, &options, &e, NULL);
      if (status != LODE_OK) {
        require(max > 0 && (status == LODE_E_ARG || status == LODE_E_TOO_LONG));
        continue;
      }
      for (size_t k = 0; k < e.count; k++) {
        require(e.ids[k] >= 0 && e.ids[k] < limit);
        require(lode_tokenizer_piece(tokenizer, e.ids[k]) != NULL || e.special[k] != 0);
        require(e.spans[k].begin <= e.spans[k].end && e.spans[k].end <= sizeof text);
      }
    }
  }
  lode_encoding_free(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = (const char *)data;
  lode_tokenizer *tokenizer = NULL;
  lode_error err = {0};
  lode_status status;
  if (size > 0 && data[0] != '{') {
    const lode_vocab_options options = {.lowercase = true, .strip_accents = -1};
    status = lode_tokenizer_from_vocab(text, size, &options, &tokenizer, &err);
  } else {
    status = lode_tokenizer_from_json(text, size, &tokenizer, &err);
  }
  if (status != LODE_OK) {
    require(tokenizer == NULL && err.code == status && err.text[0] != '\0');
    return 0;
  }
  use(tokenizer);
  lode_tokenizer_free(tokenizer);
  return 0;
}
