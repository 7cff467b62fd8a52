/* A model whose bundle is still arriving: lode_model_open in three steps, each as soon as its bytes
 * are there. */
#include <stdlib.h>

#include "api/backend.h"

typedef enum stage {
  HEADER,  /* which tensors there are */
  HEAD,    /* files, self-test: the tokenizer and the program */
  WEIGHTS, /* one after the other */
  ALL,     /* all weights are needed at once, or have been laid out */
} stage;

struct lode_model_stream {
  lode_model *model; /* begun */
  const char *dtype;
  lode_file file; /* data is model->streamed */
  lode_bundle_arrival arrival;
  uint8_t *bytes;
  size_t have;
  stage stage;
  bool prepared; /* model->prepared is complete */
  bool failed;
};

static const char name[] = "bundle"; /* for errors: it has no other */

lode_status lode_model_stream_new(size_t size, const lode_model_options *options,
                                  lode_model_stream **out, lode_error *err) {
  lode_error_clear(err);
  if (!out) return lode_error_set(err, LODE_E_ARG, -1, -1, "out is NULL");
  lode_model_stream *stream = calloc(1, sizeof *stream);
  if (!stream) return lode_error_nomem(err);
  lode_status status = lode_model_begin(options, &stream->model, err);
  if (status == LODE_OK) {
    stream->bytes = lode_aligned_alloc(size);
    if (!stream->bytes) status = lode_error_nomem(err);
  }
  if (status != LODE_OK) {
    lode_model_stream_free(stream);
    return status;
  }
  stream->model->streamed = stream->bytes;
  stream->dtype = options ? options->dtype : NULL;
  stream->file = (lode_file){.data = stream->bytes, .size = size};
  stream->arrival = (lode_bundle_arrival){
      .name = name, .file = &stream->file, .verify = options && options->verify};
  *out = stream;
  return LODE_OK;
}

void *lode_model_stream_buffer(lode_model_stream *stream, size_t *room) {
  *room = stream->file.size - stream->have;
  return stream->bytes + stream->have;
}

static lode_status put_together(lode_model_stream *stream, lode_error *err) {
  lode_file file = stream->file;
  lode_status status = lode_model_take_bundle(stream->model, name, &file, err);
  if (status == LODE_OK) status = lode_model_describe(stream->model, err);
  bool later = false;
  if (status == LODE_OK) {
    status = lode_model_prepare_later(stream->model, stream->dtype, &later, err);
  }
  stream->stage = later ? WEIGHTS : ALL;
  return status;
}

static lode_status go_on(lode_model_stream *stream, lode_error *err) {
  lode_status status = lode_bundle_arrived(&stream->arrival, stream->have, err);
  if (status != LODE_OK) return status;
  if (stream->stage == HEADER && stream->arrival.head > 0) stream->stage = HEAD;
  if (stream->stage == HEAD && stream->have >= stream->arrival.head) {
    status = put_together(stream, err);
  }
  if (status == LODE_OK && stream->stage == WEIGHTS) {
    const lode_arrived arrived = {stream->bytes, stream->have, stream->file.size, 0};
    const lode_model *model = stream->model;
    status = model->backend->prepare_weights(model->prepared, &arrived, &stream->prepared, err);
    if (stream->prepared) stream->stage = ALL;
  }
  return status;
}

lode_status lode_model_stream_arrived(lode_model_stream *stream, size_t n, lode_error *err) {
  lode_error_clear(err);
  if (!stream || n > stream->file.size - stream->have || stream->failed) {
    return lode_error_set(err, LODE_E_ARG, -1, -1,
                          "stream is NULL or has failed, or n is more than there is room for");
  }
  stream->have += n;
  const lode_status status = go_on(stream, err);
  stream->failed = status != LODE_OK;
  return status;
}

static lode_status finish(lode_model_stream *stream, lode_error *err) {
  if (stream->failed) return lode_error_set(err, LODE_E_ARG, -1, -1, "the stream has failed");
  if (stream->have < stream->file.size) {
    return lode_error_set(err, LODE_E_FORMAT, -1, -1, "%s: ends after %zu of %zu bytes", name,
                          stream->have, stream->file.size);
  }
  /* Also what came to nothing for want of a last byte: an empty file has no other. */
  lode_status status = go_on(stream, err);
  if (status == LODE_OK && !stream->prepared) {
    status = lode_model_prepare(stream->model, stream->dtype, err);
  }
  return status == LODE_OK ? lode_model_prepare_backend(stream->model, err) : status;
}

lode_status lode_model_stream_finish(lode_model_stream *stream, lode_model **out, lode_error *err) {
  lode_error_clear(err);
  if (!stream || !out) {
    lode_model_stream_free(stream);
    return lode_error_set(err, LODE_E_ARG, -1, -1, "stream or out is NULL");
  }
  const lode_status status = finish(stream, err);
  if (status == LODE_OK) {
    stream->model->quantizing = (lode_quantizing){0}; /* the caller's, and done with */
    *out = stream->model;
    stream->model = NULL;
  }
  lode_model_stream_free(stream);
  return status;
}

void lode_model_stream_free(lode_model_stream *stream) {
  if (!stream) return;
  lode_bundle_arrival_free(&stream->arrival);
  lode_model_free(stream->model);
  free(stream);
}
