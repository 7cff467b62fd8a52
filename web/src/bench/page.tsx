/* Bench: what this browser does with a model. */
import './bench.css';
import {useEffect, useRef, useState} from 'preact/hooks';
import {state} from '../app/library.ts';
import {log} from '../app/log.ts';
import {bytes, milliseconds, number} from '../ui/format.ts';
import {ModelSelect} from '../ui/model_select.tsx';
import {Button, Empty, Notice} from '../ui/parts.tsx';
import {LONG_TOKENS, makeTexts, measure, openLode, type Plan, type Run} from './measure.ts';
import {listPeers, openPeer, type Peer} from './peer.ts';

const CORES = navigator.hardwareConcurrency ?? 1;
const THREADS = [...new Set([1, Math.min(2, CORES), Math.min(4, CORES)])];
const DTYPES = [['stored', 'As stored'], ['f32', 'f32'], ['int8', 'int8']] as const;

const BACKENDS = [['cpu', 'Processor'], ['webgpu', 'GPU (WebGPU)']] as const;
const GPU = 'gpu' in navigator;

const COLUMNS: {head: string; cell(run: Run): string}[] = [
  {head: 'Load', cell: ({load}) => milliseconds(load)},
  {head: 'One text, median', cell: ({p50}) => milliseconds(p50)},
  {head: '95th of 100', cell: ({p95}) => milliseconds(p95)},
  {head: 'Short texts/s', cell: ({short}) => number(Math.round(short))},
  {head: `${LONG_TOKENS} tokens, docs/s`, cell: ({long}) => (long < 100 ? long.toFixed(1) : number(Math.round(long)))},
  {head: '1000 of them', cell: ({thousand, extrapolated}) => `${extrapolated ? '≈ ' : ''}${thousand < 10 ? thousand.toFixed(1) : Math.round(thousand)} s`},
  {head: 'Memory', cell: ({memory}) => (memory === undefined ? '' : bytes(memory))},
];

function nameOf({engine, model, backend, dtype, threads}: Run): string {
  const by = backend === 'webgpu' ? 'GPU' : `${threads} thread${threads > 1 ? 's' : ''}`;
  return `${engine === 'lode' ? '' : `${engine}, `}${model}, ${dtype}, ${by}`;
}

function Results({runs}: {runs: Run[]}) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Results">
      <table class="figures results-table">
        <thead><tr><th scope="col">Run</th>{COLUMNS.map(({head}) => <th scope="col" class="right" key={head}>{head}</th>)}</tr></thead>
        <tbody>{runs.map((run, i) => (
          <tr key={i}><th scope="row">{nameOf(run)}</th>
            {COLUMNS.map(({head, cell}) => <td class="right" key={head}>{cell(run)}</td>)}</tr>
        ))}</tbody>
      </table>
    </div>
  );
}

function Chart({title, runs, value}: {title: string; runs: Run[]; value(run: Run): number}) {
  const most = Math.max(...runs.map(value), 1e-9);
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      {runs.map((run, i) => (
        <div class="bar-row" key={i}><span class="bar-name">{nameOf(run)}</span>
          <span class="bar"><span style={{width: `${(100 * value(run)) / most}%`}} /></span>
          <span class="number">{value(run) < 100 ? value(run).toFixed(1) : number(Math.round(value(run)))}</span></div>
      ))}
    </figure>
  );
}

function asJson(runs: Run[]): string {
  return JSON.stringify({
    when: new Date().toISOString(), browser: navigator.userAgent, processors: CORES,
    isolated: globalThis.crossOriginIsolated, app: __APP_VERSION__, lode: __LODE_VERSION__, runs,
  }, null, 2);
}

