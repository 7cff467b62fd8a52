/* lode tokenize: what the model sees of a text. */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "input.h"
#include "output.h"
#include "progress.h"
#include "session.h"
#include "utf8.h"

typedef struct printer {
  cli_output *output;
  cli_format format;
  int64_t count;  /* texts printed */
  int64_t tokens; /* in them */
  cli_progress progress;
} printer;

static void print_ids(cli_output *out, const lode_tokens *tokens) {
  for (size_t i = 0; i < tokens->count; i++) {
    cli_output_format(out, i > 0 ? " %d" : "%d", tokens->ids[i]);
  }
  cli_output_text(out, "\n");
}

static void print_ints(cli_output *out, const char *name, const int32_t *values, size_t count) {
  cli_output_format(out, ",\"%s\":[", name);
  for (size_t i = 0; i < count; i++) cli_output_format(out, i > 0 ? ",%d" : "%d", values[i]);
  cli_output_text(out, "]");
}

static void print_ranges(cli_output *out, const char *name, const uint64_t *start,
                         const uint64_t *end, size_t count) {
  cli_output_format(out, ",\"%s\":[", name);
  for (size_t i = 0; i < count; i++) {
    cli_output_format(out, i > 0 ? ",[%llu,%llu]" : "[%llu,%llu]", (unsigned long long)start[i],
                      (unsigned long long)end[i]);
  }
  cli_output_text(out, "]");
}

static void print_object(const printer *p, lode_text text, const lode_text *id,
                         const lode_tokens *tokens) {
  cli_output *out = p->output;
  cli_output_format(out, "{\"index\":%lld,", (long long)p->count);
  if (id != NULL) {
    cli_output_text(out, "\"id\":");
    cli_output_write(out, id->data, id->size);
    cli_output_text(out, ",");
  }
  cli_output_text(out, "\"text\":");
  cli_output_json_string(out, text.data, text.size);
  print_ints(out, "ids", tokens->ids, tokens->count);
  cli_output_text(out, ",\"tokens\":[");
  for (size_t i = 0; i < tokens->count; i++) {
    if (i > 0) cli_output_text(out, ",");
    cli_output_json_string(out, tokens->pieces[i], strlen(tokens->pieces[i]));
  }
  cli_output_text(out, "]");
  print_ranges(out, "offsets", tokens->char_start, tokens->char_end, tokens->count);
  print_ranges(out, "byte_offsets", tokens->byte_start, tokens->byte_end, tokens->count);
  print_ints(out, "type_ids", tokens->type_ids, tokens->count);
  cli_output_text(out, ",\"special\":[");
  for (size_t i = 0; i < tokens->count; i++) {
    if (i > 0) cli_output_text(out, ",");
    cli_output_text(out, tokens->special[i] ? "true" : "false");
  }
  cli_output_format(out, "],\"left_out\":%llu}\n", (unsigned long long)tokens->left_out);
}

/* A column of text: `shown` characters stand there already. */
static void pad_to(cli_output *out, size_t shown, size_t width) {
  for (; shown < width; shown++) cli_output_text(out, " ");
}

static size_t count_characters(const char *s, size_t size) {
  size_t n = 0;
  for (size_t i = 0; i < size; i++) n += ((unsigned char)s[i] & 0xC0) != 0x80;
  return n;
}

/* One line a token: id, token, characters, and what stands there in the text. */
static void print_table(const printer *p, lode_text text, const lode_text *pair,
                        const lode_tokens *tokens) {
  cli_output *out = p->output;
  size_t width = 5;
  for (size_t i = 0; i < tokens->count; i++) {
    size_t shown = count_characters(tokens->pieces[i], strlen(tokens->pieces[i]));
    if (shown > width) width = shown;
  }
  if (p->count > 0) cli_output_text(out, "\n");
  cli_output_text(out, "    id  token");
  pad_to(out, 5, width);
  cli_output_text(out, "  characters  text\n");
  for (size_t i = 0; i < tokens->count; i++) {
    const char *piece = tokens->pieces[i];
    cli_output_format(out, "%6d  ", tokens->ids[i]);
    cli_output_plain(out, piece, strlen(piece));
    if (!tokens->special[i]) {
      pad_to(out, count_characters(piece, strlen(piece)), width);
      lode_text whole = pair != NULL && tokens->type_ids[i] == 1 ? *pair : text;
      uint64_t start = tokens->byte_start[i], end = tokens->byte_end[i];
      cli_output_format(out, "  %4llu-%-5llu  ", (unsigned long long)tokens->char_start[i],
                        (unsigned long long)tokens->char_end[i]);
      if (start <= end && end <= whole.size) {
        cli_output_plain(out, whole.data + start, (size_t)(end - start));
      }
    }
    cli_output_text(out, "\n");
  }
  if (tokens->left_out > 0) {
    cli_output_format(out, "%llu more tokens were cut\n", (unsigned long long)tokens->left_out);
  }
}

static void print_tokens(printer *p, lode_text text, const lode_text *pair, const lode_text *id,
                         const lode_tokens *tokens) {
  switch (p->format) {
    case CLI_FORMAT_OBJECTS:
      print_object(p, text, id, tokens);
      break;
    case CLI_FORMAT_IDS:
      print_ids(p->output, tokens);
      break;
    default:
      print_table(p, text, pair, tokens);
      break;
  }
  p->count++;
  p->tokens += (int64_t)tokens->count;
}

/* How texts are tokenized, and the pair's second text. */
typedef struct tokenizing {
  const lode_model *model;
  lode_tokenize_options options;
  bool repair; /* --utf8 replace */
  const lode_text *pair;
} tokenizing;

/* With --utf8 replace an ill-formed text is repaired here rather than in the library, so
 * that what is printed and what the offsets count is the same text. *copy: to be freed. */
