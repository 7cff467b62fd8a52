/* Any bytes as Markdown, MDX, reStructuredText, plain text or code: what holds for every document
 * and its chunks. Input: a byte that chooses, then the text. */
#include <stdint.h>

#include "../index_document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const names[] = {"a.md", "a.rst", "a.mdx", "a.txt", "a.py"};
  if (size < 1) return 0;
  const lode_document_options options = {
      .name = names[data[0] % 5],
      .utf8 = (data[0] & 0x80) != 0 ? LODE_UTF8_REPLACE : LODE_UTF8_ERROR};
  fuzz_document(&options, data + 1, size - 1, 8 + (data[0] >> 3));
  return 0;
}