export function BenchPage() {
  const [model, setModel] = useState<string>();
  const chosen = model ?? state.value.defaultModel;
  const [dtypes, setDtypes] = useState<Plan['dtype'][]>(['stored']);
  const [threads, setThreads] = useState<number[]>([1]);
  const [backends, setBackends] = useState<Plan['backend'][]>(['cpu']);
  const [runs, setRuns] = useState<Run[]>([]);
  const [step, setStep] = useState<string>();
  const [error, setError] = useState<string>();
  const [copied, setCopied] = useState(false);
  const [peers, setPeers] = useState<Peer[]>([]);
  const control = useRef<AbortController | undefined>(undefined);
  useEffect(() => {
    listPeers().then(setPeers, (failure: Error) => log('warning', `bench: ${failure.message}`));
    return () => control.current?.abort();
  }, []);

  const run = async () => {
    const {signal} = (control.current = new AbortController());
    setError(undefined);
    setStep('making texts');
    try {
      const modelName = state.value.models.find(({id}) => id === chosen)!.name;
      const texts = await makeTexts(chosen!, LONG_TOKENS);
      // A GPU's own threads do the work there.
      const ways = backends.flatMap((backend) => (backend === 'cpu' ? threads : [1]).map((n) => ({backend, threads: n})));
      const lode = ways.flatMap((way) => dtypes.map((dtype) => ({
        name: `lode ${dtype}, ${way.backend === 'cpu' ? way.threads : 'GPU'}`, model: modelName,
        open: () => openLode({model: chosen!, modelName, dtype, ...way}),
      })));
      const others = peers.flatMap((peer) => peer.dtypes.flatMap((dtype) => threads.map((n) => ({name: `${peer.name} ${dtype}, ${n}`, open: () => openPeer(peer, dtype, n), model: peer.model}))));
      for (const {name, open, model: of} of [...lode, ...others]) {
        try {
          const result = await measure(open, of, texts, (now) => setStep(`${name}: ${now}`), signal);
          setRuns((all) => [...all, result]);
        } catch (failure) {
          if (signal.aborted) break;
          log('error', `bench, ${name}: ${(failure as Error).message}`);
          setError(`${name}: ${(failure as Error).message}`);
        }
      }
    } catch (failure) {
      if (!signal.aborted) setError((failure as Error).message);
    }
    setStep(undefined);
  };
  const toggle = <T,>(list: T[], value: T) => (list.includes(value) ? list.filter((each) => each !== value) : [...list, value]);
  const copy = () => navigator.clipboard.writeText(asJson(runs)).then(() => {
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  }, (failure: Error) => setError(`not copied: ${failure.message}`));
  const running = step !== undefined;
  const planned = dtypes.length * backends.reduce((n, each) => n + (each === 'cpu' ? threads.length : 1), 0);

  return (
    <div class="plain-page bench-page">
      <header class="page-head"><div class="page-title"><h1>Bench</h1>
        <p class="quiet">Measures this browser on this machine, now. Close other tabs first, and plug it in.</p></div></header>
      <section class="card section" aria-label="What to measure">
        <div class="plan">
          <label class="field"><span>Model</span><ModelSelect value={chosen} onChange={setModel} /></label>
          <fieldset><legend>Weights</legend>{DTYPES.map(([value, label]) => (
            <label key={value}><input type="checkbox" checked={dtypes.includes(value)} onChange={() => setDtypes(toggle(dtypes, value))} /> {label}</label>
          ))}</fieldset>
          <fieldset><legend>Computed by</legend>{BACKENDS.map(([value, label]) => (
            <label key={value}><input type="checkbox" checked={backends.includes(value)} disabled={value === 'webgpu' && !GPU}
              onChange={() => setBackends(toggle(backends, value))} /> {label}{value === 'webgpu' && !GPU && ': not in this browser'}</label>
          ))}</fieldset>
          <fieldset><legend>Threads</legend>{THREADS.map((n) => (
            <label key={n}><input type="checkbox" checked={threads.includes(n)} onChange={() => setThreads(toggle(threads, n))} /> {n}</label>
          ))}</fieldset>
        </div>
        <div class="row">
          {running ? <Button onClick={() => control.current?.abort()}>Stop</Button>
            : <Button kind="primary" icon="play" disabled={chosen === undefined || planned === 0} onClick={() => void run()}>Measure</Button>}
          <span class="quiet" role="status">{step ?? `About ${8 * planned} seconds`}</span>
        </div>
      </section>
      {error !== undefined && <Notice kind="error">{error}</Notice>}
      {runs.length === 0 && !running && (
        <Empty icon="bench" title="Nothing measured yet">
          <p>Loading time, the time for one text, texts a second, and how long 1000 documents of {LONG_TOKENS} tokens take.</p>
        </Empty>
      )}
      {runs.length > 0 && (
        <section class="card section" aria-labelledby="measured">
          <header><h2 id="measured">Measured</h2><div class="row">
            <Button small icon={copied ? 'check' : 'copy'} onClick={() => void copy()}>{copied ? 'Copied' : 'Copy as JSON'}</Button>
            <Button small kind="quiet" onClick={() => setRuns([])}>Clear</Button></div></header>
          <Results runs={runs} />
          {runs.some(({extrapolated}) => extrapolated) && (
            <p class="quiet">≈: extrapolated. {runs.filter(({extrapolated}) => extrapolated).map((each) => `${nameOf(each)}: measured on ${each.measured}`).join('; ')}.</p>
          )}
          {runs.some(({longTokens}) => longTokens < LONG_TOKENS) && <p class="quiet">This model takes {Math.min(...runs.map(({longTokens}) => longTokens))} tokens of a text; the rest of a document of {LONG_TOKENS} is left out.</p>}
          <div class="charts">
            <Chart title="Short texts a second" runs={runs} value={({short}) => short} />
            <Chart title={`Documents of ${LONG_TOKENS} tokens a second`} runs={runs} value={({long}) => long} />
          </div>
        </section>
      )}
    </div>
  );
}
