/* A file by HTTP: what is no file is refused, and a dropped connection is taken up again. */
import {LodeError, abortReason} from '../errors.ts';
import type {RequestData} from '../protocol.ts';

export interface HttpOptions {
  signal: AbortSignal;
  /** Attempts after one that brought nothing. */
  retries: number;
  /** Milliseconds without a byte. */
  stallTimeout: number;
  /** Headers that only this platform may set. */
  headers?: Record<string, string> | undefined;
}

export interface HttpFile {
  size: number | undefined;
  etag: string | undefined;
  modified: string | undefined;
  /** "restart": the file has changed, or cannot be taken up: what follows is from its beginning. */
  chunks: AsyncIterable<Uint8Array | 'restart'>;
}

const FIRST_WAIT = 250; // milliseconds, doubled each time
const LONGEST_WAIT = 8000;
/** For one file, also where each brings something. */
const MOST_ATTEMPTS = 100;

function retryable(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(abortReason(signal));
    const stop = () => {
      clearTimeout(timer);
      reject(abortReason(signal));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, {once: true});
  });
}

/** The beginning of an HTML page: what servers send in the place of a file that is not there. */
export function looksLikeHtml(chunk: Uint8Array): boolean {
  const start = new TextDecoder().decode(chunk.subarray(0, 256));
  return /^\ufeff?\s*<(!doctype\s+html|html|head)[\s>]/i.test(start);
}

export class HtmlPage extends LodeError {
  constructor(url: string) {
    super('LODE_E_FORMAT', `${url}: the server's answer is an HTML page, not the file`);
  }
}

/** "bytes 100-199/200" */
function parseRange(text: string | null): {first: number; total: number | undefined} | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(text ?? '');
  if (match === null) return undefined;
  return {first: Number(match[1]), total: match[2] === '*' ? undefined : Number(match[2])};
}

