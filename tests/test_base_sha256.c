/* SHA-256 against the examples of FIPS 180 and of the NIST test vectors, whole and in parts. */
#include "base/sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
  const char *message;
  size_t repeat;
  const char *hex;
} vectors[] = {
    {"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmno"
     "pqrsmnopqrstnopqrstu",
     1, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    {"a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    {"\xbd", 1, "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b"},
    {"\xc9\x8c\x8e\x55", 1, "7abc22c0ae5af26ce93dbb94433a0e0b2e119d014f8e7f65bd56c61ccccd9504"},
};

static void hash(const char *message, size_t size, size_t repeat, char hex[65]) {
  lode_sha256 sha;
  lode_sha256_init(&sha);
  for (size_t i = 0; i < repeat; i++) lode_sha256_update(&sha, message, size);
  uint8_t digest[32];
  lode_sha256_final(&sha, digest);
  lode_sha256_hex(digest, hex);
}

static void known_digests(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
    char hex[65];
    hash(vectors[i].message, strlen(vectors[i].message), vectors[i].repeat, hex);
    assert_string_equal(hex, vectors[i].hex);
  }
}

/* Lengths around the places where the padding changes: 55, 56, 63, 64 bytes. The digest of
 * all digests was computed by Python's hashlib. */
static void every_length_of_padding(void **state) {
  (void)state;
  lode_sha256 all;
  lode_sha256_init(&all);
  char message[200];
  memset(message, 'x', sizeof message);
  for (size_t n = 0; n < sizeof message; n++) {
    char hex[65];
    hash(message, n, 1, hex);
    lode_sha256_update(&all, hex, 64);
  }
  uint8_t digest[32];
  char hex[65];
  lode_sha256_final(&all, digest);
  lode_sha256_hex(digest, hex);
  assert_string_equal(hex, "f61ffcc417e1f0e59eba2da7fa32fbe05b64e478b68c6bacf990455f00248b98");
}

static void parts_make_no_difference(void **state) {
  (void)state;
  char message[1000];
  for (size_t i = 0; i < sizeof message; i++) message[i] = (char)(i * 31);
  char whole[65];
  hash(message, sizeof message, 1, whole);
  for (size_t step = 1; step < 200; step++) {
    lode_sha256 sha;
    lode_sha256_init(&sha);
    for (size_t at = 0; at < sizeof message; at += step) {
      const size_t left = sizeof message - at;
      lode_sha256_update(&sha, message + at, left < step ? left : step);
      lode_sha256_update(&sha, NULL, 0);
    }
    uint8_t digest[32];
    char hex[65];
    lode_sha256_final(&sha, digest);
    lode_sha256_hex(digest, hex);
    assert_string_equal(hex, whole);
  }
}

/* The length is counted in 64 bits: 2^32 bits more than none is another message. (Half a
 * gigabyte would show it as well, and take a minute under an emulator.) */
static void long_messages(void **state) {
  (void)state;
  lode_sha256 sha;
  uint8_t empty[32];
  uint8_t forged[32];
  lode_sha256_init(&sha);
  lode_sha256_final(&sha, empty);
  lode_sha256_init(&sha);
  sha.size = (uint64_t)1 << 29;
  lode_sha256_final(&sha, forged);
  assert_memory_not_equal(empty, forged, sizeof empty);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_digests),
      cmocka_unit_test(every_length_of_padding),
      cmocka_unit_test(parts_make_no_difference),
      cmocka_unit_test(long_messages),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
