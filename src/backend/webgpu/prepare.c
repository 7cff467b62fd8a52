/* What the backend takes and what it refuses; a device for a program. */
#include <stdlib.h>

#include "backend/webgpu/webgpu.h"

lode_status lode_webgpu_trouble(const lode_prepared *prepared, const char *doing, lode_error *err) {
  char text[256];
  const lode_gpu_trouble trouble = prepared->driver->report(prepared->gpu, text, sizeof text);
  const char *what = trouble == LODE_GPU_LOST      ? "the device is lost"
                     : trouble == LODE_GPU_NOMEM   ? "out of memory"
                     : trouble == LODE_GPU_INVALID ? "refused"
                                                   : "failed";
  return lode_error_set(err, LODE_E_DEVICE, -1, -1, "WebGPU, %s: %s: %s%s%s", prepared->info.name,
                        doing, what, text[0] ? ": " : "", text);
}

static lode_status refuse(const char *what, lode_error *err) {
  return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1, "backend webgpu: %s", what);
}

static bool takes_table(const lode_program *program, int weight) {
  if (weight == LODE_NONE) return true;
  const lode_dtype dtype = program->weights[weight].parts[0].dtype;
  return dtype == LODE_DTYPE_F32 || dtype == LODE_DTYPE_F16 || dtype == LODE_DTYPE_BF16 ||
         (dtype == LODE_DTYPE_I8 && program->weights[weight].parts[0].scale != NULL);
}

static lode_status check_op(const lode_program *program, const lode_op *op, lode_error *err) {
  switch (op->kind) {
    case LODE_OP_EMBED:
      if (op->u.embed.row != LODE_NONE || op->u.embed.weight != LODE_NONE) {
        return refuse("word embeddings of static models", err);
      }
      if (!takes_table(program, op->u.embed.word) || !takes_table(program, op->u.embed.position) ||
          !takes_table(program, op->u.embed.type)) {
        return refuse("embeddings of this type", err);
      }
      break;
    case LODE_OP_ATTENTION:
      if (op->u.attention.head_dim > LODE_WEBGPU_MAX_HEAD_DIM) {
        return refuse("attention heads of more than 128 dimensions", err);
      }
      break;
    case LODE_OP_LINEAR:
    case LODE_OP_LAYERNORM:
    case LODE_OP_POOL:
    case LODE_OP_NORMALIZE:
      break;
  }
  return LODE_OK;
}

static lode_status check_program(const lode_program *program, lode_error *err) {
  if (lode_program_is_static(program)) {
    return refuse("a static model looks rows up, which the CPU does as fast as memory allows", err);
  }
  for (size_t i = 0; i < program->op_count; i++) {
    const lode_status status = check_op(program, &program->ops[i], err);
    if (status != LODE_OK) return status;
  }
  return LODE_OK;
}

static void prepared_free(lode_prepared *prepared) {
  if (!prepared) return;
  if (prepared->gpu) prepared->driver->close(prepared->gpu);
  lode_arena_free(&prepared->arena);
  free(prepared);
}

static lode_status check_half(const lode_prepared *prepared, lode_error *err) {
  if (!prepared->half || prepared->info.features & LODE_GPU_F16) return LODE_OK;
  return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                        "WebGPU, %s: has no shader-f16, which dtype \"f16\" needs",
                        prepared->info.name);
}

static lode_status prepare_on_device(lode_prepared *prepared, bool later, lode_error *err) {
  lode_status status = prepared->driver->open(&prepared->gpu, &prepared->info, err);
  if (status == LODE_OK) status = check_half(prepared, err);
  if (status == LODE_OK) {
    status =
        lode_memory_plan_make(prepared->program, false, &prepared->arena, &prepared->plan, err);
  }
  if (status == LODE_OK) status = lode_webgpu_plan_weights(prepared, err);
  if (status == LODE_OK) status = lode_webgpu_compile(prepared, err);
  if (status != LODE_OK || later) return status;
  const lode_arrived all = {0};
  bool complete = false;
  return lode_webgpu_prepare_weights(prepared, &all, &complete, err);
}

static lode_status prepare(const lode_program *program, const lode_prepare_options *options,
                           lode_prepared **out, lode_error *err) {
  lode_status status = check_program(program, err);
  if (status != LODE_OK) return status;
  lode_prepared *prepared = calloc(1, sizeof *prepared);
  if (!prepared) return lode_error_nomem(err);
  prepared->program = program;
  prepared->half = options->dtype == LODE_DTYPE_F16;
  prepared->exact = lode_program_has_integers(program);
  prepared->driver = options->gpu ? options->gpu : lode_gpu_default();
  status = prepare_on_device(prepared, options->later, err);
  if (status != LODE_OK) {
    prepared_free(prepared);
    return status;
  }
  *out = prepared;
  return LODE_OK;
}

static lode_status ready(const lode_prepared *prepared, bool wait, bool *done, lode_error *err) {
  const lode_gpu_state state = prepared->driver->poll(prepared->gpu, 0, wait);
  *done = state == LODE_GPU_READY;
  return state == LODE_GPU_FAILED ? lode_webgpu_trouble(prepared, "preparing", err) : LODE_OK;
}

static size_t weight_bytes(const lode_prepared *prepared) {
  return prepared->weight_bytes;
}

static void describe(const lode_prepared *prepared, lode_backend_info *out) {
  *out = (lode_backend_info){.device = prepared->info.name, .dispatches = prepared->command_count};
}

const lode_backend lode_backend_webgpu = {
    .name = "webgpu",
    .prepare = prepare,
    .prepare_weights = lode_webgpu_prepare_weights,
    .prepared_free = prepared_free,
    .weight_bytes = weight_bytes,
    .describe = describe,
    .session_new = lode_webgpu_session_new,
    .session_free = lode_webgpu_session_free,
    .run = lode_webgpu_run,
    .begin = lode_webgpu_begin,
    .poll = lode_webgpu_poll,
    .ready = ready,
};
