/* Any bytes as an HTML page: what holds for every document and its chunks. Input: a byte of
 * options, then the page. */
#include <stdint.h>

#include "../index_document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1) return 0;
  const lode_document_options options = {
      .format = LODE_FORMAT_HTML,
      .utf8 = (data[0] & 1) != 0 ? LODE_UTF8_REPLACE : LODE_UTF8_ERROR,
      .charset = (data[0] & 2) != 0 ? "latin1" : NULL};
  const uint32_t max_tokens = 8 + (data[0] >> 2);
  fuzz_document(&options, data + 1, size - 1, max_tokens);
  return 0;
}
