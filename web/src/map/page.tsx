/* Map: a collection at a glance, and a part of it to search in. */
import './map.css';
import {useEffect, useMemo, useRef, useState} from 'preact/hooks';
import {collections, state} from '../app/library.ts';
import {log} from '../app/log.ts';
import {go, note, route} from '../app/route.ts';
import {selection} from '../search/state.ts';
import {count} from '../ui/format.ts';
import {Button, Empty, Meter, Notice} from '../ui/parts.tsx';
import {labelOf} from '../worker/kinds.ts';
import type {DocumentRow} from '../worker/types.ts';
import {MOST, NoVectors, makeMap, type MapData} from './build.ts';
import {Plot} from './plot.tsx';

const COLOURS = 8;
const OTHERS = 'Others';

/** By folder, where there are folders; else by kind. The smaller ones are one group. */
function grouped(rows: DocumentRow[]): {groups: Uint8Array; names: string[]} {
  const folderOf = ({id}: DocumentRow) => id.split('/').slice(0, -1);
  const folders = new Set(rows.map((row) => folderOf(row).join('/')));
  const depth = Math.max(...rows.map((row) => folderOf(row).length), 0);
  const byFolder = (level: number) => rows.map((row) => folderOf(row).slice(0, level + 1).join('/'));
  let labels = rows.map(({kind}) => labelOf(kind));
  if (folders.size > 1) {
    for (let level = 0; level < depth; level++) {
      labels = byFolder(level);
      if (new Set(labels).size > 1) break;
    }
  }
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1]).map(([label]) => label);
  const names = sorted.length <= COLOURS ? sorted : [...sorted.slice(0, COLOURS - 1), OTHERS];
  const numbers = new Map(names.map((name, i) => [name, i]));
  return {groups: Uint8Array.from(labels, (label) => numbers.get(label) ?? names.length - 1), names};
}

export function MapPage() {
  const all = collections.value.filter(({documents}) => documents > 0);
  const wanted = route.value.params.get('c');
  const collection = all.find(({id}) => id === wanted) ?? all[0];
  const [data, setData] = useState<MapData>();
  const [far, setFar] = useState<{share: number; step: string}>();
  const [error, setError] = useState<string>();
  const [wordsOnly, setWordsOnly] = useState(false);
  const [lassoing, setLassoing] = useState(false);
  const control = useRef<AbortController | undefined>(undefined);

  useEffect(() => {
    if (collection === undefined) return;
    const {signal} = (control.current = new AbortController());
    setData(undefined);
    setError(undefined);
    setWordsOnly(false);
    setFar({share: 0, step: 'reading'});
    makeMap(collection, (share, step) => setFar({share, step}), signal).then((made) => {
      if (!signal.aborted) setData(made);
    }, (failure: Error) => {
      if (signal.aborted) return;
      if (failure instanceof NoVectors) return setWordsOnly(true);
      setError(failure.message);
      log('error', `map: ${failure.message}`);
    }).finally(() => setFar(undefined));
    return () => control.current?.abort();
  }, [collection?.id]);

  const {groups, names} = useMemo(() => grouped(data?.rows ?? []), [data]);
  const picked = selection.value?.collection === collection?.id ? selection.value : undefined;
  const chosen = useMemo(() => {
    if (picked === undefined || data === undefined) return undefined;
    const ids = new Set(picked.ids);
    return Uint8Array.from(data.rows, ({id}) => (ids.has(id) ? 1 : 0));
  }, [picked, data]);

  if (collection === undefined) {
    return (
      <Empty page icon="map" title="There is nothing to show yet">
        <p>A map shows the documents of a collection so that those which are alike lie together. Add some first.</p>
        <div class="row center"><a class="button primary" href="#/library">Go to the library</a></div>
      </Empty>
    );
  }
  return (
    <div class="map-page">
      <header class="map-head">
        <div class="page-title"><h1>Map</h1>
          <p class="quiet">Documents that are alike lie together. Where they lie says nothing else.</p></div>
        {all.length > 1 && (
          <select aria-label="Collection" value={collection.id} onChange={({currentTarget}) => note({c: currentTarget.value})}>
            {all.map(({id, name}) => <option value={id}>{name}</option>)}
          </select>
        )}
        <Button icon="lasso" pressed={lassoing} disabled={data === undefined} onClick={() => setLassoing(!lassoing)}>Choose with a lasso</Button>
      </header>
      {error !== undefined && <Notice kind="error">{error}. <a href="#/status">Status</a> says more.</Notice>}
      {wordsOnly && <Notice kind="info">This collection is searched by words alone: it has no vectors that would say
        which of its documents are alike.</Notice>}
      {far && data === undefined && (
        <div class="map-work" role="status"><p>Making the map: {far.step}</p>
          <Meter value={far.share} max={1} label="Making the map" /></div>
      )}
      {data && (
        <>
          <Plot data={data} groups={groups} chosen={chosen} lassoing={lassoing} onChoose={(rows) => {
            setLassoing(false);
            selection.value = rows.length === 0 ? undefined : {collection: collection.id, ids: rows.map(({id}) => id)};
          }} />
          <footer class="map-foot">
            <ul class="legend-list" aria-label="Colours">
              {names.map((name, i) => <li key={name}><span class={`swatch group-${i}`} />{name || 'No folder'}</li>)}
            </ul>
            {picked
              ? <div class="row"><Button kind="primary" icon="search" onClick={() => go('search', {c: collection.id})}>Search in {count(picked.ids.length, 'document')}</Button>
                <Button kind="quiet" onClick={() => {
                  selection.value = undefined;
                }}>Show all</Button></div>
              : <span class="quiet">{count(data.rows.length, 'document')}{collection.documents > MOST ? `, the first of ${collection.documents}` : ''}, laid out in {(data.milliseconds / 1000).toFixed(1)} s</span>}
          </footer>
        </>
      )}
      {state.value.work.waiting > 0 && <p class="quiet pad">Documents are still being added: open the map again to see them.</p>}
    </div>
  );
}
