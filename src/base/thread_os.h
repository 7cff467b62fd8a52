/* What the pool needs of the system: threads, and a place to sleep. thread_posix.c has it from
 * pthreads, thread_wasm.c from the memory that WebAssembly workers share. */
#ifndef LODE_BASE_THREAD_OS_H
#define LODE_BASE_THREAD_OS_H

#include <stdatomic.h>
#include <stdbool.h>

#if !defined(__wasm__)
#include <pthread.h>

typedef struct lode_os_thread {
  pthread_t id;
  void (*fn)(void *arg);
  void *arg;
} lode_os_thread;

typedef struct lode_os_gate {
  pthread_mutex_t lock;
  pthread_cond_t wake;
} lode_os_gate;

#else

typedef struct lode_os_thread {
  int slot;
} lode_os_thread;

typedef struct lode_os_gate {
  char unused; /* threads sleep on the word itself */
} lode_os_gate;

#endif

/* Run fn(arg) in a new thread, which takes no signals: those are for the program's own threads to
 * handle. `thread` stays where it is until it has been joined. False: the system has no more. */
bool lode_os_thread_start(lode_os_thread *thread, void (*fn)(void *arg), void *arg);
void lode_os_thread_join(lode_os_thread *thread);
/* Give the CPU away for a moment. */
void lode_os_yield(void);

void lode_os_gate_init(lode_os_gate *gate);
void lode_os_gate_destroy(lode_os_gate *gate);
/* Sleep until *word is another than `seen`. */
void lode_os_gate_wait(lode_os_gate *gate, atomic_uint *word, unsigned seen);
/* Wake all who sleep there, after *word has been changed. */
void lode_os_gate_open(lode_os_gate *gate, atomic_uint *word);

#endif
