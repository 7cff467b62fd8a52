/* The walker: what is visited, in which order, and what is skipped why; patterns on their own. */
#include "index/files/walk.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "index/files/ignore.h"

/* ---------------------------------------------------------------- patterns */

static void globs(void **state) {
  (void)state;
  static const struct {
    const char *pattern;
    const char *path;
    bool match;
  } cases[] = {
      {"a", "a", true},
      {"a", "b", false},
      {"*", "abc", true},
      {"*", "a/b", false},
      {"?", "/", false},
      {"a*c", "abbc", true},
      {"a*b*c", "aXbYbZc", true},
      {"a*b*c", "aXcYb", false},
      {"**/a", "a", true},
      {"**/a", "x/y/a", true},
      {"**/a", "xa", false},
      {"a/**", "a", false},
      {"a/**", "a/b/c", true},
      {"a/**/b", "a/b", true},
      {"a/**/b", "a/x/y/b", true},
      {"a/**/b", "a/xb", false},
      {"a**b", "axyb", true},
      {"a**b", "ax/yb", false},
      {"[a-c]", "b", true},
      {"[!a-c]", "b", false},
      {"[^a]", "/", false},
      {"[]]", "]", true},
      {"[a", "a", false},
      {"[[:digit:]]", "7", true},
      {"\\*", "*", true},
      {"\\*", "a", false},
      {"a\\", "a\\", false},
      {"**/*.c/**/d", "x/y.c/z/d", true},
      {"**/a/b", "a/a/b", true},
      {"", "", true},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const bool match = lode_ignore_glob(cases[i].pattern, strlen(cases[i].pattern), cases[i].path,
                                        strlen(cases[i].path));
    if (match != cases[i].match) fail_msg("%s, %s", cases[i].pattern, cases[i].path);
  }
}

static void patterns(void **state) {
  (void)state;
  static const char text[] =
      "\xef\xbb\xbf# c\r\n*.o\n!keep.o\n/top\nsub/dir\nonly/\n\\#x\nspace\\ \ny  \n";
  static const struct {
    const char *path;
    bool directory;
    lode_ignore_answer answer;
  } cases[] = {
      {"a.o", false, LODE_IGNORE_SKIP},           {"d/a.o", false, LODE_IGNORE_SKIP},
      {"d/keep.o", false, LODE_IGNORE_KEEP},      {"top", false, LODE_IGNORE_SKIP},
      {"d/top", false, LODE_IGNORE_UNDECIDED},    {"sub/dir", true, LODE_IGNORE_SKIP},
      {"x/sub/dir", true, LODE_IGNORE_UNDECIDED}, {"only", true, LODE_IGNORE_SKIP},
      {"only", false, LODE_IGNORE_UNDECIDED},     {"#x", false, LODE_IGNORE_SKIP},
      {"space ", false, LODE_IGNORE_SKIP},        {"y", false, LODE_IGNORE_SKIP},
      {"# c", false, LODE_IGNORE_UNDECIDED},
  };
  lode_ignore ignore = {0};
  assert_int_equal(lode_ignore_add(&ignore, text, sizeof text - 1, NULL), LODE_OK);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const lode_ignore_answer answer =
        lode_ignore_match(&ignore, cases[i].path, strlen(cases[i].path), cases[i].directory);
    if (answer != cases[i].answer) fail_msg("%s: %d", cases[i].path, (int)answer);
  }
  lode_ignore_free(&ignore);
}

/* Patterns made to go back and forth. */
static void hostile_patterns(void **state) {
  (void)state;
  char pattern[2000];
  char path[4000];
  memset(path, 'a', sizeof path);
  for (size_t i = 0; i + 2 <= sizeof pattern; i += 2) memcpy(pattern + i, "a*", 2);
  pattern[sizeof pattern - 1] = 'b';
  assert_false(lode_ignore_glob(pattern, sizeof pattern, path, sizeof path));
  for (size_t i = 0; i + 5 <= sizeof pattern; i += 5) memcpy(pattern + i, "**/a/", 5);
  for (size_t i = 1; i < sizeof path; i += 2) path[i] = '/';
  path[sizeof path - 1] = 'b';
  assert_false(lode_ignore_glob(pattern, sizeof pattern, path, sizeof path));
}

/* ---------------------------------------------------------------- folders */

typedef struct record {
  char root[64];
  char text[4096];
  size_t used;
  int files_before_error; /* -1: no error */
} record;

static void add(record *r, const char *format, const char *a, const char *b) {
  const int n = snprintf(r->text + r->used, sizeof r->text - r->used, format, a, b);
  assert_true(n > 0 && (size_t)n < sizeof r->text - r->used);
  r->used += (size_t)n;
}

