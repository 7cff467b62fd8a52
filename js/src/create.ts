import {makeClient, type Client} from './client/client.ts';
import {makePool, type Pool} from './client/pool.ts';
import {describeModel} from './client/sources.ts';
import {chooseLevel, moduleName, threadsWanted} from './client/variant.ts';
import {Embedder} from './embedder.ts';
import {LodeError, badArgument, checkWhole} from './errors.ts';
import type {Platform} from './platform/platform.ts';
import type {OpenArgs, OpenResult, Port, ToClient, ToEngine} from './protocol.ts';
import type {EmbedderOptions, ModelSource, WasmName} from './types.ts';

const REPLICA_MEMORY = 1024 ** 3;

export type CreateEmbedder =
  (source: ModelSource, options?: EmbedderOptions) => Promise<Embedder>;

export function checkOptions(options: EmbedderOptions): void {
  const {threads, maxMemory, replicaMemory, retries, stallTimeout} = options;
  checkWhole('threads', threads, 1);
  checkWhole('maxMemory', maxMemory, 4 * 1024 * 1024);
  checkWhole('replicaMemory', replicaMemory);
  checkWhole('retries', retries);
  checkWhole('stallTimeout', stallTimeout, 1);
  if (options.mode !== undefined && options.mode !== 'worker' && options.mode !== 'inline') {
    throw badArgument(`mode: "${String(options.mode)}" is neither worker nor inline`);
  }
}

export async function findModule(platform: Platform, options: EmbedderOptions,
  name: WasmName): Promise<WebAssembly.Module> {
  const {wasm} = options;
  try {
    const source = wasm === undefined ? platform.wasm(name)
      : typeof wasm === 'function' ? wasm(name)
        : new URL(`${name}.wasm`, new URL(wasm, platform.base()));
    return await platform.compile(await source);
  } catch (cause) {
    if (cause instanceof LodeError) throw cause;
    throw new LodeError('LODE_E_ENGINE', `${name}.wasm: ${String(cause)}`, {cause});
  }
}

/** End an engine that may be under way with something: it gets a moment to leave things tidy. */
async function endSoon(client: Client): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const enough = new Promise((resolve) => (timer = setTimeout(resolve, 2000)));
  await Promise.race([client.call('close').catch(() => undefined), enough]);
  clearTimeout(timer);
  client.fail(new LodeError('LODE_E_CANCELLED', 'the model was not opened'));
}

/** An engine, in a worker or inline, as was asked. */
export async function start(platform: Platform, options: EmbedderOptions): Promise<
  {port: Port<ToEngine, ToClient>; inline: boolean}> {
  const worker = options.mode === 'inline' ? undefined : platform.spawn();
  if (worker !== undefined) return {port: worker, inline: false};
  if (options.mode === 'worker') {
    throw new LodeError('LODE_E_UNSUPPORTED', 'mode "worker": there are no workers here');
  }
  return {port: await platform.inline(), inline: true};
}

/** What of the options goes to the engine as it is. */
export function openArgs(options: EmbedderOptions, module: WebAssembly.Module,
  wasm: WasmName): Omit<OpenArgs, 'source' | 'threads' | 'shared'> {
  const {maxMemory, dtype, backend, isa, verify = false, integrity, cache = true, retries = 4,
    stallTimeout = 30_000} = options;
  return {
    module, wasm, maxMemory, dtype, backend, isa, verify, integrity, retries, stallTimeout,
    cache: cache === true ? {} : cache || undefined,
  };
}

async function create(platform: Platform, source: ModelSource,
  options: EmbedderOptions): Promise<Embedder> {
  const {signal, onProgress, replicaMemory = REPLICA_MEMORY} = options;
  signal?.throwIfAborted();
  const gpu = (options.backend ?? 'cpu') === 'cpu' ? undefined
    : (await import('./client/gpu.ts')).planGpu(platform, options);
  // The worker starts while the module is compiled.
  const {port, inline} = await start(platform, options);
  const client = makeClient(port);
  if (gpu) client.call = gpu.calls(client);
  try {
    const wanted = threadsWanted(platform, options, inline);
    const wasm = moduleName(chooseLevel(options.isa), wanted.shared, gpu && `embed${gpu.suffix}`);
    const [module, {data, reader}] = await Promise.all(
      [findModule(platform, options, wasm), describeModel(platform, source, options)]);
    const args: OpenArgs = {
      ...openArgs(options, module, wasm), source: data, threads: wanted.n, shared: wanted.shared,
    };
    const {info, memory, files} =
      await client.call<OpenResult>('open', args, {signal, onProgress, reader});
    const pool = makePool(client, info.threads);
    // Each client knows the registry, and a worker that runs knows its client: so the registry
    // lives as long as there is something to end, and holds on to the embedder not at all.
    const registry = new FinalizationRegistry<Client[]>((left) => {
      const failure = new LodeError('LODE_E_CANCELLED', 'the embedder was not disposed of');
      for (const each of [...left]) each.fail(failure);
    });
    client.keep = registry;
    const most = Math.max(Math.floor(replicaMemory / memory), 1);
    // Other engines would not have the GPU, and other vectors, by a rounding.
    const extra = inline || info.device ? 0 : Math.min(wanted.engines, most) - 1;
    return new Embedder(info, pool, replicate(platform, pool, args, files, extra), registry,
      platform.streams);
  } catch (error) {
    void endSoon(client);
    throw error;
  }
}

/** How many engines there are then. */
async function replicate(platform: Platform, pool: Pool, args: OpenArgs,
  files: OpenResult['files'], n: number): Promise<number> {
  if (n > 0) {
    await (await import('./client/replicas.ts')).replicate(platform, pool, args, files, n);
  }
  return pool.clients.length;
}

/** createEmbedder, for a platform. */
export function embedderFactory(platform: Platform): CreateEmbedder {
  return async (source, options = {}) => {
    checkOptions(options);
    return create(platform, source, options);
  };
}
