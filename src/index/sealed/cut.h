/* Entries in files: where one file ends and the next begins depends on the entry there and on
 * nothing else, so that a change touches the file that it is in and no other. */
#ifndef LODE_INDEX_SEALED_CUT_H
#define LODE_INDEX_SEALED_CUT_H

#include "index/sealed/boot.h"

/* Where files go. */
typedef struct lode_sealed_sink {
  lode_status (*put)(void *user, const uint8_t *name, const void *data, size_t size,
                     lode_error *err);
  void *user;
} lode_sealed_sink;

/* A file's name and size, after it has been put. */
lode_status lode_sealed_put(const lode_sealed_sink *sink, const lode_bytes *file,
                            lode_sealed_entry *out, lode_error *err);

/* Files of one kind. */
typedef struct lode_cut {
  const lode_sealed_sink *sink;
  const char *kind;
  size_t target; /* bytes, about, of a file */
  lode_bytes file;
  lode_key last;    /* key in the file */
  lode_key first;   /* what the boot says of it */
  bool any;         /* the file has an entry */
  lode_buffer list; /* lode_sealed_entry; keys in `arena` */
  size_t count;
  uint64_t bytes; /* of all files */
  lode_arena arena;
} lode_cut;

void lode_cut_free(lode_cut *cut);
/* The next entry; keys rise. as_text: its content has its size in front. */
lode_status lode_cut_add(lode_cut *cut, lode_text key, const lode_bytes *content, bool as_text,
                         lode_error *err);
lode_status lode_cut_end(lode_cut *cut, lode_error *err);
/* The files, which live as long as `cut`. */
lode_sealed_entries lode_cut_entries(const lode_cut *cut);

/* Is the place behind this entry, so many bytes, one where a file ends? */
bool lode_cut_here(lode_text key, size_t entry, size_t file, size_t target);

#endif
