/* What is asked, and what was answered. The question is in the address. */
import {computed, effect, signal} from '@preact/signals';
import {collections, library, state, work} from '../app/library.ts';
import {log} from '../app/log.ts';
import {route} from '../app/route.ts';
import {patternsOf} from '../worker/kinds.ts';
import type {Hit, SearchAnswer, SearchRequest} from '../worker/types.ts';

export const PAGE_SIZE = 20;
const DAY = 24 * 3600 * 1000;

export const SINCE = [
  {value: '', label: 'Any time'},
  {value: '1', label: 'Today and yesterday'},
  {value: '7', label: 'Last 7 days'},
  {value: '30', label: 'Last 30 days'},
  {value: 'year', label: 'This year'},
  {value: 'before', label: 'Before this year'},
];

/** Documents that were chosen on the map: for this visit. */
export interface Selection {
  collection: string;
  ids: string[];
}
export const selection = signal<Selection | undefined>(undefined);

export const limit = signal(PAGE_SIZE);
export const answer = signal<SearchAnswer | undefined>(undefined);
export const searching = signal(false);
export const failure = signal<string | undefined>(undefined);

/** Whole values of the documents' metadata; a document's date is exact to a day. */
export function dateFilter(since: string, now = Date.now()): Record<string, string[]> | undefined {
  const year = new Date(now).getUTCFullYear();
  if (since === 'year') return {year: [String(year), String(year + 1)]};
  if (since === 'before') return {year: Array.from({length: 60}, (_, i) => String(year - 1 - i))};
  const days = Number(since);
  if (!(days > 0 && days <= 366)) return undefined;
  return {day: Array.from({length: days + 2}, (_, i) => new Date(now + DAY - i * DAY).toISOString().slice(0, 10))};
}

export function parseRef(text: string | null): {collection: string; id: string} | undefined {
  const at = text?.indexOf(':') ?? -1;
  return at > 0 ? {collection: text!.slice(0, at), id: text!.slice(at + 1)} : undefined;
}

export function refOf({collection, id}: {collection: string; id: string}): string {
  return `${collection}:${id}`;
}

/** Only what a search depends on: an opened document does not. */
export const request = computed<SearchRequest | undefined>(() => {
  const {params} = route.value;
  const query = params.get('q') ?? '';
  const like = parseRef(params.get('like'));
  if (query.trim() === '' && like === undefined) return undefined;
  const wanted = params.get('c');
  const chosen = selection.value;
  const all = collections.value.map(({id}) => id);
  const kind = params.get('kind');
  return {
    query, like, limit: limit.value, typing: true,
    collections: chosen ? [chosen.collection] : wanted ? all.filter((id) => id === wanted) : all,
    paths: kind ? patternsOf(kind) : undefined,
    filters: dateFilter(params.get('since') ?? ''),
    only: chosen?.ids,
  };
});

const key = computed(() => JSON.stringify(request.value));
/** Once more when documents have changed, or a collection's model has come. */
const version = computed(() => collections.value.map(({id, revision, wordsOnly}) => `${id} ${revision} ${wordsOnly ?? ''}`).join());

let running = false;
let again = false;

async function run(): Promise<void> {
  if (running) {
    again = true;
    return;
  }
  running = true;
  do {
    again = false;
    const asked = request.peek();
    if (asked === undefined) {
      answer.value = undefined;
      failure.value = undefined;
      continue;
    }
    searching.value = true;
    try {
      const given = await library.search(asked);
      if (JSON.stringify(request.peek()) === JSON.stringify(asked) || !again) answer.value = given;
      failure.value = undefined;
    } catch (error) {
      failure.value = String((error as Error).message);
      log('error', `search: ${failure.value}`);
    }
  } while (again);
  searching.value = false;
  running = false;
}

let lastQuery = '';
effect(() => {
  const query = `${route.value.params.get('q')}${route.value.params.get('like')}`;
  if (query !== lastQuery) limit.value = PAGE_SIZE;
  lastQuery = query;
});

effect(() => {
  void key.value;
  void version.value;
  if (state.value.role !== 'starting') void run();
});

export const waiting = computed(() => work.value.waiting);

export function findHit(ref: {collection: string; id: string} | undefined): Hit | undefined {
  return answer.value?.hits.find(({collection, id}) => collection === ref?.collection && id === ref.id);
}
