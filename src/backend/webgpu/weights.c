/* Weights are read once, checked, and uploaded into few large buffers. */
#include <stdlib.h>
#include <string.h>

#include "backend/webgpu/webgpu.h"
#include "base/clock.h"
#include "kernels/convert/half.h"

/* Bytes that are converted and uploaded at a time. */
enum { STEP_BYTES = 1 << 20 };
/* Rows of a matrix that are transposed at a time. */
enum { PANEL = 16 };

static size_t element_size(lode_dtype dtype) {
  return dtype == LODE_DTYPE_F32 ? 4 : dtype == LODE_DTYPE_I8 ? 1 : 2;
}

static uint64_t aligned(uint64_t bytes) {
  return (bytes + LODE_GPU_ALIGNMENT - 1) / LODE_GPU_ALIGNMENT * LODE_GPU_ALIGNMENT;
}

static uint64_t whole_words(uint64_t bytes) {
  return (bytes + 3) / 4 * 4;
}

static lode_status not_finite(const lode_weight_part *part, lode_error *err) {
  return lode_error_set(err, LODE_E_FORMAT, -1, -1, "tensor %s: has NaN or infinite values",
                        part->name);
}

static bool all_finite(size_t n, const float *x) {
  float sum = 0.0f; /* of zeros, unless one is not finite */
  for (size_t i = 0; i < n; i++) sum += x[i] * 0.0f;
  return sum == 0.0f;
}

/* Row `row` of a part in f32. */
static void widen_row(const lode_weight_part *part, size_t cols, size_t row, float *to) {
  if (part->dtype == LODE_DTYPE_F32) {
    memcpy(to, (const float *)part->data + row * cols, cols * sizeof *to);
    return;
  }
  if (part->dtype == LODE_DTYPE_I8) {
    const float scale = part->scale ? ((const float *)part->scale)[row] : 1.0f;
    const int8_t *bytes = (const int8_t *)part->data + row * cols;
    for (size_t c = 0; c < cols; c++) to[c] = (float)bytes[c] * scale;
    return;
  }
  const uint16_t *half = (const uint16_t *)part->data + row * cols;
  for (size_t c = 0; c < cols; c++) {
    to[c] = part->dtype == LODE_DTYPE_F16 ? lode_widen_f16(half[c]) : lode_widen_bf16(half[c]);
  }
}

static void release(const lode_weight_part *part, size_t offset, size_t size) {
  if (!part->file) return;
  const size_t base = (size_t)((const uint8_t *)part->data - part->file->data);
  lode_file_dont_need(part->file, base + offset, size);
}

/* ---- what is used how, and where it goes */

static lode_status find_roles(lode_prepared *prepared, lode_error *err) {
  const size_t n = prepared->program->weight_count;
  lode_weight_role *roles = lode_arena_array(&prepared->arena, n, sizeof *roles);
  if (!roles) return lode_error_nomem(err);
  lode_program_find_roles(prepared->program, roles);
  for (size_t i = 0; i < n; i++) prepared->weights[i].role = roles[i];
  return LODE_OK;
}

/* A place for so many bytes: behind the last, or at the beginning of one more buffer. */
static void place(lode_prepared *prepared, uint64_t bytes, lode_gpu_binding *out) {
  const uint64_t most = prepared->info.buffer_bytes < LODE_WEBGPU_BUFFER_BYTES
                            ? prepared->info.buffer_bytes
                            : LODE_WEBGPU_BUFFER_BYTES;
  const size_t n = prepared->buffer_count;
  if (n == 0 || prepared->buffer_bytes[n - 1] + aligned(bytes) > most) prepared->buffer_count++;
  const size_t last = prepared->buffer_count - 1;
  *out = (lode_gpu_binding){(lode_gpu_id)last, prepared->buffer_bytes[last], whole_words(bytes)};
  prepared->buffer_bytes[last] += aligned(bytes);
}

static bool of_integers(const lode_weight *weight, lode_weight_role role) {
  return role == LODE_WEIGHT_MATRIX && weight->parts[0].dtype == LODE_DTYPE_I8;
}

