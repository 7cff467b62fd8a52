/* A command of the program: what --help says about it, and what runs. */
#ifndef LODE_CLI_COMMAND_H
#define LODE_CLI_COMMAND_H

#include "error.h"
#include "options.h"

typedef struct cli_command {
  const char *name;
  unsigned bit;         /* cli_command_bit: which options it takes */
  const char *summary;  /* one line, for the list of commands */
  const char *usage;    /* lines "lode embed [OPTION…] TEXT…" */
  const char *about;    /* what it does, several lines */
  const char *examples; /* pairs of lines: a remark, a command */
  /* `options` is as on the command line; operands are options->args. */
  cli_status (*run)(const cli_options *options, cli_error *err);
} cli_command;

extern const cli_command cli_command_embed;
extern const cli_command cli_command_tokenize;
extern const cli_command cli_command_similarity;
extern const cli_command cli_command_info;
extern const cli_command cli_command_eval;
extern const cli_command cli_command_convert;
extern const cli_command cli_command_pull;
extern const cli_command cli_command_bench;
extern const cli_command cli_command_index;
extern const cli_command cli_command_search;
extern const cli_command cli_command_watch;
extern const cli_command cli_command_site;

#endif
