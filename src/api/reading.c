/* Texts to token sequences: UTF-8 policy, prompt, tokenizer, long-text policy. */
#include <string.h>

#include "api/context.h"
#include "base/utf8.h"

/* Below this many bytes a call is not worth waking other workers for. */
enum { LEAST_SHARED_BYTES = 8192 };
/* Windows of a long text share this part of their content with the window before: 1 / 8. */
enum { WINDOW_OVERLAP = 8 };

typedef struct job {
  lode_context *ctx;
  const lode_reading *reading;
  size_t *text_begin; /* [workers + 1] */
} job;

/* ---- bytes: prompt and text joined, repaired where asked for */

static lode_status assemble(lode_reader *reader, const lode_reading *reading, size_t item,
                            lode_text *out, int32_t *replaced) {
  const lode_text text = reading->texts[item];
  *replaced = 0;
  if (!text.data && text.size) {
    return lode_error_set(&reader->error, LODE_E_ARG, (int64_t)item, -1, "text %zu is NULL", item);
  }
  const size_t valid = lode_utf8_valid(text.data, text.size);
  const bool repair = valid < text.size;
  if (repair && reading->utf8 == LODE_UTF8_ERROR) {
    return lode_error_set(&reader->error, LODE_E_UTF8, (int64_t)item, (int64_t)valid,
                          "text %zu: invalid UTF-8 at byte %zu", item, valid);
  }
  if (!repair && reading->prompt.size == 0) {
    *out = text;
  } else {
    size_t room = 0;
    if (!lode_size_mul(text.size, repair ? 3 : 1, &room) ||
        !lode_size_add(room, reading->prompt.size, &room) ||
        !lode_buffer_reserve(&reader->bytes, room, 1, 0)) {
      return lode_error_nomem(&reader->error);
    }
    char *bytes = reader->bytes.data;
    if (reading->prompt.size) memcpy(bytes, reading->prompt.data, reading->prompt.size);
    char *body = bytes + reading->prompt.size;
    size_t size = text.size;
    if (repair) {
      size_t count = 0;
      size = lode_utf8_replace(body, text.data, text.size, &count);
      *replaced = count > INT32_MAX ? INT32_MAX : (int32_t)count;
    } else if (size) {
      memcpy(body, text.data, size);
    }
    *out = (lode_text){bytes, reading->prompt.size + size};
  }
  if (out->size >= UINT32_MAX) {
    return lode_error_set(&reader->error, LODE_E_ARG, (int64_t)item, -1, "text %zu: 4 GiB or more",
                          item);
  }
  return LODE_OK;
}

/* ---- tokens to sequences */

/* Append tokens [begin, end) of the encoding to the sequence being made. */
static void append(lode_reader *reader, size_t begin, size_t end) {
  const size_t n = end - begin;
  if (n == 0) return;
  int32_t *ids = (int32_t *)reader->ids.data + reader->token_count;
  int32_t *types = (int32_t *)reader->types.data + reader->token_count;
  memcpy(ids, reader->encoding.ids + begin, n * sizeof *ids);
  memcpy(types, reader->encoding.type_ids + begin, n * sizeof *types);
  reader->token_count += n;
}

static bool reserve_tokens(lode_reader *reader, size_t tokens) {
  const size_t keep = reader->token_count * sizeof(int32_t);
  const size_t wanted = reader->token_count + tokens;
  return lode_buffer_reserve(&reader->ids, wanted, sizeof(int32_t), keep) &&
         lode_buffer_reserve(&reader->types, wanted, sizeof(int32_t), keep);
}

static bool reserve_sequences(lode_reader *reader, size_t sequences) {
  return lode_buffer_reserve(&reader->sizes, reader->sequence_count + sequences, sizeof(size_t),
                             reader->sequence_count * sizeof(size_t));
}

static void end_sequence(lode_reader *reader, size_t tokens) {
  ((size_t *)reader->sizes.data)[reader->sequence_count++] = tokens;
}

/* Overlapping windows, each between the template's (and the prompt's) leading tokens and the
 * template's trailing ones. */
