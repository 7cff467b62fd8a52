/* What a visitor downloads, and when. */
#ifndef LODE_CLI_SITE_REPORT_H
#define LODE_CLI_SITE_REPORT_H

#include "site_read.h"

/* Means over sample questions, each asked by a visitor who has only the boot file. */
typedef struct cli_site_sample {
  int64_t questions;
  double rounds;
  double files;
  double bytes;
  double zipped; /* below 0: not known */
  double worst;  /* bytes of the dearest question, by gzip if that is known */
} cli_site_sample;

/* Questions are titles of the site's own pages, evenly chosen. */
cli_status cli_site_measure(const char *folder, char *const *titles, size_t count,
                            cli_site_sample *out, cli_error *err);

#endif
