/* What an engine in a browser needs. */
import {webCache} from '../cache/web.ts';
import type {EnginePlatform} from '../engine/engine.ts';
import type {Thread, ThreadArgs} from '../engine/instance.ts';

/** lode_index_access */
const CREATE = 2;

function spawnThread(args: ThreadArgs): Thread {
  const worker = new Worker(new URL('./thread.js', import.meta.url), {type: 'module'});
  const ready = new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => reject(new Error(`a thread could not start: ${event.message}`));
  });
  worker.postMessage(args);
  return {ready, end: () => worker.terminate()};
}

export const webEngine: EnginePlatform = {
  spawnThread,
  folderLoader: () => import('../load/folder.ts'),
  openCache: webCache(async () => (await import('../cache/cache_api.ts')).openCacheApi()),
  openFiles: async (path, access, wait) =>
    (await import('./opfs_files.ts')).openOpfsFiles(path, access === CREATE, wait),
};
