/* Texts of our own through a model that is being opened, before it has contexts. */
#ifndef LODE_API_TEXT_BATCH_H
#define LODE_API_TEXT_BATCH_H

#include "api/model.h"

extern const char *const lode_calibration_texts[]; /* [lode_calibration_text_count], UTF-8 */
extern const size_t lode_calibration_text_count;

/* Texts as one job. Zero-initialise it. */
typedef struct lode_text_batch {
  lode_buffer ids, types; /* int32 */
  size_t *start;          /* [count + 1] */
  size_t count;
  float *out; /* [count, full_dim]: after a run, rows of unit length */
} lode_text_batch;

lode_status lode_text_batch_read(const lode_model *model, const char *const *texts, size_t count,
                                 lode_text_batch *b, lode_error *err);
/* Through `prepared` by one worker, `times` times; *seconds (optional) is the shortest run's.
 * `observing` (optional) has the job's observer. */
lode_status lode_text_batch_run(const lode_model *model, const lode_prepared *prepared,
                                const lode_text_batch *b, const lode_job *observing, int times,
                                double *seconds, lode_error *err);
/* The same on another backend than the model's, or with more workers. */
typedef struct lode_runner {
  const lode_backend *backend;
  const lode_prepared *prepared;
  int workers;
} lode_runner;
lode_status lode_text_batch_run_on(const lode_model *model, const lode_runner *runner,
                                   const lode_text_batch *b, const lode_job *observing, int times,
                                   double *seconds, lode_error *err);

/* The same in steps: begin, poll until *done, end, also after a failure. Zero-initialise it. */
typedef struct lode_text_run {
  const lode_model *model;
  const lode_text_batch *batch;
  lode_runner runner;
  lode_pool *pool;
  lode_session *session;
  lode_job job;
  int left;       /* runs to begin */
  bool under_way; /* one has begun */
  double began;
  double seconds; /* the shortest; 0: none has ended */
} lode_text_run;
lode_status lode_text_run_begin(lode_text_run *run, const lode_model *model,
                                const lode_runner *runner, const lode_text_batch *b,
                                const lode_job *observing, int times, lode_error *err);
/* With `wait` it returns when all is done, unless this thread cannot wait. */
lode_status lode_text_run_poll(lode_text_run *run, bool wait, bool *done, lode_error *err);
void lode_text_run_end(lode_text_run *run);
/* Of something that was waited for, and is not done. */
lode_status lode_cannot_wait(const lode_backend *backend, lode_error *err);
/* In f32, whatever the model is to compute in; its program is of floats. */
lode_status lode_text_batch_run_exactly(const lode_model *model, const lode_text_batch *b,
                                        const lode_job *observing, lode_error *err);
void lode_text_batch_free(lode_text_batch *b);

#endif
