/* Static models: what their files may not say, the integers that their tables become, and that a
 * vector is the mean of its tokens' rows, to the last bit. Their vectors themselves are compared
 * with those of their libraries in test_api_fixtures.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model_folder.h"

enum { MAX_DIM = 128, MAX_TOKENS = 2048 };

static const char sentence[] = "The quick brown fox jumps over the lazy dog.";

static lode_text text_of(const char *s) {
  return (lode_text){s, strlen(s)};
}

static lode_model *open_as(const char *name, const char *dtype) {
  char path[1024];
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  options.dtype = dtype;
  lode_model *model = NULL;
  lode_error err;
  if (lode_model_open(fixture_path(name, path, sizeof path), &options, &model, &err) != LODE_OK) {
    fail_msg("%s", err.text);
  }
  return model;
}

static lode_context *new_context(const lode_model *model, int threads) {
  lode_context_options options = LODE_CONTEXT_OPTIONS_INIT;
  options.threads = threads;
  lode_context *ctx = NULL;
  assert_int_equal(lode_context_new(model, &options, &ctx, NULL), LODE_OK);
  return ctx;
}

static void embed_with(const lode_model *model, lode_text text, const lode_embed_options *options,
                       float *out) {
  lode_context *ctx = new_context(model, 1);
  lode_error err;
  if (lode_embed(ctx, &text, 1, options, out, MAX_DIM, &err) != LODE_OK) fail_msg("%s", err.text);
  lode_context_free(ctx);
}

/* ---- wrong files */

/* A change to a model, and what is said about it. */
typedef struct wrong {
  const char *model, *file, *from, *to;
  lode_status status;
  const char *text;
} wrong;

static void refuse(const wrong *w) {
  char path[1024];
  model_files files = model_files_read(fixture_path(w->model, path, sizeof path));
  if (!w->to) {
    model_files_remove(&files, w->file);
  } else if (!w->from) {
    model_files_put(&files, w->file, w->to, strlen(w->to));
  } else if (strcmp(w->file, "model.safetensors") == 0) {
    /* the header's length stays */
    const lode_file_data *file = model_files_find(&files, w->file);
    char *data = (char *)(uintptr_t)file->data;
    const size_t size = strlen(w->from);
    assert_int_equal(size, strlen(w->to));
    size_t at = 8;
    while (at + size <= file->size && memcmp(data + at, w->from, size) != 0) at++;
    assert_true(at + size <= file->size);
    memcpy(data + at, w->to, size);
  } else {
    assert_true(model_files_edit(&files, w->file, w->from, w->to));
  }
  lode_model *model = NULL;
  lode_error err = {0};
  const lode_status status = lode_model_open_memory(files.files, files.count, NULL, &model, &err);
  if (status != w->status || !strstr(err.text, w->text)) {
    fail_msg("%s, %s: wanted %d \"%s\", got %d \"%s\"", w->model, w->file, (int)w->status, w->text,
             (int)status, err.text);
  }
  lode_model_free(model);
  model_files_free(&files);
}

