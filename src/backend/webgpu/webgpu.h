/* The WebGPU backend's own structures.
 *
 * prepare.c   the entry points that a prepared program needs; what is refused
 * weights.c   weights -> few large buffers
 * commands.c  the program's ops -> a list of dispatches, their pipelines
 * session.c   one batch after another: begin, poll, finish
 * shaders.c   the .wgsl files, inside the library
 * gpu.h       all that is asked of WebGPU; native_*.c does it over wgpu-native */
#ifndef LODE_BACKEND_WEBGPU_H
#define LODE_BACKEND_WEBGPU_H

#include "backend/backend.h"
#include "backend/webgpu/gpu.h"
#include "backend/webgpu/shaders.h"
#include "model/memory_plan.h"

/* Tokens of a submission, unless a single sequence has more: enough for any GPU, and so few that
 * a slow one shows something else now and then. */
enum { LODE_WEBGPU_BATCH_TOKENS = 4096 };

/* A buffer of weights is no larger than what WebGPU promises. */
#define LODE_WEBGPU_BUFFER_BYTES ((uint64_t)256 << 20)

enum {
  LODE_WEBGPU_MAX_BINDINGS = 9,
  LODE_WEBGPU_MAX_HEAD_DIM = 128,
  LODE_WEBGPU_PARAMS = 8 /* 32-bit words that a shader is told, the number of rows first */
};

/* A matrix is transposed, of floats as f32 or f16, of integers with four of a column in a word;
 * vectors and small tables are f32; the word table is as it is, in parts that can be bound. */
typedef struct lode_webgpu_weight {
  lode_weight_role role;
  size_t rows_of_part;      /* WORDS */
  size_t parts;             /* of `at`; 1 but of WORDS */
  lode_gpu_binding *at;     /* [parts]; `buffer` counts prepared->buffers until they are made */
  lode_gpu_binding *scales; /* [parts]: I8; size 0: it has none */
  lode_gpu_binding smooth;  /* of a matrix of integers; size 0: it has none */
} lode_webgpu_weight;

/* What a shader's binding is bound to. */
typedef enum lode_webgpu_source {
  LODE_WEBGPU_PARAMS_OF_COMMAND = 0,
  LODE_WEBGPU_WEIGHT,
  LODE_WEBGPU_SLOT,          /* of the memory plan */
  LODE_WEBGPU_TOKENS,        /* uint32 [T, 4]: id, position, type, sequence */
  LODE_WEBGPU_RANGES,        /* uint32 [T, 2]: where the token's sequence begins and ends */
  LODE_WEBGPU_SEQUENCES,     /* uint32 [S, 4]: begin, end, rows to skip */
  LODE_WEBGPU_OPERAND,       /* rows of integers: what a product or attention multiplies */
  LODE_WEBGPU_OPERAND_SCALE, /* f32 [its rows] */
  LODE_WEBGPU_VALUE_SCALE,   /* f32 [S, widest attention, 2] */
} lode_webgpu_source;

typedef struct lode_webgpu_bound {
  lode_webgpu_source source;
  lode_gpu_binding weight;
  int slot;
} lode_webgpu_bound;

/* How many workgroups there are. */
typedef enum lode_webgpu_grid {
  LODE_WEBGPU_GRID_ROWS = 0,  /* one a row */
  LODE_WEBGPU_GRID_TILES,     /* tiles of 64 columns and 64 rows, or 16 rows: the second pipeline */
  LODE_WEBGPU_GRID_ATTENTION, /* 64 rows of a head */
  LODE_WEBGPU_GRID_POOL,      /* 64 columns of a row */
} lode_webgpu_grid;

typedef struct lode_webgpu_command {
  size_t op;
  lode_op_part part;
  lode_extent extent; /* of its rows */
  lode_webgpu_grid grid;
  uint32_t across; /* workgroups in the dimension that is not rows */
  lode_gpu_id pipeline;
  lode_gpu_id pipeline_few; /* GRID_TILES */
  uint32_t params[LODE_WEBGPU_PARAMS];
  size_t bound_count;
  lode_webgpu_bound bound[LODE_WEBGPU_MAX_BINDINGS];
} lode_webgpu_command;

