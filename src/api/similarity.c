#include <math.h>

#include "lode.h"

enum { LANES = 8 };

/* In double: no overflow, and the rounding of a float sum does not show in the result. */
static double lanes_sum(const double *lane) {
  double sum = 0;
  for (int i = 0; i < LANES; i++) sum += lane[i];
  return sum;
}

float lode_similarity(const float *a, const float *b, size_t dim) {
  double ab[LANES] = {0};
  double aa[LANES] = {0};
  double bb[LANES] = {0};
  for (size_t i = 0; i < dim; i++) {
    const double x = a[i];
    const double y = b[i];
    ab[i % LANES] += x * y;
    aa[i % LANES] += x * x;
    bb[i % LANES] += y * y;
  }
  const double norms = sqrt(lanes_sum(aa)) * sqrt(lanes_sum(bb));
  if (!(norms > 0)) return 0;
  const double cosine = lanes_sum(ab) / norms;
  return (float)(cosine > 1 ? 1 : cosine < -1 ? -1 : cosine);
}
