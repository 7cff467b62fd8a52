/* The rest of a kernel, from its file's dot_element, the type of b, and
 * add_products(a, b, sums): 64 products into the sums of as many lanes. */
#ifndef LODE_KERNELS_DOT_DOT_LANES_H
#define LODE_KERNELS_DOT_DOT_LANES_H

static float run(size_t n, const float *a, const dot_element *b) {
  const size_t whole = n - n % LODE_SUM64_LANES;
  lanes_f32 sums[SUM64_VECTORS];
#pragma GCC unroll 16
  for (size_t v = 0; v < SUM64_VECTORS; v++) sums[v] = lanes_set(0.0f);
  for (size_t i = 0; i < whole; i += LODE_SUM64_LANES) add_products(a + i, b + i, sums);
  if (whole < n) {
    float rest_a[LODE_SUM64_LANES];
    dot_element rest_b[LODE_SUM64_LANES] = {0};
    sum64_rest(n - whole, a + whole, rest_a);
    memcpy(rest_b, b + whole, (n - whole) * sizeof *b);
    add_products(rest_a, rest_b, sums);
  }
  return sum64_total(sums);
}

#endif
