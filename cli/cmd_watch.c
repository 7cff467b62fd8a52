/* lode watch: a collection that follows its files. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collection.h"
#include "command.h"
#include "index_work.h"
#include "interrupt.h"
#include "output.h"
#include "progress.h"

static bool is_change(const lode_index_report *r) {
  return r->added + r->updated + r->removed > 0;
}

/* One line: for people, or an object. */
static cli_status print(const cli_options *options, const lode_index_report *r, double seconds,
                        cli_output *out, cli_error *err) {
  if (options->quiet && !options->json) return CLI_OK;
  cli_output_format(out,
                    options->json ? "{\"added\":%lld,\"updated\":%lld,\"removed\":%lld,"
                                    "\"embedded\":%lld,\"seconds\":%.3f}\n"
                                  : "%lld added, %lld updated, %lld removed, %lld passages "
                                    "embedded in %.2f s\n",
                    (long long)r->added, (long long)r->updated, (long long)r->removed,
                    (long long)r->embedded, seconds);
  return cli_output_flush(out, err);
}

static void pause_for(double seconds) {
  const struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  nanosleep(&time, NULL); /* a signal ends it early, which is what is wanted */
}

/* Looking at every file's time takes some time itself: at most a twentieth of all of it is spent
 * so. */
static cli_status watch(const cli_options *options, cli_collection *c, cli_output *out,
                        cli_error *err) {
  const char *const *paths = (const char *const *)options->args;
  size_t count = options->arg_count;
  for (bool first = true; cli_interrupt_noted() == 0; first = false) {
    const double start = cli_now();
    cli_index_work w = {.options = options};
    cli_progress_start(&w.progress, options->quiet);
    lode_index_report r = {0};
    lode_error cause;
    const lode_status status = cli_index_paths(&w, c->index, paths, count, &r, &cause);
    cli_progress_clear(&w.progress);
    if (status == LODE_E_CANCELLED) break;
    if (status != LODE_OK && status != LODE_E_BUSY) return cli_fail_lode(err, &cause);
    const double seconds = cli_now() - start;
    if (first || is_change(&r)) {
      const cli_status printed = print(options, &r, seconds, out, err);
      if (printed != CLI_OK) return printed;
    }
    count = 0; /* the paths are with the collection now */
    pause_for(seconds * 20 > 1 ? seconds * 20 : 1);
  }
  return CLI_OK;
}

static cli_status run(const cli_options *options, cli_error *err) {
  if (options->output == NULL) {
    return cli_fail(err, CLI_E_USAGE, "--output FILE is needed: the collection");
  }
  const lode_index_access access = options->arg_count > 0 ? LODE_INDEX_CREATE : LODE_INDEX_WRITE;
  cli_collection collection;
  cli_status status =
      cli_collection_open(options, options->output, access, CLI_NEED_IF_VECTORS, &collection, err);
  if (status != CLI_OK) return status;
  cli_output *out;
  status = cli_output_open(NULL, &out, err);
  if (status == CLI_OK) {
    status = watch(options, &collection, out, err);
    if (status == CLI_OK) {
      status = cli_output_close(out, err);
    } else {
      cli_output_discard(out);
    }
  }
  cli_collection_close(&collection);
  if (status == CLI_OK) cli_interrupt_end();
  return status;
}

const cli_command cli_command_watch = {
    .name = "watch",
    .bit = CLI_WATCH,
    .summary = "index again whenever files change",
    .usage = "lode watch [OPTION...] -o FILE [PATH...]\n",
    .about =
        "Does what lode index does, looks for changes about once a second, and prints a line\n"
        "whenever there were some, until it is interrupted. Searches in FILE go on meanwhile.\n",
    .examples =
        "While writing\n"
        "  lode watch docs/ -o docs.lode\n",
    .run = run,
};
