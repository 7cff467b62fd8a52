/* What the options of lode_embed, lode_embed_tokens and lode_tokenize promise, on a small
 * model; the numbers themselves are test_api_fixtures' business. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model_folder.h"

enum { DIM = 32, MAX_TOKENS = 64, MANY = 300 };

typedef struct bench {
  lode_model *model;
  lode_context *ctx;
} bench;

static lode_model *open_model(const char *name) {
  char path[1024];
  lode_model *model = NULL;
  lode_error err;
  if (lode_model_open(fixture_path(name, path, sizeof path), NULL, &model, &err) != LODE_OK) {
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

static int setup(void **state) {
  static bench b;
  b.model = open_model("bert-mean-normalize");
  b.ctx = new_context(b.model, 2);
  assert_int_equal(lode_model_dim(b.model), DIM);
  *state = &b;
  return 0;
}

static int teardown(void **state) {
  bench *b = *state;
  lode_context_free(b->ctx);
  lode_model_free(b->model);
  return 0;
}

static lode_text text(const char *s) {
  return (lode_text){s, strlen(s)};
}

static double norm_of(const float *x, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)x[i] * x[i];
  return sqrt(sum);
}

static void embed_one(lode_context *ctx, lode_text t, const lode_embed_options *options,
                      float *out) {
  lode_error err;
  if (lode_embed(ctx, &t, 1, options, out, DIM, &err) != LODE_OK) fail_msg("%s", err.text);
}

/* `words` times "fox ": as many tokens, and the two special ones. */
static char *foxes(size_t words) {
  char *s = malloc(words * 4 + 1);
  assert_non_null(s);
  for (size_t i = 0; i < words; i++) memcpy(s + 4 * i, "fox ", 5);
  return s;
}

static void dims_are_cut_then_normalised(void **state) {
  const bench *b = *state;
  float whole[DIM];
  float cut[DIM];
  embed_one(b->ctx, text("the quick fox"), NULL, whole);
  assert_true(fabs(norm_of(whole, DIM) - 1) < 1e-6);
  lode_embed_options options = LODE_EMBED_OPTIONS_INIT;
  options.dims = 5;
  embed_one(b->ctx, text("the quick fox"), &options, cut);
  assert_true(fabs(norm_of(cut, 5) - 1) < 1e-6);
  const double scale = norm_of(whole, 5);
  for (int i = 0; i < 5; i++) assert_true(fabs(cut[i] - whole[i] / scale) < 1e-6);
  options.dims = DIM + 1;
  const lode_text t = text("fox");
  assert_int_equal(lode_embed(b->ctx, &t, 1, &options, cut, DIM, NULL), LODE_E_ARG);
  options.dims = -1;
  assert_int_equal(lode_embed(b->ctx, &t, 1, &options, cut, DIM, NULL), LODE_E_ARG);
}

