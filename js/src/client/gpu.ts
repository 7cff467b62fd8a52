/* Embedders and collections that are asked for another backend than the CPU: loaded with the first of
 * them. */
import {LodeError, badArgument} from '../errors.ts';
import type {Platform} from '../platform/platform.ts';
import type {GpuEmbedResult, OpenResult} from '../protocol.ts';
import type {BackendInfo, EmbedderOptions, ModelInfo} from '../types.ts';
import type {CallOptions, Client} from './client.ts';

const NO_GPU = 'there is no navigator.gpu here';

export interface GpuPlan {
  /** Behind the kind of the module. */
  suffix: '' | '-gpu';
  /** What takes the place of client.call. */
  calls(client: Client): Client['call'];
}

/** What the client of an engine with a GPU is asked for, by that engine's operations. */
function calls(client: Client, backend: string): Client['call'] {
  const {call} = client;
  let info: ModelInfo | undefined;
  const tell = (change: BackendInfo) => Object.assign(info!, change);
  return async <T>(op: string, args?: unknown, options?: CallOptions): Promise<T> => {
    if (op === 'embed') {
      const result = await call<GpuEmbedResult>('seldom.embedOnGpu', args, options);
      tell(result.backend); // it has changed where a GPU has failed
      return result as T;
    }
    if (op !== 'open') return call<T>(op, args, options);
    const {signal} = options ?? {};
    await call('seldom.findGpu', undefined, {signal});
    const opened = await call<OpenResult>('open', args, options);
    ({info} = opened);
    tell(await call<BackendInfo>('seldom.moveToGpu', backend, {signal}));
    return opened as T;
  };
}

/** Where no engine has a GPU, the model says why. */
function callsWithout({call}: Client): Client['call'] {
  return async <T>(op: string, args?: unknown, options?: CallOptions) => {
    const result = await call<T>(op, args, options);
    if (op === 'open') (result as OpenResult).info.reason = NO_GPU;
    return result;
  };
}

export function planGpu(platform: Platform, {backend}: EmbedderOptions): GpuPlan {
  if (backend !== 'webgpu' && backend !== 'auto') {
    throw badArgument(`backend: "${String(backend)}" is none of cpu, webgpu, auto`);
  }
  if (platform.gpu === true || globalThis.navigator?.gpu !== undefined) {
    return {suffix: '-gpu', calls: (client) => calls(client, backend)};
  }
  if (backend === 'webgpu') throw new LodeError('LODE_E_UNSUPPORTED', `backend webgpu: ${NO_GPU}`);
  return {suffix: '', calls: callsWithout};
}
