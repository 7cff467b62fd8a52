/* printf and strtof do this correctly but at about 300 ns a try, which is as much as the
 * embedding itself where texts are short. Here the tries are done in double arithmetic,
 * which decides all floats of usual size; the rest goes to printf. */
#include "float_text.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Powers of ten that a double holds exactly. */
static const double pow10_exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
enum { LARGEST_POWER = 22 };

/* digits * 10^(exponent - count + 1), count digits without trailing zeros:
 * "d.ddd" times 10^exponent. */
typedef struct decimal {
  uint32_t digits;
  int count;
  int exponent;
} decimal;

/* v * 10^power, |power| <= LARGEST_POWER */
static double scale(double v, int power) {
  return power >= 0 ? v * pow10_exact[power] : v / pow10_exact[-power];
}

/* Does digits * 10^power read back as `a`? digits has at most 9 figures and both it and the
 * power of ten are exact doubles, so one rounding gives the double nearest to the decimal.
 * Rounding that to float is right unless it lies just between two floats: then say no. */
static bool reads_back(uint32_t digits, int power, float a) {
  double d = scale((double)digits, power);
  uint64_t bits;
  memcpy(&bits, &d, sizeof bits);
  bool between = (bits & 0x1FFFFFFF) == 0x10000000; /* the 29 bits that a float drops */
  return !between && (float)d == a;
}

/* The decimal of `count` digits nearest to `a` = v, if it reads back. */
static bool try_digits(float a, int exponent, int count, decimal *out) {
  int power = count - 1 - exponent;
  if (power < -LARGEST_POWER || power > LARGEST_POWER) return false;
  uint32_t digits = (uint32_t)(scale((double)a, power) + 0.5);
  if (!reads_back(digits, -power, a)) return false;
  if ((double)digits == pow10_exact[count]) { /* 9.99… rounded up to 10 */
    digits /= 10;
    exponent++;
  }
  *out = (decimal){digits, count, exponent};
  return true;
}

/* The e for which 10^e <= a < 10^(e+1). */
static int decimal_exponent(float a) {
  uint32_t bits;
  memcpy(&bits, &a, sizeof bits);
  int binary = (int)(bits >> 23) - 127;
  int exponent = (binary * 1233) >> 12; /* floor(binary * log10(2)), at most one too small */
  return scale(1.0, exponent + 1) <= (double)a ? exponent + 1 : exponent;
}

/* For 1e-12 <= a < 1e12: powers stay within -22..22. */
static bool shortest_by_double(float a, decimal *out) {
  int exponent = decimal_exponent(a);
  /* If k digits read back, so do k + 1: most vectors' components need 8. */
  int count = 8;
  if (!try_digits(a, exponent, count, out)) return try_digits(a, exponent, 9, out);
  do count--;
  while (count > 0 && try_digits(a, exponent, count, out));
  return true;
}

static void shortest_by_printf(float a, decimal *out) {
  for (int count = 1; count <= 9; count++) {
    char text[32];
    snprintf(text, sizeof text, "%.*e", count - 1, (double)a);
    if (count < 9 && strtof(text, NULL) != a) continue;
    uint32_t digits = 0;
    const char *c = text;
    for (; *c != 'e'; c++) {
      if (*c != '.') digits = digits * 10 + (uint32_t)(*c - '0');
    }
    *out = (decimal){digits, count, (int)strtol(c + 1, NULL, 10)};
    return;
  }
}

static size_t put_decimal(char *out, decimal d) {
  char figures[10] = {0};
  while (d.count > 1 && d.digits % 10 == 0) {
    d.digits /= 10;
    d.count--;
  }
  for (int i = d.count; i-- > 0; d.digits /= 10) figures[i] = (char)('0' + d.digits % 10);

  char *c = out;
  if (d.exponent < -5 || d.exponent > 15) { /* 1.5e-07 is shorter than its zeros */
    *c++ = figures[0];
    if (d.count > 1) *c++ = '.';
    memcpy(c, figures + 1, (size_t)d.count - 1);
    c += d.count - 1;
    return (size_t)(c - out) + (size_t)snprintf(c, 8, "e%d", d.exponent);
  }
  if (d.exponent < 0) {
    *c++ = '0';
    *c++ = '.';
    for (int i = -1; i > d.exponent; i--) *c++ = '0';
    memcpy(c, figures, (size_t)d.count);
    return (size_t)(c - out) + (size_t)d.count;
  }
  for (int i = 0; i < d.count || i <= d.exponent; i++) {
    if (i == d.exponent + 1) *c++ = '.';
    *c++ = i < d.count ? figures[i] : '0';
  }
  return (size_t)(c - out);
}

size_t cli_float_text(char out[CLI_FLOAT_TEXT_MAX], float x) {
  char *c = out;
  if (signbit(x)) *c++ = '-';
  float a = fabsf(x);
  decimal d;
  if (a == 0.0f) {
    /* "-0" is an integer to many readers of JSON, and integers have no -0. */
    memcpy(c, "0.0", 3);
    return c == out ? 1 : 4;
  }
  if (!(a >= 1e-12f && a < 1e12f && shortest_by_double(a, &d))) shortest_by_printf(a, &d);
  return (size_t)(c - out) + put_decimal(c, d);
}
