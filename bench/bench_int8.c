/* A model in int8 with and without each of the two measures that are taken against its errors, as
 * four bundles: what tools/int8_ablation.py measures.
 *
 *     build/bench/bench_int8 MODEL FOLDER */
#include <stdio.h>
#include <stdlib.h>

#include "api/quantizing.h"
#include "base/clock.h"

static int put(void *context, const void *data, size_t size) {
  return fwrite(data, 1, size, context) == size ? 0 : -1;
}

/* What the public options cannot ask for: a model of floats is quantized in another way. */
static lode_status quantize(lode_model *model, const lode_quantizing *how, lode_error *err) {
  model->backend->prepared_free(model->prepared);
  model->prepared = NULL;
  model->quantizing = *how;
  return lode_model_prepare(model, "int8", err);
}

static lode_status write_one(const char *from, const char *to, const lode_quantizing *how,
                             lode_error *err) {
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  options.dtype = "f32";
  lode_model *model = NULL;
  lode_status status = lode_model_open(from, &options, &model, err);
  if (status != LODE_OK) return status;
  const double begin = lode_clock_seconds();
  status = quantize(model, how, err);
  const double seconds = lode_clock_seconds() - begin;
  FILE *file = status == LODE_OK ? fopen(to, "wb") : NULL;
  if (status == LODE_OK && !file) status = lode_error_set(err, LODE_E_IO, -1, -1, "%s", to);
  if (status == LODE_OK) status = lode_model_save(model, put, file, err);
  if (file && fclose(file) != 0 && status == LODE_OK) {
    status = lode_error_set(err, LODE_E_IO, -1, -1, "%s: could not be written", to);
  }
  if (status == LODE_OK) printf("%s\t%.3f\n", to, seconds);
  lode_model_free(model);
  return status;
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    lode_quantizing how;
  } ways[] = {
      {"neither", {.unsmoothed = true}},
      {"compensated", {.unsmoothed = true, .compensate = true}},
      {"smoothed", {0}},
      {"both", {.compensate = true}},
  };
  if (argc != 3) {
    fprintf(stderr, "usage: %s MODEL FOLDER\n", argv[0]);
    return 2;
  }
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
    char to[4096];
    snprintf(to, sizeof to, "%s/%s.lode-model", argv[2], ways[i].name);
    lode_error err;
    if (write_one(argv[1], to, &ways[i].how, &err) != LODE_OK) {
      fprintf(stderr, "%s\n", err.text);
      return 1;
    }
  }
  return 0;
}
