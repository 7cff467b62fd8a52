/* A collection in the page's private file system. Handles are given asynchronously, and the module
 * asks for files in the middle of its work: so all that it may ask for are opened beforehand. They
 * are exclusive, across tabs: a collection has one user at a time. */
import type {FileHandle, FileSet} from '../engine/host_files.ts';
import {LodeError} from '../errors.ts';

const BESIDE = ['-journal', '-wal'];
const FIRST_WAIT = 20; // milliseconds, doubled up to LONGEST_WAIT
const LONGEST_WAIT = 320;

function named(error: unknown, name: string): boolean {
  return (error as {name?: string} | undefined)?.name === name;
}

function asLodeError(error: unknown, path: string): unknown {
  if (named(error, 'NoModificationAllowedError')) {
    return new LodeError('LODE_E_BUSY', `${path}: in use, by another tab or another index`);
  }
  if (named(error, 'NotFoundError')) {
    return new LodeError('LODE_E_NOT_FOUND', `${path}: there is no such collection`);
  }
  if (named(error, 'QuotaExceededError')) {
    return new LodeError('LODE_E_IO', `${path}: storage is full`, {cause: error});
  }
  return new LodeError('LODE_E_IO', `${path}: ${String(error)}`, {cause: error});
}

async function folderOf(path: string, create: boolean) {
  const parts = path.split('/').filter((part) => part !== '');
  const file = parts.pop();
  if (file === undefined || parts.some((part) => part === '..' || part === '.')) {
    throw new LodeError('LODE_E_ARG', `opfs: "${path}" is no name of a file`);
  }
  let folder = await navigator.storage.getDirectory();
  for (const part of parts) folder = await folder.getDirectoryHandle(part, {create});
  return {folder, file};
}

async function acquire(file: FileSystemFileHandle, until: number): Promise<FileHandle> {
  for (let wait = FIRST_WAIT; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    try {
      return await (file as unknown as {createSyncAccessHandle(): Promise<FileHandle>})
        .createSyncAccessHandle();
    } catch (error) {
      if (!named(error, 'NoModificationAllowedError') || performance.now() + wait > until) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/** `wait`: milliseconds for another tab that has it. */
export async function openOpfsFiles(path: string, create: boolean, wait: number): Promise<FileSet> {
  const opfs = globalThis.navigator?.storage?.getDirectory !== undefined &&
    'createSyncAccessHandle' in (globalThis.FileSystemFileHandle?.prototype ?? {});
  if (!opfs) {
    throw new LodeError('LODE_E_UNSUPPORTED', `${path}: there is no private file system here, or ` +
      'the engine does not run in a worker');
  }
  const handles = new Map<string, FileHandle>();
  const removed = new Set<string>();
  let made = false;
  const {folder, file} = await folderOf(path, create).catch((error: unknown) => {
    throw error instanceof LodeError ? error : asLodeError(error, path);
  });
  try {
    const until = performance.now() + wait;
    const there = await folder.getFileHandle(file).catch(() => undefined);
    made = there === undefined;
    handles.set(path, await acquire(there ?? (await folder.getFileHandle(file, {create})), until));
    for (const end of BESIDE) {
      const beside = await folder.getFileHandle(file + end, {create: true});
      handles.set(path + end, await acquire(beside, until));
    }
  } catch (error) {
    for (const handle of handles.values()) handle.close();
    if (made && create) await folder.removeEntry(file).catch(() => undefined);
    throw asLodeError(error, path);
  }

  const size = (name: string) => (removed.has(name) ? 0 : (handles.get(name)?.getSize() ?? 0));
  return {
    // An empty file is none.
    open: (name, make) => {
      if (size(name) === 0 && !make) return undefined;
      removed.delete(name);
      return handles.get(name);
    },
    release: (_name, handle) => handle.flush(),
    exists: (name) => size(name) > 0,
    // What is closed cannot be opened again in time: it is emptied.
    remove: (name) => {
      const handle = handles.get(name);
      handle?.truncate(0);
      handle?.flush();
      removed.add(name);
    },
    close: async () => {
      const empty = [...handles].filter(([, handle]) => handle.getSize() === 0);
      for (const handle of handles.values()) handle.close();
      for (const [name] of empty) {
        await folder.removeEntry(file + name.slice(path.length)).catch(() => undefined);
      }
    },
  };
}
