/* Documents as they are shown, and as points. */
import type {IndexEntry, TextRange} from 'lode';
import type {DocumentContent, ReadDocument, VectorPage} from './types.ts';

/** More than this of a document is not laid out at once: the page would stand still. */
const SHOWN = 240_000;

/** All of it, or what is around the passage, from one line's end to another's. */
function cut(text: string, {start, end}: TextRange): Pick<ReadDocument, 'text' | 'passage' | 'whole'> {
  const passage = text.slice(start, end);
  if (text.length <= SHOWN) return {text, passage, whole: undefined};
  const first = Math.max(0, start - SHOWN / 2);
  const from = first === 0 ? 0 : text.indexOf('\n', first) + 1;
  const last = text.lastIndexOf('\n', from + SHOWN);
  return {text: text.slice(from, last <= start ? from + SHOWN : last), passage, whole: text.length};
}

/** at: bytes of the document. */
export function storedDocument({content, format}: DocumentContent, at: TextRange): ReadDocument {
  const decoder = new TextDecoder();
  const start = decoder.decode(content.subarray(0, at.start)).length;
  const passage = decoder.decode(content.subarray(at.start, at.end));
  return {...cut(decoder.decode(content), {start, end: start + passage.length}), format, headings: []};
}

/** at: bytes of the file that the document was read from. */
export function readDocument({text = '', format, title, passages = []}: IndexEntry, at: TextRange): ReadDocument {
  const passage = passages.find(({source}) => source.start === at.start && source.end === at.end);
  const markup = format === 'markdown' || format === 'html' || format === 'rst';
  return {
    ...cut(text, passage?.range ?? {start: 0, end: 0}), format: markup ? 'extracted' : format,
    headings: [...new Set([title, ...passages.flatMap(({heading}) => heading.split(' > '))])].filter(Boolean),
  };
}

/** Of unit length, unless a document has no passages. */
export function meanVectors(entries: IndexEntry[]): Pick<VectorPage, 'vectors' | 'dim'> {
  const dim = entries.flatMap(({passages = []}) => passages).find(({vector}) => vector)?.vector?.length ?? 0;
  const vectors = new Float32Array(entries.length * dim);
  entries.forEach(({passages = []}, row) => {
    const sum = vectors.subarray(row * dim, (row + 1) * dim);
    for (const {vector} of passages) vector?.forEach((value, i) => (sum[i]! += value));
    const length = Math.hypot(...sum);
    if (length > 0) sum.forEach((value, i) => (sum[i] = value / length));
  });
  return {vectors, dim};
}
