/* One engine, seen from the outside: calls with ids, answers as promises. */
import {LodeError, packError, unpackError} from '../errors.ts';
import type {Port, Pulled, PullName, ToClient, ToEngine} from '../protocol.ts';
import type {LoadProgress} from '../types.ts';

/** What a call calls so, from its beginning. */
export type Reader = (source: PullName) => AsyncIterator<Pulled>;

export interface CallOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** What the engine may pull from. */
  reader?: Reader | undefined;
  transfer?: Transferable[];
}

interface Pending extends CallOptions {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  open: Map<PullName, AsyncIterator<Pulled>>;
  unlisten(): void;
}

export interface Client {
  /** Why no more calls are taken. */
  readonly failure: LodeError | undefined;
  /** When the engine has ended. */
  readonly closed: Promise<void> | undefined;
  /** Kept alive as long as the engine is. */
  keep: unknown;
  /**
   * An aborted call is answered at once where the engine can end it (loading); others end in the
   * engine when they end.
   */
  call<T>(op: string, args?: unknown, options?: CallOptions): Promise<T>;
  /** End everything that is under way, and take no more. */
  fail(error: LodeError): void;
}

export function makeClient(port: Port<ToEngine, ToClient>): Client {
  const calls = new Map<number, Pending>();
  let last = 0;
  let failure: LodeError | undefined;
  let closed: Promise<void> | undefined;

  function end(id: number): Pending | undefined {
    const pending = calls.get(id);
    if (pending === undefined) return undefined;
    calls.delete(id);
    pending.unlisten();
    for (const iterator of pending.open.values()) {
      Promise.resolve(iterator.return?.()).catch(() => undefined);
    }
    if (calls.size === 0) port.hold(false);
    return pending;
  }

  async function feed(id: number, source: PullName): Promise<void> {
    const pending = calls.get(id);
    if (pending === undefined) return;
    const {open, reader} = pending;
    try {
      let iterator = open.get(source);
      if (iterator === undefined) open.set(source, (iterator = reader!(source)));
      const {done, value} = await iterator.next();
      if (done) open.delete(source);
      port.post({id, source, chunk: done ? undefined : value});
    } catch (error) {
      open.delete(source);
      port.post({id, source, error: asSourceError(error)});
    }
  }

  function fail(error: LodeError): void {
    if (failure !== undefined) return;
    failure = error;
    for (const id of [...calls.keys()]) end(id)?.reject(error);
    closed = port.close();
  }

  port.onMessage((message) => {
    const {id} = message;
    if ('value' in message) end(id)?.resolve(message.value);
    else if ('error' in message) {
      const error = unpackError(message.error);
      end(id)?.reject(error);
      if (error.code === 'LODE_E_ENGINE') fail(error);
    } else if ('progress' in message) calls.get(id)?.onProgress?.(message.progress);
    else void feed(id, message.pull);
  });
  const client: Client = {
    get failure() {
      return failure;
    },
    get closed() {
      return closed;
    },
    keep: undefined,
    call: <T>(op: string, args?: unknown, options: CallOptions = {}) =>
      new Promise<T>((resolve, reject) => {
        if (failure !== undefined) return reject(failure);
        const {signal} = options;
        if (signal?.aborted) return reject(signal.reason);
        const id = ++last;
        const abort = () => {
          port.post({id, abort: true});
          end(id)?.reject(signal?.reason);
        };
        signal?.addEventListener('abort', abort, {once: true});
        calls.set(id, {
          ...options, resolve: resolve as (value: unknown) => void, reject, open: new Map(),
          unlisten: () => signal?.removeEventListener('abort', abort),
        });
        port.hold(true);
        try {
          port.post({id, op, args}, options.transfer);
        } catch (error) {
          end(id)?.reject(error); // it cannot be cloned
        }
      }),
    fail,
  };
  // So the port knows the client, and what that keeps.
  port.onFailure((reason) => client.fail(new LodeError('LODE_E_ENGINE', reason)));
  port.hold(false);
  return client;
}

/** What a source of the caller's threw. */
function asSourceError(error: unknown) {
  if (error instanceof LodeError) return packError(error);
  return packError(new LodeError('LODE_E_IO', `the source failed: ${String(error)}`));
}
