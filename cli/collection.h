/* A collection and the model that belongs to it. */
#ifndef LODE_CLI_COLLECTION_H
#define LODE_CLI_COLLECTION_H

#include <stdbool.h>

#include "error.h"
#include "options.h"

typedef struct cli_collection {
  lode_index *index;
  lode_model *model; /* NULL: none is needed, or none was found and `without` says why */
  char *model_path;
  lode_index_info info;
  cli_error without;
} cli_collection;

typedef enum cli_need {
  CLI_NEED_NO_MODEL,   /* words alone */
  CLI_NEED_IF_VECTORS, /* the collection's own, if it has vectors */
  CLI_NEED_IF_THERE,   /* the same, but without it words will do */
} cli_need;

/* The model is --model; else the one that the collection was made with, by the name that was given
 * then; else the default one. `--model none`: a collection that is made has no vectors. The
 * collection must not move. Once the model is there, an opening for writing puts interrupts off
 * (interrupt.h), so that none ends the process while the file is made. */
cli_status cli_collection_open(const cli_options *options, const char *path,
                               lode_index_access access, cli_need need, cli_collection *out,
                               cli_error *err);
void cli_collection_close(cli_collection *collection);

#endif
