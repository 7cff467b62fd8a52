/* Texts to vectors. */
import {
  lode_embed_options, lode_long_policy, lode_normalize, lode_text_report,
  lode_utf8_policy,
} from '../abi.ts';
import type {EmbedArgs, EmbedResult} from '../protocol.ts';
import {Transferred, type Engine, type Handlers} from './engine.ts';
import {scoped, type Scope} from './heap.ts';
import type {Exports} from './instance.ts';
import {putTexts} from './texts.ts';

const LONG: Record<string, number> = {
  chunk: lode_long_policy.LODE_LONG_CHUNK,
  error: lode_long_policy.LODE_LONG_ERROR,
};

/** lode_utf8_policy */
export function utf8Policy(utf8: string | undefined): number {
  return utf8 === 'replace' ? lode_utf8_policy.LODE_UTF8_REPLACE : lode_utf8_policy.LODE_UTF8_ERROR;
}

/** lode_embed_options, without reports. */
export function putOptions(scope: Scope, args: EmbedArgs): number {
  const {prompt, normalize, longText = '', utf8} = args;
  const named = typeof prompt === 'string';
  return scope.sized(lode_embed_options.sizeof, {
    [lode_embed_options.prompt_name]: scope.string(named ? prompt : undefined),
    [lode_embed_options.prompt]:
      named || prompt === undefined ? 0 : putTexts(scope, [prompt.text], utf8).array,
    [lode_embed_options.dims]: args.dims,
    [lode_embed_options.normalize]: normalize === undefined ? lode_normalize.LODE_NORMALIZE_MODEL
      : normalize ? lode_normalize.LODE_NORMALIZE_ON : lode_normalize.LODE_NORMALIZE_OFF,
    [lode_embed_options.long_text]: LONG[longText] ?? lode_long_policy.LODE_LONG_TRUNCATE,
    [lode_embed_options.utf8]: utf8Policy(utf8),
  });
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

/** A call's arguments in memory: how it begins, and what came of it. */
export function putCall(scope: Scope, engine: Engine, args: EmbedArgs): [
  begin: (call: Exports['lode_embed']) => number, result: () => Transferred<EmbedResult>] {
  const {heap} = scope;
  const began = performance.now();
  const n = args.texts.length;
  const {array, replaced} = putTexts(scope, args.texts, args.utf8);
  const options = putOptions(scope, args);
  const reports = scope.alloc(lode_text_report.sizeof * n);
  heap.setU32(options + lode_embed_options.reports, reports);
  const length = n * (args.dims === 0 ? engine.dim : args.dims);
  const out = scope.alloc(4 * length);
  return [
    (call) => call(engine.context, array, n, options, out, length, scope.error),
    () => {
      const value: EmbedResult = {
        vectors: heap.floats(out, length),
        reports: readReports(scope, reports, n, replaced),
        ms: performance.now() - began,
      };
      return new Transferred(value, [value.vectors.buffer, value.reports.buffer]);
    },
  ];
}

function embed(engine: Engine, args: EmbedArgs): Transferred {
  const heap = engine.open;
  return scoped(heap, (scope) => {
    const [begin, result] = putCall(scope, engine, args);
    scope.check(begin(heap.exports.lode_embed));
    return result();
  });
}

export const embedHandlers: Handlers = {embed};
