/* Lists are found by k-means over directions. Sums are of integers and in one order, so that every
 * machine makes the same lists of the same vectors. */
#include "index/sealed/write_lists.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "index/sealed/centres.h"
#include "index/vectors/vectors.h"
#include "kernels/scan_i8/scan_i8.h"

enum {
  LIST_ROWS = 46,   /* of a list, on average: 12 KB of 256 dimensions */
  LIST_MOST = 256,  /* more that are alike are several lists */
  SAMPLE = 24,      /* vectors for each centre that it is made of */
  ROUNDS = 8,       /* of k-means */
  ASK_EVERY = 4096, /* vectors between two looks at whether to go on */
};

typedef struct listing {
  const lode_sealed_listing *in;
  const lode_scan_i8_kernel *scan;
  lode_sealed_centres centres;
  lode_buffer sums;      /* int32_t [centres] */
  lode_buffer centre_of; /* uint32_t [count]: the centre of each */
  lode_buffer order;     /* uint32_t [count]: by centre */
  lode_buffer lists;     /* lode_sealed_entry */
  lode_buffer list_centres;
  lode_buffer list_of; /* uint32_t [count] */
  size_t list_count;
  lode_bytes file;
  lode_arena arena;
} listing;

static const int8_t *row_of(const lode_sealed_listing *in, size_t i) {
  return (const int8_t *)lode_bytes_data(in->rows) + i * in->dim;
}

static float scale_of(const lode_sealed_listing *in, size_t i) {
  lode_cursor c = lode_cursor_of(lode_bytes_data(in->scales) + 4 * i, 4);
  return lode_cursor_float(&c);
}

static lode_status interrupted(const lode_sealed_listing *in, lode_error *err) {
  if (in->interrupted == NULL || in->interrupted(in->user) == 0) return LODE_OK;
  return lode_error_set(err, LODE_E_CANCELLED, -1, -1, "interrupted");
}

static uint32_t nearest(const listing *l, const int8_t *row) {
  const lode_sealed_centres *c = &l->centres;
  int32_t *sums = l->sums.data;
  l->scan->run(c->count, l->in->dim, c->rows, row, sums);
  size_t best = 0;
  float most = -INFINITY;
  for (size_t i = 0; i < c->count; i++) {
    const float score = (float)sums[i] * c->scales[i];
    if (score > most) {
      most = score;
      best = i;
    }
  }
  return (uint32_t)best;
}

/* ---------------------------------------------------------------- centres */

typedef struct learning {
  size_t count;
  double *sums;   /* [count, dim] */
  size_t *joined; /* [count] */
  float *vectors; /* [count, dim] of unit length */
} learning;

/* A new centre is where those that have joined point; where nobody has, it stays. */
static void settle(learning *g, size_t dim) {
  for (size_t k = 0; k < g->count; k++) {
    const double *sum = g->sums + k * dim;
    double square = 0;
    for (size_t i = 0; i < dim; i++) square += sum[i] * sum[i];
    if (g->joined[k] == 0 || !(square > 0)) continue;
    const double scale = 1 / sqrt(square);
    for (size_t i = 0; i < dim; i++) g->vectors[k * dim + i] = (float)(sum[i] * scale);
  }
}

static void join(learning *g, const lode_sealed_listing *in, size_t row, size_t centre) {
  const int8_t *values = row_of(in, row);
  const double scale = (double)scale_of(in, row);
  double *sum = g->sums + centre * in->dim;
  for (size_t i = 0; i < in->dim; i++) sum[i] += scale * (double)values[i];
  g->joined[centre]++;
}

static void forget(learning *g, size_t dim) {
  memset(g->sums, 0, g->count * dim * sizeof *g->sums);
  memset(g->joined, 0, g->count * sizeof *g->joined);
}

/* The centres as rows, to compare with. */
static void encode(const learning *g, size_t dim, lode_sealed_centres *out) {
  for (size_t k = 0; k < g->count; k++) {
    (void)lode_vectors_encode(dim, g->vectors + k * dim, out->rows + k * dim, &out->scales[k],
                              NULL);
  }
}

/* The sample is every so many vectors, and the first centres are every so many of it. */
static lode_status learn(listing *l, learning *g, lode_error *err) {
  const lode_sealed_listing *in = l->in;
  const size_t sample = in->count < g->count * SAMPLE ? in->count : g->count * SAMPLE;
  forget(g, in->dim);
  for (size_t k = 0; k < g->count; k++) join(g, in, k * in->count / g->count, k);
  settle(g, in->dim);
  for (int round = 0; round < ROUNDS; round++) {
    encode(g, in->dim, &l->centres);
    forget(g, in->dim);
    for (size_t i = 0; i < sample; i++) {
      const size_t row = i * in->count / sample;
      const lode_status status = i % ASK_EVERY == 0 ? interrupted(in, err) : LODE_OK;
      if (status != LODE_OK) return status;
      join(g, in, row, nearest(l, row_of(in, row)));
    }
    settle(g, in->dim);
  }
  return LODE_OK;
}

