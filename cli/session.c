#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "builtin.h"
#include "hub_name.h"
#include "hub_pull.h"
#include "progress.h"

#define CACHED_MODEL "lode/models/all-MiniLM-L6-v2"

/* The text of a printf, in memory of its own. */
static char *format_path(const char *format, const char *folder) {
  int length = snprintf(NULL, 0, format, folder);
  if (length < 0) return NULL;
  char *path = malloc((size_t)length + 1);
  if (path != NULL) snprintf(path, (size_t)length + 1, format, folder);
  return path;
}

/* OWNER/NAME, of which nothing is here under that name. */
static cli_status path_of_name(const cli_options *options, const char *name, char **out,
                               cli_error *err) {
  cli_error cause;
  cli_status status = cli_hub_model(name, options->revision, options->quiet != 0, out, &cause);
  if (status == CLI_E_MODEL) {
    return cli_fail(err, status, "there is no folder \"%s\" here, and %s", name, cause.text);
  }
  if (status != CLI_OK) *err = cause;
  return status;
}

static bool is_builtin(const char *path) {
  return path != NULL && strcmp(path, CLI_BUILTIN) == 0;
}

/* Without a name, and no model inside the program. */
static cli_status path_in_cache(char **out, cli_error *err) {
  const char *cache = getenv("XDG_CACHE_HOME");
  const char *home = getenv("HOME");
  char *path = NULL;
  struct stat st;
  if (cache != NULL && *cache == '/') { /* a relative one is to be ignored, says XDG */
    path = format_path("%s/" CACHED_MODEL, cache);
  } else if (home != NULL && *home != '\0') {
    path = format_path("%s/.cache/" CACHED_MODEL, home);
  } else {
    return cli_fail(err, CLI_E_MODEL, "no model: give --model DIR or set LODE_MODEL");
  }
  if (path == NULL) return cli_fail_memory(err);
  if (stat(path, &st) != 0) {
    cli_fail(err, CLI_E_MODEL,
             "no model: this program was built without one inside. Give --model DIR, set "
             "LODE_MODEL, or run tools/get_model.sh of lode's source, which puts all-MiniLM-L6-v2 "
             "into %s; \"lode help pull\" tells of others",
             path);
    free(path);
    return CLI_E_MODEL;
  }
  *out = path;
  return CLI_OK;
}

cli_status cli_model_path(const cli_options *options, char **out, cli_error *err) {
  const char *given = options->model != NULL ? options->model : getenv("LODE_MODEL");
  struct stat st;
  if (options->model != NULL && *options->model == '\0') {
    return cli_fail(err, CLI_E_USAGE, "--model: the name is empty");
  }
  if (given == NULL || *given == '\0') {
    if (cli_builtin_model() == NULL) return path_in_cache(out, err);
    given = CLI_BUILTIN;
  }
  if (is_builtin(given) && cli_builtin_model() == NULL) {
    return cli_fail(
        err, CLI_E_MODEL,
        "this program was built without a model inside: give --model DIR (\"./" CLI_BUILTIN
        "\" for a folder of that name)");
  }
  if (!is_builtin(given) && cli_hub_repo_ok(given) && stat(given, &st) != 0) {
    return path_of_name(options, given, out, err);
  }
  *out = strdup(given);
  return *out != NULL ? CLI_OK : cli_fail_memory(err);
}

/* A snapshot in a hub's cache, ".../models--OWNER--NAME/snapshots/COMMIT": NAME, or NULL. */
static const char *snapshot_name(const char *path) {
  const char *name = NULL;
  for (const char *c = strstr(path, "models--"); c != NULL; c = strstr(c + 1, "models--")) {
    if (c == path || c[-1] == '/') name = c;
  }
  if (name == NULL) return NULL;
  size_t size = strcspn(name, "/");
  if (strncmp(name + size, "/snapshots/", strlen("/snapshots/")) != 0) return NULL;
  for (const char *c = strstr(name, "--"); c != NULL && c < name + size; c = strstr(c + 1, "--")) {
    if (c + 2 < name + size) name = c + 2;
  }
  return name;
}

