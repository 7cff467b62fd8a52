/* What every command that embeds needs: the model, a context, the options of a call, and a
 * count of what happened. */
#ifndef LODE_CLI_SESSION_H
#define LODE_CLI_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "input.h"
#include "options.h"

/* Where the model is: --model, else $LODE_MODEL, else the one inside the program (CLI_BUILTIN), or
 * in a program without one the cached all-MiniLM-L6-v2 if it is there. OWNER/NAME that is no path
 * here is looked for in the hub's cache, and pulled if need be. *out is the caller's, to be freed.
 * CLI_E_MODEL says how to get one. */
cli_status cli_model_path(const cli_options *options, char **out, cli_error *err);
/* What results call the model: NAME in a hub's cache, the file's name of the one inside the
 * program, else the last part of the path. Points into `path` or to static storage, and ends at the
 * next slash. */
const char *cli_model_name(const char *path);
cli_status cli_model_open_as(const lode_model_options *wanted, const char *path, lode_model **out,
                             cli_error *err);
/* As the command line says. */
cli_status cli_model_open(const cli_options *options, const char *path, lode_model **out,
                          cli_error *err);
/* Does the model have a prompt of that name? */
bool cli_model_has_prompt(const lode_model *model, const char *name);

typedef struct cli_session {
  char *path;
  lode_model *model;
  lode_context *ctx;
  lode_model_info info;
  lode_embed_options embed;
  lode_text prompt_text; /* what embed.prompt points to */
  int64_t dim;           /* floats in a row: the model's, or --dims */
  double open_seconds;

  int64_t texts;  /* embedded so far */
  int64_t tokens; /* in them */
  int64_t cut;    /* of them cut by truncation */
  lode_text_report reports[CLI_BATCH_TEXTS];
} cli_session;

/* All of it by the command line, which is checked against the model. The session must not
 * move. */
cli_status cli_session_open(const cli_options *options, cli_session *out, cli_error *err);
void cli_session_close(cli_session *session);

/* Models that were trained with two prompts name them as sentence-transformers does:
 * encode_query takes "query", encode_document the first of "document", "passage" and "corpus".
 * These set the session's prompt to either, unless the command line says otherwise. */
void cli_session_prompt_queries(cli_session *session, const cli_options *options);
void cli_session_prompt_documents(cli_session *session, const cli_options *options);

/* Embed up to CLI_BATCH_TEXTS texts into rows [n, dim]. `err` has the library's words, and
 * *item (optional) the text at fault, -1 for none. */
cli_status cli_session_embed(cli_session *session, const lode_text *texts, size_t n, float *rows,
                             int64_t *item, cli_error *err);
/* Embed a batch of `input`: a failure names the line. */
cli_status cli_session_embed_batch(cli_session *session, const cli_input *input,
                                   const cli_batch *batch, float *rows, cli_error *err);

/* A remark on standard error if texts were cut; not with --quiet. */
void cli_session_report_cut(const cli_session *session, const char *command, bool quiet);

#endif
