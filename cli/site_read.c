#include "site_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "session.h"

static const char boot_name[] = "boot.lode-site.txt";
enum { FILE_MAX = 25 << 20, NAME_MAX_BYTES = 256, ROUNDS_MAX = 64 };

static char *path_in(const char *folder, const char *file) {
  const size_t n = strlen(folder), m = strlen(file);
  char *path = malloc(n + m + 2);
  if (path != NULL) (void)snprintf(path, n + m + 2, "%s/%s", folder, file);
  return path;
}

bool cli_site_is(const char *folder) {
  char *path = path_in(folder, boot_name);
  const bool is = path != NULL && cli_file_size(path) >= 0;
  free(path);
  return is;
}

/* ------------------------------------------------------------------ files */

static cli_status read_file(const cli_site *s, const char *file, char **data, size_t *size,
                            cli_error *err) {
  char *path = path_in(s->folder, file);
  if (path == NULL) return cli_fail_memory(err);
  cli_status status = cli_file_read(path, FILE_MAX, data, size, err);
  if (status == CLI_OK && *data == NULL) {
    status = cli_fail(err, CLI_E_RUN, "%s: no such file; the index is not whole", path);
  }
  free(path);
  return status;
}

static cli_status fetch_one(cli_site *s, const char *file, cli_error *err) {
  char *data = NULL;
  size_t size = 0;
  cli_status status = read_file(s, file, &data, &size, err);
  if (status != CLI_OK) return status;
  lode_error cause;
  if (lode_site_give(s->site, file, data, size, &cause) != LODE_OK) {
    status = cli_fail(err, CLI_E_RUN, "%s/%s", s->folder, cause.text);
  }
  s->cost.files++;
  s->cost.bytes += (int64_t)size;
  if (s->measured) {
    const int64_t zipped = cli_gzip_size(data, size);
    s->cost.zipped = zipped < 0 || s->cost.zipped < 0 ? -1 : s->cost.zipped + zipped;
  }
  free(data);
  return status;
}

/* All that is needed now. */
static cli_status fetch(cli_site *s, cli_error *err) {
  if (++s->cost.rounds > ROUNDS_MAX) {
    return cli_fail(err, CLI_E_RUN, "%s: a damaged index", s->folder);
  }
  cli_status status = CLI_OK;
  while (status == CLI_OK && lode_site_needs(s->site) > 0) {
    char file[NAME_MAX_BYTES];
    (void)snprintf(file, sizeof file, "%s", lode_site_need(s->site, 0, NULL));
    status = fetch_one(s, file, err);
  }
  return status;
}

/* ------------------------------------------------------------------ opening */

cli_status cli_site_open(const char *folder, cli_site *out, cli_error *err) {
  *out = (cli_site){.folder = strdup(folder), .info = LODE_SITE_INFO_INIT};
  if (out->folder == NULL) return cli_fail_memory(err);
  char *data = NULL;
  size_t size = 0;
  const cli_status status = read_file(out, boot_name, &data, &size, err);
  if (status != CLI_OK) return status;
  lode_error cause;
  lode_status opened = lode_site_open(data, size, &out->site, &cause);
  if (opened == LODE_OK) opened = lode_site_get_info(out->site, &out->info, &cause);
  out->boot_bytes = (int64_t)size;
  free(data);
  if (opened == LODE_OK) return CLI_OK;
  return cli_fail(err, CLI_E_RUN, "%s: %s", folder, cause.text);
}

void cli_site_close(cli_site *s) {
  lode_site_free(s->site);
  lode_context_free(s->ctx);
  lode_model_free(s->model);
  free(s->folder);
  *s = (cli_site){.site = NULL};
}

cli_status cli_site_open_model(const cli_options *options, cli_site *s, cli_error *err) {
  if (s->info.model == NULL) return CLI_OK;
  char *path = strchr(s->info.model, '/') == NULL ? path_in(s->folder, s->info.model) : NULL;
  cli_status status = CLI_OK;
  if (options->model != NULL || path == NULL || !cli_file_exists(path)) {
    free(path);
    path = NULL;
    if (options->model == NULL) return CLI_OK;
    status = cli_model_path(options, &path, err);
  }
  if (status == CLI_OK) status = cli_model_open(options, path, &s->model, err);
  free(path);
  if (status != CLI_OK) return status;
  const lode_context_options threads = {sizeof threads, (int32_t)options->threads};
  lode_error cause;
  if (lode_model_dim(s->model) != s->info.dim) {
    return cli_fail(err, CLI_E_MODEL,
                    "vectors of the model have %lld dimensions, those of %s have %lld",
                    (long long)lode_model_dim(s->model), s->folder, (long long)s->info.dim);
  }
  return lode_context_new(s->model, &threads, &s->ctx, &cause) == LODE_OK
             ? CLI_OK
             : cli_fail_lode(err, &cause);
}

/* ------------------------------------------------------------------ searching */

static cli_status embed(cli_site *s, lode_text text, cli_error *err) {
  const size_t dim = (size_t)s->info.dim;
  float *vector = malloc(dim * sizeof *vector);
  if (vector == NULL) return cli_fail_memory(err);
  lode_embed_options how = LODE_EMBED_OPTIONS_INIT;
  if (cli_model_has_prompt(s->model, "query")) how.prompt_name = "query";
  how.normalize = LODE_NORMALIZE_ON;
  how.utf8 = LODE_UTF8_REPLACE;
  lode_error cause;
  lode_status status = lode_embed(s->ctx, &text, 1, &how, vector, dim, &cause);
  if (status == LODE_OK) status = lode_site_set_vector(s->site, vector, dim, &cause);
  free(vector);
  return status == LODE_OK ? CLI_OK : cli_fail_lode(err, &cause);
}

static cli_status make_vector(cli_site *s, cli_error *err) {
  lode_text text;
  lode_error cause;
  lode_status status;
  while ((status = lode_site_embed_text(s->site, &text, &cause)) == LODE_E_BUSY) {
    const cli_status fetched = fetch(s, err);
    if (fetched != CLI_OK) return fetched;
  }
  if (status != LODE_OK) return cli_fail_lode(err, &cause);
  return text.size > 0 ? embed(s, text, err) : CLI_OK;
}

cli_status cli_site_search(cli_site *s, const char *query, const lode_index_search_options *options,
                           lode_results **out, cli_error *err) {
  lode_error cause;
  s->cost = (cli_site_cost){.rounds = 0};
  if (lode_site_ask(s->site, (lode_text){query, strlen(query)}, options, &cause) != LODE_OK) {
    return cli_fail_lode(err, &cause);
  }
  if (s->ctx != NULL && options->mode != LODE_INDEX_KEYWORD) {
    const cli_status made = make_vector(s, err);
    if (made != CLI_OK) return made;
  }
  lode_status status;
  while ((status = lode_site_results(s->site, out, &cause)) == LODE_E_BUSY) {
    const cli_status fetched = fetch(s, err);
    if (fetched != CLI_OK) return fetched;
  }
  return status == LODE_OK ? CLI_OK : cli_fail_lode(err, &cause);
}
