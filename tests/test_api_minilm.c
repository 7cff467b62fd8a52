/* The real all-MiniLM-L6-v2 gives the vectors that others compute from it:
 * sentence-transformers (tests/data/reference) and text-embeddings-inference (the shared
 * data's tei-snapshots; tests/data/reference/tei.md says what they are). Skips, saying so,
 * where the model is absent. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "model_folder.h"

enum { DIM = 384, MAX_TEXTS = 1024, MAX_ROWS = 32 };

static const char *model_path(void) {
  const char *path = getenv("LODE_MODEL_DIR");
  char file[1100];
  struct stat info;
  if (path) snprintf(file, sizeof file, "%s/model.safetensors", path);
  if (path && stat(file, &info) == 0) return path;
  print_message("skipped: no model at %s (tools/get_model.sh gets it)\n",
                path ? path : "$LODE_MODEL_DIR");
  skip();
  return NULL;
}

static lode_context *new_context(const lode_model *model, int threads) {
  lode_context_options options = LODE_CONTEXT_OPTIONS_INIT;
  options.threads = threads;
  lode_context *ctx = NULL;
  assert_int_equal(lode_context_new(model, &options, &ctx, NULL), LODE_OK);
  return ctx;
}

/* Cosine of two rows; the largest difference of any of their elements goes into *difference. */
static double compare(const float *a, const float *b, double *difference) {
  double ab = 0;
  double aa = 0;
  double bb = 0;
  for (int i = 0; i < DIM; i++) {
    ab += (double)a[i] * b[i];
    aa += (double)a[i] * a[i];
    bb += (double)b[i] * b[i];
    const double d = fabs((double)a[i] - b[i]);
    if (!(d <= *difference)) *difference = d;
  }
  return ab / sqrt(aa * bb);
}

/* ---- sentence-transformers */

typedef struct reference {
  lode_arena arena;
  char *lines;
  lode_text texts[MAX_TEXTS];
  int64_t tokens[MAX_TEXTS];
  int64_t left_out[MAX_TEXTS];
  size_t count;
  float *vectors; /* [count, DIM] */
} reference;

/* Every `step`-th text and its vector. */
static void thin_out(reference *r, size_t step) {
  size_t kept = 0;
  for (size_t i = 0; i < r->count; i += step, kept++) {
    r->texts[kept] = r->texts[i];
    r->tokens[kept] = r->tokens[i];
    r->left_out[kept] = r->left_out[i];
    memmove(r->vectors + kept * DIM, r->vectors + i * DIM, DIM * sizeof *r->vectors);
  }
  r->count = kept;
}

static void read_reference(reference *r) {
  const char *source = getenv("LODE_SOURCE_DIR");
  char path[1024];
  size_t size = 0;
  snprintf(path, sizeof path, "%s/tests/data/reference/texts.jsonl", source ? source : ".");
  r->lines = read_whole(path, &size);
  assert_non_null(r->lines);
  for (char *line = r->lines; line < r->lines + size; r->count++) {
    char *end = strchr(line, '\n');
    assert_non_null(end);
    lode_json json = {0};
    assert_int_equal(lode_json_parse(line, (size_t)(end - line), &json, NULL), LODE_OK);
    lode_text *text = &r->texts[r->count];
    text->data =
        lode_json_string_dup(&json, lode_json_get(&json, 0, "text"), &r->arena, &text->size);
    assert_non_null(text->data);
    assert_true(lode_json_int(&json, lode_json_get(&json, 0, "tokens"), &r->tokens[r->count]));
    assert_true(lode_json_int(&json, lode_json_get(&json, 0, "left_out"), &r->left_out[r->count]));
    lode_json_free(&json);
    line = end + 1;
  }
  snprintf(path, sizeof path, "%s/tests/data/reference/vectors.f32", source ? source : ".");
  r->vectors = (float *)(void *)read_whole(path, &size);
  assert_non_null(r->vectors);
  assert_int_equal(size, r->count * DIM * sizeof(float));
}

static void free_reference(reference *r) {
  lode_arena_free(&r->arena);
  free(r->lines);
  free(r->vectors);
}

static void as_sentence_transformers(void **state) {
  (void)state;
  const char *path = model_path();
  static reference r;
  read_reference(&r);
  assert_true(r.count >= 200);
  lode_model *model = NULL;
  assert_int_equal(lode_model_open(path, NULL, &model, NULL), LODE_OK);
  lode_model_info info = LODE_MODEL_INFO_INIT;
  assert_int_equal(lode_model_get_info(model, &info), LODE_OK);
  if (strcmp(info.isa, "ref") == 0) thin_out(&r, 15); /* plain C takes a minute for all */
  lode_context *ctx = new_context(model, 2);
  static lode_text_report reports[MAX_TEXTS];
  lode_embed_options options = LODE_EMBED_OPTIONS_INIT;
  options.reports = reports;
  float *out = calloc(r.count * DIM, sizeof *out);
  assert_non_null(out);
  assert_int_equal(lode_embed(ctx, r.texts, r.count, &options, out, r.count * DIM, NULL), LODE_OK);
  double difference = 0;
  double least = 1;
  for (size_t i = 0; i < r.count; i++) {
    assert_int_equal(reports[i].tokens, r.tokens[i]);
    assert_int_equal(reports[i].left_out, r.left_out[i]);
    const double cosine = compare(out + i * DIM, r.vectors + i * DIM, &difference);
    if (!(cosine >= least)) least = cosine;
  }
  print_message("%zu texts: least cosine 1 - %.1e, largest difference %.1e\n", r.count, 1 - least,
                difference);
  assert_true(least >= 0.999999);
  assert_true(difference <= 1e-5);

  /* alone, on one thread: the same bits as in a batch of all, on two */
  lode_context *alone = new_context(model, 1);
  float one[DIM];
  for (size_t i = 0; i < r.count; i++) {
    assert_int_equal(lode_embed(alone, &r.texts[i], 1, NULL, one, DIM, NULL), LODE_OK);
    assert_memory_equal(one, out + i * DIM, sizeof one);
  }
  lode_context_free(alone);
  lode_context_free(ctx);
  lode_model_free(model);
  free(out);
  free_reference(&r);
}

