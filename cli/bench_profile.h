/* Where a forward pass spends its time, summed over the layers. */
#ifndef LODE_CLI_BENCH_PROFILE_H
#define LODE_CLI_BENCH_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench_texts.h"
#include "session.h"

typedef struct cli_bench_part {
  const char *name;
  int64_t in, out; /* of a linear op; 0, 0: no shape */
  double seconds;
  double flops; /* 0: neither a linear op nor an attention */
} cli_bench_part;

/* Zero-initialised: none. */
typedef struct cli_bench_profile {
  cli_bench_part *parts; /* in the order in which a text meets them first */
  size_t count;
  size_t texts; /* that were embedded in one call */
  int64_t calls;
  double seconds; /* of all parts together: the call's */
  double outside; /* of them outside of linear ops' products and attention */
} cli_bench_profile;

/* Profile calls of one thread with the first texts, 4,096 tokens or one text at least, for
 * `seconds`; the fastest one counts. */
cli_status cli_bench_profile_take(const cli_session *session, const cli_bench_texts *texts,
                                  int64_t tokens, double seconds, cli_bench_profile *out,
                                  cli_error *err);
void cli_bench_profile_free(cli_bench_profile *profile);

#endif
