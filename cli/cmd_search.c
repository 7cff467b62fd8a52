/* lode search: questions to a collection. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collection.h"
#include "command.h"
#include "output.h"
#include "progress.h"
#include "search_live.h"
#include "search_print.h"
#include "site_read.h"

enum { NEAREST = 3 }; /* results where none is relevant */

static const char *const mode_names[] = {"hybrid", "keyword", "semantic"};

cli_status cli_search_options(const cli_options *options, lode_index_search_options *out,
                              cli_error *err) {
  *out = (lode_index_search_options)LODE_INDEX_SEARCH_OPTIONS_INIT;
  out->mode = (lode_index_mode)options->mode;
  out->limit = options->top > 0 ? options->top : 0;
  out->offset = options->offset;
  out->by_chunk = (int32_t)options->by_chunk;
  out->all = (int32_t)options->all;
  out->paths = options->path_list.items;
  out->path_count = options->path_list.count;
  out->filters = options->filter_list.items;
  out->filter_count = options->filter_list.count;
  if (options->top == 0) return cli_fail(err, CLI_E_USAGE, "--top: at least 1");
  return CLI_OK;
}

static cli_status print(const cli_options *options, const cli_found *found, cli_error *err) {
  cli_output *out;
  cli_status status = cli_output_open(NULL, &out, err);
  if (status != CLI_OK) return status;
  if (options->json) {
    cli_search_print_json(out, found);
  } else {
    cli_search_print_text(out, found, cli_terminal_has_color(STDOUT_FILENO),
                          cli_terminal_width(STDOUT_FILENO));
  }
  return cli_output_close(out, err);
}

/* Where to look: one of the two. */
typedef struct place {
  const cli_collection *collection;
  cli_site *site;
} place;

/* The answer to what the command line asks. */
static cli_status find(const cli_options *options, const place *where,
                       const lode_index_search_options *wanted, lode_results **out,
                       cli_error *err) {
  if (where->site) return cli_site_search(where->site, options->args[1], wanted, out, err);
  const char *query = options->like != NULL ? options->like : options->args[1];
  const lode_text text = {query, strlen(query)};
  lode_index *index = where->collection->index;
  lode_error cause;
  const lode_status found = options->like != NULL
                                ? lode_index_similar(index, text, wanted, out, &cause)
                                : lode_index_search(index, text, wanted, out, &cause);
  return found == LODE_OK ? CLI_OK : cli_fail_lode(err, &cause);
}

/* A person who is told that there is nothing may still want to see what comes nearest. */
static cli_status find_nearest(const cli_options *options, const place *where,
                               lode_index_search_options *wanted, lode_results **out,
                               cli_error *err) {
  lode_results *nearest;
  wanted->all = 1;
  if (wanted->limit == 0 || wanted->limit > NEAREST) wanted->limit = NEAREST;
  const cli_status status = find(options, where, wanted, &nearest, err);
  if (status != CLI_OK) return status;
  lode_results_free(*out);
  *out = nearest;
  return CLI_OK;
}

static cli_status search(const cli_options *options, const place *where, cli_error *err) {
  lode_index_search_options wanted;
  cli_status status = cli_search_options(options, &wanted, err);
  if (status != CLI_OK) return status;
  const double start = cli_now();
  lode_results *results = NULL;
  status = find(options, where, &wanted, &results, err);
  if (status == CLI_OK && !results->relevant && !options->json && !options->all) {
    status = find_nearest(options, where, &wanted, &results, err);
  }
  if (status == CLI_OK) {
    status = print(options,
                   &(cli_found){.query = options->like != NULL ? options->like : options->args[1],
                                .mode = options->like != NULL ? "like" : mode_names[results->mode],
                                .results = results,
                                .offset = options->offset,
                                .seconds = cli_now() - start},
                   err);
  }
  lode_results_free(results);
  return status;
}

static cli_status check(const cli_options *options, cli_error *err) {
  if (options->arg_count == 0) {
    return cli_fail(err, CLI_E_USAGE, "give a collection and a question: lode search FILE QUERY");
  }
  if (options->arg_count > 2 || (options->arg_count == 2 && options->like != NULL)) {
    return cli_fail(err, CLI_E_USAGE,
                    "needless argument \"%s\"; put a question of several words in quotes",
                    options->args[options->like != NULL ? 1 : 2]);
  }
  if (options->arg_count == 1 && options->like == NULL &&
      (options->json || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))) {
    return cli_fail(err, CLI_E_USAGE, "no question; without one, a terminal is needed");
  }
  return CLI_OK;
}

/* A folder of lode site. */
static cli_status search_site(const cli_options *options, cli_error *err) {
  if (options->arg_count != 2 || options->like != NULL) {
    return cli_fail(err, CLI_E_USAGE, "%s: an index of lode site is asked one question at a time",
                    options->args[0]);
  }
  cli_site site;
  cli_status status = cli_site_open(options->args[0], &site, err);
  if (status == CLI_OK && options->mode != LODE_INDEX_KEYWORD) {
    status = cli_site_open_model(options, &site, err);
  }
  if (status == CLI_OK) status = search(options, &(place){.site = &site}, err);
  cli_site_close(&site);
  return status;
}

static cli_need need_of(const cli_options *options) {
  if (options->mode == LODE_INDEX_KEYWORD || options->like != NULL) return CLI_NEED_NO_MODEL;
  return options->mode == LODE_INDEX_SEMANTIC ? CLI_NEED_IF_VECTORS : CLI_NEED_IF_THERE;
}

static cli_status run(const cli_options *options, cli_error *err) {
  cli_status status = check(options, err);
  if (status != CLI_OK) return status;
  if (cli_site_is(options->args[0])) return search_site(options, err);
  cli_collection collection;
  status = cli_collection_open(options, options->args[0], LODE_INDEX_READ, need_of(options),
                               &collection, err);
  if (status != CLI_OK) return status;
  if (collection.without.status != CLI_OK && !options->quiet) {
    fprintf(stderr, "lode: search: by words alone: %s\n", collection.without.text);
  }
  if (options->arg_count == 2 || options->like != NULL) {
    status = search(options, &(place){.collection = &collection}, err);
  } else {
    status = cli_search_live(options, &collection, err);
  }
  cli_collection_close(&collection);
  return status;
}

const cli_command cli_command_search = {
    .name = "search",
    .bit = CLI_SEARCH,
    .summary = "find passages by meaning and by words",
    .usage =
        "lode search [OPTION...] FILE QUERY\n"
        "lode search [OPTION...] FILE\n"
        "lode search [OPTION...] FILE --like DOCUMENT\n",
    .about =
        "Ranks what lode index has put into FILE, or lode site into the folder FILE. Any text\n"
        "is a query: \"quoted phrases\" have to be there as they are, -words must not be there,\n"
        "and slips of typing are mended. Without a query, results appear while you type one.\n"
        "\n"
        "The model is the one that the collection was made with, found by the name that it was\n"
        "given by then; --model tells of another place. Where nothing seems to be about the query\n"
        "it says so, prints what is nearest, and with --json nothing at all but with --all.\n",
    .examples =
        "A question\n"
        "  lode search docs.lode \"how do I add a model\"\n"
        "Only below guide/, five results, for a program\n"
        "  lode search docs.lode \"install\" --path \"guide/**\" -k 5 --json\n"
        "What is like a page\n"
        "  lode search docs.lode --like docs/install.md\n",
    .run = run,
};
