/* Gram matrices of the inputs of linear ops, and rounding by them. */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "api/quantizing.h"
#include "api/rounding.h"
#include "base/cpu.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "model/quantize.h"

/* What is added to the diagonal, of its mean. This much, because the texts are few: between columns
 * that they happen not to tell apart it keeps errors from being moved far (docs/numerics.md). */
#define DAMPING 0.3

/* Rows of an input that are added to a Gram matrix together. */
enum { CHUNK = 128 };

typedef struct matrix {
  size_t op;
  size_t rows, cols;
  int64_t gather_cost, round_cost; /* multiply-adds, about */
  float *gram;                     /* [cols, cols] while its pass is under way */
} matrix;

/* A worker's memory for rounding. */
typedef struct desk {
  float *x;  /* [rows, cols] */
  int8_t *q; /* [rows, cols] */
  void *scratch;
} desk;

typedef struct compensation {
  const lode_model *model;
  const lode_weight *floats;
  const lode_gemm_kernel *gemm;
  lode_pool *pool;
  matrix *matrices;
  size_t count;
  size_t first, last; /* those of the pass */
  desk *desks;        /* one a worker */

  /* Of the input that is being added. */
  float *transposed; /* [cols, CHUNK] */
  const void **row;  /* [cols] */
  void *packed;
  matrix *at;
  size_t chunk;

  atomic_llong done; /* multiply-adds */
  int64_t total;
  atomic_bool cancelled;
} compensation;

static void progress(compensation *c, int64_t cost, int worker) {
  const int64_t done = atomic_fetch_add(&c->done, cost) + cost;
  const lode_quantizing *how = &c->model->quantizing;
  if (worker != 0 || !how->progress || c->cancelled) return;
  if (how->progress(how->progress_context, done, c->total) != 0) c->cancelled = true;
}

/* ---- texts */

/* About as many bytes as make a text of the longest kind. */
static size_t joined_size(const lode_model *model) {
  enum { LONGEST = 512, BYTES_PER_TOKEN = 4 };
  return BYTES_PER_TOKEN * (model->max_tokens < LONGEST ? model->max_tokens : LONGEST);
}

/* The calibration texts, and all of them again, joined to long ones: what stands late in a long
 * text looks different to a layer. */
static lode_status read_texts(const lode_model *model, lode_arena *arena, lode_text_batch *b,
                              lode_error *err) {
  size_t bytes = 0;
  for (size_t i = 0; i < lode_calibration_text_count; i++) {
    bytes += strlen(lode_calibration_texts[i]) + 1;
  }
  const char **texts = lode_arena_array(arena, 2 * lode_calibration_text_count, sizeof *texts);
  char *to = lode_arena_alloc(arena, bytes);
  if (!texts || !to) return lode_error_nomem(err);
  size_t count = 0;
  for (; count < lode_calibration_text_count; count++) texts[count] = lode_calibration_texts[count];
  const char *begin = to;
  for (size_t i = 0; i < lode_calibration_text_count; i++) {
    const size_t size = strlen(lode_calibration_texts[i]);
    memcpy(to, lode_calibration_texts[i], size);
    to += size;
    const bool full = (size_t)(to - begin) >= joined_size(model);
    const bool ends = full || i + 1 == lode_calibration_text_count;
    *to++ = ends ? '\0' : ' ';
    if (ends) {
      texts[count++] = begin;
      begin = to;
    }
  }
  return lode_text_batch_read(model, texts, count, b, err);
}

/* ---- gathering */

static void add_columns(void *arg, size_t item, int worker) {
  const compensation *c = arg;
  (void)worker;
  const size_t n = c->at->cols;
  const size_t begin = item * LODE_GRAM_BLOCK;
  const size_t end = begin + LODE_GRAM_BLOCK < n ? begin + LODE_GRAM_BLOCK : n;
  lode_gram_add(c->gemm, n, c->chunk, c->transposed, CHUNK, c->packed, begin, end, c->at->gram);
}