static void refuses_wrong_files(void **state) {
  (void)state;
#define WEIGHTS "model.safetensors"
  static const wrong wrongs[] = {
      {"static-model2vec", WEIGHTS, "embeddings", "embeddingz", LODE_E_FORMAT,
       "neither a tensor embeddings nor embedding.weight"},
      {"static-model2vec", WEIGHTS, "\"F32\"", "\"I32\"", LODE_E_UNSUPPORTED,
       "tensor embeddings: embeddings may be"},
      {"static-model2vec-int8", WEIGHTS, "\"I8\"", "\"U8\"", LODE_E_FORMAT,
       "tensor embeddings_scale: is missing"},
      {"static-model2vec-mapping", WEIGHTS, "\"I64\"", "\"F64\"", LODE_E_UNSUPPORTED,
       "tensor mapping: a mapping may be I32 or I64"},
      {"static-model2vec-mapping", WEIGHTS, "\"weights\":{\"dtype\":\"F64\"",
       "\"weights\":{\"dtype\":\"U64\"", LODE_E_UNSUPPORTED, "tensor weights: weights may be"},
      {"static-model2vec", "tokenizer.json", NULL, NULL, LODE_E_NOT_FOUND,
       "tokenizer.json: no such file"},
      {"static-model2vec", "tokenizer.json", "\"model\":{\"type\":\"WordPiece\"",
       "\"model\":{\"type\":\"BPE\"", LODE_E_UNSUPPORTED, "tokenizer.json: model \"BPE\""},
      {"static-model2vec", WEIGHTS, NULL, NULL, LODE_E_NOT_FOUND, WEIGHTS},
      {"static-model2vec-short", "config.json", "\"max_length\": 8", "\"max_length\": 0",
       LODE_E_FORMAT, "max_length: is no length"},
      {"static-model2vec-short", "config.json", "\"max_length\": 8", "\"max_length\": \"8\"",
       LODE_E_FORMAT, "max_length"},
      {"static-model2vec", "config.json", "\"normalize\": true", "\"normalize\": 1", LODE_E_FORMAT,
       "normalize"},
      {"static-model2vec", "modules.json", "models.Normalize", "models.Dense", LODE_E_UNSUPPORTED,
       "module Dense in a Model2Vec model"},
      {"static-model2vec-second-layout", "config_sentence_transformers.json", NULL, NULL,
       LODE_E_NOT_FOUND, "config.json"},
      {"static-embedding", "modules.json", "models.Dense", "models.Router", LODE_E_UNSUPPORTED,
       "module Router"},
      {"static-embedding", "modules.json", "0_StaticEmbedding", "../0_StaticEmbed", LODE_E_FORMAT,
       "not the name of a file"},
  };
  for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) refuse(&wrongs[i]);
}

/* Byte offset of a tensor's data; its header has been read by no parser, but its files are ours. */
static size_t data_of(const lode_file_data *file, const char *name) {
  const char *data = file->data;
  uint64_t header = 0;
  memcpy(&header, data, sizeof header);
  char *text = strndup(data + 8, (size_t)header);
  assert_non_null(text);
  char key[64];
  snprintf(key, sizeof key, "\"%s\":", name);
  const char *at = strstr(text, key);
  assert_non_null(at);
  at = strstr(at, "\"data_offsets\":[");
  assert_non_null(at);
  const size_t offset = strtoul(at + 16, NULL, 10);
  free(text);
  return 8 + (size_t)header + offset;
}

static void refuse_bytes(const char *name, const char *tensor, size_t at, const void *bytes,
                         size_t size, const char *text) {
  char path[1024];
  model_files files = model_files_read(fixture_path(name, path, sizeof path));
  const lode_file_data *file = model_files_find(&files, "model.safetensors");
  memcpy((char *)(uintptr_t)file->data + data_of(file, tensor) + at, bytes, size);
  lode_model *model = NULL;
  lode_error err = {0};
  assert_int_equal(lode_model_open_memory(files.files, files.count, NULL, &model, &err),
                   LODE_E_FORMAT);
  if (!strstr(err.text, text)) fail_msg("wanted \"%s\", got \"%s\"", text, err.text);
  assert_null(model);
  model_files_free(&files);
}

static void refuses_wrong_values(void **state) {
  (void)state;
  const float nan = NAN;
  const double large = 1e39;
  const int64_t beyond = 20;
  const int64_t below = -1;
  const int64_t high = INT64_C(1) << 32; /* 0 in 32 bits */
  refuse_bytes("static-model2vec", "embeddings", 40, &nan, sizeof nan, "NaN or infinite");
  refuse_bytes("static-model2vec-weights", "weights", 8, &nan, sizeof nan, "weights: has NaN");
  refuse_bytes("static-model2vec-mapping", "weights", 8, &large, sizeof large, "weights: has NaN");
  refuse_bytes("static-model2vec-mapping", "mapping", 16, &beyond, sizeof beyond,
               "tensor mapping: token 2 has row 20 of 20");
  refuse_bytes("static-model2vec-mapping", "mapping", 0, &below, sizeof below, "row -1 of 20");
  refuse_bytes("static-model2vec-mapping", "mapping", 0, &high, sizeof high, "row 4294967296");
}