/* A pipeline, made once for all commands that want the same. */
typedef struct lode_webgpu_pipeline {
  lode_shader shader;
  lode_gpu_constant constants[8];
  size_t constant_count;
  lode_gpu_id id;
} lode_webgpu_pipeline;

struct lode_prepared {
  const lode_program *program;
  const lode_gpu_driver *driver;
  lode_gpu *gpu;
  lode_gpu_info info;
  lode_memory_plan plan;
  lode_webgpu_weight *weights; /* [weight_count] */
  lode_gpu_id *buffers;        /* [buffer_count] of weights */
  uint64_t *buffer_bytes;      /* [buffer_count] */
  size_t buffer_count;
  size_t weight_bytes;
  size_t ready;        /* weights that are uploaded: the first so many */
  size_t words_done;   /* elements of the next, which is a word table, that are, too */
  lode_gpu_id nothing; /* bound where a shader does not look */
  lode_webgpu_command *commands;
  size_t command_count;
  size_t token_commands; /* commands [0, token_commands) lead to token_value */
  lode_webgpu_pipeline *pipelines;
  size_t pipeline_count;
  size_t most_tokens;      /* of a submission, by the size of bindings */
  bool half;               /* products of floats are of f16 */
  bool exact;              /* among integers: bits as on the CPU */
  size_t operand_bytes;    /* of a row of OPERAND; 0: there is none */
  size_t value_components; /* of a sequence in VALUE_SCALE; 0: there is none */
  lode_arena arena;
};

/* Where the parts of a session's input buffer lie, in bytes. */
typedef struct lode_webgpu_inputs {
  uint64_t tokens, ranges, sequences, size;
} lode_webgpu_inputs;

/* A submission: sequences [first, next) of the job. */
typedef struct lode_webgpu_flight {
  size_t first, next;
  size_t tokens;
  lode_gpu_id staging; /* what is read back */
  uint64_t staging_bytes;
  double submitted; /* by the clock, where a profile wants it */
} lode_webgpu_flight;

/* Under way at once, so that the device has work while the rows before it are on their way back. */
enum { LODE_WEBGPU_FLIGHTS = 2 };

struct lode_session {
  const lode_prepared *prepared;
  lode_gpu_id inputs; /* params of commands, tokens, ranges, sequences */
  lode_gpu_id *slots; /* [slot_count] */
  lode_gpu_id operand, operand_scale, value_scale;
  lode_gpu_id *groups; /* [command_count] */
  lode_gpu_id queries; /* of a profile, with `times`: where they are resolved to */
  lode_gpu_id times;
  size_t tokens, sequences; /* that there is room for */
  lode_webgpu_inputs at;
  lode_buffer host; /* inputs on their way out, results on their way in */
  lode_buffer results;

  const lode_job *job; /* under way */
  size_t next;         /* sequences that are in a submission: the first so many */
  size_t begun, done;  /* submissions of the job; flights[i % LODE_WEBGPU_FLIGHTS] */
  lode_webgpu_flight flights[LODE_WEBGPU_FLIGHTS];
};

/* What the device reports, as the status of a failure: LODE_E_DEVICE. */
lode_status lode_webgpu_trouble(const lode_prepared *prepared, const char *doing, lode_error *err);

/* weights.c */
lode_status lode_webgpu_plan_weights(lode_prepared *prepared, lode_error *err);
lode_status lode_webgpu_prepare_weights(lode_prepared *prepared, const lode_arrived *arrived,
                                        bool *complete, lode_error *err);
/* Bytes of a row of a slot's buffer: whole vec4s. */
static inline size_t lode_webgpu_stride(const lode_prepared *prepared, int slot) {
  return (prepared->plan.slots[slot].cols + 3) / 4 * 4 * sizeof(float);
}

/* commands.c */
lode_status lode_webgpu_compile(lode_prepared *prepared, lode_error *err);

/* session.c */
lode_status lode_webgpu_session_new(const lode_prepared *prepared, lode_pool *pool,
                                    lode_session **out, lode_error *err);
void lode_webgpu_session_free(lode_session *session);
lode_status lode_webgpu_run(lode_session *session, const lode_job *job, lode_error *err);
lode_status lode_webgpu_begin(lode_session *session, const lode_job *job, lode_error *err);
lode_status lode_webgpu_poll(lode_session *session, bool wait, bool *done, lode_error *err);

#endif
