/* What computes here, why that, and whether it computes rightly. */
import type {Embedder, ModelInfo, SelfTest} from 'lode';
import type {ComponentChildren} from 'preact';
import {useEffect, useState} from 'preact/hooks';
import {openEmbedder} from '../app/embedder.ts';
import {state} from '../app/library.ts';
import {log, report} from '../app/log.ts';
import {bytes, milliseconds, number} from '../ui/format.ts';
import {ModelSelect} from '../ui/model_select.tsx';
import {Button, Notice} from '../ui/parts.tsx';

interface Loaded {
  info: ModelInfo;
  memory: number;
  loading: number;
  test: SelfTest | undefined;
  testError: string | undefined;
}

export function Figures({label, rows}: {label: string; rows: [string, ComponentChildren][]}) {
  return (
    <div class="scroll">
      <table class="figures" aria-label={label}>
        <tbody>{rows.map(([name, value]) => <tr key={name}><th scope="row">{name}</th><td>{value}</td></tr>)}</tbody>
      </table>
    </div>
  );
}

/** Why this module, and this many threads. */
function why({wasm, threads}: ModelInfo): string {
  const simd = wasm.includes('relaxed') ? 'this browser has relaxed SIMD, whose integer products are faster'
    : 'this browser has no relaxed SIMD, or it was slower in a short trial';
  const shared = threads > 1 ? 'the page is cross-origin isolated, so that threads share one memory'
    : globalThis.crossOriginIsolated ? 'one thread is enough for this model here'
      : 'the page is not cross-origin isolated, so there is no shared memory';
  return `${simd}; ${shared}`;
}

async function examine(model: string): Promise<Loaded> {
  const began = performance.now();
  const embedder: Embedder = await openEmbedder(model);
  const loading = performance.now() - began;
  try {
    let test: SelfTest | undefined;
    let testError: string | undefined;
    try {
      test = await embedder.verify();
    } catch (error) {
      testError = (error as Error).message;
    }
    return {info: embedder.info, memory: await embedder.memory(), loading, test, testError};
  } finally {
    await embedder.dispose();
  }
}

/** Collections are made by the processor; this is what a GPU would do with the model. */
async function tryGpu(model: string): Promise<string> {
  if (!('gpu' in navigator)) return 'none: this browser has no WebGPU';
  const embedder = await openEmbedder(model, {backend: 'auto'});
  try {
    const {backend, device = 'WebGPU', reason, candidates} = embedder.info;
    const gpu = candidates.find((each) => each.backend === 'webgpu');
    const cpu = candidates.find((each) => each.backend === 'cpu');
    const why = reason ?? gpu?.reason;
    if (backend !== 'webgpu' || gpu === undefined) return `tried, and of no use for this model: ${why ?? 'the processor is faster'}`;
    return `${device} is faster, and passes the self-test with a cosine of at least ${gpu.leastCosine.toFixed(5)} in ` +
      `${milliseconds(gpu.seconds * 1000)}${cpu ? ` (the processor: ${milliseconds(cpu.seconds * 1000)})` : ''}; see Bench`;
  } finally {
    await embedder.dispose();
  }
}

const LEAST_COSINE = 0.98;

function TestResult({test, testError}: Loaded) {
  if (test === undefined) return <span class="bad">{testError}</span>;
  const good = test.leastCosine >= LEAST_COSINE;
  return (
    <span class={good ? '' : 'bad'}>
      {good ? 'passed' : 'failed'}: {test.texts} texts, cosine to the reference at least {test.leastCosine.toFixed(5)},
      on average {test.meanCosine.toFixed(5)}; {milliseconds(test.seconds * 1000)}
    </span>
  );
}

export function EngineSection() {
  const [model, setModel] = useState(state.value.defaultModel);
  const [loaded, setLoaded] = useState<Loaded | undefined>();
  const [error, setError] = useState<string | undefined>();
  const [busy, setBusy] = useState(false);
  const [gpu, setGpu] = useState<{model: string; text: string} | undefined>();
  const {defaultModel} = state.value;
  const run = (id: string) => {
    setBusy(true);
    setError(undefined);
    setGpu(undefined);
    examine(id).then((result) => {
      setLoaded(result);
      tryGpu(id).catch((failure: Error) => failure.message).then((text) => setGpu({model: id, text}), () => undefined);
      log('info', `self-test of ${id}: ${result.test ? `least cosine ${result.test.leastCosine.toFixed(5)}` : result.testError}`);
    }, (failure: unknown) => {
      setError((failure as Error).message);
      report('The self-test could not run', failure);
    }).finally(() => setBusy(false));
  };
  useEffect(() => {
    if (model === undefined && defaultModel !== undefined) setModel(defaultModel);
  }, [defaultModel]);
  useEffect(() => {
    if (model !== undefined) run(model);
  }, [model]);
  const info = loaded?.info;
  return (
    <section class="card section" aria-labelledby="engine">
      <header><h2 id="engine">Engine</h2>
        <div class="row"><ModelSelect value={model} onChange={setModel} />
          <Button small icon="refresh" disabled={busy || model === undefined} onClick={() => run(model!)}>Test again</Button></div></header>
      {error !== undefined && <Notice kind="error">{error}</Notice>}
      {busy && loaded === undefined && <p class="quiet" role="status">Loading the model and running its self-test …</p>}
      {info && loaded && (
        <>
          <Figures label="Engine" rows={[
            ['Backend', `${info.backend}, ${info.isa} (${info.wasm}.wasm)`],
            ['Chosen because', why(info)],
            ['GPU', gpu?.model === model ? gpu?.text : 'trying …'],
            ['Self-test', <TestResult {...loaded} />],
            ['Threads', `${info.threads} of ${navigator.hardwareConcurrency ?? 1} that the machine has`],
            ['Memory', `${bytes(loaded.memory)} for the model and its workspace`],
            ['Loading', `${milliseconds(loaded.loading)}, ${bytes(info.loaded.cachedBytes)} of ${bytes(info.loaded.bytes)} out of the cache`],
          ]} />
          <h3>Model card</h3>
          <Figures label="Model card" rows={[
            ['Architecture', `${info.architecture}, ${info.layers} layers, ${number(info.parameters)} parameters`],
            ['Weights', `${info.dtype}, ${bytes(info.weightBytes)}`],
            ['Vectors', `${info.dim} dimensions, ${info.normalized ? 'unit length' : 'as they come'}, pooling: ${info.pooling}`],
            ['Texts', info.maxTokens === Infinity ? 'of any length' : `up to ${info.maxTokens} tokens`],
            ['Vocabulary', `${number(info.vocabSize)} pieces`],
            ['Prompts', Object.entries(info.prompts).map(([name, text]) => `${name}: “${text}”`).join(', ') || 'none'],
          ]} />
        </>
      )}
    </section>
  );
}
