/* Positions, and the two lists of words that slips of typing are looked up in. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "index/sealed/write_parts.h"
#include "index/search/typo.h"

lode_status lode_sealed_positions_write(const lode_gather *g, lode_cut *cut, lode_error *err) {
  lode_bytes content = {0};
  lode_status status = LODE_OK;
  for (size_t i = 0; i < g->term_count && status == LODE_OK; i++) {
    const lode_gathered_term *term = &lode_gather_terms(g)[g->order[i]];
    content.size = 0;
    lode_chain_copy(&term->positions, &content);
    status = lode_cut_add(cut, term->text, &content, true, err);
  }
  lode_bytes_free(&content);
  return status == LODE_OK ? lode_cut_end(cut, err) : status;
}

lode_status lode_sealed_lexicon_write(const lode_gather *g, lode_cut *cut, lode_error *err) {
  lode_bytes content = {0};
  lode_status status = LODE_OK;
  for (size_t i = 0; i < g->term_count && status == LODE_OK; i++) {
    const lode_gathered_term *term = &lode_gather_terms(g)[g->order[i]];
    content.size = 0;
    lode_bytes_number(&content, term->documents);
    status = lode_cut_add(cut, term->text, &content, false, err);
  }
  lode_bytes_free(&content);
  return status == LODE_OK ? lode_cut_end(cut, err) : status;
}

typedef struct reversed {
  const char *text; /* its letters in the reverse order */
  uint32_t number;
  uint32_t size;
} reversed;

static int by_text(const void *a, const void *b) {
  const reversed *x = a;
  const reversed *y = b;
  return lode_key_compare((lode_text){x->text, x->size}, (lode_text){y->text, y->size});
}

static bool reverse_all(const lode_gather *g, lode_arena *arena, reversed *list, size_t *count) {
  for (size_t i = 0; i < g->term_count; i++) {
    const lode_text text = lode_gather_terms(g)[i].text;
    uint32_t letters[LODE_TYPO_MAX + 1];
    const size_t n = lode_typo_letters(text, letters, LODE_TYPO_MAX + 1);
    if (n == SIZE_MAX || n + 1 < LODE_TYPO_MIN) continue;
    char *turned = lode_arena_alloc(arena, text.size + 1);
    if (turned == NULL) return false;
    size_t size = 0;
    for (size_t k = n; k-- > 0;) size += lode_utf8_put(turned + size, letters[k]);
    list[(*count)++] = (reversed){turned, (uint32_t)i, (uint32_t)size};
  }
  return true;
}

lode_status lode_sealed_suffixes_write(const lode_gather *g, lode_cut *cut, lode_error *err) {
  lode_arena arena = {0};
  lode_bytes content = {0};
  size_t count = 0;
  reversed *list = malloc((g->term_count + 1) * sizeof *list);
  lode_status status = LODE_OK;
  if (list == NULL || !reverse_all(g, &arena, list, &count)) status = lode_error_nomem(err);
  if (status == LODE_OK && list != NULL) qsort(list, count, sizeof *list, by_text);
  for (size_t i = 0; i < count && status == LODE_OK; i++) {
    content.size = 0;
    lode_bytes_number(&content, lode_gather_terms(g)[list[i].number].documents);
    status = lode_cut_add(cut, (lode_text){list[i].text, list[i].size}, &content, false, err);
  }
  free(list);
  lode_bytes_free(&content);
  lode_arena_free(&arena);
  return status == LODE_OK ? lode_cut_end(cut, err) : status;
}