const char *cli_model_name(const char *path) {
  if (is_builtin(path) && cli_builtin_model() != NULL) return cli_builtin_model()->name;
  /* "models/x/" is called "x/": the slash is cut where the name is printed. */
  const char *name = snapshot_name(path);
  if (name != NULL) return name;
  name = path;
  for (const char *c = path; *c != '\0'; c++) {
    if (*c == '/' && c[1] != '\0' && c[1] != '/') name = c + 1;
  }
  return name;
}

cli_status cli_model_open_as(const lode_model_options *wanted, const char *path, lode_model **out,
                             cli_error *err) {
  lode_error cause;
  const lode_status status =
      is_builtin(path) ? lode_model_open_memory(cli_builtin_model(), 1, wanted, out, &cause)
                       : lode_model_open(path, wanted, out, &cause);
  if (status == LODE_OK) return CLI_OK;
  if (!is_builtin(path)) return cli_fail_lode(err, &cause);
  cli_error inner; /* a model in memory has no path for the library to name */
  const cli_status failed = cli_fail_lode(&inner, &cause);
  return cli_fail(err, failed, CLI_BUILTIN ": %s", inner.text);
}

cli_status cli_model_open(const cli_options *options, const char *path, lode_model **out,
                          cli_error *err) {
  lode_model_options wanted = LODE_MODEL_OPTIONS_INIT;
  wanted.dtype = options->dtype;
  wanted.isa = options->isa;
  wanted.backend = options->backend;
  return cli_model_open_as(&wanted, path, out, err);
}

bool cli_model_has_prompt(const lode_model *model, const char *name) {
  const char *found;
  lode_text text;
  for (int64_t i = 0; lode_model_prompt(model, i, &found, &text) == LODE_OK; i++) {
    if (strcmp(found, name) == 0) return true;
  }
  return false;
}

static cli_status unknown_prompt(const lode_model *model, const char *name, cli_error *err) {
  const char *known;
  lode_text text;
  char list[256] = "";
  size_t used = 0;
  for (int64_t i = 0; lode_model_prompt(model, i, &known, &text) == LODE_OK; i++) {
    int n = snprintf(list + used, sizeof list - used, "%s\"%s\"", i > 0 ? ", " : "", known);
    if (n < 0 || (size_t)n >= sizeof list - used) break;
    used += (size_t)n;
  }
  if (used == 0) return cli_fail(err, CLI_E_USAGE, "this model has no prompts");
  return cli_fail(err, CLI_E_USAGE, "the model has no prompt \"%s\"; it has %s", name, list);
}

static cli_status set_embed_options(const cli_options *options, cli_session *s, cli_error *err) {
  s->embed = (lode_embed_options)LODE_EMBED_OPTIONS_INIT;
  s->embed.normalize = (lode_normalize)options->normalize;
  s->embed.long_text = (lode_long_policy)options->long_text;
  s->embed.utf8 = (lode_utf8_policy)options->utf8;
  s->embed.dims = options->dims;
  s->embed.reports = s->reports;
  s->dim = options->dims > 0 ? options->dims : s->info.dim;
  if (options->dims > s->info.full_dim) {
    return cli_fail(err, CLI_E_USAGE, "--dims: the model's vectors have %lld dimensions",
                    (long long)s->info.full_dim);
  }
  if (options->prompt != NULL && options->prompt_text != NULL) {
    return cli_fail(err, CLI_E_USAGE, "--prompt and --prompt-text exclude each other");
  }
  if (options->prompt != NULL && !cli_model_has_prompt(s->model, options->prompt)) {
    return unknown_prompt(s->model, options->prompt, err);
  }
  if (options->query_prompt != NULL && !cli_model_has_prompt(s->model, options->query_prompt)) {
    return unknown_prompt(s->model, options->query_prompt, err);
  }
  s->embed.prompt_name = options->prompt;
  if (options->prompt_text != NULL) {
    s->prompt_text = (lode_text){options->prompt_text, strlen(options->prompt_text)};
    s->embed.prompt = &s->prompt_text;
  }
  return CLI_OK;
}

