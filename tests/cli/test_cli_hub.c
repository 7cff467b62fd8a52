/* What `lode pull` reads and makes without a network: names, addresses, heads of answers, lists of
 * files, the environment, the cache's layout. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* nftw */
#endif
#include <ftw.h>
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

#include "http_head.h"
#include "hub.h"
#include "hub_cache.h"
#include "hub_list.h"
#include "hub_name.h"
#include "session.h"

#define COMMIT "0123456789abcdef0123456789abcdef01234567"

/* ------------------------------------------------------------------ names */

static void test_repositories(void **state) {
  (void)state;
  static const char *const good[] = {
      "sentence-transformers/all-MiniLM-L6-v2", "a/b", "BAAI/bge-small-en-v1.5", "_x/y_", "0/1",
  };
  static const char *const bad[] = {
      "",           "a",     "/",     "a/",     "/b",       "a/b/c", "../b",    "a/..",
      "a/.b",       ".a/b",  "a./b",  "a/b.",   "-a/b",     "a/b-",  "a--b/c",  "a/b--c",
      "a/b..c",     "a b/c", "a/b\n", "a\\b/c", "~/x",      "C:/x",  "a/b.git", "a//b",
      "\xC3\xA9/b", "a/b?c", "a/b#c", "a/%2e",  "./models",
  };
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) assert_true(cli_hub_repo_ok(good[i]));
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    if (cli_hub_repo_ok(bad[i])) fail_msg("%s", bad[i]);
  }
  char longest[2 * 97 + 2];
  memset(longest, 'a', sizeof longest);
  longest[96] = '/';
  longest[96 + 1 + 96] = '\0';
  assert_true(cli_hub_repo_ok(longest));
  longest[96 + 1 + 96] = 'a';
  longest[96 + 1 + 97] = '\0';
  assert_false(cli_hub_repo_ok(longest));
}

static void test_file_names(void **state) {
  (void)state;
  static const char *const good[] = {
      "config.json", "1_Pooling/config.json", "a b", "\xC3\xA9", ".gitattributes", "...", "a/..b",
      "xy:z"};
  static const char *const bad[] = {"",      "/a",       "a/",   "..",   "../a", "a/../b",
                                    "a/..",  "./a",      "a/.",  "a//b", "a\\b", "a\nb",
                                    "a\x7F", "\x1B[31m", "C:/a", "C:a",  ":a"};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    if (!cli_hub_file_ok(good[i], strlen(good[i]))) fail_msg("%s", good[i]);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    if (cli_hub_file_ok(bad[i], strlen(bad[i]))) fail_msg("%s", bad[i]);
  }
  assert_false(cli_hub_file_ok("a\0b", 3));
  char name[300];
  memset(name, 'a', sizeof name);
  assert_true(cli_hub_file_ok(name, 255));
  assert_false(cli_hub_file_ok(name, 256));
}

static void test_commits_and_etags(void **state) {
  (void)state;
  assert_true(cli_hub_commit_ok(COMMIT));
  assert_false(cli_hub_commit_ok("0123456789ABCDEF0123456789abcdef01234567"));
  assert_false(cli_hub_commit_ok(COMMIT "0"));
  assert_false(cli_hub_commit_ok("main"));
  assert_true(cli_hub_revision_ok("main"));
  assert_true(cli_hub_revision_ok("refs/pr/12"));
  assert_false(cli_hub_revision_ok("../main"));
  assert_false(cli_hub_revision_ok(""));
  assert_true(cli_hub_etag_ok(COMMIT));
  assert_true(cli_hub_etag_ok("5d41-2b3.4_x+y="));
  static const char *const bad[] = {"",    ".",    "..",  ".a",    "a.",
                                    "a/b", "a\\b", "a b", "\"a\"", "a\n"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) assert_false(cli_hub_etag_ok(bad[i]));
}

static void test_addresses(void **state) {
  (void)state;
  char *url = cli_hub_api_url("http://hub:1", "a/b", "refs/pr/1");
  assert_string_equal(url, "http://hub:1/api/models/a/b/revision/refs%2Fpr%2F1");
  free(url);
  url = cli_hub_file_url("https://hub", "a/b", "v1?x", "1_P/\xC3\xA9 #%.json");
  assert_string_equal(url, "https://hub/a/b/resolve/v1%3Fx/1_P/%C3%A9%20%23%25.json");
  free(url);
}

/* ------------------------------------------------------------------ heads */

/* 2015-10-21 07:28:00 GMT */
enum { NOW = 1445412480 };

