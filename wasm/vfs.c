/* SQLite's way to files in a module. A name that is in memory (files.h) is found there, as are its
 * journals; any other is the host's: a sync access handle of OPFS, a file of Node.
 *
 * There are no locks and no shared memory: the host gives a file to one connection only, and the
 * store opens it for itself alone (PRAGMA locking_mode = EXCLUSIVE). */
#include <sqlite3.h>
#include <string.h>

#include "files.h"

typedef struct vfs_file {
  sqlite3_file base;        /* first: it is what SQLite holds */
  lode_memory_file *memory; /* NULL: the host's */
  int handle;               /* of the host */
} vfs_file;

enum { NAME_MAX_SIZE = 1024 };

/* ---- a file */

static int from_host(int code, int otherwise) {
  switch (code) {
    case HOST_MISSING:
      return SQLITE_CANTOPEN;
    case HOST_BUSY:
      return SQLITE_BUSY;
    case HOST_FULL:
      return SQLITE_FULL;
    case HOST_READ_ONLY:
      return SQLITE_READONLY;
    default:
      return code < 0 ? otherwise : SQLITE_OK;
  }
}

static int file_close(sqlite3_file *base) {
  vfs_file *file = (vfs_file *)base;
  if (file->memory != NULL) {
    lode_memory_file_close(file->memory);
  } else {
    host_file_close(file->handle);
  }
  return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *out, int n, sqlite3_int64 offset) {
  const vfs_file *file = (const vfs_file *)base;
  int got;
  if (file->memory != NULL) {
    got = (int)lode_memory_file_read(file->memory, (uint64_t)offset, out, (size_t)n);
  } else {
    got = host_file_read(file->handle, out, (size_t)n, (double)offset);
  }
  if (got < 0 || got > n) return SQLITE_IOERR_READ;
  if (got == n) return SQLITE_OK;
  memset((char *)out + got, 0, (size_t)(n - got));
  return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *data, int n, sqlite3_int64 offset) {
  const vfs_file *file = (const vfs_file *)base;
  if (file->memory != NULL) {
    const bool done = lode_memory_file_write(file->memory, (uint64_t)offset, data, (size_t)n);
    return done ? SQLITE_OK : SQLITE_IOERR_NOMEM;
  }
  return from_host(host_file_write(file->handle, data, (size_t)n, (double)offset),
                   SQLITE_IOERR_WRITE);
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size) {
  const vfs_file *file = (const vfs_file *)base;
  if (file->memory != NULL) {
    lode_memory_file_truncate(file->memory, (uint64_t)size);
    return SQLITE_OK;
  }
  return from_host(host_file_truncate(file->handle, (double)size), SQLITE_IOERR_TRUNCATE);
}

static int file_sync(sqlite3_file *base, int flags) {
  (void)flags;
  const vfs_file *file = (const vfs_file *)base;
  return file->memory != NULL ? SQLITE_OK
                              : from_host(host_file_flush(file->handle), SQLITE_IOERR_FSYNC);
}

static int file_size(sqlite3_file *base, sqlite3_int64 *out) {
  const vfs_file *file = (const vfs_file *)base;
  const double size = file->memory != NULL ? (double)lode_memory_file_size(file->memory)
                                           : host_file_size(file->handle);
  if (!(size >= 0 && size < 0x1p53)) return SQLITE_IOERR_FSTAT;
  *out = (sqlite3_int64)size;
  return SQLITE_OK;
}

/* Nobody else has it. */
static int file_lock(sqlite3_file *base, int level) {
  (void)base, (void)level;
  return SQLITE_OK;
}

static int file_check_lock(sqlite3_file *base, int *out) {
  (void)base;
  *out = 0;
  return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int op, void *arg) {
  (void)base, (void)op, (void)arg;
  return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *base) {
  (void)base;
  return 4096;
}

static int file_characteristics(sqlite3_file *base) {
  (void)base;
  return SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN;
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 1,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_lock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
};

/* ---- names */

/* A journal belongs where its collection is. */
static bool is_beside_memory(const char *name) {
  const char *end = strrchr(name, '-');
  const size_t size = end != NULL ? (size_t)(end - name) : 0;
  if (size == 0 || size >= NAME_MAX_SIZE) return false;
  char collection[NAME_MAX_SIZE];
  memcpy(collection, name, size);
  collection[size] = '\0';
  return lode_memory_file_find(collection) != NULL;
}

