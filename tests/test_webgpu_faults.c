/* Everything that can be missing or fail on the way to a GPU and on it: each gives its own words,
 * and under "auto" the CPU's vectors. The faults are those of a driver that stands between the
 * backend and the real one. Most of it is skipped, saying so, where there is no adapter. */
#include "api/backend.h"
#include "webgpu.h"

#include "saved_bundle.h"

/* ---- a driver with faults */

static struct {
  int submits_left; /* before the device is lost; negative: never */
  int buffers_left; /* before there is no memory; negative: always some */
  bool lost;
  const char *broken_shader; /* text that a shader must not have */
  uint64_t binding_bytes;    /* 0: the device's */
  uint32_t missing;          /* features of the device's that it has not */
  size_t devices;            /* opened and not closed */
  int spoiled;               /* 1: what is read back is wrong */
  int full;
  size_t under_way, most_under_way; /* submitted and not read */
} faults;

static lode_status open_counted(lode_gpu **out, lode_gpu_info *info, lode_error *err) {
  const lode_status status = lode_gpu_default()->open(out, info, err);
  if (status != LODE_OK) return status;
  faults.devices++;
  faults.lost = false;
  if (faults.binding_bytes) info->binding_bytes = faults.binding_bytes;
  info->features &= ~faults.missing;
  return LODE_OK;
}

static void close_counted(lode_gpu *gpu) {
  lode_gpu_default()->close(gpu);
  faults.devices--;
}

static lode_gpu_id buffer(lode_gpu *gpu, uint32_t usage, uint64_t size) {
  if (faults.buffers_left == 0) {
    faults.full = 1;
    return 0;
  }
  if (faults.buffers_left > 0) faults.buffers_left--;
  return lode_gpu_default()->buffer(gpu, usage, size);
}

static lode_gpu_id pipeline(lode_gpu *gpu, const char *wgsl, size_t size, const char *kinds,
                            const lode_gpu_constant *constants, size_t n) {
  if (faults.broken_shader) {
    return lode_gpu_default()->pipeline(gpu, faults.broken_shader, strlen(faults.broken_shader),
                                        kinds, NULL, 0);
  }
  return lode_gpu_default()->pipeline(gpu, wgsl, size, kinds, constants, n);
}

static void submit(lode_gpu *gpu, lode_gpu_id commands, lode_gpu_id map) {
  if (faults.submits_left == 0) faults.lost = true;
  if (faults.submits_left > 0) faults.submits_left--;
  faults.under_way++;
  if (faults.under_way > faults.most_under_way) faults.most_under_way = faults.under_way;
  lode_gpu_default()->submit(gpu, commands, map);
}

static lode_gpu_state poll(lode_gpu *gpu, lode_gpu_id map, bool wait) {
  const lode_gpu_state state = lode_gpu_default()->poll(gpu, map, wait);
  return faults.lost ? LODE_GPU_FAILED : state;
}

static bool read_spoiled(lode_gpu *gpu, lode_gpu_id map, void *to, size_t size) {
  if (!lode_gpu_default()->read(gpu, map, to, size)) return false;
  faults.under_way--;
  if (faults.spoiled) ((float *)to)[0] += 1.0f;
  return true;
}

static lode_gpu_trouble report(lode_gpu *gpu, char *text, size_t size) {
  if (faults.lost) {
    snprintf(text, size, "unplugged");
    return LODE_GPU_LOST;
  }
  if (faults.full) {
    faults.full = 0;
    snprintf(text, size, "full");
    return LODE_GPU_NOMEM;
  }
  return lode_gpu_default()->report(gpu, text, size);
}

static const lode_gpu_driver *faulty(void) {
  static lode_gpu_driver driver;
  driver = *lode_gpu_default();
  driver.open = open_counted;
  driver.close = close_counted;
  driver.buffer = buffer;
  driver.pipeline = pipeline;
  driver.submit = submit;
  driver.poll = poll;
  driver.read = read_spoiled;
  driver.report = report;
  memset(&faults, 0, sizeof faults);
  faults.submits_left = -1;
  faults.buffers_left = -1;
  return &driver;
}

/* ---- models on it */

static bytes bundle;
static const char *dtype_wanted; /* NULL: as it is stored */
static int move_later;

