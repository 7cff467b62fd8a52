/* A bundle that is opened while it arrives: the same model as from the whole file, whatever the
 * pieces; damage is noticed when its bytes are there; nothing is read that is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "saved_bundle.h"

static lode_model_stream *new_stream(size_t size, const lode_model_options *options) {
  lode_model_stream *stream = NULL;
  lode_error err;
  if (lode_model_stream_new(size, options, &stream, &err) != LODE_OK) fail_msg("%s", err.text);
  size_t room = 0;
  void *buffer = lode_model_stream_buffer(stream, &room);
  assert_int_equal(room, size);
  memset(buffer, 0xFF, room); /* read too early, a float is NaN and a length enormous */
  return stream;
}

/* Pieces of `piece` bytes, the last one less. *taken: bytes that were in when it failed. */
static lode_status stream_in(const bytes *file, size_t piece, const lode_model_options *options,
                             lode_model **out, size_t *taken, lode_error *err) {
  lode_model_stream *stream = new_stream(file->size, options);
  lode_status status = LODE_OK;
  size_t at = 0;
  while (at < file->size && status == LODE_OK) {
    size_t room = 0;
    void *buffer = lode_model_stream_buffer(stream, &room);
    assert_int_equal(room, file->size - at);
    const size_t n = room < piece ? room : piece;
    memcpy(buffer, file->data + at, n);
    at += n;
    status = lode_model_stream_arrived(stream, n, err);
  }
  *taken = at;
  if (status == LODE_OK) return lode_model_stream_finish(stream, out, err);
  assert_int_equal(lode_model_stream_arrived(stream, 0, NULL), LODE_E_ARG); /* it is done for */
  lode_model_stream_free(stream);
  return status;
}

static void check_pieces(const char *name, const char *stored, const char *dtype) {
  static float a[SAVED_TEXTS * MAX_DIM], b[SAVED_TEXTS * MAX_DIM];
  bytes file = saved_fixture(name, stored);
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  options.dtype = dtype;
  lode_error err = {0};
  const lode_file_data whole = {"some.lode-model", file.data, file.size};
  lode_model *model = NULL;
  if (lode_model_open_memory(&whole, 1, &options, &model, &err) != LODE_OK) {
    fail_msg("%s", err.text);
  }
  const size_t n = embed_saved(model, a);
  const size_t pieces[] = {1, 63, 1000, 4096, file.size / 2 + 1, file.size};
  for (size_t i = file.size > 200000 ? 1 : 0; i < sizeof pieces / sizeof pieces[0]; i++) {
    options.verify = i % 2 == 1;
    lode_model *streamed = NULL;
    size_t taken = 0;
    if (stream_in(&file, pieces[i], &options, &streamed, &taken, &err) != LODE_OK) {
      fail_msg("%s, %s as %s, by %zu bytes: %s", name, stored, dtype, pieces[i], err.text);
    }
    assert_int_equal(embed_saved(streamed, b), n);
    if (strcmp(dtype ? dtype : "", "auto") != 0) assert_memory_equal(a, b, n * sizeof *a);
    lode_self_test_result result = LODE_SELF_TEST_RESULT_INIT;
    assert_int_equal(lode_model_verify(streamed, &result, &err), LODE_OK);
    lode_model_free(streamed);
  }
  lode_model_free(model);
  free(file.data);
}

static void pieces_make_the_same_model(void **state) {
  (void)state;
  check_pieces("bert-mean-normalize", "int8", NULL);
  check_pieces("bert-dense", "f32", NULL);
  check_pieces("bert-dense", "int8", "int8");
  check_pieces("distilbert", "f32", "bf16");
  check_pieces("roberta", "bf16", NULL);
  check_pieces("static-embedding", "int4", NULL);
  check_pieces("static-model2vec-mapping", "f32", NULL);
}

/* Made of all weights at once: they have to wait for each other. */
static void weights_become_integers_at_the_end(void **state) {
  (void)state;
  check_pieces("bert-dense", "f32", "int8");
  check_pieces("bert-dense", "f32", "auto");
}

/* A changed header may also ask for what is not supported. */
static void assert_refused(lode_status status, const lode_model *model, const lode_error *err) {
  assert_true(status == LODE_E_FORMAT || status == LODE_E_UNSUPPORTED);
  assert_null(model);
  assert_true(err->text[0] != '\0');
}

