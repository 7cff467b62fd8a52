/* Texts to vectors. */
import {
  lode_embed_options, lode_long_policy, lode_normalize, lode_text_report,
  lode_utf8_policy,
} from '../abi.ts';
import type {EmbedArgs, EmbedResult, EmbedTokensResult} from '../protocol.ts';
import {Transferred, type Engine, type Handlers} from './engine.ts';
import {scoped, type Scope} from './heap.ts';
import {putTexts} from './texts.ts';

const E_SPACE = 8;

const LONG: Record<string, number> = {
  chunk: lode_long_policy.LODE_LONG_CHUNK,
  error: lode_long_policy.LODE_LONG_ERROR,
};

/** lode_utf8_policy */
export function utf8Policy(utf8: string | undefined): number {
  return utf8 === 'replace' ? lode_utf8_policy.LODE_UTF8_REPLACE : lode_utf8_policy.LODE_UTF8_ERROR;
}

/** lode_embed_options, without reports. */
function putOptions(scope: Scope, args: EmbedArgs): number {
  const {heap} = scope;
  const p = scope.struct(lode_embed_options.sizeof);
  heap.setU32(p + lode_embed_options.struct_size, lode_embed_options.sizeof);
  if (typeof args.prompt === 'string') {
    heap.setU32(p + lode_embed_options.prompt_name, scope.string(args.prompt));
  } else if (args.prompt !== undefined) {
    const {array} = putTexts(scope, [args.prompt.text], args.utf8);
    heap.setU32(p + lode_embed_options.prompt, array);
  }
  heap.setU32(p + lode_embed_options.dims, args.dims);
  const normalize = args.normalize === undefined ? lode_normalize.LODE_NORMALIZE_MODEL
    : args.normalize ? lode_normalize.LODE_NORMALIZE_ON : lode_normalize.LODE_NORMALIZE_OFF;
  heap.setU32(p + lode_embed_options.normalize, normalize);
  heap.setU32(p + lode_embed_options.long_text,
    LONG[args.longText ?? ''] ?? lode_long_policy.LODE_LONG_TRUNCATE);
  heap.setU32(p + lode_embed_options.utf8, utf8Policy(args.utf8));
  return p;
}

/** [n, 4]: see EmbedResult. */
function readReports(scope: Scope, p: number, n: number,
  replaced: Map<number, number> | undefined): Int32Array<ArrayBuffer> {
  const {view} = scope.heap;
  const out = new Int32Array(4 * n);
  for (let i = 0; i < n; i++) {
    const at = p + lode_text_report.sizeof * i;
    out[4 * i] = Number(view.getBigInt64(at + lode_text_report.tokens, true));
    out[4 * i + 1] = Number(view.getBigInt64(at + lode_text_report.left_out, true));
    out[4 * i + 2] = view.getInt32(at + lode_text_report.windows, true);
    out[4 * i + 3] =
      view.getInt32(at + lode_text_report.replaced, true) + (replaced?.get(i) ?? 0);
  }
  return out;
}

function embed(engine: Engine, args: EmbedArgs): Transferred {
  const heap = engine.open;
  const began = performance.now();
  return scoped(heap, (scope) => {
    const n = args.texts.length;
    const {array, replaced} = putTexts(scope, args.texts, args.utf8);
    const options = putOptions(scope, args);
    const reports = scope.alloc(lode_text_report.sizeof * n);
    heap.setU32(options + lode_embed_options.reports, reports);
    const dim = args.dims === 0 ? engine.dim : args.dims;
    const length = n * dim;
    const out = scope.alloc(4 * length);
    scope.check(heap.exports.lode_embed(
      engine.context, array, n, options, out, length, scope.error));
    const result: EmbedResult = {
      vectors: heap.floats(out, length),
      reports: readReports(scope, reports, n, replaced),
      ms: performance.now() - began,
    };
    return new Transferred(result, [result.vectors.buffer, result.reports.buffer]);
  });
}

/** Rows of all tokens; the first call only says how many there are. */
function embedTokens(engine: Engine, args: EmbedArgs): Transferred {
  const heap = engine.open;
  return scoped(heap, (scope) => {
    const n = args.texts.length;
    const {array} = putTexts(scope, args.texts, args.utf8);
    const options = putOptions(scope, args);
    const rowStart = scope.alloc(4 * (n + 1));
    const call = (out: number, length: number) => heap.exports.lode_embed_tokens(
      engine.context, array, n, options, out, length, rowStart, scope.error);
    const status = call(scope.alloc(4), 0);
    if (status !== E_SPACE) scope.check(status);
    const length = heap.u32(rowStart + 4 * n) * engine.tokenDim;
    const out = scope.alloc(4 * length);
    scope.check(call(out, length));
    const result: EmbedTokensResult = {
      vectors: heap.floats(out, length),
      rowStart: new Uint32Array(heap.copy(rowStart, 4 * (n + 1)).buffer),
    };
    return new Transferred(result, [result.vectors.buffer, result.rowStart.buffer]);
  });
}

export const embedHandlers: Handlers = {embed, embedTokens};
