/* lode index: files and folders into a collection. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collection.h"
#include "command.h"
#include "index_work.h"
#include "interrupt.h"
#include "output.h"
#include "progress.h"

/* ------------------------------------------------------------------ what was done */

static void print_json(const cli_collection *c, const char *path, const lode_index_report *r,
                       double seconds, cli_output *out) {
  const struct {
    const char *key;
    int64_t value;
  } numbers[] = {
      {"documents", c->info.documents},
      {"chunks", c->info.chunks},
      {"bytes", c->info.file_bytes},
      {"added", r->added},
      {"updated", r->updated},
      {"unchanged", r->unchanged},
      {"removed", r->removed},
      {"skipped", r->skipped},
      {"new_chunks", r->chunks},
      {"embedded", r->embedded},
      {"tokens", r->tokens},
  };
  cli_output_text(out, "{\"collection\":");
  cli_output_json_string(out, path, strlen(path));
  cli_output_text(out, ",\"model\":");
  if (c->info.model != NULL) {
    cli_output_json_string(out, c->info.model, strlen(c->info.model));
  } else {
    cli_output_text(out, "null");
  }
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    cli_output_format(out, ",\"%s\":%lld", numbers[i].key, (long long)numbers[i].value);
  }
  cli_output_format(out, ",\"interrupted\":%s,\"seconds\":%.6f}\n",
                    cli_interrupt_noted() ? "true" : "false", seconds);
}

static void print_lines(const cli_collection *c, const char *path, const lode_index_report *r,
                        double seconds, cli_output *out) {
  char a[32], b[32], d[32];
  cli_output_plain(out, path, strlen(path));
  cli_output_format(out, ": %s documents in %s passages, %.1f MB\n",
                    cli_grouped(a, c->info.documents), cli_grouped(b, c->info.chunks),
                    (double)c->info.file_bytes * 1e-6);
  cli_output_format(out, "%s added, ", cli_grouped(a, r->added));
  cli_output_format(out, "%s updated, %s removed, %s as before", cli_grouped(a, r->updated),
                    cli_grouped(b, r->removed), cli_grouped(d, r->unchanged));
  if (r->skipped > 0) cli_output_format(out, ", %s left out", cli_grouped(a, r->skipped));
  cli_output_format(out, "; %s passages embedded in %.1f s\n", cli_grouped(a, r->embedded),
                    seconds);
  if (cli_interrupt_noted()) {
    cli_output_text(out, "Interrupted: the same command goes on from here.\n");
  }
}

static cli_status report(const cli_options *options, cli_collection *c, const char *path,
                         const lode_index_report *r, double seconds, cli_error *err) {
  lode_error cause;
  if (lode_index_get_info(c->index, &c->info, &cause) != LODE_OK) return cli_fail_lode(err, &cause);
  if (options->quiet && !options->json) return CLI_OK;
  cli_output *out;
  cli_status status = cli_output_open(NULL, &out, err);
  if (status != CLI_OK) return status;
  if (options->json) {
    print_json(c, path, r, seconds, out);
  } else {
    print_lines(c, path, r, seconds, out);
  }
  return cli_output_close(out, err);
}

/* ------------------------------------------------------------------ the kinds of work */

static lode_status remove_documents(const cli_options *options, cli_collection *c,
                                    lode_index_report *r, lode_error *cause) {
  lode_text *ids = calloc(options->arg_count, sizeof *ids);
  if (ids == NULL) {
    *cause = (lode_error){.code = LODE_E_NOMEM, .text = "out of memory"};
    return LODE_E_NOMEM;
  }
  for (size_t i = 0; i < options->arg_count; i++) {
    ids[i] = (lode_text){options->args[i], strlen(options->args[i])};
  }
  const lode_status status = lode_index_remove(c->index, ids, options->arg_count, r, cause);
  free(ids);
  return status;
}

static cli_status work(const cli_options *options, cli_collection *c, const char *path,
                       cli_error *err) {
  const double start = cli_now();
  cli_index_work w = {.options = options};
  lode_index_report r = {0};
  lode_error cause = {.code = LODE_OK};
  lode_status status;
  cli_progress_start(&w.progress, options->quiet);
  if (options->remove) {
    status = remove_documents(options, c, &r, &cause);
  } else if (options->compact && options->arg_count == 0) {
    status = LODE_OK;
  } else {
    status = cli_index_paths(&w, c->index, (const char *const *)options->args, options->arg_count,
                             &r, &cause);
  }
  if (status == LODE_OK && options->compact) status = lode_index_compact(c->index, &cause);
  cli_progress_clear(&w.progress);
  cli_index_work_remarks(&w);
  if (status != LODE_OK && !(status == LODE_E_CANCELLED && cli_interrupt_noted())) {
    return cli_fail_lode(err, &cause);
  }
  return report(options, c, path, &r, cli_now() - start, err);
}

static cli_status check(const cli_options *options, cli_error *err) {
  if (options->output == NULL) {
    return cli_fail(err, CLI_E_USAGE, "--output FILE is needed: the collection");
  }
  if (options->remove && options->arg_count == 0) {
    return cli_fail(err, CLI_E_USAGE, "--remove: give the names of documents");
  }
  return CLI_OK;
}

static cli_status run(const cli_options *options, cli_error *err) {
  cli_status status = check(options, err);
  if (status != CLI_OK) return status;
  const bool only_less = options->remove || (options->compact && options->arg_count == 0);
  const lode_index_access access =
      options->arg_count > 0 && !only_less ? LODE_INDEX_CREATE : LODE_INDEX_WRITE;
  cli_collection collection;
  status =
      cli_collection_open(options, options->output, access,
                          only_less ? CLI_NEED_NO_MODEL : CLI_NEED_IF_VECTORS, &collection, err);
  if (status != CLI_OK) return status;
  status = work(options, &collection, options->output, err);
  cli_collection_close(&collection);
  if (status == CLI_OK) cli_interrupt_end();
  return status;
}

const cli_command cli_command_index = {
    .name = "index",
    .bit = CLI_INDEX,
    .summary = "make files and folders searchable",
    .usage =
        "lode index [OPTION...] -o FILE PATH...\n"
        "lode index [OPTION...] -o FILE\n"
        "lode index --remove -o FILE DOCUMENT...\n",
    .about =
        "Reads Markdown, HTML, reStructuredText, plain text and source code from the files and\n"
        "below the folders, cuts them into passages, and keeps their words and vectors in FILE.\n"
        "Run again, it looks at what has changed: new and changed files are read, and of those\n"
        "only changed passages embedded; files that are gone are removed. Without paths it does\n"
        "so for those of earlier runs. Interrupted, it keeps what is done and goes on next time.\n"
        "\n"
        "Left out are hidden and binary files, and what .gitignore and .lodeignore name.\n"
        "--model none makes a collection of words alone.\n",
    .examples =
        "Documentation, then a question\n"
        "  lode index docs/ README.md -o docs.lode\n"
        "  lode search docs.lode \"how do I add a model\"\n"
        "After changes\n"
        "  lode index -o docs.lode\n"
        "With a larger model\n"
        "  lode index --model minilm.lode-model docs/ -o docs.lode\n"
        "Without a document, and the space given back\n"
        "  lode index --remove --compact -o docs.lode docs/old.md\n",
    .run = run,
};
