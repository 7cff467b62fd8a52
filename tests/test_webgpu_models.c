/* Whole models on the GPU: the vectors of the CPU, of integers to the last bit, and those of one
 * text the same whatever shares its batch. Skipped, saying so, where there is no adapter; Mesa's
 * lavapipe is one. */
#include "model_folder.h"
#include "webgpu.h"

enum { TEXTS = 7 };
static const char long_text[] =
    "a much longer text, in which one word follows another for no better reason than that a "
    "sequence should have more tokens than a vector has lanes, and a few more behind these";
static const char *const lines[TEXTS] = {
    "The cat sat on the mat.",
    "",
    "GPU",
    long_text,
    "Wie geht es Ihnen heute?",
    "12:45, 3.1415 and 99%",
    "The cat sat on the mat.",
};

static lode_model *open_on(const char *path, const char *backend, const char *dtype) {
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  options.dtype = dtype;
  options.backend = backend;
  lode_model *model = NULL;
  lode_error err;
  if (lode_model_open(path, &options, &model, &err) != LODE_OK) fail_msg("%s", err.text);
  return model;
}

static float *embed_texts(const lode_model *model, size_t first, size_t n) {
  lode_context_options one = LODE_CONTEXT_OPTIONS_INIT;
  one.threads = 1;
  lode_context *ctx = NULL;
  lode_error err;
  assert_int_equal(lode_context_new(model, &one, &ctx, NULL), LODE_OK);
  lode_text texts[TEXTS];
  for (size_t i = 0; i < n; i++) {
    texts[i] = (lode_text){lines[first + i], strlen(lines[first + i])};
  }
  const size_t floats = n * (size_t)lode_model_dim(model);
  float *out = calloc(floats, sizeof *out);
  assert_non_null(out);
  if (lode_embed(ctx, texts, n, NULL, out, floats, &err) != LODE_OK) fail_msg("%s", err.text);
  lode_context_free(ctx);
  return out;
}

static double cosine(size_t n, const float *a, const float *b) {
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < n; i++) {
    ab += (double)a[i] * (double)b[i];
    aa += (double)a[i] * (double)a[i];
    bb += (double)b[i] * (double)b[i];
  }
  return ab / sqrt(aa * bb);
}

static lode_model_info info_of(const lode_model *model) {
  lode_model_info info = LODE_MODEL_INFO_INIT;
  assert_int_equal(lode_model_get_info(model, &info), LODE_OK);
  return info;
}

static void expect_vectors(const char *path, size_t dim, const float *got, const float *expected,
                           double least) {
  for (size_t i = 0; i < TEXTS; i++) {
    const double c = cosine(dim, got + i * dim, expected + i * dim);
    if (!(c >= least)) fail_msg("%s: text %zu: cosine %.9f", path, i, c);
  }
}

/* Of floats within a cosine of `least` of f32; of integers the same bits. */
static void same_as_cpu(const char *path, const char *dtype, double least) {
  const bool integers = strcmp(dtype, "int8") == 0;
  lode_model *cpu = open_on(path, "cpu", integers ? dtype : "f32");
  lode_model *gpu = open_on(path, "webgpu", dtype);
  const lode_model_info info = info_of(gpu);
  assert_string_equal(info.backend, "webgpu");
  assert_string_equal(info.dtype, dtype);
  assert_non_null(info.device);
  const int64_t of_a_layer = integers ? 12 : 7;
  assert_true(info.dispatches >= of_a_layer * info.layers &&
              info.dispatches <= of_a_layer * info.layers + 16);
  const size_t dim = (size_t)info.dim;
  float *expected = embed_texts(cpu, 0, TEXTS);
  float *got = embed_texts(gpu, 0, TEXTS);
  expect_vectors(path, dim, got, expected, least);
  if (integers) assert_memory_equal(got, expected, TEXTS * dim * sizeof *got);
  assert_memory_equal(got, got + 6 * dim, dim * sizeof *got); /* the same text */
  float *alone = embed_texts(gpu, 3, 1);
  assert_memory_equal(alone, got + 3 * dim, dim * sizeof *got);
  free(alone);
  free(got);
  free(expected);
  lode_model_free(cpu);
  lode_model_free(gpu);
}

/* Small models of all kinds: types of weights, poolings, dense layers, prompts, other families. */
static const char *const small[] = {
    "bert-bf16",         "bert-cls-max-mean",    "bert-dense-chain",   "bert-f16",
    "bert-gelu-new",     "bert-lasttoken",       "bert-relu",          "bert-mean-sqrt-len",
    "bert-weightedmean", "bert-prompt-excluded", "bert-pooling-order", "distilbert",
    "roberta",
};

static void small_models(void **state) {
  (void)state;
  need_gpu();
  char path[1024];
  for (size_t i = 0; i < sizeof small / sizeof small[0]; i++) {
    same_as_cpu(fixture_path(small[i], path, sizeof path), "f32", 0.999999);
  }
}

static void need_half(void) {
  lode_gpu *gpu = NULL;
  lode_gpu_info info;
  if (lode_gpu_default()->open(&gpu, &info, NULL) != LODE_OK) return;
  lode_gpu_default()->close(gpu);
  if (info.features & LODE_GPU_F16) return;
  print_message("skipped: %s has no shader-f16\n", info.name);
  skip();
}

static const char *const small_halves[] = {"bert-dense-chain", "bert-f16", "distilbert", "roberta"};

static void small_models_in_f16(void **state) {
  (void)state;
  need_gpu();
  need_half();
  char path[1024];
  for (size_t i = 0; i < sizeof small_halves / sizeof small_halves[0]; i++) {
    same_as_cpu(fixture_path(small_halves[i], path, sizeof path), "f16", 0.9999);
  }
}

/* Without dense layers, which stay of floats. */
static const char *const small_integers[] = {
    "bert-bf16", "bert-cls-max-mean", "bert-gelu-new", "bert-weightedmean", "distilbert", "roberta",
};

static void small_models_of_integers(void **state) {
  (void)state;
  need_gpu();
  char path[1024];
  for (size_t i = 0; i < sizeof small_integers / sizeof small_integers[0]; i++) {
    same_as_cpu(fixture_path(small_integers[i], path, sizeof path), "int8", 1 - 1e-12);
  }
}

/* A model that has nothing to compute is refused before a GPU is looked for. */
static void static_models(void **state) {
  (void)state;
  char path[1024];
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  options.backend = "webgpu";
  lode_model *model = NULL;
  lode_error err;
  fixture_path("static-model2vec", path, sizeof path);
  assert_int_equal(lode_model_open(path, &options, &model, &err), LODE_E_UNSUPPORTED);
  assert_null(model);
  assert_non_null(strstr(err.text, "static"));
}

static void minilm(void **state) {
  (void)state;
  need_gpu();
  const char *path = getenv("LODE_MODEL_DIR");
  struct stat info;
  if (!path || stat(path, &info) != 0) {
    print_message("skipped: no model (tools/get_model.sh gets it)\n");
    skip();
    return;
  }
  same_as_cpu(path, "f32", 0.999999);
  same_as_cpu(path, "int8", 1 - 1e-12);
  need_half();
  same_as_cpu(path, "f16", 0.9999);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(small_models),
      cmocka_unit_test(small_models_of_integers),
      cmocka_unit_test(small_models_in_f16),
      cmocka_unit_test(static_models),
      cmocka_unit_test(minilm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