/* Bytes of a weight that is bound as a whole. */
static uint64_t bytes_of(const lode_prepared *prepared, const lode_weight *weight,
                         lode_weight_role role) {
  const bool matrix = role == LODE_WEIGHT_MATRIX;
  const uint64_t columns = matrix ? (weight->rows + 3) / 4 * 4 : weight->rows;
  if (of_integers(weight, role)) return columns * whole_words(weight->cols);
  const uint64_t floats = columns * weight->cols;
  if (matrix && prepared->half) return floats * sizeof(uint16_t);
  return (matrix ? floats : (floats + 3) / 4 * 4) * sizeof(float);
}

/* How many parts: as few as can be bound, of rows that end with a word. */
static lode_status split(lode_prepared *prepared, size_t i, lode_error *err) {
  const lode_weight *weight = &prepared->program->weights[i];
  lode_webgpu_weight *out = &prepared->weights[i];
  out->rows_of_part = weight->rows;
  out->parts = 1;
  uint64_t bytes = bytes_of(prepared, weight, out->role);
  if (out->role == LODE_WEIGHT_WORDS) {
    const uint64_t row_bytes = weight->cols * element_size(weight->parts[0].dtype);
    const uint64_t rows = prepared->info.binding_bytes / row_bytes / 4 * 4;
    if (rows > 0 && rows < weight->rows) out->rows_of_part = rows;
    out->parts = (weight->rows + out->rows_of_part - 1) / out->rows_of_part;
    bytes = out->rows_of_part * row_bytes;
  }
  if (bytes <= prepared->info.binding_bytes) return LODE_OK;
  return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                        "tensor %s: %llu bytes are more than %s binds at a time, %llu",
                        weight->parts[0].name, (unsigned long long)bytes, prepared->info.name,
                        (unsigned long long)prepared->info.binding_bytes);
}

static lode_status place_weight(lode_prepared *prepared, size_t i, lode_error *err) {
  const lode_weight *weight = &prepared->program->weights[i];
  lode_webgpu_weight *out = &prepared->weights[i];
  if (out->role == LODE_WEIGHT_UNUSED) return LODE_OK;
  const lode_status status = split(prepared, i, err);
  if (status != LODE_OK) return status;
  out->at = lode_arena_array(&prepared->arena, out->parts, sizeof *out->at);
  out->scales = lode_arena_array(&prepared->arena, out->parts, sizeof *out->scales);
  if (!out->at || !out->scales) return lode_error_nomem(err);
  for (size_t p = 0; p < out->parts; p++) {
    const size_t begin = p * out->rows_of_part;
    const size_t rows =
        weight->rows - begin < out->rows_of_part ? weight->rows - begin : out->rows_of_part;
    const uint64_t words = rows * weight->cols * element_size(weight->parts[0].dtype);
    const bool is_words = out->role == LODE_WEIGHT_WORDS;
    place(prepared, is_words ? words : bytes_of(prepared, weight, out->role), &out->at[p]);
    if (is_words && weight->parts[0].dtype == LODE_DTYPE_I8) {
      place(prepared, rows * sizeof(float), &out->scales[p]);
    }
  }
  if (!of_integers(weight, out->role)) return LODE_OK;
  place(prepared, (weight->rows + 3) / 4 * 4 * sizeof(float), &out->scales[0]);
  if (weight->smooth) place(prepared, weight->cols * sizeof(float), &out->smooth);
  return LODE_OK;
}

static void name_buffer(const lode_prepared *prepared, lode_gpu_binding *binding) {
  if (binding->size > 0) binding->buffer = prepared->buffers[binding->buffer];
}

static lode_status make_buffers(lode_prepared *prepared, lode_error *err) {
  prepared->nothing = prepared->driver->buffer(prepared->gpu, LODE_GPU_STORAGE, LODE_GPU_ALIGNMENT);
  bool complete = prepared->nothing != 0;
  for (size_t i = 0; i < prepared->buffer_count && complete; i++) {
    prepared->buffers[i] = prepared->driver->buffer(
        prepared->gpu, LODE_GPU_STORAGE | LODE_GPU_COPY_DST, prepared->buffer_bytes[i]);
    prepared->weight_bytes += prepared->buffer_bytes[i];
    complete = prepared->buffers[i] != 0;
  }
  if (!complete) return lode_webgpu_trouble(prepared, "memory for weights", err);
  for (size_t i = 0; i < prepared->program->weight_count; i++) {
    const lode_webgpu_weight *w = &prepared->weights[i];
    for (size_t p = 0; p < w->parts; p++) {
      name_buffer(prepared, &w->at[p]);
      name_buffer(prepared, &w->scales[p]);
    }
    name_buffer(prepared, &prepared->weights[i].smooth);
  }
  return LODE_OK;
}

