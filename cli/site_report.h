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

/* Files together: as they are, and each by gzip (-1: not known). */
typedef struct cli_site_size {
  int64_t bytes;
  int64_t zipped;
} cli_site_size;

/* What a visitor gets of the folder before the first question. */
typedef struct cli_site_visit {
  cli_site_size page;    /* scripts, with every page */
  cli_site_size open;    /* when the search is opened: scripts, readers, stemmers, boot file */
  cli_site_size boot;    /* of that, the boot file */
  cli_site_size meaning; /* the module that takes the model; without that */
} cli_site_visit;

/* Files that are not there count nothing. */
cli_status cli_site_weigh(const char *folder, cli_site_visit *out, cli_error *err);

/* Questions are titles of the site's own pages, evenly chosen. */
cli_status cli_site_measure(const char *folder, char *const *titles, size_t count,
                            cli_site_sample *out, cli_error *err);

#endif
