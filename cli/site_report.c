#include "site_report.h"

#include <stdlib.h>

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
