#include "help.h"

#include <stdio.h>
#include <string.h>

#include "output.h"

enum { HELP_COLUMN = 25, HELP_WIDTH = 90 };

/* `text`, broken between words so that it stays right of `column`; one word too long stands
 * out. The first line begins at the column already. */
static void print_wrapped(cli_output *out, const char *text, size_t column) {
  size_t at = column;
  while (*text != '\0') {
    size_t word = strcspn(text, " ");
    if (at > column && at + 1 + word > HELP_WIDTH) {
      cli_output_format(out, "\n%*s", (int)column, "");
      at = column;
    } else if (at > column) {
      cli_output_text(out, " ");
      at++;
    }
    cli_output_write(out, text, word);
    at += word;
    text += word + (text[word] == ' ');
  }
  cli_output_text(out, "\n");
}

static void print_option(cli_output *out, const cli_option *option) {
  char left[64];
  char letter[8] = "    ";
  if (option->letter != 0) snprintf(letter, sizeof letter, "-%c, ", option->letter);
  int length =
      snprintf(left, sizeof left, "  %s--%s%s%s", letter, option->name,
               option->value != NULL ? " " : "", option->value != NULL ? option->value : "");
  cli_output_text(out, left);
  if (length > HELP_COLUMN - 2) { /* the explanation goes below */
    cli_output_text(out, "\n");
    length = 0;
  }
  cli_output_format(out, "%*s", HELP_COLUMN - length, "");
  print_wrapped(out, option->help, HELP_COLUMN);
}

/* Lines of `text`, each indented. */
static void print_indented(cli_output *out, const char *text) {
  while (*text != '\0') {
    size_t length = strcspn(text, "\n");
    cli_output_text(out, "  ");
    cli_output_write(out, text, length);
    cli_output_text(out, "\n");
    text += length + (text[length] == '\n');
  }
}

cli_status cli_help_command(const cli_command *command, cli_error *err) {
  cli_output *out;
  cli_status status = cli_output_open(NULL, &out, err);
  if (status != CLI_OK) return status;
  cli_output_format(out, "lode %s: %s\n\nUsage\n", command->name, command->summary);
  print_indented(out, command->usage);
  cli_output_text(out, "\n");
  cli_output_text(out, command->about);
  cli_output_text(out, "\nOptions\n");
  for (const cli_option *o = cli_option_list; o->name != NULL; o++) {
    if ((o->commands & command->bit) != 0) print_option(out, o);
  }
  cli_output_text(out, "\nExamples\n");
  print_indented(out, command->examples);
  return cli_output_close(out, err);
}

cli_status cli_help_program(const cli_command *const *commands, size_t count, cli_error *err) {
  cli_output *out;
  cli_status status = cli_output_open(NULL, &out, err);
  if (status != CLI_OK) return status;
  cli_output_text(out,
                  "lode: text embeddings and search by meaning on this machine\n"
                  "\n"
                  "Usage\n"
                  "  lode COMMAND [OPTION...] [TEXT...]\n"
                  "  lode help COMMAND\n"
                  "  lode --version\n"
                  "\n"
                  "Commands\n");
  for (size_t i = 0; i < count; i++) {
    cli_output_format(out, "  %-12s%s\n", commands[i]->name, commands[i]->summary);
  }
  cli_output_text(out,
                  "\n"
                  "Examples\n"
                  "  lode embed \"The cat sat on the mat.\"\n"
                  "  lode embed --input notes.txt --output notes.npy\n"
                  "  lode index docs/ -o docs.lode\n"
                  "  lode search docs.lode \"how to get my money back\"\n"
                  "  lode similarity \"A man is eating.\" \"Somebody has lunch.\"\n"
                  "  lode similarity --query \"how to get my money back\" --input faq.txt\n"
                  "  lode tokenize \"unaffordable housing\"\n"
                  "  lode pull sentence-transformers/all-MiniLM-L6-v2\n"
                  "\n"
                  "Environment\n"
                  "  LODE_MODEL   the model, where --model is not given\n"
                  "  LODE_ISA     cap on the instruction set, where --isa is not given\n"
                  "  HF_ENDPOINT, HF_TOKEN, HF_HUB_CACHE, HF_HUB_OFFLINE and others: for models\n"
                  "               OWNER/NAME, as huggingface_hub has them\n"
                  "\n"
                  "Exit status\n"
                  "  0  success\n"
                  "  1  reading, writing or memory failed\n"
                  "  2  the command line is wrong\n"
                  "  3  the model is missing, malformed or not supported\n"
                  "  4  a text is malformed, or too long under --long error\n"
                  "  Interrupted, lode ends by the signal (130, 143 or 141 in a shell).\n");
  return cli_output_close(out, err);
}
