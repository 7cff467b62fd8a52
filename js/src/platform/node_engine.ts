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

/** Node's own, or the npm package `webgpu`, a peer that may be absent. */
async function findGpu(): Promise<GPU | undefined> {
  if (globalThis.navigator?.gpu !== undefined) return navigator.gpu;
  const name = 'webgpu';
  try {
    const {create} = await import(name) as {create(flags: string[]): GPU};
    return create([]);
  } catch (error) {
    if ((error as {code?: string}).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error; // it is installed, and not for this system, say
  }
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
