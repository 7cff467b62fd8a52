#include "search_live.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "interrupt.h"
#include "output.h"
#include "progress.h"
#include "search_print.h"

enum { QUERY_BYTES = 512, KEY_END = 4, KEY_ESCAPE = 27, KEY_ERASE = 127 };

typedef struct live {
  const cli_options *options;
  cli_collection *collection;
  cli_output *out;
  struct termios before;
  char query[QUERY_BYTES + 1];
  size_t size;
  bool done;
} live;

/* ------------------------------------------------------------------ the terminal */

static cli_status enter(live *l, cli_error *err) {
  if (tcgetattr(STDIN_FILENO, &l->before) != 0) return cli_fail_errno(err, errno, "the terminal");
  struct termios raw = l->before;
  raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) != 0) {
    return cli_fail_errno(err, errno, "the terminal");
  }
  return CLI_OK;
}

static void leave(const live *l) {
  tcsetattr(STDIN_FILENO, TCSANOW, &l->before);
}

static size_t terminal_height(void) {
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row >= 4) return size.ws_row;
  return 24;
}

/* ------------------------------------------------------------------ keys */

static void erase_character(live *l) {
  while (l->size > 0) {
    const unsigned char c = (unsigned char)l->query[--l->size];
    if ((c & 0xC0) != 0x80) break;
  }
}

static void erase_word(live *l) {
  while (l->size > 0 && l->query[l->size - 1] == ' ') l->size--;
  while (l->size > 0 && l->query[l->size - 1] != ' ') l->size--;
}

static void press(live *l, const char *keys, size_t n) {
  for (size_t i = 0; i < n && !l->done; i++) {
    const unsigned char c = (unsigned char)keys[i];
    if (c == KEY_ESCAPE && i + 1 < n) return; /* an arrow or the like: not for us */
    if (c == KEY_ESCAPE || c == KEY_END || c == 3 || c == '\r' || c == '\n') {
      l->done = true;
    } else if (c == KEY_ERASE || c == '\b') {
      erase_character(l);
    } else if (c == 21) { /* Ctrl-U */
      l->size = 0;
    } else if (c == 23) { /* Ctrl-W */
      erase_word(l);
    } else if (c >= 0x20 && l->size < QUERY_BYTES) {
      l->query[l->size++] = (char)c;
    }
  }
}

/* Some keys; more than one when they came faster than results can be drawn. */
static cli_status read_keys(live *l, cli_error *err) {
  char keys[256];
  const ssize_t n = read(STDIN_FILENO, keys, sizeof keys);
  if (n < 0 && errno == EINTR) {
    l->done = cli_interrupt_noted() != 0;
    return CLI_OK;
  }
  if (n < 0) return cli_fail_errno(err, errno, "the terminal");
  if (n == 0) l->done = true;
  press(l, keys, (size_t)n);
  l->query[l->size] = '\0';
  return CLI_OK;
}

static bool keys_wait(void) {
  struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
  return poll(&fd, 1, 0) > 0;
}

/* ------------------------------------------------------------------ the screen */

/* The screen is written from its top: the query, the results, as many as there is room for, and
 * the cursor behind the query. */
static cli_status draw(const live *l, const cli_found *found, cli_error *err) {
  cli_output *out = l->out;
  const size_t width = cli_terminal_width(STDOUT_FILENO);
  cli_output_text(out, "\033[H\033[J> ");
  cli_output_plain(out, l->query, l->size);
  cli_output_text(out, "\033[s\n");
  if (found != NULL) {
    cli_output_format(out, "%s%lld found in %.1f ms%s\n\n",
                      cli_terminal_has_color(STDOUT_FILENO) ? "\033[2m" : "",
                      (long long)found->results->total, found->seconds * 1e3,
                      cli_terminal_has_color(STDOUT_FILENO) ? "\033[0m" : "");
    cli_search_print_text(out, found, cli_terminal_has_color(STDOUT_FILENO), width);
  }
  cli_output_text(out, l->done ? "\n" : "\033[u");
  return cli_output_flush(out, err);
}

static cli_status search(const live *l, cli_error *err) {
  lode_index_search_options wanted;
  const cli_status status = cli_search_options(l->options, &wanted, err);
  if (status != CLI_OK) return status;
  wanted.typing = 1;
  /* A result takes about five lines. */
  const int64_t room = (int64_t)(terminal_height() / 5);
  if (wanted.limit == 0 || wanted.limit > room) wanted.limit = room > 0 ? room : 1;
  const double start = cli_now();
  lode_results *results;
  lode_error cause;
  if (lode_index_search(l->collection->index, (lode_text){l->query, l->size}, &wanted, &results,
                        &cause) != LODE_OK) {
    return cli_fail_lode(err, &cause);
  }
  const cli_found found = {.query = l->query, .results = results, .seconds = cli_now() - start};
  const cli_status drawn = draw(l, &found, err);
  lode_results_free(results);
  return drawn;
}

static cli_status converse(live *l, cli_error *err) {
  cli_status status = CLI_OK;
  while (status == CLI_OK && !l->done) {
    status = l->size > 0 ? search(l, err) : draw(l, NULL, err);
    do {
      if (status == CLI_OK) status = read_keys(l, err);
    } while (status == CLI_OK && !l->done && keys_wait());
  }
  if (status != CLI_OK) return status;
  return l->size > 0 ? search(l, err) : draw(l, NULL, err);
}

cli_status cli_search_live(const cli_options *options, cli_collection *collection, cli_error *err) {
  live l = {.options = options, .collection = collection};
  cli_status status = cli_output_open(NULL, &l.out, err);
  if (status != CLI_OK) return status;
  cli_interrupt_defer();
  status = enter(&l, err);
  if (status == CLI_OK) {
    status = converse(&l, err);
    leave(&l);
  }
  if (status == CLI_OK) {
    status = cli_output_close(l.out, err);
  } else {
    cli_output_discard(l.out);
  }
  if (status == CLI_OK) cli_interrupt_end();
  return status;
}
