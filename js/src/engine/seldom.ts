/* What few embedders are asked for: loaded with the first of these operations. */
import {lode_self_test_result, lode_status} from '../abi.ts';
import {LodeError} from '../errors.ts';
import type {EmbedArgs, EmbedTokensResult, ReadArgs} from '../protocol.ts';
import type {SelfTest} from '../types.ts';
import {putOptions} from './embed.ts';
import {Transferred, type Engine, type Handlers} from './engine.ts';
import {finish, scopedLong} from './steps.ts';
import {putTexts} from './texts.ts';
import {tokenize} from './tokenize.ts';

/** Rows of all tokens; the first call only says how many there are. */
function embedTokens(engine: Engine, args: EmbedArgs): Promise<Transferred> {
  const heap = engine.open;
  return scopedLong(heap, async (scope) => {
    const n = args.texts.length;
    const {array} = putTexts(scope, args.texts, args.utf8);
    const options = putOptions(scope, args);
    const rowStart = scope.alloc(4 * (n + 1));
    const call = (out: number, length: number) => heap.exports.lode_embed_tokens_begin(
      engine.context, array, n, options, out, length, rowStart, scope.error);
    const status = call(scope.alloc(4), 0);
    if (status !== lode_status.LODE_E_SPACE) scope.check(status);
    const end = () => finish(engine, scope,
      (done) => heap.exports.lode_embed_poll(engine.context, 0, done, scope.error));
    if (status === 0) await end(); // no text, no row
    const length = heap.u32(rowStart + 4 * n) * engine.tokenDim;
    const out = scope.alloc(4 * length);
    scope.check(call(out, length));
    await end();
    const result: EmbedTokensResult = {
      vectors: heap.floats(out, length),
      rowStart: new Uint32Array(heap.copy(rowStart, 4 * (n + 1)).buffer),
    };
    return new Transferred(result, [result.vectors.buffer, result.rowStart.buffer]);
  });
}

/** The model's self-test. */
function verify(engine: Engine): Promise<SelfTest> {
  const heap = engine.open;
  return scopedLong(heap, async (scope) => {
    const p = scope.sized(lode_self_test_result.sizeof);
    if (engine.gpu !== undefined) await engine.gpu.verify(scope, p);
    else scope.check(heap.exports.lode_model_verify(engine.model, p, scope.error));
    return {
      texts: heap.i64(p + lode_self_test_result.texts),
      leastCosine: heap.f64(p + lode_self_test_result.least_cosine),
      meanCosine: heap.f64(p + lode_self_test_result.mean_cosine),
      seconds: heap.f64(p + lode_self_test_result.seconds),
    };
  });
}

/** A piece of a file, for another engine. */
function read(engine: Engine, {file, offset, length}: ReadArgs): Transferred {
  const heap = engine.open;
  const {at, size} = engine.files[file]!;
  const bytes = heap.copy(at + offset, Math.min(length, size - offset));
  return new Transferred(bytes, [bytes.buffer]);
}

/** The code for GPUs; service workers have no import(). */
async function gpuEngine() {
  try {
    return await import('./gpu_engine.ts');
  } catch (cause) {
    throw new LodeError('LODE_E_UNSUPPORTED',
      `backend webgpu: its code could not be loaded: ${String(cause)}`, {cause});
  }
}

async function findGpu(engine: Engine) {
  return (await gpuEngine()).findGpu(engine);
}

async function moveToGpu(engine: Engine, backend: string) {
  return (await gpuEngine()).moveToGpu(engine, backend);
}

async function embedOnGpu(engine: Engine, args: EmbedArgs) {
  return (await gpuEngine()).embedOnGpu(engine, args);
}

export const seldomHandlers: Handlers = {
  'seldom.tokenize': tokenize,
  'seldom.embedTokens': embedTokens,
  'seldom.verify': verify,
  'seldom.read': read,
  'seldom.findGpu': findGpu,
  'seldom.moveToGpu': moveToGpu,
  'seldom.embedOnGpu': embedOnGpu,
};
