/* consumer MODEL_DIR: the public interface from a C program outside the project. */
#include <lode.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                      \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      exit(EXIT_FAILURE);                                                     \
    }                                                                         \
  } while (0)

int main(int argc, char **argv) {
  CHECK(argc == 2);
  char version[32];
  snprintf(version, sizeof version, "%d.%d.%d", LODE_VERSION_MAJOR, LODE_VERSION_MINOR,
           LODE_VERSION_PATCH);
  printf("lode %s\n", lode_version());
  for (size_t i = 0; version[i]; i++) CHECK(version[i] == lode_version()[i]);

  lode_error err;
  lode_model *model = NULL;
  CHECK(lode_model_open("/nonexistent", NULL, &model, &err) == LODE_E_NOT_FOUND);
  CHECK(model == NULL && err.code == LODE_E_NOT_FOUND && err.text[0] != '\0');
  if (lode_model_open(argv[1], NULL, &model, &err) != LODE_OK) {
    fprintf(stderr, "%s\n", err.text);
    return EXIT_FAILURE;
  }

  lode_context *ctx = NULL;
  CHECK(lode_context_new(model, NULL, &ctx, &err) == LODE_OK);
  const lode_text texts[2] = {{"a b c", 5}, {"a b c", 5}};
  const size_t dim = (size_t)lode_model_dim(model);
  CHECK(dim > 0);
  float *rows = malloc(2 * dim * sizeof *rows);
  CHECK(rows != NULL);
  CHECK(lode_embed(ctx, texts, 2, NULL, rows, 1, &err) == LODE_E_SPACE);
  CHECK(lode_embed(ctx, texts, 2, NULL, rows, 2 * dim, &err) == LODE_OK);
  CHECK(fabsf(lode_similarity(rows, rows + dim, dim) - 1.0F) < 1e-5F);

  free(rows);
  lode_context_free(ctx);
  lode_model_free(model);
  return EXIT_SUCCESS;
}
