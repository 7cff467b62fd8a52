#include "load.h"

#include <dlfcn.h>
#include <string.h>

cli_status cli_load(const char *library, const char *const *names, size_t count, void *functions,
                    cli_error *err) {
  void *loaded = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (loaded == NULL) {
    const char *why = dlerror();
    return cli_fail(err, CLI_E_RUN, "models are got with %s, and that cannot be loaded: %s",
                    library, why != NULL ? why : "?");
  }
  for (size_t i = 0; i < count; i++) {
    void *address = dlsym(loaded, names[i]);
    if (address == NULL) {
      dlclose(loaded);
      return cli_fail(err, CLI_E_RUN, "%s has no %s: it is too old", library, names[i]);
    }
    memcpy((char *)functions + i * sizeof address, &address, sizeof address);
  }
  return CLI_OK;
}
