/* The `lode` program: finds the command, reads its options, prints its failure. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "help.h"
#include "interrupt.h"
#include "output.h"

static const cli_command *const commands[] = {
    &cli_command_embed, &cli_command_tokenize, &cli_command_similarity, &cli_command_info,
    &cli_command_index, &cli_command_search,   &cli_command_watch,      &cli_command_site,
    &cli_command_eval,  &cli_command_convert,  &cli_command_pull,       &cli_command_bench,
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

/* A program started with a standard stream closed would get its number for the first file
 * it opens, and print into that. Take the numbers, in the direction that makes use fail. */
static void hold_standard_streams(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
    if (fcntl(fd, F_GETFD) < 0) {
      int taken = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
      (void)taken; /* is fd, the lowest that is free; if not, nothing is worse than before */
    }
  }
}

static const cli_command *find_command(const char *name) {
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    if (strcmp(commands[i]->name, name) == 0) return commands[i];
  }
  return NULL;
}

static cli_status unknown_command(const char *name, cli_error *err) {
  const char *names[COMMAND_COUNT + 1];
  for (size_t i = 0; i < COMMAND_COUNT; i++) names[i] = commands[i]->name;
  names[COMMAND_COUNT] = "help";
  int nearest = cli_nearest(name, names, COMMAND_COUNT + 1);
  if (nearest < 0) return cli_fail(err, CLI_E_USAGE, "unknown command \"%s\"", name);
  return cli_fail(err, CLI_E_USAGE, "unknown command \"%s\"; did you mean %s?", name,
                  names[nearest]);
}

static cli_status print_version(cli_error *err) {
  cli_output *out;
  cli_status status = cli_output_open(NULL, &out, err);
  if (status != CLI_OK) return status;
  cli_output_format(out, "lode %s\n", lode_version());
  return cli_output_close(out, err);
}

static cli_status run_help(int argc, char **argv, cli_error *err) {
  if (argc == 0) return cli_help_program(commands, COMMAND_COUNT, err);
  const cli_command *command = find_command(argv[0]);
  if (command == NULL) return unknown_command(argv[0], err);
  return cli_help_command(command, err);
}

/* argv[0] is the command; *name becomes what stands before a failure's message. */
static cli_status run_command(int argc, char **argv, const char **name, cli_error *err) {
  const char *word = argv[0];
  if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) return print_version(err);
  if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) return run_help(0, NULL, err);
  if (strcmp(word, "help") == 0) return run_help(argc - 1, argv + 1, err);
  if (word[0] == '-') {
    return cli_fail(err, CLI_E_USAGE, "the command comes first, then its options: \"%s\"", word);
  }
  const cli_command *command = find_command(word);
  if (command == NULL) return unknown_command(word, err);
  *name = command->name;
  cli_options options;
  cli_status status = cli_options_read(command->bit, argc - 1, argv + 1, &options, err);
  if (status != CLI_OK) return status;
  if (options.help) return cli_help_command(command, err);
  return command->run(&options, err);
}

int main(int argc, char **argv) {
  hold_standard_streams();
  cli_interrupt_setup();
  if (argc < 2) {
    fputs("usage: lode COMMAND [OPTION...] [TEXT...]\nTry \"lode help\".\n", stderr);
    return CLI_E_USAGE;
  }
  cli_error err = {CLI_OK, ""};
  const char *name = NULL;
  cli_status status = run_command(argc - 1, argv + 1, &name, &err);
  if (status == CLI_OK) return CLI_OK;
  fprintf(stderr, "lode: %s%s%s\n", name != NULL ? name : "", name != NULL ? ": " : "", err.text);
  if (status == CLI_E_USAGE) {
    fprintf(stderr, "Try \"lode help%s%s\".\n", name != NULL ? " " : "", name != NULL ? name : "");
  }
  return (int)status;
}
