/* int8 and bf16: a text's vector does not depend, to the last bit, on what is embedded with it
 * or on the number of threads; with int8 not on the instruction set; and it is near that of f32. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "model_folder.h"

enum { DIM = 32, TEXTS = 160, LONGEST = 400 };

static char storage[TEXTS][LONGEST + 1];
static lode_text texts[TEXTS];

/* Texts of many lengths, made of a few words; the same every time. */
static int make_texts(void **state) {
  (void)state;
  static const char *const words[] = {"the ", "river ", "is ",  "cold ", "and ",   "deep, ",
                                      "she ", "said ",  "no. ", "42 ",   "stone ", "green "};
  uint32_t seed = 7;
  for (size_t i = 0; i < TEXTS; i++) {
    seed = seed * 1664525u + 1013904223u;
    const size_t length = i % 16 == 0 ? LONGEST - 10 : (seed >> 16) % 90;
    size_t n = 0;
    while (n < length) {
      seed = seed * 1664525u + 1013904223u;
      const char *word = words[(seed >> 20) % (sizeof words / sizeof words[0])];
      memcpy(storage[i] + n, word, strlen(word));
      n += strlen(word);
    }
    texts[i] = (lode_text){storage[i], n};
  }
  return 0;
}

static lode_model *open_as(const char *dtype) {
  char path[1024];
  lode_model *model = NULL;
  lode_error err;
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  options.dtype = dtype;
  if (lode_model_open(fixture_path("bert-mean-normalize", path, sizeof path), &options, &model,
                      &err) != LODE_OK) {
    fail_msg("%s", err.text);
  }
  assert_int_equal(lode_model_dim(model), DIM);
  return model;
}

static void embed(const lode_model *model, int threads, size_t first, size_t n, float *out) {
  lode_context_options options = LODE_CONTEXT_OPTIONS_INIT;
  options.threads = threads;
  lode_context *ctx = NULL;
  assert_int_equal(lode_context_new(model, &options, &ctx, NULL), LODE_OK);
  assert_int_equal(lode_embed(ctx, texts + first, n, NULL, out, n * DIM, NULL), LODE_OK);
  lode_context_free(ctx);
}

static void check_bits(const char *dtype) {
  static float all[TEXTS * DIM], some[TEXTS * DIM];
  lode_model *model = open_as(dtype);
  embed(model, 1, 0, TEXTS, all);
  for (int threads = 2; threads <= 5; threads++) {
    embed(model, threads, 0, TEXTS, some);
    assert_memory_equal(all, some, sizeof all);
  }
  for (size_t i = 0; i < TEXTS; i++) {
    embed(model, i % 2 ? 1 : 3, i, 1, some);
    assert_memory_equal(all + i * DIM, some, DIM * sizeof *some);
  }
  for (size_t n = 2; n < TEXTS; n = n * 2 + 1) {
    for (size_t i = 0; i + n <= TEXTS; i += n) {
      embed(model, 2, i, n, some);
      assert_memory_equal(all + i * DIM, some, n * DIM * sizeof *some);
    }
  }
  lode_model_free(model);
}

static void no_bit_depends_on_the_batch(void **state) {
  (void)state;
  check_bits("int8");
  check_bits("bf16");
}

static double cosine(const float *a, const float *b) {
  double dot = 0;
  for (size_t c = 0; c < DIM; c++) dot += (double)a[c] * (double)b[c];
  return dot; /* unit length */
}

static void vectors_are_near_those_of_f32(void **state) {
  (void)state;
  static float exact[TEXTS * DIM], got[TEXTS * DIM];
  static const struct {
    const char *dtype;
    double mean, least; /* docs/numerics.md */
  } bounds[] = {{"bf16", 0.9999, 0.999}, {"int8", 0.997, 0.98}};
  lode_model *model = open_as("f32");
  embed(model, 2, 0, TEXTS, exact);
  lode_model_free(model);
  for (size_t d = 0; d < sizeof bounds / sizeof bounds[0]; d++) {
    model = open_as(bounds[d].dtype);
    embed(model, 2, 0, TEXTS, got);
    double sum = 0, least = 1;
    for (size_t i = 0; i < TEXTS; i++) {
      const double c = cosine(exact + i * DIM, got + i * DIM);
      sum += c;
      least = fmin(least, c);
    }
    print_message("%s: cosine to f32, mean %.6f, least %.6f\n", bounds[d].dtype, sum / TEXTS,
                  least);
    assert_true(sum / TEXTS >= bounds[d].mean);
    assert_true(least >= bounds[d].least);
    lode_model_free(model);
  }
}

