/* The driver over wgpu-native. */
#include "backend/webgpu/gpu.h"

#ifdef LODE_HAVE_WEBGPU_H

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "backend/webgpu/native.h"

enum { MAX_BINDINGS = 12, MAX_CONSTANTS = 12 };

static WGPUStringView view_of(const char *text, size_t size) {
  return (WGPUStringView){text, size};
}

/* ---- numbers and things */

/* A free number. 0: out of memory. */
static lode_gpu_id keep(lode_gpu *gpu, const lode_thing *thing) {
  pthread_mutex_lock(&gpu->lock);
  size_t id = 1;
  while (id < gpu->thing_count && gpu->things[id].kind != LODE_THING_NONE) id++;
  const size_t count = id < gpu->thing_count ? gpu->thing_count : id + 1;
  if (lode_buffer_reserve(&gpu->thing_memory, count, sizeof *gpu->things,
                          gpu->thing_count * sizeof *gpu->things)) {
    gpu->things = gpu->thing_memory.data;
    gpu->thing_count = count;
    gpu->things[id] = *thing;
  } else {
    id = 0;
  }
  pthread_mutex_unlock(&gpu->lock);
  return (lode_gpu_id)id;
}

/* A copy; kind NONE where the number is not one of that kind. With `forget`, the number is free
 * afterwards. */
static lode_thing find(lode_gpu *gpu, lode_gpu_id id, lode_thing_kind kind, bool forget) {
  lode_thing thing = {0};
  pthread_mutex_lock(&gpu->lock);
  if (id > 0 && id < gpu->thing_count &&
      (kind == LODE_THING_NONE || gpu->things[id].kind == kind)) {
    thing = gpu->things[id];
    if (forget) gpu->things[id].kind = LODE_THING_NONE;
  }
  pthread_mutex_unlock(&gpu->lock);
  return thing;
}

static void drop(lode_gpu *gpu, const lode_thing *thing) {
  const lode_wgpu *w = &gpu->wgpu;
  switch (thing->kind) {
    case LODE_THING_BUFFER:
      w->BufferRelease(thing->u.buffer.buffer);
      break;
    case LODE_THING_PIPELINE:
      w->ComputePipelineRelease(thing->u.pipeline.pipeline);
      w->BindGroupLayoutRelease(thing->u.pipeline.layout);
      break;
    case LODE_THING_GROUP:
      w->BindGroupRelease(thing->u.group);
      break;
    case LODE_THING_QUERIES:
      w->QuerySetRelease(thing->u.queries.set);
      break;
    case LODE_THING_COMMANDS:
      if (thing->u.commands.pass) w->ComputePassEncoderRelease(thing->u.commands.pass);
      w->CommandEncoderRelease(thing->u.commands.encoder);
      break;
    case LODE_THING_NONE:
      break;
  }
}

static void release(lode_gpu *gpu, lode_gpu_id id) {
  const lode_thing thing = find(gpu, id, LODE_THING_NONE, true);
  drop(gpu, &thing);
}

static void close_device(lode_gpu *gpu) {
  if (!gpu) return;
  for (size_t i = 1; i < gpu->thing_count; i++) drop(gpu, &gpu->things[i]);
  lode_native_close(gpu);
}

/* Between these two, an error is of what is being made: wgpu-native tells before it returns. */
static unsigned making_begin(lode_gpu *gpu) {
  pthread_mutex_lock(&gpu->making);
  pthread_mutex_lock(&gpu->lock);
  const unsigned errors = gpu->errors;
  pthread_mutex_unlock(&gpu->lock);
  return errors;
}

static bool making_is_good(lode_gpu *gpu, unsigned errors) {
  pthread_mutex_lock(&gpu->lock);
  const bool good = gpu->errors == errors && !gpu->lost;
  pthread_mutex_unlock(&gpu->lock);
  pthread_mutex_unlock(&gpu->making);
  return good;
}

/* The number of what was made; 0 and it is dropped where that went wrong. */
static lode_gpu_id making_end(lode_gpu *gpu, unsigned errors, bool made, const lode_thing *thing) {
  const bool good = making_is_good(gpu, errors) && made;
  const lode_gpu_id id = good ? keep(gpu, thing) : 0;
  if (id == 0 && made) drop(gpu, thing);
  return id;
}

/* ---- making */

