/* One of Snowball's stemmers as a module that imports nothing: lode-stem-<language>.wasm.
 *
 *   word() -> i32        where the host puts a word, WORD_MAX bytes of UTF-8 in lower case
 *   stem(i32 size) -> i32  the stem's bytes, which then are there; -1: out of memory
 *
 * LODE_STEMMER is the stemmer's name. */
#include <stdint.h>
#include <string.h>

#include "api.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define CREATE JOIN(LODE_STEMMER, _UTF_8_create_env)
#define STEM JOIN(LODE_STEMMER, _UTF_8_stem)

enum { WORD_MAX = 512, HEAP = 65536, ALIGN = 8 };

struct SN_env *CREATE(void);
int STEM(struct SN_env *env);

/* ---- memory: Snowball asks for little, once, and for more where a word is longer than all before
 */

static _Alignas(ALIGN) uint8_t heap[HEAP];
static size_t heap_used;

/* In the place of the C library's, which are larger than most stemmers. */
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t size);
void free(void *p);

void *malloc(size_t size) {
  const size_t needed = (size + 2 * ALIGN - 1) / ALIGN * ALIGN; /* the size in front */
  if (size > HEAP || needed > HEAP - heap_used) return NULL;
  uint8_t *p = heap + heap_used;
  memcpy(p, &size, sizeof size);
  heap_used += needed;
  return p + ALIGN;
}

void *calloc(size_t n, size_t size) {
  if (n == 0 || size == 0) return malloc(1);
  return size > HEAP / n ? NULL : malloc(n * size); /* fresh memory is 0 */
}

void *realloc(void *p, size_t size) {
  void *larger = malloc(size);
  if (!larger || !p) return larger;
  size_t old;
  memcpy(&old, (uint8_t *)p - ALIGN, sizeof old);
  memcpy(larger, p, old < size ? old : size);
  return larger;
}

void free(void *p) {
  (void)p;
}

/* ---- words */

static symbol buffer[WORD_MAX];
static struct SN_env *env;

__attribute__((export_name("word"))) symbol *word(void) {
  return buffer;
}

__attribute__((export_name("stem"))) int stem(int size) {
  if (!env) env = CREATE();
  if (!env || size < 0 || size > WORD_MAX || SN_set_current(env, size, buffer) < 0) return -1;
  env->l = size;
  if (STEM(env) < 0 || env->l > WORD_MAX) return -1;
  memcpy(buffer, env->p, (size_t)env->l);
  return env->l;
}
