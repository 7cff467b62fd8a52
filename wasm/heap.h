/* The functions of heap.c have the C library's names, or in tests others beside those. */
#ifndef LODE_WASM_HEAP_H
#define LODE_WASM_HEAP_H

#include <stddef.h>

void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t size);
void *aligned_alloc(size_t align, size_t size);
int posix_memalign(void **out, size_t align, size_t size);
void free(void *p);

#ifndef LODE_HEAP_TEST
extern char __heap_base; /* the linker's */
#define LODE_HEAP_BASE __heap_base
#endif

#endif
