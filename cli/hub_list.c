#include "hub_list.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "text.h"

#define INDEX_NAME "model.safetensors.index.json"
#define WEIGHTS_NAME "model.safetensors"
#define PICKLE_NAME "pytorch_model.bin"
#define BUNDLE_ENDING ".lode-model"

enum { FILES_MAX = 1000 }; /* of one model */

/* Files of the transformer's folder, where they exist. */
static const char *const transformer_files[] = {
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "adapter_config.json", /* not supported: lode must see that it is there */
    "sentence_bert_config.json",
    "sentence_roberta_config.json",
    "sentence_distilbert_config.json",
    "sentence_camembert_config.json",
    "sentence_albert_config.json",
    "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json",
};

static const char *const root_files[] = {
    "modules.json",
    "config_sentence_transformers.json",
};

const char *const cli_hub_optional_files[] = {
    "config.json",
    "modules.json",
    "config_sentence_transformers.json",
    "tokenizer.json",
    "sentence_bert_config.json",
    "added_tokens.json",
    "special_tokens_map.json",
    INDEX_NAME,
    "adapter_config.json",
    NULL,
};

/* ------------------------------------------------------------------ JSON */

/* A text being read: its values, and room for decoding any of its strings. */
typedef struct reader {
  cli_json *json;
  char *scratch; /* [size + 1] */
  cli_error *err;
} reader;

static cli_status open_reader(const char *text, size_t size, const char *what, reader *r,
                              cli_error *err) {
  *r = (reader){.err = err};
  cli_status status = cli_json_new(&r->json, err);
  if (status != CLI_OK) return status;
  r->scratch = malloc(size + 1);
  if (r->scratch == NULL) return cli_fail_memory(err);
  cli_error cause;
  status = cli_json_read(r->json, text, size, &cause);
  if (status == CLI_E_INPUT) return cli_fail(err, CLI_E_MODEL, "%s: %s", what, cause.text);
  if (status != CLI_OK) *err = cause;
  return status;
}

static void close_reader(reader *r) {
  cli_json_free(r->json);
  free(r->scratch);
}

static int member(const reader *r, int object, const char *name) {
  return cli_json_member(r->json, object, name, strlen(name), r->scratch);
}

/* A string in the scratch, NUL-terminated; NULL: `value` is none, or has a NUL inside. */
static const char *string(const reader *r, int value, size_t *size) {
  if (value < 0 || cli_json_kind_of(r->json, value) != CLI_JSON_STRING) return NULL;
  if (!cli_json_decode(r->json, value, false, r->scratch, size)) return NULL;
  r->scratch[*size] = '\0';
  return strlen(r->scratch) == *size ? r->scratch : NULL;
}

/* ------------------------------------------------------------------ the hub's answer */

static cli_status read_siblings(const reader *r, int list, cli_names *files) {
  size_t size;
  for (int i = cli_json_first(r->json, list); i >= 0; i = cli_json_next(r->json, i)) {
    const char *name = string(r, member(r, i, "rfilename"), &size);
    if (name == NULL || !cli_hub_file_ok(name, size)) continue;
    cli_status status = cli_names_append(files, name, size, r->err);
    if (status != CLI_OK) return status;
  }
  return CLI_OK;
}

static cli_status read_listing(const reader *r, cli_hub_listing *out) {
  size_t size;
  const char *commit = string(r, member(r, 0, "sha"), &size);
  if (commit == NULL || !cli_hub_commit_ok(commit)) {
    return cli_fail(r->err, CLI_E_MODEL, "the hub's list of files has no commit (\"sha\")");
  }
  memcpy(out->commit, commit, sizeof out->commit);
  int list = member(r, 0, "siblings");
  if (list < 0 || cli_json_kind_of(r->json, list) != CLI_JSON_ARRAY) {
    return cli_fail(r->err, CLI_E_MODEL, "the hub's list of files has no \"siblings\"");
  }
  return read_siblings(r, list, &out->files);
}

cli_status cli_hub_listing_read(const char *text, size_t size, cli_hub_listing *out,
                                cli_error *err) {
  reader r;
  cli_status status = open_reader(text, size, "the hub's list of files", &r, err);
  if (status == CLI_OK) status = read_listing(&r, out);
  close_reader(&r);
  return status;
}

void cli_hub_listing_free(cli_hub_listing *listing) {
  cli_names_free(&listing->files);
}

/* ------------------------------------------------------------------ modules.json */

/* Of "sentence_transformers.models.Dense", the last word says it. What lode does not know it
 * will refuse, whatever files there are. */
