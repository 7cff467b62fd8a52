/* Any text through tokenizers like those of real models, checking what every result has in
 * common. Input: a byte of options, a byte for max_tokens, then the text; a 0xff divides it
 * into a pair. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../text_fixture.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
  if (!condition) abort();
}

static const fixture fixtures[] = {
    {0},
    {.normalizer = FIXTURE_BERT_NORMALIZER(true, true, false, false)},
    {.added = "," FIXTURE_TOKEN("New York", true, true, true, true) "," FIXTURE_TOKEN(
         "<e>", true, true, true, false)},
    {.normalizer = "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFD\"},"
                   "{\"type\":\"Lowercase\"},{\"type\":\"StripAccents\"}]}",
     .pre_tokenizer = "{\"type\":\"Whitespace\"}",
     .truncation = "{\"direction\":\"Left\",\"strategy\":\"LongestFirst\"}",
     .model = FIXTURE_MODEL(5)},
};
enum { FIXTURES = sizeof fixtures / sizeof *fixtures };

static bool is_boundary(lode_text text, uint32_t at) {
  return at == text.size || (at < text.size && ((uint8_t)text.data[at] & 0xc0) != 0x80);
}

static void check(const lode_tokenizer *tokenizer, const lode_text texts[2],
                  const lode_encode_options *options, const lode_encoding *e) {
  require(options->max_tokens == 0 || e->count <= options->max_tokens);
  uint32_t last[2] = {0};
  for (size_t i = 0; i < e->count; i++) {
    require(lode_tokenizer_piece(tokenizer, e->ids[i]) != NULL);
    const uint8_t which = e->sequence[i];
    const lode_span span = e->spans[i];
    require(which < 2);
    if (e->special[i] != 0) {
      require(span.begin == 0 && span.end == 0);
      continue;
    }
    require(span.begin < span.end && span.end <= texts[which].size);
    require(is_boundary(texts[which], span.begin) && is_boundary(texts[which], span.end));
    require(span.begin >= last[which]); /* pieces of one character may share it */
    last[which] = span.begin;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static lode_tokenizer *tokenizers[FIXTURES]; /* made once: they are what is not fuzzed */
  if (size < 2) return 0;
  const size_t f = data[0] % FIXTURES;
  if (tokenizers[f] == NULL) {
    require(fixture_load(&fixtures[f], &tokenizers[f], NULL) == LODE_OK);
  }
  const uint8_t *middle = memchr(data + 2, 0xff, size - 2);
  const size_t first = middle != NULL ? (size_t)(middle - data) - 2 : size - 2;
  const lode_text raw[2] = {
      {(const char *)data + 2, first},
      {(const char *)data + 3 + first, middle != NULL ? size - 3 - first : 0}};
  lode_text texts[2];
  for (size_t k = 0; k < 2; k++) {
    char *text = malloc(3 * raw[k].size + 1);
    size_t replaced;
    require(text != NULL);
    texts[k].data = text;
    texts[k].size = lode_utf8_replace(text, raw[k].data, raw[k].size, &replaced);
  }
  const lode_encode_options options = {
      .max_tokens = data[1], .no_special = (data[0] & 0x80) != 0, .spans = true};
  const lode_text *pair = middle != NULL ? &texts[1] : NULL;
  lode_encoding e = {0};
  const lode_status status =
      lode_tokenizer_encode(tokenizers[f], texts[0], pair, &options, &e, NULL);
  if (status == LODE_OK) {
    check(tokenizers[f], texts, &options, &e);
    /* Truncation only takes away. */
    const size_t count = e.count + e.left_out;
    const lode_encode_options all = {.no_special = options.no_special, .spans = true};
    require(lode_tokenizer_encode(tokenizers[f], texts[0], pair, &all, &e, NULL) == LODE_OK);
    require(e.count == count && e.left_out == 0);
  } else {
    require(status == LODE_E_ARG && options.max_tokens < 3);
  }
  lode_encoding_free(&e);
  free((char *)texts[0].data);
  free((char *)texts[1].data);
  return 0;
}
