/* qsort in the place of the C library's, for the reader by words: heapsort, a fifth of its size. */
#include <stddef.h>
#include <stdlib.h>

typedef int compare(const void *a, const void *b);

static void swap(unsigned char *a, unsigned char *b, size_t size) {
  for (size_t i = 0; i < size; i++) {
    const unsigned char byte = a[i];
    a[i] = b[i];
    b[i] = byte;
  }
}

/* What is at `root` of a heap of n goes down to where it belongs. */
static void sink(unsigned char *list, size_t root, size_t n, size_t size, compare *order) {
  for (size_t child = 2 * root + 1; child < n; child = 2 * root + 1) {
    if (child + 1 < n && order(list + child * size, list + (child + 1) * size) < 0) child++;
    if (order(list + root * size, list + child * size) >= 0) return;
    swap(list + root * size, list + child * size, size);
    root = child;
  }
}

void qsort(void *base, size_t count, size_t size, compare *order) {
  unsigned char *list = base;
  for (size_t root = count / 2; root-- > 0;) sink(list, root, count, size, order);
  for (size_t n = count; n-- > 1;) {
    swap(list, list + n * size, size);
    sink(list, 0, n, size, order);
  }
}
