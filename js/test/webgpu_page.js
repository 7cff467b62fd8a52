// Of the page in webgpu_browser.test.mjs: one real device for all embedders in it, so that pipelines
// are compiled once, and between it and them what is to fail. Unless each is to have one of its own,
// which is then really lost.
const gpu = navigator.gpu;
const realAdapter = await gpu.requestAdapter();
const shared = await realAdapter.requestDevice();
const pipelines = new Map();
const codes = new WeakMap();

/** What fails next:
 *    adapter, device  an Error to reject with; adapter: null is none
 *    limits           in place of the adapter's
 *    half             true: the adapter says that it has shader-f16, and so does a device that is
 *                     asked for it
 *    shader           in place of every shader
 *    memory           buffers that there is memory for
 *    submits          before the device is lost
 *    own              true: the next device is nobody else's
 *    spoiled          true: what is read back is wrong
 *    clock            "slow": every look at the clock costs ten seconds until a GPU has work;
 *                     "still": until then it stands still */
export const faults = {};
export const counts = {devices: 0, buffers: 0};
/** What the last device was asked for, and the shaders that it was given. */
export const given = {features: [], shaders: []};

function makeBuffer(real, state, description) {
  const buffer = real.createBuffer(description);
  const {destroy, mapAsync, getMappedRange} = GPUBuffer.prototype;
  let there = true;
  counts.buffers++;
  buffer.destroy = () => {
    if (there) counts.buffers--;
    there = false;
    destroy.call(buffer);
  };
  // What is lost may never answer; what is really lost answers as it likes.
  if (real === shared) buffer.mapAsync = (mode) => (state.lost ? new Promise(() => undefined) : mapAsync.call(buffer, mode));
  buffer.getMappedRange = (...args) => {
    const range = getMappedRange.apply(buffer, args);
    if (faults.spoiled) new Float32Array(range)[0] += 1;
    return range;
  };
  return buffer;
}

function makeDevice(real, features = real.features) {
  const state = {lost: false, filters: [], full: false, lose: undefined};
  const lost = new Promise((resolve) => (state.lose = resolve));
  counts.devices++;
  return {
    lost: real === shared ? lost : real.lost,
    limits: real.limits,
    features,
    queue: {
      writeBuffer: (...args) => real.queue.writeBuffer(...args),
      submit: (list) => {
        faults.clock = undefined;
        if (faults.submits !== undefined && faults.submits-- === 0) {
          if (real !== shared) real.destroy();
          state.lost = true;
          state.lose({reason: 'unknown', message: 'unplugged'});
        }
        real.queue.submit(list);
      },
    },
    set onuncapturederror(listener) {
      real.onuncapturederror = listener;
    },
    pushErrorScope: (filter) => {
      state.filters.push(filter);
      real.pushErrorScope(filter);
    },
    popErrorScope: async () => {
      const filter = state.filters.pop();
      const error = await real.popErrorScope();
      if (filter !== 'out-of-memory' || !state.full) return error;
      state.full = false;
      return new GPUOutOfMemoryError('full');
    },
    createBuffer: (description) => {
      if (faults.memory !== undefined && faults.memory-- <= 0) state.full = true;
      return makeBuffer(real, state, description);
    },
    createShaderModule: ({code}) => {
      given.shaders.push(code);
      const module = real.createShaderModule({code: faults.shader ?? code});
      codes.set(module, faults.shader ?? code);
      return module;
    },
    createComputePipelineAsync: (description) => {
      if (real !== shared) return real.createComputePipelineAsync(description);
      const {module, constants} = description.compute;
      const key = codes.get(module) + JSON.stringify(constants);
      if (faults.shader !== undefined || !pipelines.has(key)) {
        const made = real.createComputePipelineAsync(description);
        if (faults.shader !== undefined) return made;
        pipelines.set(key, made);
      }
      return pipelines.get(key);
    },
    createBindGroupLayout: (description) => real.createBindGroupLayout(description),
    createPipelineLayout: (description) => real.createPipelineLayout(description),
    createBindGroup: (description) => real.createBindGroup(description),
    createCommandEncoder: () => real.createCommandEncoder(),
    destroy: () => {
      counts.devices--;
      state.lose({reason: 'destroyed', message: ''});
      if (real !== shared) real.destroy();
    },
  };
}

const requestAdapter = gpu.requestAdapter.bind(gpu);
gpu.requestAdapter = async () => {
  if (faults.adapter !== undefined) {
    if (faults.adapter === null) return null;
    throw faults.adapter;
  }
  const limits = {};
  for (const name in realAdapter.limits) limits[name] = realAdapter.limits[name];
  return {
    info: realAdapter.info,
    limits: {...limits, ...faults.limits},
    features: faults.half ? new Set([...shared.features, 'shader-f16']) : shared.features,
    requestDevice: async ({requiredFeatures}) => {
      if (faults.device !== undefined) throw faults.device;
      Object.assign(given, {features: requiredFeatures, shaders: []});
      if (faults.half) return makeDevice(shared, new Set(requiredFeatures));
      if (!faults.own) return makeDevice(shared);
      return makeDevice(await (await requestAdapter()).requestDevice());
    },
  };
};

const now = performance.now.bind(performance);
let ahead = 0;
let stopped;
performance.now = () => {
  if (faults.clock === 'slow') ahead += 10_000;
  if (faults.clock !== 'still') {
    if (stopped !== undefined) ahead = stopped - now();
    stopped = undefined;
    return now() + ahead;
  }
  return (stopped ??= now() + ahead);
};

export function reset() {
  for (const name of Object.keys(faults)) delete faults[name];
}
