#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "float_text.h"
#include "interrupt.h"
#include "utf8.h"

enum { BUFFER_SIZE = 64 * 1024 };

struct cli_output {
  int fd;
  int error;        /* errno of the first failure; 0: none */
  bool is_stdout;   /* not ours to close by name, and nothing to rename */
  bool can_patch;   /* see cli_output_can_patch */
  int64_t start;    /* file position of the first byte */
  char *path;       /* where the file belongs; its links followed; NULL: no rename */
  char *temp_path;  /* where it is being written */
  const char *name; /* for messages */
  size_t used;
  char buffer[BUFFER_SIZE];
};

static void find_patching(cli_output *out) {
  if (out->fd < 0) return;
  struct stat st;
  int flags = fcntl(out->fd, F_GETFL);
  out->start = lseek(out->fd, 0, SEEK_CUR);
  out->can_patch = fstat(out->fd, &st) == 0 && S_ISREG(st.st_mode) && out->start >= 0 &&
                   flags >= 0 && (flags & O_APPEND) == 0;
}

/* PATH.tmp-0123456789abcdef: in the same folder, because rename works within a file system. */
static char *temp_name(const char *path) {
  uint64_t random;
  if (getrandom(&random, sizeof random, 0) != sizeof random) return NULL;
  size_t size = strlen(path) + sizeof ".tmp-0123456789abcdef";
  char *name = malloc(size);
  if (name != NULL) snprintf(name, size, "%s.tmp-%016llx", path, (unsigned long long)random);
  return name;
}

