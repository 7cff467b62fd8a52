/* A collection's documents as points. */
import {openEmbedder} from '../app/embedder.ts';
import {library, state} from '../app/library.ts';
import type {Collection, DocumentRow} from '../worker/types.ts';
import type {FromMap} from './worker.ts';
import type {Project} from './projection.ts';

export const MOST = 20_000;
/** Of each document: its beginning says what it is about, and a map is not a search. */
const STATIC_LETTERS = 4000;
const NETWORK_LETTERS = 600;
const AT_ONCE = 200;

export interface MapData {
  rows: DocumentRow[];
  /** [n, 2], as projection.ts has them. */
  points: Float32Array;
  milliseconds: number;
}

export type Report = (share: number, step: string) => void;

async function vectorsOf(collection: Collection, rows: DocumentRow[], report: Report, signal: AbortSignal): Promise<Project> {
  const model = collection.model ?? state.value.defaultModel;
  if (model === undefined) throw new Error('there is no model to make a map with');
  const embedder = await openEmbedder(model);
  try {
    const letters = embedder.info.architecture === 'static' ? STATIC_LETTERS : NETWORK_LETTERS;
    const {dim} = embedder.info;
    const vectors = new Float32Array(rows.length * dim);
    for (let at = 0; at < rows.length; at += AT_ONCE) {
      signal.throwIfAborted();
      report(at / rows.length, 'reading');
      const part = rows.slice(at, at + AT_ONCE);
      const texts = await library.beginnings(collection.id, part.map(({id}) => id), letters);
      const embedded = await embedder.embed(texts, {signal, utf8: 'replace', normalize: true});
      vectors.set(embedded.vectors, at * dim);
    }
    return {vectors, n: rows.length, dim};
  } finally {
    await embedder.dispose();
  }
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
  const {rows} = await library.documents(collection.id, {limit: MOST});
  const given = await vectorsOf(collection, rows, report, signal);
  const points = await layOut(given, report, signal);
  const data = {rows, points, milliseconds: performance.now() - began};
  made.clear();
  made.set(key, data);
  return data;
}