static int save_bundle(void **state) {
  (void)state;
  lode_model *model = open_fixture("bert-mean-normalize", "f32");
  bundle = save(model);
  lode_model_free(model);
  return 0;
}

static int free_bundle(void **state) {
  (void)state;
  free(bundle.data);
  return 0;
}

static lode_status open_model(const char *backend, const lode_gpu_driver *driver, lode_model **out,
                              lode_error *err) {
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  options.backend = backend;
  options.move_later = move_later;
  if (strcmp(backend, "cpu") != 0) options.dtype = dtype_wanted;
  lode_model *model = NULL;
  lode_status status = lode_model_begin(&options, &model, err);
  assert_int_equal(status, LODE_OK);
  model->gpu_driver = driver;
  model->gpu_anyway = true;
  lode_file file = {.data = bundle.data, .size = bundle.size};
  status = lode_model_take_bundle(model, "bundle", &file, err);
  if (status == LODE_OK) status = lode_model_describe(model, err);
  if (status == LODE_OK) status = lode_model_prepare(model, options.dtype, err);
  if (status == LODE_OK) status = lode_model_prepare_backend(model, err);
  if (status != LODE_OK) {
    lode_model_free(model);
    model = NULL;
  }
  *out = model;
  return status;
}

static lode_context *context_of(const lode_model *model) {
  lode_context_options one = LODE_CONTEXT_OPTIONS_INIT;
  one.threads = 1;
  lode_context *ctx = NULL;
  assert_int_equal(lode_context_new(model, &one, &ctx, NULL), LODE_OK);
  return ctx;
}

static lode_status embed_in(lode_context *ctx, const lode_model *model, float *out,
                            lode_error *err) {
  static const lode_text texts[] = {{"hello world", 11}, {"a", 1}};
  return lode_embed(ctx, texts, 2, NULL, out, 2 * (size_t)lode_model_dim(model), err);
}

enum { MOST = 2 * 1024 };

static void expect_cpu_vectors(const float *got) {
  lode_model *model = NULL;
  float expected[MOST];
  assert_int_equal(open_model("cpu", NULL, &model, NULL), LODE_OK);
  lode_context *ctx = context_of(model);
  assert_int_equal(embed_in(ctx, model, expected, NULL), LODE_OK);
  assert_memory_equal(got, expected, 2 * (size_t)lode_model_dim(model) * sizeof *got);
  lode_context_free(ctx);
  lode_model_free(model);
}

static lode_model_info expect_backend(const lode_model *model, const char *backend) {
  lode_model_info info = LODE_MODEL_INFO_INIT;
  lode_model_get_info(model, &info);
  assert_string_equal(info.backend, backend);
  return info;
}

/* With the model every device goes. */
static void end(lode_model *model) {
  lode_model_free(model);
  assert_int_equal(faults.devices, 0);
}

/* Opening fails with this status and these words; under "auto" it does not, and the reason is told,
 * and the CPU computes. */
static void expect_refused(const lode_gpu_driver *driver, lode_status expected, const char *words) {
  lode_model *model = NULL;
  lode_error err = {0};
  assert_int_equal(open_model("webgpu", driver, &model, &err), expected);
  if (!strstr(err.text, words)) fail_msg("\"%s\" does not say \"%s\"", err.text, words);
  assert_int_equal(faults.devices, 0);
  assert_int_equal(open_model("auto", driver, &model, &err), LODE_OK);
  lode_candidate cpu, gpu;
  assert_int_equal(lode_model_get_candidate(model, 0, &cpu), LODE_OK);
  assert_int_equal(lode_model_get_candidate(model, 1, &gpu), LODE_OK);
  assert_string_equal(cpu.backend, "cpu");
  assert_string_equal(gpu.backend, "webgpu");
  assert_true(cpu.chosen && cpu.passed && !gpu.chosen && !gpu.passed);
  if (!strstr(gpu.reason, words)) fail_msg("\"%s\" does not say \"%s\"", gpu.reason, words);
  float out[MOST];
  lode_context *ctx = context_of(model);
  assert_int_equal(embed_in(ctx, model, out, &err), LODE_OK);
  expect_cpu_vectors(out);
  lode_context_free(ctx);
  end(model);
}