static void read_head(cli_http_head *head, const char *lines) {
  cli_http_head_clear(head);
  while (*lines != '\0') {
    size_t size = strcspn(lines, "\n");
    cli_http_head_line(head, lines, size + (lines[size] == '\n'), NOW);
    lines += size + (lines[size] == '\n');
  }
}

static void test_head(void **state) {
  (void)state;
  cli_http_head head;
  read_head(&head,
            "HTTP/1.1 100 Continue\r\nETag: \"early\"\r\n\r\n"
            "HTTP/2 302 \r\n"
            "x-repo-commit:  " COMMIT
            "\r\n"
            "X-Linked-Size: 90868376\r\n"
            "X-LINKED-ETAG: \"abc\"\r\n"
            "etag: W/\"def\"\r\n"
            "Location: https://cdn/x?y=z\r\n"
            "Content-Type: text/html; charset=utf-8\r\n"
            "Content-Length: 12\r\n"
            "X-Error-Code: GatedRepo\r\n\r\n");
  assert_int_equal(head.status, 302);
  assert_string_equal(head.commit, COMMIT);
  assert_string_equal(head.linked_etag, "abc");
  assert_string_equal(head.etag, "def");
  assert_string_equal(head.location, "https://cdn/x?y=z");
  assert_string_equal(head.error_code, "GatedRepo");
  assert_true(head.linked_size == 90868376 && head.content_length == 12);
  assert_true(head.range_start == -1 && head.retry_after == -1);
  assert_true(cli_http_head_is_html(&head));
}

static void test_ranges(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t start, total;
  } cases[] = {
      {"bytes 100-199/200", 100, 200}, {"bytes 0-0/*", 0, -1},
      {"bytes */200", -1, 200},        {"Bytes 5-9/10", 5, 10},
      {"items 1-2/3", -1, -1},         {"bytes", -1, -1},
      {"bytes -1-5/10", -1, 10},       {"bytes 99999999999999999999-1/2", -1, 2},
      {"bytes 1-2/+3", 1, -1},         {"", -1, -1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char lines[128];
    cli_http_head head;
    snprintf(lines, sizeof lines, "HTTP/1.1 206 Partial Content\r\nContent-Range: %s\r\n",
             cases[i].text);
    read_head(&head, lines);
    if (head.range_start != cases[i].start || head.range_total != cases[i].total) {
      fail_msg("%s: %lld, %lld", cases[i].text, (long long)head.range_start,
               (long long)head.range_total);
    }
  }
}

static void test_retry_after(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t seconds;
  } cases[] = {
      {"120", 120},
      {"0", 0},
      {"Wed, 21 Oct 2015 07:28:30 GMT", 30},
      {"Wed, 21 Oct 2015 07:27:30 GMT", 0},
      {"soon", -1},
      {"-5", -1},
      {"1.5", -1},
      {"Wed, 21 Oct 2015 07:28:30 GMT and more", -1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char lines[128];
    cli_http_head head;
    snprintf(lines, sizeof lines, "HTTP/1.1 429 Slow down\nRetry-After: %s\n", cases[i].text);
    read_head(&head, lines);
    assert_true(head.retry_after == cases[i].seconds);
  }
}

/* What is too long or malformed is not there, and harms nothing beside it. */
static void test_hostile_heads(void **state) {
  (void)state;
  static char lines[40000];
  int used = snprintf(lines, sizeof lines, "HTTP/1.1 200 OK\r\nLocation: ");
  memset(lines + used, 'x', 20000);
  snprintf(lines + used + 20000, 200,
           "\r\nX-Repo-Commit: %064d\r\nContent-Length: 1e3\r\n: x\r\nx\r\n", 7);
  cli_http_head head;
  read_head(&head, lines);
  assert_int_equal(head.status, 200);
  assert_string_equal(head.location, "");
  assert_string_equal(head.commit, "");
  assert_true(head.content_length == -1);
  read_head(&head, "HTTP/1.1\r\n");
  assert_int_equal(head.status, 0);
  cli_http_head_line(&head, "ETag: \"a\0b\"", 11, NOW);
  assert_string_equal(head.etag, "");
  cli_http_head_line(&head, "ETag: \"", 7, NOW);
  assert_string_equal(head.etag, "\"");
}

/* ------------------------------------------------------------------ lists */

static cli_status read_listing(const char *text, cli_hub_listing *out, cli_error *err) {
  *out = (cli_hub_listing){0};
  return cli_hub_listing_read(text, strlen(text), out, err);
}

