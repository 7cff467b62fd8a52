#include "site_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

enum { FILE_MAX = 64 << 20 };

static cli_status add_file(const char *folder, const char *name, cli_site_size *size,
                           cli_error *err) {
  const size_t n = strlen(folder) + strlen(name) + 2;
  char *path = malloc(n);
  if (path == NULL) return cli_fail_memory(err);
  (void)snprintf(path, n, "%s/%s", folder, name);
  char *data = NULL;
  size_t bytes = 0;
  const cli_status status = cli_file_read(path, FILE_MAX, &data, &bytes, err);
  if (data != NULL) {
    const int64_t zipped = cli_gzip_size(data, bytes);
    size->bytes += (int64_t)bytes;
    size->zipped = zipped < 0 ? -1 : size->zipped + zipped;
  }
  free(data);
  free(path);
  return status;
}

/* codes: of languages, with spaces between. */
static cli_status add_stemmers(const char *folder, const char *codes, cli_site_size *size,
                               cli_error *err) {
  cli_status status = CLI_OK;
  while (*codes != '\0' && status == CLI_OK) {
    const int n = (int)strcspn(codes, " ");
    char name[64];
    if (n > 0 && snprintf(name, sizeof name, "lode-stem-%.*s.wasm", n, codes) < (int)sizeof name) {
      status = add_file(folder, name, size, err);
    }
    codes += n + (codes[n] == ' ');
  }
  return status;
}

cli_status cli_site_weigh(const char *folder, cli_site_visit *out, cli_error *err) {
  *out = (cli_site_visit){.page = {0, 0}};
  const struct {
    const char *name;
    cli_site_size *size;
  } files[] = {{"lode-search.js", &out->page},
               {"lode-search-ui.js", &out->open},
               {"lode-search-worker.js", &out->open},
               {"lode-site-simd128.wasm", &out->open},
               {"boot.lode-site.txt", &out->open},
               {"boot.lode-site.txt", &out->boot},
               {"lode-site-embed-simd128.wasm", &out->meaning}};
  cli_status status = CLI_OK;
  for (size_t i = 0; i < sizeof files / sizeof files[0] && status == CLI_OK; i++) {
    status = add_file(folder, files[i].name, files[i].size, err);
  }
  if (status != CLI_OK) return status;
  cli_site site;
  status = cli_site_open(folder, &site, err);
  if (status == CLI_OK) status = add_stemmers(folder, site.info.languages, &out->open, err);
  cli_site_close(&site);
  return status;
}

static cli_status ask(const char *folder, const char *question, cli_site_sample *out,
                      cli_error *err) {
  cli_site site;
  cli_status status = cli_site_open(folder, &site, err);
  site.measured = true;
  lode_results *results = NULL;
  lode_index_search_options options = LODE_INDEX_SEARCH_OPTIONS_INIT;
  options.mode = LODE_INDEX_KEYWORD;
  if (status == CLI_OK) status = cli_site_search(&site, question, &options, &results, err);
  if (status == CLI_OK) {
    const cli_site_cost *c = &site.cost;
    const double dear = (double)(c->zipped >= 0 ? c->zipped : c->bytes);
    out->questions++;
    out->rounds += (double)c->rounds;
    out->files += (double)c->files;
    out->bytes += (double)c->bytes;
    out->zipped = c->zipped < 0 || out->zipped < 0 ? -1 : out->zipped + (double)c->zipped;
    if (dear > out->worst) out->worst = dear;
  }
  lode_results_free(results);
  cli_site_close(&site);
  return status;
}

cli_status cli_site_measure(const char *folder, char *const *titles, size_t count,
                            cli_site_sample *out, cli_error *err) {
  *out = (cli_site_sample){.questions = 0};
  cli_status status = CLI_OK;
  for (size_t i = 0; i < count && status == CLI_OK; i++) {
    status = ask(folder, titles[i], out, err);
  }
  const double n = out->questions > 0 ? (double)out->questions : 1;
  out->rounds /= n;
  out->files /= n;
  out->bytes /= n;
  if (out->zipped > 0) out->zipped /= n;
  return status;
}
