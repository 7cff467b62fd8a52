/* Texts as users give them. */
import {badArgument} from './errors.ts';
import type {Text, TextReport} from './types.ts';

/** One of embedStream's results. */
export interface StreamedEmbedding {
  /** The text's number in the stream. */
  index: number;
  vector: Float32Array;
  report: TextReport;
}

export function isText(value: unknown): value is Text {
  return typeof value === 'string' || value instanceof Uint8Array;
}

export function checkText(text: unknown, item: number): void {
  if (!isText(text)) throw badArgument(`texts: text ${item} is no string`, {item});
}
