#include "base/file.h"

#include <stdint.h>
#include <string.h>

#include "base/file_os.h"

/* Names come out of modules.json and the like: they may only lead downwards. */
static bool name_is_safe(const char *name) {
  if (strchr(name, '\\') != NULL) return false;
  const char *part = name;
  for (;;) {
    const size_t length = strcspn(part, "/");
    if (length == 0) return false; /* absolute, "a//b", "a/" and "" */
    if (part[0] == '.' && (length == 1 || (length == 2 && part[1] == '.'))) return false;
    if (part[length] == '\0') return true;
    part += length + 1;
  }
}

static const lode_file_data *find_in_memory(const lode_folder *folder, const char *name) {
  for (size_t i = 0; i < folder->count; i++) {
    if (strcmp(folder->files[i].name, name) == 0) return &folder->files[i];
  }
  return NULL;
}

bool lode_file_data_align(lode_file_data *file, lode_arena *arena) {
  if ((uintptr_t)file->data % LODE_FILE_ALIGN == 0 || file->size == 0) return true;
  void *copy = lode_arena_alloc(arena, file->size);
  if (copy == NULL) return false;
  memcpy(copy, file->data, file->size);
  file->data = copy;
  return true;
}

lode_status lode_folder_open(const lode_folder *folder, const char *name, lode_file *out,
                             lode_error *err) {
  if (!name_is_safe(name)) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1,
                          "\"%s\": not the name of a file inside the model's directory", name);
  }
  if (folder->path != NULL) return lode_file_map_in(folder->path, name, out, err);
  const lode_file_data *file = find_in_memory(folder, name);
  if (file == NULL) {
    return lode_error_set(err, LODE_E_NOT_FOUND, -1, -1, "%s: no such file", name);
  }
  *out = (lode_file){.data = (const uint8_t *)"", .size = 0};
  if (file->data != NULL) *out = (lode_file){.data = file->data, .size = file->size};
  return LODE_OK;
}

bool lode_folder_has(const lode_folder *folder, const char *name) {
  if (!name_is_safe(name)) return false;
  if (folder->path != NULL) return lode_file_is_in(folder->path, name);
  return find_in_memory(folder, name) != NULL;
}
