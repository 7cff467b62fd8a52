/* A whole model directory in one input: each file after a line "=== its name". A file
 * *.safetensors that begins with '{' is text, and is given the length of its first line as
 * header length. What opens is looked at in full, becomes a program if it can, and is closed;
 * nothing may be left over. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "format/model_dir.h"
#include "model/build.h"

enum { MAX_FILES = 32 };

static void require(bool condition) {
  if (!condition) abort();
}

static const char mark[] = "=== ";

/* The next line that begins with the mark, or `end`. */
static const char *next_mark(const char *p, const char *end) {
  while (p < end) {
    const size_t left = (size_t)(end - p);
    if (left >= sizeof mark - 1 && memcmp(p, mark, sizeof mark - 1) == 0) return p;
    const char *newline = memchr(p, '\n', left);
    if (newline == NULL) break;
    p = newline + 1;
  }
  return end;
}

/* data[0..size) in a block of its own, with the header length in front if it is wanted. */
static void add_file(lode_arena *arena, const char *name, const char *data, size_t size,
                     lode_file_data *out) {
  const size_t name_size = strlen(name);
  const bool weights = name_size >= 12 && strcmp(name + name_size - 12, ".safetensors") == 0;
  const char *newline = size > 0 ? memchr(data, '\n', size) : NULL;
  const size_t front = weights && size > 0 && data[0] == '{' && newline != NULL ? 8 : 0;
  uint8_t *bytes = lode_arena_alloc(arena, front + size);
  if (bytes == NULL) return;
  if (front > 0) {
    const uint64_t length = (uint64_t)(newline + 1 - data);
    for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)(length >> (8 * i));
  }
  if (size > 0) memcpy(bytes + front, data, size);
  *out = (lode_file_data){name, bytes, front + size};
}

static size_t unpack(const char *data, size_t size, lode_arena *arena, lode_file_data *files) {
  const char *end = data + size;
  size_t count = 0;
  const char *p = next_mark(data, end);
  while (p < end && count < MAX_FILES) {
    const char *name = p + sizeof mark - 1;
    const char *newline = memchr(name, '\n', (size_t)(end - name));
    if (newline == NULL) break;
    const char *copy = lode_arena_string(arena, name, (size_t)(newline - name));
    const char *next = next_mark(newline + 1, end);
    if (copy == NULL) break;
    files[count] = (lode_file_data){copy, "", 0};
    add_file(arena, copy, newline + 1, (size_t)(next - newline - 1), &files[count]);
    count++;
    p = next;
  }
  return count;
}

static void check_dir(const lode_model_dir *dir) {
  const bool is_static = dir->static_kind != LODE_STATIC_NONE;
  require(dir->config.model_type != NULL && (is_static || dir->config.position_type != NULL));
  require(!is_static || dir->module_count > 0);
  require(dir->config.hidden_size >= 0 && dir->config.vocab_size >= 0);
  require(dir->max_seq_length >= 0);
  require(dir->default_prompt >= -1 && dir->default_prompt < (int64_t)dir->prompt_count);
  for (size_t i = 0; i < dir->prompt_count; i++) {
    require(dir->prompts[i].name != NULL && dir->prompts[i].text[dir->prompts[i].size] == '\0');
  }
  for (size_t i = 0; i < dir->module_count; i++) {
    const lode_module *module = &dir->modules[i];
    require(module->kind != LODE_MODULE_POOLING || module->poolings.count > 0);
    require(module->kind != LODE_MODULE_DENSE || module->weight.data != NULL);
  }
}

static void build_program(const lode_model_dir *dir) {
  lode_program program;
  lode_error err = {0};
  const lode_status status = lode_program_build(dir, &program, &err);
  if (status != LODE_OK) {
    require(err.code == status && err.text[0] != '\0');
    return;
  }
  for (size_t i = 0; i < program.weight_count; i++) {
    require(program.weights[i].rows > 0 && program.weights[i].cols > 0);
    require(program.weights[i].parts[0].data != NULL);
  }
  lode_program_free(&program);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  lode_arena arena = {0};
  lode_file_data files[MAX_FILES];
  const lode_folder folder = {.files = files,
                              .count = unpack((const char *)data, size, &arena, files)};
  lode_model_dir dir;
  lode_error err = {0};
  const lode_status status = lode_model_dir_open(&folder, &dir, &err);
  if (status == LODE_OK) {
    check_dir(&dir);
    build_program(&dir);
  } else {
    require(err.code == status && err.text[0] != '\0' && dir.arena.head == NULL);
  }
  lode_model_dir_free(&dir);
  lode_arena_free(&arena);
  return 0;
}