/* truncate_dim is only a default, and only a vector that the caller cut is normalised again. */
static void a_model_may_cut_its_vectors(void **state) {
  const bench *b = *state;
  lode_model *model = open_model("bert-truncate-dim");
  lode_context *ctx = new_context(model, 1);
  lode_model_info info = LODE_MODEL_INFO_INIT;
  assert_int_equal(lode_model_get_info(model, &info), LODE_OK);
  assert_int_equal(info.dim, 10);
  assert_int_equal(lode_model_dim(model), 10);
  assert_int_equal(info.full_dim, 24);
  assert_int_equal(info.token_dim, 24);
  assert_int_equal(info.normalized, 0);

  const lode_text t = text("the quick fox");
  lode_embed_options options = LODE_EMBED_OPTIONS_INIT;
  float whole[24];
  float out[DIM];
  options.dims = 24;
  embed_one(ctx, t, &options, whole);
  assert_true(fabs(norm_of(whole, 24) - 1) < 1e-6);
  options.dims = 0;
  embed_one(ctx, t, &options, out);
  assert_memory_equal(out, whole, 10 * sizeof *out);
  const double norm = norm_of(out, 10);
  assert_true(norm < 0.99);
  options.dims = 10;
  embed_one(ctx, t, &options, out);
  for (int i = 0; i < 10; i++) assert_true(fabs(out[i] - whole[i] / norm) < 1e-6);
  options.dims = 0;
  options.normalize = LODE_NORMALIZE_ON;
  embed_one(ctx, t, &options, out);
  for (int i = 0; i < 10; i++) assert_true(fabs(out[i] - whole[i] / norm) < 1e-6);
  options.dims = 25;
  assert_int_equal(lode_embed(ctx, &t, 1, &options, out, DIM, NULL), LODE_E_ARG);

  /* windows are joined before anything is cut */
  char *many = foxes(3 * MAX_TOKENS);
  const lode_text both[2] = {text(many), t};
  options = (lode_embed_options)LODE_EMBED_OPTIONS_INIT;
  options.long_text = LODE_LONG_CHUNK;
  float cut[2 * 10];
  float full[2 * 24];
  assert_int_equal(lode_embed(ctx, both, 2, &options, cut, 20, NULL), LODE_OK);
  options.dims = 24;
  assert_int_equal(lode_embed(ctx, both, 2, &options, full, 48, NULL), LODE_OK);
  assert_memory_equal(cut, full, 10 * sizeof *cut);
  assert_memory_equal(cut + 10, full + 24, 10 * sizeof *cut);
  free(many);
  lode_context_free(ctx);
  lode_model_free(model);

  assert_int_equal(lode_model_get_info(b->model, &info), LODE_OK);
  assert_int_equal(info.full_dim, DIM);
}

static void normalising_can_be_forced(void **state) {
  const bench *b = *state;
  float on[DIM];
  float off[DIM];
  lode_embed_options options = LODE_EMBED_OPTIONS_INIT;
  options.normalize = LODE_NORMALIZE_OFF;
  embed_one(b->ctx, text("the quick fox"), &options, off);
  const double norm = norm_of(off, DIM);
  assert_true(fabs(norm - 1) > 1e-3);
  options.normalize = LODE_NORMALIZE_ON;
  embed_one(b->ctx, text("the quick fox"), &options, on);
  for (int i = 0; i < DIM; i++) assert_true(fabs(on[i] - off[i] / norm) < 1e-6);
}

static void long_texts(void **state) {
  const bench *b = *state;
  char *longer = foxes(200);
  char *kept = foxes(MAX_TOKENS - 2);
  float out[DIM];
  float expected[DIM];
  lode_text_report report;
  lode_embed_options options = LODE_EMBED_OPTIONS_INIT;
  options.reports = &report;
  embed_one(b->ctx, text(longer), &options, out);
  assert_int_equal(report.tokens, MAX_TOKENS);
  assert_int_equal(report.left_out, 200 + 2 - MAX_TOKENS);
  assert_int_equal(report.windows, 1);
  embed_one(b->ctx, text(kept), &options, expected);
  assert_int_equal(report.left_out, 0);
  assert_memory_equal(out, expected, sizeof out);

  options.long_text = LODE_LONG_ERROR;
  embed_one(b->ctx, text(kept), &options, out);
  const lode_text two[2] = {text("fox"), text(longer)};
  float before[2 * DIM] = {0};
  float after[2 * DIM] = {0};
  lode_error err;
  options.reports = NULL;
  assert_int_equal(lode_embed(b->ctx, two, 2, &options, after, 2 * DIM, &err), LODE_E_TOO_LONG);
  assert_int_equal(err.item, 1);
  assert_non_null(strstr(err.text, "202 tokens"));
  assert_memory_equal(before, after, sizeof before);
  free(longer);
  free(kept);
}