/* ---- vectors */

static void empty_texts_are_zero(void **state) {
  (void)state;
  static const char *const names[] = {"static-model2vec", "static-model2vec-f16",
                                      "static-embedding-truncation"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    lode_model *model = open_as(names[i], NULL);
    const size_t dim = (size_t)lode_model_dim(model);
    float out[3 * MAX_DIM];
    const lode_text texts[3] = {{"", 0}, {"fox", 3}, {" \t ", 3}};
    for (int threads = 1; threads <= 2; threads++) {
      lode_context *ctx = new_context(model, threads);
      lode_text_report reports[3];
      lode_embed_options options = LODE_EMBED_OPTIONS_INIT;
      options.reports = reports;
      memset(out, 0xFF, sizeof out);
      assert_int_equal(lode_embed(ctx, texts, 3, &options, out, 3 * dim, NULL), LODE_OK);
      for (size_t t = 0; t < 3; t++) {
        bool zero = true;
        for (size_t c = 0; c < dim; c++) zero = zero && out[t * dim + c] == 0.0f;
        assert_int_equal(zero, t != 1);
        assert_int_equal(reports[t].tokens, t == 1 ? 1 : 0);
      }
      /* nothing but empty texts, many of them */
      enum { MANY = 700 };
      static lode_text empty[MANY];
      static float rows[MANY * MAX_DIM];
      memset(rows, 0xFF, sizeof rows);
      assert_int_equal(lode_embed(ctx, empty, MANY, NULL, rows, MANY * dim, NULL), LODE_OK);
      for (size_t c = 0; c < MANY * dim; c++) assert_true(rows[c] == 0.0f);
      lode_context_free(ctx);
    }
    lode_model_free(model);
  }
}

/* Rows of tokens take another way through the backend than their mean. */
static void a_vector_is_the_mean_of_its_rows(void **state) {
  (void)state;
  static const char *const names[] = {"static-model2vec-mapping", "static-model2vec-short",
                                      "static-model2vec-int8", "static-model2vec-f16"};
  static const char *const dtypes[] = {NULL, "int8", "int4"};
  for (size_t k = 0; k < sizeof names / sizeof names[0] * 3; k++) {
    const char *name = names[k / 3];
    const char *dtype = dtypes[k % 3];
    if (strcmp(name, "static-model2vec-int8") == 0 && dtype) continue;
    lode_model *model = open_as(name, dtype);
    const size_t dim = (size_t)lode_model_dim(model);
    lode_context *ctx = new_context(model, 1);
    static float rows[MAX_TOKENS * MAX_DIM];
    size_t start[2];
    const lode_text text = text_of(sentence);
    assert_int_equal(
        lode_embed_tokens(ctx, &text, 1, NULL, rows, MAX_TOKENS * MAX_DIM, start, NULL), LODE_OK);
    assert_true(start[1] >= 8);
    lode_embed_options options = LODE_EMBED_OPTIONS_INIT;
    options.normalize = LODE_NORMALIZE_OFF;
    float out[MAX_DIM];
    assert_int_equal(lode_embed(ctx, &text, 1, &options, out, MAX_DIM, NULL), LODE_OK);
    for (size_t c = 0; c < dim; c++) {
      float sum = 0.0f;
      for (size_t t = 0; t < start[1]; t++) sum += rows[t * dim + c];
      assert_true(out[c] == sum / (float)start[1]);
    }
    lode_context_free(ctx);
    lode_model_free(model);
  }
}

