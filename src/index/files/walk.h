/* The files below a folder that are worth reading, in an order that does not change: depth first,
 * names by their bytes. What is left out is reported, with the reason.
 *
 * Left out: what .gitignore and .lodeignore files name (those of the folder, of folders within
 * it, and within a git repository of the folders above it, and .git/info/exclude); hidden files;
 * binary files; links, unless asked for. This is the only part of src/index/files that touches a
 * file system. */
#ifndef LODE_INDEX_FILES_WALK_H
#define LODE_INDEX_FILES_WALK_H

#include <stdbool.h>

#include "base/error.h"

/* X(NAME, what to tell people) */
#define LODE_SKIP_LIST(X)                                                    \
  X(HIDDEN, "hidden")                                                        \
  X(IGNORED, "named by an ignore file")                                      \
  X(BINARY, "binary")                                                        \
  X(TOO_LARGE, "too large")                                                  \
  X(LINK, "a symbolic link")                                                 \
  X(BROKEN_LINK, "a symbolic link that leads nowhere")                       \
  X(LOOP, "a folder that has been there: a loop of links, or a second link") \
  X(SPECIAL, "neither a file nor a folder")                                  \
  X(NAME, "its name is not UTF-8")                                           \
  X(UNREADABLE, "cannot be read")

typedef enum lode_skip {
#define LODE_SKIP_ENUM_(name, text) LODE_SKIP_##name,
  LODE_SKIP_LIST(LODE_SKIP_ENUM_)
#undef LODE_SKIP_ENUM_
      LODE_SKIP_COUNT
} lode_skip;
/* "binary". Static storage. */
const char *lode_skip_text(lode_skip reason);

typedef struct lode_walk_file {
  const char *path; /* to open it: the root as given, and the name */
  const char *name; /* relative to the root, with slashes; the file's own name for a single file */
  uint64_t size;
  int64_t mtime_ns; /* since 1970 */
} lode_walk_file;

typedef struct lode_walk_options {
  bool hidden;       /* take files whose names begin with a dot, too (.git never) */
  bool no_ignore;    /* ignore files are not read */
  bool follow;       /* follow symbolic links below the root; the root itself always is */
  uint64_t max_size; /* of a file, in bytes; 0: 64 MiB */
} lode_walk_options;

typedef struct lode_walk_visitor {
  void *user;
  /* Anything but LODE_OK ends the walk, which returns it. Strings live during the call. */
  lode_status (*file)(void *user, const lode_walk_file *file, lode_error *err);
  /* Whether a file of this name is wanted: others are neither looked into nor reported. NULL: all.
   */
  bool (*wanted)(const char *path);
  /* error: errno for UNREADABLE and BROKEN_LINK, else 0. May be NULL. */
  void (*skipped)(void *user, const char *path, lode_skip reason, int error);
} lode_walk_visitor;

/* Walk the folder `root`, or visit it if it is a file. LODE_E_NOT_FOUND or LODE_E_IO for the root
 * itself; what cannot be read below it is skipped. LODE_E_NOMEM. `options` may be NULL. */
lode_status lode_walk(const char *root, const lode_walk_options *options,
                      const lode_walk_visitor *visitor, lode_error *err);

#endif
