/* The page's side of the library's worker. */
import {computed, signal} from '@preact/signals';
import {unpackError} from '../worker/errors.ts';
import type {Library} from '../worker/library.ts';
import type {Collection, FromWorker, LibraryState, ToWorker} from '../worker/types.ts';
import {log, record} from './log.ts';

const EMPTY: LibraryState = {
  role: 'starting', place: 'device', placeReason: undefined, collections: [], folders: [], models: [],
  defaultModel: undefined,
  work: {waiting: 0, failed: 0, done: 0, total: 0, taking: 0, tasks: [], paused: false, stopped: undefined, rate: 0},
};

export const state = signal<LibraryState>(EMPTY);
export const collections = computed(() => state.value.collections);
export const work = computed(() => state.value.work);
/** Something is on its way into a collection. */
export const busy = computed(() => work.value.waiting > 0 || work.value.taking > 0);
/** There is nothing yet that could be searched. */
export const empty = computed(() => state.value.role !== 'starting' &&
  collections.value.every(({documents}) => documents === 0) && !busy.value);

type Methods = {
  [K in keyof Library as Library[K] extends (...args: never[]) => unknown ? K : never]:
    Library[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;
};

const calls = new Map<number, {resolve(value: unknown): void; reject(error: Error): void}>();
let next = 0;
let worker: Worker | undefined;

function post(method: string, args: unknown[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const id = next++;
    calls.set(id, {resolve, reject});
    worker!.postMessage({kind: 'call', id, method, args} satisfies ToWorker);
  });
}

/** Every method of the library, wherever it runs. */
export const library = new Proxy({} as Methods, {
  get: (_, method: string) => (...args: unknown[]) => post(method, args),
});

function hear({data}: MessageEvent<FromWorker>): void {
  if (data.kind === 'state') {
    state.value = data.state;
  } else if (data.kind === 'log') {
    record(data.entry);
  } else {
    const call = calls.get(data.id);
    calls.delete(data.id);
    if (data.error !== undefined) call?.reject(unpackError(data.error));
    else call?.resolve(data.value);
  }
}

export function startLibrary(): void {
  worker = new Worker(new URL('../worker/main.ts', import.meta.url), {type: 'module', name: 'library'});
  worker.onmessage = hear;
  worker.onerror = (event) => {
    log('error', `the library's worker has failed: ${event.message ?? 'it could not be loaded'}`);
  };
  worker.postMessage({kind: 'start', base: document.baseURI.split('#')[0]!});
}

export function collectionName(id: string): string {
  return collections.value.find((each) => each.id === id)?.name ?? '';
}

/** Where new documents go: the collection that is looked at, or the first, made if there is none. */
export async function targetCollection(wanted: string | null | undefined): Promise<string> {
  const open = collections.value.filter(({wordsOnly}) => wordsOnly === undefined);
  const found = open.find(({id}) => id === wanted) ?? open[0];
  return found?.id ?? library.createCollection('My documents');
}

export type {Collection};