static lode_gpu_id make_buffer(lode_gpu *gpu, uint32_t usage, uint64_t size) {
  lode_thing thing = {.kind = LODE_THING_BUFFER};
  thing.u.buffer.size = size;
  if (usage & LODE_GPU_MAP_READ) {
    pthread_mutex_lock(&gpu->lock);
    thing.u.buffer.state = lode_arena_alloc(&gpu->states, sizeof *thing.u.buffer.state);
    pthread_mutex_unlock(&gpu->lock);
    if (!thing.u.buffer.state) return 0;
  }
  const WGPUBufferDescriptor descriptor = {.usage = usage, .size = size};
  const unsigned errors = making_begin(gpu);
  thing.u.buffer.buffer = gpu->wgpu.DeviceCreateBuffer(gpu->device, &descriptor);
  return making_end(gpu, errors, thing.u.buffer.buffer != NULL, &thing);
}

static WGPUBindGroupLayout make_layout(lode_gpu *gpu, const char *kinds) {
  WGPUBindGroupLayoutEntry entries[MAX_BINDINGS];
  size_t n = 0;
  for (; kinds[n] && n < MAX_BINDINGS; n++) {
    const WGPUBufferBindingType type = kinds[n] == 'u'   ? WGPUBufferBindingType_Uniform
                                       : kinds[n] == 'w' ? WGPUBufferBindingType_Storage
                                                         : WGPUBufferBindingType_ReadOnlyStorage;
    entries[n] = (WGPUBindGroupLayoutEntry){
        .binding = (uint32_t)n, .visibility = WGPUShaderStage_Compute, .buffer = {.type = type}};
  }
  const WGPUBindGroupLayoutDescriptor descriptor = {.entryCount = n, .entries = entries};
  return gpu->wgpu.DeviceCreateBindGroupLayout(gpu->device, &descriptor);
}

static WGPUComputePipeline make_compute(lode_gpu *gpu, WGPUShaderModule module,
                                        WGPUBindGroupLayout layout,
                                        const lode_gpu_constant *constants, size_t n) {
  const WGPUPipelineLayoutDescriptor whole = {.bindGroupLayoutCount = 1,
                                              .bindGroupLayouts = &layout};
  WGPUPipelineLayout pipeline_layout = gpu->wgpu.DeviceCreatePipelineLayout(gpu->device, &whole);
  if (!pipeline_layout) return NULL;
  WGPUConstantEntry entries[MAX_CONSTANTS];
  for (size_t i = 0; i < n && i < MAX_CONSTANTS; i++) {
    entries[i] = (WGPUConstantEntry){.key = view_of(constants[i].name, strlen(constants[i].name)),
                                     .value = constants[i].value};
  }
  const WGPUComputePipelineDescriptor descriptor = {
      .layout = pipeline_layout,
      .compute = {.module = module,
                  .entryPoint = view_of("main", 4),
                  .constantCount = n < MAX_CONSTANTS ? n : MAX_CONSTANTS,
                  .constants = entries},
  };
  WGPUComputePipeline made = gpu->wgpu.DeviceCreateComputePipeline(gpu->device, &descriptor);
  gpu->wgpu.PipelineLayoutRelease(pipeline_layout);
  return made;
}

static bool fail_quietly(lode_gpu *gpu) {
  pthread_mutex_lock(&gpu->lock);
  const bool lost = gpu->lost;
  pthread_mutex_unlock(&gpu->lock);
  return lost;
}

static lode_gpu_id make_pipeline(lode_gpu *gpu, const char *wgsl, size_t size, const char *kinds,
                                 const lode_gpu_constant *constants, size_t n) {
  WGPUShaderSourceWGSL source = {.chain = {.sType = WGPUSType_ShaderSourceWGSL},
                                 .code = view_of(wgsl, size)};
  const WGPUShaderModuleDescriptor descriptor = {.nextInChain = &source.chain};
  lode_thing thing = {.kind = LODE_THING_PIPELINE};
  bool made = false;
  const unsigned errors = making_begin(gpu);
  WGPUShaderModule module = gpu->wgpu.DeviceCreateShaderModule(gpu->device, &descriptor);
  /* wgpu-native ends the process when it is handed what failed. */
  pthread_mutex_lock(&gpu->lock);
  const bool compiled = module && gpu->errors == errors;
  pthread_mutex_unlock(&gpu->lock);
  if (compiled) {
    thing.u.pipeline.layout = make_layout(gpu, kinds);
    if (thing.u.pipeline.layout) {
      thing.u.pipeline.pipeline = make_compute(gpu, module, thing.u.pipeline.layout, constants, n);
      made = thing.u.pipeline.pipeline != NULL;
      if (!made) gpu->wgpu.BindGroupLayoutRelease(thing.u.pipeline.layout);
    }
  }
  if (module) gpu->wgpu.ShaderModuleRelease(module);
  return making_end(gpu, errors, made, &thing);
}

