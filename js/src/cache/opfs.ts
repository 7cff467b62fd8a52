/* A folder in the origin private file system. */
import {chunksOf, type Chunk} from '../load/body.ts';
import type {Folder, FolderFile} from './store.ts';

const PIECE = 1024 * 1024;

/** Of dedicated workers: Safari has had nothing else to write with for long. */
interface SyncHandle {
  read(target: Uint8Array, options: {at: number}): number;
  write(data: Uint8Array, options: {at: number}): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

type FileHandle = FileSystemFileHandle & {createSyncAccessHandle?(options?: {mode: string}): Promise<SyncHandle>};

/**
 * By a handle where that is to be had: right into the place where the bytes are wanted, in half the
 * time that a stream takes. Where it keeps other pages out, they find a stream.
 */
async function* pieces(handle: FileHandle, file: File): AsyncGenerator<Chunk> {
  const sync = await handle.createSyncAccessHandle?.({mode: 'read-only'}).catch(() => undefined);
  if (sync === undefined) return yield* chunksOf(file.stream());
  try {
    for (let at = 0; at < file.size; at += PIECE) {
      const length = Math.min(PIECE, file.size - at);
      yield {
        length,
        into: (target) => {
          if (sync.read(target, {at}) !== length) throw new Error(`${file.name}: is cut short`);
        },
      };
    }
  } finally {
    sync.close();
  }
}

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
      file.truncate(at); // of what was there before; a page that ends before this leaves all of that
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
  const find = async (name: string) => {
    try {
      const handle = await folder.getFileHandle(name);
      return {handle, file: await handle.getFile()};
    } catch (error) {
      if ((error as DOMException).name === 'NotFoundError') return undefined;
      throw error;
    }
  };
  return {
    open: async (name) => {
      const found = await find(name);
      return found && {size: found.file.size, chunks: pieces(found.handle, found.file)};
    },
    create: (name) => create(folder, name),
    put: async (name, text) => {
      // A reader who comes in between sees no JSON, and takes the entry for missing.
      const out = await create(folder, name);
      await out.write(new TextEncoder().encode(text));
      await out.close();
    },
    get: async (name) => (await find(name))?.file.text(),
    remove: async (name) => {
      await folder.removeEntry(name).catch((error: DOMException) => {
        // What another page reads is found later, among what nobody knows.
        if (!/^(NotFound|NoModificationAllowed)Error$/.test(error.name)) throw error;
      });
    },
    names: async () => {
      const names: string[] = [];
      for await (const name of folder.keys()) names.push(name);
      return names;
    },
  };
}
