#include "api/work.h"

#include "api/text_batch.h"

lode_status lode_work_poll(lode_work *work, int32_t wait, int32_t *done, lode_error *err) {
  lode_error_clear(err);
  if (!work || !done || work->over) {
    return lode_error_set(err, LODE_E_ARG, -1, -1, "work or done is NULL, or the work is over");
  }
  bool over = false;
  const lode_status status = work->poll(work, wait != 0, &over, err);
  work->over = over || status != LODE_OK;
  *done = over;
  return status;
}

lode_status lode_work_finish(lode_status begun, lode_work *work, lode_error *err) {
  if (begun != LODE_OK) return begun;
  int32_t done = 0;
  lode_status status = lode_work_poll(work, 1, &done, err);
  if (status == LODE_OK && !done) status = lode_cannot_wait(&lode_backend_webgpu, err);
  lode_work_free(work);
  return status;
}

void lode_work_free(lode_work *work) {
  if (work) work->end(work);
}
