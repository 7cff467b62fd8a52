#include "vectors.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* NPY 1.0: magic (6 bytes), version (2), length of the rest of the header (2, little-endian),
 * a Python dict as text, blanks, a newline; data begins at a multiple of 64. 128 bytes hold
 * every shape. */
enum { NPY_HEADER = 128, NPY_PREFIX = 10 };

static void npy_header(char out[NPY_HEADER], int64_t rows, int64_t dim) {
  memset(out, ' ', NPY_HEADER);
  memcpy(out, "\x93NUMPY\x01\x00", 8);
  out[8] = (char)(NPY_HEADER - NPY_PREFIX);
  out[9] = 0;
  int length = snprintf(out + NPY_PREFIX, NPY_HEADER - NPY_PREFIX,
                        "{'descr': '<f4', 'fortran_order': False, 'shape': (%lld, %lld), }",
                        (long long)rows, (long long)dim);
  out[NPY_PREFIX + length] = ' '; /* snprintf's NUL */
  out[NPY_HEADER - 1] = '\n';
}

cli_status cli_vectors_begin(cli_vectors *v, cli_error *err) {
  char header[NPY_HEADER];
  bool binary = v->format == CLI_FORMAT_NPY || v->format == CLI_FORMAT_F32;
  if (binary && cli_output_is_terminal(v->output)) {
    return cli_fail(err, CLI_E_USAGE, "binary vectors are not for a terminal: give --output FILE");
  }
  if (v->format == CLI_FORMAT_NPY) {
    if (v->expected < 0 && !cli_output_can_patch(v->output)) {
      return cli_fail(err, CLI_E_USAGE,
                      "--format npy needs a file: its header has the number of vectors, known "
                      "only at the end; give --output FILE, or write --format f32");
    }
    npy_header(header, v->expected < 0 ? 0 : v->expected, v->dim);
    cli_output_write(v->output, header, sizeof header);
  }
  if (v->format == CLI_FORMAT_JSON) {
    cli_output_text(v->output, "{\"model\":");
    cli_output_json_string(v->output, v->model, strcspn(v->model, "/"));
    cli_output_format(v->output, ",\"dim\":%lld,\"vectors\":[", (long long)v->dim);
  }
  return CLI_OK;
}

static void put_binary(cli_output *out, const float *row, int64_t dim) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  for (int64_t i = 0; i < dim; i++) {
    uint32_t bits;
    memcpy(&bits, &row[i], sizeof bits);
    bits = __builtin_bswap32(bits);
    cli_output_write(out, &bits, sizeof bits);
  }
#else
  cli_output_write(out, row, (size_t)dim * sizeof *row);
#endif
}

static cli_status put_array(cli_output *out, const float *row, int64_t dim, cli_error *err) {
  for (int64_t i = 0; i < dim; i++) {
    if (!isfinite(row[i])) {
      return cli_fail(err, CLI_E_RUN,
                      "component %lld of the vector is not a finite number, which JSON cannot say "
                      "(--format npy and f32 can)",
                      (long long)i);
    }
    cli_output_write(out, i == 0 ? "[" : ",", 1);
    cli_output_float(out, row[i]);
  }
  cli_output_write(out, "]", 1);
  return CLI_OK;
}

static cli_status put_row(cli_vectors *v, const lode_text *id, const float *row, cli_error *err) {
  cli_status status = CLI_OK;
  switch (v->format) {
    case CLI_FORMAT_JSON:
      cli_output_text(v->output, v->count > 0 ? ",\n" : "\n");
      status = put_array(v->output, row, v->dim, err);
      break;
    case CLI_FORMAT_JSONL:
      cli_output_format(v->output, "{\"index\":%lld,", (long long)v->count);
      if (id != NULL) {
        cli_output_text(v->output, "\"id\":");
        cli_output_write(v->output, id->data, id->size);
        cli_output_text(v->output, ",");
      }
      cli_output_text(v->output, "\"vector\":");
      status = put_array(v->output, row, v->dim, err);
      cli_output_text(v->output, "}\n");
      break;
    default:
      put_binary(v->output, row, v->dim);
      break;
  }
  v->count++;
  return status;
}

cli_status cli_vectors_put(cli_vectors *v, const cli_batch *batch, const float *rows,
                           cli_error *err) {
  for (size_t i = 0; i < batch->count; i++) {
    cli_status status =
        put_row(v, batch->ids != NULL ? &batch->ids[i] : NULL, rows + i * (size_t)v->dim, err);
    if (status != CLI_OK) return status;
  }
  return CLI_OK;
}

void cli_vectors_end(cli_vectors *v) {
  char header[NPY_HEADER];
  if (v->format == CLI_FORMAT_JSON) {
    cli_output_format(v->output, "%s],\"count\":%lld}\n", v->count > 0 ? "\n" : "",
                      (long long)v->count);
  }
  if (v->format == CLI_FORMAT_NPY && v->count != v->expected) {
    npy_header(header, v->count, v->dim);
    cli_output_patch(v->output, 0, header, sizeof header);
  }
}
