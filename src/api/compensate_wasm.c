/* In the place of compensate.c: only lode_model_save is worth the time, and modules do not have it.
 */
#include "api/quantizing.h"

lode_status lode_model_compensate(lode_model *model, lode_weight *floats, size_t memory,
                                  lode_error *err) {
  (void)model, (void)floats, (void)memory;
  return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                        "compensate: a WebAssembly module cannot save a model");
}
