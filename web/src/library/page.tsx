/* Library: collections, what is in them, and what is on its way. */
import {useState} from 'preact/hooks';
import {pickFiles, pickFolder} from '../app/drop.ts';
import {busy, collections, library, state} from '../app/library.ts';
import {attempt} from '../app/log.ts';
import {go, href, route} from '../app/route.ts';
import {bytes, count} from '../ui/format.ts';
import {Icon} from '../ui/icons.tsx';
import {Button, Dialog, Empty, Menu, Notice} from '../ui/parts.tsx';
import type {Collection, FolderInfo} from '../worker/types.ts';
import {Documents} from './documents.tsx';
import {pasting} from './paste.tsx';
import {WorkPanel} from './work_panel.tsx';

type Asking = {kind: 'new'} | {kind: 'rename' | 'remove'; collection: Collection} | undefined;

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

type WithPermission = FileSystemDirectoryHandle & {requestPermission?(options: {mode: 'read'}): Promise<string>};

/** The browser asks only in the page itself, after a click. */
async function rescan({collection, id}: FolderInfo): Promise<void> {
  const handle = (await library.folderHandle(collection, id)) as WithPermission | undefined;
  if ((await handle?.requestPermission?.({mode: 'read'})) === 'denied') throw new Error('the browser was told not to read it');
  await library.rescan(collection, id);
}

function Folders({collection}: {collection: Collection}) {
  const folders = state.value.folders.filter((each) => each.collection === collection.id);
  if (folders.length === 0) return null;
  return (
    <ul class="folders" aria-label="Folders">
      {folders.map((folder) => (
        <li key={folder.id}>
          <Icon name="folder" /><span>{folder.name}</span>
          <Button small kind="quiet" icon="refresh" onClick={() => attempt(`${folder.name} could not be read`, () => rescan(folder))}>
            {folder.access === 'granted' ? 'Check for changes' : 'Allow, and check for changes'}</Button>
          <Button small kind="quiet" icon="close" label={`Stop following ${folder.name}`}
            onClick={() => attempt('The folder could not be forgotten', () => library.forgetFolder(collection.id, folder.id))} />
        </li>
      ))}
    </ul>
  );
}

function NewCollection({onClose}: {onClose(): void}) {
  const [name, setName] = useState('');
  const models = state.value.models.filter(({state: each}) => each === 'ready');
  const [model, setModel] = useState(state.value.defaultModel);
  const make = () => {
    onClose();
    attempt('The collection could not be made', async () => go('library', {c: await library.createCollection(name, model)}));
  };
  return (
    <Dialog title="New collection" onClose={onClose}>
      <label class="field"><span>Name</span><input type="text" autofocus maxLength={80} value={name} placeholder="My documents"
        onInput={({currentTarget}) => setName(currentTarget.value)}
        onKeyDown={({key, isComposing}) => key === 'Enter' && !isComposing && make()} /></label>
      <label class="field"><span>Model</span>
        <select value={model} onChange={({currentTarget}) => setModel(currentTarget.value)}>
          {models.map((each) => <option value={each.id}>{each.name} ({bytes(each.bytes)})</option>)}
        </select>
        <small class="quiet">Understands what texts mean. A collection keeps the model it was made with;
          more of them are under <a href="#/status" onClick={onClose}>Status</a>.</small></label>
      <footer class="row end"><Button onClick={onClose}>Cancel</Button><Button kind="primary" onClick={make}>Make it</Button></footer>
    </Dialog>
  );
}

function Rename({collection, onClose}: {collection: Collection; onClose(): void}) {
  const [name, setName] = useState(collection.name);
  const rename = () => {
    onClose();
    attempt('The collection could not be renamed', () => library.renameCollection(collection.id, name));
  };
  return (
    <Dialog title="Rename" onClose={onClose}>
      <label class="field"><span>Name</span><input type="text" autofocus maxLength={80} value={name}
        onInput={({currentTarget}) => setName(currentTarget.value)}
        onKeyDown={({key, isComposing}) => key === 'Enter' && !isComposing && rename()} /></label>
      <footer class="row end"><Button onClick={onClose}>Cancel</Button><Button kind="primary" onClick={rename}>Rename</Button></footer>
    </Dialog>
  );
}