static cli_status open_parts(const cli_options *options, cli_session *s, cli_error *err) {
  cli_status status = cli_model_path(options, &s->path, err);
  if (status == CLI_OK) status = cli_model_open(options, s->path, &s->model, err);
  if (status != CLI_OK) return status;
  lode_model_get_info(s->model, &s->info);
  status = set_embed_options(options, s, err);
  if (status != CLI_OK) return status;
  lode_context_options context = LODE_CONTEXT_OPTIONS_INIT;
  context.threads = (int32_t)options->threads;
  lode_error cause;
  if (lode_context_new(s->model, &context, &s->ctx, &cause) != LODE_OK) {
    return cli_fail_lode(err, &cause);
  }
  return CLI_OK;
}

cli_status cli_session_open(const cli_options *options, cli_session *out, cli_error *err) {
  double start = cli_now();
  *out = (cli_session){.info = LODE_MODEL_INFO_INIT};
  cli_status status = open_parts(options, out, err);
  if (status != CLI_OK) cli_session_close(out);
  out->open_seconds = cli_now() - start;
  return status;
}

void cli_session_close(cli_session *session) {
  lode_context_free(session->ctx);
  lode_model_free(session->model);
  free(session->path);
  session->ctx = NULL;
  session->model = NULL;
  session->path = NULL;
}

/* In the words of the command line rather than of the library. */
static cli_status embed_failure(const cli_session *s, const lode_error *cause, cli_error *err) {
  switch (cause->code) {
    case LODE_E_UTF8:
      return cli_fail(err, CLI_E_INPUT,
                      "invalid UTF-8 at byte %lld (--utf8 replace reads U+FFFD in its place)",
                      (long long)cause->pos);
    case LODE_E_TOO_LONG:
      return cli_fail(err, CLI_E_INPUT,
                      "longer than the %lld tokens that the model takes (--long truncate cuts, "
                      "--long chunk averages over windows)",
                      (long long)s->info.max_tokens);
    default:
      return cli_fail_lode(err, cause);
  }
}

cli_status cli_session_embed(cli_session *session, const lode_text *texts, size_t n, float *rows,
                             int64_t *item, cli_error *err) {
  lode_error cause;
  if (item != NULL) *item = -1;
  if (lode_embed(session->ctx, texts, n, &session->embed, rows, n * (size_t)session->dim, &cause) !=
      LODE_OK) {
    if (item != NULL) *item = cause.item;
    return embed_failure(session, &cause, err);
  }
  for (size_t i = 0; i < n; i++) {
    session->tokens += session->reports[i].tokens;
    session->cut += session->reports[i].left_out > 0;
  }
  session->texts += (int64_t)n;
  return CLI_OK;
}

cli_status cli_session_embed_batch(cli_session *session, const cli_input *input,
                                   const cli_batch *batch, float *rows, cli_error *err) {
  int64_t item;
  cli_error cause;
  cli_status status = cli_session_embed(session, batch->texts, batch->count, rows, &item, &cause);
  if (status == CLI_OK) return CLI_OK;
  if (item >= 0 && (size_t)item < batch->count) {
    return cli_fail_at(err, status, input, batch->lines[item], "%s", cause.text);
  }
  *err = cause;
  return status;
}

void cli_session_report_cut(const cli_session *session, const char *command, bool quiet) {
  if (quiet || session->cut == 0) return;
  char cut[32], texts[32];
  bool one = session->cut == 1;
  fprintf(stderr,
          "lode: %s: %s of %s texts %s longer than %lld tokens and %s cut; --long chunk embeds %s "
          "whole\n",
          command, cli_grouped(cut, session->cut), cli_grouped(texts, session->texts),
          one ? "was" : "were", (long long)session->info.max_tokens, one ? "was" : "were",
          one ? "it" : "them");
}

static bool model_decides(const cli_options *options) {
  return options->prompt == NULL && options->prompt_text == NULL;
}

void cli_session_prompt_queries(cli_session *session, const cli_options *options) {
  if (options->query_prompt != NULL) {
    session->embed.prompt = NULL;
    session->embed.prompt_name = options->query_prompt;
  } else if (model_decides(options) && cli_model_has_prompt(session->model, "query")) {
    session->embed.prompt_name = "query";
  }
}

void cli_session_prompt_documents(cli_session *session, const cli_options *options) {
  static const char *const names[] = {"document", "passage", "corpus"};
  if (!model_decides(options)) return;
  session->embed.prompt_name = NULL;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (!cli_model_has_prompt(session->model, names[i])) continue;
    session->embed.prompt_name = names[i];
    return;
  }
}
