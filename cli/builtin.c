#include "builtin.h"

#include <stddef.h>

#ifdef LODE_BUILTIN_FILE

/* The file's bytes between two symbols of this object file; cmake/LodeBuiltin.cmake names it. They
 * are read where the program is mapped: what is not used is not loaded. */
__asm__(
    ".pushsection .rodata.lode_builtin,\"a\"\n"
    ".balign 64\n"
    "cli_builtin_begin:\n"
    ".incbin \"" LODE_BUILTIN_FILE
    "\"\n"
    "cli_builtin_end:\n"
    ".byte 0\n"
    ".popsection\n");

extern const unsigned char cli_builtin_begin[] __attribute__((visibility("hidden")));
extern const unsigned char cli_builtin_end[] __attribute__((visibility("hidden")));

const lode_file_data *cli_builtin_model(void) {
  static lode_file_data file = {LODE_BUILTIN_NAME, cli_builtin_begin, 0};
  file.size = (size_t)(cli_builtin_end - cli_builtin_begin);
  return &file;
}

#else

const lode_file_data *cli_builtin_model(void) {
  return NULL;
}

#endif