lode_status lode_webgpu_plan_weights(lode_prepared *prepared, lode_error *err) {
  const size_t n = prepared->program->weight_count;
  lode_arena *arena = &prepared->arena;
  prepared->weights = lode_arena_array(arena, n, sizeof *prepared->weights);
  if (!prepared->weights) return lode_error_nomem(err);
  const lode_status found = find_roles(prepared, err);
  if (found != LODE_OK) return found;
  /* Three places for each part of each weight, at most. */
  size_t most = 1;
  for (size_t i = 0; i < n; i++) {
    if (prepared->weights[i].role == LODE_WEIGHT_UNUSED) continue;
    const lode_status status = split(prepared, i, err);
    if (status != LODE_OK) return status;
    most += 3 * prepared->weights[i].parts;
  }
  prepared->buffers = lode_arena_array(arena, most, sizeof *prepared->buffers);
  prepared->buffer_bytes = lode_arena_array(arena, most, sizeof *prepared->buffer_bytes);
  if (!prepared->buffers || !prepared->buffer_bytes) return lode_error_nomem(err);
  for (size_t i = 0; i < n; i++) {
    const lode_status status = place_weight(prepared, i, err);
    if (status != LODE_OK) return status;
  }
  return make_buffers(prepared, err);
}

/* ---- uploading */

static void upload(const lode_prepared *prepared, const lode_gpu_binding *to, uint64_t offset,
                   const void *data, size_t size) {
  prepared->driver->upload(prepared->gpu, to->buffer, to->offset + offset, data, size);
}

/* Rows [begin, end) of all parts as one matrix, widened into `rows`. */
static lode_status widen_rows(const lode_weight *weight, size_t begin, size_t end, float *rows,
                              lode_error *err) {
  size_t part_begin = 0;
  for (size_t p = 0; p < weight->part_count; p++) {
    const lode_weight_part *part = &weight->parts[p];
    const size_t part_end = part_begin + part->rows;
    for (size_t r = begin > part_begin ? begin : part_begin; r < end && r < part_end; r++) {
      float *to = rows + (r - begin) * weight->cols;
      widen_row(part, weight->cols, r - part_begin, to);
      if (!all_finite(weight->cols, to)) return not_finite(part, err);
    }
    part_begin = part_end;
  }
  return LODE_OK;
}

/* n floats as f16, in place. */
static lode_status narrow(const lode_weight *weight, size_t n, void *x, lode_error *err) {
  const char *from = x;
  uint16_t *half = x;
  bool finite = true;
  for (size_t i = 0; i < n; i++) {
    float value;
    memcpy(&value, from + i * sizeof value, sizeof value);
    half[i] = lode_narrow_f16(value);
    finite &= (half[i] & 0x7C00) != 0x7C00;
  }
  if (finite) return LODE_OK;
  return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1, "tensor %s: has values beyond f16's",
                        weight->parts[0].name);
}

/* W [rows, cols] as [cols, rows to a multiple of 4], f32 or f16. */
static lode_status upload_matrix(const lode_prepared *prepared, size_t i, lode_error *err) {
  const lode_weight *weight = &prepared->program->weights[i];
  const lode_gpu_binding *to = &prepared->weights[i].at[0];
  const size_t ld = (weight->rows + 3) / 4 * 4;
  float *rows = lode_aligned_alloc(PANEL * weight->cols * sizeof *rows);
  float *whole = lode_aligned_alloc(ld * weight->cols * sizeof *whole);
  if (!rows || !whole) {
    lode_aligned_free(rows);
    lode_aligned_free(whole);
    return lode_error_nomem(err);
  }
  lode_status status = LODE_OK;
  for (size_t begin = 0; begin < ld && status == LODE_OK; begin += PANEL) {
    const size_t end = begin + PANEL < ld ? begin + PANEL : ld;
    memset(rows, 0, PANEL * weight->cols * sizeof *rows);
    status = widen_rows(weight, begin, end < weight->rows ? end : weight->rows, rows, err);
    for (size_t k = 0; k < weight->cols && status == LODE_OK; k++) {
      for (size_t r = begin; r < end; r++) whole[k * ld + r] = rows[(r - begin) * weight->cols + k];
    }
  }
  if (status == LODE_OK && prepared->half) status = narrow(weight, ld * weight->cols, whole, err);
  if (status == LODE_OK) upload(prepared, to, 0, whole, (size_t)to->size);
  lode_aligned_free(rows);
  lode_aligned_free(whole);
  return status;
}