/* ---- tests */

static void no_library(void **state) {
  (void)state;
  setenv("LODE_WEBGPU_LIBRARY", "/no/such/library.so", 1);
  const lode_gpu_driver *driver = lode_gpu_default();
  faulty();
  const bool built = strcmp(driver->name, "none") != 0;
  expect_refused(driver, LODE_E_UNSUPPORTED, built ? "no WebGPU library" : "no WebGPU");
  unsetenv("LODE_WEBGPU_LIBRARY");
}

static lode_status open_without_adapter(lode_gpu **out, lode_gpu_info *info, lode_error *err) {
  (void)out;
  (void)info;
  return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1, "no WebGPU adapter");
}

static void no_adapter(void **state) {
  (void)state;
  lode_gpu_driver driver = *faulty();
  driver.open = open_without_adapter;
  expect_refused(&driver, LODE_E_UNSUPPORTED, "no WebGPU adapter");
}

static void small_bindings(void **state) {
  (void)state;
  need_gpu();
  const lode_gpu_driver *driver = faulty();
  faults.binding_bytes = 256; /* no matrix fits */
  expect_refused(driver, LODE_E_UNSUPPORTED, "binds at a time");
}

static void out_of_memory(void **state) {
  (void)state;
  need_gpu();
  const lode_gpu_driver *driver = faulty();
  faults.buffers_left = 0;
  expect_refused(driver, LODE_E_DEVICE, "out of memory: full");
}

/* f16 is asked for and is not there; under "auto" the CPU computes in f32, and says so. On the CPU
 * alone it is not to be had. */
static void no_half(void **state) {
  (void)state;
  need_gpu();
  const lode_gpu_driver *driver = faulty();
  faults.missing = LODE_GPU_F16;
  dtype_wanted = "f16";
  expect_refused(driver, LODE_E_UNSUPPORTED, "no shader-f16");
  lode_model *model = NULL;
  lode_error err;
  assert_int_equal(open_model("auto", driver, &model, NULL), LODE_OK);
  assert_string_equal(expect_backend(model, "cpu").dtype, "f32");
  end(model);
  dtype_wanted = NULL;
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  options.dtype = "f16";
  assert_int_equal(lode_model_begin(&options, &model, &err), LODE_E_ARG);
  assert_non_null(strstr(err.text, "f16"));
}

/* In f16 until the device is lost; then in f32. */
static void loss_of_half(void **state) {
  (void)state;
  need_gpu();
  const lode_gpu_driver *driver = faulty();
  lode_model *model = NULL;
  lode_error err;
  dtype_wanted = "f16";
  const lode_status status = open_model("auto", driver, &model, &err);
  dtype_wanted = NULL;
  assert_int_equal(status, LODE_OK);
  lode_candidate gpu;
  assert_int_equal(lode_model_get_candidate(model, 1, &gpu), LODE_OK);
  if (gpu.reason && strstr(gpu.reason, "no shader-f16")) {
    print_message("skipped: %s\n", gpu.reason);
    end(model);
    skip();
  }
  assert_string_equal(gpu.dtype, "f16");
  assert_true(gpu.passed && gpu.least_cosine >= 0.9999);
  assert_string_equal(expect_backend(model, "webgpu").dtype, "f16");
  faults.submits_left = 0;
  lode_context *ctx = context_of(model);
  float out[MOST];
  assert_int_equal(embed_in(ctx, model, out, &err), LODE_OK);
  expect_cpu_vectors(out);
  assert_string_equal(expect_backend(model, "cpu").dtype, "f32");
  lode_context_free(ctx);
  end(model);
}

static void broken_shader(void **state) {
  (void)state;
  need_gpu();
  const lode_gpu_driver *driver = faulty();
  faults.broken_shader = "@compute @workgroup_size(64) fn main() { let x: u32 = 1.5; }";
  expect_refused(driver, LODE_E_DEVICE, "embed: refused");
}

