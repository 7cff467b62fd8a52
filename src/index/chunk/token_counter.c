#include "index/chunk/chunks.h"

static lode_status tokenizer_spans(void *user, const char *text, size_t size,
                                   const lode_span **spans, size_t *count, lode_error *err) {
  lode_tokenizer_counting *c = user;
  const lode_encode_options options = {.no_special = true, .spans = true};
  const lode_status status = lode_tokenizer_encode(c->tokenizer, (lode_text){text, size}, NULL,
                                                   &options, &c->encoding, err);
  if (status != LODE_OK) return status;
  *spans = c->encoding.spans;
  *count = c->encoding.count;
  return LODE_OK;
}

lode_token_counter lode_tokenizer_counter(lode_tokenizer_counting *counting) {
  return (lode_token_counter){.user = counting, .spans = tokenizer_spans};
}
