/* Engines with the same model, and the calls that wait for them. Texts are dealt out in slices that
 * take about a tenth of a second: so an abort is answered soon, progress moves, and engines that
 * work side by side end together. */
import {LodeError, abortReason} from '../errors.ts';
import type {EmbedArgs} from '../protocol.ts';
import type {Client} from './client.ts';

const SLICE_MS = 100;
const MOST_TEXTS = 4096;
/** Cost of a slice for each thread, at least: some 500 tokens, so that weights are used often. */
const LEAST_SLICE = 2048;
/** Cost of a slice before anything has been measured. */
const FIRST_SLICE = 4096;
/** What a text costs beside its length. */
const PER_TEXT = 16;

type Text = string | Uint8Array;
export type SliceOptions = Omit<EmbedArgs, 'texts'>;

export interface Job<T> {
  op: string;
  texts: readonly Text[];
  options: SliceOptions;
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
  /** A slice's answer: rows from text `start` on. */
  onSlice(start: number, result: T): void;
  /** Kept alive while the job is. */
  owner: object;
}

interface Queued extends Job<unknown> {
  next: number;
  done: number;
  cost: number;
  resolve(): void;
  reject(error: unknown): void;
}

function costOf(text: Text): number {
  return text.length + PER_TEXT;
}

export class Pool {
  readonly clients: Client[];
  readonly #idle = new Set<Client>();
  #queue: Queued[] = [];
  readonly #least: number;
  /** Cost that an engine does in a millisecond. */
  #rate = 0;

  /** `threads`: of each engine. */
  constructor(clients: Client[], threads: number) {
    this.clients = clients;
    this.#least = LEAST_SLICE * threads;
    for (const client of clients) this.#idle.add(client);
  }

  add(client: Client): void {
    this.clients.push(client);
    this.#idle.add(client);
    this.#deal();
  }

  run<T>(job: Job<T>): Promise<void> {
    return new Promise((resolve, reject) => {
      const {signal, texts} = job;
      if (signal?.aborted) return reject(abortReason(signal));
      const failure = this.clients[0]?.failure;
      if (failure !== undefined) return reject(failure);
      if (texts.length === 0) return resolve();
      const abort = () => end(() => reject(abortReason(signal!)));
      const end = (answer: () => void) => {
        signal?.removeEventListener('abort', abort);
        this.#queue = this.#queue.filter((each) => each !== queued);
        queued.next = texts.length;
        answer();
      };
      const queued: Queued = {
        ...(job as Job<unknown>), next: 0, done: 0,
        cost: texts.reduce((sum, text) => sum + costOf(text), 0),
        resolve: () => end(resolve),
        reject: (error) => end(() => reject(error)),
      };
      signal?.addEventListener('abort', abort, {once: true});
      this.#queue.push(queued);
      this.#deal();
    });
  }

  /** The end of the slice that begins at job.next. */
  #slice(job: Queued): number {
    const target = Math.max(this.#rate === 0 ? FIRST_SLICE : this.#rate * SLICE_MS, this.#least);
    // Smaller towards the end, so that nobody waits long for the last one.
    const engines = this.clients.length;
    const most = engines === 1 ? target : Math.min(target, job.cost / (2 * engines));
    const last = Math.min(job.texts.length, job.next + MOST_TEXTS);
    let end = job.next;
    let cost = 0;
    do {
      cost += costOf(job.texts[end++]!);
    } while (end < last && cost + costOf(job.texts[end]!) <= most);
    job.cost -= cost;
    return end;
  }

  #deal(): void {
    for (const client of this.#idle) {
      const [job] = this.#queue;
      if (job === undefined) return;
      if (client.failure !== undefined) continue;
      const start = job.next;
      job.next = this.#slice(job);
      if (job.next === job.texts.length) this.#queue.shift();
      this.#idle.delete(client);
      void this.#work(client, job, start, job.next);
    }
  }

  #measure(cost: number, ms: number): void {
    const rate = cost / Math.max(ms, 0.05);
    // Careful upwards: a first measurement may be of very short texts.
    this.#rate = this.#rate === 0 ? rate : Math.min(0.5 * (this.#rate + rate), 4 * this.#rate);
  }

  async #work(client: Client, job: Queued, start: number, end: number): Promise<void> {
    const texts = job.texts.slice(start, end);
    try {
      const began = performance.now();
      const result = await client.call<unknown>(job.op, {...job.options, texts});
      this.#measure(texts.reduce((sum, text) => sum + costOf(text), 0), performance.now() - began);
      if (!job.signal?.aborted) this.#take(job, start, texts.length, result);
    } catch (error) {
      job.reject(shifted(error, start));
      if (client.failure !== undefined) this.#drop(client, client.failure);
    }
    this.#idle.add(client);
    this.#deal();
  }

  #take(job: Queued, start: number, n: number, result: unknown): void {
    job.onSlice(start, result);
    job.done += n;
    job.onProgress?.(job.done, job.texts.length);
    if (job.done === job.texts.length) job.resolve();
  }

  #drop(client: Client, failure: LodeError): void {
    if (this.clients.length > 1) this.clients.splice(this.clients.indexOf(client), 1);
    else for (const job of [...this.#queue]) job.reject(failure);
  }

  close(failure: LodeError): void {
    for (const job of [...this.#queue]) job.reject(failure);
    for (const client of this.clients) client.fail(failure);
  }
}

/** An error of a slice, with the number that its text has in the whole call. */
function shifted(error: unknown, start: number): unknown {
  if (!(error instanceof LodeError) || error.item === undefined || start === 0) return error;
  const item = error.item + start;
  const message = error.message.replace(`text ${error.item}`, `text ${item}`);
  return new LodeError(error.code, message, {item, pos: error.pos});
}