static void wrong_numbers(void **state) {
  (void)state;
  need_gpu();
  const lode_gpu_driver *driver = faulty();
  faults.spoiled = 1;
  lode_model *model = NULL;
  assert_int_equal(open_model("auto", driver, &model, NULL), LODE_OK);
  lode_candidate gpu;
  assert_int_equal(lode_model_get_candidate(model, 1, &gpu), LODE_OK);
  assert_true(!gpu.passed && !gpu.chosen && gpu.least_cosine < 0.999999);
  assert_non_null(strstr(gpu.reason, "self-test"));
  end(model);
}

/* The device goes while a job is on it: the job is done by the CPU, in that context and others. */
static void loss_under_auto(void **state) {
  (void)state;
  need_gpu();
  const lode_gpu_driver *driver = faulty();
  lode_model *model = NULL;
  lode_error err;
  if (open_model("auto", driver, &model, &err) != LODE_OK) fail_msg("%s", err.text);
  lode_context *first = context_of(model), *second = context_of(model);
  float out[MOST];
  assert_int_equal(embed_in(first, model, out, &err), LODE_OK);
  assert_int_equal(embed_in(second, model, out, &err), LODE_OK);
  expect_backend(model, "webgpu");
  faults.submits_left = 0;
  memset(out, 0, sizeof out);
  assert_int_equal(embed_in(first, model, out, &err), LODE_OK);
  expect_cpu_vectors(out);
  memset(out, 0, sizeof out);
  assert_int_equal(embed_in(second, model, out, &err), LODE_OK);
  expect_cpu_vectors(out);
  assert_null(expect_backend(model, "cpu").device);
  lode_candidate gpu;
  assert_int_equal(lode_model_get_candidate(model, 1, &gpu), LODE_OK);
  assert_true(gpu.chosen);
  assert_non_null(strstr(gpu.reason, "the device is lost: unplugged"));
  lode_context *third = context_of(model);
  assert_int_equal(embed_in(third, model, out, &err), LODE_OK);
  expect_cpu_vectors(out);
  lode_context_free(first);
  lode_context_free(second);
  lode_context_free(third);
  end(model);
}

/* A model that is open already goes to the GPU while it computes on the CPU; then the device goes
 * while a call is under way that has begun on it. */
static void moved_in_steps(void **state) {
  (void)state;
  need_gpu();
  const lode_gpu_driver *driver = faulty();
  static const lode_text texts[] = {{"hello world", 11}, {"a", 1}};
  lode_model *model = NULL;
  lode_work *work = NULL, *second = NULL;
  lode_error err;
  assert_int_equal(open_model("cpu", driver, &model, &err), LODE_OK);
  const size_t floats = 2 * (size_t)lode_model_dim(model);
  lode_context *ctx = context_of(model);
  float out[MOST];
  if (lode_model_move_begin(model, "auto", &work, &err) != LODE_OK) fail_msg("%s", err.text);
  assert_int_equal(lode_model_move_begin(model, "auto", &second, &err), LODE_E_ARG);
  assert_int_equal(embed_in(ctx, model, out, &err), LODE_OK);
  expect_cpu_vectors(out);
  int32_t done = 0;
  while (!done) assert_int_equal(lode_work_poll(work, 0, &done, &err), LODE_OK);
  lode_work_free(work);
  expect_backend(model, "webgpu");
  assert_int_equal(lode_model_move_begin(model, "webgpu", &second, &err), LODE_E_ARG);
  for (int lost = 0; lost < 2; lost++) {
    faults.submits_left = lost ? 0 : -1;
    memset(out, 0, sizeof out);
    assert_int_equal(lode_embed_begin(ctx, texts, 2, NULL, out, floats, &err), LODE_OK);
    for (done = 0; !done;) assert_int_equal(lode_embed_poll(ctx, 0, &done, &err), LODE_OK);
    expect_backend(model, lost ? "cpu" : "webgpu");
  }
  expect_cpu_vectors(out);
  lode_context_free(ctx);
  end(model);
}

