#include "digest.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "load.h"

/* The functions of libcrypto that are used: declared, named and loaded by this list. */
#define CRYPTO_FUNCTIONS(X) \
  X(EVP_MD_CTX_new)         \
  X(EVP_MD_CTX_free)        \
  X(EVP_sha1)               \
  X(EVP_sha256)             \
  X(EVP_DigestInit_ex)      \
  X(EVP_DigestUpdate)       \
  X(EVP_DigestFinal_ex)

/* Filled by the first cli_digest_open that needs it, and the same ever after. */
static struct {
#define X(name) __typeof__(name) *name;
  CRYPTO_FUNCTIONS(X)
#undef X
} lib;

static cli_status load_crypto(cli_error *err) {
  static const char *const names[] = {
#define X(name) #name,
      CRYPTO_FUNCTIONS(X)
#undef X
  };
  static_assert(sizeof lib == sizeof names, "one pointer a name");
  if (lib.EVP_MD_CTX_new != NULL) return CLI_OK;
  return cli_load("libcrypto.so.3", names, sizeof names / sizeof names[0], &lib, err);
}

struct cli_digest {
  EVP_MD_CTX *context;
  bool failed;
};

bool cli_digest_is(const char *etag) {
  size_t digits = strspn(etag, "0123456789abcdef");
  return etag[digits] == '\0' && (digits == 64 || digits == 40);
}

cli_status cli_digest_open(const char *etag, int64_t size, cli_digest **out, cli_error *err) {
  *out = NULL;
  if (!cli_digest_is(etag)) return CLI_OK;
  cli_status status = load_crypto(err);
  if (status != CLI_OK) return status;
  size_t digits = strlen(etag);
  cli_digest *digest = calloc(1, sizeof *digest);
  if (digest == NULL) return cli_fail_memory(err);
  digest->context = lib.EVP_MD_CTX_new();
  const EVP_MD *kind = digits == 64 ? lib.EVP_sha256() : lib.EVP_sha1();
  if (digest->context == NULL || lib.EVP_DigestInit_ex(digest->context, kind, NULL) != 1) {
    cli_digest_free(digest);
    return cli_fail(err, CLI_E_RUN, "libcrypto has no %s", digits == 64 ? "SHA-256" : "SHA-1");
  }
  if (digits == 40) {
    char start[40];
    int length = snprintf(start, sizeof start, "blob %lld", (long long)size);
    cli_digest_update(digest, start, (size_t)length + 1);
  }
  *out = digest;
  return CLI_OK;
}

void cli_digest_update(cli_digest *digest, const void *data, size_t size) {
  if (lib.EVP_DigestUpdate(digest->context, data, size) != 1) digest->failed = true;
}

cli_status cli_digest_close(cli_digest *digest, char hex[CLI_DIGEST_HEX_MAX + 1], cli_error *err) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  bool done = !digest->failed && lib.EVP_DigestFinal_ex(digest->context, bytes, &size) == 1 &&
              2 * size <= CLI_DIGEST_HEX_MAX;
  for (size_t i = 0; done && i < size; i++) snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
  cli_digest_free(digest);
  return done ? CLI_OK : cli_fail(err, CLI_E_RUN, "libcrypto could not make a digest");
}

void cli_digest_free(cli_digest *digest) {
  if (digest == NULL) return;
  lib.EVP_MD_CTX_free(digest->context);
  free(digest);
}
