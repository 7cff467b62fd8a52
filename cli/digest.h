/* Digests of files, by OpenSSL's libcrypto. */
#ifndef LODE_CLI_DIGEST_H
#define LODE_CLI_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

enum { CLI_DIGEST_HEX_MAX = 64 };

typedef struct cli_digest cli_digest;

/* Does an ETag of the hub's tell the contents of its file? 64 hexadecimal digits are the SHA-256;
 * 40 are git's name: the SHA-1 of "blob SIZE", a zero byte and the contents. */
bool cli_digest_is(const char *etag);
/* *out is NULL, and no failure, for an ETag that is neither. */
cli_status cli_digest_open(const char *etag, int64_t size, cli_digest **out, cli_error *err);
void cli_digest_update(cli_digest *digest, const void *data, size_t size);
/* Lower-case digits, NUL behind them. Frees the digest. */
cli_status cli_digest_close(cli_digest *digest, char hex[CLI_DIGEST_HEX_MAX + 1], cli_error *err);
/* Give up. NULL is fine. */
void cli_digest_free(cli_digest *digest);

#endif
