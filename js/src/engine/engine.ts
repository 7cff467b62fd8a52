/* The engine: one module with one model. It runs in a worker or inline, and does what messages ask
 * for, one after the other. */
import {LodeError, packError, unpackError} from '../errors.ts';
import type {Port, Pulled, PullName, ToClient, ToEngine} from '../protocol.ts';
import type {LoadProgress} from '../types.ts';
import type {CacheStore} from '../cache/store.ts';
import type {CacheOptions} from '../types.ts';
import type {Body} from '../load/body.ts';
import type {FolderLoader} from '../load/model.ts';
import type {Heap, Scope} from './heap.ts';
import type {FileSet} from './host_files.ts';
import type {HostImports, SpawnThread, Thread} from './instance.ts';

/** The engine's end of the line. */
export type EnginePort = Pick<Port<ToClient, ToEngine>, 'post' | 'onMessage'>;

/** What differs between a page and Node, for an engine. */
export interface EnginePlatform {
  spawnThread: SpawnThread;
  /** A file of the file system, where there is one; undefined: there is no such file. */
  openPath?(path: string): Promise<Body | undefined>;
  openCache(options: CacheOptions): Promise<CacheStore | undefined>;
  /** For models of several files. */
  folderLoader(): Promise<FolderLoader>;
  /** Where collections are kept by name: a name, lode_index_access, milliseconds to wait. */
  openFiles?(path: string, access: number, wait: number): Promise<FileSet>;
  /** Where it is not globalThis.navigator.gpu. */
  gpu?(): Promise<GPU | undefined>;
  /** Headers that only this platform may set. */
  requestHeaders?: Record<string, string>;
}

/** A call under way. */
export interface Call {
  signal: AbortSignal;
  progress(progress: LoadProgress): void;
  /** The next chunk of one of the client's sources; undefined: that was the last. */
  pull<T extends Pulled = Uint8Array>(source: PullName): Promise<T | undefined>;
}

/** A GPU, or the reason why there is none (engine/gpu.ts). */
export interface EngineGpu {
  imports: HostImports;
  /** When it is worth asking the module again. */
  idle(): Promise<void>;
  /** The engine's model from the CPU to what `backend` asks for. */
  move(scope: Scope, backend: string): Promise<void>;
  /** lode_model_verify */
  verify(scope: Scope, out: number): Promise<void>;
  close(): void;
}

/** A value, and what of it is handed over rather than copied. */
export class Transferred<T = unknown> {
  readonly value: T;
  readonly transfer: Transferable[];
  constructor(value: T, transfer: Transferable[]) {
    this.value = value;
    this.transfer = transfer;
  }
}

// Every handler knows its own arguments; the protocol's types say what they are.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Handler = (engine: Engine, args: any, call: Call) => unknown;
export type Handlers = Record<string, Handler>;
/** Handlers whose code is loaded when an operation "<name>.…" is first asked for. */
export type Features = Record<string, () => Promise<Handlers>>;

export class Engine {
  readonly platform: EnginePlatform;
  heap: Heap | undefined;
  /** lode_model *, lode_context * */
  model = 0;
  context = 0;
  dim = 0;
  tokenDim = 0;
  threads: Thread[] = [];
  declare gpu: EngineGpu | undefined;
  /** Of the instance, beside what all have; to be set before there is one. */
  imports: HostImports | undefined;
  /** The model's files, in memory. */
  files: {name: string; at: number; size: number}[] = [];
  /** Run before the model goes, last first: for features that hold on to it. */
  cleanups: (() => void)[] = [];

  constructor(platform: EnginePlatform) {
    this.platform = platform;
  }

  /** The heap of an open model. */
  get open(): Heap {
    if (this.heap === undefined || this.model === 0) {
      throw new LodeError('LODE_E_ARG', 'the engine has no model');
    }
    return this.heap;
  }

  close(): void {
    const {heap} = this;
    for (const cleanup of this.cleanups.reverse()) cleanup();
    if (heap !== undefined) {
      if (this.context !== 0) heap.exports.lode_context_free(this.context);
      if (this.model !== 0) heap.exports.lode_model_free(this.model);
      if (this.threads.length > 0) heap.exports.lode_wasm_workers_dismiss();
    }
    for (const thread of this.threads) thread.end();
    this.cleanups = [];
    this.threads = [];
    this.files = [];
    this.model = this.context = 0;
    this.heap = undefined;
  }
}

type Answer = Extract<ToEngine, {source: PullName}>;

interface Pending {
  abort: AbortController;
  /** Who waits for a chunk, by source. */
  pulls: Map<PullName, (message: Answer) => void>;
}

/** Answer what comes in at `port`. The engine, to be closed with it. */
export function serve(port: EnginePort, platform: EnginePlatform, handlers: Handlers,
  features: Features = {}): Engine {
  const engine = new Engine(platform);
  const known = new Map(Object.entries(handlers));
  const pending = new Map<number, Pending>();
  let last: Promise<void> = Promise.resolve();

  async function find(op: string): Promise<Handler> {
    const feature = features[op.split('.')[0]!];
    if (!known.has(op) && feature !== undefined) {
      for (const [name, handler] of Object.entries(await feature())) known.set(name, handler);
    }
    const handler = known.get(op);
    if (handler === undefined) throw new LodeError('LODE_E_UNSUPPORTED', `no operation "${op}"`);
    return handler;
  }

  function makeCall(id: number, state: Pending): Call {
    return {
      signal: state.abort.signal,
      progress: (progress) => port.post({id, progress}),
      pull: <T extends Pulled>(source: PullName) => new Promise<T | undefined>((resolve, reject) => {
        const {signal} = state.abort;
        if (signal.aborted) return reject(signal.reason);
        const stop = () => reject(signal.reason);
        signal.addEventListener('abort', stop, {once: true});
        state.pulls.set(source, ({chunk, error}) => {
          signal.removeEventListener('abort', stop);
          if (error !== undefined) reject(unpackError(error));
          else resolve(chunk as T | undefined);
        });
        port.post({id, pull: source});
      }),
    };
  }

  async function run(id: number, op: string, args: unknown, state: Pending): Promise<void> {
    try {
      state.abort.signal.throwIfAborted();
      const handler = known.get(op) ?? (await find(op));
      const result = await handler(engine, args, makeCall(id, state));
      if (result instanceof Transferred) port.post({id, value: result.value}, result.transfer);
      else port.post({id, value: result});
    } catch (error) {
      // Who has aborted has been answered; the engine is as well as before.
      const {reason} = state.abort.signal;
      port.post({id, error: packError(error === reason
        ? new LodeError('LODE_E_CANCELLED', 'aborted') : error)});
    } finally {
      pending.delete(id);
    }
  }

  port.onMessage((message) => {
    const {id} = message;
    if ('op' in message) {
      const state: Pending = {abort: new AbortController(), pulls: new Map()};
      pending.set(id, state);
      last = last.then(() => run(id, message.op, message.args, state));
    } else if ('abort' in message) {
      pending.get(id)?.abort.abort();
    } else {
      pending.get(id)?.pulls.get(message.source)?.(message);
    }
  });
  return engine;
}
