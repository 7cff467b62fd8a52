/* wgpu-native as it is found at run time: its functions, and why not. */
#ifndef LODE_BACKEND_WEBGPU_NATIVE_H
#define LODE_BACKEND_WEBGPU_NATIVE_H

#include <pthread.h>
#include <stdatomic.h>
#include <webgpu.h>
#include <wgpu.h>

#include "backend/webgpu/gpu.h"
#include "base/memory.h"

/* X(function): all that is used. wgpu-native has functions that end the process instead of working
 * (wgpuInstanceHasWGSLLanguageFeature, wgpuInstanceWaitAny): see its documentation before adding.
 */
#define LODE_WGPU_FUNCTIONS(X)            \
  X(AdapterGetInfo)                       \
  X(AdapterGetLimits)                     \
  X(AdapterHasFeature)                    \
  X(AdapterInfoFreeMembers)               \
  X(AdapterRelease)                       \
  X(AdapterRequestDevice)                 \
  X(BindGroupLayoutRelease)               \
  X(BindGroupRelease)                     \
  X(BufferDestroy)                        \
  X(BufferGetConstMappedRange)            \
  X(BufferMapAsync)                       \
  X(BufferRelease)                        \
  X(BufferUnmap)                          \
  X(CommandBufferRelease)                 \
  X(CommandEncoderBeginComputePass)       \
  X(CommandEncoderCopyBufferToBuffer)     \
  X(CommandEncoderFinish)                 \
  X(CommandEncoderRelease)                \
  X(CommandEncoderResolveQuerySet)        \
  X(ComputePassEncoderDispatchWorkgroups) \
  X(ComputePassEncoderEnd)                \
  X(ComputePassEncoderRelease)            \
  X(ComputePassEncoderSetBindGroup)       \
  X(ComputePassEncoderSetPipeline)        \
  X(ComputePipelineRelease)               \
  X(CreateInstance)                       \
  X(DeviceCreateBindGroup)                \
  X(DeviceCreateBindGroupLayout)          \
  X(DeviceCreateBuffer)                   \
  X(DeviceCreateCommandEncoder)           \
  X(DeviceCreateComputePipeline)          \
  X(DeviceCreatePipelineLayout)           \
  X(DeviceCreateQuerySet)                 \
  X(DeviceCreateShaderModule)             \
  X(DeviceGetQueue)                       \
  X(DevicePoll)                           \
  X(DeviceRelease)                        \
  X(GetVersion)                           \
  X(InstanceRelease)                      \
  X(InstanceRequestAdapter)               \
  X(PipelineLayoutRelease)                \
  X(QuerySetRelease)                      \
  X(QueueRelease)                         \
  X(QueueSubmit)                          \
  X(QueueWriteBuffer)                     \
  X(ShaderModuleRelease)

typedef struct lode_wgpu {
#define X(name) __typeof__(&wgpu##name) name;
  LODE_WGPU_FUNCTIONS(X)
#undef X
} lode_wgpu;

/* The library named by $LODE_WEBGPU_LIBRARY, else libwgpu_native.so where the system finds it,
 * else the one that tools/get_webgpu.sh left in the cache. It stays loaded. LODE_E_UNSUPPORTED:
 * there is none, or one of another version than this was built for. */
lode_status lode_wgpu_load(lode_wgpu *out, lode_error *err);

typedef enum lode_thing_kind {
  LODE_THING_NONE = 0, /* the number is free */
  LODE_THING_BUFFER,
  LODE_THING_PIPELINE,
  LODE_THING_GROUP,
  LODE_THING_QUERIES,
  LODE_THING_COMMANDS,
} lode_thing_kind;

/* What a number stands for. */
typedef struct lode_thing {
  lode_thing_kind kind;
  union {
    struct {
      WGPUBuffer buffer;
      uint64_t size;
      /* lode_gpu_state: of the last submission that it was to be mapped after. Its callback may
       * come from any thread, so it lies apart, and outlives the number. */
      atomic_int *state;
    } buffer;
    struct {
      WGPUComputePipeline pipeline;
      WGPUBindGroupLayout layout;
    } pipeline;
    WGPUBindGroup group;
    struct {
      WGPUQuerySet set;
      uint32_t count;
    } queries;
    struct {
      WGPUCommandEncoder encoder;
      WGPUComputePassEncoder pass; /* NULL: between passes */
    } commands;
  } u;
} lode_thing;

struct lode_gpu {
  lode_wgpu wgpu;
  WGPUInstance instance;
  WGPUAdapter adapter;
  WGPUDevice device;
  WGPUQueue queue;
  pthread_mutex_t making; /* held while something is made, so that an error is known to be its */
  pthread_mutex_t lock;   /* for all that follows */
  lode_thing *things;
  size_t thing_count; /* things[0] is never used */
  lode_buffer thing_memory;
  lode_arena states;        /* of buffers that are mapped */
  lode_gpu_trouble trouble; /* the first since the last report */
  char text[256];           /* of trouble */
  bool lost;
  unsigned errors; /* so far */
};

/* Note a trouble, from a callback or elsewhere. */
void lode_native_trouble(lode_gpu *gpu, lode_gpu_trouble trouble, const char *text, size_t size);

/* native_open_posix.c */
lode_status lode_native_open(lode_gpu **out, lode_gpu_info *info, lode_error *err);
void lode_native_close(lode_gpu *gpu);

#endif
