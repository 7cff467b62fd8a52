#include "decimal.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A whole number of `count` words, the lowest first. 40 digits times 10^310, or times 2^1400,
 * which is enough to divide by 10^390 and to keep 64 bits: less than 1,600 bits. */
enum { WORDS = 52, WORD_BITS = 32 };

typedef struct whole {
  size_t count; /* the highest word is not 0 */
  uint32_t words[WORDS];
} whole;

static void multiply_add(whole *n, uint32_t factor, uint32_t more) {
  uint64_t carry = more;
  for (size_t i = 0; i < n->count; i++) {
    carry += (uint64_t)n->words[i] * factor;
    n->words[i] = (uint32_t)carry;
    carry >>= WORD_BITS;
  }
  if (carry > 0) n->words[n->count++] = (uint32_t)carry;
}

/* Returns whether there is a rest. */
static bool divide(whole *n, uint32_t divisor) {
  uint64_t rest = 0;
  for (size_t i = n->count; i-- > 0;) {
    rest = rest << WORD_BITS | n->words[i];
    n->words[i] = (uint32_t)(rest / divisor);
    rest %= divisor;
  }
  while (n->count > 0 && n->words[n->count - 1] == 0) n->count--;
  return rest != 0;
}

static void shift_up(whole *n, size_t words) {
  for (size_t i = n->count; i-- > 0;) n->words[i + words] = n->words[i];
  for (size_t i = 0; i < words; i++) n->words[i] = 0;
  n->count += words;
}

/* 10^exponent in steps of 10^9. */
static uint32_t power_of_ten(int exponent) {
  uint32_t power = 1;
  for (int i = 0; i < exponent && i < 9; i++) power *= 10;
  return power;
}

/* n 2^exponent, and a little more if `rest`. */
static double rounded(whole *n, int exponent, bool rest) {
  const int zeros = __builtin_clz(n->words[n->count - 1]);
  multiply_add(n, (uint32_t)1 << zeros, 0);
  exponent += ((int)n->count - 2) * WORD_BITS - zeros;
  uint64_t top = (uint64_t)n->words[n->count - 1] << WORD_BITS;
  if (n->count > 1) top |= n->words[n->count - 2];
  for (size_t i = 0; i + 2 < n->count; i++) rest |= n->words[i] != 0;
  /* 53 of these 64 bits, fewer where the result is subnormal. */
  int dropped = 11;
  if (exponent + dropped < -1074) dropped = -1074 - exponent;
  if (dropped > 64) return 0.0;
  uint64_t kept = dropped < 64 ? top >> dropped : 0;
  const uint64_t half = (uint64_t)1 << (dropped - 1);
  rest |= (top & (half - 1)) != 0;
  if ((top & half) != 0 && (rest || (kept & 1) != 0)) kept++;
  return ldexp((double)kept, exponent + dropped);
}

static double magnitude(whole *n, int digits, int exponent) {
  if (n->count == 0 || digits + exponent < -330) return 0.0;
  if (digits + exponent > 310) return INFINITY;
  if (exponent >= 0) {
    for (; exponent > 0; exponent -= 9) multiply_add(n, power_of_ten(exponent), 0);
    return rounded(n, 0, false);
  }
  const int words = -exponent * 10 / 3 / WORD_BITS + 4; /* 10/3 > log2(10) */
  shift_up(n, (size_t)words);
  bool rest = false;
  for (; exponent < 0; exponent += 9) rest |= divide(n, power_of_ten(-exponent));
  return rounded(n, -words * WORD_BITS, rest);
}

double lode_decimal_double(const char *text) {
  const bool negative = *text == '-';
  whole n = {0};
  int digits = 0, exponent = 0;
  for (text += negative; *text >= '0' && *text <= '9'; text++, digits++) {
    multiply_add(&n, 10, (uint32_t)(*text - '0'));
  }
  const bool down = text[0] == 'e' && text[1] == '-';
  for (text += 2; *text != '\0'; text++) exponent = 10 * exponent + (*text - '0');
  const double value = magnitude(&n, digits, down ? -exponent : exponent);
  return negative ? -value : value;
}
