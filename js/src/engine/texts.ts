/* JavaScript's texts in the module's memory. */
import {lode_text} from '../abi.ts';
import {LodeError} from '../errors.ts';
import type {Scope} from './heap.ts';

/** Surrogates without their other half: what is no text. */
const LONE = /\p{Surrogate}/gu;

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Throws LODE_E_UTF8 with item and byte for lone surrogates, or counts them under "replace". */
function checkString(text: string, item: number, replace: boolean): number {
  const first = text.search(LONE);
  if (first < 0) return 0;
  if (replace) return text.match(LONE)!.length; // the encoder makes them U+FFFD
  const pos = utf8Length(text.slice(0, first));
  throw new LodeError('LODE_E_UTF8', `text ${item}, byte ${pos}: a lone surrogate`, {item, pos});
}

export interface PutTexts {
  /** lode_text [n] */
  array: number;
  /** Lone surrogates that were replaced, by text; undefined: none. */
  replaced: Map<number, number> | undefined;
}

export function putTexts(scope: Scope, texts: readonly (string | Uint8Array)[],
  utf8: string | undefined): PutTexts {
  const {heap} = scope;
  let replaced: Map<number, number> | undefined;
  const encoder = new TextEncoder();
  const encoded = texts.map((text, item) => {
    if (typeof text !== 'string') return text;
    const count = checkString(text, item, utf8 === 'replace');
    if (count > 0) (replaced ??= new Map()).set(item, count);
    return encoder.encode(text);
  });
  const array = scope.alloc(lode_text.sizeof * texts.length);
  let at = scope.alloc(encoded.reduce((sum, {length}) => sum + length, 0));
  encoded.forEach((text, i) => {
    heap.bytes.set(text, at);
    heap.setU32(array + lode_text.sizeof * i + lode_text.data, at);
    heap.setU32(array + lode_text.sizeof * i + lode_text.size, text.length);
    at += text.length;
  });
  return {array, replaced};
}
