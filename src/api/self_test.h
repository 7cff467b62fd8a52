/* Does a prepared model compute what it should? Texts whose vectors in f32 are known. */
#ifndef LODE_API_SELF_TEST_H
#define LODE_API_SELF_TEST_H

#include "api/text_batch.h"

/* Some of the calibration texts, by a batch of all of them that has been run. */
lode_status lode_self_test_keep(const lode_model *model, const lode_text_batch *b,
                                lode_arena *arena, lode_self_test *out, lode_error *err);
/* The same, computed now; the model's program is of floats. */
lode_status lode_self_test_make(const lode_model *model, lode_arena *arena, lode_self_test *out,
                                lode_error *err);
/* The texts through `prepared`, by one worker, `times` times (at least once). */
lode_status lode_self_test_run(const lode_model *model, const lode_self_test *test,
                               const lode_prepared *prepared, int times, lode_self_test_result *out,
                               lode_error *err);
/* The same on any backend. */
lode_status lode_self_test_run_on(const lode_model *model, const lode_self_test *test,
                                  const lode_runner *runner, int times, lode_self_test_result *out,
                                  lode_error *err);

/* The same in steps: begin, poll until *done, end, also after a failure. Zero-initialise it. What
 * it was begun with, and it itself, stay where they are until then. */
typedef struct lode_self_test_steps {
  const lode_model *model;
  const lode_self_test *test;
  lode_text_batch batch;
  lode_text_run run;
} lode_self_test_steps;
lode_status lode_self_test_begin(lode_self_test_steps *steps, const lode_model *model,
                                 const lode_self_test *test, const lode_runner *runner, int times,
                                 lode_error *err);
lode_status lode_self_test_poll(lode_self_test_steps *steps, bool wait, bool *done,
                                lode_self_test_result *out, lode_error *err);
void lode_self_test_end(lode_self_test_steps *steps);

#endif
