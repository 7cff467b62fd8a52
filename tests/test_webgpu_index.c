/* A collection in steps, on the CPU and on a GPU: begun and polled it is what lode_index_add makes,
 * and finds what lode_index_search finds; given up, or with a device that is lost, it is what it
 * was before. The GPU's part is skipped, saying so, where there is no adapter. */
#include "api/backend.h"
#include "webgpu.h"

#include "saved_bundle.h"

/* ---- a driver that takes its time, and may be lost */

static struct {
  int late; /* polls of a submission before it is looked at */
  int left;
  int submits_left; /* before the device is lost; negative: never */
  bool lost;
} gpu;

static void submit(lode_gpu *device, lode_gpu_id commands, lode_gpu_id map) {
  if (gpu.submits_left == 0) gpu.lost = true;
  if (gpu.submits_left > 0) gpu.submits_left--;
  gpu.left = gpu.late;
  lode_gpu_default()->submit(device, commands, map);
}

static lode_gpu_state poll(lode_gpu *device, lode_gpu_id map, bool wait) {
  if (gpu.lost) return LODE_GPU_FAILED;
  if (!wait && gpu.left-- > 0) return LODE_GPU_PENDING;
  return lode_gpu_default()->poll(device, map, wait);
}

static lode_gpu_trouble report(lode_gpu *device, char *text, size_t size) {
  if (!gpu.lost) return lode_gpu_default()->report(device, text, size);
  snprintf(text, size, "unplugged");
  return LODE_GPU_LOST;
}

/* ---- models and documents */

static bytes bundle;

static int save_bundle(void **state) {
  (void)state;
  bundle = saved_without_layers();
  return 0;
}

static int free_bundle(void **state) {
  (void)state;
  free(bundle.data);
  return 0;
}

static lode_model *open_on(const char *backend) {
  static lode_gpu_driver driver;
  driver = *lode_gpu_default();
  driver.submit = submit;
  driver.poll = poll;
  driver.report = report;
  memset(&gpu, 0, sizeof gpu);
  gpu.submits_left = -1;
  lode_model *model = NULL;
  lode_error err;
  assert_int_equal(open_bytes(&bundle, &model, &err), LODE_OK);
  if (strcmp(backend, "cpu") == 0) return model;
  need_gpu();
  lode_work *work = NULL;
  int32_t done = 0;
  model->gpu_driver = &driver;
  model->gpu_anyway = true;
  lode_status status = lode_model_move_begin(model, backend, &work, &err);
  if (status == LODE_OK) status = lode_work_poll(work, 1, &done, &err);
  if (status != LODE_OK) fail_msg("%s", err.text);
  lode_work_free(work);
  gpu.late = 3;
  return model;
}

enum { DOCUMENTS = 90 }; /* more than are embedded at once */

typedef struct documents {
  lode_index_document list[DOCUMENTS];
  char ids[DOCUMENTS][16], texts[DOCUMENTS][96];
} documents;

static void make_documents(documents *d) {
  static const char *const words[] = {"hello", "world", "the", "quick", "brown", "fox", "a"};
  memset(d, 0, sizeof *d);
  for (size_t i = 0; i < DOCUMENTS; i++) {
    snprintf(d->ids[i], sizeof d->ids[i], "%zu.txt", i);
    snprintf(d->texts[i], sizeof d->texts[i], "%s %s %s number %zu.\n", words[i % 7], words[i % 5],
             words[i % 3], i);
    d->list[i].id = (lode_text){d->ids[i], strlen(d->ids[i])};
    d->list[i].content = (lode_text){d->texts[i], strlen(d->texts[i])};
  }
}

/* To its end, without waiting; how often it had to be asked. */
static lode_status finish(lode_work *work, int *polls, lode_error *err) {
  int32_t done = 0;
  lode_status status = LODE_OK;
  for (*polls = 0; !done && status == LODE_OK; ++*polls) {
    status = lode_work_poll(work, 0, &done, err);
  }
  lode_work_free(work);
  return status;
}

