/* What index and watch have in common: paths into a collection, with progress and remarks. */
#ifndef LODE_CLI_INDEX_WORK_H
#define LODE_CLI_INDEX_WORK_H

#include "error.h"
#include "options.h"
#include "progress.h"

typedef struct cli_index_work {
  const cli_options *options;
  cli_progress progress;
  int64_t left_out; /* files, for whatever reason */
} cli_index_work;

/* lode_index_add_paths by the command line's options. */
lode_status cli_index_paths(cli_index_work *work, lode_index *index, const char *const *paths,
                            size_t count, lode_index_report *report, lode_error *err);
/* On standard error: how many files were left out, unless each was named. */
void cli_index_work_remarks(const cli_index_work *work);

#endif