static lode_status beyond_seven_bits(const lode_weight_part *part, lode_error *err) {
  return lode_error_set(err, LODE_E_FORMAT, -1, -1, "tensor %s: has values beyond -63 .. 63",
                        part->name);
}

/* W [rows, cols] of bytes as words [cols / 4, rows to a multiple of 4]: byte k of a column is byte
 * k mod 4 of its word. And what a byte is, of each column; what inputs are multiplied by. */
static lode_status pack_bytes(const lode_weight *weight, int8_t *words, float *scales,
                              lode_error *err) {
  const size_t ld = (weight->rows + 3) / 4 * 4;
  size_t row = 0;
  for (size_t p = 0; p < weight->part_count; p++) {
    const lode_weight_part *part = &weight->parts[p];
    const int8_t *from = part->data;
    memcpy(scales + row, part->scale, part->rows * sizeof *scales);
    if (!all_finite(part->rows, scales + row)) return not_finite(part, err);
    for (size_t r = 0; r < part->rows; r++, row++) {
      for (size_t k = 0; k < weight->cols; k++, from++) {
        if (*from > 63 || *from < -63) return beyond_seven_bits(part, err);
        words[(k / 4 * ld + row) * 4 + k % 4] = *from;
      }
    }
  }
  return LODE_OK;
}

static lode_status upload_integers(const lode_prepared *prepared, size_t i, lode_error *err) {
  const lode_weight *weight = &prepared->program->weights[i];
  const lode_webgpu_weight *to = &prepared->weights[i];
  const size_t size = (size_t)to->at[0].size, scale_size = (size_t)to->scales[0].size;
  if (weight->smooth && !all_finite(weight->cols, weight->smooth)) {
    return not_finite(&weight->parts[0], err);
  }
  int8_t *words = lode_aligned_alloc(size);
  float *scales = lode_aligned_alloc(scale_size);
  if (!words || !scales) {
    lode_aligned_free(words);
    lode_aligned_free(scales);
    return lode_error_nomem(err);
  }
  memset(words, 0, size);
  memset(scales, 0, scale_size);
  const lode_status status = pack_bytes(weight, words, scales, err);
  if (status == LODE_OK) {
    upload(prepared, &to->at[0], 0, words, size);
    upload(prepared, &to->scales[0], 0, scales, scale_size);
    if (weight->smooth) {
      upload(prepared, &to->smooth, 0, weight->smooth, weight->cols * sizeof(float));
    }
  }
  lode_aligned_free(words);
  lode_aligned_free(scales);
  return status;
}

/* Vectors have their parts side by side; tables have one part. */
static lode_status upload_floats(const lode_prepared *prepared, size_t i, lode_error *err) {
  const lode_weight *weight = &prepared->program->weights[i];
  const lode_gpu_binding *to = &prepared->weights[i].at[0];
  const size_t part_cols = weight->cols / weight->part_count;
  float *floats = lode_aligned_alloc((size_t)to->size);
  if (!floats) return lode_error_nomem(err);
  memset(floats, 0, (size_t)to->size);
  lode_status status = LODE_OK;
  float *at = floats;
  for (size_t p = 0; p < weight->part_count && status == LODE_OK; p++) {
    for (size_t r = 0; r < weight->rows && status == LODE_OK; r++, at += part_cols) {
      widen_row(&weight->parts[p], part_cols, r, at);
      if (!all_finite(part_cols, at)) status = not_finite(&weight->parts[p], err);
    }
  }
  if (status == LODE_OK) upload(prepared, to, 0, floats, (size_t)to->size);
  lode_aligned_free(floats);
  return status;
}

static bool words_finite(const lode_weight_part *part, size_t n, const void *words) {
  if (part->dtype == LODE_DTYPE_I8) return true;
  if (part->dtype == LODE_DTYPE_F32) return all_finite(n, words);
  const uint16_t exponent = part->dtype == LODE_DTYPE_F16 ? 0x7C00 : 0x7F80;
  bool finite = true;
  for (size_t c = 0; c < n; c++) finite &= (((const uint16_t *)words)[c] & exponent) != exponent;
  return finite;
}

