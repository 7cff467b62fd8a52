/* Walks a folder for scripts: "+ name" for each file, "- path: reason" for what is skipped.
 *
 *   index_walk_driver ROOT [hidden] [noignore] [follow] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "index/files/walk.h"

static lode_status print_file(void *user, const lode_walk_file *file, lode_error *err) {
  (void)user;
  (void)err;
  printf("+ %s\n", file->name);
  return LODE_OK;
}

static void print_skipped(void *user, const char *path, lode_skip reason, int error) {
  (void)user;
  (void)error;
  printf("- %s: %s\n", path, lode_skip_text(reason));
}

int main(int argc, char **argv) {
  if (argc < 2) return EXIT_FAILURE;
  lode_walk_options options = {0};
  for (int i = 2; i < argc; i++) {
    options.hidden = options.hidden || strcmp(argv[i], "hidden") == 0;
    options.no_ignore = options.no_ignore || strcmp(argv[i], "noignore") == 0;
    options.follow = options.follow || strcmp(argv[i], "follow") == 0;
  }
  const lode_walk_visitor visitor = {.file = print_file, .skipped = print_skipped};
  lode_error err;
  if (lode_walk(argv[1], &options, &visitor, &err) == LODE_OK) return EXIT_SUCCESS;
  fprintf(stderr, "%s\n", err.text);
  return EXIT_FAILURE;
}