static lode_gpu_id make_group(lode_gpu *gpu, lode_gpu_id pipeline, const lode_gpu_binding *bindings,
                              size_t n) {
  WGPUBindGroupEntry entries[MAX_BINDINGS];
  const lode_thing on = find(gpu, pipeline, LODE_THING_PIPELINE, false);
  if (on.kind == LODE_THING_NONE || n > MAX_BINDINGS) return 0;
  for (size_t i = 0; i < n; i++) {
    const lode_thing buffer = find(gpu, bindings[i].buffer, LODE_THING_BUFFER, false);
    if (buffer.kind == LODE_THING_NONE) return 0;
    entries[i] = (WGPUBindGroupEntry){.binding = (uint32_t)i,
                                      .buffer = buffer.u.buffer.buffer,
                                      .offset = bindings[i].offset,
                                      .size = bindings[i].size};
  }
  const WGPUBindGroupDescriptor descriptor = {
      .layout = on.u.pipeline.layout, .entryCount = n, .entries = entries};
  lode_thing thing = {.kind = LODE_THING_GROUP};
  const unsigned errors = making_begin(gpu);
  thing.u.group = gpu->wgpu.DeviceCreateBindGroup(gpu->device, &descriptor);
  return making_end(gpu, errors, thing.u.group != NULL, &thing);
}

static lode_gpu_id make_queries(lode_gpu *gpu, uint32_t passes) {
  const WGPUQuerySetDescriptor descriptor = {.type = WGPUQueryType_Timestamp, .count = 2 * passes};
  lode_thing thing = {.kind = LODE_THING_QUERIES};
  thing.u.queries.count = 2 * passes;
  const unsigned errors = making_begin(gpu);
  thing.u.queries.set = gpu->wgpu.DeviceCreateQuerySet(gpu->device, &descriptor);
  return making_end(gpu, errors, thing.u.queries.set != NULL, &thing);
}

static void upload(lode_gpu *gpu, lode_gpu_id buffer, uint64_t offset, const void *data,
                   size_t size) {
  const lode_thing to = find(gpu, buffer, LODE_THING_BUFFER, false);
  if (to.kind == LODE_THING_NONE || size == 0 || fail_quietly(gpu)) return;
  gpu->wgpu.QueueWriteBuffer(gpu->queue, to.u.buffer.buffer, offset, data, size);
}

/* ---- commands */

static lode_gpu_id make_commands(lode_gpu *gpu) {
  lode_thing thing = {.kind = LODE_THING_COMMANDS};
  const unsigned errors = making_begin(gpu);
  thing.u.commands.encoder = gpu->wgpu.DeviceCreateCommandEncoder(gpu->device, NULL);
  return making_end(gpu, errors, thing.u.commands.encoder != NULL, &thing);
}

static void set_pass(lode_gpu *gpu, lode_gpu_id commands, WGPUComputePassEncoder pass) {
  pthread_mutex_lock(&gpu->lock);
  gpu->things[commands].u.commands.pass = pass;
  pthread_mutex_unlock(&gpu->lock);
}

static void pass_begin(lode_gpu *gpu, lode_gpu_id commands, lode_gpu_id queries, uint32_t pass) {
  const lode_thing to = find(gpu, commands, LODE_THING_COMMANDS, false);
  const lode_thing times = find(gpu, queries, LODE_THING_QUERIES, false);
  if (to.kind == LODE_THING_NONE) return;
  const WGPUPassTimestampWrites writes = {.querySet = times.u.queries.set,
                                          .beginningOfPassWriteIndex = 2 * pass,
                                          .endOfPassWriteIndex = 2 * pass + 1};
  const WGPUComputePassDescriptor descriptor = {.timestampWrites =
                                                    times.kind == LODE_THING_NONE ? NULL : &writes};
  set_pass(gpu, commands,
           gpu->wgpu.CommandEncoderBeginComputePass(to.u.commands.encoder, &descriptor));
}

