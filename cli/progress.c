#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

double cli_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

char *cli_grouped(char out[32], int64_t number) {
  char digits[24];
  int n = snprintf(digits, sizeof digits, "%lld", (long long)number);
  char *d = out;
  for (int i = 0; i < n; i++) {
    if (i > 0 && digits[i - 1] != '-' && (n - i) % 3 == 0) *d++ = ',';
    *d++ = digits[i];
  }
  *d = '\0';
  return out;
}

void cli_progress_start(cli_progress *progress, bool quiet) {
  *progress = (cli_progress){.enabled = !quiet && isatty(STDERR_FILENO) == 1, .start = cli_now()};
  progress->last = progress->start + 0.8; /* work of less than a second shows nothing */
}

void cli_progress_update(cli_progress *progress, int64_t texts, int64_t tokens, int64_t done,
                         int64_t total) {
  if (!progress->enabled) return;
  double now = cli_now();
  if (now - progress->last < 0.2) return;
  progress->last = now;
  double elapsed = now - progress->start;
  char a[32], b[32], c[32], rest[64] = "";
  if (total > 0 && done > 0 && done <= total) {
    double share = (double)done / (double)total;
    long long left = (long long)(elapsed * (1 - share) / share + 0.5);
    snprintf(rest, sizeof rest, ", %.0f%%, %lld:%02lld:%02lld left", share * 100, left / 3600,
             left / 60 % 60, left % 60);
  }
  fprintf(stderr, "\r%s texts, %s texts/s, %s tokens/s%s\033[K", cli_grouped(a, texts),
          cli_grouped(b, (int64_t)((double)texts / elapsed)),
          cli_grouped(c, (int64_t)((double)tokens / elapsed)), rest);
  fflush(stderr);
  progress->drawn = true;
}

void cli_progress_bytes(cli_progress *progress, int64_t done, int64_t total, int64_t came) {
  if (!progress->enabled) return;
  double now = cli_now();
  if (now - progress->last < 0.2) return;
  progress->last = now;
  double rate = (double)came / (now - progress->start);
  char rest[48] = "";
  if (rate >= 1 && done < total) {
    long long left = (long long)((double)(total - done) / rate + 0.5);
    snprintf(rest, sizeof rest, ", %lld:%02lld:%02lld left", left / 3600, left / 60 % 60,
             left % 60);
  }
  fprintf(stderr, "\r%.1f of %.1f MB, %.1f MB/s%s\033[K", (double)done * 1e-6, (double)total * 1e-6,
          rate * 1e-6, rest);
  fflush(stderr);
  progress->drawn = true;
}

void cli_progress_share(cli_progress *progress, const char *what, int64_t done, int64_t total) {
  if (!progress->enabled) return;
  double now = cli_now();
  if (now - progress->last < 0.2) return;
  progress->last = now;
  fprintf(stderr, "\r%s, %.0f%%\033[K", what, 100 * (double)done / (double)total);
  fflush(stderr);
  progress->drawn = true;
}

void cli_progress_clear(cli_progress *progress) {
  if (!progress->drawn) return;
  fputs("\r\033[K", stderr);
  fflush(stderr);
  progress->drawn = false;
}