/* The hidden states of tokens too. */
static void tokens_do_not_depend_on_the_batch(void **state) {
  (void)state;
  lode_model *model = open_as("int8");
  enum { N = 12, ROOM = 4096 * DIM };
  static float all[ROOM], alone[ROOM];
  size_t rows[N + 1], row[2];
  lode_context *ctx = NULL;
  assert_int_equal(lode_context_new(model, NULL, &ctx, NULL), LODE_OK);
  assert_int_equal(lode_embed_tokens(ctx, texts, N, NULL, all, ROOM, rows, NULL), LODE_OK);
  for (size_t i = 0; i < N; i++) {
    assert_int_equal(lode_embed_tokens(ctx, texts + i, 1, NULL, alone, ROOM, row, NULL), LODE_OK);
    assert_int_equal(row[1], rows[i + 1] - rows[i]);
    assert_memory_equal(alone, all + rows[i] * DIM, row[1] * DIM * sizeof *alone);
  }
  lode_context_free(ctx);
  lode_model_free(model);
}

/* ---- the same on every instruction set */

typedef struct bytes {
  uint8_t *data;
  size_t size, capacity;
} bytes;

static int append(void *context, const void *data, size_t size) {
  bytes *b = context;
  if (b->size + size > b->capacity) {
    b->capacity = 2 * (b->size + size);
    uint8_t *grown = realloc(b->data, b->capacity);
    assert_non_null(grown);
    b->data = grown;
  }
  memcpy(b->data + b->size, data, size);
  b->size += size;
  return 0;
}

/* False, with a message, where the machine has no such instruction set. */
static bool embed_at(const bytes *bundle, const char *isa, float *out) {
  const lode_file_data file = {"some.lode-model", bundle->data, bundle->size};
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  options.isa = isa;
  lode_model *model = NULL;
  assert_int_equal(lode_model_open_memory(&file, 1, &options, &model, NULL), LODE_OK);
  lode_model_info info = LODE_MODEL_INFO_INIT;
  assert_int_equal(lode_model_get_info(model, &info), LODE_OK);
  assert_string_equal(info.dtype, "int8");
  const bool there = strcmp(info.isa, isa) == 0;
  if (there) {
    embed(model, 2, 0, TEXTS, out);
  } else {
    print_message("skipped: this machine has no %s, only %s\n", isa, info.isa);
  }
  lode_model_free(model);
  return there;
}

/* Products, attention, activations, norms and quantizing give the same bits everywhere, so
 * vectors do. (Making the weights integers does not: it measures the model in f32, and `ref` and
 * the others differ there. So it is done once.) */
static void int8_does_not_depend_on_the_instruction_set(void **state) {
  (void)state;
  static const char *const isas[] = {"avx2", "avx512", "neon"};
  static float plain[TEXTS * DIM], vectors[TEXTS * DIM];
  lode_model *model = open_as("int8");
  bytes bundle = {0};
  assert_int_equal(lode_model_save(model, append, &bundle, NULL), LODE_OK);
  lode_model_free(model);
  assert_true(embed_at(&bundle, "ref", plain));
  for (size_t i = 0; i < sizeof isas / sizeof isas[0]; i++) {
    if (embed_at(&bundle, isas[i], vectors)) assert_memory_equal(vectors, plain, sizeof plain);
  }
  free(bundle.data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_bit_depends_on_the_batch),
      cmocka_unit_test(vectors_are_near_those_of_f32),
      cmocka_unit_test(tokens_do_not_depend_on_the_batch),
      cmocka_unit_test(int8_does_not_depend_on_the_instruction_set),
  };
  return cmocka_run_group_tests(tests, make_texts, NULL);
}
