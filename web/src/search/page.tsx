/* Search: a box, filters, what was found, and the document that is read. */
import {signal} from '@preact/signals';
import {useEffect, useRef} from 'preact/hooks';
import {collections, empty, state, work} from '../app/library.ts';
import {go, note, route} from '../app/route.ts';
import {lazy} from '../app/lazy.tsx';
import {count, milliseconds} from '../ui/format.ts';
import {Icon} from '../ui/icons.tsx';
import {Button, Empty, Notice} from '../ui/parts.tsx';
import {KINDS} from '../worker/kinds.ts';
import {Result} from './result.tsx';
import {SINCE, PAGE_SIZE, answer, failure, findHit, limit, parseRef, refOf, searching, selection} from './state.ts';
import {Welcome} from './welcome.tsx';

const Reader = lazy(async () => (await import('../reader/reader.tsx')).Reader);

/** What stands in the box: ahead of the address by a moment. */
const typed = signal(route.value.params.get('q') ?? '');
let timer: ReturnType<typeof setTimeout> | undefined;

function type(text: string): void {
  typed.value = text;
  clearTimeout(timer);
  timer = setTimeout(() => note({q: text, like: undefined, open: undefined, at: undefined}), 60);
}

function focusResult(index: number): boolean {
  const link = document.querySelector<HTMLElement>(`[data-result="${index}"]`);
  link?.focus();
  return link !== null;
}

function onKey(event: KeyboardEvent): void {
  if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
  const target = event.target as HTMLElement;
  const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
  const at = target.dataset['result'] === undefined ? -1 : Number(target.dataset['result']);
  if (step !== undefined && (at >= 0 || target.id === 'query')) {
    if (at + step < 0) {
      if (at === 0) document.getElementById('query')?.focus();
      event.preventDefault();
    } else if (focusResult(at + step)) {
      event.preventDefault();
    }
  } else if (event.key === 'Enter' && target.id === 'query') {
    document.querySelector<HTMLElement>('[data-result="0"]')?.click();
  } else if (event.key === 'Escape' && route.value.params.has('open')) {
    closeReader();
  }
}

function closeReader(): void {
  const open = parseRef(route.value.params.get('open'));
  note({open: undefined, at: undefined});
  const hits = answer.value?.hits ?? [];
  const index = hits.findIndex((hit) => hit.id === open?.id && hit.collection === open.collection);
  if (index >= 0) requestAnimationFrame(() => focusResult(index));
  else document.getElementById('query')?.focus();
}

function Filters() {
  const {params} = route.value;
  const chosen = selection.value;
  return (
    <div class="filters" role="group" aria-label="Filters">
      <select aria-label="Collection" value={params.get('c') ?? ''} disabled={chosen !== undefined}
        onChange={({currentTarget}) => note({c: currentTarget.value})}>
        <option value="">All collections</option>
        {collections.value.map(({id, name}) => <option value={id}>{name}</option>)}
      </select>
      <select aria-label="Type" value={params.get('kind') ?? ''} disabled={chosen !== undefined}
        onChange={({currentTarget}) => note({kind: currentTarget.value})}>
        <option value="">Any type</option>
        {KINDS.map(({name, label}) => <option value={name}>{label}</option>)}
      </select>
      <select aria-label="Date" value={params.get('since') ?? ''}
        onChange={({currentTarget}) => note({since: currentTarget.value})}>
        {SINCE.map(({value, label}) => <option value={value}>{label}</option>)}
      </select>
      {chosen && (
        <button type="button" class="chip" onClick={() => {
          selection.value = undefined;
        }}>
          <Icon name="lasso" /><span>{count(chosen.ids.length, 'document')} from the map</span><Icon name="close" label="Remove this filter" />
        </button>
      )}
      {['c', 'kind', 'since'].some((name) => params.get(name)) && (
        <Button kind="quiet" small onClick={() => note({c: undefined, kind: undefined, since: undefined})}>Clear filters</Button>
      )}
    </div>
  );
}

function summary(): string {
  const given = answer.value;
  if (given === undefined) return '';
  if (given.hits.length === 0) return 'Nothing found';
  if (!given.relevant) return 'Nothing here seems to be about that. What is nearest:';
  const n = `${given.totalAtLeast ? 'More than ' : ''}${count(given.total, 'result')}`;
  const how = given.mode === 'keyword' ? 'by words' : given.mode === 'semantic' ? 'by meaning' : 'by words and meaning';
  return `${n} ${how}`;
}

