/* The disk fails: at each write, sync and cut of a file in turn, or it is full from some point on.
 * The answer is an error, and what was committed is still there, by the same connection and by the
 * next. SQLite's own layer for files is wrapped for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "index/store/parts.h"
#include "index_store.h"

/* ---------------------------------------------------------------- a disk that fails */

typedef struct faulty_file {
  sqlite3_file base;
  sqlite3_file *real; /* behind this struct */
} faulty_file;

static sqlite3_vfs *real_vfs;
static long operations;   /* that change something, since the last reset */
static long fail_at = -1; /* this one fails … */
static bool fail_on;      /* … and all after it */
static int fail_with;

static bool fails(void) {
  const long n = operations++;
  return fail_at >= 0 && (n == fail_at || (fail_on && n > fail_at));
}

static void reset(long at, bool on, int with) {
  operations = 0;
  fail_at = at;
  fail_on = on;
  fail_with = with;
}

/* The memory that SQLite keeps for a file begins with its base. */
static faulty_file *faulty(void *file) {
  return file;
}

static sqlite3_file *real(sqlite3_file *file) {
  return faulty(file)->real;
}

static int faulty_close(sqlite3_file *file) {
  return real(file)->pMethods->xClose(real(file));
}

static int faulty_read(sqlite3_file *file, void *data, int size, sqlite3_int64 at) {
  return real(file)->pMethods->xRead(real(file), data, size, at);
}

static int faulty_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 at) {
  if (fails()) return fail_with;
  return real(file)->pMethods->xWrite(real(file), data, size, at);
}

static int faulty_truncate(sqlite3_file *file, sqlite3_int64 size) {
  if (fail_with != SQLITE_FULL && fails()) return SQLITE_IOERR_TRUNCATE;
  return real(file)->pMethods->xTruncate(real(file), size);
}

/* Nothing is lost here when the machine stops, so nothing has to wait for the disk. */
static int faulty_sync(sqlite3_file *file, int flags) {
  (void)file;
  (void)flags;
  return fail_with != SQLITE_FULL && fails() ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int faulty_size(sqlite3_file *file, sqlite3_int64 *size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}

static int faulty_lock(sqlite3_file *file, int lock) {
  return real(file)->pMethods->xLock(real(file), lock);
}

static int faulty_unlock(sqlite3_file *file, int lock) {
  return real(file)->pMethods->xUnlock(real(file), lock);
}

static int faulty_check_lock(sqlite3_file *file, int *out) {
  return real(file)->pMethods->xCheckReservedLock(real(file), out);
}

static int faulty_control(sqlite3_file *file, int operation, void *argument) {
  return real(file)->pMethods->xFileControl(real(file), operation, argument);
}

static int faulty_sector_size(sqlite3_file *file) {
  return real(file)->pMethods->xSectorSize(real(file));
}

static int faulty_characteristics(sqlite3_file *file) {
  return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int faulty_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out) {
  return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
}

static int faulty_shm_lock(sqlite3_file *file, int offset, int n, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, n, flags);
}

static void faulty_shm_barrier(sqlite3_file *file) {
  real(file)->pMethods->xShmBarrier(real(file));
}

static int faulty_shm_unmap(sqlite3_file *file, int remove) {
  return real(file)->pMethods->xShmUnmap(real(file), remove);
}

static const sqlite3_io_methods faulty_methods = {
    .iVersion = 2,
    .xClose = faulty_close,
    .xRead = faulty_read,
    .xWrite = faulty_write,
    .xTruncate = faulty_truncate,
    .xSync = faulty_sync,
    .xFileSize = faulty_size,
    .xLock = faulty_lock,
    .xUnlock = faulty_unlock,
    .xCheckReservedLock = faulty_check_lock,
    .xFileControl = faulty_control,
    .xSectorSize = faulty_sector_size,
    .xDeviceCharacteristics = faulty_characteristics,
    .xShmMap = faulty_shm_map,
    .xShmLock = faulty_shm_lock,
    .xShmBarrier = faulty_shm_barrier,
    .xShmUnmap = faulty_shm_unmap,
};

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                       int *out) {
  (void)vfs;
  void *behind = faulty(file) + 1;
  faulty(file)->real = behind;
  const int rc = real_vfs->xOpen(real_vfs, name, real(file), flags, out);
  file->pMethods = real(file)->pMethods != NULL ? &faulty_methods : NULL;
  return rc;
}

static int make_faulty(void **state) {
  (void)state;
  static sqlite3_vfs vfs;
  real_vfs = sqlite3_vfs_find(NULL);
  vfs = *real_vfs; /* everything but files is the real one's */
  vfs.pNext = NULL;
  vfs.zName = "faulty";
  vfs.szOsFile = (int)sizeof(faulty_file) + real_vfs->szOsFile;
  vfs.xOpen = faulty_open;
  return sqlite3_vfs_register(&vfs, 1) == SQLITE_OK ? 0 : -1;
}

/* ---------------------------------------------------------------- what is tried */

typedef struct fixture {
  store_place place;
  lode_error err;
  int64_t source;
} fixture;

