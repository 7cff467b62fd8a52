/* Files like .gitignore: which paths they name. Pure: texts in, answers out. The rules are git's
 * (gitignore(5)): blank lines and # comments, ! negation, a slash anchors, a slash at the end
 * means directories, *, ?, [sets], **, and \ before any of these. */
#ifndef LODE_INDEX_FILES_IGNORE_H
#define LODE_INDEX_FILES_IGNORE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/memory.h"

typedef struct lode_ignore_pattern {
  const char *text; /* without !, slashes at both ends and trailing blanks */
  uint32_t size;
  bool negated;
  bool directory; /* names directories only */
  bool anchored;  /* to be compared with the whole path, else with its last part */
} lode_ignore_pattern;

/* The patterns of one file. Zero-initialise it. */
typedef struct lode_ignore {
  lode_arena arena;
  lode_buffer patterns;
  size_t count;
} lode_ignore;
void lode_ignore_free(lode_ignore *ignore);

/* Add the patterns of text[0..size), any bytes, behind those that are there. LODE_E_NOMEM. */
lode_status lode_ignore_add(lode_ignore *ignore, const char *text, size_t size, lode_error *err);

typedef enum lode_ignore_answer {
  LODE_IGNORE_UNDECIDED = 0, /* no pattern names the path */
  LODE_IGNORE_KEEP,          /* the last one that does is negated */
  LODE_IGNORE_SKIP,
} lode_ignore_answer;

/* `path` is relative to the file's folder, parts separated by one slash, none at either end. That
 * a folder above it is ignored is for the caller to know. */
lode_ignore_answer lode_ignore_match(const lode_ignore *ignore, const char *path, size_t size,
                                     bool directory);

/* Does `path` match the pattern, by git's rules for patterns with a slash? */
bool lode_ignore_glob(const char *pattern, size_t pattern_size, const char *path, size_t size);

#endif