static cli_status open_beside(cli_output *out, const char *path, mode_t mode, cli_error *err) {
  /* Through a symbolic link: its target is replaced, not the link. */
  out->path = realpath(path, NULL);
  if (out->path == NULL) out->path = strdup(path);
  if (out->path == NULL) return cli_fail_memory(err);
  out->temp_path = temp_name(out->path);
  if (out->temp_path == NULL) return cli_fail_memory(err);
  cli_interrupt_guard(out->temp_path);
  out->fd = open(out->temp_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (out->fd < 0) return cli_fail_errno(err, errno, path);
  return CLI_OK;
}

cli_status cli_output_open(const char *path, cli_output **out, cli_error *err) {
  cli_output *o = calloc(1, sizeof *o);
  if (o == NULL) return cli_fail_memory(err);
  cli_status status = CLI_OK;
  struct stat st;
  if (path == NULL || strcmp(path, "-") == 0) {
    o->is_stdout = true;
    o->fd = STDOUT_FILENO;
    o->name = "standard output";
  } else if (stat(path, &st) != 0) {
    o->name = path;
    status = open_beside(o, path, 0666, err);
  } else if (S_ISREG(st.st_mode)) {
    o->name = path;
    status = open_beside(o, path, st.st_mode & 0777, err);
  } else {
    o->name = path;
    o->fd = open(path, O_WRONLY | O_CLOEXEC);
    if (o->fd < 0) status = cli_fail_errno(err, errno, path);
  }
  if (status != CLI_OK) {
    cli_output_discard(o);
    return status;
  }
  find_patching(o);
  *out = o;
  return CLI_OK;
}

static void forget(cli_output *out) {
  cli_interrupt_guard(NULL);
  free(out->temp_path);
  free(out->path);
  free(out);
}

void cli_output_discard(cli_output *out) {
  if (out == NULL) return;
  if (!out->is_stdout && out->fd >= 0) close(out->fd);
  if (out->temp_path != NULL) unlink(out->temp_path);
  forget(out);
}

static void write_out(cli_output *out, const char *data, size_t size) {
  while (size > 0 && out->error == 0) {
    ssize_t n = write(out->fd, data, size);
    if (n < 0) {
      if (errno != EINTR) out->error = errno;
      continue;
    }
    data += n;
    size -= (size_t)n;
  }
}

static void write_buffer(cli_output *out) {
  write_out(out, out->buffer, out->used);
  out->used = 0;
}

cli_status cli_output_flush(cli_output *out, cli_error *err) {
  write_buffer(out);
  return out->error == 0 ? CLI_OK : cli_fail_errno(err, out->error, out->name);
}

cli_status cli_output_close(cli_output *out, cli_error *err) {
  write_buffer(out);
  /* Some file systems report a full disk only here; standard output is closed for that
   * reason, too. */
  if (close(out->fd) != 0 && out->error == 0 && errno != EINTR) out->error = errno;
  out->fd = -1;
  if (out->error == 0 && out->temp_path != NULL && rename(out->temp_path, out->path) != 0) {
    out->error = errno;
  }
  cli_status status = CLI_OK;
  if (out->error != 0) {
    status = cli_fail_errno(err, out->error, out->name);
    if (out->temp_path != NULL) unlink(out->temp_path);
  }
  forget(out);
  return status;
}

void cli_output_write(cli_output *out, const void *data, size_t size) {
  if (size > sizeof out->buffer - out->used) {
    write_buffer(out);
    if (size >= sizeof out->buffer) {
      write_out(out, data, size);
      return;
    }
  }
  memcpy(out->buffer + out->used, data, size);
  out->used += size;
}

void cli_output_text(cli_output *out, const char *text) {
  cli_output_write(out, text, strlen(text));
}

void cli_output_format(cli_output *out, const char *format, ...) {
  char text[512];
  va_list args;
  va_start(args, format);
  int length = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (length < 0 || (size_t)length >= sizeof text) {
    if (out->error == 0) out->error = EOVERFLOW; /* callers keep long strings out of formats */
    return;
  }
  cli_output_write(out, text, (size_t)length);
}

bool cli_output_can_patch(const cli_output *out) {
  return out->can_patch;
}

void cli_output_patch(cli_output *out, int64_t offset, const void *data, size_t size) {
  write_buffer(out);
  const char *bytes = data;
  off_t at = (off_t)(out->start + offset);
  while (size > 0 && out->error == 0) {
    ssize_t n = pwrite(out->fd, bytes, size, at);
    if (n < 0) {
      if (errno != EINTR) out->error = errno;
      continue;
    }
    bytes += n;
    at += n;
    size -= (size_t)n;
  }
}

bool cli_output_is_terminal(const cli_output *out) {
  return isatty(out->fd) == 1;
}

/* The two-letter escape of `c`, or 0. */
static char short_escape(uint32_t c) {
  switch (c) {
    case '"':
    case '\\':
      return (char)c;
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return 0;
  }
}

void cli_output_json_string(cli_output *out, const char *text, size_t size) {
  cli_output_write(out, "\"", 1);
  size_t done = 0; /* text[done..at) needs no escape and is written in one piece */
  for (size_t at = 0; at < size;) {
    uint32_t c;
    size_t step = cli_utf8_step(text + at, size - at, &c);
    bool escape = c < 0x20 || c == '"' || c == '\\' || c == 0x7F || c == CLI_UTF8_BAD;
    if (escape) {
      cli_output_write(out, text + done, at - done);
      done = at + step;
      char letter = short_escape(c);
      if (c == CLI_UTF8_BAD) {
        cli_output_text(out, "\xEF\xBF\xBD");
      } else if (letter != 0) {
        cli_output_write(out, (char[2]){'\\', letter}, 2);
      } else {
        cli_output_format(out, "\\u%04x", c);
      }
    }
    at += step;
  }
  cli_output_write(out, text + done, size - done);
  cli_output_write(out, "\"", 1);
}

void cli_output_plain(cli_output *out, const char *text, size_t size) {
  for (size_t at = 0; at < size;) {
    uint32_t c;
    size_t step = cli_utf8_step(text + at, size - at, &c);
    if (c == CLI_UTF8_BAD) {
      cli_output_text(out, "\xEF\xBF\xBD");
    } else if (c < 0x20 || (c >= 0x7F && c < 0xA0)) {
      cli_output_write(out, " ", 1);
    } else {
      cli_output_write(out, text + at, step);
    }
    at += step;
  }
}

void cli_output_float(cli_output *out, float x) {
  if (sizeof out->buffer - out->used < CLI_FLOAT_TEXT_MAX) write_buffer(out);
  out->used += cli_float_text(out->buffer + out->used, x);
}
