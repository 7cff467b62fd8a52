#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include "base/thread_os.h"

static void *run(void *arg) {
  const lode_os_thread *thread = arg;
  thread->fn(thread->arg);
  return NULL;
}

bool lode_os_thread_start(lode_os_thread *thread, void (*fn)(void *arg), void *arg) {
  thread->fn = fn;
  thread->arg = arg;
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const bool started = pthread_create(&thread->id, NULL, run, thread) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return started;
}

void lode_os_thread_join(lode_os_thread *thread) {
  pthread_join(thread->id, NULL);
}

void lode_os_yield(void) {
  sched_yield();
}

void lode_os_gate_init(lode_os_gate *gate) {
  pthread_mutex_init(&gate->lock, NULL);
  pthread_cond_init(&gate->wake, NULL);
}

void lode_os_gate_destroy(lode_os_gate *gate) {
  pthread_cond_destroy(&gate->wake);
  pthread_mutex_destroy(&gate->lock);
}

void lode_os_gate_wait(lode_os_gate *gate, atomic_uint *word, unsigned seen) {
  pthread_mutex_lock(&gate->lock);
  while (atomic_load(word) == seen) pthread_cond_wait(&gate->wake, &gate->lock);
  pthread_mutex_unlock(&gate->lock);
}

void lode_os_gate_open(lode_os_gate *gate, atomic_uint *word) {
  (void)word;
  pthread_mutex_lock(&gate->lock);
  pthread_cond_broadcast(&gate->wake);
  pthread_mutex_unlock(&gate->lock);
}
