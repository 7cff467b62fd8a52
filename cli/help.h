/* What --help prints, made from the command and the table of options. */
#ifndef LODE_CLI_HELP_H
#define LODE_CLI_HELP_H

#include <stddef.h>

#include "command.h"

cli_status cli_help_program(const cli_command *const *commands, size_t count, cli_error *err);
cli_status cli_help_command(const cli_command *command, cli_error *err);

#endif
