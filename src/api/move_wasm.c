/* What stands in for move.c in modules that have no GPU's backend. */
#include <string.h>

#include "api/backend.h"

lode_status lode_model_prepare_backend(lode_model *model, lode_error *err) {
  if (strcmp(model->backend_wanted, "cpu") == 0) return LODE_OK;
  return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1, "this module has no WebGPU");
}
