#include "stats.h"

#include <math.h>
#include <stdlib.h>

double cli_pearson(const double *x, const double *y, size_t n) {
  double mean_x = 0, mean_y = 0;
  for (size_t i = 0; i < n; i++) {
    mean_x += x[i] / (double)n;
    mean_y += y[i] / (double)n;
  }
  double xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < n; i++) {
    double dx = x[i] - mean_x, dy = y[i] - mean_y;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  return xx > 0 && yy > 0 ? xy / (sqrt(xx) * sqrt(yy)) : 0;
}

typedef struct placed {
  double value;
  size_t index;
} placed;

static int by_value(const void *a, const void *b) {
  double x = ((const placed *)a)->value, y = ((const placed *)b)->value;
  return (x > y) - (x < y);
}

int cli_ranks(double *x, size_t n) {
  if (n == 0) return 0;
  placed *order = calloc(n, sizeof *order);
  if (order == NULL) return -1;
  for (size_t i = 0; i < n; i++) order[i] = (placed){x[i], i};
  qsort(order, n, sizeof *order, by_value);
  for (size_t first = 0, last; first < n; first = last) {
    for (last = first + 1; last < n && order[last].value == order[first].value; last++) {
    }
    double mean = ((double)first + 1 + (double)last) / 2; /* of first+1 … last */
    for (size_t i = first; i < last; i++) x[order[i].index] = mean;
  }
  free(order);
  return 0;
}
