/* The folder that an index is written to. */
#ifndef LODE_INDEX_SEALED_FOLDER_H
#define LODE_INDEX_SEALED_FOLDER_H

#include "index/sealed/cut.h"

typedef struct lode_sealed_folder {
  const char *path;
  int fd;
  int64_t written;
  int64_t removed;
  lode_buffer scratch;
} lode_sealed_folder;

/* Opens the folder, making it if need be. */
lode_status lode_sealed_folder_open(const char *path, lode_sealed_folder *out, lode_error *err);
void lode_sealed_folder_close(lode_sealed_folder *folder);
/* Its files, for lode_sealed_sink.put with the folder as user. */
lode_status lode_sealed_folder_put(void *user, const uint8_t *name, const void *data, size_t size,
                                   lode_error *err);
/* Bytes of a file, in folder->scratch. LODE_E_NOT_FOUND; LODE_E_UNSUPPORTED: too large. */
lode_status lode_sealed_folder_get(lode_sealed_folder *folder, const char *file, size_t *size,
                                   lode_error *err);
/* The boot file, in one step, when everything else is safe; nothing if it is there as it is. */
lode_status lode_sealed_folder_boot(lode_sealed_folder *folder, const lode_bytes *boot,
                                    bool *changed, lode_error *err);
/* Remove what a killed writer left unfinished, and files of an index whose names are not among
 * `names` (in order; NULL: none of those). */
lode_status lode_sealed_folder_prune(lode_sealed_folder *folder, const lode_bytes *names,
                                     lode_error *err);

#endif