/* As a page opens it: on the CPU in f32, whatever the GPU will compute in, and then there. */
static void half_moved_later(void **state) {
  (void)state;
  need_gpu();
  const lode_gpu_driver *driver = faulty();
  lode_model *model = NULL;
  lode_work *work = NULL;
  lode_error err;
  lode_model_options options = LODE_MODEL_OPTIONS_INIT;
  options.dtype = "f16";
  options.move_later = 1;
  assert_int_equal(lode_model_begin(&options, &model, &err), LODE_E_ARG); /* but not on the CPU */
  dtype_wanted = "f16";
  move_later = 1;
  const lode_status status = open_model("webgpu", driver, &model, &err);
  dtype_wanted = NULL;
  move_later = 0;
  if (status != LODE_OK) fail_msg("%s", err.text);
  assert_int_equal(faults.devices, 0);
  assert_string_equal(expect_backend(model, "cpu").dtype, "f32");
  const size_t dim = (size_t)lode_model_dim(model);
  float on_cpu[MOST], out[MOST];
  lode_context *ctx = context_of(model);
  assert_int_equal(embed_in(ctx, model, on_cpu, &err), LODE_OK);
  lode_context_free(ctx);
  expect_cpu_vectors(on_cpu);
  faults.missing = LODE_GPU_F16;
  assert_int_equal(lode_model_move_begin(model, "webgpu", &work, &err), LODE_E_UNSUPPORTED);
  assert_non_null(strstr(err.text, "no shader-f16"));
  expect_backend(model, "cpu");
  faults.missing = 0;
  if (lode_model_move_begin(model, "webgpu", &work, &err) != LODE_OK) {
    assert_non_null(strstr(err.text, "no shader-f16"));
    print_message("skipped: %s\n", err.text);
    end(model);
    skip();
  }
  int32_t done = 0;
  while (!done) assert_int_equal(lode_work_poll(work, 0, &done, &err), LODE_OK);
  lode_work_free(work);
  assert_string_equal(expect_backend(model, "webgpu").dtype, "f16");
  ctx = context_of(model);
  assert_int_equal(embed_in(ctx, model, out, &err), LODE_OK);
  for (size_t i = 0; i < 2; i++) {
    assert_true(lode_similarity(out + i * dim, on_cpu + i * dim, dim) >= 0.9999);
  }
  assert_memory_not_equal(out, on_cpu, 2 * dim * sizeof *out); /* in f16 indeed */
  lode_context_free(ctx);
  end(model);
}

/* A model of integers goes to the GPU under "auto" too; when that is lost, the CPU's vectors are
 * the very same. */
static void loss_among_integers(void **state) {
  (void)state;
  need_gpu();
  const lode_gpu_driver *driver = faulty();
  const bytes floats = bundle;
  lode_model *model = open_fixture("bert-mean-normalize", "int8");
  bundle = save(model);
  lode_model_free(model);
  lode_error err;
  if (open_model("auto", driver, &model, &err) != LODE_OK) fail_msg("%s", err.text);
  assert_string_equal(expect_backend(model, "webgpu").dtype, "int8");
  lode_context *ctx = context_of(model);
  float out[MOST];
  for (int lost = 0; lost < 2; lost++) {
    memset(out, 0, sizeof out);
    faults.submits_left = lost ? 0 : -1;
    assert_int_equal(embed_in(ctx, model, out, &err), LODE_OK);
    expect_cpu_vectors(out);
    expect_backend(model, lost ? "cpu" : "webgpu");
  }
  lode_context_free(ctx);
  end(model);
  free(bundle.data);
  bundle = floats;
}

/* Given up while the GPU is being measured, and refused while it is prepared. */
static void not_moved(void **state) {
  (void)state;
  need_gpu();
  const lode_gpu_driver *driver = faulty();
  lode_model *model = NULL;
  lode_work *work = NULL;
  lode_error err;
  assert_int_equal(open_model("cpu", driver, &model, &err), LODE_OK);
  faults.binding_bytes = 256;
  assert_int_equal(lode_model_move_begin(model, "webgpu", &work, &err), LODE_E_UNSUPPORTED);
  faults.binding_bytes = 0;
  assert_int_equal(lode_model_move_begin(model, "auto", &work, &err), LODE_OK);
  lode_work_free(work);
  assert_int_equal(faults.devices, 0);
  float out[MOST];
  lode_context *ctx = context_of(model);
  assert_int_equal(embed_in(ctx, model, out, &err), LODE_OK);
  expect_cpu_vectors(out);
  lode_context_free(ctx);
  lode_model_free(model);
}

