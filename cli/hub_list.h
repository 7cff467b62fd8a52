/* Which files of a repository lode needs: read out of what the hub and the files themselves say.
 * All of it is others' text; names in it are checked, nothing is opened. */
#ifndef LODE_CLI_HUB_LIST_H
#define LODE_CLI_HUB_LIST_H

#include "hub_name.h"
#include "names.h"

/* What the hub says about a revision. Zero-initialise; free it also after a failure. */
typedef struct cli_hub_listing {
  char commit[CLI_HUB_COMMIT + 1];
  cli_names files; /* those with names that are safe; others are left out */
} cli_hub_listing;

/* The answer of /api/models/REPO/revision/REVISION: "sha" and "siblings". CLI_E_MODEL. */
cli_status cli_hub_listing_read(const char *text, size_t size, cli_hub_listing *out,
                                cli_error *err);
void cli_hub_listing_free(cli_hub_listing *listing);

/* Which files a module must have. One that needs none may have settings. */
typedef enum cli_hub_need {
  CLI_HUB_NEED_NONE = 0, /* Normalize, Dropout: often not even a folder */
  CLI_HUB_NEED_CONFIG,   /* Pooling */
  CLI_HUB_NEED_WEIGHTS,  /* Dense, LayerNorm: settings and weights */
  CLI_HUB_NEED_TABLE,    /* StaticEmbedding: tokenizer.json and weights; whose model it is says
                            config.json, or that there is none */
} cli_hub_need;

enum { CLI_HUB_MODULES_MAX = 32 };

/* The modules of a model, the transformer or table first; the path "" is the repository itself. */
typedef struct cli_hub_modules {
  cli_names paths;
  cli_hub_need needs[CLI_HUB_MODULES_MAX];
} cli_hub_modules;

/* modules.json. CLI_E_MODEL. */
cli_status cli_hub_modules_read(const char *text, size_t size, cli_hub_modules *out,
                                cli_error *err);
/* The modules of a repository without modules.json: a transformer. */
cli_status cli_hub_modules_plain(cli_hub_modules *out, cli_error *err);
void cli_hub_modules_free(cli_hub_modules *modules);

/* The files that a model.safetensors.index.json in the folder `path` names, with that folder in
 * front, added to `out`. CLI_E_MODEL. */
cli_status cli_hub_shards_read(const char *text, size_t size, const char *path, cli_names *out,
                               cli_error *err);

/* `name` in the folder `path`; to be freed. NULL: out of memory. */
char *cli_hub_join(const char *path, const char *name);

/* Does the name end as bundles' do? */
bool cli_hub_is_bundle(const char *name);
/* The bundle to take: the only one in the repository itself. *bundle: borrowed from `files`, NULL
 * where the model comes as single files. CLI_E_MODEL: several bundles, and nothing else. */
cli_status cli_hub_choose_bundle(const cli_names *files, const char **bundle, cli_error *err);
/* Indexes of shards that must be read before cli_hub_choose. */
cli_status cli_hub_choose_indexes(const cli_names *files, const cli_hub_modules *modules,
                                  cli_names *out, cli_error *err);
/* Everything else but shards: settings, tokenizer, weights. CLI_E_MODEL says what a repository
 * lacks that lode cannot do without. */
cli_status cli_hub_choose(const cli_names *files, const cli_hub_modules *modules, cli_names *out,
                          cli_error *err);
/* Names that readers look for and that are worth remembering as absent; ends with NULL. */
extern const char *const cli_hub_optional_files[];

#endif
