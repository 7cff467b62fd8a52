/* A model, from its files' bytes on. */
import {
  lode_candidate, lode_context_options, lode_model_info, lode_text,
} from '../abi.ts';
import {LodeError} from '../errors.ts';
import {loadModel, originOf, type Loaded} from '../load/model.ts';
import type {OpenArgs, OpenResult} from '../protocol.ts';
import type {Candidate, ModelInfo} from '../types.ts';
import type {Call, Engine, Handlers} from './engine.ts';
import {scoped, type Heap, type Scope} from './heap.ts';
import {makeInstance, startThreads, type Thread} from './instance.ts';

const NO_LIMIT = 2 ** 31 - 1;

function openContext(scope: Scope, engine: Engine, threads: number): number {
  const options = scope.sized(
    lode_context_options.sizeof, {[lode_context_options.threads]: threads});
  return scope.result((out, error) =>
    scope.heap.exports.lode_context_new(engine.model, options, out, error));
}

function readPrompts(scope: Scope, model: number, count: number): Record<string, string> {
  const {heap} = scope;
  const name = scope.alloc(4);
  const text = scope.alloc(lode_text.sizeof);
  const prompts: [string, string][] = [];
  for (let i = 0; i < count; i++) {
    scope.check(heap.exports.lode_model_prompt(model, BigInt(i), name, text));
    const at = heap.u32(text + lode_text.data);
    const size = heap.u32(text + lode_text.size);
    prompts.push([heap.string(heap.u32(name)) ?? '', heap.text(at, size)]);
  }
  return Object.fromEntries(prompts);
}

function readCandidates(scope: Scope, model: number): Candidate[] {
  const {heap} = scope;
  const p = scope.alloc(lode_candidate.sizeof);
  const list: Candidate[] = [];
  while (heap.exports.lode_model_get_candidate(model, BigInt(list.length), p) === 0) {
    list.push({
      dtype: heap.string(heap.u32(p + lode_candidate.dtype)) ?? '',
      passed: heap.u32(p + lode_candidate.passed) !== 0,
      chosen: heap.u32(p + lode_candidate.chosen) !== 0,
      leastCosine: heap.f64(p + lode_candidate.least_cosine),
      seconds: heap.f64(p + lode_candidate.seconds),
    });
  }
  return list;
}

function readInfo(scope: Scope, model: number): Omit<
  ModelInfo, 'wasm' | 'threads' | 'loaded'> {
  const {heap} = scope;
  const p = scope.sized(lode_model_info.sizeof);
  scope.check(heap.exports.lode_model_get_info(model, p));
  const text = (offset: number) => heap.string(heap.u32(p + offset)) ?? '';
  const number = (offset: number) => heap.i64(p + offset);
  const maxTokens = number(lode_model_info.max_tokens);
  return {
    architecture: text(lode_model_info.architecture),
    dtype: text(lode_model_info.dtype),
    isa: text(lode_model_info.isa),
    backend: text(lode_model_info.backend),
    pooling: text(lode_model_info.pooling),
    dim: number(lode_model_info.dim),
    fullDim: number(lode_model_info.full_dim),
    tokenDim: number(lode_model_info.token_dim),
    maxTokens: maxTokens === NO_LIMIT ? Infinity : maxTokens,
    vocabSize: number(lode_model_info.vocab_size),
    layers: number(lode_model_info.layers),
    heads: number(lode_model_info.heads),
    parameters: number(lode_model_info.parameters),
    weightBytes: number(lode_model_info.weight_bytes),
    prompts: readPrompts(scope, model, number(lode_model_info.prompt_count)),
    defaultPrompt: heap.string(heap.u32(p + lode_model_info.default_prompt)),
    normalized: heap.u32(p + lode_model_info.normalized) !== 0,
    candidates: readCandidates(scope, model),
  };
}

/** Which of a relaxed module's products of integers is faster here; it takes some milliseconds. */
function bestIsa(heap: Heap, wasm: string): string | undefined {
  if (!wasm.includes('relaxed')) return undefined;
  const isa = heap.string(heap.exports.lode_wasm_probe());
  if (isa === undefined) {
    throw new LodeError('LODE_E_UNSUPPORTED',
      'relaxed SIMD is not exact in this engine; use isa: "simd128"');
  }
  return isa;
}

/** Load and open; what was loaded is kept in the cache once it has turned out to be a model. */
async function prepare(engine: Engine, args: OpenArgs, call: Call): Promise<OpenResult> {
  const heap = await makeInstance(args.module, args.shared, args.maxMemory, engine.imports);
  engine.heap = heap;
  const started = args.shared && args.threads > 1
    ? startThreads(args.module, heap, args.threads - 1, engine.platform.spawnThread) : [];
  const {platform} = engine;
  const cache = args.cache && platform.openCache(args.cache).catch(() => undefined);
  // Meanwhile:
  const isa = args.isa ?? bestIsa(heap, args.wasm);
  const [threads, loaded] = await both<Thread[], Loaded>(
    started, loadModel(engine, {...args, isa}, cache, call));
  engine.threads = threads;
  try {
    engine.files = loaded.files;
    const info = scoped(heap, (scope) => {
      engine.model = loaded.open();
      engine.context = openContext(scope, engine, threads.length + 1);
      return readInfo(scope, engine.model);
    });
    engine.dim = info.dim;
    engine.tokenDim = info.tokenDim;
    call.signal.throwIfAborted();
    const cacheError = await loaded.keep();
    return {
      info: {
        ...info, wasm: args.wasm, threads: threads.length + 1,
        loaded: {bytes: loaded.bytes, cachedBytes: loaded.cachedBytes, cacheError},
      },
      memory: heap.memory.buffer.byteLength,
      files: engine.files.map(({name, size}) => ({name, size})),
    };
  } catch (error) {
    await loaded.refuse(error);
    throw explain(error, args, loaded);
  }
}

/** Says which model it was, and what came in the place of a file that is missing. */
function explain(error: unknown, args: OpenArgs, {pages}: Loaded): unknown {
  if (!(error instanceof LodeError)) return error;
  const {label} = originOf(args);
  const note = error.code === 'LODE_E_NOT_FOUND' && pages.length > 0
    ? ` (the server answered with an HTML page for ${pages.join(', ')})` : '';
  return new LodeError(error.code, (label && `${label}: `) + error.message + note, error);
}

/** Both, or the failure of one after the other has ended too. */
async function both<A, B>(a: A | Promise<A>, b: B | Promise<B>): Promise<[A, B]> {
  const [first, second] = await Promise.allSettled([a, b]);
  if (first.status === 'rejected') throw first.reason;
  if (second.status === 'rejected') throw second.reason;
  return [first.value, second.value];
}

async function open(engine: Engine, args: OpenArgs, call: Call): Promise<OpenResult> {
  if (engine.heap !== undefined) throw new LodeError('LODE_E_ARG', 'the engine has a model');
  try {
    return await prepare(engine, args, call);
  } catch (error) {
    engine.close();
    throw error;
  }
}

function memory(engine: Engine): number {
  return engine.open.memory.buffer.byteLength;
}

function close(engine: Engine): void {
  engine.close();
}

export const modelHandlers: Handlers = {open, memory, close};
