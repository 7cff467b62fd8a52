/* The frame: where one can go, what is going on, and files that are dropped anywhere. */
import {useEffect, useState} from 'preact/hooks';
import {PasteDialog} from '../library/paste.tsx';
import {LibraryPage} from '../library/page.tsx';
import {SearchPage} from '../search/page.tsx';
import {count} from '../ui/format.ts';
import {Icon, type IconName} from '../ui/icons.tsx';
import {Button} from '../ui/parts.tsx';
import {Boundary} from './boundary.tsx';
import {readDrop, takeIn} from './drop.ts';
import {lazy} from './lazy.tsx';
import {collections, state, work} from './library.ts';
import {trouble} from './log.ts';
import {go, href, route, type Page} from './route.ts';
import {theme, type Theme} from './theme.ts';
import {update} from './updates.ts';

const VIEWS: Record<Page, {label: string; icon: IconName; view: () => preact.JSX.Element}> = {
  search: {label: 'Search', icon: 'search', view: SearchPage},
  library: {label: 'Library', icon: 'library', view: LibraryPage},
  map: {label: 'Map', icon: 'map', view: lazy(async () => (await import('../map/page.tsx')).MapPage) as () => preact.JSX.Element},
  compare: {label: 'Compare', icon: 'compare', view: lazy(async () => (await import('../compare/page.tsx')).ComparePage) as () => preact.JSX.Element},
  bench: {label: 'Bench', icon: 'bench', view: lazy(async () => (await import('../bench/page.tsx')).BenchPage) as () => preact.JSX.Element},
  status: {label: 'Status', icon: 'status', view: lazy(async () => (await import('../status/page.tsx')).StatusPage) as () => preact.JSX.Element},
};

const THEMES: {value: Theme; icon: IconName; label: string}[] = [
  {value: 'auto', icon: 'auto', label: 'Colours: as the system'},
  {value: 'light', icon: 'sun', label: 'Colours: light'},
  {value: 'dark', icon: 'moon', label: 'Colours: dark'},
];

function Navigation() {
  const {page} = route.value;
  const at = THEMES.findIndex(({value}) => value === theme.value);
  const {icon, label} = THEMES[at]!;
  return (
    <header class="side">
      <a class="brand" href="#/" aria-label="lode, start"><svg viewBox="0 0 24 24" width="26" height="26" aria-hidden="true">
        <path d="M12 2.5 20.5 12 12 21.5 3.5 12Z" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linejoin="round" />
        <path d="M12 7.5 16 12l-4 4.500L8 12Z" fill="currentColor" /></svg><span>lode</span></a>
      <nav aria-label="Pages">
        <ul>
          {(Object.keys(VIEWS) as Page[]).map((each) => (
            <li key={each}><a href={href(each)} aria-current={each === page ? 'page' : undefined}>
              <Icon name={VIEWS[each].icon} /><span>{VIEWS[each].label}</span></a></li>
          ))}
        </ul>
      </nav>
      <Button icon={icon} kind="quiet" label={label} onClick={() => {
        theme.value = THEMES[(at + 1) % THEMES.length]!.value;
      }} />
    </header>
  );
}

/** One line: what the engine is doing, and what a person should know. */
function Strip() {
  const {role, place, models} = state.value;
  const {waiting, done, total, failed, stopped, paused} = work.value;
  const documents = collections.value.reduce((sum, each) => sum + each.documents, 0);
  const loading = models.find((each) => each.state === 'loading');
  return (
    <footer class="strip" aria-label="State">
      <a href="#/status" class={`dot ${role === 'starting' ? 'starting' : stopped ? 'bad' : 'good'}`}>
        {role === 'starting' ? 'Starting' : role === 'follows' ? 'Follows another tab' : 'Ready'}</a>
      {waiting > 0 && <a href="#/library">{stopped ? 'Indexing has stopped' : paused ? 'Indexing is paused' : 'Indexing'}: {done} of {total}</a>}
      {waiting === 0 && <span>{count(documents, 'document')}</span>}
      {failed > 0 && <a href="#/library" class="bad">{count(failed, 'file')} could not be read</a>}
      {loading && <a href="#/status">{loading.name}: {loading.bytes ? Math.floor(100 * (loading.received ?? 0) / loading.bytes) : 0} %</a>}
      <span class="strip-end"><Icon name="lock" />{place === 'memory' ? 'Kept until this tab is closed' : 'On this device'}</span>
    </footer>
  );
}

function Toast() {
  const text = trouble.value;
  if (text === undefined) return null;
  const dismiss = () => {
    trouble.value = undefined;
  };
  return (
    <div class="toast" role="alert">
      <Icon name="warn" /><p>{text} <a href="#/status" onClick={dismiss}>What has happened</a></p>
      <Button icon="close" kind="quiet" small label="Dismiss" onClick={dismiss} />
    </div>
  );
}

function UpdateBar() {
  const {value} = update;
  if (value === undefined) return null;
  return (
    <div class="update" role="status">
      <span>A new version is here.</span>
      <Button small kind="primary" onClick={value}>Load it</Button>
      <Button small kind="quiet" onClick={() => {
        update.value = undefined;
      }}>Later</Button>
    </div>
  );
}

function useDrop(): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    let depth = 0;
    const files = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;
    const enter = (event: DragEvent) => {
      if (!files(event)) return;
      depth++;
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (files(event) && --depth <= 0) setOver(false);
    };
    const over_ = (event: DragEvent) => {
      if (files(event)) event.preventDefault();
    };
    const drop = (event: DragEvent) => {
      depth = 0;
      setOver(false);
      if (!files(event)) return;
      event.preventDefault();
      void readDrop(event.dataTransfer!).then(takeIn);
    };
    const pairs = [['dragenter', enter], ['dragleave', leave], ['dragover', over_], ['drop', drop]] as const;
    for (const [name, listener] of pairs) addEventListener(name, listener);
    return () => pairs.forEach(([name, listener]) => removeEventListener(name, listener));
  }, []);
  return over;
}

function onKey(event: KeyboardEvent): void {
  const target = event.composedPath()[0] as HTMLElement;
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable) return;
  event.preventDefault();
  if (route.value.page !== 'search') go('search');
  requestAnimationFrame(() => document.getElementById('query')?.focus());
}

/** While files are being taken over from the disk, closing the tab would lose some. */
function onLeave(event: BeforeUnloadEvent): void {
  if (work.value.taking > 0 || (state.value.place === 'memory' && collections.value.length > 0)) event.preventDefault();
}

export function Shell() {
  const over = useDrop();
  const {page} = route.value;
  const {view: View, label} = VIEWS[page];
  useEffect(() => {
    addEventListener('keydown', onKey);
    addEventListener('beforeunload', onLeave);
    return () => {
      removeEventListener('keydown', onKey);
      removeEventListener('beforeunload', onLeave);
    };
  }, []);
  useEffect(() => {
    document.title = page === 'search' ? 'lode' : `${label} · lode`;
  }, [page]);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => {
        event.preventDefault();
        document.getElementById('main')?.focus();
      }}>Skip to the page</a>
      <Navigation />
      <main id="main" tabIndex={-1} class={`page ${page}`}>
        <Boundary page={page}><View key={page} /></Boundary>
      </main>
      <Strip />
      <UpdateBar />
      <Toast />
      <PasteDialog />
      {over && <div class="drop-over" aria-hidden="true"><div><Icon name="open" /><b>Drop to add to your library</b></div></div>}
    </>
  );
}
