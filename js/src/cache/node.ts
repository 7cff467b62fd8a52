/* A folder of the file system. */
import {mkdir, open, readFile, readdir, rename, rm} from 'node:fs/promises';
import {homedir} from 'node:os';
import {join} from 'node:path';
import type {CacheOptions} from '../types.ts';
import {readPath} from '../load/path.ts';
import {CacheStore, type Folder, type FolderFile} from './store.ts';

function defaultFolder(): string {
  const {LODE_CACHE_DIR: own, XDG_CACHE_HOME: caches} = process.env;
  return own || join(caches || join(homedir(), '.cache'), 'lode', 'js');
}

async function create(path: string): Promise<FolderFile> {
  const file = await open(path, 'w');
  return {
    write: async (chunk) => {
      await file.writeFile(chunk);
    },
    close: async () => {
      await file.sync();
      await file.close();
    },
    abort: async () => {
      await file.close();
      await rm(path, {force: true});
    },
  };
}

async function orMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export async function openNodeCache(options: CacheOptions): Promise<CacheStore | undefined> {
  const path = options.folder ?? defaultFolder();
  await mkdir(path, {recursive: true});
  const folder: Folder = {
    open: (name) => readPath(join(path, name)),
    create: (name) => create(join(path, name)),
    put: async (name, text) => {
      // Named like a model's bytes: what a killed program leaves is found as such.
      const part = join(path, name.replace('.json', `-${Date.now()}-${process.pid}.bin`));
      const file = await create(part);
      await file.write(new TextEncoder().encode(text));
      await file.close();
      await rename(part, join(path, name));
    },
    get: (name) => orMissing(readFile(join(path, name), 'utf8')),
    remove: (name) => rm(join(path, name), {force: true}),
    names: () => readdir(path),
  };
  return new CacheStore(folder, options);
}
