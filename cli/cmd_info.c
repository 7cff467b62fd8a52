/* lode info: what a model is, and what will run it. */
#include <stdlib.h>
#include <string.h>

#include "builtin.h"
#include "command.h"
#include "info_collection.h"
#include "output.h"
#include "progress.h"
#include "session.h"
#include "threads.h"

/* What "auto" chose among. */
static void print_candidates_json(const lode_model *model, cli_output *out) {
  lode_candidate c;
  for (int64_t i = 0; lode_model_get_candidate(model, i, &c) == LODE_OK; i++) {
    cli_output_format(out,
                      "%s{\"dtype\":\"%s\",\"backend\":\"%s\",\"passed\":%s,\"chosen\":%s,"
                      "\"least_cosine\":%.6f,\"seconds\":%.6f",
                      i == 0 ? ",\"candidates\":[" : ",", c.dtype, c.backend,
                      c.passed ? "true" : "false", c.chosen ? "true" : "false", c.least_cosine,
                      c.seconds);
    if (c.one_seconds > 0) cli_output_format(out, ",\"one_seconds\":%.6f", c.one_seconds);
    if (c.reason != NULL) {
      cli_output_text(out, ",\"reason\":");
      cli_output_json_string(out, c.reason, strlen(c.reason));
    }
    cli_output_text(out, "}");
  }
  if (lode_model_get_candidate(model, 0, &c) == LODE_OK) cli_output_text(out, "]");
}

static void print_candidates(const lode_model *model, cli_output *out) {
  lode_candidate c;
  for (int64_t i = 0; lode_model_get_candidate(model, i, &c) == LODE_OK; i++) {
    cli_output_format(out, "%-14s%-7s%-5s ", i == 0 ? "tried" : "", c.backend, c.dtype);
    const bool measured = c.seconds > 0 || c.one_seconds > 0;
    if (measured) {
      if (c.seconds > 0) cli_output_format(out, "%.2f ms for the self-test, ", 1e3 * c.seconds);
      if (c.one_seconds > 0) cli_output_format(out, "%.2f ms for a text, ", 1e3 * c.one_seconds);
      cli_output_format(out, "least cosine to f32 %.6f%s", c.least_cosine,
                        c.chosen   ? ": chosen"
                        : c.passed ? ""
                                   : ": failed");
    }
    if (c.reason != NULL) {
      if (measured) cli_output_text(out, "; ");
      cli_output_plain(out, c.reason, strlen(c.reason));
    }
    cli_output_text(out, "\n");
  }
}

static void print_json(const cli_options *options, const char *path, const lode_model *model,
                       const lode_model_info *info, const lode_self_test_result *test,
                       cli_output *out) {
  const char *name = cli_model_name(path);
  const struct {
    const char *key, *value;
  } strings[] = {
      {"path", path},
      {"architecture", info->architecture},
      {"pooling", info->pooling},
      {"dtype", info->dtype},
      {"backend", info->backend},
      {"device", info->device != NULL ? info->device : ""},
      {"isa", info->isa},
      {"version", lode_version()},
  };
  const struct {
    const char *key;
    int64_t value;
  } numbers[] = {
      {"dim", info->dim},
      {"full_dim", info->full_dim},
      {"token_dim", info->token_dim},
      {"max_tokens", info->max_tokens},
      {"vocab_size", info->vocab_size},
      {"layers", info->layers},
      {"heads", info->heads},
      {"parameters", info->parameters},
      {"weight_bytes", info->weight_bytes},
      {"threads", cli_thread_count(options)},
      {"dispatches", info->dispatches},
  };
  cli_output_text(out, "{\"model\":");
  cli_output_json_string(out, name, strcspn(name, "/"));
  for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
    cli_output_format(out, ",\"%s\":", strings[i].key);
    cli_output_json_string(out, strings[i].value, strlen(strings[i].value));
  }
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    cli_output_format(out, ",\"%s\":%lld", numbers[i].key, (long long)numbers[i].value);
  }
  cli_output_format(out,
                    ",\"normalized\":%s,\"default_prompt\":", info->normalized ? "true" : "false");
  if (info->default_prompt != NULL) {
    cli_output_json_string(out, info->default_prompt, strlen(info->default_prompt));
  } else {
    cli_output_text(out, "null");
  }
  cli_output_text(out, ",\"prompts\":{");
  const char *prompt;
  lode_text text;
  for (int64_t i = 0; lode_model_prompt(model, i, &prompt, &text) == LODE_OK; i++) {
    if (i > 0) cli_output_text(out, ",");
    cli_output_json_string(out, prompt, strlen(prompt));
    cli_output_text(out, ":");
    cli_output_json_string(out, text.data, text.size);
  }
  cli_output_text(out, "}");
  print_candidates_json(model, out);
  if (test->texts > 0) {
    cli_output_format(out,
                      ",\"self_test\":{\"texts\":%lld,\"mean_cosine\":%.6f,\"least_cosine\":%.6f,"
                      "\"seconds\":%.4f}",
                      (long long)test->texts, test->mean_cosine, test->least_cosine, test->seconds);
  }
  cli_output_text(out, "}\n");
}

