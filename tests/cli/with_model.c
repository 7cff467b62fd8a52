/* The program with another model inside: see the CMakeLists.txt here. */
#include "builtin.c" /* NOLINT(bugprone-suspicious-include) */
