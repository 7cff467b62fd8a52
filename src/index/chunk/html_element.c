#include "index/chunk/html_element.h"

#include <string.h>

enum { LONGEST_NAME = 10 }; /* blockquote, figcaption */

static const struct {
  char name[LONGEST_NAME + 1];
  uint8_t flags;
} elements[HTML_COUNT] = {{"", 0},
#define INLINE HTML_INLINE
#define VOID HTML_VOID
#define SPECIAL HTML_SPECIAL
#define BLOCK HTML_BLOCK
#define SKIP HTML_SKIP
#define FORMAT HTML_FORMAT
#define ELEMENT(name, flags) {#name, flags},
                          LODE_HTML_ELEMENTS(ELEMENT)
#undef ELEMENT
};

lode_html_element lode_html_element_of(const char *name, size_t size) {
  if (size > LONGEST_NAME) return HTML_OTHER;
  char lower[LONGEST_NAME + 1] = {0};
  for (size_t i = 0; i < size; i++) {
    lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + ('a' - 'A') : name[i]);
  }
  size_t low = 1;
  size_t high = HTML_COUNT;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const int order = strcmp(elements[middle].name, lower);
    if (order == 0) return (lode_html_element)middle;
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return HTML_OTHER;
}

uint8_t lode_html_element_flags(lode_html_element element) {
  return elements[element].flags;
}