/* ---- text-embeddings-inference */

/* The numbers of a snapshot, in order; returns how many rows of DIM there are. */
static size_t read_snapshot(const char *name, float *rows) {
  const char *shared = getenv("LODE_SHARED_DATA");
  char path[1024];
  size_t size = 0;
  snprintf(path, sizeof path, "%s/tei-snapshots/test_bert__%s.snap",
           shared ? shared : "../shared/data", name);
  char *text = read_whole(path, &size);
  if (!text) {
    print_message("skipped: %s is not there\n", path);
    skip();
  }
  char *at = strstr(text, "\n---\n"); /* the end of the head, which begins with --- too */
  assert_non_null(at);
  size_t count = 0;
  for (at += 5; *at;) {
    at += strspn(at, " \n");
    while (strncmp(at, "- ", 2) == 0) at += 2;
    char *end = at;
    const float x = strtof(at, &end);
    if (end == at) break;
    assert_true(count < MAX_ROWS * DIM);
    rows[count++] = x;
    at = end;
  }
  free(text);
  assert_int_equal(count % DIM, 0);
  return count / DIM;
}

/* Rows that lode computes for the texts W, D, W: means, first tokens, or all tokens. */
static void compute(lode_context *ctx, const char *name, float *rows) {
  const lode_text texts[3] = {
      {"What is Deep Learning?", 22}, {"Deep Learning is...", 19}, {"What is Deep Learning?", 22}};
  static float tokens[MAX_ROWS * DIM];
  size_t start[4];
  lode_embed_options options = LODE_EMBED_OPTIONS_INIT;
  options.normalize = LODE_NORMALIZE_OFF;
  if (strcmp(name, "bert_batch") == 0) {
    assert_int_equal(lode_embed(ctx, texts, 3, &options, rows, MAX_ROWS * DIM, NULL), LODE_OK);
    return;
  }
  assert_int_equal(lode_embed_tokens(ctx, texts, 3, &options, tokens, MAX_ROWS * DIM, start, NULL),
                   LODE_OK);
  assert_int_equal(start[3], 22);
  for (size_t i = 0, row = 0; i < 22; i++) {
    const bool first = i == start[0] || i == start[1] || i == start[2];
    if (strcmp(name, "bert_batch_pooled") == 0 && !first) continue;
    memcpy(rows + row++ * DIM, tokens + i * DIM, DIM * sizeof *rows);
  }
}

static void check_snapshots(const lode_model *model, double least_cosine, double most_difference) {
  static const char *const names[] = {"bert_batch", "bert_batch_pooled", "bert_batch_raw"};
  static float expected[MAX_ROWS * DIM];
  static float rows[MAX_ROWS * DIM];
  lode_context *ctx = new_context(model, 1);
  for (size_t i = 0; i < 3; i++) {
    const size_t count = read_snapshot(names[i], expected);
    assert_int_equal(count, i == 2 ? 22 : 3);
    compute(ctx, names[i], rows);
    float largest = 0;
    for (size_t k = 0; k < count * DIM; k++) largest = fmaxf(largest, fabsf(expected[k]));
    double difference = 0;
    for (size_t k = 0; k < count; k++) {
      assert_true(compare(rows + k * DIM, expected + k * DIM, &difference) >= least_cosine);
    }
    print_message("%s: largest difference %.1e of %.2f\n", names[i], difference, (double)largest);
    assert_true(difference <= most_difference * (double)largest);
  }
  lode_context_free(ctx);
}

static void as_text_embeddings_inference(void **state) {
  (void)state;
  const char *path = model_path();
  lode_model *model = NULL;
  assert_int_equal(lode_model_open(path, NULL, &model, NULL), LODE_OK);
  check_snapshots(model, 0.999995, 2e-3);
  lode_model_free(model);

  /* The snapshots were made with GELU by tanh; so asked, the model meets them to rounding. */
  model_files files = model_files_read(path);
  model = NULL;
  assert_true(model_files_edit(&files, "config.json", "\"hidden_act\": \"gelu\"",
                               "\"hidden_act\": \"gelu_new\""));
  assert_int_equal(lode_model_open_memory(files.files, files.count, NULL, &model, NULL), LODE_OK);
  check_snapshots(model, 0.9999999, 2e-5);
  lode_model_free(model);
  model_files_free(&files);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(as_sentence_transformers),
      cmocka_unit_test(as_text_embeddings_inference),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