function Remove({collection, onClose}: {collection: Collection; onClose(): void}) {
  const remove = () => {
    onClose();
    attempt('The collection could not be deleted', async () => {
      await library.removeCollection(collection.id);
      if (route.peek().page === 'library') go('library'); // who has gone on meanwhile stays there
    });
  };
  return (
    <Dialog title={`Delete “${collection.name}”?`} onClose={onClose}>
      <p>Its index and its copies of {count(collection.documents, 'document')} are deleted from this browser. The files
        that they came from stay as they are.</p>
      <footer class="row end"><Button onClick={onClose}>Keep it</Button><Button kind="danger" onClick={remove}>Delete</Button></footer>
    </Dialog>
  );
}

function modelName(id: string | undefined): string {
  return state.value.models.find((each) => each.id === id)?.name ?? 'by words alone';
}

function CollectionView({collection, ask}: {collection: Collection; ask(asking: Asking): void}) {
  const {id, name, wordsOnly, documents} = collection;
  const fixed = wordsOnly !== undefined; // new documents would have no vectors
  return (
    <>
      <header class="page-head">
        <div class="page-title">
          <h1>{name}</h1>
          <p class="quiet">{[count(documents, 'document'), count(collection.chunks, 'passage'), bytes(collection.bytes), modelName(collection.model)].join(' · ')}</p>
        </div>
        <div class="row">
          {documents > 0 && <Button kind="primary" icon="search" onClick={() => go('search', {c: id})}>Search here</Button>}
          {!fixed && <Button kind={documents > 0 ? 'plain' : 'primary'} icon="folder" onClick={() => void pickFolder()}>Add a folder</Button>}
          {!fixed && <Button icon="file" onClick={pickFiles}>Add files</Button>}
          {!fixed && <Button icon="paste" onClick={() => {
            pasting.value = id;
          }}>Paste text</Button>}
          <Menu label={`More for ${name}`} actions={[
            {text: 'Export as a .lode file', icon: 'export', disabled: documents === 0, onClick: () => attempt('The collection could not be exported',
              async () => save(await library.exportCollection(id), `${name}.lode`))},
            {text: 'Rename', icon: 'file', onClick: () => ask({kind: 'rename', collection})},
            {text: `Compact (${bytes(collection.freeBytes)} free)`, icon: 'refresh', onClick: () => attempt('The collection could not be compacted', () => library.compactCollection(id))},
            {text: 'Delete', icon: 'trash', danger: true, onClick: () => ask({kind: 'remove', collection})},
          ]} />
        </div>
      </header>
      {wordsOnly !== undefined && <Notice kind="warning">Searched by words alone, not by meaning, and nothing can be
        added: {wordsOnly}. The model can be added under <a href="#/status">Status</a>.</Notice>}
      <Folders collection={collection} />
      <WorkPanel />
      {documents > 0
        ? <Documents collection={collection} fixed={fixed} />
        : !busy.value && (
          <Empty icon="library" title="Nothing is in here yet">
            <p>Drop files or a folder anywhere on this page.</p>
            <p class="quiet">PDF, Word, Markdown, web pages, text, source code</p>
          </Empty>
        )}
    </>
  );
}

export function LibraryPage() {
  const [asking, ask] = useState<Asking>();
  const close = () => ask(undefined);
  const wanted = route.value.params.get('c');
  const collection = collections.value.find(({id}) => id === wanted) ?? collections.value[0];
  return (
    <div class="library-page">
      <nav class="collections" aria-label="Collections">
        <ul>
          {collections.value.map(({id, name, documents}) => (
            <li key={id}><a href={href('library', {c: id})} aria-current={id === collection?.id ? 'page' : undefined}>
              <span class="collection-name">{name}</span><span class="quiet">{documents}</span></a></li>
          ))}
        </ul>
        <Button icon="add" kind="quiet" onClick={() => ask({kind: 'new'})}>New collection</Button>
      </nav>
      <div class="collection">
        {collection
          ? <CollectionView key={collection.id} collection={collection} ask={ask} />
          : (
            <>
              <header class="page-head"><h1>Library</h1></header>
              <WorkPanel />
              <Empty icon="library" title="Your library is empty">
                <p>Drop files or a folder anywhere on this page. They are read and indexed here; nothing is uploaded.</p>
                <div class="row center">
                  <Button kind="primary" icon="folder" onClick={() => void pickFolder()}>Choose a folder</Button>
                  <Button icon="file" onClick={pickFiles}>Choose files</Button>
                </div>
              </Empty>
            </>
          )}
      </div>
      {asking?.kind === 'new' && <NewCollection onClose={close} />}
      {asking?.kind === 'rename' && <Rename collection={asking.collection} onClose={close} />}
      {asking?.kind === 'remove' && <Remove collection={asking.collection} onClose={close} />}
    </div>
  );
}