static lode_status on_file(void *user, const lode_walk_file *file, lode_error *err) {
  record *r = user;
  struct stat st;
  assert_int_equal(stat(file->path, &st), 0);
  assert_int_equal(st.st_size, file->size);
  assert_true(file->mtime_ns > 0);
  add(r, "%s%s ", file->name, "");
  if (r->files_before_error > 0 && --r->files_before_error == 0) {
    return lode_error_set(err, LODE_E_CANCELLED, -1, -1, "enough");
  }
  return LODE_OK;
}

static void on_skipped(void *user, const char *path, lode_skip reason, int error) {
  record *r = user;
  assert_int_equal(error != 0, reason == LODE_SKIP_UNREADABLE || reason == LODE_SKIP_BROKEN_LINK);
  add(r, "(%s: %s) ", path + strlen(r->root) + 1, lode_skip_text(reason));
}

static lode_walk_visitor recording(record *r) {
  return (lode_walk_visitor){.user = r, .file = on_file, .skipped = on_skipped};
}

static void make_file(const record *r, const char *name, const char *data, size_t size) {
  char path[256];
  (void)snprintf(path, sizeof path, "%s/%s", r->root, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_int_equal(fwrite(data, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
}

static void make_folder(const record *r, const char *name) {
  char path[256];
  (void)snprintf(path, sizeof path, "%s/%s", r->root, name);
  assert_int_equal(mkdir(path, 0777), 0);
}

static void make_link(const record *r, const char *name, const char *to) {
  char path[256];
  (void)snprintf(path, sizeof path, "%s/%s", r->root, name);
  assert_int_equal(symlink(to, path), 0);
}

static int setup(void **state) {
  record *r = calloc(1, sizeof *r);
  if (r == NULL) return -1;
  (void)snprintf(r->root, sizeof r->root, "/tmp/lode_walk_XXXXXX");
  *state = r;
  return mkdtemp(r->root) != NULL ? 0 : -1;
}

static int teardown(void **state) {
  record *r = *state;
  char command[128];
  (void)snprintf(command, sizeof command, "rm -rf '%s'", r->root);
  const int result = system(command);  // NOLINT(cert-env33-c): a folder that mkdtemp named
  free(r);
  return result;
}

static void expect(record *r, const lode_walk_options *options, const char *text) {
  r->used = 0;
  r->text[0] = '\0';
  lode_error err;
  const lode_walk_visitor visitor = recording(r);
  if (lode_walk(r->root, options, &visitor, &err) != LODE_OK) fail_msg("%s", err.text);
  assert_string_equal(r->text, text);
}

static void order_and_reasons(void **state) {
  record *r = *state;
  make_file(r, "b.md", "x", 1);
  make_file(r, "a.md", "", 0);
  make_file(r, ".hidden", "x", 1);
  make_folder(r, "a");
  make_file(r, "a/z", "x", 1);
  make_file(r, "a/B", "x", 1);
  make_folder(r, "a-b");
  make_file(r, "a-b/c", "x", 1);
  make_file(r, "image.png", "\x89PNG\0\0", 6);
  make_file(r, "wide.txt",
            "\xff\xfe"
            "a\0",
            4);
  make_file(r, "bad\xff", "x", 1);
  make_file(r, "large", "0123456789", 10);
  char path[128];
  (void)snprintf(path, sizeof path, "%s/pipe", r->root);
  assert_int_equal(mkfifo(path, 0666), 0);
  const lode_walk_options options = {.max_size = 9};
  expect(r, &options,
         "(.hidden: hidden) a/B a/z a-b/c a.md b.md (bad\xff: its name is not UTF-8) "
         "(image.png: binary) (large: too large) (pipe: neither a file nor a folder) wide.txt ");
  const lode_walk_options hidden = {.hidden = true, .max_size = 9};
  expect(r, &hidden,
         ".hidden a/B a/z a-b/c a.md b.md (bad\xff: its name is not UTF-8) "
         "(image.png: binary) (large: too large) (pipe: neither a file nor a folder) wide.txt ");
}

static void ignore_files(void **state) {
  record *r = *state;
  make_file(r, ".gitignore", "*.log\nout/\n", 11);
  make_file(r, ".lodeignore", "!keep.log\n", 10);
  make_file(r, "a.log", "x", 1);
  make_file(r, "keep.log", "x", 1);
  make_folder(r, "out");
  make_file(r, "out/x", "x", 1);
  make_folder(r, "sub");
  make_file(r, "sub/.gitignore", "!b.log\n/c\n", 10);
  make_file(r, "sub/b.log", "x", 1);
  make_file(r, "sub/c", "x", 1);
  expect(r, NULL,
         "(.gitignore: hidden) (.lodeignore: hidden) (a.log: named by an ignore file) keep.log "
         "(out: named by an ignore file) (sub/.gitignore: hidden) sub/b.log "
         "(sub/c: named by an ignore file) ");
  const lode_walk_options all = {.no_ignore = true};
  expect(r, &all,
         "(.gitignore: hidden) (.lodeignore: hidden) a.log keep.log out/x "
         "(sub/.gitignore: hidden) sub/b.log sub/c ");
}

static void links(void **state) {
  record *r = *state;
  make_folder(r, "a");
  make_file(r, "a/f", "x", 1);
  make_link(r, "a/up", "..");
  make_link(r, "b", "a");
  make_link(r, "broken", "nowhere");
  make_link(r, "g", "a/f");
  make_link(r, "self", "self");
  expect(r, NULL,
         "a/f (a/up: a symbolic link) (b: a symbolic link) (broken: a symbolic link) "
         "(g: a symbolic link) (self: a symbolic link) ");
  const lode_walk_options follow = {.follow = true};
  expect(r, &follow,
         "a/f (a/up: a folder that has been there: a loop of links, or a second link) "
         "(b: a folder that has been there: a loop of links, or a second link) "
         "(broken: a symbolic link that leads nowhere) g "
         "(self: a symbolic link that leads nowhere) ");
}

static void unreadable(void **state) {
  record *r = *state;
  if (geteuid() == 0) {
    print_message("skipped: root can read everything\n");
    skip();
  }
  make_file(r, "f", "x", 1);
  make_folder(r, "d");
  char path[128];
  (void)snprintf(path, sizeof path, "%s/f", r->root);
  assert_int_equal(chmod(path, 0), 0);
  (void)snprintf(path, sizeof path, "%s/d", r->root);
  assert_int_equal(chmod(path, 0), 0);
  expect(r, NULL, "(d: cannot be read) (f: cannot be read) ");
  assert_int_equal(chmod(path, 0777), 0);
}

static void roots(void **state) {
  record *r = *state;
  const lode_walk_visitor visitor = recording(r);
  lode_error err;
  char path[128];
  assert_int_equal(lode_walk("", NULL, &visitor, &err), LODE_E_ARG);
  (void)snprintf(path, sizeof path, "%s/none", r->root);
  assert_int_equal(lode_walk(path, NULL, &visitor, &err), LODE_E_NOT_FOUND);
  assert_non_null(strstr(err.text, path));
  make_file(r, "one.txt", "x", 1);
  (void)snprintf(path, sizeof path, "%s/one.txt", r->root);
  assert_int_equal(lode_walk(path, NULL, &visitor, &err), LODE_OK);
  assert_string_equal(r->text, "one.txt ");
  (void)snprintf(path, sizeof path, "%s/", r->root); /* with a slash at the end */
  assert_int_equal(lode_walk(path, NULL, &visitor, &err), LODE_OK);
  assert_string_equal(r->text, "one.txt one.txt ");
  make_file(r, "two.txt", "x", 1);
  r->files_before_error = 1;
  assert_int_equal(lode_walk(r->root, NULL, &visitor, &err), LODE_E_CANCELLED);
  assert_string_equal(err.text, "enough");
}

static lode_status count_file(void *user, const lode_walk_file *file, lode_error *err) {
  (void)file;
  (void)err;
  ++*(size_t *)user;
  return LODE_OK;
}

/* More folders than there may be open files, inside each other. */
static void deep_folders(void **state) {
  record *r = *state;
  char path[4000];
  size_t size = (size_t)snprintf(path, sizeof path, "%s", r->root);
  for (int i = 0; i < 1500; i++) {
    memcpy(path + size, "/d", 3);
    size += 2;
    assert_int_equal(mkdir(path, 0777), 0);
  }
  memcpy(path + size, "/f", 3);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_int_equal(fclose(file), 0);
  size_t files = 0;
  const lode_walk_visitor counting = {.user = &files, .file = count_file};
  assert_int_equal(lode_walk(r->root, NULL, &counting, NULL), LODE_OK);
  assert_int_equal(files, 1);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(globs),
      cmocka_unit_test(patterns),
      cmocka_unit_test(hostile_patterns),
      CASE(order_and_reasons),
      CASE(ignore_files),
      CASE(links),
      CASE(unreadable),
      CASE(roots),
      CASE(deep_folders),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
