/* at_isa LEVEL PROGRAM [ARGUMENT...]: run a test with LODE_ISA=LEVEL, or skip it (exit
 * status 77, as ctest knows it) where the machine lacks that level: the library itself would
 * then quietly use the level below, and the test would claim what it did not try. */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cpu.h"

enum { EXIT_SKIPPED = 77, EXIT_CANNOT_RUN = 126 };

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: %s LEVEL PROGRAM [ARGUMENT...]\n", argv[0]);
    return EXIT_FAILURE;
  }
  const char *level = argv[1];
  bool known = false;
  const char *reached = lode_isa_name(lode_cpu_isa(lode_cpu_features(level, &known)));
  if (!known) {
    fprintf(stderr, "%s: no such ISA level: %s\n", argv[0], level);
    return EXIT_FAILURE;
  }
  if (strcmp(reached, level) != 0) {
    printf("skipped: this machine has no %s, only %s\n", level, reached);
    return EXIT_SKIPPED;
  }
  if (setenv("LODE_ISA", level, 1) != 0) {
    perror("setenv");
    return EXIT_CANNOT_RUN;
  }
  execvp(argv[2], argv + 2);
  perror(argv[2]);
  return EXIT_CANNOT_RUN;
}
