/* lode embed: texts in, vectors out, in constant memory. */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "input.h"
#include "output.h"
#include "progress.h"
#include "session.h"
#include "vectors.h"

static cli_format choose_format(const cli_options *options) {
  static const struct {
    const char *ending;
    cli_format format;
  } endings[] = {
      {".json", CLI_FORMAT_JSON},
      {".npy", CLI_FORMAT_NPY},
      {".f32", CLI_FORMAT_F32},
  };
  if (options->format != CLI_FORMAT_DEFAULT) return (cli_format)options->format;
  const char *dot = options->output != NULL ? strrchr(options->output, '.') : NULL;
  for (size_t i = 0; dot != NULL && i < sizeof endings / sizeof endings[0]; i++) {
    if (strcmp(dot, endings[i].ending) == 0) return endings[i].format;
  }
  return CLI_FORMAT_JSONL;
}

static cli_status embed_all(cli_session *session, cli_input *input, cli_vectors *vectors,
                            cli_progress *progress, cli_error *err) {
  float *rows = NULL;
  size_t capacity = 0; /* in rows: one text alone needs no room for thousands */
  cli_status status;
  for (;;) {
    cli_batch batch;
    status = cli_input_next(input, &batch, err);
    if (status != CLI_OK || batch.count == 0) break;
    if (batch.count > capacity) {
      free(rows);
      capacity = batch.count;
      rows = calloc(capacity, (size_t)session->dim * sizeof *rows);
      if (rows == NULL) {
        status = cli_fail_memory(err);
        break;
      }
    }
    status = cli_session_embed_batch(session, input, &batch, rows, err);
    if (status == CLI_OK) status = cli_vectors_put(vectors, &batch, rows, err);
    if (status == CLI_OK) status = cli_output_flush(vectors->output, err);
    if (status != CLI_OK) break;
    int64_t done, total;
    cli_input_progress(input, &done, &total);
    cli_progress_update(progress, session->texts, session->tokens, done, total);
  }
  free(rows);
  return status;
}

/* With the session and the input open: the output appears, or not at all. */
static cli_status write_vectors(const cli_options *options, cli_session *session, cli_input *input,
                                cli_error *err) {
  cli_output *output;
  cli_status status = cli_output_open(options->output, &output, err);
  if (status != CLI_OK) return status;
  cli_vectors vectors = {
      .output = output,
      .format = choose_format(options),
      .model = cli_model_name(session->path),
      .dim = session->dim,
      .expected = cli_input_count(input),
  };
  cli_progress progress;
  /* Not between the lines of results. */
  cli_progress_start(&progress, options->quiet || cli_output_is_terminal(output));
  status = cli_vectors_begin(&vectors, err);
  if (status == CLI_OK) status = embed_all(session, input, &vectors, &progress, err);
  cli_progress_clear(&progress);
  if (status != CLI_OK) {
    cli_output_discard(output);
    return status;
  }
  cli_vectors_end(&vectors);
  return cli_output_close(output, err);
}

static cli_status run(const cli_options *options, cli_error *err) {
  cli_input *input;
  cli_status status = cli_input_open(options, &input, err);
  if (status != CLI_OK) return status;
  cli_session session;
  status = cli_session_open(options, &session, err);
  if (status == CLI_OK) {
    status = write_vectors(options, &session, input, err);
    if (status == CLI_OK) cli_session_report_cut(&session, "embed", options->quiet);
    cli_session_close(&session);
  }
  cli_input_free(input);
  return status;
}

const cli_command cli_command_embed = {
    .name = "embed",
    .bit = CLI_EMBED,
    .summary = "turn texts into vectors",
    .usage =
        "lode embed [OPTION...] TEXT...\n"
        "lode embed [OPTION...] --input FILE\n"
        "COMMAND | lode embed [OPTION...]\n",
    .about =
        "Embeds each text given as an argument, or each line of FILE or of standard input:\n"
        "LF or CR LF ends a line, an empty line is an empty text, and a line may have any\n"
        "length. Input of any size is streamed in constant memory.\n"
        "\n"
        "Formats: json is one document {model, dim, vectors, count}; jsonl has an object\n"
        "{index, id, vector} a line; npy is for numpy.load; f32 is rows of little-endian\n"
        "floats. Numbers have the fewest digits that read back as the same float.\n",
    .examples =
        "One text\n"
        "  lode embed \"The cat sat on the mat.\"\n"
        "The lines of a file, for numpy.load(\"notes.npy\")\n"
        "  lode embed --input notes.txt --output notes.npy\n"
        "JSON Lines in, JSON Lines out, with their ids\n"
        "  lode embed --input docs.jsonl --jsonl body.text --id id > vectors.jsonl\n"
        "Long documents as a whole rather than their beginnings\n"
        "  lode embed --long chunk --input articles.txt --output articles.f32\n",
    .run = run,
};
