#include "lode.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *lode_version(void) {
  return TEXT(LODE_VERSION_MAJOR) "." TEXT(LODE_VERSION_MINOR) "." TEXT(LODE_VERSION_PATCH);
}

const char *lode_status_name(lode_status status) {
  switch (status) {
#define NAME(name, value, meaning) \
  case LODE_##name:                \
    return "LODE_" #name;
    LODE_STATUS_LIST(NAME)
#undef NAME
  }
  return "LODE_E_?";
}

const char *lode_status_text(lode_status status) {
  switch (status) {
#define MEANING(name, value, meaning) \
  case LODE_##name:                   \
    return meaning;
    LODE_STATUS_LIST(MEANING)
#undef MEANING
  }
  return "unknown status";
}