/* Windows: of 62 content tokens, each beginning 55 (62 - 62 / 8) after the one before. */
static void chunks_are_averaged_by_tokens(void **state) {
  const bench *b = *state;
  enum { WORDS = 100, ROOM = MAX_TOKENS - 2, STEP = ROOM - ROOM / 8, LAST = WORDS - STEP };
  char words[WORDS * 4 + 1];
  for (int i = 0; i < WORDS; i++) memcpy(words + 4 * i, i % 3 ? "fox " : "dog ", 5);
  lode_text_report report;
  lode_embed_options options = LODE_EMBED_OPTIONS_INIT;
  options.long_text = LODE_LONG_CHUNK;
  options.normalize = LODE_NORMALIZE_OFF;
  options.reports = &report;
  float out[DIM];
  float first[DIM];
  float second[DIM];
  embed_one(b->ctx, (lode_text){words, WORDS * 4}, &options, out);
  assert_int_equal(report.windows, 2);
  assert_int_equal(report.left_out, 0);
  assert_int_equal(report.tokens, ROOM + 2 + LAST + 2);
  embed_one(b->ctx, (lode_text){words, ROOM * 4}, &options, first);
  assert_int_equal(report.windows, 1);
  embed_one(b->ctx, (lode_text){words + STEP * 4, LAST * 4}, &options, second);
  for (int i = 0; i < DIM; i++) {
    const double mean = (first[i] * (double)(ROOM + 2) + second[i] * (double)(LAST + 2)) /
                        (double)(ROOM + 2 + LAST + 2);
    assert_true(fabs(out[i] - mean) < 1e-6);
  }
}

static void invalid_utf8(void **state) {
  const bench *b = *state;
  const lode_text texts[3] = {text("fox"), text("dog"), {"fox \xc3( \xf0\x9f\x98 end", 14}};
  float out[3 * DIM] = {0};
  float zero[3 * DIM] = {0};
  lode_error err;
  assert_int_equal(lode_embed(b->ctx, texts, 3, NULL, out, 3 * DIM, &err), LODE_E_UTF8);
  assert_int_equal(err.item, 2);
  assert_int_equal(err.pos, 4);
  assert_memory_equal(out, zero, sizeof out);
  lode_text_report reports[3];
  lode_embed_options options = LODE_EMBED_OPTIONS_INIT;
  options.utf8 = LODE_UTF8_REPLACE;
  options.reports = reports;
  assert_int_equal(lode_embed(b->ctx, texts, 3, &options, out, 3 * DIM, &err), LODE_OK);
  assert_int_equal(reports[0].replaced, 0);
  assert_int_equal(reports[2].replaced, 2);
  float same[DIM];
  embed_one(b->ctx, text("fox \xef\xbf\xbd( \xef\xbf\xbd end"), NULL, same);
  assert_memory_equal(out + 2 * DIM, same, sizeof same);

  lode_tokens tokens = {0};
  assert_int_equal(lode_tokenize(b->model, texts[2], NULL, NULL, &tokens, &err), LODE_E_UTF8);
  assert_int_equal(err.pos, 4);
  assert_int_equal(tokens.count, 0);
}

static void outputs_are_checked(void **state) {
  const bench *b = *state;
  const lode_text two[2] = {text("fox"), text("dog")};
  float out[2 * DIM] = {0};
  float zero[2 * DIM] = {0};
  lode_error err;
  assert_int_equal(lode_embed(b->ctx, two, 2, NULL, out, 2 * DIM - 1, &err), LODE_E_SPACE);
  assert_memory_equal(out, zero, sizeof out);
  assert_int_equal(lode_embed(b->ctx, two, 2, NULL, NULL, 2 * DIM, &err), LODE_E_SPACE);
  assert_int_equal(lode_embed(NULL, two, 2, NULL, out, 2 * DIM, &err), LODE_E_ARG);
  assert_int_equal(lode_embed(b->ctx, NULL, 2, NULL, out, 2 * DIM, &err), LODE_E_ARG);
  assert_int_equal(lode_embed(b->ctx, NULL, 0, NULL, NULL, 0, &err), LODE_OK);
  const lode_text null_text = {NULL, 3};
  assert_int_equal(lode_embed(b->ctx, &null_text, 1, NULL, out, DIM, &err), LODE_E_ARG);
  lode_embed_options options = LODE_EMBED_OPTIONS_INIT;
  options.prompt_name = "no such prompt";
  assert_int_equal(lode_embed(b->ctx, two, 2, &options, out, 2 * DIM, &err), LODE_E_NOT_FOUND);
  assert_non_null(strstr(err.text, "no such prompt"));
  options.struct_size = 1;
  assert_int_equal(lode_embed(b->ctx, two, 2, &options, out, 2 * DIM, &err), LODE_E_ARG);
  assert_memory_equal(out, zero, sizeof out);
}

