/* The other side of thread_wasm.c: what a worker of a page calls. */
#ifndef LODE_BASE_THREAD_WASM_H
#define LODE_BASE_THREAD_WASM_H

#include <stdbool.h>
#include <stdint.h>

enum { LODE_WASM_WORKERS = 64 }; /* beside the caller's own thread */

/* Offer the calling thread as worker `number`. False: there is one. */
bool lode_wasm_worker_enter(int number);
/* Run what the worker is given, until it is dismissed. */
void lode_wasm_worker_run(int number);
/* Let all idle workers return from lode_wasm_worker_run. */
void lode_wasm_workers_dismiss(void);
int lode_wasm_workers_idle(void);

#endif