static void damage_is_found_when_it_arrives(void **state) {
  (void)state;
  bytes file = saved_fixture("bert-mean-normalize", "int8");
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  options.verify = 1;
  enum { PIECE = 512 };
  for (size_t at = 0; at < file.size; at += file.size / 150) {
    file.data[at] ^= 0x10;
    lode_model *model = NULL;
    lode_error err = {0};
    size_t taken = 0;
    assert_refused(stream_in(&file, PIECE, &options, &model, &taken, &err), model, &err);
    assert_true(taken > at); /* and not before */
    const lode_file_data whole = {"some.lode-model", file.data, file.size};
    assert_refused(lode_model_open_memory(&whole, 1, &options, &model, &err), model, &err);
    file.data[at] ^= 0x10;
  }
  free(file.data);
}

static void damage_in_front_is_found_before_the_end(void **state) {
  (void)state;
  bytes file = saved_fixture("bert-mean-normalize", "int8");
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  options.verify = 1;
  file.data[12] ^= 0x01; /* in the header */
  lode_model *model = NULL;
  lode_error err = {0};
  size_t taken = 0;
  assert_int_equal(stream_in(&file, 256, &options, &model, &taken, &err), LODE_E_FORMAT);
  assert_true(taken < file.size / 2);
  free(file.data);
}

static void a_stream_that_ends_early_is_refused(void **state) {
  (void)state;
  bytes file = saved_fixture("bert-dense", "int8");
  for (size_t size = 0; size < file.size; size += file.size / 50) {
    lode_model_stream *stream = new_stream(file.size, NULL);
    size_t room = 0;
    memcpy(lode_model_stream_buffer(stream, &room), file.data, size);
    lode_error err = {0};
    assert_int_equal(lode_model_stream_arrived(stream, size, &err), LODE_OK);
    lode_model *model = NULL;
    assert_int_equal(lode_model_stream_finish(stream, &model, &err), LODE_E_FORMAT);
    assert_null(model);
    assert_non_null(strstr(err.text, "ends after"));
  }
  free(file.data);
}

static void what_is_no_bundle_is_refused(void **state) {
  (void)state;
  static const char *const wrong[] = {"", "x", "<!DOCTYPE html><html><body>404</body></html>",
                                      "\x02\0\0\0\0\0\0\0{}"};
  const size_t sizes[] = {0, 1, 44, 10};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    lode_model_stream *stream = new_stream(sizes[i], NULL);
    size_t room = 0;
    memcpy(lode_model_stream_buffer(stream, &room), wrong[i], sizes[i]);
    lode_error err = {0};
    lode_model *model = NULL;
    lode_status status = lode_model_stream_arrived(stream, sizes[i], &err);
    if (status == LODE_OK) {
      status = lode_model_stream_finish(stream, &model, &err);
    } else {
      lode_model_stream_free(stream);
    }
    assert_int_equal(status, LODE_E_FORMAT);
    assert_true(err.text[0] != '\0');
  }
}

static void arguments_are_checked(void **state) {
  (void)state;
  lode_error err = {0};
  lode_model_stream *stream = NULL;
  lode_model *model = NULL;
  assert_int_equal(lode_model_stream_new(10, NULL, NULL, &err), LODE_E_ARG);
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  options.dtype = "int3";
  assert_int_equal(lode_model_stream_new(10, &options, &stream, &err), LODE_E_ARG);
  assert_null(stream);
  assert_int_equal(lode_model_stream_new(SIZE_MAX, NULL, &stream, &err), LODE_E_NOMEM);
  assert_int_equal(lode_model_stream_finish(NULL, &model, &err), LODE_E_ARG);
  stream = new_stream(10, NULL);
  assert_int_equal(lode_model_stream_arrived(stream, 11, &err), LODE_E_ARG);
  assert_int_equal(lode_model_stream_finish(stream, NULL, &err), LODE_E_ARG); /* and frees it */
  lode_model_stream_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_make_the_same_model),
      cmocka_unit_test(weights_become_integers_at_the_end),
      cmocka_unit_test(damage_is_found_when_it_arrives),
      cmocka_unit_test(damage_in_front_is_found_before_the_end),
      cmocka_unit_test(a_stream_that_ends_early_is_refused),
      cmocka_unit_test(what_is_no_bundle_is_refused),
      cmocka_unit_test(arguments_are_checked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