/* ---- models of Model2Vec's own tests, with the vectors that it recorded */

/* The numbers in [[…]]. */
static size_t read_vector(const char *path, double *out) {
  size_t size = 0;
  size_t count = 0;
  char *text = read_whole(path, &size);
  assert_non_null(text);
  char *at = text + strspn(text, "[ ");
  while (count < MAX_DIM) {
    char *end = at;
    out[count] = strtod(at, &end);
    if (end == at) break;
    count++;
    at = end + strspn(end, ", ");
  }
  free(text);
  return count;
}

static void check_recorded(lode_model *model, lode_text text, const char *path, double tolerance) {
  double expected[MAX_DIM];
  float out[MAX_DIM];
  assert_int_equal(read_vector(path, expected), lode_model_dim(model));
  embed_with(model, text, NULL, out);
  for (int64_t c = 0; c < lode_model_dim(model); c++) {
    if (!(fabs((double)out[c] - expected[c]) <= tolerance)) {
      fail_msg("%s: element %lld: %g, should be %g", path, (long long)c, (double)out[c],
               expected[c]);
    }
  }
}

static char hellos[6 * 1000];

static lode_text thousand_hellos(void) {
  for (size_t i = 0; i < sizeof hellos; i += 6) memcpy(hellos + i, "hello ", 6);
  return (lode_text){hellos, sizeof hellos - 1};
}

static const char *recorded_path(const char *name, char *path, size_t size) {
  const char *data = getenv("LODE_SHARED_DATA");
  snprintf(path, size, "%s/model2vec-fixtures/%s", data ? data : "../shared/data", name);
  struct stat st;
  if (stat(path, &st) == 0) return path;
  print_message("there is no %s\n", path);
  skip();
  return NULL;
}

static void model2vecs_own_models(void **state) {
  (void)state;
  static const struct {
    const char *name;
    double tolerance; /* the recorded vectors are those of float32 */
  } models[] = {
      {"test-model-float32", 1e-6},
      {"test-model-sentence-transformers", 1e-6},
      {"test-model-float16", 1e-3},
      {"test-model-int8", 1e-2},
  };
  for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
    char path[1024];
    lode_model *model = NULL;
    lode_error err;
    if (lode_model_open(recorded_path(models[i].name, path, sizeof path), NULL, &model, &err) !=
        LODE_OK) {
      fail_msg("%s", err.text);
    }
    check_recorded(model, text_of("hello world"),
                   recorded_path("embeddings_short.json", path, sizeof path), models[i].tolerance);
    check_recorded(model, thousand_hellos(),
                   recorded_path("embeddings_long.json", path, sizeof path), models[i].tolerance);
    lode_model_free(model);
  }
}

/* Vocabulary quantization, with the Unigram tokenizer that Model2Vec makes for it. */
static void model2vecs_own_quantized_vocabulary(void **state) {
  (void)state;
  char path[1024];
  lode_model *model = NULL;
  lode_error err;
  if (lode_model_open(recorded_path("test-model-vocab-quantized", path, sizeof path), NULL, &model,
                      &err) != LODE_OK) {
    fail_msg("%s", err.text);
  }
  check_recorded(model, thousand_hellos(),
                 recorded_path("embeddings_vocab_quantized.json", path, sizeof path), 1e-5);
  lode_model_free(model);
}

/* ---- lengths */

