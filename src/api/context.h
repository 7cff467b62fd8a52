/* A context: threads, and the memory that one call after another reuses. */
#ifndef LODE_API_CONTEXT_H
#define LODE_API_CONTEXT_H

#include "api/model.h"
#include "base/thread.h"

/* A worker's part of tokenizing a call: a run of consecutive texts. */
typedef struct lode_reader {
  lode_encoding encoding;
  lode_buffer bytes; /* prompt + text, repaired text */
  lode_buffer ids;   /* int32: tokens of its sequences, behind each other */
  lode_buffer types; /* int32 */
  lode_buffer sizes; /* size_t: tokens of each of its sequences */
  size_t token_count;
  size_t sequence_count;
  lode_status status; /* of the first of its texts that failed */
  lode_error error;
} lode_reader;

/* A call of lode_embed or lode_embed_tokens from its beginning to its end. */
typedef struct lode_call {
  bool under_way;
  size_t texts;
  size_t keep;                /* floats in a row of `out` */
  lode_embed_options options; /* its prompt has been read */
  lode_job job;
  float *out; /* the caller's */
} lode_call;

struct lode_context {
  const lode_model *model;
  const lode_backend *backend; /* the session's */
  lode_pool *pool;
  lode_session *session;
  int workers;
  lode_reader *readers; /* [workers] */

  /* The call's sequences, for the backend: a text is one, or several windows. */
  lode_buffer ids, types; /* int32 [tokens] */
  lode_buffer start;      /* size_t [sequences + 1] */
  lode_buffer skip;       /* size_t [sequences] */
  lode_buffer first;      /* size_t [texts + 1]: the texts' sequences */
  lode_buffer reports;    /* lode_text_report [texts] */
  lode_buffer rows;       /* float [sequences, dim]: where they are not the caller's rows */
  size_t sequences;
  lode_call call;
  lode_op_time *times;         /* [op_count] while lode_embed_profile is under way; else NULL, */
  double read_seconds;         /* and for how long it has read texts */
  lode_transfer_time transfer; /* likewise: a backend's with memory of its own */
};

/* How a call's texts become sequences. */
typedef struct lode_reading {
  const lode_text *texts;
  size_t count;
  lode_text prompt;
  size_t prompt_tokens; /* leading tokens of a sequence that are template or prompt */
  lode_long_policy long_text;
  lode_utf8_policy utf8;
} lode_reading;

/* reading.c: fill the context's sequences and reports. Shared among the workers in runs of
 * texts of about equal size, so that the same call always needs the same memory. */
lode_status lode_context_read(lode_context *ctx, lode_reading *reading, lode_error *err);

#endif
