/* lode_results as JavaScript has them. */
import {lode_index_mode, lode_range, lode_result, lode_results} from '../abi.ts';
import type {SearchResult, SearchResults, TextRange} from '../collection/types.ts';
import type {Heap} from './heap.ts';
import {toUnits} from './ranges.ts';

const MODES = {
  [lode_index_mode.LODE_INDEX_HYBRID]: 'hybrid',
  [lode_index_mode.LODE_INDEX_KEYWORD]: 'keyword',
  [lode_index_mode.LODE_INDEX_SEMANTIC]: 'semantic',
} as const;

/** Ranges in a string: lode_range [n] at `p`, and those `before`, as pairs of bytes. */
function readRanges(heap: Heap, utf8: Uint8Array, p: number, n: number,
  before: readonly number[] = []): TextRange[] {
  const offsets = [...before];
  for (let at = p; at < p + lode_range.sizeof * n; at += lode_range.sizeof) {
    offsets.push(heap.u32(at + lode_range.begin), heap.u32(at + lode_range.end));
  }
  const units = toUnits(utf8, offsets);
  return Array.from({length: units.length / 2},
    (_, i) => ({start: units[2 * i]!, end: units[2 * i + 1]!}));
}

function readResult(heap: Heap, p: number): SearchResult {
  const pointer = (field: number) => heap.u32(p + field);
  const text = (field: number) => heap.string(pointer(field)) ?? '';
  const place = (field: number) => Number(heap.view.getBigUint64(p + field, true));
  const bytes = (field: number) =>
    heap.copy(pointer(field), heap.bytes.indexOf(0, pointer(field)) - pointer(field));
  const passage = bytes(lode_result.text);
  const [snippet, ...marks] = readRanges(heap, passage, pointer(lode_result.marks),
    pointer(lode_result.mark_count), [pointer(lode_result.snippet + lode_range.begin),
      pointer(lode_result.snippet + lode_range.end)]);
  return {
    id: text(lode_result.id),
    title: text(lode_result.title),
    titleMarks: readRanges(heap, bytes(lode_result.title), pointer(lode_result.title_marks),
      pointer(lode_result.title_mark_count)),
    url: text(lode_result.url),
    heading: text(lode_result.heading),
    anchor: text(lode_result.anchor),
    metadata: JSON.parse(text(lode_result.metadata)) as Record<string, string[]>,
    text: new TextDecoder().decode(passage),
    snippet: snippet!,
    marks,
    source: {start: place(lode_result.source_begin), end: place(lode_result.source_end)},
    score: heap.f64(p + lode_result.score),
    cosine: heap.f64(p + lode_result.cosine),
    keyword: heap.f64(p + lode_result.keyword),
  };
}

export function readResults(heap: Heap, p: number): SearchResults {
  const list = heap.u32(p + lode_results.list);
  return {
    results: Array.from({length: heap.u32(p + lode_results.count)},
      (_, i) => readResult(heap, list + lode_result.sizeof * i)),
    total: heap.i64(p + lode_results.total),
    totalAtLeast: heap.u32(p + lode_results.total_at_least) !== 0,
    relevant: heap.u32(p + lode_results.relevant) !== 0,
    correction: heap.string(heap.u32(p + lode_results.correction)),
    mode: MODES[heap.u32(p + lode_results.mode) as keyof typeof MODES],
  };
}
