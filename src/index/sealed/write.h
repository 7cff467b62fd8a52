/* A sealed index out of a store: format.h has what is written. */
#ifndef LODE_INDEX_SEALED_WRITE_H
#define LODE_INDEX_SEALED_WRITE_H

#include "index/store/store.h"

typedef struct lode_sealed_options {
  const char
      *base; /* of URLs, with a slash at its end; NULL: documents have no URL but their own */
  const char *root; /* keys below this folder are URLs below base; NULL: all are as they are */
  float weight;     /* of meaning, and what is unrelated: as lode_search_options has them */
  float unrelated;
  const char *model; /* its name, for messages; NULL: as the store has it */
  bool words_only;   /* without vectors */
  size_t lists_from; /* vectors from which on they lie in lists; 0: LODE_SEALED_LISTS_FROM */
  /* Anything but 0 ends the work with LODE_E_CANCELLED; the old index stays. NULL: never asked. */
  int (*progress)(void *user, int64_t documents, int64_t total);
  void *user;
} lode_sealed_options;

/* Write the store's state to the folder `path`, made if it is not there. Files that are already
 * there are left alone; the boot file comes last, in one step. Until then, and if this fails or the
 * process ends, the index is the old one. Its files stay until the next call, for readers who have
 * begun with it; others of such names are removed.
 * LODE_E_IO, LODE_E_NOMEM, LODE_E_CANCELLED, LODE_E_UNSUPPORTED: too large for the format; and
 * errors of the store. */
lode_status lode_sealed_write(lode_store *store, const char *path,
                              const lode_sealed_options *options, lode_site_report *report,
                              lode_error *err);

#endif