function Found() {
  const given = answer.value;
  const {params} = route.value;
  const open = parseRef(params.get('open'));
  if (failure.value !== undefined) {
    return <Notice kind="error">The search failed: {failure.value}. <a href="#/status">Status</a> says more.</Notice>;
  }
  if (given === undefined) return searching.value ? <p class="quiet pad">Opening the collection …</p> : null;
  return (
    <>
      {given.correction !== undefined && <p class="correction">Results for “{given.correction}”</p>}
      {given.hits.length === 0
        ? (
          <Empty icon="search" title="Nothing found">
            <p>{params.get('kind') || params.get('since') || params.get('c') || selection.value
              ? 'Filters are set: without them there may be more.'
              : 'Say it in other words, or add the documents that should answer it.'}</p>
          </Empty>
        )
        : (
          <ol class="results" aria-label="Results">
            {given.hits.map((hit, i) => (
              <Result key={refOf(hit)} hit={hit} index={i} current={open !== undefined && refOf(open) === refOf(hit)} />
            ))}
          </ol>
        )}
      {given.relevant && given.hits.length < given.total && given.hits.length === limit.value && limit.value < 1000 && (
        <div class="pad"><Button onClick={() => {
          limit.value += PAGE_SIZE;
        }}>More results</Button></div>
      )}
    </>
  );
}

export function SearchPage() {
  const {params} = route.value;
  const query = params.get('q') ?? '';
  const like = parseRef(params.get('like'));
  const open = parseRef(params.get('open'));
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (document.activeElement !== input.current) typed.value = query;
  }, [query]);
  useEffect(() => {
    if (matchMedia('(hover: hover)').matches && open === undefined) input.current?.focus();
  }, []);
  const asked = query.trim() !== '' || like !== undefined;
  if (empty.value && !asked && open === undefined) return <Welcome />;
  const documents = collections.value.reduce((sum, each) => sum + each.documents, 0);
  return (
    <div class={`search-page${open ? ' reading' : ''}${asked || open ? '' : ' resting'}`} onKeyDown={onKey}>
      <div class="search-column">
        <div class="search-head" role="search">
          <h1 class={asked || open ? 'visually-hidden' : ''}>Search your documents</h1>
          <label class="search-box">
            <Icon name="search" />
            <input id="query" ref={input} type="search" autocomplete="off" autocapitalize="off" spellcheck={false}
              enterkeyhint="search" aria-label="Search" aria-keyshortcuts="/"
              placeholder="Ask in your own words" value={typed.value}
              onInput={({currentTarget}) => type(currentTarget.value)} />
            {typed.value === '' ? <kbd aria-hidden="true">/</kbd>
              : <Button icon="close" kind="quiet" label="Clear" onClick={() => {
                type('');
                input.current?.focus();
              }} />}
          </label>
          <Filters />
          {!asked && <p class="quiet resting-note">
            {state.value.role === 'starting' ? 'Opening your library …'
              : `${count(documents, 'document')} in ${count(collections.value.length, 'collection')}` +
                (work.value.waiting > 0 ? `, ${work.value.waiting} on their way in` : '')}
          </p>}
        </div>
        {like && <div class="like-bar"><Icon name="similar" /><span>Like <b>{like.id.slice(like.id.lastIndexOf('/') + 1)}</b></span>
          <Button icon="close" kind="quiet" small label="Back to searching" onClick={() => note({like: undefined})} /></div>}
        <p class="summary" role="status" aria-live="polite">
          {asked && <span>{summary()}</span>}
          {asked && answer.value && <span class="quiet">{milliseconds(answer.value.milliseconds)}</span>}
        </p>
        {asked && <Found />}
      </div>
      {open && (
        <Reader collection={open.collection} id={open.id} at={params.get('at')} hit={findHit(open)} onClose={closeReader}
          onSimilar={() => {
            clearTimeout(timer);
            typed.value = '';
            go('search', {c: params.get('c') ?? undefined, like: refOf(open)});
          }} />
      )}
    </div>
  );
}
