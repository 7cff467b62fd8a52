/* From a library to a device, and back. */
#ifdef LODE_HAVE_WEBGPU_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/webgpu/native.h"

void lode_native_trouble(lode_gpu *gpu, lode_gpu_trouble trouble, const char *text, size_t size) {
  pthread_mutex_lock(&gpu->lock);
  gpu->errors++;
  const bool first_loss = trouble == LODE_GPU_LOST && !gpu->lost;
  if (first_loss || (!gpu->lost && gpu->trouble == LODE_GPU_NO_TROUBLE)) {
    gpu->trouble = trouble;
    snprintf(gpu->text, sizeof gpu->text, "%.*s", (int)(size < 255 ? size : 255), text ? text : "");
    /* Reports of shaders have many lines; ours have one. */
    for (char *c = gpu->text; *c; c++) {
      if ((unsigned char)*c < ' ') *c = ' ';
    }
  }
  if (trouble == LODE_GPU_LOST) gpu->lost = true;
  pthread_mutex_unlock(&gpu->lock);
}

static size_t view_size(WGPUStringView view) {
  return view.data && view.length == WGPU_STRLEN ? strlen(view.data) : view.data ? view.length : 0;
}

static void on_lost(WGPUDevice const *device, WGPUDeviceLostReason reason, WGPUStringView message,
                    void *gpu, void *unused) {
  (void)device;
  (void)reason; /* also when it is closed, where nobody asks any more */
  (void)unused;
  lode_native_trouble(gpu, LODE_GPU_LOST, message.data, view_size(message));
}

static void on_error(WGPUDevice const *device, WGPUErrorType type, WGPUStringView message,
                     void *gpu, void *unused) {
  (void)device;
  (void)unused;
  lode_native_trouble(gpu, type == WGPUErrorType_OutOfMemory ? LODE_GPU_NOMEM : LODE_GPU_INVALID,
                      message.data, view_size(message));
}

static void on_adapter(WGPURequestAdapterStatus status, WGPUAdapter adapter, WGPUStringView message,
                       void *gpu, void *unused) {
  (void)message;
  (void)unused;
  if (status == WGPURequestAdapterStatus_Success) ((lode_gpu *)gpu)->adapter = adapter;
}

static void on_device(WGPURequestDeviceStatus status, WGPUDevice device, WGPUStringView message,
                      void *gpu, void *unused) {
  (void)unused;
  if (status == WGPURequestDeviceStatus_Success) {
    ((lode_gpu *)gpu)->device = device;
  } else {
    lode_native_trouble(gpu, LODE_GPU_INVALID, message.data, view_size(message));
  }
}

/* The first of what the system has for computing; not OpenGL, whose drivers start threads and
 * talk to a display. wgpu-native answers before it returns. */
static lode_status find_adapter(lode_gpu *gpu, lode_error *err) {
  WGPUInstanceExtras extras = {
      /* NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange): as wgpu.h wants it */
      .chain = {.sType = (WGPUSType)WGPUSType_InstanceExtras},
      .backends = WGPUInstanceBackend_Vulkan | WGPUInstanceBackend_Metal | WGPUInstanceBackend_DX12,
  };
  const WGPUInstanceDescriptor descriptor = {.nextInChain = &extras.chain};
  gpu->instance = gpu->wgpu.CreateInstance(&descriptor);
  if (!gpu->instance) return lode_error_nomem(err);
  const WGPURequestAdapterOptions options = {.powerPreference =
                                                 WGPUPowerPreference_HighPerformance};
  const WGPURequestAdapterCallbackInfo callback = {
      .mode = WGPUCallbackMode_AllowSpontaneous, .callback = on_adapter, .userdata1 = gpu};
  gpu->wgpu.InstanceRequestAdapter(gpu->instance, &options, callback);
  if (gpu->adapter) return LODE_OK;
  return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1,
                        "no WebGPU adapter: this machine has no GPU with a Vulkan driver, and no "
                        "software one");
}

/* Is there as much of everything as is used? */
static lode_status check_limits(const WGPULimits *has, lode_error *err) {
  const struct {
    const char *name;
    uint64_t has, needs;
  } limits[] = {
      {"storage buffers", has->maxStorageBuffersPerShaderStage, LODE_GPU_STORAGE_BUFFERS},
      {"bytes of a binding", has->maxStorageBufferBindingSize, LODE_GPU_BINDING_BYTES},
      {"bytes of workgroup memory", has->maxComputeWorkgroupStorageSize, LODE_GPU_WORKGROUP_BYTES},
      {"invocations of a workgroup", has->maxComputeInvocationsPerWorkgroup, LODE_GPU_INVOCATIONS},
      {"workgroups", has->maxComputeWorkgroupsPerDimension, LODE_GPU_GROUPS},
  };
  for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
    if (limits[i].has >= limits[i].needs) continue;
    return lode_error_set(
        err, LODE_E_UNSUPPORTED, -1, -1, "the WebGPU adapter has %llu %s, %llu are needed",
        (unsigned long long)limits[i].has, limits[i].name, (unsigned long long)limits[i].needs);
  }
  return LODE_OK;
}