static lode_index *open_index(const lode_model *model) {
  lode_index_options options = LODE_INDEX_OPTIONS_INIT;
  options.access = LODE_INDEX_CREATE;
  options.model = model;
  options.vectors = "f32";
  options.threads = 1;
  lode_index *index = NULL;
  lode_work *work = NULL;
  lode_error err;
  int polls;
  lode_status status = lode_index_open_begin(NULL, &options, &index, &work, &err);
  assert_null(index);
  if (status == LODE_OK) status = finish(work, &polls, &err);
  if (status != LODE_OK) fail_msg("%s", err.text);
  return index;
}

static void add_in_steps(lode_index *index, const documents *d, int *polls) {
  lode_work *work = NULL;
  lode_index_report report = {0};
  lode_error err;
  lode_status status = lode_index_add_begin(index, d->list, DOCUMENTS, NULL, &report, &work, &err);
  if (status == LODE_OK) status = finish(work, polls, &err);
  if (status != LODE_OK) fail_msg("%s", err.text);
  assert_int_equal(report.added, DOCUMENTS);
  assert_int_equal(report.embedded, DOCUMENTS);
  assert_true(report.tokens > DOCUMENTS);
  assert_int_equal(lode_index_verify(index, &err), LODE_OK);
}

static int64_t documents_of(lode_index *index) {
  lode_index_info info = LODE_INDEX_INFO_INIT;
  assert_int_equal(lode_index_get_info(index, &info, NULL), LODE_OK);
  return info.documents;
}

static const lode_text question = {"quick brown hello", 17};

static lode_index_search_options by_meaning(void) {
  lode_index_search_options options = LODE_INDEX_SEARCH_OPTIONS_INIT;
  options.mode = LODE_INDEX_SEMANTIC;
  options.all = 1;
  return options;
}

static lode_results *search_in_steps(lode_index *index) {
  const lode_index_search_options options = by_meaning();
  lode_results *results = NULL;
  lode_work *work = NULL;
  lode_error err;
  int polls;
  lode_status status = lode_index_search_begin(index, question, &options, &results, &work, &err);
  if (status == LODE_OK) status = finish(work, &polls, &err);
  if (status != LODE_OK) fail_msg("%s", err.text);
  return results;
}

/* What the CPU finds, by the functions that block, in a collection that they have made. */
static lode_results *expected_results(const documents *d) {
  lode_model *model = open_on("cpu");
  lode_index *index = open_index(model);
  const lode_index_search_options options = by_meaning();
  lode_results *results = NULL;
  assert_int_equal(lode_index_add(index, d->list, DOCUMENTS, NULL, NULL, NULL), LODE_OK);
  assert_int_equal(lode_index_search(index, question, &options, &results, NULL), LODE_OK);
  lode_index_free(index);
  lode_model_free(model);
  assert_int_equal(results->count, 10);
  return results;
}

static void expect_same(lode_results *got, const lode_results *expected) {
  assert_int_equal(got->count, expected->count);
  for (size_t i = 0; i < got->count; i++) {
    assert_string_equal(got->list[i].id, expected->list[i].id);
    assert_float_equal(got->list[i].cosine, expected->list[i].cosine, 1e-5);
  }
  lode_results_free(got);
}

/* ---- tests */

static void in_steps(const char *backend) {
  static documents d;
  int polls;
  make_documents(&d);
  lode_results *expected = expected_results(&d);
  lode_model *model = open_on(backend);
  lode_index *index = open_index(model);
  add_in_steps(index, &d, &polls);
  if (strcmp(backend, "cpu") != 0) assert_true(polls > 6); /* it was not waited for */
  expect_same(search_in_steps(index), expected);
  lode_index_free(index);
  lode_model_free(model);
  lode_results_free(expected);
}

static void on_the_cpu(void **state) {
  (void)state;
  in_steps("cpu");
}

