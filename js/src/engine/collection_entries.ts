/* lode_index_entries as JavaScript has them. */
import {lode_index_chunk, lode_index_entries, lode_index_entry, lode_range} from '../abi.ts';
import type {IndexEntry, IndexEntryList, IndexPassage} from '../collection/types.ts';
import type {Heap} from './heap.ts';
import {toUnits} from './ranges.ts';

function readPassage(heap: Heap, p: number, dim: number): IndexPassage {
  const place = (field: number) => Number(heap.view.getBigUint64(p + field, true));
  const vector = heap.u32(p + lode_index_chunk.vector);
  return {
    heading: heap.string(heap.u32(p + lode_index_chunk.heading)) ?? '',
    anchor: heap.string(heap.u32(p + lode_index_chunk.anchor)) ?? '',
    source: {
      start: place(lode_index_chunk.source_begin), end: place(lode_index_chunk.source_end),
    },
    range: undefined,
    vector: vector === 0 ? undefined : heap.floats(vector, dim),
  };
}

function readPassages(heap: Heap, p: number, n: number, dim: number,
  utf8: Uint8Array | undefined): IndexPassage[] {
  const places = Array.from({length: n}, (_, i) => p + lode_index_chunk.sizeof * i);
  const passages = places.map((at) => readPassage(heap, at, dim));
  if (utf8 === undefined) return passages;
  const units = toUnits(utf8, places.flatMap((at) => [
    heap.u32(at + lode_index_chunk.range + lode_range.begin),
    heap.u32(at + lode_index_chunk.range + lode_range.end)]));
  passages.forEach((passage, i) => {
    passage.range = {start: units[2 * i]!, end: units[2 * i + 1]!};
  });
  return passages;
}

function readEntry(heap: Heap, p: number, dim: number): IndexEntry {
  const pointer = (field: number) => heap.u32(p + field);
  const string = (field: number) => heap.string(pointer(field)) ?? '';
  const text = pointer(lode_index_entry.text);
  const utf8 = text === 0 ? undefined : heap.copy(text, heap.i64(p + lode_index_entry.text_bytes));
  const chunks = pointer(lode_index_entry.chunks);
  const passageCount = heap.i64(p + lode_index_entry.chunk_count);
  const modified = heap.i64(p + lode_index_entry.modified_ns);
  return {
    id: string(lode_index_entry.id),
    title: string(lode_index_entry.title),
    url: string(lode_index_entry.url),
    metadata: JSON.parse(string(lode_index_entry.metadata)) as Record<string, string[]>,
    format: string(lode_index_entry.format) as IndexEntry['format'],
    language: string(lode_index_entry.language),
    bytes: heap.i64(p + lode_index_entry.bytes),
    modified: modified === 0 ? undefined : new Date(Math.round(modified / 1e6)),
    passageCount,
    text: utf8 && new TextDecoder('utf-8', {ignoreBOM: true}).decode(utf8),
    passages: chunks === 0 ? undefined : readPassages(heap, chunks, passageCount, dim, utf8),
  };
}

/** dim: of the collection's vectors. */
export function readEntries(heap: Heap, p: number, dim: number): IndexEntryList {
  const list = heap.u32(p + lode_index_entries.list);
  return {
    entries: Array.from({length: heap.u32(p + lode_index_entries.count)},
      (_, i) => readEntry(heap, list + lode_index_entry.sizeof * i, dim)),
    more: heap.u32(p + lode_index_entries.more) !== 0,
  };
}