static cli_hub_need need_of(const char *type, bool first) {
  const char *dot = strrchr(type, '.');
  const char *kind = dot != NULL ? dot + 1 : type;
  if (first) {
    return strcmp(kind, "StaticEmbedding") == 0 ? CLI_HUB_NEED_TABLE : CLI_HUB_NEED_WEIGHTS;
  }
  if (strcmp(kind, "Pooling") == 0) return CLI_HUB_NEED_CONFIG;
  bool weights = strcmp(kind, "Dense") == 0 || strcmp(kind, "LayerNorm") == 0;
  return weights ? CLI_HUB_NEED_WEIGHTS : CLI_HUB_NEED_NONE;
}

static cli_status read_module(const reader *r, int value, cli_hub_modules *out) {
  size_t size;
  size_t count = out->paths.count;
  if (count == CLI_HUB_MODULES_MAX) {
    return cli_fail(r->err, CLI_E_MODEL, "modules.json: more than %d modules", CLI_HUB_MODULES_MAX);
  }
  const char *type = string(r, member(r, value, "type"), &size);
  if (type == NULL) return cli_fail(r->err, CLI_E_MODEL, "modules.json: a module has no type");
  out->needs[count] = need_of(type, count == 0);
  const char *path = string(r, member(r, value, "path"), &size);
  if (path != NULL && strcmp(path, ".") == 0) size = 0; /* as Model2Vec writes it */
  while (path != NULL && size > 0 && path[size - 1] == '/') size--;
  if (path == NULL || (size > 0 && !cli_hub_file_ok(path, size))) {
    return cli_fail(r->err, CLI_E_MODEL,
                    "modules.json: a module has no path, or one that is not inside the model");
  }
  return cli_names_append(&out->paths, path, size, r->err);
}

static cli_status read_modules(const reader *r, cli_hub_modules *out) {
  for (int i = cli_json_first(r->json, 0); i >= 0; i = cli_json_next(r->json, i)) {
    cli_status status = read_module(r, i, out);
    if (status != CLI_OK) return status;
  }
  if (out->paths.count == 0) {
    return cli_fail(r->err, CLI_E_MODEL, "modules.json: there are no modules in it");
  }
  return CLI_OK;
}

cli_status cli_hub_modules_read(const char *text, size_t size, cli_hub_modules *out,
                                cli_error *err) {
  reader r;
  cli_status status = open_reader(text, size, "modules.json", &r, err);
  if (status == CLI_OK) status = read_modules(&r, out);
  close_reader(&r);
  return status;
}

cli_status cli_hub_modules_plain(cli_hub_modules *out, cli_error *err) {
  out->needs[0] = CLI_HUB_NEED_WEIGHTS;
  return cli_names_append(&out->paths, "", 0, err);
}

void cli_hub_modules_free(cli_hub_modules *modules) {
  cli_names_free(&modules->paths);
}

/* ------------------------------------------------------------------ shards */

char *cli_hub_join(const char *path, const char *name) {
  return *path == '\0' ? strdup(name) : cli_text_format("%s/%s", path, name);
}

static cli_status add_joined(cli_names *out, const char *path, const char *name, cli_error *err) {
  char *joined = cli_hub_join(path, name);
  if (joined == NULL) return cli_fail_memory(err);
  cli_status status = cli_names_add(out, joined, strlen(joined), err);
  free(joined);
  return status;
}

/* Members of "weight_map", tensor to file: each value is followed by the next name. */
static cli_status read_shards(const reader *r, const char *path, cli_names *out) {
  int map = member(r, 0, "weight_map");
  if (map < 0 || cli_json_kind_of(r->json, map) != CLI_JSON_OBJECT) {
    return cli_fail(r->err, CLI_E_MODEL, INDEX_NAME ": there is no \"weight_map\" in it");
  }
  size_t size;
  for (int i = cli_json_first(r->json, map); i >= 0; i = cli_json_next(r->json, i)) {
    const char *name = string(r, cli_json_value_of(r->json, i), &size);
    if (name == NULL || !cli_hub_file_ok(name, size)) {
      return cli_fail(r->err, CLI_E_MODEL, INDEX_NAME ": a tensor's file has no proper name");
    }
    cli_status status = add_joined(out, path, name, r->err);
    if (status != CLI_OK) return status;
    if (out->count > FILES_MAX) {
      return cli_fail(r->err, CLI_E_MODEL, INDEX_NAME ": more than %d files", FILES_MAX);
    }
  }
  return CLI_OK;
}

cli_status cli_hub_shards_read(const char *text, size_t size, const char *path, cli_names *out,
                               cli_error *err) {
  reader r;
  cli_status status = open_reader(text, size, INDEX_NAME, &r, err);
  if (status == CLI_OK) status = read_shards(&r, path, out);
  close_reader(&r);
  return status;
}

/* ------------------------------------------------------------------ choosing */