/* Who asked for the GPU and nothing else is told, and has the rows that were there before. */
static void loss_under_webgpu(void **state) {
  (void)state;
  need_gpu();
  const lode_gpu_driver *driver = faulty();
  lode_model *model = NULL;
  lode_error err;
  assert_int_equal(open_model("webgpu", driver, &model, &err), LODE_OK);
  lode_context *ctx = context_of(model);
  float out[MOST], before[MOST];
  assert_int_equal(embed_in(ctx, model, out, &err), LODE_OK);
  memcpy(before, out, sizeof before);
  faults.submits_left = 0;
  assert_int_equal(embed_in(ctx, model, out, &err), LODE_E_DEVICE);
  assert_non_null(strstr(err.text, "the device is lost: unplugged"));
  assert_memory_equal(out, before, 2 * (size_t)lode_model_dim(model) * sizeof *out);
  lode_context_free(ctx);
  end(model);
}

/* Memory that is there for weights and not for a batch. */
static void batch_out_of_memory(void **state) {
  (void)state;
  need_gpu();
  const lode_gpu_driver *driver = faulty();
  lode_model *model = NULL;
  lode_error err;
  assert_int_equal(open_model("auto", driver, &model, &err), LODE_OK);
  lode_context *ctx = context_of(model);
  float out[MOST];
  faults.buffers_left = 2;
  assert_int_equal(embed_in(ctx, model, out, &err), LODE_OK);
  expect_cpu_vectors(out);
  lode_candidate gpu;
  assert_int_equal(lode_model_get_candidate(model, 1, &gpu), LODE_OK);
  assert_non_null(strstr(gpu.reason, "memory for a batch: out of memory: full"));
  lode_context_free(ctx);
  lode_model_free(model);
}

/* A word table in as many parts as it has rows by four, and batches of a few tokens. */
static void split_tables_and_batches(void **state) {
  (void)state;
  need_gpu();
  static token_batch t;
  static const size_t lengths[] = {3, 0, 9, 1, 10, 2, 7};
  const lode_gpu_driver *driver = faulty();
  faults.binding_bytes = sizeof(float[16][12]);
  made m;
  made_init(&m, 77);
  const int x = embed(&m, 12, LODE_DTYPE_F32);
  m.program.ops[0].u.embed.position = LODE_NONE; /* which would have to be bound as a whole */
  m.program.ops[0].u.embed.norm = norm_of(&m, 12, true);
  tokens_end(&m, x);
  m.program.output = pool(&m, x, &mean_pooling, false);
  texts_make(&t, &m, lengths, 7);
  size_t n = 0;
  for (int token_rows = 0; token_rows < 2; token_rows++) {
    float *expected = run_on(&lode_backend_cpu, &m, &t, token_rows != 0, NULL, &n);
    float *got = run_on(&lode_backend_webgpu, &m, &t, token_rows != 0, driver, &n);
    assert_true(difference(n, got, expected) < 1e-5);
    free(expected);
    free(got);
  }
  assert_int_equal(faults.most_under_way, 2); /* the second before the first is read back */
  assert_int_equal(faults.under_way, 0);
  lode_program_free(&m.program);
}

/* Weights that are uploaded a step at a time, as where a page has something else to do: a word
 * table in two bindings, of which the first takes two steps. */