static void token_rows(void **state) {
  const bench *b = *state;
  const lode_text two[2] = {text("the quick fox"), text("")};
  size_t start[3];
  float out[16 * DIM];
  lode_error err;
  assert_int_equal(lode_embed_tokens(b->ctx, two, 2, NULL, NULL, 0, start, &err), LODE_E_SPACE);
  assert_int_equal(start[1], 5);
  assert_int_equal(start[2], 7);
  assert_int_equal(lode_embed_tokens(b->ctx, two, 2, NULL, out, 16 * DIM, start, &err), LODE_OK);
  lode_embed_options options = LODE_EMBED_OPTIONS_INIT;
  options.normalize = LODE_NORMALIZE_OFF;
  for (int t = 0; t < 2; t++) { /* this model's pooling is the mean */
    float mean[DIM];
    embed_one(b->ctx, two[t], &options, mean);
    for (size_t c = 0; c < DIM; c++) {
      double sum = 0;
      for (size_t r = start[t]; r < start[t + 1]; r++) sum += out[r * DIM + c];
      assert_true(fabs(sum / (double)(start[t + 1] - start[t]) - mean[c]) < 1e-5);
    }
  }
  options.dims = 4;
  assert_int_equal(lode_embed_tokens(b->ctx, two, 2, &options, out, 16 * DIM, start, &err),
                   LODE_E_ARG);
  options.dims = 0;
  options.long_text = LODE_LONG_CHUNK;
  assert_int_equal(lode_embed_tokens(b->ctx, two, 2, &options, out, 16 * DIM, start, &err),
                   LODE_E_ARG);
}

static void tokens_and_offsets(void **state) {
  const bench *b = *state;
  lode_tokens tokens = {0};
  const lode_text pair = text("dog");
  assert_int_equal(lode_tokenize(b->model, text("caf\xc3\xa9 foxs"), &pair, NULL, &tokens, NULL),
                   LODE_OK);
  static const struct {
    const char *piece;
    uint64_t bytes[2];
    uint64_t chars[2];
    int type;
  } expected[] = {
      {"[CLS]", {0, 0}, {0, 0}, 0}, {"cafe", {0, 5}, {0, 4}, 0},  {"fox", {6, 9}, {5, 8}, 0},
      {"##s", {9, 10}, {8, 9}, 0},  {"[SEP]", {0, 0}, {0, 0}, 0}, {"dog", {0, 3}, {0, 3}, 1},
      {"[SEP]", {0, 0}, {0, 0}, 1},
  };
  assert_int_equal(tokens.count, sizeof expected / sizeof expected[0]);
  for (size_t i = 0; i < tokens.count; i++) {
    assert_string_equal(tokens.pieces[i], expected[i].piece);
    assert_int_equal(tokens.byte_start[i], expected[i].bytes[0]);
    assert_int_equal(tokens.byte_end[i], expected[i].bytes[1]);
    assert_int_equal(tokens.char_start[i], expected[i].chars[0]);
    assert_int_equal(tokens.char_end[i], expected[i].chars[1]);
    assert_int_equal(tokens.type_ids[i], expected[i].type);
    assert_int_equal(tokens.special[i], expected[i].piece[0] == '[');
  }
  lode_tokens_free(&tokens);
  assert_null(tokens.ids);

  lode_tokenize_options options = LODE_TOKENIZE_OPTIONS_INIT;
  options.max_tokens = 4;
  assert_int_equal(lode_tokenize(b->model, text("the fox the dog"), NULL, &options, &tokens, NULL),
                   LODE_OK);
  assert_int_equal(tokens.count, 4);
  assert_int_equal(tokens.left_out, 2);
  lode_tokens_free(&tokens);
  options.max_tokens = 0;
  options.no_special = 1;
  assert_int_equal(lode_tokenize(b->model, text(""), NULL, &options, &tokens, NULL), LODE_OK);
  assert_int_equal(tokens.count, 0);
  lode_tokens_free(&tokens);
}

