/* The tasks of lode eval. */
#ifndef LODE_CLI_EVAL_H
#define LODE_CLI_EVAL_H

#include "beir.h"
#include "error.h"
#include "options.h"

/* The correlation of cosines with people's scores, of an STS-B file. */
cli_status cli_eval_sts(const cli_options *options, const char *path, cli_error *err);
/* nDCG@10 of ranking all documents of a directory in BEIR's layout: by the cosine of their
 * beginnings, or with --mode as a collection does. */
cli_status cli_eval_beir(const cli_options *options, const char *path, cli_error *err);
cli_status cli_eval_beir_index(const cli_options *options, const cli_beir *beir, cli_error *err);

#endif
