#include "index_work.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "interrupt.h"

static int on_progress(void *user, const lode_index_progress *p) {
  cli_index_work *work = user;
  const bool bytes = p->total_bytes > 0;
  cli_progress_update(&work->progress, p->chunks_embedded, p->tokens_embedded,
                      bytes ? p->bytes : p->documents, bytes ? p->total_bytes : p->total_documents);
  return cli_interrupt_noted() != 0;
}

static void on_skipped(void *user, const char *id, const char *reason) {
  cli_index_work *work = user;
  work->left_out++;
  if (!work->options->verbose) return;
  cli_progress_clear(&work->progress);
  /* A name may hold anything; standard error may be a terminal. */
  char line[4096];
  size_t n = 0;
  for (const char *s = id; *s != '\0' && n + 1 < sizeof line; s++) {
    line[n++] = (unsigned char)*s < 0x20 || *s == 0x7F ? '?' : *s;
  }
  fprintf(stderr, "%.*s: %s\n", (int)n, line, reason);
}

lode_status cli_index_paths(cli_index_work *work, lode_index *index, const char *const *paths,
                            size_t count, lode_index_report *report, lode_error *err) {
  lode_index_paths_options options = LODE_INDEX_PATHS_OPTIONS_INIT;
  options.hidden = (int32_t)work->options->hidden;
  options.no_ignore = (int32_t)work->options->no_ignore;
  options.follow = (int32_t)work->options->follow;
  options.max_bytes = work->options->max_bytes;
  options.site = (int32_t)work->options->site;
  const lode_index_watcher watcher = {.user = work, .progress = on_progress, .skipped = on_skipped};
  return lode_index_add_paths(index, paths, count, &options, &watcher, report, err);
}

void cli_index_work_remarks(const cli_index_work *work) {
  if (work->left_out == 0 || work->options->quiet || work->options->verbose) return;
  if (isatty(STDERR_FILENO) != 1) return;
  fprintf(stderr, "%lld files were left out; --verbose says which, and why\n",
          (long long)work->left_out);
}