static void test_listing(void **state) {
  (void)state;
  cli_hub_listing listing;
  cli_error err;
  assert_int_equal(
      read_listing("{\"id\":\"a/b\",\"siblings\":[{\"rfilename\":\"config.json\",\"size\":1},"
                   "{\"rfilename\":\"1_P\\u006foling/config.json\"},{\"rfilename\":5},"
                   "{\"rfilename\":\"../evil\"},{\"rfilename\":\"a\\u0000b\"},{},7,"
                   "{\"rfilename\":\"\\ud800\"}],\"sha\":\"" COMMIT "\"}",
                   &listing, &err),
      CLI_OK);
  assert_string_equal(listing.commit, COMMIT);
  assert_int_equal(listing.files.count, 2);
  assert_string_equal(listing.files.items[1], "1_Pooling/config.json");
  cli_hub_listing_free(&listing);
  static const char *const bad[] = {
      "",
      "{}",
      "[]",
      "{\"sha\":\"main\",\"siblings\":[]}",
      "{\"sha\":\"" COMMIT "\"}",
      "{\"sha\":\"" COMMIT "\",\"siblings\":{}}",
      "{\"sha\":\"" COMMIT "\",\"siblings\":[}",
      "{\"error\":\"no\"}",
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_int_equal(read_listing(bad[i], &listing, &err), CLI_E_MODEL);
    cli_hub_listing_free(&listing);
  }
}

static void test_modules(void **state) {
  (void)state;
  static const char text[] =
      "[{\"idx\":0,\"path\":\"0_T\",\"type\":\"sentence_transformers.models.Transformer\"},"
      "{\"path\":\"1_Pooling/\",\"type\":\"x.Pooling\"},{\"path\":\"2\",\"type\":\"x.Dense\"},"
      "{\"path\":\"3_Normalize\",\"type\":\"x.Normalize\"}]";
  cli_hub_modules modules = {0};
  cli_error err;
  assert_int_equal(cli_hub_modules_read(text, sizeof text - 1, &modules, &err), CLI_OK);
  static const char *const paths[] = {"0_T", "1_Pooling", "2", "3_Normalize"};
  static const cli_hub_need needs[] = {CLI_HUB_NEED_WEIGHTS, CLI_HUB_NEED_CONFIG,
                                       CLI_HUB_NEED_WEIGHTS, CLI_HUB_NEED_NONE};
  assert_int_equal(modules.paths.count, 4);
  for (size_t i = 0; i < 4; i++) {
    assert_string_equal(modules.paths.items[i], paths[i]);
    assert_int_equal(modules.needs[i], needs[i]);
  }
  cli_hub_modules_free(&modules);
  static const char table[] = "[{\"path\":\".\",\"type\":\"x.StaticEmbedding\"}]";
  assert_int_equal(cli_hub_modules_read(table, sizeof table - 1, &modules, &err), CLI_OK);
  assert_string_equal(modules.paths.items[0], "");
  assert_int_equal(modules.needs[0], CLI_HUB_NEED_TABLE);
  cli_hub_modules_free(&modules);
  static const char *const bad[] = {"{}",
                                    "[]",
                                    "[1]",
                                    "[{\"type\":\"x.Dense\"}]",
                                    "[{\"type\":\"x.T\",\"path\":\"/etc\"}]",
                                    "[{\"type\":\"x.T\",\"path\":\"a/../..\"}]",
                                    "[{\"path\":\"\"}]"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_int_equal(cli_hub_modules_read(bad[i], strlen(bad[i]), &modules, &err), CLI_E_MODEL);
    cli_hub_modules_free(&modules);
  }
}

static void test_shards(void **state) {
  (void)state;
  static const char text[] =
      "{\"metadata\":{\"total_size\":1},\"weight_map\":{\"a\":\"m-1.safetensors\","
      "\"b\":\"m-2.safetensors\",\"c\":\"m-1.safetensors\"}}";
  cli_names names = {0};
  cli_error err;
  assert_int_equal(cli_hub_shards_read(text, sizeof text - 1, "sub", &names, &err), CLI_OK);
  assert_int_equal(names.count, 2);
  assert_string_equal(names.items[0], "sub/m-1.safetensors");
  assert_string_equal(names.items[1], "sub/m-2.safetensors");
  static const char *const bad[] = {"{}", "{\"weight_map\":[]}", "{\"weight_map\":{\"a\":1}}",
                                    "{\"weight_map\":{\"a\":{}}}",
                                    "{\"weight_map\":{\"a\":\"../x\"}}"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_int_equal(cli_hub_shards_read(bad[i], strlen(bad[i]), "", &names, &err), CLI_E_MODEL);
  }
  cli_names_free(&names);
}

/* ------------------------------------------------------------------ environment */

