/* How well two columns of numbers agree. */
#ifndef LODE_CLI_STATS_H
#define LODE_CLI_STATS_H

#include <stddef.h>

/* Pearson's correlation of x[n] and y[n]; 0 when either is constant. */
double cli_pearson(const double *x, const double *y, size_t n);
/* Turn x[n] into ranks from 1; equal values share the mean of their ranks, as SciPy's
 * rankdata has it. Nonzero: out of memory. */
int cli_ranks(double *x, size_t n);

#endif
