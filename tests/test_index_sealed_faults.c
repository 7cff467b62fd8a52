/* The disk fails at each call of a writer in turn, or is full from some point on, or the folder is
 * none that can be written: the answer is LODE_E_IO with the file's name, the index that was there
 * is whole, and nothing unfinished is left. The linker wraps the calls (tests/CMakeLists.txt). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "index_sealed.h"

#include <cmocka.h>

/* ---------------------------------------------------------------- a disk that fails */

static bool watching;
static long operations;   /* that change something, since the last reset */
static long fail_at = -1; /* this one fails … */
static bool fail_on;      /* … and all after it */
static int fail_with;

ssize_t __real_write(int fd, const void *data, size_t size);
int __real_openat(int fd, const char *path, int flags, ...);
int __real_fsync(int fd);
int __real_syncfs(int fd);
int __real_renameat(int from, const char *old, int to, const char *name);
ssize_t __wrap_write(int fd, const void *data, size_t size);
int __wrap_openat(int fd, const char *path, int flags, ...);
int __wrap_fsync(int fd);
int __wrap_syncfs(int fd);
int __wrap_renameat(int from, const char *old, int to, const char *name);

static bool fails(void) {
  if (!watching) return false;
  const long n = operations++;
  if (n != fail_at && !(fail_on && n > fail_at && fail_at >= 0)) return false;
  errno = fail_with;
  return true;
}

/* Half of it is written first. */
ssize_t __wrap_write(int fd, const void *data, size_t size) {
  if (!fails()) return __real_write(fd, data, size);
  (void)__real_write(fd, data, size / 2);
  errno = fail_with;
  return -1;
}

int __wrap_openat(int fd, const char *path, int flags, ...) {
  if ((flags & O_CREAT) == 0) return __real_openat(fd, path, flags);
  return fails() ? -1 : __real_openat(fd, path, flags, 0666);
}

int __wrap_fsync(int fd) {
  return fails() ? -1 : watching ? 0 : __real_fsync(fd);
}

int __wrap_syncfs(int fd) {
  return fails() ? -1 : watching ? 0 : __real_syncfs(fd);
}

int __wrap_renameat(int from, const char *old, int to, const char *name) {
  return fails() ? -1 : __real_renameat(from, old, to, name);
}

static void reset(long at, bool on, int with) {
  watching = true;
  operations = 0;
  fail_at = at;
  fail_on = on;
  fail_with = with;
}

/* ---------------------------------------------------------------- writing */

static const search_page other_pages[] = {
    {"a.md", "Dogs", "The dog sleeps. It wakes at noon.\n\nA car drives by.", "Dogs", NULL,
     LODE_LANGUAGE_EN, 1},
    {"d.md", "Bread", "A loaf of sourdough, and rain.", NULL, NULL, LODE_LANGUAGE_EN, 2}};

/* The index in the folder answers as it should: it has all files that it names. */
static size_t ask(const char *folder, const char *query) {
  static sealed_files files;
  lode_error err;
  lode_site *site = NULL;
  lode_results *results = NULL;
  lode_index_search_options options = LODE_INDEX_SEARCH_OPTIONS_INIT;
  options.all = 1;
  assert_true(sealed_read(folder, &files));
  assert_int_equal(lode_site_open(files.boot.data, files.boot.size, &site, &err), LODE_OK);
  assert_int_equal(sealed_ask(site, &files, query, &options, &results, &err), LODE_OK);
  const size_t count = results->count;
  lode_results_free(results);
  lode_site_free(site);
  sealed_files_free(&files);
  return count;
}

static bool has_unfinished(const char *folder) {
  DIR *dir = opendir(folder);
  assert_non_null(dir);
  bool found = false;
  const struct dirent *entry;
  while ((entry = readdir(dir)) != NULL) found = found || strstr(entry->d_name, "part") != NULL;
  assert_int_equal(closedir(dir), 0);
  return found;
}

/* Once with a failure at that place. False: there is none. */
static bool attempt(search_fixture *before, search_fixture *after, long at, bool on, int with) {
  char folder[] = "/tmp/lode-sealed-faults-XXXXXX";
  assert_non_null(mkdtemp(folder));
  reset(-1, false, 0);
  assert_int_equal(sealed_write(before, folder, SEALED_LISTS), LODE_OK);
  const size_t found = ask(folder, "kitten");
  assert_true(found > 0);
  reset(at, on, with);
  const lode_status status = sealed_write(after, folder, SEALED_LISTS);
  const bool failed = operations > at;
  const bool last = operations == at + 1; /* a sync of the folder, with the file in its place */
  reset(-1, false, 0);
  if (status == LODE_OK) {
    assert_true(!failed || last);
    assert_true(ask(folder, "sourdough") > 0);
  } else {
    assert_int_equal(status, LODE_E_IO);
    assert_non_null(strstr(after->err.text, folder));
    assert_non_null(strstr(after->err.text, strerror(with)));
    assert_int_equal(ask(folder, "kitten"), found);
    assert_false(has_unfinished(folder));
  }
  sealed_remove(folder);
  return failed;
}

static void check(bool on, int with) {
  search_fixture before = {0};
  search_fixture after = {0};
  assert_int_equal(search_open(&before, sealed_pages, SEALED_PAGES, true, 1), LODE_OK);
  assert_int_equal(search_open(&after, other_pages, 2, true, 1), LODE_OK);
  long at = 0;
  while (attempt(&before, &after, at, on, with)) at++;
  print_message("%ld calls, each failed once\n", at);
  assert_true(at > 20);
  search_close(&before);
  search_close(&after);
}

static void each_call_fails(void **state) {
  (void)state;
  check(false, EIO);
}

static void the_disk_is_full(void **state) {
  (void)state;
  check(true, ENOSPC);
}

static void the_folder_cannot_be_written(void **state) {
  (void)state;
  search_fixture f = {0};
  assert_int_equal(search_open(&f, sealed_pages, SEALED_PAGES, true, 1), LODE_OK);
  char path[512];
  /* Below what is no folder, or where there is none; and a file. */
  (void)snprintf(path, sizeof path, "%s/site", f.place.path);
  assert_int_equal(sealed_write(&f, path, 0), LODE_E_IO);
  assert_non_null(strstr(f.err.text, path));
  assert_int_equal(sealed_write(&f, f.place.path, 0), LODE_E_IO);
  (void)snprintf(path, sizeof path, "%s-absent/site", f.place.path);
  assert_int_equal(sealed_write(&f, path, 0), LODE_E_IO);
  assert_int_equal(access(path, F_OK), -1);
  search_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_call_fails),
      cmocka_unit_test(the_disk_is_full),
      cmocka_unit_test(the_folder_cannot_be_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
