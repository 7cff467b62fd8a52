/* A GPU for the module: src/backend/webgpu/gpu.h as imports, over navigator.gpu. Nothing waits: the
 * module begins, `idle` says when it is worth asking again. */
import type {Engine, EngineGpu} from './engine.ts';
import type {Scope} from './heap.ts';
import type {HostImports} from './instance.ts';
import {doWork} from './steps.ts';

/** lode_gpu_state, lode_gpu_trouble */
const PENDING = 0;
const READY = 1;
const FAILED = 2;
const LOST = 1;
const NO_MEMORY = 2;
const INVALID = 3;

const MIB = 1024 * 1024;
/** What every adapter has that is good enough; more of the last two is asked for where it is. */
const LIMITS = {
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupsPerDimension: 65535,
  maxBufferSize: 256 * MIB,
  maxStorageBufferBindingSize: 128 * MIB,
};
const ALIGNMENT = 256;
const FILTERS: GPUErrorFilter[] = ['validation', 'internal', 'out-of-memory'];
const encoder = new TextEncoder();

/** Of lode_gpu_constant and lode_gpu_binding. */
const CONSTANT = {sizeof: 16, name: 0, value: 8};
const BINDING = {sizeof: 24, buffer: 0, offset: 8, size: 16};

interface Pipeline {
  layout: GPUBindGroupLayout;
  /** undefined: it is still being compiled. */
  made: GPUComputePipeline | undefined;
  making: Promise<unknown>;
}

/** A dispatch or a copy; recorded, because its pipeline may still be compiled. */
type Command =
  | {pipeline: number; group: number; x: number; y: number}
  | {from: number; fromOffset: number; to: number; toOffset: number; size: number};

export class Gpu implements EngineGpu {
  readonly imports: HostImports;
  readonly #engine: Engine;
  /** Why there is none, or what it is called. */
  readonly #name: string;
  readonly #device: GPUDevice | undefined;
  /** What the device belongs to: some implementations end it with that. */
  readonly api: unknown;
  #taken = false;
  #closed = false;
  #next = 1;
  readonly #buffers = new Map<number, GPUBuffer>();
  readonly #pipelines = new Map<number, Pipeline>();
  readonly #groups = new Map<number, GPUBindGroup>();
  readonly #commands = new Map<number, Command[]>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  /** lode_gpu_state, of buffers that are to be mapped. */
  readonly #states = new Map<number, number>();
  /** Something has been uploaded, and nothing submitted since. */
  #uploading = false;
  /** What has been begun and has not ended. */
  #busy = 0;
  #waiting: (() => void)[] = [];
  #lost: string | undefined;
  #trouble: {kind: number; text: string} | undefined;

  constructor(engine: Engine, name: string, api?: unknown, device?: GPUDevice) {
    this.#engine = engine;
    this.#name = name;
    this.api = api;
    this.#device = device;
    if (device !== undefined) {
      void device.lost.then(({reason, message}) => this.#lose(`${message || reason}`));
      device.onuncapturederror = (event) => {
        event.preventDefault();
        this.#note(INVALID, event.error.message);
      };
    }
    this.imports = {
      gpu_open: (text: number, size: number, limits: number) => this.#open(text, size, limits),
      gpu_close: () => this.close(),
      gpu_buffer: (usage: number, size: number) => this.#buffer(usage, size),
      gpu_upload: (id: number, offset: number, data: number, size: number) => {
        this.#uploading = true;
        this.#device!.queue.writeBuffer(
          this.#buffers.get(id)!, offset, this.#heap.memory.buffer, data >>> 0, size >>> 0);
      },
      gpu_pipeline: (...args: [number, number, number, number, number]) => this.#pipeline(...args),
      gpu_group: (pipeline: number, bindings: number, n: number) =>
        this.#group(pipeline, bindings, n),
      gpu_release: (id: number) => this.#release(id),
      gpu_commands: () => this.#keep(this.#commands, []),
      gpu_dispatch: (to: number, pipeline: number, group: number, x: number, y: number) => {
        this.#commands.get(to)!.push({pipeline, group, x: x >>> 0, y: y >>> 0});
      },
      gpu_copy: (by: number, from: number, fromOffset: number, to: number, toOffset: number,
        size: number) => {
        this.#commands.get(by)!.push({from, fromOffset, to, toOffset, size});
      },
      gpu_submit: (commands: number, map: number) => this.#submit(commands, map),
      gpu_poll: (map: number) => this.#poll(map),
      gpu_read: (map: number, to: number, size: number) => this.#read(map, to >>> 0, size >>> 0),
      gpu_report: (text: number, size: number) => this.#report(text, size),
    };
  }

  get #heap() {
    return this.#engine.heap!;
  }