/** The length that the body has when it is decoded, as far as the headers say. */
function lengthOf(response: Response): number | undefined {
  const length = response.headers.get('content-length');
  if (length === null || response.headers.get('content-encoding') !== null) return undefined;
  const value = Number(length);
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

class Download implements HttpFile {
  size: number | undefined;
  etag: string | undefined;
  modified: string | undefined;
  readonly #url: string;
  readonly #request: RequestData;
  readonly #options: HttpOptions;
  #response!: Response;
  #attempt!: AbortController;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #received = 0;
  #failures = 0;
  #attempts = 0;
  /** The connection ended with an error. */
  #dropped = false;

  constructor(url: string, request: RequestData, options: HttpOptions) {
    this.#url = url;
    this.#request = request;
    this.#options = options;
  }

  /** False: there is no such file. */
  async begin(): Promise<boolean> {
    const response = await this.#connect(0);
    if (response.status === 404 || response.status === 410) {
      this.#stop();
      return false;
    }
    this.#take(response);
    return true;
  }

  #take(response: Response): void {
    this.#response = response;
    this.size = lengthOf(response);
    this.etag = response.headers.get('etag') ?? undefined;
    this.modified = response.headers.get('last-modified') ?? undefined;
  }

  #alive(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#attempt.abort(), this.#options.stallTimeout);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#attempt.abort();
  }

  async #fetch(from: number): Promise<Response> {
    const {signal} = this.#options;
    signal.throwIfAborted();
    this.#attempt = new AbortController();
    const attempt = this.#attempt;
    signal.addEventListener('abort', () => attempt.abort(), {once: true, signal: attempt.signal});
    this.#alive();
    const headers: Record<string, string> = {...this.#options.headers, ...this.#request.headers};
    if (from > 0) {
      headers['range'] = `bytes=${from}-`;
      // Across origins If-Range would cost a preflight; the answer's ETag is compared anyway.
      const same = new URL(this.#url).origin === (globalThis.location?.origin ?? 'null');
      const validator = this.etag?.startsWith('W/') === false ? this.etag : this.modified;
      if ((same || globalThis.location === undefined) && validator !== undefined) {
        headers['if-range'] = validator;
      }
    }
    // What is kept is kept by us: once is enough.
    return fetch(this.#url, {...this.#request, headers, signal: attempt.signal, cache: 'no-store'});
  }

  /** Wait before the next attempt, or throw `failure` where there have been enough. */
  async #pause(failure: LodeError, after: string | null = null): Promise<void> {
    const {signal, retries} = this.#options;
    signal.throwIfAborted();
    const enough = this.#failures >= retries || ++this.#attempts > MOST_ATTEMPTS;
    if (enough || globalThis.navigator?.onLine === false) throw failure;
    const asked = Number(after ?? 0) * 1000 || 0;
    const wait = Math.max(FIRST_WAIT * 2 ** this.#failures * (0.5 + Math.random()), asked);
    this.#failures++;
    await sleep(Math.min(wait, LONGEST_WAIT), signal);
  }

  /** An answer that is the file, or its rest, or says that there is none. */
  async #connect(from: number): Promise<Response> {
    for (;;) {
      let response: Response;
      try {
        response = await this.#fetch(from);
      } catch (cause) {
        this.#stop();
        const {signal} = this.#options;
        if (signal.aborted) throw abortReason(signal);
        await this.#pause(new LodeError('LODE_E_IO', `${this.#url}: no answer: ${String(cause)}`,
          {cause}));
        continue;
      }
      const {status} = response;
      if (status === 404 || status === 410) return response;
      if (status === 416 && from > 0) return response;
      if (!response.ok || response.body === null) {
        this.#stop();
        const code = status === 401 || status === 403 ? ': access denied' : '';
        const failure = new LodeError('LODE_E_IO', `${this.#url}: HTTP status ${status}${code}`,
          {status});
        if (!retryable(status)) throw failure;
        await this.#pause(failure, response.headers.get('retry-after'));
        continue;
      }
      if (/^\s*(text\/html|application\/xhtml)/i.test(response.headers.get('content-type') ?? '')) {
        this.#stop();
        throw new HtmlPage(this.#url);
      }
      return response;
    }
  }

  /** Whether a later answer is of the same file. */
  #same(response: Response): boolean {
    const etag = response.headers.get('etag') ?? undefined;
    const modified = response.headers.get('last-modified') ?? undefined;
    if (this.etag !== undefined || etag !== undefined) return this.etag === etag;
    return this.modified !== undefined && this.modified === modified;
  }

  /** Connect again behind what was received. Where that is not possible, from the beginning. */
  async #resume(): Promise<'resumed' | 'restart'> {
    // Without a validator nobody could tell that the rest belongs to another file.
    const known = this.etag !== undefined || this.modified !== undefined;
    // A compressed body's places are not the file's.
    const encoded = this.#response.headers.get('content-encoding') !== null;
    if (this.#received > 0 && known && !encoded) {
      const response = await this.#connect(this.#received);
      const range = parseRange(response.headers.get('content-range'));
      const fits = response.status === 206 && range?.first === this.#received &&
        (this.size === undefined || range.total === undefined || range.total === this.size);
      if (fits && this.#same(response)) {
        this.#response = response;
        return 'resumed';
      }
      if (response.status === 200) {
        this.#take(response);
        this.#received = 0;
        return 'restart';
      }
      this.#stop();
    }
    this.#received = 0;
    if (!(await this.begin())) {
      throw new LodeError('LODE_E_NOT_FOUND', `${this.#url}: is gone`, {status: 404});
    }
    return 'restart';
  }

  /** Chunks of one connection; ends early, without an error, where it drops. */
  async *#connection(): AsyncGenerator<Uint8Array> {
    const reader = this.#response.body!.getReader();
    this.#dropped = false;
    try {
      for (;;) {
        const {done, value} = await reader.read();
        if (done) return;
        this.#alive();
        this.#received += value.length;
        this.#failures = 0;
        yield value;
      }
    } catch (error) {
      if (this.#options.signal.aborted) throw abortReason(this.#options.signal);
      this.#dropped = true;
    } finally {
      this.#stop();
    }
  }

  get chunks(): AsyncIterable<Uint8Array | 'restart'> {
    return this.#chunks();
  }

  async *#chunks(): AsyncGenerator<Uint8Array | 'restart'> {
    for (;;) {
      yield* this.#connection();
      if (this.#received === this.size) return;
      if (this.size !== undefined && this.#received > this.size) {
        throw new LodeError('LODE_E_FORMAT',
          `${this.#url}: ${this.#received} bytes came of a file of ${this.size}`);
      }
      if (this.size === undefined && !this.#dropped) return;
      await this.#pause(new LodeError('LODE_E_IO',
        `${this.#url}: the connection ended after ${this.#received} of ${this.size ?? 'its'} bytes`));
      if ((await this.#resume()) === 'restart') yield 'restart';
    }
  }
}

/** undefined: the server says that there is no such file. */
export async function openHttp(url: string, request: RequestData,
  options: HttpOptions): Promise<HttpFile | undefined> {
  const download = new Download(url, request, options);
  return (await download.begin()) ? download : undefined;
}

/** Whether the server has another file than the one that we have, as far as it says. */
export async function hasChanged(url: string, request: RequestData, options: HttpOptions,
  entry: {size: number; etag?: string; modified?: string}): Promise<boolean> {
  try {
    const {ok, headers} = await fetch(url, {
      ...request, headers: {...options.headers, ...request.headers}, method: 'HEAD',
      cache: 'no-store', signal: AbortSignal.timeout(options.stallTimeout),
    });
    if (!ok) return false;
    const etag = headers.get('etag');
    if (etag !== null && entry.etag !== undefined) return etag !== entry.etag;
    const modified = headers.get('last-modified');
    if (modified !== null && entry.modified !== undefined) return modified !== entry.modified;
    return false;
  } catch {
    return false; // offline
  }
}
