/* Files and folders that are dropped or chosen, as lists of files with their paths. */
import type {NewFile} from '../worker/types.ts';
import {library, targetCollection} from './library.ts';
import {report} from './log.ts';
import {isBundle, modelOfFolder, splitModels} from './model_files.ts';
import {go, route} from './route.ts';

type HandleItem = DataTransferItem & {getAsFileSystemHandle?(): Promise<FileSystemHandle | null>};

export interface Dropped {
  files: NewFile[];
  folders: FileSystemDirectoryHandle[];
}

function readEntries(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

async function walk(entry: FileSystemEntry, files: NewFile[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    files.push({path: entry.fullPath.replace(/^\//, ''), file});
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (let list = await readEntries(reader); list.length > 0; list = await readEntries(reader)) {
    for (const each of list) await walk(each, files);
  }
}

/** To be called in the event itself: its items are gone afterwards. */
export async function readDrop(transfer: DataTransfer): Promise<Dropped> {
  const items = [...transfer.items].filter(({kind}) => kind === 'file');
  const plain = [...transfer.files];
  const handles = items.map((item) => (item as HandleItem).getAsFileSystemHandle?.().catch(() => null));
  const entries = items.map((item) => item.webkitGetAsEntry());
  const dropped: Dropped = {files: [], folders: []};
  for (const [i, entry] of entries.entries()) {
    const handle = await handles[i];
    if (handle?.kind === 'directory') dropped.folders.push(handle as FileSystemDirectoryHandle);
    else if (entry?.isDirectory) await walk(entry, dropped.files);
    else if (plain[i] !== undefined) dropped.files.push({path: plain[i].name, file: plain[i]});
  }
  if (items.length === 0) dropped.files.push(...plain.map((file) => ({path: file.name, file})));
  return dropped;
}

export function fromInput(list: FileList): Dropped {
  return {files: [...list].map((file) => ({path: file.webkitRelativePath || file.name, file})), folders: []};
}

/** Models go to the models; what is left is returned. */
async function takeModels({files, folders}: Dropped): Promise<Dropped> {
  const {models, others} = splitModels(files.filter((file) => !isBundle(file)));
  models.push(...files.filter(isBundle).map((file) => [file]));
  const left: Dropped = {files: others, folders: []};
  for (const handle of folders) {
    const model = await modelOfFolder(handle);
    if (model === undefined) left.folders.push(handle);
    else models.push(model);
  }
  if (models.length > 0) go('status');
  for (const model of models) await library.addModel(model);
  return left;
}

/** Into the collection that is looked at; .lode files become collections, and models are kept as such. */
export async function takeIn(dropped: Dropped): Promise<void> {
  try {
    const wanted = route.value.params.get('c');
    const {files, folders} = await takeModels(dropped);
    const opened = files.filter(({path}) => /\.lode$/i.test(path));
    const others = files.filter(({path}) => !/\.lode$/i.test(path));
    let target: string | undefined;
    for (const {file} of opened) target = await library.importCollection(file);
    if (others.length > 0 || folders.length > 0) {
      target = await targetCollection(wanted);
      go('library', {c: target});
      if (others.length > 0) await library.addFiles(target, others);
      for (const handle of folders) await library.addFolder(target, handle);
    } else if (target !== undefined) {
      go('library', {c: target});
    }
  } catch (error) {
    report('Not everything could be added', error);
  }
}

type Picker = {showDirectoryPicker?(options: {id: string}): Promise<FileSystemDirectoryHandle>};

function pick(folder: boolean): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.webkitdirectory = folder;
  input.onchange = () => void takeIn(fromInput(input.files!));
  input.click();
}

export function pickFiles(): void {
  pick(false);
}

/** With a handle where the browser gives one: such a folder can be read again. */
export async function pickFolder(): Promise<void> {
  const {showDirectoryPicker} = globalThis as Picker;
  if (showDirectoryPicker === undefined) {
    pick(true);
    return;
  }
  try {
    await takeIn({files: [], folders: [await showDirectoryPicker({id: 'documents'})]});
  } catch (error) {
    if ((error as {name?: string}).name !== 'AbortError') report('The folder could not be read', error);
  }
}
