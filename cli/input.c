#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jsonl.h"

struct cli_input {
  /* Operands. */
  char **args;
  size_t arg_count;

  /* A file. */
  int fd;
  const char *name; /* for messages */
  bool at_end;      /* read() has said so */
  int64_t line;     /* number of the last line taken */
  int64_t bytes_read;
  int64_t bytes_total; /* -1: not known */

  /* What has been read and not yet taken is buffer[begin..end). Texts of a batch point into
   * the buffer, or into `decoded` when JSON escapes had to be replaced; both have the same
   * capacity, and decoding never lengthens a text, so neither moves during a batch. */
  char *buffer;
  char *decoded;
  size_t capacity;
  size_t begin;
  size_t end;

  cli_jsonl *jsonl; /* NULL: lines are texts */
  cli_jsonl_fields fields;

  int64_t taken; /* texts, in all batches so far */
  lode_text *texts;
  lode_text *ids;
  int64_t *lines;
};

/* Somebody who typed a command without texts should not wait for it to answer. */
static void explain_terminal(const cli_options *options) {
  if (options->input == NULL && !options->quiet && isatty(STDIN_FILENO) == 1) {
    fputs("lode: reading texts from the terminal, one a line; Ctrl-D ends\n", stderr);
  }
}

static cli_status open_file(cli_input *input, const char *path, cli_error *err) {
  struct stat st;
  if (path == NULL || strcmp(path, "-") == 0) {
    input->fd = STDIN_FILENO;
    input->name = "standard input";
  } else {
    input->name = path;
    input->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (input->fd < 0) return cli_fail_errno(err, errno, path);
  }
  if (fstat(input->fd, &st) == 0) {
    if (S_ISDIR(st.st_mode)) return cli_fail_errno(err, EISDIR, input->name);
    off_t at = lseek(input->fd, 0, SEEK_CUR);
    if (S_ISREG(st.st_mode) && at >= 0 && at <= st.st_size) {
      input->bytes_total = (int64_t)(st.st_size - at);
    }
  }
  input->capacity = CLI_BATCH_BYTES + 64 * 1024;
  input->buffer = malloc(input->capacity);
  if (input->buffer == NULL) return cli_fail_memory(err);
  return CLI_OK;
}

static cli_status open_source(cli_input *input, const cli_options *options, cli_error *err) {
  if (options->arg_count > 0 && options->input != NULL) {
    return cli_fail(err, CLI_E_USAGE, "texts as arguments and --input exclude each other");
  }
  if (options->arg_count > 0 && options->jsonl != NULL) {
    return cli_fail(err, CLI_E_USAGE, "--jsonl needs --input: texts as arguments are plain");
  }
  if (options->id != NULL && options->jsonl == NULL) {
    return cli_fail(err, CLI_E_USAGE, "--id needs --jsonl");
  }
  input->texts = calloc(CLI_BATCH_TEXTS, sizeof *input->texts);
  input->lines = calloc(CLI_BATCH_TEXTS, sizeof *input->lines);
  if (input->texts == NULL || input->lines == NULL) return cli_fail_memory(err);
  if (options->id != NULL) {
    input->ids = calloc(CLI_BATCH_TEXTS, sizeof *input->ids);
    if (input->ids == NULL) return cli_fail_memory(err);
  }
  if (options->jsonl != NULL) {
    input->fields = (cli_jsonl_fields){
        .text = options->jsonl, .id = options->id, .replace = options->utf8 == LODE_UTF8_REPLACE};
    cli_status status = cli_jsonl_new(&input->jsonl, err);
    if (status != CLI_OK) return status;
  }
  if (options->arg_count > 0) {
    input->args = options->args;
    input->arg_count = options->arg_count;
    return CLI_OK;
  }
  explain_terminal(options);
  return open_file(input, options->input, err);
}

cli_status cli_input_open(const cli_options *options, cli_input **out, cli_error *err) {
  cli_input *input = calloc(1, sizeof *input);
  if (input == NULL) return cli_fail_memory(err);
  input->fd = -1;
  input->bytes_total = -1;
  cli_status status = open_source(input, options, err);
  if (status != CLI_OK) {
    cli_input_free(input);
    return status;
  }
  *out = input;
  return CLI_OK;
}

void cli_input_free(cli_input *input) {
  if (input == NULL) return;
  if (input->fd > STDERR_FILENO) close(input->fd);
  cli_jsonl_free(input->jsonl);
  free(input->buffer);
  free(input->decoded);
  free(input->texts);
  free(input->ids);
  free(input->lines);
  free(input);
}

/* ------------------------------------------------------------------ reading */

static cli_status make_room(cli_input *input, cli_error *err) {
  if (input->begin > 0) {
    memmove(input->buffer, input->buffer + input->begin, input->end - input->begin);
    input->end -= input->begin;
    input->begin = 0;
  }
  if (input->end < input->capacity) return CLI_OK;
  if (input->capacity == 0 || input->capacity > SIZE_MAX / 2) return cli_fail_memory(err);
  char *grown = realloc(input->buffer, input->capacity * 2);
  if (grown == NULL) {
    return cli_fail_at(err, CLI_E_RUN, input, input->line + 1,
                       "out of memory for a line of more than %zu bytes", input->capacity);
  }
  input->buffer = grown;
  input->capacity *= 2;
  free(input->decoded); /* made again, as large as the buffer, when it is needed */
  input->decoded = NULL;
  return CLI_OK;
}

