/* A thread of the engine's module in Node. */
import {parentPort, workerData} from 'node:worker_threads';
import {runThread} from './engine/instance.ts';

await runThread(workerData, () => parentPort!.postMessage(0));
