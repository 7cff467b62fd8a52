/* Transformers.js beside lode, in a worker of its own. Only a developer's build has it (LODE_APP_PEERS
 * in build.mjs); the files are not part of the app. */
import type {Engine} from './measure.ts';

export interface Peer {
  name: string;
  /** Below peers/models/. */
  model: string;
  dtypes: string[];
}

export async function listPeers(): Promise<Peer[]> {
  if (!__PEERS__) return [];
  const response = await fetch(new URL('peers/peers.json', document.baseURI));
  return response.ok ? ((await response.json()) as Peer[]) : [];
}

export async function openPeer(peer: Peer, dtype: string, threads: number): Promise<Engine> {
  const worker = new Worker(new URL('./peer_worker.ts', import.meta.url), {type: 'module', name: 'peer'});
  let next = 0;
  const calls = new Map<number, {resolve(value: unknown): void; reject(error: Error): void}>();
  worker.onmessage = ({data}: MessageEvent<{id: number; error?: string; value?: unknown}>) => {
    const call = calls.get(data.id);
    calls.delete(data.id);
    if (data.error === undefined) call?.resolve(data.value);
    else call?.reject(new Error(data.error));
  };
  const ask = (message: object) => new Promise<unknown>((resolve, reject) => {
    const id = next++;
    calls.set(id, {resolve, reject});
    worker.postMessage({id, ...message});
  });
  await ask({op: 'open', base: document.baseURI.split('#')[0], model: peer.model, dtype, threads});
  return {
    name: peer.name, backend: 'cpu', dtype, threads, maxTokens: 512,
    embed: (texts) => ask({op: 'embed', texts}),
    memory: async () => undefined,
    close: async () => worker.terminate(),
  };
}
