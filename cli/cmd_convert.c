/* lode convert: a model's directory as one file. */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "output.h"
#include "progress.h"
#include "session.h"

typedef struct counted_output {
  cli_output *out;
  int64_t size;
} counted_output;

static int put(void *context, const void *data, size_t size) {
  counted_output *counted = context;
  cli_output_write(counted->out, data, size);
  counted->size += (int64_t)size;
  return 0; /* cli_output keeps the first failure and reports it when it is closed */
}

static int show(void *context, int64_t done, int64_t total) {
  cli_progress_share(context, "rounding", done, total);
  return 0;
}

/* Time that is spent once, for every call to come. */
static cli_status open_carefully(const cli_options *options, const char *path, lode_model **out,
                                 cli_error *err) {
  cli_progress progress;
  cli_progress_start(&progress, options->quiet != 0);
  lode_model_options wanted = LODE_MODEL_OPTIONS_INIT;
  wanted.dtype = options->dtype;
  wanted.isa = options->isa;
  wanted.compensate = 1;
  wanted.progress = show;
  wanted.progress_context = &progress;
  const cli_status status = cli_model_open_as(&wanted, path, out, err);
  cli_progress_clear(&progress);
  return status;
}

static cli_status save(const lode_model *model, const char *path, int64_t *size, cli_error *err) {
  counted_output counted = {NULL, 0};
  cli_status status = cli_output_open(path, &counted.out, err);
  if (status != CLI_OK) return status;
  if (cli_output_is_terminal(counted.out)) {
    cli_output_discard(counted.out);
    return cli_fail(err, CLI_E_USAGE, "a model is not for a terminal: give --output FILE");
  }
  lode_error cause;
  if (lode_model_save(model, put, &counted, &cause) != LODE_OK) {
    cli_output_discard(counted.out);
    return cli_fail_lode(err, &cause);
  }
  *size = counted.size;
  return cli_output_close(counted.out, err);
}

static cli_status report(const cli_options *options, const lode_model *model, int64_t size,
                         cli_error *err) {
  lode_model_info info = LODE_MODEL_INFO_INIT;
  lode_model_get_info(model, &info);
  lode_self_test_result test = LODE_SELF_TEST_RESULT_INIT;
  lode_error cause;
  if (lode_model_verify(model, &test, &cause) != LODE_OK) return cli_fail_lode(err, &cause);
  /* Standard output may be the model. */
  const bool to_stdout = strcmp(options->output, "-") == 0;
  if (to_stdout || (options->quiet && !options->json)) return CLI_OK;
  cli_output *out;
  const cli_status status = cli_output_open(NULL, &out, err);
  if (status != CLI_OK) return status;
  if (options->json) {
    cli_output_text(out, "{\"path\":");
    cli_output_json_string(out, options->output, strlen(options->output));
    cli_output_format(out,
                      ",\"bytes\":%lld,\"dtype\":\"%s\",\"dim\":%lld,\"self_test\":{\"texts\":"
                      "%lld,\"mean_cosine\":%.6f,\"least_cosine\":%.6f}}\n",
                      (long long)size, info.dtype, (long long)info.dim, (long long)test.texts,
                      test.mean_cosine, test.least_cosine);
  } else {
    cli_output_plain(out, options->output, strlen(options->output));
    cli_output_format(out, ": %s, %.1f MB; cosine to f32 over %lld texts: mean %.4f, least %.4f\n",
                      info.dtype, 1e-6 * (double)size, (long long)test.texts, test.mean_cosine,
                      test.least_cosine);
  }
  return cli_output_close(out, err);
}

static cli_status convert(const cli_options *options, cli_error *err) {
  char *path = NULL;
  lode_model *model = NULL;
  int64_t size = 0;
  cli_status status = cli_model_path(options, &path, err);
  if (status == CLI_OK) status = open_carefully(options, path, &model, err);
  if (status == CLI_OK) status = save(model, options->output, &size, err);
  if (status == CLI_OK) status = report(options, model, size, err);
  lode_model_free(model);
  free(path);
  return status;
}

static cli_status run(const cli_options *options, cli_error *err) {
  if (options->arg_count > 1) {
    return cli_fail(err, CLI_E_USAGE, "one model at a time: needless argument \"%s\"",
                    options->args[1]);
  }
  if (options->arg_count == 1 && options->model != NULL) {
    return cli_fail(err, CLI_E_USAGE, "the model is given twice: \"%s\" and --model \"%s\"",
                    options->args[0], options->model);
  }
  if (options->output == NULL) {
    return cli_fail(err, CLI_E_USAGE, "where to? Give --output FILE, such as model.lode-model");
  }
  cli_options chosen = *options;
  if (options->arg_count == 1) chosen.model = options->args[0];
  if (options->dtype == NULL) chosen.dtype = "int8";
  return convert(&chosen, err);
}

const cli_command cli_command_convert = {
    .name = "convert",
    .bit = CLI_CONVERT,
    .summary = "write a model as one file, a quarter of the size in int8",
    .usage = "lode convert [OPTION...] -o FILE [DIR]\n",
    .about =
        "Writes the model in DIR as one file, in int8 unless --dtype says otherwise. Every "
        "command\n"
        "takes it as --model FILE. Weights become int8 with more care than --dtype int8 has\n"
        "for DIR: their roundings make up for each other, which takes seconds. The file is an\n"
        "ordinary safetensors file with digests of all its parts and a self-test: see\n"
        "\"lode info --verify\".\n",
    .examples =
        "A quarter of the size, and the fastest\n"
        "  lode convert ./all-MiniLM-L6-v2 -o minilm.lode-model\n"
        "Exact, as one file\n"
        "  lode convert ./bge-small --dtype f32 -o bge-small.lode-model\n"
        "A static model in an eighth of the size\n"
        "  lode convert ./potion-base-8M --dtype int4 -o potion.lode-model\n",
    .run = run,
};
