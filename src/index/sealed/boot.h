/* The boot file: what an index is, and the files that it has. */
#ifndef LODE_INDEX_SEALED_BOOT_H
#define LODE_INDEX_SEALED_BOOT_H

#include "base/error.h"
#include "index/sealed/format.h"
#include "index/words/language.h"

typedef struct lode_sealed_entry {
  uint8_t name[LODE_SEALED_NAME];
  size_t size; /* 0: not known */
  lode_text key;
} lode_sealed_entry;

typedef struct lode_sealed_entries {
  lode_sealed_entry *list; /* [count] keys rising */
  size_t count;
} lode_sealed_entries;

typedef struct lode_sealed_common {
  lode_text term;
  int64_t documents;
} lode_sealed_common;

/* Everything is in the arena. */
typedef struct lode_sealed_boot {
  int64_t documents;
  int64_t words;
  int64_t chunks;
  lode_languages languages;
  lode_text base;
  size_t dim; /* 0: no vectors */
  lode_text model;
  float weight;
  float unrelated;
  size_t probe_count;
  const float *probes; /* [probe_count, dim] */
  lode_sealed_entries lists[LODE_SEALED_LISTS];
  lode_sealed_common *common; /* [common_count] by term */
  size_t common_count;
} lode_sealed_boot;

/* Have the list's files keys? */
bool lode_sealed_keyed(lode_sealed_list list);

/* LODE_E_FORMAT: none, or damaged; LODE_E_UNSUPPORTED: of another version; LODE_E_NOMEM. */
lode_status lode_sealed_boot_read(const void *data, size_t size, lode_arena *arena,
                                  lode_sealed_boot *out, lode_error *err);
/* Replaces *out; out->failed: out of memory. */
void lode_sealed_boot_write(const lode_sealed_boot *boot, lode_bytes *out);

/* The last entry whose key is not above `key`; NULL: there is none. */
const lode_sealed_entry *lode_sealed_find(const lode_sealed_entries *entries, lode_text key);
/* Documents that have a common word; -1: it is none. */
int64_t lode_sealed_common_of(const lode_sealed_boot *boot, lode_text term);

/* A document's number as a key [8]. */
void lode_sealed_number_key(uint64_t number, char *key);

#endif