static lode_status make_centres(listing *l, lode_error *err) {
  const lode_sealed_listing *in = l->in;
  learning g = {.count = (in->count + LIST_ROWS - 1) / LIST_ROWS};
  g.sums = lode_arena_array(&l->arena, g.count * in->dim, sizeof *g.sums);
  g.joined = lode_arena_array(&l->arena, g.count, sizeof *g.joined);
  g.vectors = lode_arena_array(&l->arena, g.count * in->dim, sizeof *g.vectors);
  l->centres = (lode_sealed_centres){
      .count = g.count,
      .rows = lode_arena_array(&l->arena, g.count, in->dim),
      .scales = lode_arena_array(&l->arena, g.count, sizeof *l->centres.scales)};
  if (g.sums == NULL || g.joined == NULL || g.vectors == NULL || l->centres.rows == NULL ||
      l->centres.scales == NULL || !lode_buffer_reserve(&l->sums, g.count, sizeof(int32_t), 0)) {
    return lode_error_nomem(err);
  }
  const lode_status status = learn(l, &g, err);
  if (status == LODE_OK) {
    lode_sealed_centres_write(g.vectors, g.count, in->dim, in->count, &l->file);
    if (l->file.failed) return lode_error_nomem(err);
  }
  return status;
}

/* Reads what a reader will read: lists are of these, whoever wrote the file. */
static lode_status read_centres(listing *l, const void *data, size_t size, bool *fit,
                                lode_error *err) {
  *fit = false;
  if (size < LODE_SEALED_KIND || memcmp(data, "LSC1", LODE_SEALED_KIND) != 0) return LODE_OK;
  lode_cursor c = lode_cursor_of((const uint8_t *)data + LODE_SEALED_KIND, size - LODE_SEALED_KIND);
  if (!lode_sealed_centres_read(&c, l->in->dim, &l->arena, &l->centres) ||
      !lode_buffer_reserve(&l->sums, l->centres.count, sizeof(int32_t), 0)) {
    return lode_error_nomem(err);
  }
  const uint64_t was = l->centres.made_of;
  *fit = !c.bad && l->centres.count > 0 && was / 2 <= l->in->count && l->in->count / 2 <= was;
  return LODE_OK;
}

static lode_status get_centres(listing *l, lode_error *err) {
  const lode_sealed_listing *in = l->in;
  bool fit = false;
  lode_status status = LODE_OK;
  if (in->old != NULL) status = read_centres(l, in->old, in->old_size, &fit, err);
  if (status == LODE_OK && fit) {
    l->file.size = 0;
    lode_bytes_add(&l->file, in->old, in->old_size);
    return l->file.failed ? lode_error_nomem(err) : LODE_OK;
  }
  if (status == LODE_OK) status = make_centres(l, err);
  if (status == LODE_OK) {
    status = read_centres(l, lode_bytes_data(&l->file), l->file.size, &fit, err);
  }
  if (status != LODE_OK || fit) return status;
  return lode_error_set(err, LODE_E_FORMAT, -1, -1, "vectors: lists cannot be made of them");
}

/* ---------------------------------------------------------------- lists */

/* centre_of, and the rows in its order. */
static lode_status assign(listing *l, lode_error *err) {
  const lode_sealed_listing *in = l->in;
  const size_t k = l->centres.count;
  if (!lode_buffer_reserve(&l->centre_of, in->count, sizeof(uint32_t), 0) ||
      !lode_buffer_reserve(&l->order, in->count, sizeof(uint32_t), 0) ||
      !lode_buffer_reserve(&l->list_of, in->count, sizeof(uint32_t), 0)) {
    return lode_error_nomem(err);
  }
  uint32_t *centre = l->centre_of.data;
  uint32_t *order = l->order.data;
  size_t *first = lode_arena_array(&l->arena, k + 1, sizeof *first);
  if (first == NULL) return lode_error_nomem(err);
  for (size_t i = 0; i < in->count; i++) {
    const lode_status status = i % ASK_EVERY == 0 ? interrupted(in, err) : LODE_OK;
    if (status != LODE_OK) return status;
    centre[i] = nearest(l, row_of(in, i));
    first[centre[i] + 1]++;
  }
  for (size_t i = 0; i < k; i++) first[i + 1] += first[i];
  for (size_t i = 0; i < in->count; i++) order[first[centre[i]]++] = (uint32_t)i;
  return LODE_OK;
}

