/* What this browser does: every figure is measured when it is asked for. */
import {createEmbedder, type Embedder, type ModelSource} from 'lode';
import {library} from '../app/library.ts';
import type {Peer} from './peer.ts';

export interface Run {
  engine: string;
  model: string;
  /** "cpu", "webgpu". */
  backend: string;
  dtype: string;
  threads: number;
  /** Milliseconds from nothing to ready, files out of the cache. */
  load: number;
  /** Milliseconds for one text of some 12 words: median, and the 95th of a hundred. */
  p50: number;
  p95: number;
  /** Texts a second, of some 12 words. */
  short: number;
  /** Documents of 512 tokens a second (of as many as the model takes, where that is fewer). */
  long: number;
  longTokens: number;
  /** Documents that `long` was measured on. */
  measured: number;
  /** Seconds for 1000 of them; measured where all 1000 were computed. */
  thousand: number;
  extrapolated: boolean;
  /** Bytes. */
  memory: number | undefined;
}

export interface Engine {
  name: string;
  backend: string;
  dtype: string;
  threads: number;
  maxTokens: number;
  embed(texts: string[], signal: AbortSignal): Promise<unknown>;
  memory(): Promise<number | undefined>;
  close(): Promise<void>;
}

export interface Plan {
  model: string;
  modelName: string;
  backend: 'cpu' | 'webgpu';
  dtype: 'stored' | 'f32' | 'int8';
  threads: number;
}

const LONG_TOKENS = 512;
const THOUSAND = 1000;
const SHORT_MS = 1500;
const LONG_MS = 4000;
/** All 1000 are computed where that takes no longer. */
const WHOLE_MS = 12_000;

export async function openLode({model, backend, dtype, threads}: Plan): Promise<Engine> {
  const embedder: Embedder = await createEmbedder((await library.modelSource(model)) as ModelSource,
    {backend, threads, dtype: dtype === 'stored' ? undefined : dtype});
  const copies = await embedder.replicas;
  return {
    name: 'lode', backend: embedder.info.backend, dtype: embedder.info.dtype, threads: Math.max(embedder.info.threads, copies),
    maxTokens: embedder.info.maxTokens,
    embed: (texts, signal) => embedder.embed(texts, {signal, longText: 'truncate'}),
    memory: () => embedder.memory(), close: () => embedder.dispose(),
  };
}

/** Sentences of the manual, of some 12 words; and documents of `tokens` tokens, all different. */
export async function makeTexts(model: string, tokens: number): Promise<{short: string[]; long: string[]}> {
  const response = await fetch(new URL('samples.json', document.baseURI));
  if (!response.ok) throw new Error(`the texts to measure with are not here: HTTP status ${response.status}`);
  const samples = (await response.json()) as {text: string}[];
  const words = samples.flatMap(({text}) => text.replace(/[^\p{L}\p{N}.,;:'’\s-]/gu, ' ').split(/\s+/)).filter(Boolean);
  const short = Array.from({length: 512}, (_, i) => words.slice(i * 12, i * 12 + 12).join(' '));
  const embedder = await createEmbedder((await library.modelSource(model)) as ModelSource, {threads: 1});
  try {
    const long: string[] = [];
    for (let i = 0; i < 64; i++) {
      const at = (i * 613) % (words.length - tokens);
      const text = words.slice(at, at + tokens).join(' ');
      const {special, end} = await embedder.tokenize(text, {maxTokens: tokens});
      const last = end.findLastIndex((_, k) => special[k] === 0);
      long.push(text.slice(0, end[last]));
    }
    return {short, long};
  } finally {
    await embedder.dispose();
  }
}

function at(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** Texts a second, over at least `ms` milliseconds; the first two texts, which warm up, are not counted,
 * and say how many are given at once: `most`, or as many as take a quarter of the time. */
async function rate(engine: Engine, texts: string[], most: number, ms: number, signal: AbortSignal):
  Promise<{rate: number; done: number}> {
  const start = performance.now();
  await engine.embed(texts.slice(0, 2), signal);
  const each = (performance.now() - start) / 2;
  const batch = Math.max(1, Math.min(most, Math.floor(ms / 4 / each)));
  const began = performance.now();
  let done = 0;
  while (performance.now() - began < ms) {
    const from = done % texts.length;
    const part = texts.slice(from, from + batch);
    await engine.embed(part, signal);
    done += part.length;
  }
  return {rate: done / ((performance.now() - began) / 1000), done};
}

export async function measure(open: () => Promise<Engine>, model: string, texts: {short: string[]; long: string[]},
  onStep: (step: string) => void, signal: AbortSignal): Promise<Run> {
  onStep('loading');
  const began = performance.now();
  const engine = await open();
  const load = performance.now() - began;
  try {
    onStep('one text at a time');
    await engine.embed(texts.short.slice(0, 4), signal);
    const times: number[] = [];
    for (let i = 0; i < 100; i++) {
      const start = performance.now();
      await engine.embed([texts.short[i % texts.short.length]!], signal);
      times.push(performance.now() - start);
    }
    times.sort((x, y) => x - y);
    onStep('many short texts');
    const short = await rate(engine, texts.short, 256, SHORT_MS, signal);
    onStep(`documents of ${LONG_TOKENS} tokens`);
    const long = await rate(engine, texts.long, 16, LONG_MS, signal);
    let thousand = THOUSAND / long.rate;
    let measured = long.done;
    let extrapolated = true;
    if (thousand * 1000 <= WHOLE_MS) {
      onStep(`${THOUSAND} documents of ${LONG_TOKENS} tokens`);
      const all = Array.from({length: THOUSAND}, (_, i) => texts.long[i % texts.long.length]!);
      const start = performance.now();
      await engine.embed(all, signal);
      thousand = (performance.now() - start) / 1000;
      measured = THOUSAND;
      extrapolated = false;
    }
    return {
      engine: engine.name, model, backend: engine.backend, dtype: engine.dtype, threads: engine.threads, load, p50: at(times, 0.5), p95: at(times, 0.95),
      short: short.rate, long: long.rate, longTokens: Math.min(LONG_TOKENS, engine.maxTokens), measured, thousand, extrapolated,
      memory: await engine.memory(),
    };
  } finally {
    await engine.close();
  }
}

export type {Peer};
export {LONG_TOKENS};