static cli_status read_some(cli_input *input, cli_error *err) {
  ssize_t n;
  do {
    n = read(input->fd, input->buffer + input->end, input->capacity - input->end);
  } while (n < 0 && errno == EINTR);
  if (n < 0) return cli_fail_errno(err, errno, input->name);
  if (n == 0) input->at_end = true;
  input->bytes_read += n;
  input->end += (size_t)n;
  return CLI_OK;
}

static bool more_is_waiting(const cli_input *input) {
  struct pollfd fd = {.fd = input->fd, .events = POLLIN};
  return poll(&fd, 1, 0) > 0;
}

/* Read until a batch's worth of bytes is there, or as much as can be had without waiting,
 * but at least one line unless the file ends. */
static cli_status fill(cli_input *input, cli_error *err) {
  size_t searched = 0; /* from `begin`: a long line is not searched again and again */
  bool has_line = false;
  for (;;) {
    size_t waiting = input->end - input->begin;
    if (!has_line && waiting > searched) {
      const char *from = input->buffer + input->begin + searched;
      has_line = memchr(from, '\n', waiting - searched) != NULL;
      searched = waiting;
    }
    if (input->at_end || (has_line && waiting >= CLI_BATCH_BYTES)) return CLI_OK;
    if (has_line && !more_is_waiting(input)) return CLI_OK;
    if (input->end == input->capacity) {
      cli_status status = make_room(input, err);
      if (status != CLI_OK) return status;
    }
    cli_status status = read_some(input, err);
    if (status != CLI_OK) return status;
  }
}

/* ------------------------------------------------------------------ taking lines */

/* The next complete line, without its end; false: there is none in the buffer. */
static bool take_line(cli_input *input, const char **line, size_t *size) {
  size_t waiting = input->end - input->begin;
  if (waiting == 0) return false;
  const char *start = input->buffer + input->begin;
  const char *newline = memchr(start, '\n', waiting);
  if (newline == NULL && !input->at_end) return false;
  size_t length = newline != NULL ? (size_t)(newline - start) : waiting;
  input->begin += length + (newline != NULL);
  if (input->line++ == 0 && length >= 3 && memcmp(start, "\xEF\xBB\xBF", 3) == 0) {
    start += 3;
    length -= 3;
  }
  /* CR LF; a lone CR at the end of the file's last line is one, too, with its LF missing. */
  if (length > 0 && start[length - 1] == '\r') length--;
  *line = start;
  *size = length;
  return true;
}

static bool is_blank(const char *line, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (line[i] != ' ' && line[i] != '\t') return false;
  }
  return true;
}

/* The text of a line of JSON. *decoded is what the batch has used of input->decoded. */
static cli_status take_json(cli_input *input, const char *line, size_t size, size_t i,
                            size_t *decoded, cli_error *err) {
  if (input->decoded == NULL) {
    input->decoded = malloc(input->capacity);
    if (input->decoded == NULL) return cli_fail_memory(err);
  }
  cli_error cause;
  size_t used = 0;
  cli_status status =
      cli_jsonl_read(input->jsonl, &input->fields, line, size, input->decoded + *decoded, &used,
                     &input->texts[i], input->ids != NULL ? &input->ids[i] : NULL, &cause);
  if (status != CLI_OK) return cli_fail_at(err, status, input, input->line, "%s", cause.text);
  *decoded += used;
  return CLI_OK;
}

static cli_status take_lines(cli_input *input, size_t *count, cli_error *err) {
  size_t n = 0, bytes = 0, decoded = 0, size;
  const char *line;
  while (n < CLI_BATCH_TEXTS && bytes < CLI_BATCH_BYTES && take_line(input, &line, &size)) {
    bytes += size;
    if (input->jsonl == NULL) {
      input->texts[n] = (lode_text){line, size};
    } else {
      if (is_blank(line, size)) continue;
      cli_status status = take_json(input, line, size, n, &decoded, err);
      if (status != CLI_OK) return status;
    }
    input->lines[n++] = input->line;
  }
  *count = n;
  return CLI_OK;
}

static size_t take_args(cli_input *input) {
  size_t n = 0;
  for (; n < CLI_BATCH_TEXTS && (size_t)input->line < input->arg_count; n++) {
    const char *arg = input->args[input->line++];
    input->texts[n] = (lode_text){arg, strlen(arg)};
    input->lines[n] = input->line;
  }
  return n;
}

cli_status cli_input_next(cli_input *input, cli_batch *out, cli_error *err) {
  size_t count = 0;
  if (input->args != NULL) {
    count = take_args(input);
  } else {
    do { /* again when there was nothing but blank lines */
      cli_status status = fill(input, err);
      if (status == CLI_OK) status = take_lines(input, &count, err);
      if (status != CLI_OK) return status;
    } while (count == 0 && !(input->at_end && input->begin == input->end));
  }
  *out = (cli_batch){count, input->texts, input->ids, input->lines, input->taken};
  input->taken += (int64_t)count;
  return CLI_OK;
}

int64_t cli_input_count(const cli_input *input) {
  return input->args != NULL ? (int64_t)input->arg_count : -1;
}

void cli_input_progress(const cli_input *input, int64_t *done, int64_t *total) {
  *done = input->bytes_read - (int64_t)(input->end - input->begin);
  *total = input->bytes_total;
}

cli_status cli_fail_at(cli_error *err, cli_status status, const cli_input *input, int64_t line,
                       const char *format, ...) {
  char text[512];
  va_list args;
  va_start(args, format);
  int length = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (length < 0) text[0] = '\0';
  if (input->args != NULL) return cli_fail(err, status, "text %lld: %s", (long long)line, text);
  return cli_fail(err, status, "%s:%lld: %s", input->name, (long long)line, text);
}
