/* Models of several files: which of them there are, and a model out of them. */
import {lode_file_data} from '../abi.ts';
import {scoped, type Heap} from '../engine/heap.ts';
import {putOptions} from '../engine/open.ts';
import type {ModelData, OpenArgs, SourceData} from '../protocol.ts';
import {HtmlPage} from './http.ts';
import {fetchListed} from './listing.ts';
import type {Loader} from './model.ts';

/** Requests: what browsers make to one server. */
const AT_ONCE = 6;

/** `name` in the folder `base`. Names come out of files: those that lead out of it are refused. */
function inFolder(base: SourceData & {kind: 'url' | 'path'},
  name: string): SourceData | undefined {
  const parts = name.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\\'))) {
    return undefined;
  }
  if (base.kind === 'path') return {kind: 'path', path: `${base.path}/${name}`};
  const url = new URL(parts.map(encodeURIComponent).join('/'), base.url);
  return {kind: 'url', url: url.href, request: base.request};
}

/** A file that need not be there. */
async function loadOptional(loader: Loader, source: SourceData | undefined,
  name: string): Promise<boolean> {
  if (source === undefined) return false;
  try {
    return await loader.load(source, name);
  } catch (error) {
    if (!(error instanceof HtmlPage)) throw error;
    loader.pages.push(name);
    return false;
  }
}

/** Load all files of a model. */
export async function loadFolder(loader: Loader, heap: Heap,
  source: Exclude<ModelData, {kind: 'file'}>): Promise<void> {
  const given = source.kind === 'files' ? new Map(source.files) : undefined;
  const place = (name: string) =>
    source.kind === 'folder' ? inFolder(source.base, name) : given!.get(name);
  const textOf = (name: string) => {
    const file = loader.files.find((each) => each.name === name);
    return file && heap.text(file.at, file.size);
  };
  const seen = new Map<string, boolean>();
  await fetchListed(async (names) => {
    const unseen = [...new Set(names)].filter((name) => !seen.has(name));
    while (unseen.length > 0) {
      const some = unseen.splice(0, AT_ONCE);
      const results = await Promise.allSettled(
        some.map((name) => loadOptional(loader, place(name), name)));
      results.forEach((result, i) => {
        if (result.status === 'rejected') throw result.reason;
        seen.set(some[i]!, result.value);
      });
    }
    return names.map((name) =>
      seen.get(name) ? (name.endsWith('.json') ? textOf(name) : '') : undefined);
  });
}

/** lode_model * */
export function openFiles(heap: Heap, args: OpenArgs,
  files: readonly {name: string; at: number; size: number}[]): number {
  return scoped(heap, (scope) => {
    const array = scope.alloc(lode_file_data.sizeof * files.length);
    files.forEach(({name, at, size}, i) => {
      const p = array + lode_file_data.sizeof * i;
      heap.setU32(p + lode_file_data.name, scope.string(name));
      heap.setU32(p + lode_file_data.data, at);
      heap.setU32(p + lode_file_data.size, size);
    });
    const options = putOptions(scope, args);
    return scope.result((out, error) =>
      heap.exports.lode_model_open_memory(array, files.length, options, out, error));
  });
}
