/* What stands in for the backend where it is not built. */
#include "backend/backend.h"

static lode_status prepare(const lode_program *program, const lode_prepare_options *options,
                           lode_prepared **out, lode_error *err) {
  (void)program;
  (void)options;
  (void)out;
  return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1, "this build has no WebGPU");
}

const lode_backend lode_backend_webgpu = {.name = "webgpu", .prepare = prepare};