static void characters_are_limited_too(void **state) {
  (void)state;
  lode_model *model = open_as("static-model2vec-short", NULL);
  lode_context *ctx = new_context(model, 1);
  char spaces[400];
  memset(spaces, ' ', sizeof spaces);
  memcpy(spaces, "fox", 3);
  memcpy(spaces + 390, "dog", 3);
  const lode_text text = {spaces, sizeof spaces};
  lode_text_report report;
  lode_embed_options options = LODE_EMBED_OPTIONS_INIT;
  options.reports = &report;
  float cut[MAX_DIM], fox[MAX_DIM], whole[MAX_DIM], both[MAX_DIM];
  assert_int_equal(lode_embed(ctx, &text, 1, &options, cut, MAX_DIM, NULL), LODE_OK);
  assert_int_equal(report.tokens, 1);
  assert_int_equal(report.left_out, 1);
  embed_with(model, text_of("fox"), NULL, fox);
  const size_t bytes = (size_t)lode_model_dim(model) * sizeof(float);
  assert_memory_equal(cut, fox, bytes);

  options.long_text = LODE_LONG_CHUNK; /* windows take all of it */
  assert_int_equal(lode_embed(ctx, &text, 1, &options, whole, MAX_DIM, NULL), LODE_OK);
  assert_int_equal(report.tokens, 2);
  embed_with(model, text_of("fox dog"), NULL, both);
  assert_memory_equal(whole, both, bytes);

  lode_error err;
  options.long_text = LODE_LONG_ERROR;
  assert_int_equal(lode_embed(ctx, &text, 1, &options, cut, MAX_DIM, &err), LODE_E_TOO_LONG);
  assert_non_null(strstr(err.text, "characters"));
  const lode_text many = text_of("a b c d e f g h i j k l m n o p q r s t u v w x y z");
  assert_int_equal(lode_embed(ctx, &many, 1, &options, cut, MAX_DIM, &err), LODE_E_TOO_LONG);
  assert_non_null(strstr(err.text, "tokens"));
  lode_context_free(ctx);
  lode_model_free(model);
}

static void without_a_limit_all_counts(void **state) {
  (void)state;
  lode_model *model = open_as("static-model2vec-f16", NULL);
  lode_model_info info = LODE_MODEL_INFO_INIT;
  assert_int_equal(lode_model_get_info(model, &info), LODE_OK);
  assert_int_equal(info.max_tokens, INT32_MAX);
  assert_string_equal(info.architecture, "static");
  assert_string_equal(info.pooling, "mean");
  assert_int_equal(info.layers, 0);
  enum { WORDS = 100000 };
  char *text = malloc(4 * WORDS);
  assert_non_null(text);
  for (size_t i = 0; i < WORDS; i++) memcpy(text + 4 * i, i % 2 ? "dog " : "fox ", 4);
  float out[MAX_DIM], pair[MAX_DIM];
  embed_with(model, (lode_text){text, 4 * WORDS}, NULL, out);
  embed_with(model, text_of("fox dog"), NULL, pair);
  /* the bound of so many additions */
  for (int64_t c = 0; c < info.dim; c++) {
    assert_true(fabsf(out[c] - pair[c]) <= 0x1p-24f * WORDS);
  }
  free(text);
  lode_model_free(model);
}

/* ---- integers */

typedef struct sink {
  char *data;
  size_t size;
} sink;

static int write_to(void *context, const void *data, size_t size) {
  sink *s = context;
  s->data = realloc(s->data, s->size + size);
  assert_non_null(s->data);
  memcpy(s->data + s->size, data, size);
  s->size += size;
  return 0;
}

static double cosine(const float *a, const float *b, size_t n) {
  double dot = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < n; i++) {
    dot += (double)a[i] * (double)b[i];
    aa += (double)a[i] * (double)a[i];
    bb += (double)b[i] * (double)b[i];
  }
  return dot / sqrt(aa * bb);
}

