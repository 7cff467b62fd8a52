/* lode eval: a model's quality on a benchmark. */
#include <string.h>

#include "command.h"
#include "eval.h"

static const struct {
  const char *name;
  cli_status (*run)(const cli_options *options, const char *path, cli_error *err);
} tasks[] = {{"sts", cli_eval_sts}, {"beir", cli_eval_beir}};

static cli_status run(const cli_options *options, cli_error *err) {
  for (size_t i = 0; i < sizeof tasks / sizeof tasks[0] && options->arg_count > 0; i++) {
    if (strcmp(options->args[0], tasks[i].name) != 0) continue;
    if (options->arg_count == 2) return tasks[i].run(options, options->args[1], err);
    return cli_fail(err, CLI_E_USAGE, "usage: lode eval sts FILE, or lode eval beir DIR");
  }
  if (options->arg_count == 0) {
    return cli_fail(err, CLI_E_USAGE, "usage: lode eval sts FILE, or lode eval beir DIR");
  }
  return cli_fail(err, CLI_E_USAGE, "there is no task \"%s\"; lode eval has: sts, beir",
                  options->args[0]);
}

const cli_command cli_command_eval = {
    .name = "eval",
    .bit = CLI_EVAL,
    .summary = "measure a model's quality on a benchmark",
    .usage =
        "lode eval sts [OPTION...] FILE\n"
        "lode eval beir [OPTION...] DIR\n",
    .about =
        "sts embeds the sentence pairs of an STS-B file (tabs between the columns, no quoting;\n"
        "score in column 5, sentences in 6 and 7) and prints 100 times Spearman's and\n"
        "Pearson's correlation of the cosines with the scores.\n"
        "\n"
        "beir ranks all documents of DIR/corpus.jsonl by their cosine with each query of\n"
        "DIR/queries.jsonl and prints 100 times the mean nDCG@10 by the judgements in\n"
        "DIR/qrels/test.tsv (the layout of BEIR). Prompts are chosen as in lode similarity.\n"
        "With --mode the documents are put into a collection in memory, and asked for as by\n"
        "lode search.\n",
    .examples =
        "STS-B's test set\n"
        "  lode eval sts sts-test.csv\n"
        "What int8 costs in search\n"
        "  lode eval beir --dtype int8 ./scifact\n"
        "What words add to it\n"
        "  lode eval beir --mode hybrid ./scifact\n",
    .run = run,
};
