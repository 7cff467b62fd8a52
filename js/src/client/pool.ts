/* Engines with the same model, and the calls that wait for them. Texts are dealt out in slices that
 * take about a tenth of a second: so an abort is answered soon, progress moves, and engines that
 * work side by side end together. */
import {LodeError} from '../errors.ts';
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

function sum(texts: readonly Text[]): number {
  return texts.reduce((all, text) => all + costOf(text), 0);
}

export interface Pool {
  readonly clients: Client[];
  /** One more engine. */
  add(client: Client): void;
  run<T>(job: Job<T>): Promise<void>;
  close(failure: LodeError): void;
}

/** `threads`: of each engine. */
export function makePool(first: Client, threads: number): Pool {
  const clients = [first];
  const idle = new Set(clients);
  const least = LEAST_SLICE * threads;
  let queue: Queued[] = [];
  /** Cost that an engine does in a millisecond. */
  let rate = 0;

  /** The end of the slice that begins at job.next. */
  function slice(job: Queued): number {
    const {next, texts} = job;
    const target = Math.max(rate === 0 ? FIRST_SLICE : rate * SLICE_MS, least);
    // Smaller towards the end, so that nobody waits long for the last one.
    const most = clients.length === 1 ? target : Math.min(target, job.cost / (2 * clients.length));
    const last = Math.min(texts.length, next + MOST_TEXTS);
    let end = next;
    let cost = 0;
    do {
      cost += costOf(texts[end++]!);
    } while (end < last && cost + costOf(texts[end]!) <= most);
    job.cost -= cost;
    return end;
  }

  function deal(): void {
    for (const client of idle) {
      const [job] = queue;
      if (job === undefined) return;
      if (client.failure !== undefined) continue;
      const start = job.next;
      job.next = slice(job);
      if (job.next === job.texts.length) queue.shift();
      idle.delete(client);
      void work(client, job, start, job.next);
    }
  }

  async function work(client: Client, job: Queued, start: number, end: number): Promise<void> {
    const texts = job.texts.slice(start, end);
    try {
      const began = performance.now();
      const result = await client.call<unknown>(job.op, {...job.options, texts});
      const now = sum(texts) / Math.max(performance.now() - began, 0.05);
      // Careful upwards: a first measurement may be of very short texts.
      rate = rate === 0 ? now : Math.min(0.5 * (rate + now), 4 * rate);
      if (!job.signal?.aborted) take(job, start, texts.length, result);
    } catch (error) {
      job.reject(shifted(error, start));
      if (client.failure !== undefined) drop(client, client.failure);
    }
    idle.add(client);
    deal();
  }

  function take(job: Queued, start: number, n: number, result: unknown): void {
    job.onSlice(start, result);
    job.done += n;
    job.onProgress?.(job.done, job.texts.length);
    if (job.done === job.texts.length) job.resolve();
  }

  function rejectAll(failure: LodeError): void {
    for (const job of [...queue]) job.reject(failure);
  }

  function drop(client: Client, failure: LodeError): void {
    if (clients.length > 1) clients.splice(clients.indexOf(client), 1);
    else rejectAll(failure);
  }

  return {
    clients,
    add: (client) => {
      clients.push(client);
      idle.add(client);
      deal();
    },
    run: (job) => new Promise((resolve, reject) => {
      const {signal, texts} = job;
      if (signal?.aborted) return reject(signal.reason);
      const failure = clients[0]?.failure;
      if (failure !== undefined) return reject(failure);
      if (texts.length === 0) return resolve();
      const abort = () => queued.reject(signal?.reason);
      const end = () => {
        signal?.removeEventListener('abort', abort);
        queue = queue.filter((each) => each !== queued);
        queued.next = texts.length;
      };
      const queued: Queued = {
        ...(job as Job<unknown>), next: 0, done: 0, cost: sum(texts),
        resolve: () => {
          end();
          resolve();
        },
        reject: (error) => {
          end();
          reject(error);
        },
      };
      signal?.addEventListener('abort', abort, {once: true});
      queue.push(queued);
      deal();
    }),
    close: (failure) => {
      rejectAll(failure);
      for (const client of clients) client.fail(failure);
    },
  };
}

/** An error of a slice, with the number that its text has in the whole call. */
function shifted(error: unknown, start: number): unknown {
  if (!(error instanceof LodeError) || error.item === undefined || start === 0) return error;
  const item = error.item + start;
  const message = error.message.replace(`text ${error.item}`, `text ${item}`);
  return new LodeError(error.code, message, {item, pos: error.pos});
}