static void observe(void *context, const lode_op *op, size_t rows, size_t cols, const float *in,
                    size_t stride) {
  compensation *c = context;
  const size_t index = (size_t)(op - c->model->program.ops);
  c->at = NULL;
  for (size_t i = c->first; i < c->last; i++) {
    if (c->matrices[i].op == index) c->at = &c->matrices[i];
  }
  if (!c->at || c->cancelled) return;
  for (size_t begin = 0; begin < rows; begin += CHUNK, in += CHUNK * stride) {
    c->chunk = rows - begin < CHUNK ? rows - begin : CHUNK;
    for (size_t k = 0; k < cols; k++) {
      for (size_t r = 0; r < c->chunk; r++) c->transposed[k * CHUNK + r] = in[r * stride + k];
      c->row[k] = c->transposed + k * CHUNK;
    }
    lode_gemm_pack(c->gemm->layout, cols, c->chunk, c->row, 0,
                   (cols + c->gemm->layout->panel - 1) / c->gemm->layout->panel, c->packed);
    lode_pool_each(c->pool, (cols + LODE_GRAM_BLOCK - 1) / LODE_GRAM_BLOCK, add_columns, c);
    progress(c, (int64_t)(c->chunk * cols * (c->at->rows + cols / 2)), 0);
  }
}

static lode_status gather(compensation *c, lode_model *model, const lode_text_batch *b,
                          lode_weight *floats, lode_error *err) {
  const lode_job observing = {.observe = observe, .observer = c};
  lode_weight *integers = model->program.weights;
  model->program.weights = floats;
  const lode_status status = lode_text_batch_run_exactly(model, b, &observing, err);
  model->program.weights = integers;
  return status;
}

/* ---- rounding */

/* H of the input as it is multiplied, smoothed. */
static void smooth_gram(size_t n, const float *smooth, float *gram) {
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j <= i; j++) gram[i * n + j] *= smooth[i] * smooth[j];
  }
}

/* Row r of a part in steps of its scale; where all is 0, 0. */
static void row_in_steps(const lode_weight_part *floats, const lode_weight_part *part, size_t r,
                         size_t cols, const float *smooth, float *x) {
  const float scale = ((const float *)part->scale)[r];
  for (size_t k = 0; k < cols; k++) {
    float w = lode_weight_part_value(floats, r * cols + k);
    if (smooth) w /= smooth[k];
    x[k] = scale > 0.0f ? w / scale : 0.0f;
  }
}

static void round_matrix(void *arg, size_t item, int worker) {
  compensation *c = arg;
  matrix *m = &c->matrices[c->first + item];
  const desk *own = &c->desks[worker];
  if (c->cancelled) return;
  const int index = c->model->program.ops[m->op].u.linear.weight;
  const lode_weight *weight = &c->model->program.weights[index];
  if (weight->smooth) smooth_gram(m->cols, weight->smooth, m->gram);
  float *x = own->x;
  for (size_t p = 0; p < weight->part_count; p++) {
    for (size_t r = 0; r < weight->parts[p].rows; r++, x += m->cols) {
      row_in_steps(&c->floats[index].parts[p], &weight->parts[p], r, m->cols, weight->smooth, x);
    }
  }
  if (lode_round_compensated(c->gemm, m->rows, m->cols, own->x, m->gram, DAMPING,
                             LODE_QUANTIZE_MOST, own->q, own->scratch)) {
    const int8_t *q = own->q;
    for (size_t p = 0; p < weight->part_count; p++) {
      const size_t size = weight->parts[p].rows * m->cols;
      memcpy((void *)weight->parts[p].data, q, size); /* made by lode_program_quantize */
      q += size;
    }
  }
  progress(c, m->round_cost, worker);
}

/* ---- the whole */

static int by_cost(const void *a, const void *b) {
  const matrix *x = a, *y = b;
  if (x->round_cost != y->round_cost) return x->round_cost < y->round_cost ? 1 : -1;
  return x->op < y->op ? -1 : x->op > y->op;
}

static size_t gram_bytes(const matrix *m) {
  return m->cols * m->cols * sizeof(float); /* LODE_QUANTIZE_MAX_COLS is no more than 2^17 */
}

/* Costliest first. */
static void list_matrices(compensation *c, size_t tokens, size_t memory) {
  const lode_program *program = &c->model->program;
  for (size_t i = 0; i < program->op_count; i++) {
    const lode_op *op = &program->ops[i];
    if (op->kind != LODE_OP_LINEAR) continue;
    const lode_weight *now = &program->weights[op->u.linear.weight];
    const lode_weight *before = &c->floats[op->u.linear.weight];
    matrix m = {.op = i, .rows = now->rows, .cols = now->cols};
    if (now->parts[0].dtype != LODE_DTYPE_I8 || before->parts[0].dtype == LODE_DTYPE_I8 ||
        gram_bytes(&m) > memory) {
      continue;
    }
    m.gather_cost = (int64_t)(tokens * m.cols * (m.rows + m.cols / 2));
    m.round_cost = (int64_t)(m.cols * m.cols * (m.rows + m.cols / 3));
    c->total += m.gather_cost + m.round_cost;
    c->matrices[c->count++] = m;
  }
  qsort(c->matrices, c->count, sizeof *c->matrices, by_cost);
}

