/* What is kept here, and how to be rid of it. */
import {openCache, type CachedFile} from 'lode';
import {useEffect, useState} from 'preact/hooks';
import {library, state} from '../app/library.ts';
import {attempt} from '../app/log.ts';
import {isolation} from '../app/updates.ts';
import {bytes, count} from '../ui/format.ts';
import {Button, Dialog, Meter, Notice} from '../ui/parts.tsx';
import {Figures} from './engine.tsx';

export interface Kept {
  usage: number;
  quota: number;
  persisted: boolean;
  files: {name: string; size: number}[];
  models: CachedFile[];
  appCaches: string[];
}

export async function lookAtStorage(): Promise<Kept> {
  const [estimate, persisted, files, models, appCaches] = await Promise.all([
    navigator.storage?.estimate?.().catch(() => undefined), navigator.storage?.persisted?.() ?? false, library.storedFiles(),
    openCache().then((cache) => cache.list(), () => []), globalThis.caches?.keys().catch(() => []) ?? []]);
  return {usage: estimate?.usage ?? 0, quota: estimate?.quota ?? 0, persisted, files, models,
    appCaches: appCaches.filter((name) => name.startsWith('lode-app-'))};
}

const total = (list: {size: number}[]) => list.reduce((sum, {size}) => sum + size, 0);

export function StorageSection({kept, again}: {kept: Kept | undefined; again(): void}) {
  const [erasing, setErasing] = useState(false);
  const {place, placeReason} = state.value;
  const act = (what: string, work: () => Promise<unknown>) => attempt(what, () => work().then(again));
  if (kept === undefined) return null;
  const collections = kept.files.filter(({name}) => /\.lode(-\w+)?$/.test(name));
  const models = kept.files.filter(({name}) => name.startsWith('model-'));
  return (
    <section class="card section" aria-labelledby="storage">
      <header><h2 id="storage">Storage</h2>
        <Button small icon="refresh" onClick={again}>Look again</Button></header>
      {place === 'memory' && <Notice kind="warning">Nothing is kept: {placeReason}.</Notice>}
      {kept.quota > 0 && <Meter value={kept.usage} max={kept.quota} label="Storage used" />}
      <Figures label="Storage" rows={[
        ['Used', kept.quota > 0 ? `${bytes(kept.usage)} of ${bytes(kept.quota)} that this browser allows` : 'the browser does not say'],
        ['Collections', `${count(collections.filter(({name}) => name.endsWith('.lode')).length, 'file')}, ${bytes(total(collections))}, in the private file system`],
        ['Models', `${bytes(total(models) + total(kept.models))}: ${count(kept.models.length, 'file')} fetched from beside the page, ${count(models.length, 'file')} added`],
        ['Kept when the disk is full', kept.persisted ? 'yes'
          : <span class="row">the browser may delete it <Button small onClick={() => act('The browser was not asked', async () => navigator.storage.persist())}>Ask it to keep everything</Button></span>],
      ]} />
      <div class="row">
        <Button small onClick={() => act('The model cache could not be cleared', async () => (await openCache()).clear())}>Clear the model cache</Button>
        <Button small onClick={() => act('The app’s files could not be cleared', () => Promise.all(kept.appCaches.map((name) => caches.delete(name))))}>
          Clear the app’s files</Button>
        <Button small kind="danger" icon="trash" onClick={() => setErasing(true)}>Erase everything</Button>
      </div>
      {erasing && (
        <Dialog title="Erase everything?" onClose={() => setErasing(false)}>
          <p>All collections with their copies of documents, all models that were added, and all caches of this page are
            deleted from this browser. The files on your disk stay as they are.</p>
          <footer class="row end"><Button onClick={() => setErasing(false)}>Keep it</Button>
            <Button kind="danger" onClick={() => {
              setErasing(false);
              act('Not everything could be erased', async () => {
                await library.eraseAll();
                await (await openCache()).clear();
                await Promise.all(kept.appCaches.map((name) => caches.delete(name)));
              });
            }}>Erase</Button></footer>
        </Dialog>
      )}
    </section>
  );
}

/** Headers that make threads possible, from a service worker where the host does not send them. */
export function PageSection() {
  const [worker, setWorker] = useState('…');
  const isolated = globalThis.crossOriginIsolated === true;
  useEffect(() => {
    void (async () => {
      const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
      setWorker(registration?.active ? 'yes: its files are kept here' : registration ? 'soon: its files are being kept' : 'no: there is no service worker here');
    })();
  }, []);
  return (
    <section class="card section" aria-labelledby="page">
      <header><h2 id="page">This page</h2></header>
      <Figures label="This page" rows={[
        ['Tab', state.value.role === 'follows' ? 'follows: another tab has the library, and this one asks it' : 'has the library, and does the work'],
        ['Works without a network', worker],
        ['Cross-origin isolated', isolated ? 'yes: engines have threads' : (
          <span class="row">no: one thread for each engine
            {navigator.serviceWorker && <Button small onClick={() => void isolation.turn(true)}>Have the service worker isolate it</Button>}</span>
        )],
        ['Version', `app ${__APP_VERSION__}, lode ${__LODE_VERSION__}`],
        ['Browser', navigator.userAgent],
      ]} />
      {!isolated && <p class="quiet">Isolated, an engine has several threads, which transformer models gain from. Hosts say it by two
        headers; where they do not, the service worker can add them to this app's own files. The page can then not be framed by others.</p>}
      {isolated && isolation.chosen && <p class="quiet">Isolated by the service worker. <Button small kind="quiet" onClick={() => void isolation.turn(false)}>Turn it off</Button></p>}
    </section>
  );
}
