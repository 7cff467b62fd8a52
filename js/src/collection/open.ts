import {lode_index_access} from '../abi.ts';
import {makeClient, type Client, type Reader} from '../client/client.ts';
import {describeFile, describeModel} from '../client/sources.ts';
import {chooseLevel, moduleName, threadsWanted} from '../client/variant.ts';
import {checkOptions, findModule, openArgs, start} from '../create.ts';
import {LodeError, badArgument, checkWhole} from '../errors.ts';
import type {Platform} from '../platform/platform.ts';
import type {OpenArgs} from '../protocol.ts';
import {Index, closeEngine} from './index.ts';
import type {IndexOpenArgs, IndexPlace} from './protocol.ts';
import type {IndexSource, OpenIndexOptions} from './types.ts';

export type OpenIndex = (source: IndexSource, options?: OpenIndexOptions) => Promise<Index>;

const DEFAULT_WAIT = 2000;

interface Described {
  place: IndexPlace;
  reader?: Reader;
  /** What is done with it where the caller does not say. */
  access: 'read' | 'write';
  create: boolean;
}

function stringOf(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '' && !value.includes('\0')) return value;
  throw badArgument(`source: ${name} is no name of a file`);
}

async function describe(platform: Platform, source: IndexSource,
  options: OpenIndexOptions): Promise<Described> {
  const {wait = DEFAULT_WAIT} = options;
  const named = (path: string, access: 'read' | 'write', create: boolean): Described =>
    ({place: {kind: 'named', path, wait}, access, create});
  if (typeof source === 'object' && source !== null) {
    if ('opfs' in source) {
      if (!platform.opfs) throw new LodeError('LODE_E_UNSUPPORTED', '{opfs}: only in browsers');
      return named(stringOf('opfs', source.opfs), 'write', source.create === true);
    }
    if ('path' in source) {
      if (platform.opfs) throw new LodeError('LODE_E_UNSUPPORTED', '{path}: not in browsers');
      return named(stringOf('path', source.path), 'write', source.create === true);
    }
    if ('create' in source) {
      return {place: {kind: 'memory'}, access: 'write', create: true};
    }
  }
  const {data, reader} = await describeFile(platform, source, options);
  if (data.kind === 'path') return named(data.path, 'read', false);
  return {place: {kind: 'file', file: data}, reader, access: 'read', create: false};
}

function accessOf({access, create}: Described, options: OpenIndexOptions): number {
  const chosen = options.access ?? access;
  if (chosen !== 'read' && chosen !== 'write') {
    throw badArgument(`access: "${String(chosen)}" is neither read nor write`);
  }
  if (create && chosen === 'read') throw badArgument('access: what is made is made to be written');
  return create ? lode_index_access.LODE_INDEX_CREATE
    : chosen === 'write' ? lode_index_access.LODE_INDEX_WRITE : lode_index_access.LODE_INDEX_READ;
}

/** The stemmer of a language, when the engine asks for it. */
function stemmersOf(platform: Platform, options: OpenIndexOptions): Reader {
  return async function* (language) {
    const name = `lode-stem-${language}` as const;
    try {
      yield await findModule(platform, options, name);
    } catch (cause) {
      // The engine is as well as before, and what was asked of it can be asked again.
      throw new LodeError('LODE_E_IO', (cause as Error).message, {cause});
    }
  };
}

async function open(platform: Platform, source: IndexSource,
  options: OpenIndexOptions): Promise<Index> {
  const {signal, onProgress, chunkTokens = 0} = options;
  signal?.throwIfAborted();
  const gpu = (options.backend ?? 'cpu') === 'cpu' || options.model === undefined ? undefined
    : (await import('../client/gpu.ts')).planGpu(platform, options);
  const {port, inline} = await start(platform, options);
  const client = makeClient(port);
  if (gpu) client.call = gpu.calls(client);
  try {
    // Only embedding has work for more than one thread, and each engine its own collection.
    const wanted = threadsWanted(platform, options, inline);
    const shared = wanted.shared && options.model !== undefined;
    const name = moduleName(chooseLevel(options.isa), shared, `index${gpu?.suffix ?? ''}`);
    const [module, described] = await Promise.all(
      [findModule(platform, options, name), describe(platform, source, options)]);
    const access = accessOf(described, options);
    const given = openArgs(options, module, name);
    await client.call('index.prepare', undefined, {signal});
    if (options.model !== undefined) {
      const {data, reader} = await describeModel(platform, options.model, options);
      const args: OpenArgs = {...given, source: data, threads: shared ? wanted.n : 1, shared};
      await client.call('open', args, {signal, onProgress, reader});
    }
    const args: IndexOpenArgs = {
      ...given, place: described.place, access, modelName: options.modelName,
      vectors: options.vectors, chunkTokens,
    };
    const stemmers = stemmersOf(platform, options);
    const reader: Reader = (source) =>
      (typeof source === 'string' ? stemmers : described.reader!)(source);
    await client.call('index.open', args, {signal, onProgress, reader});
    const registry = new FinalizationRegistry<Client>((left) => {
      void closeEngine(left, 'the index was not disposed of');
    });
    client.keep = registry;
    return new Index(client, registry, stemmers);
  } catch (error) {
    await closeEngine(client, 'the collection was not opened');
    throw error;
  }
}

/** openIndex, for a platform. */
export async function openIndex(platform: Platform, source: IndexSource,
  options: OpenIndexOptions = {}): Promise<Index> {
  checkOptions(options);
  checkWhole('chunkTokens', options.chunkTokens);
  checkWhole('wait', options.wait);
  return open(platform, source, options);
}
