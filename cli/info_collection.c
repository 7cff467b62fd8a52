#include "info_collection.h"

#include <string.h>

#include "output.h"
#include "progress.h"

static void print_json(const cli_options *options, const char *path, lode_index *index,
                       const lode_index_info *info, cli_output *out) {
  cli_output_text(out, "{\"collection\":");
  cli_output_json_string(out, path, strlen(path));
  cli_output_text(out, ",\"model\":");
  if (info->model != NULL) {
    cli_output_json_string(out, info->model, strlen(info->model));
    cli_output_format(out, ",\"vectors\":\"%s\"", info->vectors);
  } else {
    cli_output_text(out, "null,\"vectors\":null");
  }
  cli_output_format(out, ",\"dim\":%lld,\"documents\":%lld,\"chunks\":%lld,\"bytes\":%lld",
                    (long long)info->dim, (long long)info->documents, (long long)info->chunks,
                    (long long)info->file_bytes);
  cli_output_format(out, ",\"free_bytes\":%lld,\"verified\":%s,\"sources\":[",
                    (long long)info->free_bytes, options->verify ? "true" : "false");
  for (int64_t i = 0; i < info->source_count; i++) {
    const char *source = lode_index_source(index, i);
    if (source == NULL) break;
    if (i > 0) cli_output_text(out, ",");
    cli_output_json_string(out, source, strlen(source));
  }
  cli_output_text(out, "]}\n");
}

static void print_lines(const cli_options *options, const char *path, lode_index *index,
                        const lode_index_info *info, cli_output *out) {
  char digits[32];
  cli_output_text(out, "collection    ");
  cli_output_plain(out, path, strlen(path));
  cli_output_format(out, "\ndocuments     %s\n", cli_grouped(digits, info->documents));
  cli_output_format(out, "passages      %s\n", cli_grouped(digits, info->chunks));
  cli_output_text(out, "model         ");
  if (info->model != NULL) {
    cli_output_plain(out, info->model, strlen(info->model));
    cli_output_format(out, "\nvectors       %s, %lld dimensions\n", info->vectors,
                      (long long)info->dim);
  } else {
    cli_output_text(out, "none: words alone\n");
  }
  cli_output_format(out, "bytes         %s\n", cli_grouped(digits, info->file_bytes));
  cli_output_format(out, "  unused      %s\n", cli_grouped(digits, info->free_bytes));
  for (int64_t i = 0; i < info->source_count; i++) {
    const char *source = lode_index_source(index, i);
    if (source == NULL) break;
    cli_output_text(out, i == 0 ? "sources       " : "              ");
    cli_output_plain(out, source, strlen(source));
    cli_output_text(out, "\n");
  }
  if (options->verify) cli_output_text(out, "verified      every part agrees with the others\n");
}

static cli_status print(const cli_options *options, const char *path, lode_index *index,
                        cli_error *err) {
  lode_index_info info = LODE_INDEX_INFO_INIT;
  lode_error cause;
  if (lode_index_get_info(index, &info, &cause) != LODE_OK ||
      (options->verify && lode_index_verify(index, &cause) != LODE_OK)) {
    return cli_fail_lode(err, &cause);
  }
  cli_output *out;
  const cli_status status = cli_output_open(NULL, &out, err);
  if (status != CLI_OK) return status;
  if (options->json) {
    print_json(options, path, index, &info, out);
  } else {
    print_lines(options, path, index, &info, out);
  }
  return cli_output_close(out, err);
}

cli_status cli_info_collection(const cli_options *options, const char *path, cli_error *err) {
  lode_index_options wanted = LODE_INDEX_OPTIONS_INIT;
  lode_index *index = NULL;
  lode_error cause;
  if (lode_index_open(path, &wanted, &index, &cause) != LODE_OK) return cli_fail_lode(err, &cause);
  const cli_status status = print(options, path, index, err);
  lode_index_free(index);
  return status;
}
