/* Addresses as libcurl takes them apart, and digests as libcrypto makes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "digest.h"
#include "http.h"

static int open_http(void **state) {
  cli_error err;
  return cli_http_open(5, (cli_http **)state, &err) == CLI_OK ? 0 : -1;
}

static int close_http(void **state) {
  cli_http_close(*state);
  return 0;
}

static void test_joining(void **state) {
  (void)state;
  static const struct {
    const char *base, *location, *joined; /* NULL: not an address */
  } cases[] = {
      {"https://hub/a/b?c", "/d/e?f", "https://hub/d/e?f"},
      {"https://hub/a/b?c", "d", "https://hub/a/d"},
      {"https://hub:444/a", "//cdn/x", "https://cdn/x"},
      {"https://hub/a", "https://cdn:8/x?y#z", "https://cdn:8/x?y"},
      {"https://hub/a/b/c", "../../../../d", "https://hub/d"},
      {"https://hub/a", "/b c", "https://hub/b%20c"},
      {"https://hub/a", "", NULL},
      {"https://hub/a", "http://:80/", NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *joined = cli_http_join(cases[i].base, cases[i].location);
    if (cases[i].joined == NULL) {
      assert_null(joined);
    } else {
      assert_non_null(joined);
      assert_string_equal(joined, cases[i].joined);
    }
    free(joined);
  }
}

/* Who may see the token. */
static void test_origins(void **state) {
  (void)state;
  static const struct {
    const char *a, *b;
    bool same;
  } cases[] = {
      {"https://hub/a", "https://HUB:443/b?c", true}, {"https://hub", "http://hub", false},
      {"https://hub", "https://hub:444", false},      {"https://hub", "https://hub.evil", false},
      {"https://hub", "https://hub@evil", false},     {"https://hub", "https://evil/hub", false},
      {"https://hub", "not an address", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(cli_http_same_origin(cases[i].a, cases[i].b), cases[i].same);
  }
}

static void test_redirections(void **state) {
  (void)state;
  assert_true(cli_http_may_redirect("https://a", "https://b"));
  assert_true(cli_http_may_redirect("http://a", "https://b"));
  assert_true(cli_http_may_redirect("http://a", "http://b"));
  assert_false(cli_http_may_redirect("https://a", "http://b"));
  assert_false(cli_http_may_redirect("http://a", "file:///etc/passwd"));
  assert_false(cli_http_may_redirect("http://a", "ftp://b"));
}

static void assert_digest(const char *etag, const char *text) {
  cli_digest *digest;
  cli_error err;
  char hex[CLI_DIGEST_HEX_MAX + 1];
  assert_int_equal(cli_digest_open(etag, (int64_t)strlen(text), &digest, &err), CLI_OK);
  assert_non_null(digest);
  cli_digest_update(digest, text, strlen(text));
  assert_int_equal(cli_digest_close(digest, hex, &err), CLI_OK);
  assert_string_equal(hex, etag);
}

/* FIPS 180-4's example, and names that git gives (`git hash-object`). */
static void test_digests(void **state) {
  (void)state;
  assert_digest("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "abc");
  assert_digest("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", "");
  assert_digest("ce013625030ba8dba906f756967f9e9ca394464a", "hello\n");
  static const char *const others[] = {"", "abc", "ba7816bf",
                                       "E69DE29BB2D1D6434B8B29AE775AD8C2E48C5391",
                                       "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391-2"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    cli_digest *digest;
    cli_error err;
    assert_false(cli_digest_is(others[i]));
    assert_int_equal(cli_digest_open(others[i], 1, &digest, &err), CLI_OK);
    assert_null(digest);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_joining),
      cmocka_unit_test(test_origins),
      cmocka_unit_test(test_redirections),
      cmocka_unit_test(test_digests),
  };
  return cmocka_run_group_tests(tests, open_http, close_http);
}
