/* An index in a worker: the page's side. */
import {SiteError, unpackError, type SiteErrorData} from '../errors.ts';
import type {
  SiteFacet, SiteInfo, SiteProgress, SiteQuestion, SiteResults, SiteVectors,
} from '../types.ts';
import type {SiteHost} from './host.ts';
import {OPEN_ID, WORKER_EVENTS, startReader, type StartedReader} from './start.ts';

/** Page to worker. */
export type ToWorker =
  /** coming: URLs of files that the page is about to hand over. question: what it will ask first. */
  | {id: number; op: 'open'; protocol: number; url: string; wasm: string;
      vectors?: SiteVectors | undefined; question?: SiteQuestion | undefined; coming: string[]}
  /** Without bytes: the page could not get it. */
  | {op: 'file'; url: string; bytes: ArrayBuffer | undefined}
  | {id: number; op: 'search'; question: SiteQuestion}
  | {id: number; op: 'facets'}
  | {id: number; op: 'count'; question: SiteQuestion}
  | {id: number; op: 'loadModel'}
  | {id: number; op: 'abort'};

/** Worker to page. */
export type FromWorker =
  | {id: number; value: unknown}
  | {id: number; error: SiteErrorData | 'abort'}
  | {id: number; loaded: number; total: number};

type Request<T> = T extends {id: number} ? Omit<T, 'id'> : never;

interface Call {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  onProgress: SiteProgress | undefined;
}

/** A script that could not be loaded, or that CSP refused, says nothing else. */
const NO_WORKER = 'The worker could not be started';

export class WorkerHost implements SiteHost {
  info!: SiteInfo;
  readonly #worker: Worker;
  readonly #calls = new Map<number, Call>();
  #last = OPEN_ID;
  #failure: SiteError | undefined;

  /** Fails with "engine" where the page may not have such a worker. started: one that is on its way. */
  static async open(script: string, url: string, wasm: string, signal?: AbortSignal,
    vectors?: SiteVectors, started?: StartedReader): Promise<WorkerHost> {
    const host = new WorkerHost((started ??= startReader(script, url, wasm, vectors)).worker);
    try {
      const info = host.#answerTo<SiteInfo>(OPEN_ID, signal);
      host.#listen(started);
      host.info = await info;
      return host;
    } catch (error) {
      host.close();
      throw error;
    }
  }

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  #listen({worker, early, keep}: StartedReader): void {
    const hear = (event: Event) => {
      if (event.type === 'message') this.#answer((event as MessageEvent<FromWorker>).data);
      else if (event.type === 'messageerror') this.#fail(new SiteError('engine', 'A message was lost'));
      else this.#fail(new SiteError('engine', (event as ErrorEvent).message || NO_WORKER));
    };
    early.forEach(hear);
    for (const type of WORKER_EVENTS) {
      worker.removeEventListener(type, keep);
      worker.addEventListener(type, hear);
    }
  }

  search(question: SiteQuestion, signal?: AbortSignal): Promise<SiteResults> {
    return this.#call({op: 'search', question}, signal);
  }

  facets(signal?: AbortSignal): Promise<SiteFacet[]> {
    return this.#call({op: 'facets'}, signal);
  }

  count(question: SiteQuestion, signal?: AbortSignal): Promise<SiteFacet[]> {
    return this.#call({op: 'count', question}, signal);
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
    const id = ++this.#last;
    const answer = this.#answerTo<T>(id, signal, onProgress);
    if (this.#calls.has(id)) this.#worker.postMessage({...request, id});
    return answer;
  }

  #answerTo<T>(id: number, signal?: AbortSignal, onProgress?: SiteProgress): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#failure) throw this.#failure;
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
