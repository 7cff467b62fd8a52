/* What the WebGPU backend asks of WebGPU, and no more: a table of functions that is easy to write
 * twice, natively over webgpu.h (native_posix.c) and in a page as imports of the module
 * (browser_wasm.c). So things are numbers, nothing calls back, and nothing but `open` and a `poll`
 * that is asked to wait takes longer than it needs to be told.
 *
 * Failures. What makes something returns 0 where its failure is known at once; where it is known
 * later, because the device runs behind, poll tells. Either way `report` says what it was. After
 * a device is lost everything fails, quietly, and only release and close have an effect.
 *
 * Threads: all functions may be called from any thread, but not at once for the same commands. */
#ifndef LODE_BACKEND_WEBGPU_GPU_H
#define LODE_BACKEND_WEBGPU_GPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef struct lode_gpu lode_gpu; /* an open device */
typedef uint32_t lode_gpu_id;     /* something on it; 0: nothing */

/* What every adapter has, or there is no device: what WebGPU promises to all. */
enum {
  LODE_GPU_STORAGE_BUFFERS = 8,      /* a pipeline may bind */
  LODE_GPU_WORKGROUP_BYTES = 16384,  /* shared by a workgroup */
  LODE_GPU_INVOCATIONS = 256,        /* of a workgroup */
  LODE_GPU_GROUPS = 65535,           /* workgroups in each dimension */
  LODE_GPU_ALIGNMENT = 256,          /* bytes: where a binding may begin */
  LODE_GPU_BINDING_BYTES = 128 << 20 /* largest binding */
};

enum {
  LODE_GPU_F16 = 1u << 0,
  LODE_GPU_TIMESTAMPS = 1u << 1,
  LODE_GPU_PACKED_DOT = 1u << 2, /* WGSL has dot4I8Packed */
  LODE_GPU_SOFTWARE = 1u << 3,   /* it computes on the CPU */
};

typedef struct lode_gpu_info {
  char name[128];         /* "llvmpipe (LLVM 15.0.6, 256 bits)" */
  uint64_t binding_bytes; /* largest storage binding */
  uint64_t buffer_bytes;  /* largest buffer */
  uint32_t features;      /* LODE_GPU_ bits */
} lode_gpu_info;

/* What a buffer is for; bits of WebGPU's GPUBufferUsage. */
enum {
  LODE_GPU_MAP_READ = 0x0001,
  LODE_GPU_COPY_SRC = 0x0004,
  LODE_GPU_COPY_DST = 0x0008,
  LODE_GPU_UNIFORM = 0x0040,
  LODE_GPU_STORAGE = 0x0080,
  LODE_GPU_QUERY = 0x0200,
};

/* An `override` of a shader. */
typedef struct lode_gpu_constant {
  const char *name;
  double value;
} lode_gpu_constant;

typedef struct lode_gpu_binding {
  lode_gpu_id buffer;
  uint64_t offset; /* a multiple of LODE_GPU_ALIGNMENT */
  uint64_t size;   /* bytes, a multiple of 4 */
} lode_gpu_binding;

typedef enum lode_gpu_state {
  LODE_GPU_PENDING = 0,
  LODE_GPU_READY,
  LODE_GPU_FAILED, /* report says why */
} lode_gpu_state;

/* What became of the device or of what was asked of it. */
typedef enum lode_gpu_trouble {
  LODE_GPU_NO_TROUBLE = 0,
  LODE_GPU_LOST,    /* the device is gone for good */
  LODE_GPU_NOMEM,   /* it has no memory left for this */
  LODE_GPU_INVALID, /* it refuses this: a shader that does not compile, a limit */
} lode_gpu_trouble;

typedef struct lode_gpu_driver {
  const char *name;
  /* An adapter and a device with the limits above. LODE_E_UNSUPPORTED: there is no library, no
   * adapter, or none that is good enough; LODE_E_NOMEM. */
  lode_status (*open)(lode_gpu **out, lode_gpu_info *info, lode_error *err);
  void (*close)(lode_gpu *gpu); /* with all that is on it */

  lode_gpu_id (*buffer)(lode_gpu *gpu, uint32_t usage, uint64_t size);
  /* offset and size are multiples of 4; data may be used again at once. */
  void (*upload)(lode_gpu *gpu, lode_gpu_id buffer, uint64_t offset, const void *data, size_t size);
  /* The function `main` of a shader. `kinds` has a letter for each binding from 0 on: u uniform,
   * r read-only storage, w storage. */
  lode_gpu_id (*pipeline)(lode_gpu *gpu, const char *wgsl, size_t size, const char *kinds,
                          const lode_gpu_constant *constants, size_t n);
  /* What a pipeline's bindings are bound to. */
  lode_gpu_id (*group)(lode_gpu *gpu, lode_gpu_id pipeline, const lode_gpu_binding *bindings,
                       size_t n);
  /* Times of passes, in nanoseconds, two for each. Only with LODE_GPU_TIMESTAMPS. */
  lode_gpu_id (*queries)(lode_gpu *gpu, uint32_t passes);
  /* Anything of the above; 0 is fine. What is still in use lives on until it is not. */
  void (*release)(lode_gpu *gpu, lode_gpu_id id);

  /* Commands, to be submitted together. */
  lode_gpu_id (*commands)(lode_gpu *gpu);
  /* Dispatches are in passes; within one, each sees what those before it wrote. */
  void (*pass_begin)(lode_gpu *gpu, lode_gpu_id commands, lode_gpu_id queries, uint32_t pass);
  void (*dispatch)(lode_gpu *gpu, lode_gpu_id commands, lode_gpu_id pipeline, lode_gpu_id group,
                   uint32_t x, uint32_t y);
  void (*pass_end)(lode_gpu *gpu, lode_gpu_id commands);
  void (*copy)(lode_gpu *gpu, lode_gpu_id commands, lode_gpu_id from, uint64_t from_offset,
               lode_gpu_id to, uint64_t to_offset, uint64_t size);
  /* All times of `queries` into a buffer of usage LODE_GPU_QUERY. */
  void (*resolve)(lode_gpu *gpu, lode_gpu_id commands, lode_gpu_id queries, lode_gpu_id to);
  /* Takes the commands; then `map`, a buffer to be read, becomes ready when they are done. */
  void (*submit)(lode_gpu *gpu, lode_gpu_id commands, lode_gpu_id map);

  /* Is it? With `wait`, and where threads may be blocked, it does not return before it is, or
   * never will be. Of 0: is everything there that was made so far? */
  lode_gpu_state (*poll)(lode_gpu *gpu, lode_gpu_id map, bool wait);
  /* The first `size` bytes of a buffer that is ready; then it can be submitted again. */
  bool (*read)(lode_gpu *gpu, lode_gpu_id map, void *to, size_t size);
  /* The first trouble since the last report, in words (`size` bytes, NUL-terminated); a loss is
   * reported for ever. */
  lode_gpu_trouble (*report)(lode_gpu *gpu, char *text, size_t size);
} lode_gpu_driver;

/* This build's. */
const lode_gpu_driver *lode_gpu_default(void);

#endif