static void print_text(cli_output *out, const char *label, const char *value) {
  cli_output_format(out, "%-14s", label);
  cli_output_plain(out, value, strlen(value));
  cli_output_text(out, "\n");
}

static void print_number(cli_output *out, const char *label, int64_t value) {
  char digits[32];
  print_text(out, label, cli_grouped(digits, value));
}

static void print_lines(const cli_options *options, const char *path, const lode_model *model,
                        const lode_model_info *info, const lode_self_test_result *test,
                        cli_output *out) {
  print_text(out, "model", path);
  if (strcmp(path, CLI_BUILTIN) == 0) print_text(out, "  file", cli_model_name(path));
  print_text(out, "architecture", info->architecture);
  if (info->layers > 0) { /* a static model has none */
    print_number(out, "layers", info->layers);
    print_number(out, "heads", info->heads);
  }
  print_number(out, "dimensions", info->dim);
  if (info->full_dim != info->dim) print_number(out, "  of", info->full_dim);
  if (info->max_tokens == INT32_MAX) {
    print_text(out, "max tokens", "no limit");
  } else {
    print_number(out, "max tokens", info->max_tokens);
  }
  print_number(out, "vocabulary", info->vocab_size);
  print_text(out, "pooling", info->pooling);
  print_text(out, "unit length", info->normalized ? "yes" : "no");
  print_number(out, "parameters", info->parameters);
  print_number(out, "weight bytes", info->weight_bytes);
  print_text(out, "dtype", info->dtype);
  print_text(out, "backend", info->backend);
  if (info->device != NULL) {
    print_text(out, "device", info->device);
    print_number(out, "dispatches", info->dispatches);
  }
  print_text(out, "isa", info->isa);
  print_number(out, "threads", cli_thread_count(options));
  const char *prompt;
  lode_text text;
  int64_t count = 0;
  for (; lode_model_prompt(model, count, &prompt, &text) == LODE_OK; count++) {
    cli_output_text(out, count == 0 ? "prompts       " : "              ");
    cli_output_plain(out, prompt, strlen(prompt));
    cli_output_text(out, " = \"");
    cli_output_plain(out, text.data, text.size);
    bool is_default = info->default_prompt != NULL && strcmp(info->default_prompt, prompt) == 0;
    cli_output_text(out, is_default ? "\" (default)\n" : "\"\n");
  }
  if (count == 0) print_text(out, "prompts", "none");
  print_candidates(model, out);
  if (test->texts > 0) {
    cli_output_format(out, "verified      cosine to f32 over %lld texts: mean %.6f, least %.6f\n",
                      (long long)test->texts, test->mean_cosine, test->least_cosine);
  }
}

static cli_status print_info(const cli_options *options, const char *path, const lode_model *model,
                             cli_error *err) {
  lode_model_info info = LODE_MODEL_INFO_INIT;
  lode_model_get_info(model, &info);
  lode_self_test_result test = LODE_SELF_TEST_RESULT_INIT;
  lode_error cause;
  if (options->verify && lode_model_verify(model, &test, &cause) != LODE_OK) {
    return cli_fail_lode(err, &cause);
  }
  cli_output *out;
  cli_status status = cli_output_open(NULL, &out, err);
  if (status != CLI_OK) return status;
  if (options->json) {
    print_json(options, path, model, &info, &test, out);
  } else {
    print_lines(options, path, model, &info, &test, out);
  }
  return cli_output_close(out, err);
}

static cli_status run(const cli_options *options, cli_error *err) {
  if (options->arg_count == 1 && options->model == NULL) {
    return cli_info_collection(options, options->args[0], err);
  }
  if (options->arg_count > 0) {
    return cli_fail(err, CLI_E_USAGE, "needless argument \"%s\"; the model is given by --model",
                    options->args[options->arg_count - 1]);
  }
  char *path = NULL;
  lode_model *model = NULL;
  cli_status status = cli_model_path(options, &path, err);
  if (status == CLI_OK) status = cli_model_open(options, path, &model, err);
  if (status == CLI_OK) status = print_info(options, path, model, err);
  lode_model_free(model);
  free(path);
  return status;
}

const cli_command cli_command_info = {
    .name = "info",
    .bit = CLI_INFO,
    .summary = "describe a model and how it will run here, or a collection",
    .usage =
        "lode info [OPTION...]\n"
        "lode info [OPTION...] FILE.lode\n",
    .about =
        "Prints the model's architecture, dimensions, limits, pooling and prompts, and the\n"
        "dtype, instruction set and threads that the other commands would use. With --verify also\n"
        "checks a .lode-model file's bytes against its digests, and computes its self-test.\n"
        "\n"
        "Of a collection it prints what is in it; --verify reads and compares everything.\n",
    .examples =
        "The model used by default\n"
        "  lode info\n"
        "One number for a script\n"
        "  lode info --model ./bge-small --json | jq .dim\n"
        "Is a collection whole?\n"
        "  lode info --verify docs.lode\n",
    .run = run,
};