static lode_status add_windows(lode_reader *reader, const lode_context *ctx,
                               const lode_reading *reading, lode_text_report *report) {
  const lode_encoding *e = &reader->encoding;
  const size_t max = ctx->model->max_tokens;
  size_t tail = 0;
  while (tail < e->count && e->special[e->count - 1 - tail]) tail++;
  size_t head = reading->prompt_tokens;
  if (head + tail > max / 2) { /* a prompt as long as that is content */
    head = 0;
    while (head < e->count && e->special[head]) head++;
  }
  const size_t content_end = e->count - tail;
  const size_t room = max - head - tail;
  const size_t step = room > WINDOW_OVERLAP ? room - room / WINDOW_OVERLAP : 1;
  const size_t content = content_end - head;
  const size_t windows = content <= room ? 1 : 1 + (content - room + step - 1) / step;
  size_t tokens = 0;
  if (!lode_size_mul(windows, max, &tokens) || !reserve_tokens(reader, tokens) ||
      !reserve_sequences(reader, windows)) {
    return lode_error_nomem(&reader->error);
  }
  report->windows = windows > INT32_MAX ? INT32_MAX : (int32_t)windows;
  for (size_t w = 0; w < windows; w++) {
    const size_t begin = head + w * step;
    const size_t end = begin + room < content_end ? begin + room : content_end;
    append(reader, 0, head);
    append(reader, begin, end);
    append(reader, content_end, e->count);
    end_sequence(reader, head + (end - begin) + tail);
    report->tokens += (int64_t)(head + (end - begin) + tail);
  }
  return LODE_OK;
}

static lode_status read_text(lode_reader *reader, lode_context *ctx, const lode_reading *reading,
                             size_t item) {
  lode_text_report *report = (lode_text_report *)ctx->reports.data + item;
  *report = (lode_text_report){.windows = 1};
  lode_text text = {NULL, 0};
  lode_status status = assemble(reader, reading, item, &text, &report->replaced);
  if (status != LODE_OK) return status;

  const size_t max = ctx->model->max_tokens;
  const bool windows = reading->long_text == LODE_LONG_CHUNK;
  const lode_encode_options options = {.max_tokens = windows ? 0 : max};
  status = lode_model_encode(ctx->model, text, &options, &reader->encoding, &reader->error);
  if (status != LODE_OK) return status;
  const size_t count = reader->encoding.count;
  report->left_out = (int64_t)reader->encoding.left_out;
  if (report->left_out && reading->long_text == LODE_LONG_ERROR) {
    if (count + (uint64_t)report->left_out <= max) {
      return lode_error_set(&reader->error, LODE_E_TOO_LONG, (int64_t)item, -1,
                            "text %zu: more than the %zu characters that the model takes", item,
                            ctx->model->max_chars);
    }
    return lode_error_set(&reader->error, LODE_E_TOO_LONG, (int64_t)item, -1,
                          "text %zu: %lld tokens, the model takes %zu", item,
                          (long long)count + (long long)report->left_out, max);
  }
  if (count > max) return add_windows(reader, ctx, reading, report);

  if (!reserve_tokens(reader, count) || !reserve_sequences(reader, 1)) {
    return lode_error_nomem(&reader->error);
  }
  append(reader, 0, count);
  end_sequence(reader, count);
  report->tokens = (int64_t)count;
  return LODE_OK;
}

static void read_run(void *arg, size_t run, int worker) {
  (void)worker;
  const job *j = arg;
  lode_reader *reader = &j->ctx->readers[run];
  reader->token_count = 0;
  reader->sequence_count = 0;
  reader->status = LODE_OK;
  for (size_t i = j->text_begin[run]; i < j->text_begin[run + 1]; i++) {
    const size_t before = reader->sequence_count;
    reader->status = read_text(reader, j->ctx, j->reading, i);
    if (reader->status != LODE_OK) {
      if (reader->error.item < 0) reader->error.item = (int64_t)i;
      return;
    }
    ((size_t *)j->ctx->first.data)[i] = reader->sequence_count - before;
  }
}

/* Runs of texts with about the same number of bytes. */
static void share_texts(const lode_reading *reading, size_t runs, size_t *text_begin) {
  size_t total = 0;
  for (size_t i = 0; i < reading->count; i++) total += reading->texts[i].size + 1;
  size_t run = 0;
  size_t bytes = 0;
  text_begin[0] = 0;
  for (size_t i = 0; i < reading->count; i++) {
    while (run + 1 < runs && bytes >= total / runs * (run + 1)) text_begin[++run] = i;
    bytes += reading->texts[i].size + 1;
  }
  while (run < runs) text_begin[++run] = reading->count;
}

