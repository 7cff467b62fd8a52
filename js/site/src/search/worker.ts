/* lode-search-worker.js: the reader. As a worker it answers its page; where a page cannot have one,
 * it is imported. */
import {SiteError, isAbort, packError} from '../errors.ts';
import type {SiteEngineFactory, SiteQuestion, SiteVectors} from '../types.ts';
import {expectFile, handFile} from './fetch.ts';
import {PROTOCOL, wasmUrls, type SiteHost} from './host.ts';
import {SiteIndex} from './site_index.ts';
import {wasmEngine} from './wasm_engine.ts';
import type {FromWorker, ToWorker} from './worker_host.ts';

interface Scope {
  postMessage(message: FromWorker): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}

/** engine: or the folder of the .wasm files. question: that will be asked first. */
export function openIndex(url: string, engine: SiteEngineFactory | string, signal?: AbortSignal,
  vectors?: SiteVectors, question?: SiteQuestion): Promise<SiteHost> {
  const make = typeof engine === 'function' ? engine : wasmEngine(wasmUrls(engine), vectors);
  return SiteIndex.open(url, make, signal, question);
}

/** Answer this worker's page. */
function serve(): void {
  const scope = globalThis as unknown as Scope;
  const aborts = new Map<number, AbortController>();
  let index: SiteHost | undefined;

  const run = async (message: Exclude<ToWorker, {op: 'file'}>, signal: AbortSignal): Promise<unknown> => {
    if (message.op === 'open') {
      if (message.protocol !== PROTOCOL) {
        throw new SiteError('version', 'The page and its reader are of different versions');
      }
      index = await openIndex(message.url, message.wasm, signal, message.vectors, message.question);
      return index.info;
    }
    if (!index) throw new SiteError('engine', 'No index is open');
    switch (message.op) {
      case 'search': return index.search(message.question, signal);
      case 'facets': return index.facets(signal);
      case 'count': return index.count(message.question, signal);
      case 'loadModel': return index.loadModel(
        (loaded, total) => scope.postMessage({id: message.id, loaded, total}), signal);
      default: return undefined;
    }
  };

  scope.onmessage = async ({data: message}) => {
    if (message.op === 'file') {
      handFile(message.url, message.bytes);
      return;
    }
    const {id} = message;
    if (message.op === 'open') message.coming?.forEach(expectFile);
    if (message.op === 'abort') {
      aborts.get(id)?.abort();
      return;
    }
    const controller = new AbortController();
    aborts.set(id, controller);
    try {
      // Messages that wait behind this one may say that nobody wants it any more.
      await new Promise(resolve => setTimeout(resolve));
      controller.signal.throwIfAborted();
      scope.postMessage({id, value: await run(message, controller.signal)});
    } catch (error) {
      scope.postMessage({id, error: isAbort(error) ? 'abort' : packError(error)});
    } finally {
      aborts.delete(id);
    }
  };
}

if (typeof document === 'undefined' && 'WorkerGlobalScope' in globalThis) serve();
