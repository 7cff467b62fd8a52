#include "bench_texts.h"

#include <stdlib.h>
#include <string.h>

static const char passage[] =
    "The harbour lies at the end of a long valley, and on most mornings the fog comes up the river "
    "before the first boats leave. People here have measured the tides for more than two hundred "
    "years; the oldest book of numbers is kept in a glass case beside the library's door. In 1874 "
    "a "
    "storm moved the sand bank by almost half a mile, which is why the lighthouse now stands so "
    "far "
    "from the water. Engineers say that dredging would cost about 12 million a year. Nobody has "
    "asked the birds, who seem to like the shallow places best of all: gulls, oystercatchers, and, "
    "in a cold winter, a few thousand geese. ";
enum { PASSAGE = sizeof passage - 1 };

/* The passage over and over, from behind its blank number `word` on, in `size` bytes. */
static void fill(char *to, size_t size, size_t word) {
  size_t at = 0;
  for (size_t blanks = 0; blanks < word; at = (at + 1) % PASSAGE) blanks += passage[at] == ' ';
  for (size_t i = 0; i < size; i++) to[i] = passage[(at + i) % PASSAGE];
}

static cli_status count_tokens(const lode_model *model, lode_text text, size_t *count,
                               cli_error *err) {
  lode_tokenize_options options = LODE_TOKENIZE_OPTIONS_INIT;
  options.no_truncation = 1;
  lode_tokens tokens;
  lode_error cause;
  if (lode_tokenize(model, text, NULL, &options, &tokens, &cause) != LODE_OK) {
    return cli_fail_lode(err, &cause);
  }
  *count = tokens.count;
  lode_tokens_free(&tokens);
  return CLI_OK;
}

/* Cut `text` behind one of its own tokens so that it has `tokens` with the `special` ones. */
static cli_status cut(const lode_model *model, size_t tokens, size_t special, lode_text *text,
                      cli_error *err) {
  lode_tokenize_options options = LODE_TOKENIZE_OPTIONS_INIT;
  options.no_truncation = 1;
  options.no_special = 1;
  lode_tokens all;
  lode_error cause;
  if (lode_tokenize(model, *text, NULL, &options, &all, &cause) != LODE_OK) {
    return cli_fail_lode(err, &cause);
  }
  cli_status status = CLI_OK;
  size_t keep = tokens - special;
  for (int tries = 0; tries < 8 && status == CLI_OK; tries++) {
    if (keep > all.count) keep = all.count;
    text->size = keep > 0 ? (size_t)all.byte_end[keep - 1] : 0;
    size_t count = 0;
    status = count_tokens(model, *text, &count, err);
    if (count == tokens) break;
    keep = keep + tokens > count ? keep + tokens - count : 0;
  }
  lode_tokens_free(&all);
  return status;
}

static cli_status make_text(const lode_model *model, size_t tokens, size_t special, size_t word,
                            lode_text *out, cli_error *err) {
  /* Some bytes a token, and twice as many while that is not enough. */
  for (size_t size = 8 * tokens + 64;; size *= 2) {
    char *data = malloc(size);
    if (data == NULL) return cli_fail_memory(err);
    fill(data, size, word);
    lode_text text = {data, size};
    size_t count = 0;
    cli_status status = count_tokens(model, text, &count, err);
    if (status == CLI_OK && count < tokens && size / 1024 < tokens) {
      free(data);
      continue;
    }
    if (status == CLI_OK) status = cut(model, tokens, special, &text, err);
    if (status != CLI_OK) {
      free(data);
      return status;
    }
    *out = text;
    return CLI_OK;
  }
}

cli_status cli_bench_texts_make(const lode_model *model, int64_t tokens, size_t count,
                                cli_bench_texts *out, cli_error *err) {
  *out = (cli_bench_texts){0};
  size_t special = 0;
  cli_status status = count_tokens(model, (lode_text){"", 0}, &special, err);
  if (status != CLI_OK) return status;
  if ((size_t)tokens < special) {
    return cli_fail(err, CLI_E_USAGE, "--tokens: an empty text has %zu tokens", special);
  }
  out->texts = calloc(count, sizeof *out->texts);
  if (out->texts == NULL) return cli_fail_memory(err);
  for (; out->count < count && status == CLI_OK; out->count += status == CLI_OK) {
    status =
        make_text(model, (size_t)tokens, special, out->count % 64, &out->texts[out->count], err);
  }
  if (status != CLI_OK) cli_bench_texts_free(out);
  return status;
}

void cli_bench_texts_free(cli_bench_texts *texts) {
  for (size_t i = 0; i < texts->count; i++) free((void *)(uintptr_t)texts->texts[i].data);
  free(texts->texts);
  *texts = (cli_bench_texts){0};
}
