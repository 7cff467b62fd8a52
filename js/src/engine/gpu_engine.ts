/* An engine whose model may compute on a GPU: loaded with the first such model. */
import {lode_candidate, lode_context_options, lode_model_info} from '../abi.ts';
import type {EmbedArgs, GpuEmbedResult} from '../protocol.ts';
import type {BackendInfo, Candidate} from '../types.ts';
import {putCall} from './embed.ts';
import {Transferred, type Engine} from './engine.ts';
import {openGpu} from './gpu.ts';
import {scoped, type Scope} from './heap.ts';
import {finish, scopedLong} from './steps.ts';

function readCandidates(scope: Scope, model: number): Candidate[] {
  const {heap} = scope;
  const p = scope.alloc(lode_candidate.sizeof);
  const string = (field: number) => heap.string(heap.u32(p + field));
  const list: Candidate[] = [];
  while (heap.exports.lode_model_get_candidate(model, BigInt(list.length), p) === 0) {
    list.push({
      dtype: string(lode_candidate.dtype) ?? '',
      backend: string(lode_candidate.backend) ?? '',
      passed: heap.u32(p + lode_candidate.passed) !== 0,
      chosen: heap.u32(p + lode_candidate.chosen) !== 0,
      leastCosine: heap.f64(p + lode_candidate.least_cosine),
      seconds: heap.f64(p + lode_candidate.seconds),
      oneSeconds: heap.f64(p + lode_candidate.one_seconds),
      reason: string(lode_candidate.reason),
    });
  }
  return list;
}

/** What the model computes on now. */
export function readBackend(engine: Engine): BackendInfo {
  return scoped(engine.open, (scope) => {
    const {heap} = scope;
    const p = scope.sized(lode_model_info.sizeof);
    scope.check(heap.exports.lode_model_get_info(engine.model, p));
    const string = (field: number) => heap.string(heap.u32(p + field));
    const candidates = readCandidates(scope, engine.model);
    return {
      backend: string(lode_model_info.backend) ?? '',
      dtype: string(lode_model_info.dtype) ?? '',
      device: string(lode_model_info.device),
      dispatches: heap.i64(p + lode_model_info.dispatches),
      weightBytes: heap.i64(p + lode_model_info.weight_bytes),
      reason: candidates.find(({backend}) => backend === 'webgpu')?.reason,
      candidates,
    };
  });
}

/** Before the model is opened: a device, or the reason why there is none. */
export async function findGpu(engine: Engine): Promise<void> {
  const gpu = await openGpu(engine);
  engine.gpu = gpu;
  engine.imports = {...engine.imports, ...gpu.imports};
  engine.cleanups.push(() => gpu.close());
}

/** A model that is open on the CPU goes to what `backend` asks for. */
export async function moveToGpu(engine: Engine, backend: string): Promise<BackendInfo> {
  const heap = engine.open;
  const {exports} = heap;
  // Its threads measure the CPU; and under "webgpu" there may be none.
  exports.lode_context_free(engine.context);
  engine.context = 0;
  await scopedLong(heap, async (scope) => {
    await engine.gpu!.move(scope, backend);
    const options = scope.sized(lode_context_options.sizeof,
      {[lode_context_options.threads]: engine.threads.length + 1});
    engine.context = scope.result((out, error) =>
      exports.lode_context_new(engine.model, options, out, error));
  });
  return readBackend(engine);
}

/** "embed" in steps. */
export function embedOnGpu(engine: Engine, args: EmbedArgs): Promise<Transferred> {
  const heap = engine.open;
  return scopedLong(heap, async (scope) => {
    const [begin, result] = putCall(scope, engine, args);
    scope.check(begin(heap.exports.lode_embed_begin));
    await finish(engine, scope,
      (done) => heap.exports.lode_embed_poll(engine.context, 0, done, scope.error));
    const {value, transfer} = result();
    const all: GpuEmbedResult = {...value, backend: readBackend(engine)};
    return new Transferred(all, transfer);
  });
}
