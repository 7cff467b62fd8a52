/* In place of hub_pull.c in a program without libcurl. */
#include "hub_pull.h"

cli_status cli_hub_pull(const cli_hub *hub, const char *repo, const char *revision, bool quiet,
                        cli_hub_pulled *out, cli_error *err) {
  (void)hub;
  (void)quiet;
  (void)out;
  return cli_fail(err, CLI_E_MODEL,
                  "this lode was built without libcurl and cannot get models; "
                  "\"hf download %s --revision %s\" of huggingface_hub puts it where lode finds it",
                  repo, revision);
}
