#include <stdlib.h>
#include <string.h>

#include "files.h"

enum { BLOCK = 256 * 1024 };

/* Bytes 0 .. given_size - 1 lie in `given`, those behind in blocks, so that nothing is moved when
 * the file grows. */
struct lode_memory_file {
  lode_memory_file *next;
  char *name;
  bool removed;
  int readers;
  int writers;
  uint64_t size;
  uint8_t *given;
  size_t given_size;
  uint8_t **blocks; /* [block_count] */
  size_t block_count;
};

/* The one list of a module's files: it stands for a file system. */
static lode_memory_file *files;

lode_memory_file *lode_memory_file_find(const char *name) {
  for (lode_memory_file *f = files; f != NULL; f = f->next) {
    if (!f->removed && strcmp(f->name, name) == 0) return f;
  }
  return NULL;
}

lode_memory_file *lode_memory_file_make(const char *name) {
  lode_memory_file *file = calloc(1, sizeof *file);
  char *copy = strdup(name);
  if (file == NULL || copy == NULL) {
    free(file);
    free(copy);
    return NULL;
  }
  file->name = copy;
  file->next = files;
  files = file;
  return file;
}

static void release_blocks(lode_memory_file *file, size_t keep) {
  while (file->block_count > keep) free(file->blocks[--file->block_count]);
}

static void release(lode_memory_file *file) {
  lode_memory_file **at = &files;
  while (*at != file) at = &(*at)->next;
  *at = file->next;
  release_blocks(file, 0);
  free(file->blocks);
  free(file->given);
  free(file->name);
  free(file);
}

void lode_memory_file_remove(lode_memory_file *file) {
  file->removed = true;
  if (file->readers + file->writers == 0) release(file);
}

/* ---- opening */

bool lode_memory_file_open(lode_memory_file *file, bool writes) {
  if (file->writers > 0 || (writes && file->readers > 0)) return false;
  file->writers += writes;
  file->readers += !writes;
  return true;
}

void lode_memory_file_close(lode_memory_file *file) {
  if (file->writers > 0) {
    file->writers--;
  } else {
    file->readers--;
  }
  if (file->removed) lode_memory_file_remove(file);
}

/* ---- bytes */

uint64_t lode_memory_file_size(const lode_memory_file *file) {
  return file->size;
}

/* What lies at `offset`, and how far on it lies in one piece: *n becomes no larger than that. */
static uint8_t *piece(const lode_memory_file *file, uint64_t offset, size_t *n) {
  if (offset < file->given_size) {
    const uint64_t left = file->given_size - offset;
    if (*n > left) *n = (size_t)left;
    return file->given + offset;
  }
  const uint64_t behind = offset - file->given_size;
  const size_t within = (size_t)(behind % BLOCK);
  if (*n > BLOCK - within) *n = BLOCK - within;
  return file->blocks[behind / BLOCK] + within;
}

size_t lode_memory_file_read(const lode_memory_file *file, uint64_t offset, void *out, size_t n) {
  if (offset >= file->size) return 0;
  if (n > file->size - offset) n = (size_t)(file->size - offset);
  for (size_t done = 0, part; done < n; done += part) {
    part = n - done;
    const uint8_t *from = piece(file, offset + done, &part);
    memcpy((uint8_t *)out + done, from, part);
  }
  return n;
}

/* Room for `end` bytes, and zeros in it from the file's size on. */
static bool reserve(lode_memory_file *file, uint64_t end) {
  const uint64_t behind = end > file->given_size ? end - file->given_size : 0;
  if (behind > SIZE_MAX / 2) return false;
  const size_t wanted = (size_t)((behind + BLOCK - 1) / BLOCK);
  if (wanted > file->block_count) {
    uint8_t **blocks = realloc(file->blocks, wanted * sizeof *blocks);
    if (blocks == NULL) return false;
    file->blocks = blocks;
  }
  while (file->block_count < wanted) {
    uint8_t *block = malloc(BLOCK);
    if (block == NULL) return false;
    file->blocks[file->block_count++] = block;
  }
  while (file->size < end) {
    size_t n = end - file->size < SIZE_MAX ? (size_t)(end - file->size) : SIZE_MAX;
    uint8_t *at = piece(file, file->size, &n);
    memset(at, 0, n);
    file->size += n;
  }
  return true;
}

bool lode_memory_file_write(lode_memory_file *file, uint64_t offset, const void *data, size_t n) {
  if (offset > UINT64_MAX - n || !reserve(file, offset + n)) return false;
  for (size_t done = 0, part; done < n; done += part) {
    part = n - done;
    uint8_t *to = piece(file, offset + done, &part);
    memcpy(to, (const uint8_t *)data + done, part);
  }
  return true;
}

void lode_memory_file_truncate(lode_memory_file *file, uint64_t size) {
  if (size >= file->size) return;
  file->size = size;
  const uint64_t behind = size > file->given_size ? size - file->given_size : 0;
  release_blocks(file, (size_t)((behind + BLOCK - 1) / BLOCK));
}

/* ---- for the host */

lode_status lode_wasm_memory_put(const char *name, void *data, size_t size) {
  if (lode_memory_file_find(name) != NULL) return LODE_E_BUSY;
  lode_memory_file *file = lode_memory_file_make(name);
  if (file == NULL) return LODE_E_NOMEM;
  file->given = data;
  file->given_size = size;
  file->size = size;
  return LODE_OK;
}

double lode_wasm_memory_size(const char *name) {
  const lode_memory_file *file = lode_memory_file_find(name);
  return file != NULL ? (double)file->size : -1;
}

size_t lode_wasm_memory_read(const char *name, double offset, void *out, size_t n) {
  const lode_memory_file *file = lode_memory_file_find(name);
  if (file == NULL || !(offset >= 0 && offset < 0x1p53)) return 0;
  return lode_memory_file_read(file, (uint64_t)offset, out, n);
}

void lode_wasm_memory_drop(const char *name) {
  lode_memory_file *file = lode_memory_file_find(name);
  if (file != NULL) lode_memory_file_remove(file);
  static const char end[] = "-journal";
  const size_t size = strlen(name);
  char *journal = malloc(size + sizeof end);
  if (journal == NULL) return; /* the name is free again; its journal is empty, and is used again */
  memcpy(journal, name, size);
  memcpy(journal + size, end, sizeof end);
  file = lode_memory_file_find(journal);
  if (file != NULL) lode_memory_file_remove(file);
  free(journal);
}
