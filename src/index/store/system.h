/* What the store asks of the system beside what SQLite does: a file for each system. */
#ifndef LODE_INDEX_STORE_SYSTEM_H
#define LODE_INDEX_STORE_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

#include "lode.h"

/* Can the file be opened? LODE_E_NOT_FOUND unless it is there or `may_be_missing`; LODE_E_IO for
 * what is no regular file. */
lode_status lode_store_look_at(const char *path, bool may_be_missing, lode_error *err);
/* The size of the file `path``end`; 0 if there is none. */
int64_t lode_store_size_of(const char *path, const char *end);
/* May other processes have the file open at the same time? */
bool lode_store_is_shared(void);
/* What to tell those whose storage is full. */
const char *lode_store_no_room(void);

#endif
