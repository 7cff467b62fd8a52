/* A file by HTTP: what is no file is refused, and a dropped connection is taken up again. */
import {LodeError, type LodeErrorDetails} from '../errors.ts';
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

function retryable(status = 0): boolean {
  return status === 408 || status === 429 || status >= 500;
}

function isGone({status}: Response): boolean {
  return status === 404 || status === 410;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
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
function lengthOf({headers}: Response): number | undefined {
  const length = Number(headers.get('content-length') ?? NaN);
  const said = Number.isSafeInteger(length) && length >= 0 && !headers.has('content-encoding');
  return said ? length : undefined;
}

interface Validators {
  etag?: string | undefined;
  modified?: string | undefined;
}

function validatorsOf({headers}: Response): Validators {
  return {
    etag: headers.get('etag') ?? undefined,
    modified: headers.get('last-modified') ?? undefined,
  };
}

/** Whether two answers are of the same file; undefined: nobody can tell. */
function same(a: Validators, b: Validators): boolean | undefined {
  if (a.etag !== undefined && b.etag !== undefined) return a.etag === b.etag;
  if (a.modified !== undefined && b.modified !== undefined) return a.modified === b.modified;
  return undefined;
}

/** undefined: the server says that there is no such file. */
export async function openHttp(url: string, request: RequestData,
  {signal, retries, stallTimeout, headers: ours}: HttpOptions): Promise<HttpFile | undefined> {
  let response!: Response;
  let attempt: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let received = 0;
  let failures = 0;
  let attempts = 0;
  const fail = (message: string, details?: LodeErrorDetails) =>
    new LodeError('LODE_E_IO', `${url}: ${message}`, details);

  function stop(): void {
    clearTimeout(timer);
    attempt?.abort();
  }

  function alive(): void {
    clearTimeout(timer);
    timer = setTimeout(stop, stallTimeout);
  }

  function ask(from: number): Promise<Response> {
    signal.throwIfAborted();
    const now = (attempt = new AbortController());
    signal.addEventListener('abort', () => now.abort(), {once: true, signal: now.signal});
    alive();
    const headers: Record<string, string> = {...ours, ...request.headers};
    if (from > 0) {
      headers['range'] = `bytes=${from}-`;
      // Across origins If-Range would cost a preflight; the answer's ETag is compared anyway.
      const {location} = globalThis;
      const {etag, modified} = file;
      const validator = etag?.startsWith('W/') === false ? etag : modified;
      if (validator !== undefined && (!location || new URL(url).origin === location.origin)) {
        headers['if-range'] = validator;
      }
    }
    // What is kept is kept by us: once is enough.
    return fetch(url, {...request, headers, signal: now.signal, cache: 'no-store'});
  }

  /** Wait before the next attempt, or throw `failure` where there have been enough. */
  async function pause(failure: LodeError, after: string | null = null): Promise<void> {
    signal.throwIfAborted();
    const enough = failures >= retries || ++attempts > MOST_ATTEMPTS;
    if (enough || globalThis.navigator?.onLine === false) throw failure;
    const wait = FIRST_WAIT * 2 ** failures++ * (0.5 + Math.random());
    await sleep(Math.min(Math.max(wait, Number(after) * 1000 || 0), LONGEST_WAIT), signal);
  }

  /** An answer that is the file, or its rest, or says that there is none. */
  async function connect(from: number): Promise<Response> {
    for (;;) {
      let after: string | null = null;
      try {
        const answer = await ask(from);
        const {status, headers} = answer;
        if (isGone(answer) || (status === 416 && from > 0)) return answer;
        if (!answer.ok || answer.body === null) {
          after = headers.get('retry-after');
          const denied = status === 401 || status === 403 ? ': access denied' : '';
          throw fail(`HTTP status ${status}${denied}`, {status});
        }
        const type = headers.get('content-type') ?? '';
        if (/^\s*(text\/html|application\/xhtml)/i.test(type)) throw new HtmlPage(url);
        return answer;
      } catch (cause) {
        stop();
        signal.throwIfAborted();
        const told = cause instanceof LodeError;
        if (told && !retryable(cause.status)) throw cause;
        await pause(told ? cause : fail(`no answer: ${String(cause)}`, {cause}), after);
      }
    }
  }

  function take(answer: Response): void {
    response = answer;
    received = 0;
    Object.assign(file, validatorsOf(answer), {size: lengthOf(answer)});
  }

  /** False: there is no such file. */
  async function begin(): Promise<boolean> {
    const answer = await connect(0);
    if (isGone(answer)) stop();
    else take(answer);
    return !isGone(answer);
  }

  /** Connect again behind what was received: true. Where that is not possible, from the beginning. */
  async function resume(): Promise<boolean> {
    // Without a validator nobody could tell that the rest belongs to another file, and a compressed
    // body's places are not the file's.
    if (received > 0 && same(file, file) && !response.headers.has('content-encoding')) {
      const answer = await connect(received);
      const range = parseRange(answer.headers.get('content-range'));
      const fits = answer.status === 206 && range?.first === received &&
        (file.size ?? range.total) === (range.total ?? file.size);
      if (fits && same(file, validatorsOf(answer))) {
        response = answer;
        return true;
      }
      if (answer.status === 200) {
        take(answer);
        return false;
      }
      stop();
    }
    if (!(await begin())) throw new LodeError('LODE_E_NOT_FOUND', `${url}: is gone`, {status: 404});
    return false;
  }

  async function* chunks(): AsyncGenerator<Uint8Array | 'restart'> {
    for (;;) {
      let dropped = false;
      try {
        const reader = response.body!.getReader();
        for (;;) {
          const {done, value} = await reader.read();
          if (done) break;
          alive();
          received += value.length;
          failures = 0;
          yield value;
        }
      } catch {
        signal.throwIfAborted();
        dropped = true;
      } finally {
        stop();
      }
      const {size} = file;
      if (received === size || (size === undefined && !dropped)) return;
      if (received > size!) {
        throw new LodeError('LODE_E_FORMAT', `${url}: ${received} bytes came of a file of ${size}`);
      }
      await pause(fail(`the connection ended after ${received} of ${size ?? 'its'} bytes`));
      if (!(await resume())) yield 'restart';
    }
  }

  const file: HttpFile = {size: undefined, etag: undefined, modified: undefined, chunks: chunks()};
  return (await begin()) ? file : undefined;
}

/** Whether the server has another file than the one that we have, as far as it says. */
export async function hasChanged(url: string, request: RequestData, options: HttpOptions,
  entry: Validators): Promise<boolean> {
  try {
    const answer = await fetch(url, {
      ...request, headers: {...options.headers, ...request.headers}, method: 'HEAD',
      cache: 'no-store', signal: AbortSignal.timeout(options.stallTimeout),
    });
    return answer.ok && same(entry, validatorsOf(answer)) === false;
  } catch {
    return false; // offline
  }
}
