/* Node, and what is compatible with it: Deno and Bun. */
import {readFile, stat} from 'node:fs/promises';
import {availableParallelism} from 'node:os';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {Worker} from 'node:worker_threads';
import type {Port, ToClient, ToEngine} from '../protocol.ts';
import type {WasmSource} from '../types.ts';
import {nodeEngine} from './node_engine.ts';
import {inlinePort} from './inline.ts';
import type {Platform} from './platform.ts';
import {compileWeb} from './web.ts';

async function compile(source: WasmSource): Promise<WebAssembly.Module> {
  const url = typeof source === 'string' ? new URL(source, base()) : source;
  if (url instanceof URL && url.protocol === 'file:') {
    return WebAssembly.compile(await readFile(url));
  }
  return compileWeb(url);
}

function base(): string {
  return pathToFileURL(`${process.cwd()}/`).href;
}

function spawn(): Port<ToEngine, ToClient> {
  const worker = new Worker(new URL('./worker_node.js', import.meta.url), {execArgv: []});
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer as never),
    onMessage: (listener) => worker.on('message', listener),
    onFailure: (listener) => {
      worker.on('error', (error) => listener(`the engine's worker failed: ${String(error)}`));
      worker.on('exit', (code) => listener(`the engine's worker ended with ${code}`));
    },
    // A program that has nothing else to do ends, whether it has disposed of its embedders or not.
    hold: (on) => (on ? worker.ref() : worker.unref()),
    close: async () => {
      await worker.terminate();
    },
  };
}

async function localSource(source: string | URL) {
  const text = String(source);
  if (/^[a-z][a-z0-9+.-]+:/i.test(text) && !text.startsWith('file:')) return undefined;
  const path = text.startsWith('file:') ? fileURLToPath(text) : text;
  const folder = await stat(path).then((found) => found.isDirectory(), () => false);
  return {data: {kind: 'path' as const, path}, folder};
}

export const nodePlatform: Platform = {
  base,
  wasm: (name) => new URL(`../wasm/${name}.wasm`, import.meta.url),
  compile,
  spawn,
  inline: async () => inlinePort(nodeEngine),
  threads: () => availableParallelism(),
  mayBlock: true,
  opfs: false,
  gpu: true, // by a package that the engine looks for
  shared: () => true,
  localSource,
  streams: () => import('../stream.ts'),
};
