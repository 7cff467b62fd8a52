/* SHA-256 (FIPS 180-4). */
#ifndef LODE_BASE_SHA256_H
#define LODE_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

typedef struct lode_sha256 {
  uint32_t state[8];
  uint64_t size; /* bytes so far */
  uint8_t block[64];
} lode_sha256;

void lode_sha256_init(lode_sha256 *sha);
void lode_sha256_update(lode_sha256 *sha, const void *data, size_t size);
void lode_sha256_final(lode_sha256 *sha, uint8_t digest[32]);
/* digest as 64 lower-case hexadecimal digits and a NUL. */
void lode_sha256_hex(const uint8_t digest[32], char hex[65]);

#endif
