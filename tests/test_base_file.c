/* Mapping files, and folders on disk and in memory. */
#include "base/file.h"

#include <fcntl.h>
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

/* ---------------------------------------------------------------- a scratch directory */

static char scratch[4096];

static const char *in_scratch(char path[5000], const char *name) {
  snprintf(path, 5000, "%s/%s", scratch, name);
  return path;
}

static void write_file(const char *name, const void *data, size_t size) {
  char path[5000];
  FILE *file = fopen(in_scratch(path, name), "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(data, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
}

static int make_scratch(void **state) {
  (void)state;
  const char *base = getenv("TMPDIR");
  snprintf(scratch, sizeof scratch, "%s/lode-test-XXXXXX", base != NULL ? base : "/tmp");
  if (mkdtemp(scratch) == NULL) return -1;
  char path[5000];
  if (mkdir(in_scratch(path, "1_Pooling"), 0700) != 0) return -1;
  if (mkfifo(in_scratch(path, "fifo"), 0600) != 0) return -1;
  write_file("config.json", "{}\n", 3);
  write_file("1_Pooling/config.json", "pooling", 7);
  write_file("empty", "", 0);
  return symlink("config.json", in_scratch(path, "link.json"));
}

static int remove_scratch(void **state) {
  (void)state;
  static const char *const names[] = {
      "config.json", "1_Pooling/config.json", "empty", "fifo", "link.json", "large"};
  char path[5000];
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) unlink(in_scratch(path, names[i]));
  rmdir(in_scratch(path, "1_Pooling"));
  return rmdir(scratch);
}

/* ---------------------------------------------------------------- mapping */

static void maps_a_file(void **state) {
  (void)state;
  char path[5000];
  lode_file file = {0};
  lode_error err;
  assert_int_equal(lode_file_map(in_scratch(path, "config.json"), &file, &err), LODE_OK);
  assert_int_equal(file.size, 3);
  assert_memory_equal(file.data, "{}\n", 3);
  lode_file_close(&file);
  assert_null(file.data);
  lode_file_close(&file);
  assert_int_equal(lode_file_map(in_scratch(path, "empty"), &file, &err), LODE_OK);
  assert_int_equal(file.size, 0);
  assert_non_null(file.data);
  lode_file_close(&file);
}

static void says_why_it_cannot_map(void **state) {
  (void)state;
  static const struct {
    const char *name;
    lode_status status;
    const char *text;
  } cases[] = {
      {"absent", LODE_E_NOT_FOUND, "no such file"},
      {"config.json/x", LODE_E_NOT_FOUND, "no such file"},
      {"1_Pooling", LODE_E_IO, "is a directory"},
      {"fifo", LODE_E_IO, "not a regular file"}, /* and does not wait for a writer */
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char path[5000];
    lode_file file = {0};
    lode_error err;
    assert_int_equal(lode_file_map(in_scratch(path, cases[i].name), &file, &err), cases[i].status);
    assert_non_null(strstr(err.text, cases[i].text));
    assert_non_null(strstr(err.text, path));
    assert_null(file.data);
    assert_int_equal(lode_file_map(path, &file, NULL), cases[i].status);
  }
}

static void refuses_unreadable_files(void **state) {
  (void)state;
  if (geteuid() == 0) {
    print_message("root may read everything\n");
    skip();
  }
  char path[5000];
  lode_file file = {0};
  lode_error err;
  assert_int_equal(chmod(in_scratch(path, "config.json"), 0), 0);
  const lode_status status = lode_file_map(path, &file, &err);
  assert_int_equal(chmod(path, 0600), 0);
  assert_int_equal(status, LODE_E_IO);
  assert_non_null(strstr(err.text, "cannot open"));
}

/* Contents are the same after any hint; ranges that reach too far are cut. */
static void hints_change_nothing(void **state) {
  (void)state;
  enum { SIZE = 1 << 20 };
  unsigned char *data = malloc(SIZE);
  assert_non_null(data);
  for (size_t i = 0; i < SIZE; i++) data[i] = (unsigned char)(i * 7 + (i >> 8));
  write_file("large", data, SIZE);
  char path[5000];
  lode_file file = {0};
  lode_error err;
  assert_int_equal(lode_file_map(in_scratch(path, "large"), &file, &err), LODE_OK);
  static const size_t ranges[][2] = {{0, SIZE},     {100, 5000},    {4096, 4096},
                                     {SIZE, 1},     {SIZE - 1, 99}, {SIZE + 1, SIZE_MAX},
                                     {0, SIZE_MAX}, {5000, 0}};
  for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
    lode_file_will_read(&file, ranges[i][0], ranges[i][1]);
    assert_memory_equal(file.data, data, SIZE);
    lode_file_dont_need(&file, ranges[i][0], ranges[i][1]);
    assert_memory_equal(file.data, data, SIZE);
  }
  lode_file_close(&file);
  lode_file borrowed = {.data = data, .size = SIZE};
  lode_file_dont_need(&borrowed, 0, SIZE);
  assert_int_equal(data[1000], (unsigned char)(1000 * 7 + (1000 >> 8)));
  lode_file_close(&borrowed);
  free(data);
}

