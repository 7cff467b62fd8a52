import {Client} from './client/client.ts';
import {Pool} from './client/pool.ts';
import {describeModel, filesOf} from './client/sources.ts';
import {chooseLevel, moduleName, threadsWanted} from './client/variant.ts';
import {Embedder} from './embedder.ts';
import {LodeError, badArgument} from './errors.ts';
import type {Platform} from './platform/platform.ts';
import type {OpenArgs, OpenResult, Port, ToClient, ToEngine} from './protocol.ts';
import type {EmbedderOptions, ModelSource, WasmName} from './types.ts';

const REPLICA_MEMORY = 1024 ** 3;

export type CreateEmbedder =
  (source: ModelSource, options?: EmbedderOptions) => Promise<Embedder>;

export function checkOptions(options: EmbedderOptions): void {
  const whole = (name: 'threads' | 'maxMemory' | 'replicaMemory' | 'retries' | 'stallTimeout',
    least: number) => {
    const value = options[name];
    if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
    throw badArgument(`${name}: ${String(value)} is not a whole number from ${least} on`);
  };
  whole('threads', 1);
  whole('maxMemory', 4 * 1024 * 1024);
  whole('replicaMemory', 0);
  whole('retries', 0);
  whole('stallTimeout', 1);
  if (options.mode !== undefined && options.mode !== 'worker' && options.mode !== 'inline') {
    throw badArgument(`mode: "${String(options.mode)}" is neither worker nor inline`);
  }
}

export async function findModule(platform: Platform, options: EmbedderOptions,
  name: WasmName): Promise<WebAssembly.Module> {
  const {wasm} = options;
  let source = platform.wasm(name);
  if (typeof wasm === 'function') source = await wasm(name);
  else if (wasm !== undefined) {
    source = new URL(`${name}.wasm`, new URL(wasm, platform.base()));
  }
  try {
    return await platform.compile(source);
  } catch (cause) {
    if (cause instanceof LodeError) throw cause;
    throw new LodeError('LODE_E_ENGINE', `${name}.wasm: ${String(cause)}`, {cause});
  }
}

/** End an engine that may be under way with something: it gets a moment to leave things tidy. */
async function endSoon(client: Client): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const enough = new Promise((resolve) => (timer = setTimeout(resolve, 2000)));
  await Promise.race([client.call('close', undefined).catch(() => undefined), enough]);
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

export function cacheArgs({cache = true}: EmbedderOptions): OpenArgs['cache'] {
  return cache === true ? {} : cache === false ? undefined : cache;
}

class Starter {
  readonly #platform: Platform;
  readonly #options: EmbedderOptions;

  constructor(platform: Platform, options: EmbedderOptions) {
    this.#platform = platform;
    this.#options = options;
  }

  async create(source: ModelSource): Promise<Embedder> {
    const {signal, onProgress} = this.#options;
    signal?.throwIfAborted();
    // The worker starts while the module is compiled.
    const {port, inline} = await start(this.#platform, this.#options);
    const client = new Client(port);
    try {
      const threads = threadsWanted(this.#platform, this.#options, inline);
      const name = moduleName(chooseLevel(this.#options.isa), threads.shared);
      const [module, {data, readers}] = await Promise.all([
        findModule(this.#platform, this.#options, name),
        describeModel(this.#platform, source, this.#options),
      ]);
      const args = this.#openArgs(module, name, threads);
      const opened = await client.call<OpenResult>('open', {...args, source: data},
        {signal, onProgress, readers});
      return this.#finish(client, args, opened, inline ? 1 : threads.engines);
    } catch (error) {
      void endSoon(client);
      throw error;
    }
  }

  #openArgs(module: WebAssembly.Module, wasm: WasmName,
    threads: {n: number; shared: boolean}): Omit<OpenArgs, 'source'> {
    const {maxMemory, dtype, isa, verify = false, integrity, retries = 4,
      stallTimeout = 30_000} = this.#options;
    return {
      module, wasm, threads: threads.n, shared: threads.shared, maxMemory, dtype, isa, verify,
      integrity, cache: cacheArgs(this.#options), retries,
      stallTimeout,
    };
  }

  #finish(client: Client, args: Omit<OpenArgs, 'source'>, opened: OpenResult,
    engines: number): Embedder {
    const clients = [client];
    const pool = new Pool(clients, opened.info.threads);
    // Each client knows the registry, and a worker that runs knows its client: so the registry
    // lives as long as there is something to end, and holds on to the embedder not at all.
    const registry = new FinalizationRegistry<Client[]>((left) => {
      const failure = new LodeError('LODE_E_CANCELLED', 'the embedder was not disposed of');
      for (const each of [...left]) each.fail(failure);
    });
    client.keep = registry;
    const most = Math.floor((this.#options.replicaMemory ?? REPLICA_MEMORY) / opened.memory);
    const extra = Math.min(engines, Math.max(most, 1)) - 1;
    const replicas = this.#replicate(pool, client, args, opened, extra, registry);
    return new Embedder(opened.info, pool, replicas, registry);
  }

  /** More engines with the first one's model; one that fails is done without. */
  async #replicate(pool: Pool, first: Client, args: Omit<OpenArgs, 'source'>, opened: OpenResult,
    extra: number, registry: unknown): Promise<number> {
    const read = (file: number, offset: number, length: number) =>
      first.call<Uint8Array>('read', {file, offset, length});
    for (let i = 0; i < extra; i++) {
      const port = this.#platform.spawn();
      if (port === undefined || first.failure !== undefined) break;
      const client = new Client(port);
      client.keep = registry;
      const {data, readers} = filesOf(read, opened.files);
      try {
        await client.call<OpenResult>('open',
          {...args, verify: false, integrity: undefined, cache: undefined, source: data}, {readers});
      } catch (error) {
        client.fail(new LodeError('LODE_E_CANCELLED', String(error)));
        break;
      }
      if (first.failure !== undefined) client.fail(first.failure);
      else pool.add(client);
    }
    return pool.clients.length;
  }
}

/** createEmbedder, for a platform. */
export function embedderFactory(platform: Platform): CreateEmbedder {
  return async (source, options = {}) => {
    checkOptions(options);
    return new Starter(platform, options).create(source);
  };
}