  move(scope: Scope, backend: string): Promise<void> {
    const name = scope.string(backend);
    const {model} = this.#engine;
    return doWork(this.#engine, scope, (work) =>
      scope.heap.exports.lode_model_move_begin!(model, name, work, scope.error));
  }

  verify(scope: Scope, out: number): Promise<void> {
    const {model} = this.#engine;
    return doWork(this.#engine, scope, (work) =>
      scope.heap.exports.lode_model_verify_begin!(model, out, work, scope.error));
  }

  /** When all that was begun has come to its end, or all is lost; while weights are uploaded, when
   * others have had their turn. */
  idle(): Promise<void> {
    if (this.#uploading) {
      this.#uploading = false;
      return new Promise((resolve) => setTimeout(resolve));
    }
    if (this.#busy === 0 || this.#lost !== undefined) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const buffer of this.#buffers.values()) buffer.destroy();
    for (const things of [this.#buffers, this.#pipelines, this.#groups, this.#commands,
      this.#layouts, this.#states]) things.clear();
    this.#device?.destroy();
    this.#lose('closed');
  }

  /* ---- what goes wrong */

  #note(kind: number, text: string): void {
    this.#trouble ??= {kind, text};
  }

  #lose(reason: string): void {
    this.#lost ??= reason;
    for (const [map, state] of this.#states) {
      if (state === PENDING) this.#states.set(map, FAILED);
    }
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** Something is under way until `work` ends. */
  #watch(work: Promise<unknown>): void {
    this.#busy++;
    void work.catch((error: unknown) => this.#note(INVALID, String(error))).then(() => {
      if (--this.#busy === 0) this.#wake();
    });
  }

  /** Do it; true, later, if the device has found nothing wrong with it. */
  #checked(work: () => void): Promise<boolean> {
    const device = this.#device!;
    for (const filter of FILTERS) device.pushErrorScope(filter);
    work();
    const errors = FILTERS.toReversed().map(async (filter) => {
      const error = await device.popErrorScope();
      if (error === null) return true;
      this.#note(filter === 'out-of-memory' ? NO_MEMORY : INVALID, error.message);
      return false;
    });
    return Promise.all(errors).then((good) => good.every(Boolean));
  }

