#include "index/ingest/source_options.h"

#include <string.h>

#include "base/json.h"
#include "base/json_write.h"

bool lode_source_options_write(const lode_index_paths_options *options, const char *at,
                               lode_arena *arena, const char **out) {
  lode_json_text text = {.size = 0};
  lode_json_put_text(&text, "{\"hidden\":");
  lode_json_put_bool(&text, options->hidden != 0);
  lode_json_put_text(&text, ",\"no_ignore\":");
  lode_json_put_bool(&text, options->no_ignore != 0);
  lode_json_put_text(&text, ",\"follow\":");
  lode_json_put_bool(&text, options->follow != 0);
  lode_json_put_text(&text, ",\"max_bytes\":");
  lode_json_put_int(&text, options->max_bytes);
  lode_json_put_text(&text, ",\"site\":");
  lode_json_put_int(&text, options->site);
  lode_json_put_text(&text, ",\"at\":");
  lode_json_put_string(&text, at, strlen(at));
  lode_json_put_text(&text, "}");
  *out = text.failed ? NULL : lode_arena_string(arena, text.buffer.data, text.size);
  lode_buffer_free(&text.buffer);
  return *out != NULL;
}

lode_status lode_source_options_read(const char *text, lode_arena *arena,
                                     lode_index_paths_options *options, const char **at,
                                     lode_error *err) {
  lode_json json = {0};
  lode_status status = lode_json_parse(text, strlen(text), &json, err);
  bool hidden = false, no_ignore = false, follow = false;
  int64_t max_bytes = 0, site = 0;
  *at = NULL;
  if (status == LODE_OK) {
    lode_json_bool(&json, lode_json_get(&json, 0, "hidden"), &hidden);
    lode_json_bool(&json, lode_json_get(&json, 0, "no_ignore"), &no_ignore);
    lode_json_bool(&json, lode_json_get(&json, 0, "follow"), &follow);
    lode_json_int(&json, lode_json_get(&json, 0, "max_bytes"), &max_bytes);
    lode_json_int(&json, lode_json_get(&json, 0, "site"), &site);
    *at = lode_json_string_dup(&json, lode_json_get(&json, 0, "at"), arena, NULL);
    if (!*at || max_bytes < 0 || site < 0 || site > 2) {
      status = lode_error_set(err, LODE_E_FORMAT, -1, -1, "a source's options are damaged");
    }
  }
  lode_json_free(&json);
  *options = (lode_index_paths_options){sizeof *options, hidden,    no_ignore,
                                        follow,          max_bytes, (int32_t)site};
  return status;
}
