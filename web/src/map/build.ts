/* A collection's documents as points. */
import {library} from '../app/library.ts';
import type {Collection, DocumentRow, VectorPage} from '../worker/types.ts';
import type {FromMap} from './worker.ts';
import type {Project} from './projection.ts';

export const MOST = 20_000;
export interface MapData {
  rows: DocumentRow[];
  /** [n, 2], as projection.ts has them. */
  points: Float32Array;
  milliseconds: number;
}

/** The collection is searched by words alone. */
export class NoVectors extends Error {}

export type Report = (share: number, step: string) => void;

/** Of the collection's first documents: what it has of them itself, read page by page. */
async function vectorsOf(collection: Collection, report: Report, signal: AbortSignal): Promise<{rows: DocumentRow[]; given: Project}> {
  const pages: VectorPage[] = [];
  let n = 0;
  for (let more = true; more && n < MOST;) {
    report(n / Math.max(1, Math.min(MOST, collection.documents)), 'reading');
    const page = await library.vectors(collection.id, pages.at(-1)?.rows.at(-1)?.id ?? '');
    signal.throwIfAborted();
    pages.push(page);
    n += page.rows.length;
    more = page.more;
  }
  const dim = Math.max(0, ...pages.map((page) => page.dim));
  if (dim === 0) throw new NoVectors();
  const rows = pages.flatMap((page) => page.rows).slice(0, MOST);
  const vectors = new Float32Array(rows.length * dim);
  let at = 0;
  for (const page of pages) {
    // A page of empty documents alone has no vectors to tell their length by.
    if (page.dim === dim) vectors.set(page.vectors.subarray(0, vectors.length - at), at);
    at += page.rows.length * dim;
  }
  return {rows, given: {vectors, n: rows.length, dim}};
}

function layOut(given: Project, report: Report, signal: AbortSignal): Promise<Float32Array> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {type: 'module', name: 'map'});
  return new Promise<Float32Array>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), {once: true});
    worker.onmessage = ({data}: MessageEvent<FromMap>) => {
      if (data.kind === 'progress') report(data.share, data.step);
      else if (data.kind === 'points') resolve(data.points);
      else reject(new Error(data.message));
    };
    worker.onerror = ({message}) => reject(new Error(message ?? 'the map\'s worker could not be loaded'));
    worker.postMessage(given, [given.vectors.buffer]);
  }).finally(() => worker.terminate());
}

/** The last one, so that coming back to the page takes no time. */
const made = new Map<string, MapData>();

export async function makeMap(collection: Collection, report: Report, signal: AbortSignal): Promise<MapData> {
  const key = `${collection.id} ${collection.revision}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const began = performance.now();
  const {rows, given} = await vectorsOf(collection, report, signal);
  const points = await layOut(given, report, signal);
  const data = {rows, points, milliseconds: performance.now() - began};
  made.clear();
  made.set(key, data);
  return data;
}
