#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* CPU_COUNT */
#endif
#include "threads.h"

#include <sched.h>

int64_t cli_thread_count(const cli_options *options) {
  if (options->threads > 0) return options->threads;
  cpu_set_t cpus;
  if (sched_getaffinity(0, sizeof cpus, &cpus) != 0) return 1;
  return CPU_COUNT(&cpus);
}
