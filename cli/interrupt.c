#include "interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

/* The one global of the program: a signal handler has no other way to know. */
static _Atomic(const char *) guarded_path;

static void on_signal(int number) {
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
