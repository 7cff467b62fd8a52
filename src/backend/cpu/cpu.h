/* The CPU backend's own structures.
 *
 * prepare.c   weights -> packed panels, tables, vectors
 * schedule.c  sequences -> groups, and who computes what: batch or latency mode
 * execute.c   one group through the program, alone or as a team
 * session.c   memory, and the entry points of backend.h */
#ifndef LODE_BACKEND_CPU_H
#define LODE_BACKEND_CPU_H

#include "backend/backend.h"
#include "kernels/activation/activation.h"
#include "kernels/attention_bf16/attention_bf16.h"
#include "kernels/attention_f32/attention_f32.h"
#include "kernels/attention_i8/attention_i8.h"
#include "kernels/bag/bag.h"
#include "kernels/convert/convert.h"
#include "kernels/gemm_bf16/gemm_bf16.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/gemm_i8/gemm_i8.h"
#include "kernels/norm/norm.h"
#include "kernels/pool/pool.h"
#include "kernels/quantize/quantize.h"
#include "model/memory_plan.h"

/* A weight as this backend wants it: a matrix, a vector or a table. */
typedef struct lode_cpu_weight {
  const void *packed;            /* a LINEAR's matrix, packed by and for `gemm`, */
  const lode_gemm_kernel *gemm;  /* which multiplies */
  lode_dtype kind;               /* F32, BF16 or I8 */
  const float *scale;            /* I8: [rows] */
  const float *smooth;           /* I8: [cols], or NULL */
  const float *vector;           /* [rows * cols] copied, f32 */
  const lode_weight_part *table; /* looked up by rows where it lies */
} lode_cpu_weight;

/* Rows of activations as a LINEAR multiplies them, made from f32 right before it: bf16 or s8.
 * How far apart they are is lode_cpu_operand_ld's to say. */
typedef struct lode_cpu_operand {
  void *rows;
  float *scale; /* s8: [rows] */
  int32_t *sum; /* s8: [rows] */
} lode_cpu_operand;

/* What an operand's arrays lie in. */
typedef struct lode_cpu_operand_memory {
  lode_buffer rows, scale, sum;
} lode_cpu_operand_memory;

/* Elements from one row of an operand to the next, for rows of k; whole cache lines. */
static inline size_t lode_cpu_operand_ld(lode_dtype kind, size_t k) {
  const size_t line = kind == LODE_DTYPE_I8 ? LODE_ALIGN : LODE_ALIGN / sizeof(uint16_t);
  return (k + line - 1) / line * line;
}

/* Ops that can follow each other on the same rows without looking at other rows. */
typedef struct lode_cpu_segment {
  size_t first, last; /* ops [first, last) */
  bool row_local;
  lode_extent extent; /* of the ops' outputs */
} lode_cpu_segment;

struct lode_prepared {
  const lode_program *program;
  lode_dtype dtype; /* of floats' products: F32 or BF16 */
  const lode_gemm_kernel *gemm_f32, *gemm_bf16, *gemm_i8;
  const lode_quantize_kernel *quantize;
  const lode_attention_kernel *attention;
  const lode_norm_kernel *norm;
  const lode_pool_kernel *pool;
  const lode_convert_kernel *convert;
  const lode_bag_kernel *bag;
  bool is_bag; /* the first two ops, EMBED and POOL, are one, unless rows of tokens are wanted */
  lode_cpu_weight *weights; /* [weight_count] */
  size_t weight_bytes;
  lode_memory_plan plan;
  lode_cpu_segment *segments;
  size_t segment_count;
  size_t token_segments;    /* segments [0, token_segments) lead to token_value */
  double cost_per_token;    /* flops of the linear ops */
  double cost_per_pair;     /* flops of attention, a pair of tokens */
  size_t operand_row_bytes; /* of the longest row of an operand; 0: all linear ops take f32 */
  void *packed;             /* owned: all packed matrices, in execution order */
  float *vectors;           /* owned */
  lode_weight_role *roles;  /* [weight_count] */
  size_t ready;             /* weights that are laid out: the first so many */
  char *packed_end;         /* in `packed` and `vectors`: where the next one goes */
  float *vectors_end;
  lode_arena arena;
};

/* A group of sequences on its way through the program, and its memory. */
typedef struct lode_cpu_lane {
  size_t tokens, sequences;
  lode_buffer ids, types, positions; /* int32 [tokens] */
  lode_buffer start;                 /* size_t [sequences + 1], from 0 */
  lode_buffer row;                   /* size_t [sequences]: which of the job's each one is */
  lode_buffer values;                /* float: the slots of the plan */
  size_t *slot_offset;               /* [slot_count] */
} lode_cpu_lane;

typedef struct lode_cpu_schedule {
  lode_buffer order;       /* size_t [S]: the job's sequences, costliest first */
  lode_buffer group_start; /* size_t [groups + 1] into order */
  size_t groups;
  bool latency; /* groups one after another, all workers on each; else a worker takes a group */
} lode_cpu_schedule;

struct lode_session {
  const lode_prepared *prepared;
  lode_pool *pool;
  int workers;
  lode_cpu_lane *lanes;             /* [workers] */
  lode_buffer *scratch;             /* [workers]: attention's */
  lode_cpu_operand_memory *operand; /* [workers]; a team shares the first */
  lode_cpu_schedule schedule;
  const lode_job *job; /* while run is under way */
};

/* A sequence's share of a group should not be larger than this many tokens, unless it is
 * one long sequence: enough that packed weights are used well, few enough for the caches. */
enum { LODE_CPU_GROUP_TOKENS = 512 };

/* Rows that go through a segment together: their widest activations (1536 floats a row in a
 * small BERT) and a panel of weights fit an L2 cache of 1 MB. */
enum { LODE_CPU_BLOCK_ROWS = 96 };
/* With fewer rows than this a member, a team shares columns: reading the weights costs more
 * than meeting after each op. */
enum { LODE_CPU_LEAST_ROWS_PER_MEMBER = 96 };

/* schedule.c. False: out of memory. */
bool lode_cpu_schedule_make(lode_cpu_schedule *schedule, const lode_prepared *prepared,
                            const lode_job *job, int workers);
void lode_cpu_schedule_free(lode_cpu_schedule *schedule);

/* execute.c: the lane's group through segments [0, segments), this member's part of it. */
void lode_cpu_execute(const lode_session *session, const lode_cpu_lane *lane, const lode_team *team,
                      int worker);
/* Where a value's rows start in the lane. */
float *lode_cpu_value(const lode_prepared *prepared, const lode_cpu_lane *lane, int value);
/* Floats from one row of a value to the next: its slot's width, not its own. So a row of a slot
 * is the same memory for every value that it holds, and blocks of rows may be at different ops. */
size_t lode_cpu_stride(const lode_prepared *prepared, int value);

/* prepare.c */
lode_status lode_cpu_prepare(const lode_program *program, const lode_prepare_options *options,
                             lode_prepared **out, lode_error *err);
lode_status lode_cpu_prepare_weights(lode_prepared *prepared, const lode_arrived *arrived,
                                     bool *complete, lode_error *err);
void lode_cpu_prepared_free(lode_prepared *prepared);

#endif
