/* lode pull: a model from the hub into the cache that Python shares. */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "hub_pull.h"
#include "output.h"

static void print_json(cli_output *out, const char *repo, const char *revision,
                       const cli_hub_pulled *pulled) {
  const struct {
    const char *key, *value;
  } strings[] = {
      {"{\"repo\":", repo},
      {",\"revision\":", revision},
      {",\"commit\":", pulled->commit},
      {",\"path\":", pulled->path},
  };
  for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
    cli_output_text(out, strings[i].key);
    cli_output_json_string(out, strings[i].value, strlen(strings[i].value));
  }
  cli_output_text(out, ",\"files\":[");
  for (size_t i = 0; i < pulled->count; i++) {
    const cli_hub_pulled_file *f = &pulled->files[i];
    cli_output_text(out, i > 0 ? ",\n{\"name\":" : "\n{\"name\":");
    cli_output_json_string(out, f->name, strlen(f->name));
    cli_output_format(out, ",\"size\":%lld,\"cached\":%s}", (long long)f->size,
                      f->cached ? "true" : "false");
  }
  cli_output_text(out, "]}\n");
}

static cli_status print(const cli_options *options, const char *repo, const char *revision,
                        const cli_hub_pulled *pulled, cli_error *err) {
  cli_output *out;
  cli_status status = cli_output_open(NULL, &out, err);
  if (status != CLI_OK) return status;
  if (options->json) {
    print_json(out, repo, revision, pulled);
  } else {
    cli_output_text(out, pulled->path);
    cli_output_text(out, "\n");
  }
  return cli_output_close(out, err);
}

static cli_status pull(const cli_options *options, const char *repo, const char *revision,
                       cli_error *err) {
  cli_hub hub;
  cli_hub_pulled pulled = {0};
  const bool quiet = options->quiet != 0;
  cli_status status = cli_hub_open(&hub, err);
  if (status == CLI_OK) {
    status = hub.offline ? cli_hub_pull_offline(&hub, repo, revision, quiet, &pulled, err)
                         : cli_hub_pull(&hub, repo, revision, quiet, &pulled, err);
  }
  if (status == CLI_OK) status = print(options, repo, revision, &pulled, err);
  cli_hub_pulled_free(&pulled);
  cli_hub_close(&hub);
  return status;
}

static cli_status run(const cli_options *options, cli_error *err) {
  if (options->arg_count != 1) {
    return cli_fail(err, CLI_E_USAGE, "usage: lode pull OWNER/NAME, one model at a time");
  }
  const char *repo = options->args[0];
  const char *revision = options->revision != NULL ? options->revision : "main";
  if (!cli_hub_repo_ok(repo)) {
    return cli_fail(err, CLI_E_USAGE,
                    "\"%s\" is no name OWNER/NAME of a model, such as "
                    "sentence-transformers/all-MiniLM-L6-v2",
                    repo);
  }
  if (!cli_hub_revision_ok(revision)) {
    return cli_fail(err, CLI_E_USAGE, "--revision: \"%s\" is no branch, tag or commit", revision);
  }
  return pull(options, repo, revision, err);
}

const cli_command cli_command_pull = {
    .name = "pull",
    .bit = CLI_PULL,
    .summary = "get a model from a hub",
    .usage = "lode pull [OPTION...] OWNER/NAME\n",
    .about =
        "Gets the files that lode needs of a model from huggingface.co, or from the hub in\n"
        "HF_ENDPOINT, and prints where they are. They go into the cache of huggingface_hub\n"
        "(~/.cache/huggingface/hub, or HF_HUB_CACHE), so that Python and lode share them;\n"
        "what is there already is not got again. Each file is compared with the hash that\n"
        "the hub gives before it gets its name, and a download that broke off is continued\n"
        "by the next.\n"
        "\n"
        "The other commands take OWNER/NAME as --model and get the model when it is not in\n"
        "the cache. HF_TOKEN is for private and gated models; with HF_HUB_OFFLINE=1 only\n"
        "the cache is looked at.\n",
    .examples =
        "A model for the other commands\n"
        "  lode pull sentence-transformers/all-MiniLM-L6-v2\n"
        "  lode embed --model sentence-transformers/all-MiniLM-L6-v2 \"some text\"\n"
        "One commit of it, for good\n"
        "  lode pull BAAI/bge-small-en-v1.5 --revision COMMIT\n"
        "Its folder, for a program\n"
        "  MODEL=$(lode pull intfloat/e5-small-v2) && ./app \"$MODEL\"\n",
    .run = run,
};
