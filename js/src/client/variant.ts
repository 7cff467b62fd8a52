/* Which module, and how many threads. */
import type {Platform} from '../platform/platform.ts';
import type {EmbedderOptions, WasmName} from '../types.ts';

export type Level = 'simd128' | 'relaxed';

/** More do not pay for the models and texts that this is made for. */
const MOST_THREADS = 4;

/** (func (result v128) v128.const 0 v128.const 0 v128.const 0 f32x4.relaxed_madd) */
const RELAXED = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 61, 1, 59, 0,
  ...[0, 1, 2].flatMap(() => [253, 12, ...new Array<number>(16).fill(0)]), 253, 133, 2, 11,
]);

/**
 * The modules that this runtime can compile, and `isa` allows. (Node 20 computes relaxed dot products
 * wrongly behind a flag; it does not compile them without.)
 */
export function chooseLevel(isa: EmbedderOptions['isa']): Level {
  return isa !== 'simd128' && WebAssembly.validate(RELAXED) ? 'relaxed' : 'simd128';
}

export function moduleName(level: Level, threads: boolean,
  what: 'embed' | 'embed-gpu' | 'index' | 'index-gpu' = 'embed'): WasmName {
  return `lode-${what}-${level}${threads ? '-threads' : ''}`;
}

/** Threads on one memory, and engines with a memory of their own. */
export function threadsWanted(platform: Platform, {threads}: EmbedderOptions,
  inline: boolean): {n: number; engines: number; shared: boolean} {
  const machine = Math.min(platform.threads(), MOST_THREADS);
  if (platform.shared() && (!inline || platform.mayBlock)) {
    const n = threads ?? machine;
    return {n, engines: 1, shared: n > 1};
  }
  return {n: 1, engines: threads ?? 1, shared: false};
}
