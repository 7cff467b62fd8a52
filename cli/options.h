/* The command line's options: one table says what exists, which commands take it, how its
 * value is read and what --help prints about it. */
#ifndef LODE_CLI_OPTIONS_H
#define LODE_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* One bit a command, for the table's column "who takes it". */
typedef enum cli_command_bit {
  CLI_EMBED = 1 << 0,
  CLI_TOKENIZE = 1 << 1,
  CLI_SIMILARITY = 1 << 2,
  CLI_INFO = 1 << 3,
  CLI_EVAL = 1 << 4,
  CLI_CONVERT = 1 << 5,
  CLI_PULL = 1 << 6,
  CLI_BENCH = 1 << 7,
  CLI_INDEX = 1 << 8,
  CLI_SEARCH = 1 << 9,
  CLI_WATCH = 1 << 10,
  CLI_SITE = 1 << 11,
} cli_command_bit;

/* Values of --format, in the order in which the table lists them for each command. */
typedef enum cli_format {
  CLI_FORMAT_DEFAULT = 0,
  CLI_FORMAT_JSON, /* embed */
  CLI_FORMAT_JSONL,
  CLI_FORMAT_NPY,
  CLI_FORMAT_F32,
  CLI_FORMAT_TABLE, /* tokenize */
  CLI_FORMAT_OBJECTS,
  CLI_FORMAT_IDS,
} cli_format;

/* Values of an option that may be given more than once. */
enum { CLI_LIST_MAX = 32 };
typedef struct cli_list {
  const char *items[CLI_LIST_MAX];
  size_t count;
} cli_list;

/* What the command line said. Strings are borrowed from argv; numbers, choices and flags
 * are int64_t so that the table can fill them all in one way. NULL, 0: not given. */
typedef struct cli_options {
  const char *model;
  const char *revision;
  const char *dtype;
  const char *backend;
  const char *isa;
  int64_t threads;

  const char *input;
  const char *jsonl;
  const char *id;
  int64_t utf8;      /* lode_utf8_policy */
  int64_t long_text; /* lode_long_policy */

  const char *prompt;
  const char *prompt_text;
  const char *query_prompt;
  int64_t dims;
  int64_t normalize; /* lode_normalize */

  const char *output;
  int64_t format; /* cli_format */
  int64_t json;
  int64_t verify;

  const char *query;
  int64_t top; /* -1: not given; 0: all */
  int64_t line_numbers;

  const char *pair;
  int64_t max_tokens;
  int64_t no_truncation;
  int64_t no_special;

  int64_t tokens; /* of bench's texts; 0: not given */
  int64_t texts;  /* 0: not given */
  int64_t seconds;
  int64_t profile;

  const char *vectors; /* of a collection that is made */
  int64_t chunk_tokens;
  int64_t hidden;
  int64_t no_ignore;
  int64_t follow;
  int64_t max_bytes;
  int64_t remove;
  int64_t compact;
  int64_t verbose;

  const char *base; /* of a site */
  const char *collection;
  int64_t keyword_only;
  int64_t marked;
  int64_t report;
  int64_t watch;
  int64_t site; /* as lode_index_paths_options has it; not on the command line */

  int64_t mode;      /* lode_index_mode */
  int64_t eval_mode; /* the same + 1; 0: not given */
  int64_t offset;
  int64_t by_chunk;
  int64_t all;
  const char *like;
  cli_list path_list;
  cli_list filter_list;

  int64_t quiet;
  int64_t help;

  char **args; /* [arg_count] what is not an option, in order */
  size_t arg_count;
} cli_options;

typedef enum cli_option_kind {
  CLI_KIND_FLAG,   /* no value: the field becomes `base` */
  CLI_KIND_STRING, /* any value */
  CLI_KIND_LIST,   /* any value, up to CLI_LIST_MAX of them: the field is a cli_list */
  CLI_KIND_INT,    /* base <= value <= max */
  CLI_KIND_CHOICE, /* one of the words of `value`, parted by '|'; the field becomes `base` + index
                    */
} cli_option_kind;

typedef struct cli_option {
  const char *name;  /* without the dashes */
  char letter;       /* 0: none */
  const char *value; /* what --help calls the value; a choice's words; NULL: a flag */
  const char *help;
  cli_option_kind kind;
  unsigned commands; /* cli_command_bit of all that take it */
  size_t field;      /* offset in cli_options */
  int64_t base;
  int64_t max;
} cli_option;

/* The table, in the order of --help; ends with a NULL name. */
extern const cli_option cli_option_list[];

/* Read argv[0..argc) (the command's name left out) for the command `bit`. Operands are
 * gathered at the front of argv, which is why it is not const; "--" ends the options.
 * CLI_E_USAGE for an unknown option (naming the nearest), a missing, needless or bad value. */
cli_status cli_options_read(unsigned bit, int argc, char **argv, cli_options *out, cli_error *err);

/* A whole decimal number between `min` and `max`; no blanks, no '+', nothing behind it. */
bool cli_int_read(const char *text, int64_t min, int64_t max, int64_t *out);

/* The index of the word nearest to `word` by edit distance, or -1 when none is near enough
 * to be a likely slip of the fingers. */
int cli_nearest(const char *word, const char *const *words, size_t count);

#endif
