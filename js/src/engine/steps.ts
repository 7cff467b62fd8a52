/* What the module does in steps, because nobody can wait for a GPU in it. */
import {LodeError} from '../errors.ts';
import type {Engine} from './engine.ts';
import {Scope, type Heap} from './heap.ts';

/** Calls `poll` until it has set the int32 at `done`; the GPU gets its turns. */
export async function finish(engine: Engine, scope: Scope,
  poll: (done: number) => number): Promise<void> {
  const {heap} = scope;
  const done = scope.struct(4);
  for (;;) {
    scope.check(poll(done));
    if (heap.u32(done) !== 0) return;
    await engine.gpu?.idle();
    if (engine.heap !== heap) throw new LodeError('LODE_E_CANCELLED', 'the engine has ended');
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
