import type {PlainError} from './types.ts';

/** An error that has been to another thread. */
export class AppError extends Error {
  readonly code: string | undefined;

  constructor(message: string, code?: string) {
    super(message);
    this.name = 'AppError';
    this.code = code;
  }
}

export function packError(error: unknown): PlainError {
  if (error instanceof Error) {
    return {name: error.name, message: error.message, code: (error as {code?: string}).code?.toString()};
  }
  if (error instanceof DOMException) return {name: error.name, message: error.message};
  return {name: 'Error', message: String(error)};
}

export function unpackError({name, message, code}: PlainError): AppError {
  return new AppError(message, code ?? name);
}

export function messageOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.message : String(error);
}

export function isFull(error: unknown): boolean {
  return (error as {name?: string})?.name === 'QuotaExceededError' ||
    /storage is full|quota/i.test(messageOf(error));
}

/** The engine had not enough memory for what it was given, or has ended over it. */
export function isTooMuch(error: unknown): boolean {
  const {code} = error as {code?: string};
  return code === 'LODE_E_NOMEM' || code === 'LODE_E_ENGINE';
}
