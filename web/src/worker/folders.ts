/* Folders that the browser gave a handle of: read again, only what has changed is queued. */
import type {NewFile} from './types.ts';
import {leftOut} from './kinds.ts';

type Permission = 'granted' | 'prompt' | 'denied';
type Handle = FileSystemDirectoryHandle & {
  queryPermission?(options: {mode: 'read'}): Promise<Permission>;
};

export async function accessOf(handle: FileSystemDirectoryHandle): Promise<Permission> {
  return (await (handle as Handle).queryPermission?.({mode: 'read'})) ?? 'granted';
}

/** Every file that could be of use, below `name`; hidden ones and those of tools are left out. */
export async function* filesOf(handle: FileSystemDirectoryHandle, name: string): AsyncGenerator<NewFile> {
  const folders: {handle: FileSystemDirectoryHandle; path: string}[] = [{handle, path: name}];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for await (const [entry, child] of next.handle.entries()) {
      const path = `${next.path}/${entry}`;
      if (leftOut(path)) continue;
      if (child.kind === 'directory') folders.push({handle: child as FileSystemDirectoryHandle, path});
      else yield {path, file: await (child as FileSystemFileHandle).getFile()};
    }
  }
}