static lode_status put(fixture *f, lode_store *store, uint64_t number, uint64_t add) {
  static store_sample s;
  const uint64_t seeds[] = {number + add, number + 1000, number + 2000};
  store_sample_make(&s, f->source, number, seeds, 3);
  return lode_store_put(store, &s.put, NULL, &f->err);
}

/* Documents 0 .. 19, committed. */
static void make(fixture *f) {
  lode_store *store = NULL;
  reset(-1, false, SQLITE_OK);
  store_place_remove(&f->place);
  assert_true(store_place_make(&f->place));
  ok(f, lode_store_open(f->place.path, LODE_STORE_CREATE, NULL, &store, &f->err));
  ok(f, lode_store_begin(store, &f->err));
  ok(f, store_set_sample_model(store, LODE_DTYPE_I8, &f->err));
  ok(f, lode_store_source_put(store, "/docs", "{}", &f->source, &f->err));
  for (uint64_t i = 0; i < 20; i++) ok(f, put(f, store, i, 0));
  ok(f, lode_store_commit(store, &f->err));
  lode_store_close(store);
}

/* The next transaction: ten documents changed, ten more, and compaction. *committed: the
 * transaction was said to be. */
static lode_status work(fixture *f, lode_store *store, bool *committed) {
  *committed = false;
  lode_status status = lode_store_begin(store, &f->err);
  for (uint64_t i = 10; i < 30 && status == LODE_OK; i++) status = put(f, store, i, 500);
  if (status != LODE_OK) {
    lode_store_rollback(store);
    return status;
  }
  status = lode_store_commit(store, &f->err);
  *committed = status == LODE_OK;
  return status == LODE_OK ? lode_store_compact(store, &f->err) : status;
}

/* Is it the state before or after the transaction? */
static void check(fixture *f, lode_store *store, bool committed) {
  lode_store_stats now;
  ok(f, lode_store_verify(store, &f->err));
  ok(f, lode_store_stats_get(store, &now, &f->err));
  if (committed) assert_int_equal(now.documents, 30);
  assert_true(now.documents == 20 || now.documents == 30);
  assert_int_equal(now.vectors, 3 * now.documents);
}

/* One run in which the disk fails; false: it was not needed any more. */
static bool try_fault(fixture *f, long at, bool on, int with) {
  make(f);
  lode_store *store = NULL;
  bool committed = false;
  reset(at, on, with);
  lode_status status = lode_store_open(f->place.path, LODE_STORE_WRITE, NULL, &store, &f->err);
  if (status == LODE_OK) status = work(f, store, &committed);
  const bool met = operations > at;
  if (status != LODE_OK) {
    assert_true(met);
    assert_int_equal(status, LODE_E_IO);
    assert_int_equal(f->err.code, LODE_E_IO);
    assert_memory_equal(f->err.text, f->place.path, strlen(f->place.path));
    if (with == SQLITE_FULL) assert_non_null(strstr(f->err.text, "no room is left"));
  }
  reset(-1, false, SQLITE_OK);
  if (store != NULL && !on) check(f, store, committed);
  lode_store_close(store);
  /* the next run sees it, and does the work */
  store = NULL;
  ok(f, lode_store_open(f->place.path, LODE_STORE_WRITE, NULL, &store, &f->err));
  check(f, store, committed);
  ok(f, work(f, store, &committed));
  assert_true(committed);
  check(f, store, true);
  lode_store_close(store);
  return met;
}

static void each_operation_fails(void **state) {
  (void)state;
  fixture f = {0};
  assert_true(store_place_make(&f.place));
  long at = 0;
  while (try_fault(&f, at, false, SQLITE_IOERR_WRITE)) at++;
  assert_true(at > 50);
  store_place_remove(&f.place);
}

static void full_from_some_point_on(void **state) {
  (void)state;
  fixture f = {0};
  assert_true(store_place_make(&f.place));
  long at = 0;
  while (try_fault(&f, at, true, SQLITE_FULL)) at += 3;
  assert_true(at > 50);
  store_place_remove(&f.place);
}

/* Making a store on such a disk: what is left can be made again. */
static void making_fails(void **state) {
  (void)state;
  fixture f = {0};
  bool met = true;
  for (long at = 0; met; at++) {
    assert_true(store_place_make(&f.place));
    reset(at, true, SQLITE_FULL);
    lode_store *store = NULL;
    const lode_status status =
        lode_store_open(f.place.path, LODE_STORE_CREATE, NULL, &store, &f.err);
    met = operations > at;
    if (status != LODE_OK) assert_int_equal(status, LODE_E_IO);
    reset(-1, false, SQLITE_OK);
    lode_store_close(store);
    store = NULL;
    ok(&f, lode_store_open(f.place.path, LODE_STORE_CREATE, NULL, &store, &f.err));
    ok(&f, lode_store_verify(store, &f.err));
    lode_store_close(store);
    store_place_remove(&f.place);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_operation_fails),
      cmocka_unit_test(full_from_some_point_on),
      cmocka_unit_test(making_fails),
  };
  return cmocka_run_group_tests(tests, make_faulty, NULL);
}