static int open_memory(vfs_file *file, const char *name, int flags) {
  lode_memory_file *memory = lode_memory_file_find(name);
  if (memory == NULL && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
  if (memory == NULL && (memory = lode_memory_file_make(name)) == NULL) return SQLITE_NOMEM;
  if (!lode_memory_file_open(memory, (flags & SQLITE_OPEN_READWRITE) != 0)) return SQLITE_BUSY;
  file->memory = memory;
  return SQLITE_OK;
}

static int open_file(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *base, int flags,
                     int *out_flags) {
  (void)vfs;
  vfs_file *file = (vfs_file *)base;
  *file = (vfs_file){0};
  /* What has no name is a temporary file, and those are kept in SQLite's own memory. */
  if (name == NULL) return SQLITE_CANTOPEN;
  int rc;
  if (lode_memory_file_find(name) != NULL || is_beside_memory(name)) {
    rc = open_memory(file, name, flags);
  } else {
    const int how = ((flags & SQLITE_OPEN_CREATE) != 0 ? HOST_CREATE : 0) |
                    ((flags & SQLITE_OPEN_READWRITE) != 0 ? HOST_WRITE : 0);
    file->handle = host_file_open(name, how);
    rc = from_host(file->handle, SQLITE_CANTOPEN);
  }
  if (rc != SQLITE_OK) return rc;
  file->base.pMethods = &file_methods;
  if (out_flags != NULL) *out_flags = flags;
  return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *vfs, const char *name, int sync_folder) {
  (void)vfs, (void)sync_folder;
  lode_memory_file *memory = lode_memory_file_find(name);
  if (memory == NULL) {
    const int code = host_file_delete(name);
    return code == HOST_MISSING ? SQLITE_IOERR_DELETE_NOENT : from_host(code, SQLITE_IOERR_DELETE);
  }
  lode_memory_file_remove(memory);
  return SQLITE_OK;
}

static int access_file(sqlite3_vfs *vfs, const char *name, int flags, int *out) {
  (void)vfs, (void)flags;
  *out = lode_memory_file_find(name) != NULL || host_file_exists(name) > 0;
  return SQLITE_OK;
}

/* Names are kept as they are; the store puts "./" in front of some, for SQLite's sake. */
static int full_name(sqlite3_vfs *vfs, const char *name, int room, char *out) {
  (void)vfs;
  if (strncmp(name, "./", 2) == 0) name += 2;
  const size_t size = strlen(name) + 1;
  if (room < 0 || size > (size_t)room) return SQLITE_CANTOPEN;
  memcpy(out, name, size);
  return SQLITE_OK;
}

/* ---- the rest of what SQLite asks for */

static int randomness(sqlite3_vfs *vfs, int n, char *out) {
  (void)vfs;
  host_random(out, (size_t)n);
  return n;
}

static int sleep_for(sqlite3_vfs *vfs, int microseconds) {
  (void)vfs;
  return microseconds; /* there is nobody to wait for */
}

/* Nothing of the store depends on the date: always the first day of 1970. */
static int current_time(sqlite3_vfs *vfs, double *days) {
  (void)vfs;
  *days = 2440587.5;
  return SQLITE_OK;
}

static int last_error(sqlite3_vfs *vfs, int room, char *out) {
  (void)vfs;
  if (room > 0) out[0] = '\0';
  return 0;
}

int sqlite3_os_init(void) {
  static sqlite3_vfs vfs = {
      .iVersion = 1,
      .szOsFile = sizeof(vfs_file),
      .mxPathname = NAME_MAX_SIZE,
      .zName = "lode",
      .xOpen = open_file,
      .xDelete = delete_file,
      .xAccess = access_file,
      .xFullPathname = full_name,
      .xRandomness = randomness,
      .xSleep = sleep_for,
      .xCurrentTime = current_time,
      .xGetLastError = last_error,
  };
  return sqlite3_vfs_register(&vfs, 1);
}

int sqlite3_os_end(void) {
  return SQLITE_OK;
}