  #putText(at: number, size: number, text: string): void {
    const bytes = encoder.encode(text).subarray(0, size - 1);
    this.#heap.bytes.set(bytes, at);
    this.#heap.bytes[at + bytes.length] = 0;
  }

  #report(text: number, size: number): number {
    if (this.#lost !== undefined) {
      this.#putText(text, size, this.#lost);
      return LOST;
    }
    const trouble = this.#trouble;
    if (trouble === undefined) return 0;
    this.#trouble = undefined;
    this.#putText(text, size, trouble.text);
    return trouble.kind;
  }

  /* ---- what is made */

  #open(text: number, size: number, limits: number): number {
    this.#putText(text, size, this.#taken ? 'the device is taken' : this.#name);
    if (this.#device === undefined || this.#taken) return 0;
    this.#taken = true;
    this.#heap.view.setFloat64(limits, this.#device.limits.maxStorageBufferBindingSize, true);
    this.#heap.view.setFloat64(limits + 8, this.#device.limits.maxBufferSize, true);
    this.#heap.view.setFloat64(limits + 16, this.#features(), true);
    return 1;
  }

  /** LODE_GPU_ bits */
  #features(): number {
    const {wgslLanguageFeatures: language} = this.api as GPU;
    return (this.#device!.features.has('shader-f16') ? 1 : 0)
      + (language?.has('packed_4x8_integer_dot_product') ? 4 : 0)
      + (this.#device!.adapterInfo?.isFallbackAdapter ? 8 : 0);
  }

  #keep<T>(things: Map<number, T>, thing: T): number {
    const id = this.#next++;
    things.set(id, thing);
    return id;
  }

  #buffer(usage: number, size: number): number {
    let buffer: GPUBuffer | undefined;
    try {
      this.#watch(this.#checked(() => (buffer = this.#device!.createBuffer({usage, size}))));
    } catch (error) {
      this.#note(NO_MEMORY, String(error)); // a RangeError: not even an address for it
    }
    return buffer === undefined ? 0 : this.#keep(this.#buffers, buffer);
  }

  #layout(kinds: string): GPUBindGroupLayout {
    let layout = this.#layouts.get(kinds);
    if (layout === undefined) {
      const entries = [...kinds].map((kind, binding): GPUBindGroupLayoutEntry => ({
        binding, visibility: 4, // GPUShaderStage.COMPUTE
        buffer: {type: kind === 'u' ? 'uniform' : kind === 'r' ? 'read-only-storage' : 'storage'},
      }));
      layout = this.#device!.createBindGroupLayout({entries});
      this.#layouts.set(kinds, layout);
    }
    return layout;
  }

  #pipeline(wgsl: number, size: number, kinds: number, constants: number, n: number): number {
    const heap = this.#heap;
    const device = this.#device!;
    const given: Record<string, number> = {};
    for (let p = constants; p < constants + n * CONSTANT.sizeof; p += CONSTANT.sizeof) {
      given[heap.string(heap.u32(p + CONSTANT.name))!] = heap.f64(p + CONSTANT.value);
    }
    const layout = this.#layout(heap.string(kinds)!);
    const module = device.createShaderModule({code: heap.text(wgsl, size)});
    const making = device.createComputePipelineAsync({
      layout: device.createPipelineLayout({bindGroupLayouts: [layout]}),
      compute: {module, entryPoint: 'main', constants: given},
    }).then((made) => (pipeline.made = made));
    const pipeline: Pipeline = {layout, made: undefined, making};
    this.#watch(making);
    return this.#keep(this.#pipelines, pipeline);
  }

  #group(pipeline: number, bindings: number, n: number): number {
    const {view} = this.#heap;
    const entries = Array.from({length: n}, (_, binding): GPUBindGroupEntry => {
      const p = bindings + binding * BINDING.sizeof;
      const number = (offset: number) => Number(view.getBigUint64(p + offset, true));
      const buffer = this.#buffers.get(view.getUint32(p + BINDING.buffer, true))!;
      return {binding,
        resource: {buffer, offset: number(BINDING.offset), size: number(BINDING.size)}};
    });
    const {layout} = this.#pipelines.get(pipeline)!;
    return this.#keep(this.#groups, this.#device!.createBindGroup({layout, entries}));
  }

  #release(id: number): void {
    this.#buffers.get(id)?.destroy();
    for (const things of [this.#buffers, this.#pipelines, this.#groups, this.#commands,
      this.#states]) things.delete(id);
  }

  /* ---- what is done */

  #submit(id: number, map: number): void {
    const commands = this.#commands.get(id)!;
    this.#commands.delete(id);
    this.#uploading = false;
    this.#states.set(map, this.#lost === undefined ? PENDING : FAILED);
    if (this.#lost !== undefined) return;
    this.#watch(this.#run(commands, this.#buffers.get(map)!).catch((error: unknown) => {
      this.#note(INVALID, String(error));
      return false;
    }).then((good) => {
      if (this.#states.get(map) !== PENDING) return;
      // Trouble with a buffer is heard of before what was done with it.
      this.#states.set(map, good && this.#trouble === undefined ? READY : FAILED);
    }));
  }

  /** True if it came to a good end: then `map` can be read. */
  async #run(commands: Command[], map: GPUBuffer): Promise<boolean> {
    for (const command of commands) {
      if (!('pipeline' in command)) continue;
      const pipeline = this.#pipelines.get(command.pipeline)!;
      if (pipeline.made === undefined) await pipeline.making;
    }
    if (this.#closed) return false;
    const good = this.#checked(() => this.#encode(commands));
    const [fine] = await Promise.all([good, map.mapAsync(1)]); // GPUMapMode.READ
    return fine;
  }

  #encode(commands: Command[]): void {
    const device = this.#device!;
    const list = device.createCommandEncoder();
    let pass: GPUComputePassEncoder | undefined;
    for (const command of commands) {
      if ('pipeline' in command) {
        pass ??= list.beginComputePass();
        pass.setPipeline(this.#pipelines.get(command.pipeline)!.made!);
        pass.setBindGroup(0, this.#groups.get(command.group)!);
        pass.dispatchWorkgroups(command.x, command.y);
      } else {
        pass?.end();
        pass = undefined;
        list.copyBufferToBuffer(this.#buffers.get(command.from)!, command.fromOffset,
          this.#buffers.get(command.to)!, command.toOffset, command.size);
      }
    }
    pass?.end();
    device.queue.submit([list.finish()]);
  }

  #poll(map: number): number {
    if (map !== 0) return this.#states.get(map) ?? FAILED;
    if (this.#lost !== undefined || this.#trouble !== undefined) return FAILED;
    return this.#busy === 0 ? READY : PENDING;
  }

  #read(map: number, to: number, size: number): number {
    const buffer = this.#buffers.get(map)!;
    if (this.#states.get(map) !== READY) return 0;
    try {
      this.#heap.bytes.set(new Uint8Array(buffer.getMappedRange(0, size)), to);
      buffer.unmap();
      return 1;
    } catch (error) {
      this.#note(INVALID, String(error));
      return 0;
    }
  }
}

function nameOf({info}: GPUAdapter): string {
  const parts = [info.vendor, info.architecture, info.device].filter((part) => part);
  return info.description || parts.join(' ') || 'a GPU';
}

async function openDevice(engine: Engine): Promise<Gpu> {
  const api = engine.platform.gpu !== undefined ? await engine.platform.gpu()
    : globalThis.navigator?.gpu;
  if (api === undefined) {
    const more = engine.platform.gpu === undefined ? ''
      : ', and the npm package "webgpu" is not installed';
    return new Gpu(engine, `there is no navigator.gpu here${more}`);
  }
  const adapter = await api.requestAdapter({powerPreference: 'high-performance'});
  if (adapter === null) return new Gpu(engine, 'no WebGPU adapter');
  const name = nameOf(adapter);
  const {limits} = adapter;
  for (const [limit, least] of Object.entries(LIMITS)) {
    const has = limits[limit as keyof typeof LIMITS];
    if (has < least) return new Gpu(engine, `${name}: ${limit} is ${has}, not ${least}`);
  }
  if (limits.minStorageBufferOffsetAlignment > ALIGNMENT) {
    return new Gpu(engine, `${name}: minStorageBufferOffsetAlignment is not ${ALIGNMENT}`);
  }
  const {maxBufferSize, maxStorageBufferBindingSize} = limits;
  const device = await adapter.requestDevice({
    requiredFeatures: adapter.features.has('shader-f16') ? ['shader-f16'] : [],
    requiredLimits: {maxBufferSize, maxStorageBufferBindingSize},
  });
  return new Gpu(engine, name, api, device);
}

/** With a device, or the reason why there is none. */
export async function openGpu(engine: Engine): Promise<Gpu> {
  try {
    return await openDevice(engine);
  } catch (error) {
    return new Gpu(engine, String(error));
  }
}
