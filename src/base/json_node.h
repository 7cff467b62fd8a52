/* A node of a parsed document: between json_parse.c, which makes nodes, and json.c, which
 * reads them. */
#ifndef LODE_BASE_JSON_NODE_H
#define LODE_BASE_JSON_NODE_H

#include "base/json.h"

struct lode_json_node {
  int32_t start; /* in the text: a string's without its quotes */
  int32_t end;
  int32_t length; /* elements, or members */
  lode_json_ref next;
  uint8_t kind;  /* lode_json_kind */
  bool is_value; /* preceded by its key's node */
};

static inline bool lode_json_is_digit(char c) {
  return c >= '0' && c <= '9';
}

#endif
