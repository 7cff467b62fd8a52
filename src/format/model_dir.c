#include "format/model_dir.h"

#include "format/model_dir_parts.h"
#include "format/safetensors.h"
#include "format/sniff.h"

/* tokenizer.json or, without it, vocab.txt; the files stay open. */
static lode_status open_tokenizer(const lode_folder *folder, const char *sub_folder,
                                  lode_model_dir *dir, lode_error *err) {
  const char *json = lode_path_join(&dir->arena, sub_folder, "tokenizer.json");
  const char *vocab = lode_path_join(&dir->arena, sub_folder, "vocab.txt");
  if (json == NULL || vocab == NULL) return lode_error_nomem(err);
  lode_status status = lode_folder_open(folder, json, &dir->tokenizer_json, err);
  if (status == LODE_OK) return lode_sniff(json, &dir->tokenizer_json, err);
  if (status != LODE_E_NOT_FOUND) return status;
  status = lode_folder_open(folder, vocab, &dir->vocab_txt, err);
  if (status == LODE_OK) {
    lode_error_clear(err);
    return lode_sniff(vocab, &dir->vocab_txt, err);
  }
  if (status != LODE_E_NOT_FOUND) return status;
  return lode_error_set(err, LODE_E_NOT_FOUND, -1, -1, "%s: no such file, nor vocab.txt", json);
}

/* Small files first: what they refuse costs no reading of weights. */
static lode_status read_all(const lode_folder *folder, lode_model_dir *dir, lode_error *err) {
  lode_module_list list;
  lode_status status = lode_module_list_read(folder, &dir->arena, &list, err);
  if (status != LODE_OK) return status;
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
  lode_arena_free(&dir->arena);
  *dir = (lode_model_dir){.default_prompt = -1};
}
