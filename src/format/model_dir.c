#include "format/model_dir.h"

#include "format/model_dir_parts.h"
#include "format/safetensors.h"
#include "format/sniff.h"

/* *found: whether there is such a file; it stays open. */
static lode_status open_file(const lode_folder *folder, const char *sub_folder, const char *name,
                             lode_model_dir *dir, lode_file *file, bool *found, lode_error *err) {
  const char *path = lode_path_join(&dir->arena, sub_folder, name);
  if (path == NULL) return lode_error_nomem(err);
  const lode_status status = lode_folder_open(folder, path, file, err);
  *found = status == LODE_OK;
  if (status == LODE_OK) return lode_sniff(path, file, err);
  if (status != LODE_E_NOT_FOUND) return status;
  lode_error_clear(err);
  return LODE_OK;
}

/* A static model's, which is tokenizer.json as it stands. */
static lode_status open_plain_tokenizer(const lode_folder *folder, const char *sub_folder,
                                        lode_model_dir *dir, lode_error *err) {
  bool found = false;
  const lode_status status =
      open_file(folder, sub_folder, "tokenizer.json", dir, &dir->tokenizer_json, &found, err);
  if (status != LODE_OK || found) return status;
  return lode_error_set(err, LODE_E_NOT_FOUND, -1, -1, "%s%stokenizer.json: no such file",
                        sub_folder, sub_folder[0] != '\0' ? "/" : "");
}

/* tokenizer.json or, without it, vocab.txt; and the settings around them. */
static lode_status open_tokenizer(const lode_folder *folder, const char *sub_folder,
                                  lode_model_dir *dir, lode_error *err) {
  const struct {
    const char *name;
    lode_file *file;
  } settings[] = {
      {"tokenizer_config.json", &dir->tokenizer_config},
      {"special_tokens_map.json", &dir->special_tokens},
      {"added_tokens.json", &dir->added_tokens},
  };
  bool found = false;
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
    const lode_status status =
        open_file(folder, sub_folder, settings[i].name, dir, settings[i].file, &found, err);
    if (status != LODE_OK) return status;
  }
  lode_status status =
      open_file(folder, sub_folder, "tokenizer.json", dir, &dir->tokenizer_json, &found, err);
  if (status != LODE_OK || found) return status;
  status = open_file(folder, sub_folder, "vocab.txt", dir, &dir->vocab_txt, &found, err);
  if (status != LODE_OK || found) return status;
  return lode_error_set(err, LODE_E_NOT_FOUND, -1, -1,
                        "%s%stokenizer.json: no such file, nor "
                        "vocab.txt",
                        sub_folder, sub_folder[0] != '\0' ? "/" : "");
}

static lode_status read_static(const lode_folder *folder, const lode_module_list *list,
                               lode_model_dir *dir, lode_error *err) {
  const char *sub_folder = list->found ? list->entries[0].path : "";
  dir->config = (lode_model_config){.model_type = "static"};
  lode_status status = lode_prompts_read(folder, dir, err);
  if (status == LODE_OK) status = lode_static_read(folder, list, dir, err);
  if (status == LODE_OK) status = open_plain_tokenizer(folder, sub_folder, dir, err);
  if (status != LODE_OK) return status;
  return lode_safetensors_open(folder, sub_folder, &dir->tensors, err);
}

/* Small files first: what they refuse costs no reading of weights. */
static lode_status read_all(const lode_folder *folder, lode_model_dir *dir, lode_error *err) {
  lode_module_list list;
  lode_status status = lode_module_list_read(folder, &dir->arena, &list, err);
  if (status == LODE_OK) {
    status = lode_static_find(folder, &list, &dir->arena, &dir->static_kind, err);
  }
  if (status != LODE_OK) return status;
  if (dir->static_kind != LODE_STATIC_NONE) return read_static(folder, &list, dir, err);
  const char *transformer = list.found ? list.entries[0].path : "";
  /* Without modules.json sentence-transformers makes a new model out of a transformer, and
   * looks at none of its own files. */
  if (list.found) status = lode_prompts_read(folder, dir, err);
  if (status == LODE_OK) {
    status = lode_model_config_read(folder, transformer, dir, err);
  }
  if (status == LODE_OK) {
    status = lode_limits_read(folder, transformer, list.found, dir, err);
  }
  if (status == LODE_OK) status = open_tokenizer(folder, transformer, dir, err);
  if (status == LODE_OK) status = lode_modules_read(folder, &list, dir, err);
  if (status == LODE_OK) {
    status = lode_safetensors_open(folder, transformer, &dir->tensors, err);
  }
  return status;
}

lode_status lode_model_dir_open(const lode_folder *folder, lode_model_dir *out, lode_error *err) {
  *out = (lode_model_dir){.default_prompt = -1};
  const lode_status status = read_all(folder, out, err);
  if (status != LODE_OK) lode_model_dir_free(out);
  return status;
}

void lode_model_dir_free(lode_model_dir *dir) {
  for (size_t i = 0; i < dir->module_count; i++) lode_tensor_set_free(&dir->modules[i].tensors);
  lode_tensor_set_free(&dir->tensors);
  lode_file_close(&dir->tokenizer_json);
  lode_file_close(&dir->vocab_txt);
  lode_file_close(&dir->tokenizer_config);
  lode_file_close(&dir->special_tokens);
  lode_file_close(&dir->added_tokens);
  lode_arena_free(&dir->arena);
  *dir = (lode_model_dir){.default_prompt = -1};
}