/* Texts of lengths from 0 to far more than the model takes, in an order without a pattern. */
static void fill_many(lode_text *many, const char *words) {
  uint64_t state = 88172645463325252u;
  for (int i = 0; i < MANY; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const size_t size = i % 5 == 0 ? (state >> 33) % 400 : (state >> 33) % 40;
    many[i] = (lode_text){words + (state >> 55) % 100, size};
  }
}

static void batches_and_threads_do_not_matter(void **state) {
  const bench *b = *state;
  char *words = foxes(200);
  lode_text many[MANY];
  fill_many(many, words);
  float *all = calloc(MANY * DIM, sizeof *all);
  float *other = calloc(MANY * DIM, sizeof *other);
  assert_non_null(all);
  assert_non_null(other);
  assert_int_equal(lode_embed(b->ctx, many, MANY, NULL, all, MANY * DIM, NULL), LODE_OK);
  const int threads[] = {1, 2, 3, 7};
  const size_t batches[] = {1, 2, 17, MANY};
  for (int t = 0; t < 4; t++) {
    lode_context *ctx = new_context(b->model, threads[t]);
    for (int k = 0; k < 4; k++) {
      for (size_t i = 0; i < MANY; i += batches[k]) {
        const size_t n = MANY - i < batches[k] ? MANY - i : batches[k];
        assert_int_equal(lode_embed(ctx, many + i, n, NULL, other + i * DIM, n * DIM, NULL),
                         LODE_OK);
      }
      assert_memory_equal(all, other, MANY * DIM * sizeof *all);
    }
    lode_context_free(ctx);
  }
  free(all);
  free(other);
  free(words);
}

typedef struct user {
  const lode_model *model;
  const float *expected;
  const lode_text *texts;
  int mistakes;
} user;

static void *use_model(void *arg) {
  user *u = arg;
  lode_context *ctx = NULL;
  lode_context_options options = LODE_CONTEXT_OPTIONS_INIT;
  options.threads = 2;
  if (lode_context_new(u->model, &options, &ctx, NULL) != LODE_OK) {
    u->mistakes++;
    return NULL;
  }
  float out[8 * DIM];
  for (int round = 0; round < 30; round++) {
    if (lode_embed(ctx, u->texts, 8, NULL, out, 8 * DIM, NULL) != LODE_OK ||
        memcmp(out, u->expected, sizeof out) != 0) {
      u->mistakes++;
    }
  }
  lode_context_free(ctx);
  return NULL;
}

static void one_model_many_contexts(void **state) {
  const bench *b = *state;
  char *words = foxes(200);
  lode_text many[MANY];
  fill_many(many, words);
  float expected[8 * DIM];
  assert_int_equal(lode_embed(b->ctx, many, 8, NULL, expected, 8 * DIM, NULL), LODE_OK);
  pthread_t threads[4];
  user users[4];
  for (int i = 0; i < 4; i++) {
    users[i] = (user){b->model, expected, many, 0};
    assert_int_equal(pthread_create(&threads[i], NULL, use_model, &users[i]), 0);
  }
  for (int i = 0; i < 4; i++) {
    pthread_join(threads[i], NULL);
    assert_int_equal(users[i].mistakes, 0);
  }
  free(words);
}

/* A call that has begun, to its end. */
static void poll_to_the_end(lode_context *ctx) {
  lode_error err;
  int32_t done = 0;
  while (!done) {
    if (lode_embed_poll(ctx, 0, &done, &err) != LODE_OK) fail_msg("%s", err.text);
  }
}