static void dispatch(lode_gpu *gpu, lode_gpu_id commands, lode_gpu_id pipeline, lode_gpu_id group,
                     uint32_t x, uint32_t y) {
  const lode_thing to = find(gpu, commands, LODE_THING_COMMANDS, false);
  const lode_thing by = find(gpu, pipeline, LODE_THING_PIPELINE, false);
  const lode_thing on = find(gpu, group, LODE_THING_GROUP, false);
  if (to.kind == LODE_THING_NONE || by.kind == LODE_THING_NONE || on.kind == LODE_THING_NONE ||
      !to.u.commands.pass) {
    return;
  }
  gpu->wgpu.ComputePassEncoderSetPipeline(to.u.commands.pass, by.u.pipeline.pipeline);
  gpu->wgpu.ComputePassEncoderSetBindGroup(to.u.commands.pass, 0, on.u.group, 0, NULL);
  gpu->wgpu.ComputePassEncoderDispatchWorkgroups(to.u.commands.pass, x, y, 1);
}

static void pass_end(lode_gpu *gpu, lode_gpu_id commands) {
  const lode_thing to = find(gpu, commands, LODE_THING_COMMANDS, false);
  if (to.kind == LODE_THING_NONE || !to.u.commands.pass) return;
  gpu->wgpu.ComputePassEncoderEnd(to.u.commands.pass);
  gpu->wgpu.ComputePassEncoderRelease(to.u.commands.pass);
  set_pass(gpu, commands, NULL);
}

static void copy(lode_gpu *gpu, lode_gpu_id commands, lode_gpu_id from, uint64_t from_offset,
                 lode_gpu_id to, uint64_t to_offset, uint64_t size) {
  const lode_thing on = find(gpu, commands, LODE_THING_COMMANDS, false);
  const lode_thing a = find(gpu, from, LODE_THING_BUFFER, false);
  const lode_thing b = find(gpu, to, LODE_THING_BUFFER, false);
  if (on.kind == LODE_THING_NONE || a.kind == LODE_THING_NONE || b.kind == LODE_THING_NONE) return;
  gpu->wgpu.CommandEncoderCopyBufferToBuffer(on.u.commands.encoder, a.u.buffer.buffer, from_offset,
                                             b.u.buffer.buffer, to_offset, size);
}

static void resolve(lode_gpu *gpu, lode_gpu_id commands, lode_gpu_id queries, lode_gpu_id to) {
  const lode_thing on = find(gpu, commands, LODE_THING_COMMANDS, false);
  const lode_thing set = find(gpu, queries, LODE_THING_QUERIES, false);
  const lode_thing buffer = find(gpu, to, LODE_THING_BUFFER, false);
  if (on.kind == LODE_THING_NONE || set.kind == LODE_THING_NONE || buffer.kind == LODE_THING_NONE) {
    return;
  }
  gpu->wgpu.CommandEncoderResolveQuerySet(on.u.commands.encoder, set.u.queries.set, 0,
                                          set.u.queries.count, buffer.u.buffer.buffer, 0);
}

/* ---- submitting and reading back */

static void on_mapped(WGPUMapAsyncStatus status, WGPUStringView message, void *state, void *gpu) {
  if (status != WGPUMapAsyncStatus_Success && status != WGPUMapAsyncStatus_Aborted) {
    lode_native_trouble(gpu, LODE_GPU_INVALID, message.data, message.data ? message.length : 0);
  }
  atomic_store((atomic_int *)state,
               status == WGPUMapAsyncStatus_Success ? LODE_GPU_READY : LODE_GPU_FAILED);
}