static size_t bytes_of(const lode_reading *reading) {
  size_t total = 0;
  for (size_t i = 0; i < reading->count && total < LEAST_SHARED_BYTES; i++) {
    total += reading->texts[i].size;
  }
  return total;
}

/* ---- the workers' sequences, joined */

static lode_status join(lode_context *ctx, const lode_reading *reading, size_t runs,
                        lode_error *err) {
  size_t tokens = 0;
  size_t sequences = 0;
  for (size_t r = 0; r < runs; r++) {
    tokens += ctx->readers[r].token_count;
    sequences += ctx->readers[r].sequence_count;
  }
  if (!lode_buffer_reserve(&ctx->ids, tokens, sizeof(int32_t), 0) ||
      !lode_buffer_reserve(&ctx->types, tokens, sizeof(int32_t), 0) ||
      !lode_buffer_reserve(&ctx->start, sequences + 1, sizeof(size_t), 0) ||
      !lode_buffer_reserve(&ctx->skip, sequences, sizeof(size_t), 0)) {
    return lode_error_nomem(err);
  }
  int32_t *ids = ctx->ids.data;
  int32_t *types = ctx->types.data;
  size_t *start = ctx->start.data;
  size_t *skip = ctx->skip.data;
  start[0] = 0;
  for (size_t r = 0, s = 0, t = 0; r < runs; r++) {
    const lode_reader *reader = &ctx->readers[r];
    const size_t *sizes = reader->sizes.data;
    if (reader->token_count) {
      memcpy(ids + t, reader->ids.data, reader->token_count * sizeof *ids);
      memcpy(types + t, reader->types.data, reader->token_count * sizeof *types);
    }
    t += reader->token_count;
    for (size_t i = 0; i < reader->sequence_count; i++, s++) {
      start[s + 1] = start[s] + sizes[i];
      skip[s] = reading->prompt.size ? reading->prompt_tokens : 0;
    }
  }
  /* the texts' numbers of sequences become positions */
  size_t *first = ctx->first.data;
  size_t next = 0;
  for (size_t i = 0; i <= reading->count; i++) {
    const size_t count = i < reading->count ? first[i] : 0;
    first[i] = next;
    next += count;
  }
  ctx->sequences = sequences;
  return LODE_OK;
}

/* As sentence-transformers counts: the prompt alone, without the template's closing token. */
static lode_status count_prompt(lode_context *ctx, lode_reading *reading, lode_error *err) {
  reading->prompt_tokens = 0;
  const lode_text prompt = reading->prompt;
  const size_t valid = lode_utf8_valid(prompt.data, prompt.size);
  if (valid < prompt.size) {
    return lode_error_set(err, LODE_E_UTF8, -1, (int64_t)valid,
                          "the prompt has invalid UTF-8 at byte %zu", valid);
  }
  const lode_encode_options options = {.max_tokens = ctx->model->max_tokens};
  lode_encoding *encoding = &ctx->readers[0].encoding;
  const lode_status status =
      lode_tokenizer_encode(ctx->model->tokenizer, prompt, NULL, &options, encoding, err);
  if (status != LODE_OK) return status;
  reading->prompt_tokens = encoding->count;
  if (encoding->count && encoding->special[encoding->count - 1]) reading->prompt_tokens--;
  return LODE_OK;
}

lode_status lode_context_read(lode_context *ctx, lode_reading *reading, lode_error *err) {
  lode_status status = count_prompt(ctx, reading, err);
  if (status != LODE_OK) return status;
  if (!lode_buffer_reserve(&ctx->first, reading->count + 1, sizeof(size_t), 0) ||
      !lode_buffer_reserve(&ctx->reports, reading->count, sizeof(lode_text_report), 0)) {
    return lode_error_nomem(err);
  }
  size_t text_begin[257];
  size_t runs = bytes_of(reading) < LEAST_SHARED_BYTES ? 1 : (size_t)ctx->workers;
  share_texts(reading, runs, text_begin);
  job j = {ctx, reading, text_begin};
  lode_pool_each(ctx->pool, runs, read_run, &j);
  for (size_t r = 0; r < runs; r++) {
    if (ctx->readers[r].status == LODE_OK) continue;
    if (err) *err = ctx->readers[r].error;
    return ctx->readers[r].status;
  }
  return join(ctx, reading, runs, err);
}