/* The same bits as in one call; the texts may go as soon as it has begun. */
static void calls_in_steps(void **state) {
  const bench *b = *state;
  char words[] = "the quick brown fox";
  const lode_text texts[2] = {text(words), text("lazy")};
  float expected[2 * DIM], got[2 * DIM], tokens[2][MAX_TOKENS * DIM];
  size_t start[2][3];
  lode_text_report reports[2][2] = {{{0}}};
  lode_embed_options options = LODE_EMBED_OPTIONS_INIT;
  options.reports = reports[0];
  assert_int_equal(lode_embed(b->ctx, texts, 2, &options, expected, 2 * DIM, NULL), LODE_OK);
  assert_int_equal(
      lode_embed_tokens(b->ctx, texts, 2, NULL, tokens[0], MAX_TOKENS * DIM, start[0], NULL),
      LODE_OK);
  assert_int_equal(
      lode_embed_tokens_begin(b->ctx, texts, 2, NULL, tokens[1], MAX_TOKENS * DIM, start[1], NULL),
      LODE_OK);
  poll_to_the_end(b->ctx);
  assert_memory_equal(start[0], start[1], sizeof start[0]);
  assert_memory_equal(tokens[0], tokens[1], start[0][2] * DIM * sizeof(float));
  options.reports = reports[1];
  assert_int_equal(lode_embed_begin(b->ctx, texts, 2, &options, got, 2 * DIM, NULL), LODE_OK);
  memset(words, 'x', sizeof words - 1);
  options.normalize = LODE_NORMALIZE_OFF;
  poll_to_the_end(b->ctx);
  assert_memory_equal(got, expected, sizeof got);
  assert_memory_equal(reports[1], reports[0], sizeof reports[0]);
}

static void steps_are_in_order(void **state) {
  const bench *b = *state;
  const lode_text one = text("fox");
  float out[DIM], rows[DIM * 8];
  size_t start[2];
  int32_t done = 0;
  lode_context *ctx = new_context(b->model, 1);
  assert_int_equal(lode_embed_poll(ctx, 1, &done, NULL), LODE_E_ARG);
  assert_int_equal(lode_embed_poll(NULL, 1, &done, NULL), LODE_E_ARG);
  assert_int_equal(lode_embed_begin(ctx, &one, 1, NULL, out, DIM - 1, NULL), LODE_E_SPACE);
  assert_int_equal(lode_embed_poll(ctx, 1, &done, NULL), LODE_E_ARG);
  assert_int_equal(lode_embed_begin(ctx, &one, 1, NULL, out, DIM, NULL), LODE_OK);
  assert_int_equal(lode_embed_begin(ctx, &one, 1, NULL, out, DIM, NULL), LODE_E_ARG);
  assert_int_equal(lode_embed(ctx, &one, 1, NULL, out, DIM, NULL), LODE_E_ARG);
  assert_int_equal(lode_embed_tokens(ctx, &one, 1, NULL, rows, 8 * DIM, start, NULL), LODE_E_ARG);
  poll_to_the_end(ctx);
  assert_int_equal(lode_embed_poll(ctx, 1, &done, NULL), LODE_E_ARG);
  assert_int_equal(lode_embed_begin(ctx, NULL, 0, NULL, NULL, 0, NULL), LODE_OK);
  poll_to_the_end(ctx);
  assert_int_equal(lode_embed_tokens_begin(ctx, NULL, 0, NULL, NULL, 0, start, NULL), LODE_OK);
  assert_int_equal(start[0], 0);
  poll_to_the_end(ctx);
  assert_int_equal(lode_embed_begin(ctx, &one, 1, NULL, out, DIM, NULL), LODE_OK);
  lode_context_free(ctx); /* in the middle */
}

