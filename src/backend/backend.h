/* What a backend does: take a program, lay its weights out as it likes, run packed batches.
 * Everything above (tokens, prompts, windows, cutting and normalising vectors) is api/. */
#ifndef LODE_BACKEND_H
#define LODE_BACKEND_H

#include "base/error.h"
#include "base/thread.h"
#include "model/program.h"

/* What an op does one after the other, as far as it can be timed apart. */
typedef enum lode_op_part {
  LODE_OP_PART_INPUT = 0, /* a LINEAR's input made bf16 or s8 */
  LODE_OP_PART_SELF,      /* the op itself; a LINEAR's with bias, activation and residual */
  LODE_OP_PART_NORM,      /* the norm behind an EMBED or a LINEAR */
  LODE_OP_PARTS,
} lode_op_part;

typedef struct lode_op_time {
  size_t calls; /* an op is run for some rows at a time */
  double seconds[LODE_OP_PARTS];
} lode_op_time;

/* What a backend with memory of its own spends on the way there and back. */
typedef struct lode_transfer_time {
  size_t calls;
  double upload_seconds; /* making and handing over what a batch consists of */
  double read_seconds;   /* from there to its rows, but for the time that its ops take */
} lode_transfer_time;

/* The sequences of one call, behind each other. The backend groups and orders them as it
 * likes; a sequence's result does not depend on the others, to the last bit. */
typedef struct lode_job {
  size_t sequences;    /* S */
  const size_t *start; /* [S + 1]: sequence s is tokens start[s] .. start[s+1]-1; none is fine */
  const int32_t *ids;  /* [T], each below the word table's rows */
  const int32_t *type_ids; /* [T], each below the type table's rows; NULL: all 0 */
  const size_t *skip;      /* [S] leading tokens that are prompt; NULL: none */
  bool token_rows;         /* what to write: rows of token_value instead of output */
  /* Called with the input of every LINEAR before it is computed, rows [rows, cols] `stride`
   * floats apart: for calibration. The session's pool must have one worker. NULL: none. */
  void (*observe)(void *context, const lode_op *op, size_t rows, size_t cols, const float *in,
                  size_t stride);
  void *observer;
  /* [op_count] What is added to for every op that is run. The session's pool must have one worker.
   * NULL: nothing is timed. */
  lode_op_time *times;
  lode_transfer_time *transfer; /* likewise; NULL without `times` */
  float *out;                   /* [S or T, cols of that value], rows without gaps */
} lode_job;

typedef struct lode_prepare_options {
  uint32_t features; /* LODE_CPU_ bits that may be used */
  /* F32 or BF16: what linear ops whose weights are floats multiply in, attention with them.
   * Those whose weights are I8 multiply integers. */
  lode_dtype dtype;
  bool later; /* leave the weights to prepare_weights: their bytes are still arriving */
  const struct lode_gpu_driver *gpu; /* of a GPU's backend; NULL: this build's. For tests */
} lode_prepare_options;

typedef struct lode_prepared lode_prepared; /* immutable, shared between threads */
typedef struct lode_session lode_session;   /* one thread at a time */

/* What a backend computes on, where it is not the CPU. */
typedef struct lode_backend_info {
  const char *device; /* its name; lives as long as what is prepared */
  size_t dispatches;  /* for a batch */
} lode_backend_info;

typedef struct lode_backend {
  const char *name;
  /* Weights with NaN or infinities are LODE_E_FORMAT. The program must outlive the result. */
  lode_status (*prepare)(const lode_program *program, const lode_prepare_options *options,
                         lode_prepared **out, lode_error *err);
  /* Lay out the weights that are there, as many as come next in the order of their use; *complete
   * once it was all of them: until then nothing else may be done with `prepared`. */
  lode_status (*prepare_weights)(lode_prepared *prepared, const lode_arrived *arrived,
                                 bool *complete, lode_error *err);
  void (*prepared_free)(lode_prepared *prepared);
  /* Bytes of weights as prepared. */
  size_t (*weight_bytes)(const lode_prepared *prepared);
  /* NULL: the CPU's. */
  void (*describe)(const lode_prepared *prepared, lode_backend_info *out);
  /* The pool is borrowed and may have one worker only. */
  lode_status (*session_new)(const lode_prepared *prepared, lode_pool *pool, lode_session **out,
                             lode_error *err);
  void (*session_free)(lode_session *session);
  /* LODE_OK, LODE_E_NOMEM or, of a GPU, LODE_E_DEVICE; on failure job->out is untouched. */
  lode_status (*run)(lode_session *session, const lode_job *job, lode_error *err);
  /* The same for a thread that must not be blocked, where the backend has it (else NULL): begin,
   * then poll until *done. With `wait`, poll returns when it is, unless this thread cannot wait:
   * then so does `run`, with LODE_E_UNSUPPORTED. The job and what it points at stay until then, or
   * until a failure. */
  lode_status (*begin)(lode_session *session, const lode_job *job, lode_error *err);
  lode_status (*poll)(lode_session *session, bool wait, bool *done, lode_error *err);
  /* Has everything that `prepared` is made of come about? As poll; NULL: at once. */
  lode_status (*ready)(const lode_prepared *prepared, bool wait, bool *done, lode_error *err);
} lode_backend;

/* A job in steps, whatever the backend: where it has none, all is done in the first poll. */
static inline lode_status lode_backend_begin(const lode_backend *backend, lode_session *session,
                                             const lode_job *job, lode_error *err) {
  return backend->begin ? backend->begin(session, job, err) : LODE_OK;
}

static inline lode_status lode_backend_poll(const lode_backend *backend, lode_session *session,
                                            const lode_job *job, bool wait, bool *done,
                                            lode_error *err) {
  if (backend->poll) return backend->poll(session, wait, done, err);
  const lode_status status = backend->run(session, job, err);
  *done = status == LODE_OK;
  return status;
}

extern const lode_backend lode_backend_cpu;
/* Its prepare is LODE_E_UNSUPPORTED where there is no library, no adapter, or the program is not
 * for it, and LODE_E_DEVICE where a device fails. */
extern const lode_backend lode_backend_webgpu;

#endif
