/* A folder in the origin private file system. */
import {chunksOf} from '../load/body.ts';
import type {Folder, FolderFile} from './store.ts';

/** Of dedicated workers: Safari has had nothing else to write with for long. */
interface SyncHandle {
  write(data: Uint8Array, options: {at: number}): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

type FileHandle = FileSystemFileHandle & {createSyncAccessHandle?(): Promise<SyncHandle>};

async function create(folder: FileSystemDirectoryHandle, name: string): Promise<FolderFile> {
  const handle: FileHandle = await folder.getFileHandle(name, {create: true});
  const remove = () => folder.removeEntry(name);
  if (handle.createSyncAccessHandle === undefined) {
    const stream = await handle.createWritable();
    return {
      write: (chunk) => stream.write(chunk as Uint8Array<ArrayBuffer>),
      close: () => stream.close(),
      abort: async () => {
        await stream.abort();
        await remove();
      },
    };
  }
  const file = await handle.createSyncAccessHandle();
  file.truncate(0);
  let at = 0;
  return {
    write: async (chunk) => {
      const written = file.write(chunk, {at});
      if (written !== chunk.length) {
        throw new DOMException('the storage is full', 'QuotaExceededError');
      }
      at += written;
    },
    close: async () => {
      file.flush();
      file.close();
    },
    abort: async () => {
      file.close();
      await remove();
    },
  };
}

export async function openOpfs(): Promise<Folder> {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle('lode-models', {create: true});
  const file = async (name: string): Promise<File | undefined> => {
    try {
      return await (await folder.getFileHandle(name)).getFile();
    } catch (error) {
      if ((error as DOMException).name === 'NotFoundError') return undefined;
      throw error;
    }
  };
  return {
    open: async (name) => {
      const found = await file(name);
      return found && {size: found.size, chunks: chunksOf(found.stream())};
    },
    create: (name) => create(folder, name),
    put: async (name, text) => {
      // A reader who comes in between sees no JSON, and takes the entry for missing.
      const out = await create(folder, name);
      await out.write(new TextEncoder().encode(text));
      await out.close();
    },
    get: async (name) => (await file(name))?.text(),
    remove: async (name) => {
      await folder.removeEntry(name).catch((error: DOMException) => {
        if (error.name !== 'NotFoundError') throw error;
      });
    },
    names: async () => {
      const names: string[] = [];
      for await (const name of folder.keys()) names.push(name);
      return names;
    },
  };
}
