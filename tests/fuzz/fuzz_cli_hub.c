/* What a hub, or whoever stands in its place, says: the first byte chooses between the list of
 * files, modules.json, an index of shards and the lines of an answer's head. Names that come out
 * must be safe; texts are in memory of exactly their size. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cli/http_head.h"
#include "../../cli/hub_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_names(const cli_names *names) {
  for (size_t i = 0; i < names->count; i++) {
    if (!cli_hub_file_ok(names->items[i], strlen(names->items[i]))) abort();
  }
}

static void check_status(cli_status status) {
  if (status != CLI_OK && status != CLI_E_MODEL) abort();
}

static void try_listing(const char *text, size_t size) {
  cli_hub_listing listing = {0};
  cli_hub_modules modules = {0};
  cli_names chosen = {0};
  cli_error err;
  const char *bundle;
  check_status(cli_hub_listing_read(text, size, &listing, &err));
  check_names(&listing.files);
  check_status(cli_hub_choose_bundle(&listing.files, &bundle, &err));
  check_status(cli_hub_modules_plain(&modules, &err));
  check_status(cli_hub_choose(&listing.files, &modules, &chosen, &err));
  check_names(&chosen);
  cli_names_free(&chosen);
  cli_hub_modules_free(&modules);
  cli_hub_listing_free(&listing);
}

static void try_modules(const char *text, size_t size) {
  cli_hub_modules modules = {0};
  cli_error err;
  check_status(cli_hub_modules_read(text, size, &modules, &err));
  for (size_t i = 0; i < modules.paths.count; i++) {
    const char *path = modules.paths.items[i];
    if (*path != '\0' && !cli_hub_file_ok(path, strlen(path))) abort();
  }
  cli_hub_modules_free(&modules);
}

static void try_shards(const char *text, size_t size) {
  cli_names names = {0};
  cli_error err;
  check_status(cli_hub_shards_read(text, size, "", &names, &err));
  check_names(&names);
  cli_names_free(&names);
}

static void try_head(const char *text, size_t size) {
  cli_http_head head;
  cli_http_head_clear(&head);
  while (size > 0) {
    const char *end = memchr(text, '\n', size);
    size_t line = end != NULL ? (size_t)(end - text) + 1 : size;
    cli_http_head_line(&head, text, line, 0);
    text += line;
    size -= line;
  }
  if (head.content_length < -1 || head.range_start < -1 || head.retry_after < -1) abort();
  if (memchr(head.location, '\0', sizeof head.location) == NULL) abort();
  (void)cli_http_head_is_html(&head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static void (*const tries[])(const char *text, size_t size) = {try_listing, try_modules,
                                                                 try_shards, try_head};
  if (size == 0) return 0;
  char *text = malloc(size - 1 > 0 ? size - 1 : 1);
  if (text == NULL) return 0;
  memcpy(text, data + 1, size - 1);
  tries[data[0] % 4](text, size - 1);
  free(text);
  return 0;
}
