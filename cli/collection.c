#include "collection.h"

#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "interrupt.h"
#include "session.h"

/* The name of the model that a collection's vectors are of, to be freed; NULL: it is not there
 * yet, or has none. *vectors: does it have, or will it have, vectors? */
static cli_status stored_model(const char *path, lode_index_access access, char **name,
                               bool *vectors, cli_error *err) {
  *name = NULL;
  *vectors = true;
  /* Empty: whoever made it was killed before the first commit. */
  if (access == LODE_INDEX_CREATE && (!cli_file_exists(path) || cli_file_size(path) == 0)) {
    return CLI_OK;
  }
  lode_index *index = NULL;
  lode_error cause;
  lode_index_options options = LODE_INDEX_OPTIONS_INIT;
  lode_index_info info = LODE_INDEX_INFO_INIT;
  if (lode_index_open(path, &options, &index, &cause) != LODE_OK ||
      lode_index_get_info(index, &info, &cause) != LODE_OK) {
    lode_index_free(index);
    return cli_fail_lode(err, &cause);
  }
  /* Without documents nothing is decided: its maker may have been killed at once. */
  const bool undecided = access != LODE_INDEX_READ && info.documents == 0;
  *vectors = info.model != NULL || undecided;
  if (info.model != NULL) *name = strdup(info.model);
  const bool failed = info.model != NULL && *name == NULL;
  lode_index_free(index);
  return failed ? cli_fail_memory(err) : CLI_OK;
}

static cli_status open_model(const cli_options *options, const char *stored, cli_collection *out,
                             cli_error *err) {
  cli_options chosen = *options;
  if (chosen.model == NULL) chosen.model = stored;
  cli_status status = cli_model_path(&chosen, &out->model_path, err);
  if (status == CLI_OK) status = cli_model_open(options, out->model_path, &out->model, err);
  return status;
}

/* Leaves out->model NULL where there shall be none. */
static cli_status choose_model(const cli_options *options, const char *path,
                               lode_index_access access, cli_need need, cli_collection *out,
                               cli_error *err) {
  if (need == CLI_NEED_NO_MODEL) return CLI_OK;
  if (options->model != NULL && strcmp(options->model, "none") == 0) return CLI_OK;
  char *stored;
  bool vectors;
  cli_status status = stored_model(path, access, &stored, &vectors, err);
  if (status == CLI_OK && vectors) {
    status = open_model(options, stored, out, &out->without);
    if (status != CLI_OK && (need == CLI_NEED_IF_VECTORS || options->model != NULL)) {
      *err = out->without;
    } else if (status != CLI_OK) {
      status = CLI_OK;
    }
  }
  free(stored);
  return status;
}

cli_status cli_collection_open(const cli_options *options, const char *path,
                               lode_index_access access, cli_need need, cli_collection *out,
                               cli_error *err) {
  *out = (cli_collection){.info = LODE_INDEX_INFO_INIT};
  cli_status status = choose_model(options, path, access, need, out, err);
  if (status == CLI_OK) {
    lode_index_options wanted = LODE_INDEX_OPTIONS_INIT;
    wanted.access = access;
    wanted.model = out->model;
    wanted.model_name = options->model != NULL ? options->model : out->model_path;
    wanted.threads = (int32_t)options->threads;
    wanted.vectors = options->vectors;
    wanted.chunk_tokens = options->chunk_tokens;
    lode_error cause;
    if (access != LODE_INDEX_READ) cli_interrupt_defer();
    if (lode_index_open(path, &wanted, &out->index, &cause) != LODE_OK ||
        lode_index_get_info(out->index, &out->info, &cause) != LODE_OK) {
      status = cli_fail_lode(err, &cause);
    }
  }
  if (status != CLI_OK) cli_collection_close(out);
  return status;
}

void cli_collection_close(cli_collection *collection) {
  lode_index_free(collection->index);
  lode_model_free(collection->model);
  free(collection->model_path);
  collection->index = NULL;
  collection->model = NULL;
  collection->model_path = NULL;
}
