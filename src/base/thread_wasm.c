/* Threads of a WebAssembly module. A module cannot start one: the page starts workers on the same
 * memory, each of which offers itself here (wasm/worker.c) and sleeps until it is given something
 * to run. A module without shared memory never has any, and its pools are of one. */
#include "base/thread_wasm.h"

#include "base/thread_os.h"

typedef struct slot {
  atomic_uint state;
  void (*fn)(void *arg);
  void *arg;
} slot;

enum { ABSENT, IDLE, CLAIMED, BUSY, LEAVING };

/* The one table of a module's workers: it stands for the system's list of threads. */
static slot slots[LODE_WASM_WORKERS];

#if defined(__wasm_atomics__)
static void sleep_while(atomic_uint *word, unsigned seen) {
  while (atomic_load(word) == seen) {
    __builtin_wasm_memory_atomic_wait32((int *)word, (int)seen, -1);
  }
}

static void wake(atomic_uint *word) {
  __builtin_wasm_memory_atomic_notify((int *)word, (unsigned)-1);
}

void lode_os_yield(void) {
  static int never;
  const int64_t nanoseconds = 20000;
  __builtin_wasm_memory_atomic_wait32(&never, 0, nanoseconds);
}
#else
static void sleep_while(atomic_uint *word, unsigned seen) {
  (void)word;
  (void)seen;
}

static void wake(atomic_uint *word) {
  (void)word;
}

void lode_os_yield(void) {}
#endif

static void set_state(slot *s, unsigned state) {
  atomic_store(&s->state, state);
  wake(&s->state);
}

bool lode_wasm_worker_enter(int number) {
  if (number < 0 || number >= LODE_WASM_WORKERS) return false;
  unsigned absent = ABSENT;
  return atomic_compare_exchange_strong(&slots[number].state, &absent, IDLE);
}

void lode_wasm_worker_run(int number) {
  slot *s = &slots[number];
  for (;;) {
    const unsigned state = atomic_load(&s->state);
    if (state == BUSY) {
      s->fn(s->arg);
      set_state(s, IDLE);
    } else if (state == LEAVING) {
      set_state(s, ABSENT);
      return;
    } else {
      sleep_while(&s->state, state);
    }
  }
}

void lode_wasm_workers_dismiss(void) {
  for (int i = 0; i < LODE_WASM_WORKERS; i++) {
    unsigned idle = IDLE;
    if (atomic_compare_exchange_strong(&slots[i].state, &idle, LEAVING)) wake(&slots[i].state);
  }
}

int lode_wasm_workers_idle(void) {
  int idle = 0;
  for (int i = 0; i < LODE_WASM_WORKERS; i++) idle += atomic_load(&slots[i].state) == IDLE;
  return idle;
}

bool lode_os_thread_start(lode_os_thread *thread, void (*fn)(void *arg), void *arg) {
  for (int i = 0; i < LODE_WASM_WORKERS; i++) {
    slot *s = &slots[i];
    unsigned idle = IDLE;
    if (!atomic_compare_exchange_strong(&s->state, &idle, CLAIMED)) continue;
    s->fn = fn;
    s->arg = arg;
    thread->slot = i;
    set_state(s, BUSY);
    return true;
  }
  return false;
}

void lode_os_thread_join(lode_os_thread *thread) {
  sleep_while(&slots[thread->slot].state, BUSY);
}

void lode_os_gate_init(lode_os_gate *gate) {
  (void)gate;
}

void lode_os_gate_destroy(lode_os_gate *gate) {
  (void)gate;
}

void lode_os_gate_wait(lode_os_gate *gate, atomic_uint *word, unsigned seen) {
  (void)gate;
  sleep_while(word, seen);
}

void lode_os_gate_open(lode_os_gate *gate, atomic_uint *word) {
  (void)gate;
  wake(word);
}