static void submit(lode_gpu *gpu, lode_gpu_id commands, lode_gpu_id map) {
  const lode_thing what = find(gpu, commands, LODE_THING_COMMANDS, true);
  const lode_thing to = find(gpu, map, LODE_THING_BUFFER, false);
  if (to.kind == LODE_THING_NONE || what.kind == LODE_THING_NONE || fail_quietly(gpu)) {
    if (to.kind != LODE_THING_NONE) atomic_store(to.u.buffer.state, LODE_GPU_FAILED);
    drop(gpu, &what);
    return;
  }
  atomic_store(to.u.buffer.state, LODE_GPU_PENDING);
  /* A submission that finds the device gone ends the process, in wgpu-native: finishing asks before
   * it, and says so as an error. */
  const unsigned errors = making_begin(gpu);
  WGPUCommandBuffer finished = gpu->wgpu.CommandEncoderFinish(what.u.commands.encoder, NULL);
  const bool good = making_is_good(gpu, errors) && finished;
  if (good) gpu->wgpu.QueueSubmit(gpu->queue, 1, &finished);
  if (finished) gpu->wgpu.CommandBufferRelease(finished);
  drop(gpu, &what);
  if (!good) {
    atomic_store(to.u.buffer.state, LODE_GPU_FAILED);
    return;
  }
  const WGPUBufferMapCallbackInfo callback = {.mode = WGPUCallbackMode_AllowSpontaneous,
                                              .callback = on_mapped,
                                              .userdata1 = to.u.buffer.state,
                                              .userdata2 = gpu};
  gpu->wgpu.BufferMapAsync(to.u.buffer.buffer, WGPUMapMode_Read, 0, (size_t)to.u.buffer.size,
                           callback);
}

static lode_gpu_state poll(lode_gpu *gpu, lode_gpu_id map, bool wait) {
  if (map == 0) return LODE_GPU_READY; /* what cannot be made is told when it is asked for */
  const lode_thing on = find(gpu, map, LODE_THING_BUFFER, false);
  if (on.kind == LODE_THING_NONE) return LODE_GPU_FAILED;
  for (;;) {
    lode_gpu_state state = (lode_gpu_state)atomic_load(on.u.buffer.state);
    if (state != LODE_GPU_PENDING) return state;
    if (fail_quietly(gpu)) return LODE_GPU_FAILED;
    gpu->wgpu.DevicePoll(gpu->device, wait, NULL);
    state = (lode_gpu_state)atomic_load(on.u.buffer.state);
    if (state != LODE_GPU_PENDING || !wait) return state;
    sched_yield(); /* another thread has the callback in its hands */
  }
}

/* wgpu-native ends the process where the buffer to be read went with its device: so something is
 * made first, which tells. */
static bool device_is_there(lode_gpu *gpu) {
  const unsigned errors = making_begin(gpu);
  WGPUCommandEncoder made = gpu->wgpu.DeviceCreateCommandEncoder(gpu->device, NULL);
  const bool good = making_is_good(gpu, errors) && made;
  if (made) gpu->wgpu.CommandEncoderRelease(made);
  return good;
}

static bool read_back(lode_gpu *gpu, lode_gpu_id map, void *to, size_t size) {
  const lode_thing from = find(gpu, map, LODE_THING_BUFFER, false);
  if (from.kind == LODE_THING_NONE || size > from.u.buffer.size) return false;
  if (!device_is_there(gpu)) return false;
  const void *bytes = gpu->wgpu.BufferGetConstMappedRange(from.u.buffer.buffer, 0, size);
  if (bytes) memcpy(to, bytes, size);
  gpu->wgpu.BufferUnmap(from.u.buffer.buffer);
  return bytes != NULL;
}

static lode_gpu_trouble report(lode_gpu *gpu, char *text, size_t size) {
  pthread_mutex_lock(&gpu->lock);
  const lode_gpu_trouble trouble = gpu->lost ? LODE_GPU_LOST : gpu->trouble;
  snprintf(text, size, "%s", trouble == LODE_GPU_NO_TROUBLE ? "" : gpu->text);
  gpu->trouble = LODE_GPU_NO_TROUBLE;
  pthread_mutex_unlock(&gpu->lock);
  return trouble;
}

static const lode_gpu_driver driver = {
    .name = "wgpu-native",
    .open = lode_native_open,
    .close = close_device,
    .buffer = make_buffer,
    .upload = upload,
    .pipeline = make_pipeline,
    .group = make_group,
    .queries = make_queries,
    .release = release,
    .commands = make_commands,
    .pass_begin = pass_begin,
    .dispatch = dispatch,
    .pass_end = pass_end,
    .copy = copy,
    .resolve = resolve,
    .submit = submit,
    .poll = poll,
    .read = read_back,
    .report = report,
};

#else

static lode_status open_nothing(lode_gpu **out, lode_gpu_info *info, lode_error *err) {
  (void)out;
  (void)info;
  return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                        "this build has no WebGPU: webgpu.h was not there (tools/get_webgpu.sh)");
}

static const lode_gpu_driver driver = {.name = "none", .open = open_nothing};

#endif

const lode_gpu_driver *lode_gpu_default(void) {
  return &driver;
}