static void weights_in_steps(void **state) {
  (void)state;
  need_gpu();
  static token_batch t;
  static const size_t lengths[] = {3, 1, 9};
  enum { COLS = 8192 };
  const lode_gpu_driver *driver = faulty();
  faults.binding_bytes = sizeof(float[36][COLS]);
  made m;
  made_init(&m, 79);
  const int x = embed(&m, COLS, LODE_DTYPE_F32);
  m.program.ops[0].u.embed.position = LODE_NONE; /* which would have to be bound as a whole */
  m.program.ops[0].u.embed.norm = norm_of(&m, COLS, true);
  tokens_end(&m, x);
  m.program.output = pool(&m, x, &mean_pooling, false);
  texts_make(&t, &m, lengths, 3);
  const lode_prepare_options options = {.dtype = LODE_DTYPE_F32, .later = true, .gpu = driver};
  prepared_program p = {.backend = &lode_backend_webgpu};
  lode_error err = {0};
  if (p.backend->prepare(&m.program, &options, &p.prepared, &err) != LODE_OK) {
    fail_msg("%s", err.text);
  }
  const lode_arrived all = {.until = 1e-9}; /* which is long past */
  bool complete = false;
  int calls = 0;
  for (; !complete; calls++) {
    assert_int_equal(p.backend->prepare_weights(p.prepared, &all, &complete, &err), LODE_OK);
  }
  assert_int_equal(calls, m.program.weight_count + 1);
  assert_int_equal(p.backend->session_new(p.prepared, NULL, &p.session, &err), LODE_OK);
  size_t n = 0;
  float *expected = run_on(&lode_backend_cpu, &m, &t, false, NULL, &n);
  float *got = rows_of(&p, &m, &t, false, &n);
  assert_true(difference(n, got, expected) < 1e-5);
  free(expected);
  free(got);
  prepared_end(&p);
  assert_int_equal(faults.devices, 0);
  lode_program_free(&m.program);
}

/* The device goes while two submissions are on it, or memory for the second is not there: nothing
 * is written, and what is begun after that is whole. */
static void loss_of_two(void **state) {
  (void)state;
  need_gpu();
  static token_batch t;
  static const size_t lengths[] = {3000, 900, 700, 3500};
  const lode_gpu_driver *driver = faulty();
  made m;
  made_init(&m, 78);
  const int x = embed(&m, 12, LODE_DTYPE_F32);
  m.program.ops[0].u.embed.position = LODE_NONE; /* whose table is short */
  m.program.ops[0].u.embed.norm = norm_of(&m, 12, true);
  tokens_end(&m, x);
  m.program.output = pool(&m, x, &mean_pooling, false);
  texts_make(&t, &m, lengths, 4);
  const lode_prepare_options options = {.dtype = LODE_DTYPE_F32, .gpu = driver};
  lode_prepared *prepared = NULL;
  lode_session *session = NULL;
  lode_error err = {0};
  assert_int_equal(lode_backend_webgpu.prepare(&m.program, &options, &prepared, &err), LODE_OK);
  assert_int_equal(lode_backend_webgpu.session_new(prepared, NULL, &session, &err), LODE_OK);
  float out[4 * 12], untouched[4 * 12];
  memset(out, 7, sizeof out);
  memcpy(untouched, out, sizeof out);
  t.job.out = out;
  for (int lost_at = 0; lost_at < 3; lost_at++) {
    faults.lost = false;
    faults.submits_left = lost_at < 2 ? lost_at : -1;
    const lode_status status = lode_backend_webgpu.run(session, &t.job, &err);
    if (status != (lost_at < 2 ? LODE_E_DEVICE : LODE_OK)) fail_msg("%d: %s", lost_at, err.text);
    if (lost_at < 2) assert_memory_equal(out, untouched, sizeof out);
  }
  size_t n = 0;
  float *expected = run_on(&lode_backend_cpu, &m, &t, false, NULL, &n);
  assert_true(difference(n, out, expected) < 1e-5);
  free(expected);
  lode_backend_webgpu.session_free(session);
  lode_backend_webgpu.prepared_free(prepared);
  assert_int_equal(faults.devices, 0);
  lode_program_free(&m.program);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_library),          cmocka_unit_test(no_adapter),
      cmocka_unit_test(small_bindings),      cmocka_unit_test(out_of_memory),
      cmocka_unit_test(broken_shader),       cmocka_unit_test(wrong_numbers),
      cmocka_unit_test(loss_under_auto),     cmocka_unit_test(loss_under_webgpu),
      cmocka_unit_test(moved_in_steps),      cmocka_unit_test(not_moved),
      cmocka_unit_test(batch_out_of_memory), cmocka_unit_test(split_tables_and_batches),
      cmocka_unit_test(loss_among_integers), cmocka_unit_test(loss_of_two),
      cmocka_unit_test(weights_in_steps),    cmocka_unit_test(no_half),
      cmocka_unit_test(loss_of_half),        cmocka_unit_test(half_moved_later),
  };
  return cmocka_run_group_tests(tests, save_bundle, free_bundle);
}
