import type {lode_status} from './abi.ts';

/**
 * The C library's codes (include/lode.h), and one of JavaScript's own: LODE_E_ENGINE, the engine
 * is gone, because its worker could not start, was ended, or its module trapped.
 */
export type LodeErrorCode =
  Exclude<keyof typeof lode_status, 'LODE_OK'> | 'LODE_E_ENGINE';

export interface LodeErrorDetails {
  /** Index of the text, tensor or row at fault. */
  item?: number;
  /** Byte position in that item or file. */
  pos?: number;
  /** Of an HTTP response. */
  status?: number;
  cause?: unknown;
}

/** What is thrown for everything but an abort, which throws its signal's reason. */
export class LodeError extends Error {
  readonly code: LodeErrorCode;
  readonly item: number | undefined;
  readonly pos: number | undefined;
  readonly status: number | undefined;

  constructor(code: LodeErrorCode, message: string, details: LodeErrorDetails = {}) {
    super(message, details); // which takes the cause
    this.name = 'LodeError';
    this.code = code;
    this.item = details.item;
    this.pos = details.pos;
    this.status = details.status;
  }
}

/** An error on its way between threads. */
export interface ErrorData {
  name: string;
  message: string;
  code?: LodeErrorCode;
  item?: number;
  pos?: number;
  status?: number;
}

export function packError(error: unknown): ErrorData {
  if (error instanceof LodeError) {
    return {...error, message: error.message}; // which is no property of its own
  }
  if (error instanceof RangeError && /alloc|array.*length/i.test(error.message)) {
    return {name: 'LodeError', message: `out of memory: ${error.message}`, code: 'LODE_E_NOMEM'};
  }
  if (error instanceof Error) return {name: error.name, message: error.message};
  return {name: 'Error', message: String(error)};
}

export function unpackError(data: ErrorData): LodeError {
  if (data.code !== undefined) return new LodeError(data.code, data.message, data);
  // A trap, or a fault of ours: the module's state is not to be relied on any more.
  return new LodeError('LODE_E_ENGINE', `${data.name}: ${data.message}`);
}

/** A number of something, if it is given. */
export function checkWhole(name: string, value: unknown, least = 0, most = 2 ** 53 - 1): void {
  if (value === undefined ||
    (Number.isInteger(value) && (value as number) >= least && (value as number) <= most)) return;
  throw badArgument(`${name}: ${String(value)} is no whole number from ${least} to ${most}`);
}

export function badArgument(message: string, details?: LodeErrorDetails): LodeError {
  return new LodeError('LODE_E_ARG', message, details);
}
