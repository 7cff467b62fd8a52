/* More engines with the first one's model, where memory is not shared. */
import {LodeError} from '../errors.ts';
import type {Platform} from '../platform/platform.ts';
import type {ModelData, OpenArgs, OpenResult, SourceData} from '../protocol.ts';
import {makeClient} from './client.ts';
import type {Pool} from './pool.ts';
import type {Described} from './sources.ts';

const PIECE = 4 * 1024 * 1024;

/** Files that another engine has, for one more. */
function filesOf(read: (file: number, offset: number, length: number) => Promise<Uint8Array>,
  files: readonly {name: string; size: number}[]): Described<ModelData> {
  const list = files.map(({name, size}, pull): [string, SourceData] =>
    [name, {kind: 'pull', pull, size}]);
  return {
    data: list.length === 1 ? {kind: 'file', file: list[0]![1]} : {kind: 'files', files: list},
    reader: async function* (file) {
      const {size} = files[file as number]!;
      for (let at = 0; at < size; at += PIECE) yield await read(file as number, at, PIECE);
    },
  };
}

/** `n` of them join the pool of the first, one after the other; one that fails is done without. */
export async function replicate(platform: Platform, pool: Pool, args: OpenArgs,
  files: OpenResult['files'], n: number): Promise<void> {
  const first = pool.clients[0]!;
  const read = (file: number, offset: number, length: number) =>
    first.call<Uint8Array>('seldom.read', {file, offset, length});
  for (let i = 0; i < n; i++) {
    const port = platform.spawn();
    if (port === undefined || first.failure !== undefined) break;
    const client = makeClient(port);
    client.keep = first.keep;
    const {data, reader} = filesOf(read, files);
    try {
      await client.call<OpenResult>('open',
        {...args, verify: false, integrity: undefined, cache: undefined, source: data}, {reader});
    } catch (error) {
      client.fail(new LodeError('LODE_E_CANCELLED', String(error)));
      break;
    }
    if (first.failure !== undefined) client.fail(first.failure);
    else pool.add(client);
  }
}
