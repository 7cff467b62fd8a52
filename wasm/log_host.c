/* The host's logarithm in the place of the C library's, whose tables are 4 KB. Both are right to
 * the last bit or the one before it. */
#include <math.h>

__attribute__((import_module("lode"), import_name("log"))) double host_log(double x);

double log(double x) {
  return host_log(x);
}
