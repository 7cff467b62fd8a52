#include "api/options.h"

#include "base/error.h"

lode_status lode_check_struct(const char *name, size_t given, size_t ours, lode_error *err) {
  if (given == ours) return LODE_OK;
  return lode_error_set(err, LODE_E_ARG, -1, -1,
                        "%s.struct_size is %zu, this library's is %zu: start from the _INIT macro "
                        "of the header that came with the library",
                        name, given, ours);
}
