/* Where a program's values lie while it runs: slots, each holding one value after another,
 * by liveness (from the op that writes a value to the last that reads it). */
#ifndef LODE_MODEL_MEMORY_PLAN_H
#define LODE_MODEL_MEMORY_PLAN_H

#include "model/program.h"

typedef struct lode_memory_slot {
  lode_extent extent;
  size_t cols; /* of the widest value that it holds */
} lode_memory_slot;

typedef struct lode_memory_plan {
  int *slot_of; /* [value_count]; LODE_NONE: never written */
  lode_memory_slot *slots;
  size_t slot_count;
} lode_memory_plan;

/* In `arena`. LODE_E_NOMEM is the only failure. An op never has its output in the slot of one of
 * its inputs; or, `in_place`, only in that of a linear op's residual, or of what is normalized, if
 * nothing else reads that. */
lode_status lode_memory_plan_make(const lode_program *program, bool in_place, lode_arena *arena,
                                  lode_memory_plan *out, lode_error *err);

/* Floats for `tokens` and `sequences`, every slot starting on a cache line. False: overflow.
 * With `offsets` ([slot_count]) not NULL, also where each slot starts, in floats. */
bool lode_memory_plan_size(const lode_memory_plan *plan, size_t tokens, size_t sequences,
                           size_t *floats, size_t *offsets);

#endif
