/* Files in the origin private file system. */

interface SyncHandle {
  write(data: Uint8Array, options: {at: number}): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
  getSize(): number;
}

export type Handle = FileSystemFileHandle & {createSyncAccessHandle(): Promise<SyncHandle>};

const ROOT = 'lode-app';

/** undefined: it is there. Else why nothing can be kept. */
export async function whyNoFiles(): Promise<string | undefined> {
  if (navigator.storage?.getDirectory === undefined) {
    return globalThis.isSecureContext
      ? 'this browser has no private file system for pages'
      : 'the page was not loaded by HTTPS, nor from localhost';
  }
  if (!('createSyncAccessHandle' in (globalThis.FileSystemFileHandle?.prototype ?? {}))) {
    return 'this browser\'s private file system cannot be written by workers';
  }
  try {
    await folder();
    return undefined;
  } catch (error) {
    return `the browser refuses its private file system here, as in private windows (${String(error)})`;
  }
}

async function folder(): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, {create: true});
}

export function pathOf(name: string): string {
  return `${ROOT}/${name}`;
}

export async function fileHandle(name: string, create = false): Promise<Handle> {
  return (await (await folder()).getFileHandle(name, {create})) as Handle;
}

export async function sizeOf(name: string): Promise<number | undefined> {
  try {
    return (await (await fileHandle(name)).getFile()).size;
  } catch {
    return undefined;
  }
}

export async function writeFile(name: string, data: Blob): Promise<void> {
  const file = await (await fileHandle(name, true)).createSyncAccessHandle();
  try {
    file.truncate(0);
    const reader = data.stream().getReader();
    let at = 0;
    for (;;) {
      const {done, value} = await reader.read();
      if (done) break;
      if (file.write(value, {at}) !== value.length) {
        throw new DOMException('storage is full', 'QuotaExceededError');
      }
      at += value.length;
    }
    file.flush();
  } finally {
    file.close();
  }
}

export async function removeFile(name: string): Promise<void> {
  await (await folder()).removeEntry(name).catch((error: DOMException) => {
    if (error.name !== 'NotFoundError') throw error;
  });
}

/** A collection with what may lie beside it. */
export async function removeCollectionFile(name: string): Promise<void> {
  for (const end of ['', '-journal', '-wal']) await removeFile(name + end);
}

export async function fileNames(): Promise<{name: string; size: number}[]> {
  const list: {name: string; size: number}[] = [];
  for await (const [name, handle] of (await folder()).entries()) {
    if (handle.kind === 'file') list.push({name, size: (await (handle as Handle).getFile()).size});
  }
  return list;
}