/* Memory that all passes share. */
static bool reserve(compensation *c, lode_arena *arena) {
  size_t cols = 0, elements = 0, scratch = 0;
  for (size_t i = 0; i < c->count; i++) {
    const matrix *m = &c->matrices[i];
    const size_t bytes = lode_rounding_scratch(c->gemm, m->rows, m->cols);
    if (bytes == 0) return false;
    if (m->cols > cols) cols = m->cols;
    if (m->rows * m->cols > elements) elements = m->rows * m->cols;
    if (bytes > scratch) scratch = bytes;
  }
  c->transposed = lode_arena_array(arena, cols, CHUNK * sizeof *c->transposed);
  c->row = lode_arena_array(arena, cols, sizeof *c->row);
  c->packed = lode_aligned_alloc(lode_gemm_packed_size(c->gemm->layout, cols, CHUNK));
  c->desks = lode_arena_array(arena, (size_t)lode_pool_size(c->pool), sizeof *c->desks);
  if (!c->transposed || !c->row || !c->packed || !c->desks) return false;
  for (int w = 0; w < lode_pool_size(c->pool); w++) {
    desk *own = &c->desks[w];
    own->x = lode_arena_array(arena, elements, sizeof *own->x);
    own->q = lode_arena_array(arena, elements, sizeof *own->q);
    own->scratch = lode_aligned_alloc(scratch);
    if (!own->x || !own->q || !own->scratch) return false;
  }
  return true;
}

static void release(compensation *c) {
  for (int w = 0; c->desks && w < lode_pool_size(c->pool); w++) {
    lode_aligned_free(c->desks[w].scratch);
  }
  lode_aligned_free(c->packed);
}

/* Matrices [first, last): as many as there is memory for. */
static lode_status run_pass(compensation *c, lode_model *model, const lode_text_batch *b,
                            lode_weight *floats, size_t memory, lode_error *err) {
  lode_arena arena = {0};
  size_t used = 0;
  lode_status status = LODE_OK;
  for (c->last = c->first; c->last < c->count; c->last++) {
    matrix *m = &c->matrices[c->last];
    used += gram_bytes(m);
    if (used > memory) break;
    m->gram = lode_arena_alloc(&arena, gram_bytes(m));
    if (!m->gram) status = lode_error_nomem(err);
    if (status != LODE_OK) break;
  }
  if (status == LODE_OK) status = gather(c, model, b, floats, err);
  if (status == LODE_OK) lode_pool_each(c->pool, c->last - c->first, round_matrix, c);
  if (status == LODE_OK && c->cancelled) {
    status = lode_error_set(err, LODE_E_CANCELLED, -1, -1, "rounding the weights was cancelled");
  }
  lode_arena_free(&arena);
  return status;
}

static size_t token_count(const lode_text_batch *b) {
  return b->start ? b->start[b->count] : 0;
}

static lode_status run_passes(compensation *c, lode_model *model, lode_weight *floats,
                              size_t memory, lode_arena *arena, lode_error *err) {
  lode_text_batch b = {0};
  lode_status status = read_texts(model, arena, &b, err);
  if (status == LODE_OK) {
    list_matrices(c, token_count(&b), memory);
    if (c->count > 0 && !reserve(c, arena)) status = lode_error_nomem(err);
  }
  while (c->first < c->count && status == LODE_OK) {
    status = run_pass(c, model, &b, floats, memory, err);
    c->first = c->last;
  }
  lode_text_batch_free(&b);
  return status;
}

lode_status lode_model_compensate(lode_model *model, lode_weight *floats, size_t memory,
                                  lode_error *err) {
  lode_arena arena = {0};
  compensation c = {
      .model = model, .floats = floats, .gemm = lode_gemm_f32_select(model->features)};
  matrix *matrices = lode_arena_array(&arena, model->program.op_count, sizeof *matrices);
  if (!matrices) return lode_error_nomem(err);
  c.matrices = matrices;
  c.pool = lode_pool_new(lode_cpu_count());
  const lode_status status =
      c.pool ? run_passes(&c, model, floats, memory, &arena, err) : lode_error_nomem(err);
  release(&c);
  lode_pool_free(c.pool);
  lode_arena_free(&arena);
  return status;
}
