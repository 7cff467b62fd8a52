/* The model hub as the environment describes it, with the variables that huggingface_hub reads:
 * HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH, HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE … (docs/cli.md). */
#ifndef LODE_CLI_HUB_H
#define LODE_CLI_HUB_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

typedef struct cli_hub {
  char *endpoint;        /* "https://huggingface.co": no slash at the end */
  char *cache;           /* folder of the cache: absolute, or relative to where we are */
  char *token;           /* NULL: none */
  bool offline;          /* no network */
  int64_t stall_seconds; /* a connection that is silent for so long is given up */
} cli_hub;

/* Read the environment. CLI_E_USAGE for a variable that makes no sense, CLI_E_RUN for a token
 * file that cannot be read; an absent one is no failure. Free it also after a failure. */
cli_status cli_hub_open(cli_hub *out, cli_error *err);
void cli_hub_close(cli_hub *hub);

/* `text` with a "~" in front and every $NAME and ${NAME} replaced, as Python's expanduser and
 * expandvars do: what is not set stays as it is. To be freed; NULL: out of memory. */
char *cli_hub_expand(const char *text);

#endif
