/* One engine, seen from the outside: calls with ids, answers as promises. */
import {LodeError, abortReason, packError, unpackError} from '../errors.ts';
import type {Port, ToClient, ToEngine} from '../protocol.ts';
import type {LoadProgress} from '../types.ts';

export interface CallOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** What the engine may pull from. */
  readers?: (() => AsyncIterator<Uint8Array>)[] | undefined;
  transfer?: Transferable[];
}

interface Pending extends CallOptions {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  open: Map<number, AsyncIterator<Uint8Array>>;
  unlisten(): void;
}

export class Client {
  readonly #port: Port<ToEngine, ToClient>;
  readonly #pending = new Map<number, Pending>();
  #next = 1;
  #failure: LodeError | undefined;
  /** When the engine has ended. */
  closed: Promise<void> | undefined;
  /** Kept alive as long as the engine is. */
  keep: unknown;

  constructor(port: Port<ToEngine, ToClient>) {
    this.#port = port;
    port.onMessage((message) => this.#receive(message));
    port.onFailure((reason) => this.fail(new LodeError('LODE_E_ENGINE', reason)));
    port.hold(false);
  }

  /** Why no more calls are taken. */
  get failure(): LodeError | undefined {
    return this.#failure;
  }

  /**
   * An aborted call is answered at once where the engine can end it (loading); others end in the
   * engine when they end.
   */
  call<T>(op: string, args: unknown, options: CallOptions = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      const {signal} = options;
      if (signal?.aborted) return reject(abortReason(signal));
      const id = this.#next++;
      const abort = () => {
        this.#port.post({id, abort: true});
        this.#end(id)?.reject(abortReason(signal!));
      };
      signal?.addEventListener('abort', abort, {once: true});
      this.#pending.set(id, {
        ...options, resolve: resolve as (value: unknown) => void, reject, open: new Map(),
        unlisten: () => signal?.removeEventListener('abort', abort),
      });
      this.#port.hold(true);
      try {
        this.#port.post({id, op, args}, options.transfer);
      } catch (error) {
        this.#end(id)?.reject(error); // it cannot be cloned
      }
    });
  }

  #end(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    pending.unlisten();
    for (const iterator of pending.open.values()) {
      Promise.resolve(iterator.return?.()).catch(() => undefined);
    }
    if (this.#pending.size === 0) this.#port.hold(false);
    return pending;
  }

  #receive(message: ToClient): void {
    const {id} = message;
    if ('value' in message) this.#end(id)?.resolve(message.value);
    else if ('error' in message) this.#reject(id, unpackError(message.error));
    else if ('progress' in message) this.#pending.get(id)?.onProgress?.(message.progress);
    else void this.#feed(id, message.pull);
  }

  #reject(id: number, error: Error): void {
    this.#end(id)?.reject(error);
    if (error instanceof LodeError && error.code === 'LODE_E_ENGINE') this.fail(error);
  }

  async #feed(id: number, source: number): Promise<void> {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    try {
      let iterator = pending.open.get(source);
      if (iterator === undefined) {
        iterator = pending.readers![source]!();
        pending.open.set(source, iterator);
      }
      const {done, value} = await iterator.next();
      if (done) {
        pending.open.delete(source);
        this.#port.post({id, source});
      } else {
        this.#port.post({id, source, chunk: value});
      }
    } catch (error) {
      pending.open.delete(source);
      this.#port.post({id, source, error: asSourceError(error)});
    }
  }

  /** End everything that is under way, and take no more. */
  fail(error: LodeError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    for (const id of [...this.#pending.keys()]) this.#end(id)?.reject(error);
    this.closed = this.#port.close();
  }
}

/** What a source of the caller's threw. */
function asSourceError(error: unknown) {
  if (error instanceof LodeError) return packError(error);
  return packError(new LodeError('LODE_E_IO', `the source failed: ${String(error)}`));
}