/* Saved and opened again a model is the same to the last bit, and not far from its floats. */
static void check_integers(const char *name, const char *dtype, double least) {
  lode_model *floats = open_as(name, NULL);
  lode_model *model = open_as(name, dtype);
  lode_model_info info = LODE_MODEL_INFO_INIT;
  assert_int_equal(lode_model_get_info(model, &info), LODE_OK);
  assert_string_equal(info.dtype, dtype);
  const size_t dim = (size_t)lode_model_dim(model);
  float exact[MAX_DIM], out[MAX_DIM], again[MAX_DIM];
  embed_with(floats, text_of(sentence), NULL, exact);
  embed_with(model, text_of(sentence), NULL, out);
  const double near = cosine(exact, out, dim);
  if (!(near >= least && near < 1.0)) fail_msg("%s in %s: cosine %.6f", name, dtype, near);

  sink s = {0};
  lode_error err;
  assert_int_equal(lode_model_save(model, write_to, &s, &err), LODE_OK);
  const lode_file_data file = {"m.lode-model", s.data, s.size};
  lode_model *saved = NULL;
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  for (int choose = 0; choose < 2; choose++) {
    options.dtype = choose ? "auto" : NULL;
    if (lode_model_open_memory(&file, 1, &options, &saved, &err) != LODE_OK) {
      fail_msg("%s", err.text);
    }
    assert_int_equal(lode_model_get_info(saved, &info), LODE_OK);
    assert_string_equal(info.dtype, dtype);
    embed_with(saved, text_of(sentence), NULL, again);
    assert_memory_equal(out, again, dim * sizeof *out);
    lode_self_test_result result = LODE_SELF_TEST_RESULT_INIT;
    assert_int_equal(lode_model_verify(saved, &result, &err), LODE_OK);
    assert_true(result.least_cosine >= least && result.least_cosine < 1.0);
    lode_model_free(saved);
  }
  static const char *const others[] = {"f32", "bf16", "int8", "int4"};
  for (size_t i = 0; i < 4; i++) {
    if (strcmp(others[i], dtype) == 0) continue;
    options.dtype = others[i];
    assert_int_equal(lode_model_open_memory(&file, 1, &options, &saved, &err), LODE_E_UNSUPPORTED);
    assert_non_null(strstr(err.text, dtype));
  }
  free(s.data);
  lode_model_free(model);
  lode_model_free(floats);
}

static void tables_become_integers(void **state) {
  (void)state;
  static const char *const names[] = {"static-model2vec", "static-model2vec-mapping",
                                      "static-model2vec-f16", "static-embedding"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    check_integers(names[i], "int8", 0.9999);
    check_integers(names[i], "int4", 0.96);
  }
}

/* Every row is what rounding makes of it: half a step in int8; in int4 no scale is better than
 * that of the largest value. */
static void rows_are_rounded(void **state) {
  (void)state;
  lode_model *models[3] = {open_as("static-model2vec-short", NULL),
                           open_as("static-model2vec-short", "int8"),
                           open_as("static-model2vec-short", "int4")};
  const size_t dim = (size_t)lode_model_dim(models[0]);
  static float rows[3][MAX_TOKENS * MAX_DIM];
  size_t start[2];
  const lode_text text = text_of("a b c fox dog lazy");
  for (size_t m = 0; m < 3; m++) {
    lode_context *ctx = new_context(models[m], 1);
    assert_int_equal(
        lode_embed_tokens(ctx, &text, 1, NULL, rows[m], MAX_TOKENS * MAX_DIM, start, NULL),
        LODE_OK);
    lode_context_free(ctx);
    lode_model_free(models[m]);
  }
  assert_int_equal(start[1], 6);
  for (size_t t = 0; t < start[1]; t++) {
    float most = 0;
    for (size_t c = 0; c < dim; c++) most = fmaxf(most, fabsf(rows[0][t * dim + c]));
    double error = 0, plain = 0;
    for (size_t c = 0; c < dim; c++) {
      const float x = rows[0][t * dim + c];
      assert_true(fabsf(rows[1][t * dim + c] - x) <= most / 127 * 0.5001f);
      const float step = most / 7;
      error += pow((double)(rows[2][t * dim + c] - x), 2);
      plain += pow((double)(rintf(x / step) * step - x), 2);
    }
    assert_true(error <= plain * 1.0001);
  }
}

