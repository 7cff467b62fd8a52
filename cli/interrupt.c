#include "interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

/* The only globals of the program: a signal handler has no other way to know. */
static _Atomic(const char *) guarded_path;
static atomic_bool deferred;
static atomic_int noted;

static void on_signal(int number) {
  if (atomic_load(&deferred)) {
    atomic_store(&noted, number); /* the default action is back: the next one ends the process */
    return;
  }
  const char *path = atomic_load(&guarded_path);
  if (path != NULL) unlink(path);
  /* SA_RESETHAND has restored the default action, which this delivers on return. */
  raise(number);
}

void cli_interrupt_setup(void) {
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
    struct sigaction old;
    if (sigaction(signals[i], NULL, &old) != 0 || old.sa_handler == SIG_IGN) continue;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigfillset(&action.sa_mask);
    sigaction(signals[i], &action, NULL);
  }
}

void cli_interrupt_guard(const char *path) {
  atomic_store(&guarded_path, path);
}

void cli_interrupt_defer(void) {
  atomic_store(&deferred, true);
}

int cli_interrupt_noted(void) {
  return atomic_load(&noted);
}

void cli_interrupt_end(void) {
  const int number = atomic_load(&noted);
  if (number != 0) raise(number);
}
