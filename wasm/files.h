/* Files of a module, which SQLite reaches through vfs.c: those in memory, and those that the host
 * keeps. A module has one thread that uses them. */
#ifndef LODE_WASM_FILES_H
#define LODE_WASM_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lode.h"

/* ---- in memory (files_memory.c) */

typedef struct lode_memory_file lode_memory_file;

/* A file under this name, which begins as `data`, [size]: memory of lode_wasm_alloc that belongs to
 * the file from here on, unless this fails; NULL with 0: an empty file. LODE_E_BUSY: there is one
 * of that name. */
lode_status lode_wasm_memory_put(const char *name, void *data, size_t size);
/* Its size in bytes; -1: there is none. */
double lode_wasm_memory_size(const char *name);
/* Copies what lies at offset .. offset + n - 1 and inside of the file; returns how much that was.
 */
size_t lode_wasm_memory_read(const char *name, double offset, void *out, size_t n);
/* The file, and its journal. Those that are open stay until they are closed. */
void lode_wasm_memory_drop(const char *name);

/* For vfs.c. */
lode_memory_file *lode_memory_file_find(const char *name);
/* NULL: no memory. */
lode_memory_file *lode_memory_file_make(const char *name);
void lode_memory_file_remove(lode_memory_file *file);
/* False: it is open, and one of the two writes. */
bool lode_memory_file_open(lode_memory_file *file, bool writes);
void lode_memory_file_close(lode_memory_file *file);
uint64_t lode_memory_file_size(const lode_memory_file *file);
/* Returns how many bytes there were. */
size_t lode_memory_file_read(const lode_memory_file *file, uint64_t offset, void *out, size_t n);
/* False: no memory; the file is as it was, but may have grown. */
bool lode_memory_file_write(lode_memory_file *file, uint64_t offset, const void *data, size_t n);
void lode_memory_file_truncate(lode_memory_file *file, uint64_t size);

/* ---- of the host: imports of the module `lode` */

/* What they return instead of a handle, a count or 0. */
enum {
  HOST_MISSING = -1,
  HOST_BUSY = -2, /* in use, by this module or by another */
  HOST_FULL = -3,
  HOST_READ_ONLY = -4,
  HOST_FAILED = -5,
};
enum { HOST_CREATE = 1, HOST_WRITE = 2 };

#define HOST(name) __attribute__((import_module("lode"), import_name(#name)))
HOST(file_open) int host_file_open(const char *name, int flags);
HOST(file_close) void host_file_close(int file);
/* Fewer than n bytes: the file ends there. */
HOST(file_read) int host_file_read(int file, void *out, size_t n, double offset);
/* All of it, or an error. */
HOST(file_write) int host_file_write(int file, const void *data, size_t n, double offset);
HOST(file_truncate) int host_file_truncate(int file, double size);
HOST(file_flush) int host_file_flush(int file);
HOST(file_size) double host_file_size(int file);
HOST(file_exists) int host_file_exists(const char *name); /* and has a byte at least */
HOST(file_delete) int host_file_delete(const char *name);
HOST(random) void host_random(void *out, size_t n);

#endif