static void on_a_gpu(void **state) {
  (void)state;
  in_steps("webgpu");
}

/* Of a collection that work is under way with nothing else is asked; what is given up has not been.
 */
static void given_up(void **state) {
  (void)state;
  static documents d;
  make_documents(&d);
  lode_results *expected = expected_results(&d), *results = NULL;
  lode_model *model = open_on("webgpu");
  lode_index *index = open_index(model);
  lode_work *work = NULL, *second = NULL;
  lode_error err;
  int32_t done = 0;
  assert_int_equal(lode_index_add_begin(index, d.list, DOCUMENTS, NULL, NULL, &work, &err),
                   LODE_OK);
  assert_int_equal(lode_work_poll(work, 0, &done, &err), LODE_OK);
  assert_int_equal(done, 0);
  lode_index_info info = LODE_INDEX_INFO_INIT;
  assert_int_equal(lode_index_get_info(index, &info, &err), LODE_E_ARG);
  assert_int_equal(lode_index_add(index, d.list, 1, NULL, NULL, &err), LODE_E_ARG);
  assert_int_equal(lode_index_add_begin(index, d.list, 1, NULL, NULL, &second, &err), LODE_E_ARG);
  assert_int_equal(lode_index_search(index, question, NULL, &results, &err), LODE_E_ARG);
  assert_int_equal(lode_index_remove(index, &d.list[0].id, 1, NULL, &err), LODE_E_ARG);
  lode_work_free(work);
  assert_int_equal(documents_of(index), 0);
  int polls;
  add_in_steps(index, &d, &polls);

  const lode_index_search_options options = by_meaning();
  assert_int_equal(lode_index_search_begin(index, question, &options, &results, &work, &err),
                   LODE_OK);
  assert_int_equal(lode_work_poll(work, 0, &done, &err), LODE_OK);
  assert_int_equal(done, 0);
  lode_work_free(work);
  assert_null(results);
  expect_same(search_in_steps(index), expected);
  lode_index_free(index);

  lode_index_options open = LODE_INDEX_OPTIONS_INIT;
  open.access = LODE_INDEX_CREATE;
  open.model = model;
  index = NULL;
  assert_int_equal(lode_index_open_begin(NULL, &open, &index, &work, &err), LODE_OK);
  assert_int_equal(lode_work_poll(work, 0, &done, &err), LODE_OK);
  lode_work_free(work);
  assert_null(index);
  lode_model_free(model);
  lode_results_free(expected);
}

/* The device goes between two batches of one call. */
static void device_lost(void **state) {
  (void)state;
  static documents d;
  make_documents(&d);
  lode_results *expected = expected_results(&d);
  lode_model *model = open_on("auto");
  lode_index *index = open_index(model);
  gpu.submits_left = 1;
  int polls;
  add_in_steps(index, &d, &polls);
  assert_true(gpu.lost);
  expect_same(search_in_steps(index), expected);
  lode_index_free(index);
  lode_model_free(model);

  model = open_on("webgpu");
  index = open_index(model);
  gpu.submits_left = 1;
  lode_work *work = NULL;
  lode_error err;
  assert_int_equal(lode_index_add_begin(index, d.list, DOCUMENTS, NULL, NULL, &work, &err),
                   LODE_OK);
  assert_int_equal(finish(work, &polls, &err), LODE_E_DEVICE);
  assert_non_null(strstr(err.text, "the device is lost: unplugged"));
  assert_int_equal(documents_of(index), 0);
  assert_int_equal(lode_index_verify(index, &err), LODE_OK);
  lode_index_free(index);
  lode_model_free(model);
  lode_results_free(expected);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(on_the_cpu),
      cmocka_unit_test(on_a_gpu),
      cmocka_unit_test(given_up),
      cmocka_unit_test(device_lost),
  };
  return cmocka_run_group_tests(tests, save_bundle, free_bundle);
}
