/* One device after the other is lost while it computes, and nothing is left of any:
 * $LODE_GPU_LOSSES of them (3). The device is really lost, by wgpu-native's own destroying of it,
 * and the model has no layers, since what takes time on a software adapter is compiling its
 * pipelines. */
#define _GNU_SOURCE /* dladdr */
#include "webgpu.h"

#ifdef LODE_HAVE_WEBGPU_H

#include <dlfcn.h>
#include <unistd.h>

#include "api/backend.h"
#include "backend/webgpu/native.h"

#include "saved_bundle.h"

/* ---- what else of wgpu-native is called here, and not by the backend */

static struct {
  __typeof__(&wgpuDeviceDestroy) device_destroy;
  __typeof__(&wgpuInstanceAddRef) instance_add_ref;
  __typeof__(&wgpuGenerateReport) generate_report;
} wgpu;

static void *function(const lode_wgpu *loaded, const char *name) {
  Dl_info info;
  void *release;
  memcpy(&release, &loaded->InstanceRelease, sizeof release);
  assert_int_not_equal(dladdr(release, &info), 0);
  void *library = dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD);
  assert_non_null(library);
  void *found = dlsym(library, name);
  assert_non_null(found);
  dlclose(library); /* the backend keeps it */
  return found;
}

static void find_functions(const lode_wgpu *loaded) {
  void *found = function(loaded, "wgpuDeviceDestroy");
  memcpy(&wgpu.device_destroy, &found, sizeof found);
  found = function(loaded, "wgpuInstanceAddRef");
  memcpy(&wgpu.instance_add_ref, &found, sizeof found);
  found = function(loaded, "wgpuGenerateReport");
  memcpy(&wgpu.generate_report, &found, sizeof found);
}

/* ---- a driver that loses the device, and looks at what is left of it */

static struct {
  enum { KEEP = 0, BEFORE, AFTER } lose; /* when, of the next submission */
  long devices;                          /* opened and not closed */
} seen;

static lode_status open_counted(lode_gpu **out, lode_gpu_info *info, lode_error *err) {
  const lode_status status = lode_gpu_default()->open(out, info, err);
  if (status != LODE_OK) return status;
  find_functions(&(*out)->wgpu);
  seen.devices++;
  return LODE_OK;
}

/* Objects that are still there, but for command buffers: wgpu-native keeps one that it refused to
 * finish until the instance goes. */
static size_t objects(const WGPUHubReport *hub) {
  const WGPURegistryReport *kinds = (const WGPURegistryReport *)hub;
  size_t n = 0;
  for (size_t i = 0; i < sizeof *hub / sizeof *kinds; i++) n += kinds[i].numAllocated;
  return n - hub->commandBuffers.numAllocated;
}

static void close_counted(lode_gpu *gpu) {
  const WGPUInstance instance = gpu->instance;
  __typeof__(gpu->wgpu.InstanceRelease) release = gpu->wgpu.InstanceRelease;
  WGPUGlobalReport report;
  wgpu.generate_report(instance, &report);
  assert_true(objects(&report.hub) > 3); /* an adapter, a device, a queue and what is on it */
  wgpu.instance_add_ref(instance);
  lode_gpu_default()->close(gpu);
  wgpu.generate_report(instance, &report);
  assert_int_equal(objects(&report.hub), 0);
  release(instance);
  seen.devices--;
}

static void submit(lode_gpu *gpu, lode_gpu_id commands, lode_gpu_id map) {
  if (seen.lose == BEFORE) wgpu.device_destroy(gpu->device);
  lode_gpu_default()->submit(gpu, commands, map);
  if (seen.lose == AFTER) wgpu.device_destroy(gpu->device);
  seen.lose = KEEP;
}

/* ---- */

static lode_model *open_auto(const bytes *bundle, const lode_gpu_driver *driver) {
  lode_model *model = NULL;
  lode_work *work = NULL;
  lode_error err;
  int32_t done = 0;
  assert_int_equal(open_bytes(bundle, &model, &err), LODE_OK);
  model->gpu_driver = driver;
  model->gpu_anyway = true;
  lode_status status = lode_model_move_begin(model, "auto", &work, &err);
  if (status == LODE_OK) status = lode_work_poll(work, 1, &done, &err);
  if (status != LODE_OK || !done) fail_msg("%s", err.text);
  lode_work_free(work);
  return model;
}

static const char *backend_of(const lode_model *model) {
  lode_model_info info = LODE_MODEL_INFO_INIT;
  assert_int_equal(lode_model_get_info(model, &info), LODE_OK);
  return info.backend;
}

static void lose_one(const bytes *bundle, const lode_gpu_driver *driver, const float *expected,
                     long i) {
  float out[SAVED_TEXTS * MAX_DIM];
  lode_model *model = open_auto(bundle, driver);
  lode_candidate gpu;
  assert_int_equal(lode_model_get_candidate(model, 1, &gpu), LODE_OK);
  if (strcmp(backend_of(model), "webgpu") != 0) fail_msg("%s", gpu.reason);
  seen.lose = i % 2 ? AFTER : BEFORE;
  const size_t n = embed_saved(model, out);
  assert_int_equal(seen.lose, KEEP);
  assert_memory_equal(out, expected, n * sizeof *out);
  assert_string_equal(backend_of(model), "cpu");
  assert_int_equal(lode_model_get_candidate(model, 1, &gpu), LODE_OK);
  if (!strstr(gpu.reason, "lost")) fail_msg("%s", gpu.reason);
  lode_model_free(model);
  assert_int_equal(seen.devices, 0);
}

/* Bytes of this process that are in memory. */
static size_t resident(void) {
  size_t pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  assert_non_null(file);
  assert_int_equal(fscanf(file, "%*s %zu", &pages), 1);
  fclose(file);
  return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void one_after_the_other(void **state) {
  (void)state;
  need_gpu();
  const char *wanted = getenv("LODE_GPU_LOSSES");
  const long losses = wanted ? strtol(wanted, NULL, 10) : 3;
  lode_gpu_driver driver = *lode_gpu_default();
  driver.open = open_counted;
  driver.close = close_counted;
  driver.submit = submit;
  bytes bundle = saved_without_layers();
  float expected[SAVED_TEXTS * MAX_DIM];
  lode_model *cpu = NULL;
  assert_int_equal(open_bytes(&bundle, &cpu, NULL), LODE_OK);
  embed_saved(cpu, expected);
  lode_model_free(cpu);
  size_t warm = 0;
  for (long i = 0; i < losses; i++) {
    if (i == 0 || i == 1 || i % 100 == 0)
      print_message("%ld: %zu bytes in memory\n", i, resident());
    if (i == 100) warm = resident();
    lose_one(&bundle, &driver, expected, i);
  }
  free(bundle.data);
  if (warm == 0) return;
  const size_t now = resident();
  print_message("%ld: %zu bytes in memory\n", losses, now);
  assert_true(now < warm + warm / 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(one_after_the_other)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void) {
  printf("skipped: webgpu.h was not there when this was built\n");
  return 77;
}

#endif
