/* What an engine in Node needs. */
import {Worker} from 'node:worker_threads';
import {openNodeCache} from '../cache/node.ts';
import type {EnginePlatform} from '../engine/engine.ts';
import type {Thread, ThreadArgs} from '../engine/instance.ts';
import {readPath} from '../load/path.ts';

/** lode_index_access */
const READ = 0;

function spawnThread(args: ThreadArgs): Thread {
  const worker = new Worker(new URL('./thread_node.js', import.meta.url), {workerData: args, execArgv: []});
  const ready = new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
  });
  // It sleeps in the module: it ends with the engine, and keeps no process alive.
  void ready.then(() => worker.unref(), () => undefined);
  return {ready, end: () => void worker.terminate()};
}

/** Node's own, or the npm package `webgpu`, which is not among our dependencies. */
async function findGpu(): Promise<GPU | undefined> {
  if (globalThis.navigator?.gpu !== undefined) return navigator.gpu;
  const name = 'webgpu';
  const found = await import(name).catch(() => undefined) as
    {create(flags: string[]): GPU} | undefined;
  return found?.create([]);
}

export const nodeEngine: EnginePlatform = {
  spawnThread,
  folderLoader: () => import('../load/folder.ts'),
  openPath: readPath,
  openCache: openNodeCache,
  openFiles: async (path, access) =>
    (await import('./node_files.ts')).openNodeFiles(path, access !== READ),
  gpu: findGpu,
  requestHeaders: {'accept-encoding': 'identity'},
};