/* Elements of the table from `element` on, `n` of them, to `offset` bytes into a binding. */
static lode_status upload_elements(const lode_prepared *prepared, const lode_weight_part *part,
                                   size_t element, size_t n, const lode_gpu_binding *to,
                                   size_t offset, lode_error *err) {
  const size_t size = element_size(part->dtype);
  const uint8_t *bytes = (const uint8_t *)part->data + element * size;
  if (!words_finite(part, n, bytes)) return not_finite(part, err);
  const size_t whole = n * size / 4 * 4;
  upload(prepared, to, offset, bytes, whole);
  if (whole < n * size) { /* at the table's end */
    uint8_t last[4] = {0};
    memcpy(last, bytes + whole, n * size - whole);
    upload(prepared, to, offset + whole, last, sizeof last);
  }
  release(part, element * size, n * size);
  return LODE_OK;
}

static bool is_past(double until) {
  return until > 0 && lode_clock_seconds() > until;
}

/* The part of the table that binding `p` has, from where an earlier call stopped: a step at least.
 */
static lode_status upload_rows(lode_prepared *prepared, size_t i, size_t p, double until, bool *all,
                               lode_error *err) {
  const lode_weight *weight = &prepared->program->weights[i];
  const lode_webgpu_weight *w = &prepared->weights[i];
  const lode_weight_part *part = &weight->parts[0];
  const size_t begin = p * w->rows_of_part;
  const size_t left = weight->rows - begin;
  const size_t rows = left < w->rows_of_part ? left : w->rows_of_part;
  const size_t first = begin * weight->cols, end = first + rows * weight->cols;
  const size_t size = element_size(part->dtype), step = STEP_BYTES / size;
  *all = true;
  if (prepared->words_done >= end) return LODE_OK;
  while (prepared->words_done < end) {
    const size_t at = prepared->words_done;
    const size_t n = end - at < step ? end - at : step;
    const lode_status status =
        upload_elements(prepared, part, at, n, &w->at[p], (at - first) * size, err);
    if (status != LODE_OK) return status;
    prepared->words_done += n;
    if (prepared->words_done < end && is_past(until)) {
      *all = false;
      return LODE_OK;
    }
  }
  if (w->scales[p].size == 0) return LODE_OK;
  const float *scale = (const float *)part->scale + begin;
  if (!all_finite(rows, scale)) return not_finite(part, err);
  upload(prepared, &w->scales[p], 0, scale, rows * sizeof *scale);
  return LODE_OK;
}

static lode_status upload_words(lode_prepared *prepared, size_t i, double until, bool *all,
                                lode_error *err) {
  *all = true;
  for (size_t p = 0; p < prepared->weights[i].parts && *all; p++) {
    const lode_status status = upload_rows(prepared, i, p, until, all, err);
    if (status != LODE_OK) return status;
  }
  if (*all) prepared->words_done = 0;
  return LODE_OK;
}

lode_status lode_webgpu_prepare_weights(lode_prepared *prepared, const lode_arrived *arrived,
                                        bool *complete, lode_error *err) {
  const lode_program *program = prepared->program;
  for (; prepared->ready < program->weight_count; prepared->ready++) {
    const size_t i = prepared->ready;
    if (!lode_weight_is_there(&program->weights[i], arrived)) break;
    lode_status status = LODE_OK;
    bool all = true;
    switch (prepared->weights[i].role) {
      case LODE_WEIGHT_MATRIX:
        status = of_integers(&program->weights[i], LODE_WEIGHT_MATRIX)
                     ? upload_integers(prepared, i, err)
                     : upload_matrix(prepared, i, err);
        break;
      case LODE_WEIGHT_VECTOR:
      case LODE_WEIGHT_TABLE:
        status = upload_floats(prepared, i, err);
        break;
      case LODE_WEIGHT_WORDS:
        status = upload_words(prepared, i, arrived->until, &all, err);
        break;
      case LODE_WEIGHT_ROWS: /* of static models, which stay on the CPU */
      case LODE_WEIGHT_UNUSED:
        break;
    }
    if (status != LODE_OK) return status;
    if (!all) break;
    if (is_past(arrived->until)) {
      prepared->ready++;
      break;
    }
  }
  *complete = prepared->ready == program->weight_count;
  return LODE_OK;
}
