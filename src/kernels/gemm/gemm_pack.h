/* The packed layout of B that all kernels of products share, each with its own numbers:
 *
 *   packed[panel][k / group][column of the panel][k % group]
 *
 * A group is the elements of one column that an instruction multiplies together: a 32-bit word
 * of them (one f32, two bf16, four s8), or two. So a tile walks one panel from end to end, and
 * 16 words by 16 columns are a tile of AMX. What lies past n and k counts as 0: tiles load
 * whole vectors of B and mask only what they store. */
#ifndef LODE_KERNELS_GEMM_PACK_H
#define LODE_KERNELS_GEMM_PACK_H

#include <stdbool.h>
#include <stddef.h>

typedef struct lode_gemm_layout {
  size_t panel;   /* columns of a panel */
  size_t element; /* bytes of an element: 4, 2, 1 */
  size_t group;   /* elements of a group: 4 or 8 bytes */
  size_t deep;    /* k is rounded up to a multiple of this, itself one of `group` */
  bool offset;    /* s8, -63 .. 63, is kept as a byte 64 larger, 1 .. 127 */
} lode_gemm_layout;

/* Bytes of a packed B, [n, k]. */
size_t lode_gemm_packed_size(const lode_gemm_layout *layout, size_t n, size_t k);
/* rows[j] is row j of B, [k] of the family's type. Writes panels first .. last-1 (panel p holds
 * columns p * panel ..) of `packed`, which is aligned to 64, so that packing can be shared and
 * done piece by piece. */
void lode_gemm_pack(const lode_gemm_layout *layout, size_t n, size_t k, const void *const *rows,
                    size_t first, size_t last, void *packed);

static inline size_t lode_gemm_round_up(size_t x, size_t step) {
  return (x + step - 1) / step * step;
}

#endif