static void test_expand(void **state) {
  (void)state;
  setenv("HOME", "/home/x", 1);
  setenv("LODE_TEST_PLACE", "$HOME/p", 1);
  unsetenv("LODE_TEST_ABSENT");
  static const struct {
    const char *text, *expanded;
  } cases[] = {
      {"~/hub", "/home/x/hub"},
      {"~", "/home/x"},
      {"~other/x", "~other/x"},
      {"a/~/b", "a/~/b"},
      {"$LODE_TEST_PLACE/q", "$HOME/p/q"},
      {"${LODE_TEST_PLACE}q", "$HOME/pq"},
      {"$LODE_TEST_ABSENT/x", "$LODE_TEST_ABSENT/x"},
      {"${LODE_TEST_PLACE", "${LODE_TEST_PLACE"},
      {"$", "$"},
      {"$/x$$", "$/x$$"},
      {"", ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *got = cli_hub_expand(cases[i].text);
    assert_string_equal(got, cases[i].expanded);
    free(got);
  }
}

/* ------------------------------------------------------------------ the cache */

static void test_model_names(void **state) {
  (void)state;
  static const struct {
    const char *path, *name;
  } cases[] = {
      {"/c/hub/models--a--b/snapshots/" COMMIT, "b/snapshots/" COMMIT},
      {"/c/hub/models--a-x--b-c.d/snapshots/" COMMIT "/x.lode-model",
       "b-c.d/snapshots/" COMMIT "/x.lode-model"},
      {"/c/models--a--b/other", "other"},
      {"models/x/", "x/"},
      {"x", "x"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_string_equal(cli_model_name(cases[i].path), cases[i].name);
  }
}

static void assert_link(const char *folder, const char *path, const char *target) {
  char full[512], found[512];
  snprintf(full, sizeof full, "%s/models--a--b/%s", folder, path);
  ssize_t size = readlink(full, found, sizeof found - 1);
  assert_true(size > 0);
  found[size] = '\0';
  assert_string_equal(found, target);
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at) {
  (void)st;
  (void)kind;
  (void)at;
  return remove(path);
}

static void test_cache(void **state) {
  (void)state;
  char folder[] = "/tmp/lode-hub-XXXXXX";
  assert_non_null(mkdtemp(folder));
  cli_hub_cache cache;
  cli_error err;
  char commit[CLI_HUB_COMMIT + 1];
  assert_int_equal(cli_hub_cache_open(folder, "a/b", &cache, &err), CLI_OK);
  assert_int_equal(cli_hub_cache_make(&cache, &err), CLI_OK);
  assert_false(cli_hub_cache_commit(&cache, "main", commit));
  assert_int_equal(cli_hub_cache_set_ref(&cache, "main", COMMIT, &err), CLI_OK);
  assert_int_equal(cli_hub_cache_set_ref(&cache, "refs/pr/1", COMMIT, &err), CLI_OK);
  assert_true(cli_hub_cache_commit(&cache, "refs/pr/1", commit));
  assert_string_equal(commit, COMMIT);
  assert_false(cli_hub_cache_commit(&cache, "refs", commit)); /* a folder */
  assert_int_equal(cli_hub_cache_link(&cache, COMMIT, "x/y/z", "etag", &err), CLI_OK);
  assert_link(folder, "snapshots/" COMMIT "/x/y/z", "../../../../blobs/etag");
  assert_int_equal(cli_hub_cache_link(&cache, COMMIT, "x/y/z", "other", &err), CLI_OK);
  assert_link(folder, "snapshots/" COMMIT "/x/y/z", "../../../../blobs/other");
  int first, second;
  assert_int_equal(cli_hub_cache_lock(&cache, "etag", &first, &err), CLI_OK);
  assert_true(first >= 0);
  assert_int_equal(cli_hub_cache_lock(&cache, "etag", &second, &err), CLI_OK);
  assert_int_equal(second, -1);
  close(first);
  assert_int_equal(cli_hub_cache_lock(&cache, "etag", &second, &err), CLI_OK);
  assert_true(second >= 0);
  close(second);
  cli_hub_cache_close(&cache);
  assert_int_equal(nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_repositories),
      cmocka_unit_test(test_file_names),
      cmocka_unit_test(test_commits_and_etags),
      cmocka_unit_test(test_addresses),
      cmocka_unit_test(test_head),
      cmocka_unit_test(test_ranges),
      cmocka_unit_test(test_retry_after),
      cmocka_unit_test(test_hostile_heads),
      cmocka_unit_test(test_listing),
      cmocka_unit_test(test_modules),
      cmocka_unit_test(test_shards),
      cmocka_unit_test(test_expand),
      cmocka_unit_test(test_model_names),
      cmocka_unit_test(test_cache),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
