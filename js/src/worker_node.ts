/* The engine's worker in Node. */
import {parentPort} from 'node:worker_threads';
import {startEngine} from './engine/main.ts';
import {nodeEngine} from './platform/node_engine.ts';

startEngine({
  post: (message, transfer = []) => parentPort!.postMessage(message, transfer as never),
  onMessage: (listener) => parentPort!.on('message', listener),
}, nodeEngine);