static void work_in_steps(void **state) {
  const bench *b = *state;
  lode_self_test_result whole = LODE_SELF_TEST_RESULT_INIT, steps = LODE_SELF_TEST_RESULT_INIT;
  lode_work *work = NULL;
  int32_t done = 0;
  assert_int_equal(lode_model_verify(b->model, &whole, NULL), LODE_OK);
  assert_int_equal(lode_model_verify_begin(b->model, &steps, &work, NULL), LODE_OK);
  while (!done) assert_int_equal(lode_work_poll(work, 0, &done, NULL), LODE_OK);
  assert_int_equal(lode_work_poll(work, 0, &done, NULL), LODE_E_ARG);
  lode_work_free(work);
  assert_int_equal(steps.texts, whole.texts);
  assert_true(steps.least_cosine == whole.least_cosine);
  assert_int_equal(lode_model_verify_begin(b->model, &steps, &work, NULL), LODE_OK);
  lode_work_free(work); /* given up */
  lode_work_free(NULL);
  assert_int_equal(lode_work_poll(NULL, 0, &done, NULL), LODE_E_ARG);
  assert_int_equal(lode_model_verify_begin(b->model, &steps, NULL, NULL), LODE_E_ARG);
  assert_int_equal(lode_model_move_begin(b->model, "cpu", &work, NULL), LODE_E_ARG);
  assert_int_equal(lode_model_move_begin(NULL, "auto", &work, NULL), LODE_E_ARG);
}

static void similarity(void **state) {
  (void)state;
  const float a[3] = {1, 2, 3};
  const float b[3] = {-2, 1, 0};
  const float c[3] = {2, 4, 6};
  const float zero[3] = {0, 0, 0};
  const float huge[3] = {1e30F, 2e30F, 3e30F};
  assert_true(fabs(lode_similarity(a, b, 3)) < 1e-7);
  assert_true(fabs(lode_similarity(a, c, 3) - 1) < 1e-6);
  assert_true(fabs(lode_similarity(a, huge, 3) - 1) < 1e-6);
  assert_true(lode_similarity(a, zero, 3) == 0);
  assert_true(lode_similarity(a, b, 0) == 0);
}

static void contexts_are_checked(void **state) {
  const bench *b = *state;
  lode_context *ctx = NULL;
  lode_context_options options = LODE_CONTEXT_OPTIONS_INIT;
  options.threads = -1;
  assert_int_equal(lode_context_new(b->model, &options, &ctx, NULL), LODE_E_ARG);
  options.threads = 100000;
  assert_int_equal(lode_context_new(b->model, &options, &ctx, NULL), LODE_E_ARG);
  assert_int_equal(lode_context_new(NULL, NULL, &ctx, NULL), LODE_E_ARG);
  assert_null(ctx);
  lode_context_free(NULL);
  lode_model_free(NULL);
  lode_tokens_free(NULL);
}

static void every_status_has_texts(void **state) {
  (void)state;
#define CHECK(name, value, meaning)                                  \
  assert_string_equal(lode_status_name(LODE_##name), "LODE_" #name); \
  assert_string_equal(lode_status_text(LODE_##name), meaning);       \
  assert_int_equal(LODE_##name, value);
  LODE_STATUS_LIST(CHECK)
#undef CHECK
  assert_string_equal(lode_status_name((lode_status)9999), "LODE_E_?");
  char version[32];
  snprintf(version, sizeof version, "%d.%d.%d", LODE_VERSION_MAJOR, LODE_VERSION_MINOR,
           LODE_VERSION_PATCH);
  assert_string_equal(lode_version(), version);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(dims_are_cut_then_normalised),
      cmocka_unit_test(a_model_may_cut_its_vectors),
      cmocka_unit_test(normalising_can_be_forced),
      cmocka_unit_test(long_texts),
      cmocka_unit_test(chunks_are_averaged_by_tokens),
      cmocka_unit_test(invalid_utf8),
      cmocka_unit_test(outputs_are_checked),
      cmocka_unit_test(token_rows),
      cmocka_unit_test(tokens_and_offsets),
      cmocka_unit_test(batches_and_threads_do_not_matter),
      cmocka_unit_test(one_model_many_contexts),
      cmocka_unit_test(calls_in_steps),
      cmocka_unit_test(steps_are_in_order),
      cmocka_unit_test(work_in_steps),
      cmocka_unit_test(similarity),
      cmocka_unit_test(contexts_are_checked),
      cmocka_unit_test(every_status_has_texts),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
