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

function readResult(heap: Heap, p: number): SearchResult {
  const text = (field: number) => heap.string(heap.u32(p + field)) ?? '';
  const place = (field: number) => Number(heap.view.getBigUint64(p + field, true));
  const at = heap.u32(p + lode_result.text);
  const utf8 = heap.copy(at, heap.bytes.indexOf(0, at) - at);
  const offsets = [heap.u32(p + lode_result.snippet + lode_range.begin),
    heap.u32(p + lode_result.snippet + lode_range.end)];
  const marks = heap.u32(p + lode_result.marks);
  for (let i = 0; i < heap.u32(p + lode_result.mark_count); i++) {
    const mark = marks + lode_range.sizeof * i;
    offsets.push(heap.u32(mark + lode_range.begin), heap.u32(mark + lode_range.end));
  }
  const units = toUnits(utf8, offsets);
  const ranges: TextRange[] = [];
  for (let i = 0; i < units.length; i += 2) ranges.push({start: units[i]!, end: units[i + 1]!});
  const [snippet, ...rest] = ranges;
  return {
    id: text(lode_result.id),
    title: text(lode_result.title),
    url: text(lode_result.url),
    heading: text(lode_result.heading),
    anchor: text(lode_result.anchor),
    metadata: JSON.parse(text(lode_result.metadata)) as Record<string, string[]>,
    text: new TextDecoder().decode(utf8),
    snippet: snippet!,
    marks: rest,
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
