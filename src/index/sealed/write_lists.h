/* Vectors in lists of such as are near each other. */
#ifndef LODE_INDEX_SEALED_WRITE_LISTS_H
#define LODE_INDEX_SEALED_WRITE_LISTS_H

#include "index/sealed/cut.h"

/* From so many vectors on: fewer are about a megabyte at most, and are all read. */
enum { LODE_SEALED_LISTS_FROM = 4096 };

/* Whose a vector is. */
typedef struct lode_sealed_owner {
  uint32_t document;
  uint32_t ordinal; /* among the document's vectors */
} lode_sealed_owner;

typedef struct lode_sealed_listing {
  const lode_sealed_sink *sink;
  size_t dim;
  size_t count;
  const lode_sealed_owner *owners; /* [count] by document, then ordinal */
  const lode_bytes *rows;          /* int8 [count, dim] */
  const lode_bytes *scales;        /* f32 [count], as files have them */
  /* A file of centres that was written earlier, or NULL. They are kept until there are half as many
   * vectors as they were made for, or twice as many, so that most lists stay as they are. */
  const void *old;
  size_t old_size;
  /* Asked now and then; anything but 0 ends the work. */
  int (*interrupted)(void *user);
  void *user;
} lode_sealed_listing;

typedef struct lode_sealed_listed_files {
  lode_sealed_entry centres;
  lode_sealed_entry places;
  uint64_t bytes;      /* of all, with lists */
  uint64_t near_bytes; /* centres and places */
} lode_sealed_listed_files;

lode_status lode_sealed_lists_write(const lode_sealed_listing *in, lode_sealed_listed_files *out,
                                    lode_error *err);

#endif