static void describe(lode_gpu *gpu, const WGPULimits *limits, lode_gpu_info *info) {
  memset(info, 0, sizeof *info);
  WGPUAdapterInfo about = {0};
  gpu->wgpu.AdapterGetInfo(gpu->adapter, &about);
  snprintf(info->name, sizeof info->name, "%.*s", (int)view_size(about.device), about.device.data);
  const bool software = about.adapterType == WGPUAdapterType_CPU;
  gpu->wgpu.AdapterInfoFreeMembers(about);
  info->binding_bytes = limits->maxStorageBufferBindingSize;
  info->buffer_bytes = limits->maxBufferSize;
  info->features = LODE_GPU_PACKED_DOT; /* this version of wgpu-native has it for any device */
  if (software) info->features |= LODE_GPU_SOFTWARE;
  if (gpu->wgpu.AdapterHasFeature(gpu->adapter, WGPUFeatureName_TimestampQuery)) {
    info->features |= LODE_GPU_TIMESTAMPS;
  }
  if (gpu->wgpu.AdapterHasFeature(gpu->adapter, WGPUFeatureName_ShaderF16)) {
    info->features |= LODE_GPU_F16;
  }
}

static lode_status find_device(lode_gpu *gpu, lode_gpu_info *info, lode_error *err) {
  WGPULimits has = WGPU_LIMITS_INIT;
  gpu->wgpu.AdapterGetLimits(gpu->adapter, &has);
  const lode_status status = check_limits(&has, err);
  if (status != LODE_OK) return status;
  describe(gpu, &has, info);
  WGPULimits limits = WGPU_LIMITS_INIT;
  limits.maxStorageBuffersPerShaderStage = LODE_GPU_STORAGE_BUFFERS;
  limits.maxStorageBufferBindingSize = has.maxStorageBufferBindingSize;
  limits.maxBufferSize = has.maxBufferSize;
  WGPUFeatureName features[2];
  size_t count = 0;
  if (info->features & LODE_GPU_TIMESTAMPS) features[count++] = WGPUFeatureName_TimestampQuery;
  if (info->features & LODE_GPU_F16) features[count++] = WGPUFeatureName_ShaderF16;
  const WGPUDeviceDescriptor descriptor = {
      .requiredFeatureCount = count,
      .requiredFeatures = features,
      .requiredLimits = &limits,
      .deviceLostCallbackInfo = {.mode = WGPUCallbackMode_AllowSpontaneous,
                                 .callback = on_lost,
                                 .userdata1 = gpu},
      .uncapturedErrorCallbackInfo = {.callback = on_error, .userdata1 = gpu},
  };
  const WGPURequestDeviceCallbackInfo callback = {
      .mode = WGPUCallbackMode_AllowSpontaneous, .callback = on_device, .userdata1 = gpu};
  gpu->wgpu.AdapterRequestDevice(gpu->adapter, &descriptor, callback);
  if (!gpu->device) {
    return lode_error_set(err, LODE_E_UNSUPPORTED, -1, -1, "%s: gives no device: %s", info->name,
                          gpu->text);
  }
  gpu->queue = gpu->wgpu.DeviceGetQueue(gpu->device);
  return LODE_OK;
}

lode_status lode_native_open(lode_gpu **out, lode_gpu_info *info, lode_error *err) {
  lode_gpu *gpu = calloc(1, sizeof *gpu);
  if (!gpu) return lode_error_nomem(err);
  lode_status status = lode_wgpu_load(&gpu->wgpu, err);
  if (status != LODE_OK) {
    free(gpu);
    return status;
  }
  pthread_mutex_init(&gpu->making, NULL);
  pthread_mutex_init(&gpu->lock, NULL);
  status = find_adapter(gpu, err);
  if (status == LODE_OK) status = find_device(gpu, info, err);
  if (status != LODE_OK) {
    lode_native_close(gpu);
    return status;
  }
  *out = gpu;
  return LODE_OK;
}

void lode_native_close(lode_gpu *gpu) {
  if (gpu->queue) gpu->wgpu.QueueRelease(gpu->queue);
  if (gpu->device) {
    gpu->wgpu.DevicePoll(gpu->device, true, NULL); /* what is under way still calls back */
    gpu->wgpu.DeviceRelease(gpu->device);
  }
  if (gpu->adapter) gpu->wgpu.AdapterRelease(gpu->adapter);
  if (gpu->instance) gpu->wgpu.InstanceRelease(gpu->instance);
  lode_buffer_free(&gpu->thing_memory);
  lode_arena_free(&gpu->states);
  pthread_mutex_destroy(&gpu->lock);
  pthread_mutex_destroy(&gpu->making);
  free(gpu);
}

#else

typedef int lode_native_open_is_absent; /* this file has nothing else then */

#endif
