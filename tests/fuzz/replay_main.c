/* Stands in for libFuzzer in an ordinary build: gives every file named on the command line,
 * or lying in a folder named there, to the fuzz target once. Crashes are findings; so is an
 * empty corpus, because then nothing was tried. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path) {
  FILE *f = fopen(path, "rb");
  struct stat st;
  if (!f || fstat(fileno(f), &st) != 0) {
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    if (f) fclose(f);
    return -1;
  }
  const size_t size = (size_t)st.st_size;
  /* Exactly as long as the input, so that a read past its end is seen by a sanitizer. */
  uint8_t *data = malloc(size ? size : 1);
  const size_t got = data ? fread(data, 1, size, f) : 0;
  fclose(f);
  if (!data || got != size) {
    fprintf(stderr, "%s: could not be read\n", path);
    free(data);
    return -1;
  }
  LLVMFuzzerTestOneInput(data, size);
  free(data);
  return 1;
}

/* Files replayed, or -1. */
static int replay_folder(const char *path) {
  struct dirent **entries = NULL;
  const int n = scandir(path, &entries, NULL, alphasort);
  if (n < 0) {
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    return -1;
  }
  int replayed = 0;
  for (int i = 0; i < n; i++) {
    char *file = NULL;
    if (replayed >= 0 && entries[i]->d_name[0] != '.') {
      if (asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0) file = NULL;
      replayed = file && replay_file(file) > 0 ? replayed + 1 : -1;
      free(file);
    }
    free(entries[i]);
  }
  free(entries);
  return replayed;
}

int main(int argc, char **argv) {
  int replayed = 0;
  for (int i = 1; i < argc; i++) {
    struct stat st;
    const int folder = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode);
    const int n = folder ? replay_folder(argv[i]) : replay_file(argv[i]);
    if (n < 0) return EXIT_FAILURE;
    replayed += n;
  }
  printf("%d inputs replayed\n", replayed);
  return replayed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
