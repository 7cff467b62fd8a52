/* What the module does in steps, because nobody can wait for a GPU in it. */
import {LodeError} from '../errors.ts';
import type {Engine} from './engine.ts';
import {Scope, type Heap} from './heap.ts';

/** Calls `poll` until it has set the int32 at `done`; the GPU gets its turns. */
export async function finish(engine: Engine, scope: Scope,
  poll: (done: number) => number, signal?: AbortSignal): Promise<void> {
  const {heap} = scope;
  const done = scope.struct(4);
  for (;;) {
    scope.check(poll(done));
    if (heap.u32(done) !== 0) return;
    await engine.gpu?.idle();
    if (engine.heap !== heap) throw new LodeError('LODE_E_CANCELLED', 'the engine has ended');
    signal?.throwIfAborted();
  }
}

/** A lode_work, which `begin` puts where it is told, to its end; with `signal` it is given up. */
export async function doWork(engine: Engine, scope: Scope,
  begin: (work: number) => number, signal?: AbortSignal): Promise<void> {
  const {heap} = scope;
  const {exports} = heap;
  const out = scope.struct(4);
  scope.check(begin(out));
  const work = heap.u32(out);
  try {
    await finish(engine, scope,
      (done) => exports.lode_work_poll!(work, 0, done, scope.error), signal);
  } finally {
    // With the engine the model has gone, and must not be touched any more.
    if (engine.heap === heap) exports.lode_work_free!(work);
  }
}

/** Calls `work` with a scope that ends when its promise is settled. */
export async function scopedLong<T>(heap: Heap, work: (scope: Scope) => Promise<T>): Promise<T> {
  const scope = new Scope(heap);
  try {
    return await work(scope);
  } finally {
    scope.free();
  }
}
