/* Any bytes as an ignore file and a path. Input: the path, a zero byte, the file. A file that is
 * added twice answers the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "index/files/ignore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
  if (!condition) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint8_t *zero = memchr(data, 0, size);
  if (zero == NULL) return 0;
  const char *path = (const char *)data;
  const size_t path_size = (size_t)(zero - data);
  const char *text = (const char *)zero + 1;
  const size_t text_size = size - path_size - 1;
  lode_ignore ignore = {0};
  require(lode_ignore_add(&ignore, text, text_size, NULL) == LODE_OK);
  for (int directory = 0; directory < 2; directory++) {
    const lode_ignore_answer once = lode_ignore_match(&ignore, path, path_size, directory);
    lode_ignore twice = {0};
    require(lode_ignore_add(&twice, text, text_size, NULL) == LODE_OK);
    require(lode_ignore_add(&twice, "\n", 1, NULL) == LODE_OK);
    require(lode_ignore_add(&twice, text, text_size, NULL) == LODE_OK);
    require(lode_ignore_match(&twice, path, path_size, directory) == once);
    lode_ignore_free(&twice);
  }
  lode_ignore_free(&ignore);
  return 0;
}
