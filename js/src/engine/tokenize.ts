/* A text's tokens. */
import {lode_text, lode_tokenize_options, lode_tokens} from '../abi.ts';
import type {TokenizeArgs} from '../protocol.ts';
import type {Tokens} from '../types.ts';
import type {Engine} from './engine.ts';
import {utf8Policy} from './embed.ts';
import {scoped, type Heap} from './heap.ts';
import {putTexts} from './texts.ts';

/** uint64_t [n] */
function readU64s(heap: Heap, p: number, n: number): Uint32Array {
  return Uint32Array.from({length: n}, (_, i) => heap.u32(p + 8 * i));
}

/**
 * For places in code points, in ascending or any order: the same in UTF-16 units. The identity for
 * texts without characters beyond U+FFFF.
 */
function toUnits(text: string, places: Uint32Array): Uint32Array {
  if (!/[\u{10000}-\u{10ffff}]/u.test(text)) return places;
  const unitOf = [0];
  let at = 0;
  for (const character of text) unitOf.push((at += character.length));
  return places.map((place) => unitOf[place] ?? at);
}

function asString(text: string | Uint8Array): string {
  return typeof text === 'string' ? text : new TextDecoder().decode(text);
}

function readTokens(heap: Heap, p: number, args: TokenizeArgs): Tokens {
  const n = heap.u32(p + lode_tokens.count);
  const field = (offset: number) => heap.u32(p + offset);
  const ids = new Int32Array(heap.copy(field(lode_tokens.ids), 4 * n).buffer);
  const typeIds = Uint8Array.from(
    new Int32Array(heap.copy(field(lode_tokens.type_ids), 4 * n).buffer));
  const special = heap.copy(field(lode_tokens.special), n);
  const pieces = Array.from({length: n},
    (_, i) => heap.string(heap.u32(field(lode_tokens.pieces) + 4 * i)) ?? '');
  const place = (offset: number) => {
    const points = readU64s(heap, field(offset), n);
    const first = toUnits(asString(args.text), points);
    if (args.pair === undefined) return first;
    const second = toUnits(asString(args.pair), points);
    return first.map((unit, i) => (typeIds[i] === 0 ? unit : second[i]!));
  };
  return {
    ids, typeIds, special, pieces,
    start: place(lode_tokens.char_start),
    end: place(lode_tokens.char_end),
    leftOut: Number(heap.view.getBigUint64(p + lode_tokens.left_out, true)),
  };
}

export function tokenize(engine: Engine, args: TokenizeArgs): Tokens {
  const heap = engine.open;
  return scoped(heap, (scope) => {
    const texts = args.pair === undefined ? [args.text] : [args.text, args.pair];
    const {array} = putTexts(scope, texts, args.utf8);
    const options = scope.sized(lode_tokenize_options.sizeof, {
      [lode_tokenize_options.no_special]: Number(!args.special),
      [lode_tokenize_options.no_truncation]: Number(!args.truncate),
      [lode_tokenize_options.max_tokens]: args.maxTokens,
      [lode_tokenize_options.utf8]: utf8Policy(args.utf8),
    });
    const out = scope.struct(lode_tokens.sizeof);
    const pair = args.pair === undefined ? 0 : array + lode_text.sizeof;
    scope.check(heap.exports.lode_tokenize(
      engine.model, array, pair, options, out, scope.error));
    try {
      return readTokens(heap, out, args);
    } finally {
      heap.exports.lode_tokens_free(out);
    }
  });
}