static cli_status well_formed(const tokenizing *how, lode_text *text, char **copy, cli_error *err) {
  *copy = NULL;
  if (!how->repair || cli_utf8_valid(text->data, text->size) == text->size) return CLI_OK;
  *copy = text->size <= SIZE_MAX / 3 ? malloc(3 * text->size) : NULL;
  if (*copy == NULL) return cli_fail_memory(err);
  text->size = cli_utf8_repair(*copy, text->data, text->size);
  text->data = *copy;
  return CLI_OK;
}

static cli_status tokenize_failure(const lode_error *cause, const cli_input *input, int64_t line,
                                   cli_error *err) {
  const char *advice =
      cause->code == LODE_E_UTF8 ? " (--utf8 replace reads U+FFFD in its place)" : "";
  if (cause->item == 1) return cli_fail(err, CLI_E_INPUT, "--pair: %s%s", cause->text, advice);
  if (cause->item == 0) {
    return cli_fail_at(err, CLI_E_INPUT, input, line, "%s%s", cause->text, advice);
  }
  return cli_fail_lode(err, cause);
}

static cli_status tokenize_one(const tokenizing *how, lode_text text, const lode_text *id,
                               const cli_input *input, int64_t line, printer *p, cli_error *err) {
  char *copy;
  cli_status status = well_formed(how, &text, &copy, err);
  if (status != CLI_OK) return status;
  lode_tokens tokens = {0};
  lode_error cause;
  if (lode_tokenize(how->model, text, how->pair, &how->options, &tokens, &cause) == LODE_OK) {
    print_tokens(p, text, how->pair, id, &tokens);
    lode_tokens_free(&tokens);
  } else {
    status = tokenize_failure(&cause, input, line, err);
  }
  free(copy);
  return status;
}

static cli_status tokenize_batches(const tokenizing *how, cli_input *input, printer *p,
                                   cli_error *err) {
  for (;;) {
    cli_batch batch;
    cli_status status = cli_input_next(input, &batch, err);
    if (status != CLI_OK || batch.count == 0) return status;
    for (size_t i = 0; i < batch.count && status == CLI_OK; i++) {
      status = tokenize_one(how, batch.texts[i], batch.ids != NULL ? &batch.ids[i] : NULL, input,
                            batch.lines[i], p, err);
    }
    if (status == CLI_OK) status = cli_output_flush(p->output, err);
    if (status != CLI_OK) return status;
    int64_t done, total;
    cli_input_progress(input, &done, &total);
    cli_progress_update(&p->progress, p->count, p->tokens, done, total);
  }
}

static cli_status tokenize_all(const cli_options *options, const lode_model *model,
                               cli_input *input, printer *p, cli_error *err) {
  tokenizing how = {.model = model,
                    .options = LODE_TOKENIZE_OPTIONS_INIT,
                    .repair = options->utf8 == LODE_UTF8_REPLACE};
  how.options.no_special = (int32_t)options->no_special;
  how.options.no_truncation = (int32_t)options->no_truncation;
  how.options.max_tokens = options->max_tokens;
  if (options->pair == NULL) return tokenize_batches(&how, input, p, err);
  lode_text pair = {options->pair, strlen(options->pair)};
  char *copy;
  cli_status status = well_formed(&how, &pair, &copy, err);
  how.pair = &pair;
  if (status == CLI_OK) status = tokenize_batches(&how, input, p, err);
  free(copy);
  return status;
}

static cli_status with_model(const cli_options *options, const lode_model *model, cli_input *input,
                             cli_error *err) {
  printer p = {.format = (cli_format)options->format};
  cli_status status = cli_output_open(options->output, &p.output, err);
  if (status != CLI_OK) return status;
  /* Not between the lines of results. */
  cli_progress_start(&p.progress, options->quiet || cli_output_is_terminal(p.output));
  status = tokenize_all(options, model, input, &p, err);
  cli_progress_clear(&p.progress);
  if (status != CLI_OK) {
    cli_output_discard(p.output);
    return status;
  }
  return cli_output_close(p.output, err);
}

static cli_status run(const cli_options *options, cli_error *err) {
  if (options->max_tokens > 0 && options->no_truncation) {
    return cli_fail(err, CLI_E_USAGE, "--max-tokens and --no-truncation exclude each other");
  }
  cli_input *input;
  cli_status status = cli_input_open(options, &input, err);
  if (status != CLI_OK) return status;
  char *path = NULL;
  lode_model *model = NULL;
  status = cli_model_path(options, &path, err);
  if (status == CLI_OK) status = cli_model_open(options, path, &model, err);
  if (status == CLI_OK) status = with_model(options, model, input, err);
  lode_model_free(model);
  free(path);
  cli_input_free(input);
  return status;
}

const cli_command cli_command_tokenize = {
    .name = "tokenize",
    .bit = CLI_TOKENIZE,
    .summary = "show the tokens that a model makes of texts",
    .usage =
        "lode tokenize [OPTION...] TEXT...\n"
        "lode tokenize [OPTION...] --input FILE\n"
        "COMMAND | lode tokenize [OPTION...]\n",
    .about =
        "Texts come as in lode embed. Formats: text is a table; json has an object a line\n"
        "with text, ids, tokens, offsets (in characters), byte_offsets, type_ids, special\n"
        "and left_out, the number of tokens beyond what the model takes; ids has the ids\n"
        "of a text on a line.\n",
    .examples =
        "See how a word is split\n"
        "  lode tokenize \"unaffordable housing\"\n"
        "Count the tokens of each line\n"
        "  lode tokenize --format json --no-truncation --input notes.txt | jq '.ids|length'\n",
    .run = run,
};
