/* An index in a worker: the page's side. */
import {SiteError, unpackError, type SiteErrorData} from '../errors.ts';
import type {
  SiteFacet, SiteInfo, SiteProgress, SiteQuestion, SiteResults, SiteVectors,
} from '../types.ts';
import {PROTOCOL, type SiteHost} from './host.ts';

/** Page to worker. */
export type ToWorker =
  | {id: number; op: 'open'; protocol: number; url: string; wasm: string;
      vectors?: SiteVectors | undefined}
  | {id: number; op: 'search'; question: SiteQuestion}
  | {id: number; op: 'facets'}
  | {id: number; op: 'loadModel'}
  | {id: number; op: 'abort'};

/** Worker to page. */
export type FromWorker =
  | {id: number; value: unknown}
  | {id: number; error: SiteErrorData | 'abort'}
  | {id: number; loaded: number; total: number};

type Request<T> = T extends unknown ? Omit<T, 'id'> : never;

interface Call {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  onProgress: SiteProgress | undefined;
}

interface TrustedTypes {
  createPolicy(name: string, rules: {createScriptURL(url: string): string}):
    {createScriptURL(url: string): string};
}

/** Pages that require trusted types, and allow a policy of this name, get one: there is one URL. */
function trusted(url: string): string {
  const {trustedTypes} = globalThis as {trustedTypes?: TrustedTypes};
  if (!trustedTypes) return url;
  policy ??= trustedTypes.createPolicy('lode-search', {createScriptURL: text => text});
  return policy.createScriptURL(url);
}
let policy: ReturnType<TrustedTypes['createPolicy']> | undefined;

/** A script that could not be loaded, or that CSP refused, says nothing else. */
const NO_WORKER = 'The worker could not be started';

export class WorkerHost implements SiteHost {
  info!: SiteInfo;
  readonly #worker: Worker;
  readonly #calls = new Map<number, Call>();
  #last = 0;
  #failure: SiteError | undefined;

  /** Fails with "engine" where the page may not have such a worker. */
  static async open(script: string | URL, url: string, wasm: string, signal?: AbortSignal,
    vectors?: SiteVectors): Promise<WorkerHost> {
    const host = new WorkerHost(new Worker(trusted(String(script)),
      {type: 'module', name: 'lode-search'}));
    try {
      host.info = await host.#call<SiteInfo>(
        {op: 'open', protocol: PROTOCOL, url, wasm, vectors}, signal);
      return host;
    } catch (error) {
      host.close();
      throw error;
    }
  }

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = event => this.#answer(event.data as FromWorker);
    worker.onerror = event => this.#fail(new SiteError('engine', event.message || NO_WORKER));
    worker.onmessageerror = () => this.#fail(new SiteError('engine', 'A message was lost'));
  }

  search(question: SiteQuestion, signal?: AbortSignal): Promise<SiteResults> {
    return this.#call({op: 'search', question}, signal);
  }

  facets(signal?: AbortSignal): Promise<SiteFacet[]> {
    return this.#call({op: 'facets'}, signal);
  }

  loadModel(onProgress?: SiteProgress, signal?: AbortSignal): Promise<void> {
    return this.#call({op: 'loadModel'}, signal, onProgress);
  }

  close(): void {
    this.#worker.terminate();
    this.#fail(new SiteError('engine', 'The search was closed'));
  }

  #call<T>(request: Request<ToWorker>, signal?: AbortSignal, onProgress?: SiteProgress):
    Promise<T> {
    return new Promise<T>((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#failure) throw this.#failure;
      const id = ++this.#last;
      const abort = () => {
        if (!this.#calls.delete(id)) return;
        this.#worker.postMessage({id, op: 'abort'} satisfies ToWorker);
        reject(signal?.reason as unknown);
      };
      signal?.addEventListener('abort', abort, {once: true});
      const done = () => signal?.removeEventListener('abort', abort);
      this.#calls.set(id, {
        resolve: value => (done(), resolve(value as T)),
        reject: error => (done(), reject(error)),
        onProgress,
      });
      this.#worker.postMessage({...request, id});
    });
  }

  #answer(message: FromWorker): void {
    const call = this.#calls.get(message.id);
    if (!call) return; // aborted
    if ('loaded' in message) {
      call.onProgress?.(message.loaded, message.total);
      return;
    }
    this.#calls.delete(message.id);
    if ('value' in message) call.resolve(message.value);
    else if (message.error === 'abort') call.reject(new DOMException('Aborted', 'AbortError'));
    else call.reject(unpackError(message.error));
  }

  #fail(error: SiteError): void {
    this.#failure ??= error;
    for (const call of this.#calls.values()) call.reject(error);
    this.#calls.clear();
  }
}
