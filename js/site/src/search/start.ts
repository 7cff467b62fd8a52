/* Starting a reader in a worker: by whom there is first, the element's own script or what talks to
 * it, so that nothing waits for that. */
import type {SiteQuestion, SiteVectors} from '../types.ts';
import {BOOT, PROTOCOL, wasmUrls} from './host.ts';
import type {ToWorker} from './worker_host.ts';

/** A worker that is opening an index, and what it has said before anybody listened. */
export interface StartedReader {
  worker: Worker;
  early: Event[];
  /** Of those that `early` is of. */
  keep(event: Event): void;
}

/** Of the call that opens the index. */
export const OPEN_ID = 1;
export const WORKER_EVENTS = ['message', 'error', 'messageerror'] as const;
/** Milliseconds; then the worker fetches for itself. */
const PATIENCE = 30_000;

interface TrustedTypes {
  createPolicy(name: string, rules: {createScriptURL(url: string): string}):
    {createScriptURL(url: string): string};
}

/** A page may have a policy of one name once, and two of our scripts. */
const POLICY = Symbol.for('lode-search');
interface Page {
  trustedTypes?: TrustedTypes;
  [POLICY]?: ReturnType<TrustedTypes['createPolicy']>;
}

/** Pages that require trusted types, and allow a policy of this name, get one: there is one URL. */
function trusted(url: string): string {
  const page = globalThis as Page;
  if (!page.trustedTypes) return url;
  page[POLICY] ??= page.trustedTypes.createPolicy('lode-search', {createScriptURL: text => text});
  return page[POLICY].createScriptURL(url);
}

/**
 * Throws where the page may not have a worker. What the worker will want first is fetched here, side
 * by side with its script, and handed over. question: that will be asked first, if it is known.
 */
export function startReader(script: string, url: string, wasm: string, vectors?: SiteVectors,
  question?: SiteQuestion): StartedReader {
  const worker = new Worker(trusted(script), {type: 'module', name: 'lode-search'});
  const early: Event[] = [];
  const keep = (event: Event) => early.push(event);
  for (const type of WORKER_EVENTS) worker.addEventListener(type, keep);
  const first: [string, RequestCache][] = [[url + BOOT, 'no-cache'], [wasmUrls(wasm).site, 'default']];
  worker.postMessage({
    id: OPEN_ID, op: 'open', protocol: PROTOCOL, url, wasm, vectors, question,
    coming: first.map(([file]) => file),
  } satisfies ToWorker);
  for (const [file, cache] of first) {
    const hand = (bytes?: ArrayBuffer) =>
      worker.postMessage({op: 'file', url: file, bytes} satisfies ToWorker, bytes ? [bytes] : []);
    fetch(file, {cache, credentials: 'same-origin', signal: AbortSignal.timeout(PATIENCE)})
      .then(async response => hand(response.ok ? await response.arrayBuffer() : undefined))
      .catch(() => hand());
  }
  return {worker, early, keep};
}