static void open_fails(const char *name, const char *dtype, const char *text) {
  char path[1024];
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  options.dtype = dtype;
  lode_model *model = NULL;
  lode_error err;
  fixture_path(name, path, sizeof path);
  assert_int_equal(lode_model_open(path, &options, &model, &err), LODE_E_UNSUPPORTED);
  assert_null(model);
  if (!strstr(err.text, text)) fail_msg("wanted \"%s\", got \"%s\"", text, err.text);
}

static void dtypes_have_their_models(void **state) {
  (void)state;
  open_fails("bert-dense", "int4", "dtype \"int4\" is for static models; this one is bert");
  open_fails("static-model2vec", "bf16", "dtype \"bf16\" is for models that multiply matrices");
  open_fails("static-model2vec-int8", "f32", "are int8 already");
  open_fails("static-model2vec-int8", "int4", "are int8 already");
  /* "auto" leaves a static model as it is. */
  lode_model *model = open_as("static-model2vec", "auto");
  lode_candidate candidate;
  assert_int_equal(lode_model_get_candidate(model, 0, &candidate), LODE_OK);
  assert_string_equal(candidate.dtype, "f32");
  assert_int_equal(candidate.chosen, 1);
  assert_int_equal(lode_model_get_candidate(model, 1, &candidate), LODE_E_ARG);
  lode_model_free(model);
}

static void odd_dimensions_have_no_int4(void **state) {
  (void)state;
  char path[1024];
  model_files files = model_files_read(fixture_path("static-model2vec-weights", path, sizeof path));
  /* one row of 18 floats as two of 9, for a vocabulary of half the size: the first letters */
  const lode_file_data *file = model_files_find(&files, "model.safetensors");
  uint64_t header = 0;
  memcpy(&header, file->data, sizeof header);
  char *text = strndup((const char *)file->data + 8, (size_t)header);
  assert_non_null(text);
  const char *shape = strstr(strstr(text, "\"embeddings\""), "\"shape\":[");
  assert_non_null(shape);
  const long rows = strtol(shape + 9, NULL, 10);
  assert_true(rows > 50);
  static char weights[1 << 16];
  const int n = snprintf(weights + 8, sizeof weights - 8,
                         "{\"embeddings\":{\"dtype\":\"F32\",\"shape\":[%ld,9],\"data_offsets\":[0,"
                         "%ld]}} ",
                         rows, rows * 36);
  const size_t length = ((size_t)n + 7) / 8 * 8;
  memset(weights + 8 + n, ' ', length - (size_t)n);
  const uint64_t size = length;
  memcpy(weights, &size, sizeof size);
  float *values = (float *)(void *)(weights + 8 + length);
  for (long i = 0; i < rows * 9; i++) values[i] = (float)(i % 17) - 8.0f;
  model_files_put(&files, "model.safetensors", weights, 8 + length + (size_t)rows * 36);
  free(text);
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  lode_model *model = NULL;
  lode_error err;
  options.dtype = "int4";
  assert_int_equal(lode_model_open_memory(files.files, files.count, &options, &model, &err),
                   LODE_E_UNSUPPORTED);
  assert_non_null(strstr(err.text, "even number of dimensions"));
  options.dtype = "int8";
  assert_int_equal(lode_model_open_memory(files.files, files.count, &options, &model, &err),
                   LODE_OK);
  lode_model_free(model);
  model_files_free(&files);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refuses_wrong_files),
      cmocka_unit_test(refuses_wrong_values),
      cmocka_unit_test(empty_texts_are_zero),
      cmocka_unit_test(a_vector_is_the_mean_of_its_rows),
      cmocka_unit_test(model2vecs_own_models),
      cmocka_unit_test(model2vecs_own_quantized_vocabulary),
      cmocka_unit_test(characters_are_limited_too),
      cmocka_unit_test(without_a_limit_all_counts),
      cmocka_unit_test(tables_become_integers),
      cmocka_unit_test(rows_are_rounded),
      cmocka_unit_test(dtypes_have_their_models),
      cmocka_unit_test(odd_dimensions_have_no_int4),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
