/* A tokenizer as simple as can be: each run of letters and digits is a token for every four bytes
 * of it, anything else that is no white space is one. */
#ifndef LODE_TESTS_INDEX_CHUNKS_H
#define LODE_TESTS_INDEX_CHUNKS_H

#include "index/chunk/chunks.h"

typedef struct simple_tokens {
  lode_buffer spans;
  size_t calls;
} simple_tokens;

static inline void simple_tokens_free(simple_tokens *tokens) {
  lode_buffer_free(&tokens->spans);
}

static inline lode_status simple_spans(void *user, const char *text, size_t size,
                                       const lode_span **spans, size_t *count, lode_error *err) {
  simple_tokens *t = user;
  t->calls++;
  if (!lode_buffer_reserve(&t->spans, size, sizeof(lode_span), 0)) return lode_error_nomem(err);
  lode_span *out = t->spans.data;
  size_t n = 0;
  for (size_t at = 0; at < size;) {
    const unsigned char c = (unsigned char)text[at];
    const bool word = (c >= '0' && c <= '9') || (c | 0x20u) - 'a' < 26u;
    size_t end = at + 1;
    if (word) {
      while (end < size && end - at < 4 &&
             ((text[end] >= '0' && text[end] <= '9') ||
              ((text[end] | 0x20) >= 'a' && (text[end] | 0x20) <= 'z'))) {
        end++;
      }
    } else {
      while (end < size && ((unsigned char)text[end] & 0xc0) == 0x80) end++;
    }
    if (c > ' ') out[n++] = (lode_span){(uint32_t)at, (uint32_t)end};
    at = end;
  }
  *spans = out;
  *count = n;
  return LODE_OK;
}

static inline lode_token_counter simple_counter(simple_tokens *tokens) {
  return (lode_token_counter){.user = tokens, .spans = simple_spans};
}

#endif
