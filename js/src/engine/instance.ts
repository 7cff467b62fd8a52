/* Instances of a module, and the threads that share its memory. */
import {LodeError} from '../errors.ts';
import {Heap} from './heap.ts';

/** The module's functions that are called here; pointers are numbers. */
export interface Exports {
  _initialize(): void;
  /** char * */
  lode_status_name(status: number): number;
  lode_wasm_alloc(size: number): number;
  lode_wasm_free(p: number): void;
  /** char *: what to give as isa; NULL: relaxed SIMD is not what it should be. */
  lode_wasm_probe(): number;
  lode_wasm_worker_enter(number: number): number;
  lode_wasm_worker_run(number: number): void;
  lode_wasm_workers_dismiss(): void;
  lode_model_open_memory(
    files: number, n: number, options: number, out: number, error: number): number;
  lode_model_free(model: number): void;
  lode_model_stream_new(size: number, options: number, out: number, error: number): number;
  lode_model_stream_buffer(stream: number, room: number): number;
  lode_model_stream_arrived(stream: number, n: number, error: number): number;
  lode_model_stream_finish(stream: number, out: number, error: number): number;
  lode_model_stream_free(stream: number): void;
  lode_model_get_info(model: number, info: number): number;
  lode_model_get_candidate(model: number, i: bigint, out: number): number;
  lode_model_prompt(model: number, i: bigint, name: number, text: number): number;
  lode_model_verify(model: number, out: number, error: number): number;
  lode_tokenize(model: number, text: number, pair: number, options: number,
    out: number, error: number): number;
  lode_tokens_free(tokens: number): void;
  lode_context_new(model: number, options: number, out: number, error: number): number;
  lode_context_free(context: number): void;
  lode_embed(context: number, texts: number, n: number, options: number, out: number,
    outLength: number, error: number): number;
  lode_embed_begin(context: number, texts: number, n: number, options: number, out: number,
    outLength: number, error: number): number;
  lode_embed_tokens_begin(context: number, texts: number, n: number, options: number, out: number,
    outLength: number, rowStart: number, error: number): number;
  lode_embed_poll(context: number, wait: number, done: number, error: number): number;
  /* Of modules for GPUs. */
  lode_model_move_begin?(model: number, backend: number, work: number, error: number): number;
  lode_model_verify_begin?(model: number, out: number, work: number, error: number): number;
  /* And of those with collections. */
  lode_work_poll?(work: number, wait: number, done: number, error: number): number;
  lode_work_free?(work: number): void;
  __stack_pointer: WebAssembly.Global;
  __tls_size: WebAssembly.Global;
  __wasm_init_tls(block: number): void;
}

const PAGE = 65536;
/** Bytes: the stack and data of a module that has done nothing yet, and more. */
const INITIAL = 2 * 1024 * 1024;
/** A thread's stack: a quarter of what the first instance has, which also opens models. */
const STACK = 256 * 1024;

/** What a module asks of its host, by name. */
export type HostImports = Record<string, (...args: never[]) => unknown>;

/** A module gets all that it imports; what a thread of it has no use for is not there. */
function imports(module: WebAssembly.Module, memory: WebAssembly.Memory, more?: HostImports) {
  const known: HostImports = {now: () => performance.now() / 1000, progress: () => 0, ...more};
  const lode: HostImports = {};
  for (const {name, kind} of WebAssembly.Module.imports(module)) {
    lode[name] = known[name] ?? (() => {
      throw new LodeError('LODE_E_ENGINE', `${kind} ${name}: not in this engine`);
    });
  }
  return {env: {memory}, lode} as WebAssembly.Imports;
}

/**
 * The memory. Shared memory has its maximum set aside, in address space, and some devices do not
 * give 4 GiB of it.
 */
function makeMemory(shared: boolean, maxMemory: number | undefined): WebAssembly.Memory {
  const GIB = 1024 ** 3;
  const sizes = maxMemory === undefined ? [4 * GIB, 2 * GIB, GIB, GIB / 2] : [maxMemory];
  let failure: unknown;
  for (const size of sizes) {
    const maximum = Math.min(65536, Math.floor(size / PAGE));
    try {
      return new WebAssembly.Memory({initial: INITIAL / PAGE, maximum, shared});
    } catch (error) {
      failure = error;
    }
  }
  throw new LodeError('LODE_E_NOMEM', `no memory for the engine: ${String(failure)}`);
}

/** A thread that the platform has started, and how it is ended. */
export interface Thread {
  /** It is in the module's table of workers, and sleeps. */
  ready: Promise<void>;
  end(): void;
}

/** What a thread is started with. */
export interface ThreadArgs {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  number: number;
  stackTop: number;
  tls: number;
}

export type SpawnThread = (args: ThreadArgs) => Thread;

export interface Instance {
  heap: Heap;
  threads: Thread[];
}

export async function makeInstance(module: WebAssembly.Module, shared: boolean,
  maxMemory: number | undefined, more?: HostImports): Promise<Heap> {
  const memory = makeMemory(shared, maxMemory);
  const {exports} = await WebAssembly.instantiate(module, imports(module, memory, more));
  const functions = exports as unknown as Exports;
  functions._initialize();
  return new Heap(memory, functions);
}

/** Start threads 0 .. n - 1 on the heap's memory. */
export async function startThreads(module: WebAssembly.Module, heap: Heap, n: number,
  spawn: SpawnThread): Promise<Thread[]> {
  const {exports, memory} = heap;
  const tlsSize = exports.__tls_size.value as number;
  const threads: Thread[] = [];
  try {
    for (let number = 0; number < n; number++) {
      // Freed never: the memory ends with the engine.
      const stackTop = heap.alloc(STACK) + STACK;
      const tls = heap.alloc(tlsSize);
      threads.push(spawn({module, memory, number, stackTop, tls}));
    }
    await Promise.all(threads.map(({ready}) => ready));
    return threads;
  } catch (error) {
    for (const thread of threads) thread.end();
    throw error;
  }
}

/** A thread's whole life; `ready` is called when it can be given work. */
export async function runThread(args: ThreadArgs, ready: () => void): Promise<void> {
  const {exports} = await WebAssembly.instantiate(args.module, imports(args.module, args.memory));
  const functions = exports as unknown as Exports;
  functions.__stack_pointer.value = args.stackTop;
  functions.__wasm_init_tls(args.tls);
  if (functions.lode_wasm_worker_enter(args.number) === 0) {
    throw new LodeError('LODE_E_ENGINE', `thread ${args.number} is there already`);
  }
  ready();
  functions.lode_wasm_worker_run(args.number);
}
