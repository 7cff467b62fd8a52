#include "rank.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_worse(const cli_match *a, const cli_match *b) {
  if (a->score != b->score) return a->score < b->score;
  return a->index > b->index;
}

static void swap(cli_match *a, cli_match *b) {
  cli_match other = *a;
  *a = *b;
  *b = other;
}

static void sift_down(cli_match *heap, size_t count) {
  size_t at = 0;
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= count) return;
    if (child + 1 < count && is_worse(&heap[child + 1], &heap[child])) child++;
    if (!is_worse(&heap[child], &heap[at])) return;
    swap(&heap[child], &heap[at]);
    at = child;
  }
}

static void sift_up(cli_match *heap, size_t at) {
  while (at > 0 && is_worse(&heap[at], &heap[(at - 1) / 2])) {
    swap(&heap[at], &heap[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
}

static void free_match(cli_match *match) {
  free(match->text);
  free(match->id);
}

static char *copy(const char *data, size_t size) {
  char *bytes = malloc(size > 0 ? size : 1);
  if (bytes != NULL && size > 0) memcpy(bytes, data, size);
  return bytes;
}

static cli_status reserve(cli_rank *rank, cli_error *err) {
  if (rank->count < rank->capacity) return CLI_OK;
  size_t capacity = rank->capacity > 0 ? 2 * rank->capacity : 16;
  if (capacity > SIZE_MAX / sizeof *rank->heap) return cli_fail_memory(err);
  cli_match *heap = realloc(rank->heap, capacity * sizeof *heap);
  if (heap == NULL) return cli_fail_memory(err);
  rank->heap = heap;
  rank->capacity = capacity;
  return CLI_OK;
}

cli_status cli_rank_offer(cli_rank *rank, float score, int64_t index, int64_t line, lode_text text,
                          const lode_text *id, cli_error *err) {
  cli_match match = {.score = score, .index = index, .line = line};
  bool full = rank->limit > 0 && rank->count == rank->limit;
  if (full && !is_worse(&rank->heap[0], &match)) return CLI_OK;
  cli_status status = full ? CLI_OK : reserve(rank, err);
  if (status != CLI_OK) return status;
  match.text = copy(text.data, text.size);
  match.text_size = text.size;
  if (id != NULL) {
    match.id = copy(id->data, id->size);
    match.id_size = id->size;
  }
  if (match.text == NULL || (id != NULL && match.id == NULL)) {
    free_match(&match);
    return cli_fail_memory(err);
  }
  if (full) {
    free_match(&rank->heap[0]);
    rank->heap[0] = match;
    sift_down(rank->heap, rank->count);
  } else {
    rank->heap[rank->count++] = match;
    sift_up(rank->heap, rank->count - 1);
  }
  return CLI_OK;
}

void cli_rank_sort(cli_rank *rank) {
  /* Heap sort: the worst goes to the end, again and again, which leaves the best first. */
  for (size_t end = rank->count; end > 1; end--) {
    swap(&rank->heap[0], &rank->heap[end - 1]);
    sift_down(rank->heap, end - 1);
  }
}

void cli_rank_free(cli_rank *rank) {
  for (size_t i = 0; i < rank->count; i++) free_match(&rank->heap[i]);
  free(rank->heap);
  *rank = (cli_rank){0};
}
