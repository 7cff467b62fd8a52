/* Files: mapping them, and folders of them that are on disk or in memory. */
#ifndef LODE_BASE_FILE_H
#define LODE_BASE_FILE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/memory.h"

/* A file's bytes, read-only. Zero-initialised: empty. */
typedef struct lode_file {
  const uint8_t *data;
  size_t size;
  bool mapped; /* by us: lode_file_close unmaps; otherwise borrowed */
} lode_file;

/* Map `path`. The error text names the path. A directory is refused. */
lode_status lode_file_map(const char *path, lode_file *out, lode_error *err);
void lode_file_close(lode_file *file);
/* There is a regular file at `path`. */
bool lode_file_is_regular(const char *path);

/* Tell the system that data[offset .. offset+size) is about to be read through, or
 * will not be read soon (its pages leave our resident set; reading them again is legal).
 * Hints: they cannot fail and do nothing for borrowed bytes. */
void lode_file_will_read(const lode_file *file, size_t offset, size_t size);
void lode_file_dont_need(const lode_file *file, size_t offset, size_t size);

/* A folder: a directory on disk (path), or n named buffers (files). Borrowed. */
typedef struct lode_folder {
  const char *path; /* NULL: in memory */
  const lode_file_data *files;
  size_t count;
} lode_folder;

/* Files in memory are read as numbers of up to this many bytes: where their data is not aligned
 * to it, lode_file_data_align makes a copy in the arena. False: out of memory. */
enum { LODE_FILE_ALIGN = 8 };
bool lode_file_data_align(lode_file_data *file, lode_arena *arena);

/* Open `name` ("1_Pooling/config.json") in the folder. LODE_E_NOT_FOUND when absent.
 * Names with a "..", "." or empty component, an absolute name or a backslash are
 * refused with LODE_E_FORMAT: they come out of files that others wrote. */
lode_status lode_folder_open(const lode_folder *folder, const char *name, lode_file *out,
                             lode_error *err);
bool lode_folder_has(const lode_folder *folder, const char *name);

#endif
