/**
 * - `offline`: nothing can be fetched, and the browser says that there is no network;
 * - `network`: something could not be fetched, or a server refused it;
 * - `damaged`: what was fetched is not what was asked for;
 * - `version`: the index is newer than this code;
 * - `unsupported`: no WebAssembly, or the page's CSP does not allow it;
 * - `engine`: the engine failed: a fault of ours, or no memory.
 */
export type SiteErrorCode =
  'offline' | 'network' | 'damaged' | 'version' | 'unsupported' | 'engine';

export interface SiteErrorDetails {
  /** Of the file at fault. */
  url?: string;
  /** Of an HTTP response. */
  status?: number;
  cause?: unknown;
}

/** What is thrown for everything but an abort. */
export class SiteError extends Error {
  readonly code: SiteErrorCode;
  readonly url: string | undefined;
  readonly status: number | undefined;

  constructor(code: SiteErrorCode, message: string, details: SiteErrorDetails = {}) {
    super(message, {cause: details.cause});
    this.name = 'SiteError';
    this.code = code;
    this.url = details.url;
    this.status = details.status;
  }
}

/** An error on its way between threads. */
export interface SiteErrorData {
  code: SiteErrorCode;
  message: string;
  url: string | undefined;
  status: number | undefined;
}

/** By its name: page and reader have copies of the class. */
export function isSiteError(error: unknown): error is SiteError {
  return error instanceof Error && error.name === 'SiteError';
}

/** Worth another attempt: the connection, or a server that is busy. */
export function isPassing(error: unknown): boolean {
  return isSiteError(error) && (error.code === 'offline' || (error.code === 'network' &&
    (error.status === undefined || error.status === 429 || error.status >= 500)));
}

export function asSiteError(error: unknown): SiteError {
  if (isSiteError(error)) return error;
  return new SiteError('engine', error instanceof Error ? error.message : String(error),
    {cause: error});
}

export function packError(error: unknown): SiteErrorData {
  const {code, message, url, status} = asSiteError(error);
  return {code, message, url, status};
}

export function unpackError({code, message, url, status}: SiteErrorData): SiteError {
  return new SiteError(code, message, {url, status});
}

/** What a search that nobody waits for any more ends with. */
export function superseded(): DOMException {
  return new DOMException('Another question was asked', 'AbortError');
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** False where the browser knows that there is no network. */
export function isOnline(): boolean {
  return globalThis.navigator?.onLine !== false;
}
