/* A model whose weights are floats becomes one of integers. */
#include "model/quantize.h"
#include "api/quantizing.h"
#include "api/self_test.h"

typedef struct observer {
  lode_calibration *calibration;
  const lode_program *program;
} observer;

static void observe(void *context, const lode_op *op, size_t rows, size_t cols, const float *in,
                    size_t stride) {
  const observer *o = context;
  lode_calibration_add(o->calibration, o->program, op, rows, cols, in, stride);
}

/* A table's rows are rounded one by one, whatever texts they are for. */
static lode_status quantize_static(lode_model *model, lode_dtype dtype, lode_error *err) {
  lode_status status = LODE_OK;
  if (model->self_test.count == 0) {
    status = lode_self_test_make(model, &model->arena, &model->self_test, err);
  }
  return status == LODE_OK ? lode_program_quantize_table(&model->program, dtype, err) : status;
}

lode_status lode_model_quantize(lode_model *model, lode_dtype dtype, lode_error *err) {
  if (lode_program_is_static(&model->program)) return quantize_static(model, dtype, err);
  lode_text_batch b = {0};
  lode_calibration calibration = {0};
  observer o = {&calibration, &model->program};
  const lode_job observing = {.observe = observe, .observer = &o};
  lode_status status =
      lode_text_batch_read(model, lode_calibration_texts, lode_calibration_text_count, &b, err);
  if (status == LODE_OK) status = lode_calibration_new(&model->program, &calibration, err);
  if (status == LODE_OK) status = lode_text_batch_run_exactly(model, &b, &observing, err);
  if (status == LODE_OK)
    status = lode_self_test_keep(model, &b, &model->arena, &model->self_test, err);
  lode_weight *floats = model->program.weights;
  if (status == LODE_OK) {
    const bool smooth = !model->quantizing.unsmoothed;
    status = lode_program_quantize(&model->program, smooth ? &calibration : NULL, err);
  }
  if (status == LODE_OK && model->quantizing.compensate) {
    status = lode_model_compensate(model, floats, LODE_COMPENSATE_MEMORY, err);
    if (status != LODE_OK) model->program.weights = floats;
  }
  lode_calibration_free(&calibration);
  lode_text_batch_free(&b);
  return status;
}