/* The list of rows order[from .. to). */
static lode_status write_list(listing *l, size_t from, size_t to, uint64_t *bytes,
                              lode_error *err) {
  const lode_sealed_listing *in = l->in;
  const uint32_t *order = l->order.data;
  lode_bytes *out = &l->file;
  out->size = 0;
  lode_bytes_add(out, "LSW1", LODE_SEALED_KIND);
  lode_bytes_number(out, to - from);
  lode_sealed_owner last = {0};
  for (size_t i = from; i < to; i++) {
    const lode_sealed_owner *owner = &in->owners[order[i]];
    const bool same = owner->document == last.document && i > from;
    lode_bytes_number(out, owner->document - last.document);
    lode_bytes_number(out, owner->ordinal - (same ? last.ordinal : 0));
    last = *owner;
    ((uint32_t *)l->list_of.data)[order[i]] = (uint32_t)l->list_count;
  }
  for (size_t i = from; i < to; i++) {
    lode_bytes_add(out, lode_bytes_data(in->scales) + 4 * (size_t)order[i], 4);
  }
  for (size_t i = from; i < to; i++) lode_bytes_add(out, row_of(in, order[i]), in->dim);
  const size_t used = l->list_count * sizeof(lode_sealed_entry);
  const size_t centres_used = l->list_count * sizeof(uint32_t);
  if (!lode_buffer_reserve(&l->lists, l->list_count + 1, sizeof(lode_sealed_entry), used) ||
      !lode_buffer_reserve(&l->list_centres, l->list_count + 1, sizeof(uint32_t), centres_used)) {
    return lode_error_nomem(err);
  }
  lode_sealed_entry *entry = (lode_sealed_entry *)l->lists.data + l->list_count;
  ((uint32_t *)l->list_centres.data)[l->list_count++] =
      ((uint32_t *)l->centre_of.data)[order[from]];
  *bytes += out->size;
  return lode_sealed_put(in->sink, out, entry, err);
}

static lode_status write_lists(listing *l, uint64_t *bytes, lode_error *err) {
  const uint32_t *order = l->order.data;
  const uint32_t *centre = l->centre_of.data;
  lode_status status = LODE_OK;
  size_t to = 0;
  for (size_t from = 0; from < l->in->count && status == LODE_OK; from = to) {
    while (to < l->in->count && to - from < LIST_MOST && centre[order[to]] == centre[order[from]]) {
      to++;
    }
    status = write_list(l, from, to, bytes, err);
  }
  return status;
}

/* ---------------------------------------------------------------- places */

static int rising(const void *a, const void *b) {
  const uint32_t x = *(const uint32_t *)a;
  const uint32_t y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* lists [n], in any order and several times, which are sorted on the way. */
static void write_numbers(uint32_t *lists, size_t n, lode_bytes *out) {
  size_t different = 1;
  qsort(lists, n, sizeof *lists, rising);
  for (size_t i = 1; i < n; i++) {
    if (lists[i] != lists[different - 1]) lists[different++] = lists[i];
  }
  lode_bytes_number(out, different);
  uint32_t last = 0;
  for (size_t i = 0; i < different; i++) {
    lode_bytes_number(out, lists[i] - last);
    last = lists[i];
  }
}

static void write_places(listing *l, lode_bytes *out) {
  const lode_sealed_listing *in = l->in;
  const lode_sealed_entry *lists = l->lists.data;
  const uint32_t *centres = l->list_centres.data;
  uint32_t *list_of = l->list_of.data;
  out->size = 0;
  lode_bytes_add(out, "LSN1", LODE_SEALED_KIND);
  lode_bytes_number(out, l->list_count);
  for (size_t i = 0; i < l->list_count; i++) {
    lode_bytes_number(out, centres[i] - (i > 0 ? centres[i - 1] : 0));
    lode_bytes_add(out, lists[i].name, LODE_SEALED_NAME);
    lode_bytes_number(out, lists[i].size);
  }
  size_t documents = 0;
  for (size_t i = 0; i < in->count; i++) {
    documents += i == 0 || in->owners[i].document != in->owners[i - 1].document;
  }
  lode_bytes_number(out, documents);
  uint32_t last = 0;
  size_t to = 0;
  for (size_t from = 0; from < in->count; from = to) {
    const uint32_t document = in->owners[from].document;
    while (to < in->count && in->owners[to].document == document) to++;
    lode_bytes_number(out, document - last);
    write_numbers(list_of + from, to - from, out);
    last = document;
  }
}

/* ---------------------------------------------------------------- all of it */

static lode_status write_all(listing *l, lode_sealed_listed_files *out, lode_error *err) {
  lode_status status = get_centres(l, err);
  if (status == LODE_OK) status = lode_sealed_put(l->in->sink, &l->file, &out->centres, err);
  if (status == LODE_OK) status = assign(l, err);
  if (status == LODE_OK) status = write_lists(l, &out->bytes, err);
  if (status != LODE_OK) return status;
  write_places(l, &l->file);
  status = lode_sealed_put(l->in->sink, &l->file, &out->places, err);
  out->near_bytes = out->centres.size + out->places.size;
  out->bytes += out->near_bytes;
  return status;
}

lode_status lode_sealed_lists_write(const lode_sealed_listing *in, lode_sealed_listed_files *out,
                                    lode_error *err) {
  bool known; /* an unknown $LODE_ISA is no cap here: opening a model is what complains */
  listing l = {.in = in, .scan = lode_scan_i8_select(lode_cpu_features(NULL, &known))};
  *out = (lode_sealed_listed_files){.bytes = 0};
  const lode_status status = write_all(&l, out, err);
  lode_buffer_free(&l.sums);
  lode_buffer_free(&l.centre_of);
  lode_buffer_free(&l.order);
  lode_buffer_free(&l.lists);
  lode_buffer_free(&l.list_centres);
  lode_buffer_free(&l.list_of);
  lode_bytes_free(&l.file);
  lode_arena_free(&l.arena);
  return status;
}