static bool has(const cli_names *files, const char *path, const char *name) {
  char *joined = cli_hub_join(path, name);
  bool found = joined != NULL && cli_names_has(files, joined);
  free(joined);
  return found;
}

bool cli_hub_is_bundle(const char *name) {
  size_t size = strlen(name), ending = strlen(BUNDLE_ENDING);
  return size > ending && strcmp(name + size - ending, BUNDLE_ENDING) == 0;
}

cli_status cli_hub_choose_bundle(const cli_names *files, const char **bundle, cli_error *err) {
  size_t count = 0;
  *bundle = NULL;
  for (size_t i = 0; i < files->count; i++) {
    if (strchr(files->items[i], '/') != NULL || !cli_hub_is_bundle(files->items[i])) continue;
    *bundle = files->items[i];
    count++;
  }
  if (count <= 1) return CLI_OK;
  *bundle = NULL;
  if (cli_names_has(files, "config.json") || cli_names_has(files, "modules.json")) return CLI_OK;
  return cli_fail(err, CLI_E_MODEL,
                  "there are %zu files *" BUNDLE_ENDING ", and nothing says which of them to take",
                  count);
}

cli_status cli_hub_choose_indexes(const cli_names *files, const cli_hub_modules *modules,
                                  cli_names *out, cli_error *err) {
  for (size_t i = 0; i < modules->paths.count; i++) {
    const char *path = modules->paths.items[i];
    const bool weights =
        modules->needs[i] == CLI_HUB_NEED_WEIGHTS || modules->needs[i] == CLI_HUB_NEED_TABLE;
    if (!weights || has(files, path, WEIGHTS_NAME) || !has(files, path, INDEX_NAME)) {
      continue;
    }
    cli_status status = add_joined(out, path, INDEX_NAME, err);
    if (status != CLI_OK) return status;
  }
  return CLI_OK;
}

static cli_status choose_weights(const cli_names *files, const char *path, cli_names *out,
                                 cli_error *err) {
  if (has(files, path, WEIGHTS_NAME)) return add_joined(out, path, WEIGHTS_NAME, err);
  if (has(files, path, INDEX_NAME)) return add_joined(out, path, INDEX_NAME, err);
  const char *slash = *path != '\0' ? "/" : "";
  if (has(files, path, PICKLE_NAME) || has(files, path, PICKLE_NAME ".index.json")) {
    return cli_fail(err, CLI_E_MODEL,
                    "%s%s" PICKLE_NAME
                    ": pickled PyTorch weights are not read, and there is no " WEIGHTS_NAME,
                    path, slash);
  }
  return cli_fail(err, CLI_E_MODEL, "there is no %s%s" WEIGHTS_NAME, path, slash);
}

static cli_status choose_present(const cli_names *files, const char *path, const char *const *names,
                                 size_t count, cli_names *out, cli_error *err) {
  for (size_t i = 0; i < count; i++) {
    if (!has(files, path, names[i])) continue;
    cli_status status = add_joined(out, path, names[i], err);
    if (status != CLI_OK) return status;
  }
  return CLI_OK;
}

static cli_status choose_module(const cli_names *files, const char *path, cli_hub_need need,
                                bool first, cli_names *out, cli_error *err) {
  const size_t count = sizeof transformer_files / sizeof transformer_files[0];
  const bool table = need == CLI_HUB_NEED_TABLE;
  if (need != CLI_HUB_NEED_NONE && !table && !has(files, path, "config.json")) {
    return cli_fail(err, CLI_E_MODEL, "there is no %s%sconfig.json%s", path,
                    *path != '\0' ? "/" : "", first ? ", and no bundle for lode" : "");
  }
  if (first && !has(files, path, "tokenizer.json") && (table || !has(files, path, "vocab.txt"))) {
    return cli_fail(err, CLI_E_MODEL, "there is no tokenizer.json%s",
                    table ? "" : ", and no vocab.txt");
  }
  /* Of a module behind the transformer it is the settings alone. */
  cli_status status = choose_present(files, path, transformer_files, first ? count : 1, out, err);
  if (status != CLI_OK || (need != CLI_HUB_NEED_WEIGHTS && !table)) return status;
  return choose_weights(files, path, out, err);
}

cli_status cli_hub_choose(const cli_names *files, const cli_hub_modules *modules, cli_names *out,
                          cli_error *err) {
  const size_t count = sizeof root_files / sizeof root_files[0];
  cli_status status = choose_present(files, "", root_files, count, out, err);
  for (size_t i = 0; i < modules->paths.count && status == CLI_OK; i++) {
    status = choose_module(files, modules->paths.items[i], modules->needs[i], i == 0, out, err);
  }
  return status;
}