/* ---------------------------------------------------------------- folders */

static const lode_file_data in_memory[] = {
    {"config.json", "{}\n", 3},
    {"1_Pooling/config.json", "pooling", 7},
    {"empty", NULL, 0},
};

static void opens_files_of_folders(void **state) {
  (void)state;
  const lode_folder folders[] = {{.path = scratch}, {.files = in_memory, .count = 3}};
  for (size_t i = 0; i < 2; i++) {
    lode_file file = {0};
    lode_error err;
    assert_int_equal(lode_folder_open(&folders[i], "1_Pooling/config.json", &file, &err), LODE_OK);
    assert_int_equal(file.size, 7);
    assert_memory_equal(file.data, "pooling", 7);
    lode_file_close(&file);
    assert_int_equal(lode_folder_open(&folders[i], "empty", &file, &err), LODE_OK);
    assert_int_equal(file.size, 0);
    assert_non_null(file.data);
    lode_file_close(&file);
    assert_true(lode_folder_has(&folders[i], "config.json"));
    assert_false(lode_folder_has(&folders[i], "1_Pooling"));
    assert_false(lode_folder_has(&folders[i], "absent"));
    assert_int_equal(lode_folder_open(&folders[i], "absent", &file, &err), LODE_E_NOT_FOUND);
    assert_string_equal(err.text, "absent: no such file");
  }
}

/* A model cache is full of them. */
static void follows_links(void **state) {
  (void)state;
  const lode_folder folder = {.path = scratch};
  lode_file file = {0};
  lode_error err;
  assert_int_equal(lode_folder_open(&folder, "link.json", &file, &err), LODE_OK);
  assert_int_equal(file.size, 3);
  lode_file_close(&file);
}

static void names_only_lead_downwards(void **state) {
  (void)state;
  static const char *const names[] = {
      "",     "/etc/passwd", "..",    "../config.json", "1_Pooling/../config.json",
      "a/..", "./a",         ".",     "a/./b",          "a//b",
      "a/",   "/",           "..\\a", "a\\b",           "a/b/../../../c",
  };
  const lode_folder folders[] = {{.path = scratch}, {.files = in_memory, .count = 3}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    for (size_t j = 0; j < 2; j++) {
      lode_file file = {0};
      lode_error err;
      assert_int_equal(lode_folder_open(&folders[j], names[i], &file, &err), LODE_E_FORMAT);
      assert_null(file.data);
      assert_false(lode_folder_has(&folders[j], names[i]));
    }
  }
  static const char *const good[] = {"...", "a..b", "..a", ".hidden"};
  for (size_t i = 0; i < 4; i++) {
    lode_file file = {0};
    lode_error err;
    assert_int_equal(lode_folder_open(&folders[0], good[i], &file, &err), LODE_E_NOT_FOUND);
  }
}

static void says_that_the_folder_is_none(void **state) {
  (void)state;
  char path[5000];
  lode_file file = {0};
  lode_error err;
  lode_folder folder = {.path = in_scratch(path, "no-such-model")};
  assert_int_equal(lode_folder_open(&folder, "config.json", &file, &err), LODE_E_NOT_FOUND);
  assert_non_null(strstr(err.text, "no-such-model: no such directory"));
  assert_false(lode_folder_has(&folder, "config.json"));
  folder.path = in_scratch(path, "config.json");
  assert_int_equal(lode_folder_open(&folder, "config.json", &file, &err), LODE_E_NOT_FOUND);
  assert_non_null(strstr(err.text, "is not a directory"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(maps_a_file),
      cmocka_unit_test(says_why_it_cannot_map),
      cmocka_unit_test(refuses_unreadable_files),
      cmocka_unit_test(hints_change_nothing),
      cmocka_unit_test(opens_files_of_folders),
      cmocka_unit_test(follows_links),
      cmocka_unit_test(names_only_lead_downwards),
      cmocka_unit_test(says_that_the_folder_is_none),
  };
  return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
