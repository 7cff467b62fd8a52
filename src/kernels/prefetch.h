/* Fetching ahead into the caches. Where several rows of a matrix are read side by side: in the
 * order of memory, not ahead in each row, which is a third slower. */
#ifndef LODE_KERNELS_PREFETCH_H
#define LODE_KERNELS_PREFETCH_H

/* The line at a uintptr_t, into the L1, or the L2: a number, because it may lie past the end of the
 * array, where no pointer may. Macros, because gcc takes an inline function that only prefetches
 * for one without effect. */
#define LODE_PREFETCH(at) __builtin_prefetch((const void *)(at), 0, 3)
#define LODE_PREFETCH_L2(at) __builtin_prefetch((const void *)(at), 0, 2)

#endif
