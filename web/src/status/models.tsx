/* Models: those that are here, and more of them, from an address or from the disk. */
import {useState} from 'preact/hooks';
import {fromInput} from '../app/drop.ts';
import {library, state} from '../app/library.ts';
import {attempt} from '../app/log.ts';
import {modelIn} from '../app/model_files.ts';
import {bytes} from '../ui/format.ts';
import {Button, Meter, Notice} from '../ui/parts.tsx';
import type {Model} from '../worker/types.ts';

function stateText({state: now, received = 0, bytes: total, error, selfTest, note}: Model): string {
  if (now === 'ready') return selfTest === undefined ? note ?? 'ready' : `verified; self-test: cosine at least ${selfTest.toFixed(4)}`;
  if (now === 'verifying') return 'comparing every byte with its digests, running its self-test …';
  const far = total > 0 ? `${bytes(received)} of ${bytes(total)}` : bytes(received);
  if (now === 'failed') return received > 0 ? `${error} (${far} are here)` : error ?? 'failed';
  return now === 'paused' ? `paused at ${far}` : far;
}

function Row({model}: {model: Model}) {
  const {id, name, state: now, received = 0, bytes: total, source, url} = model;
  const own = source.kind !== 'page' || url !== undefined;
  return (
    <li class="model">
      <div class="model-text">
        <b>{name}</b> <span class="quiet">{total > 0 ? bytes(total) : ''}</span>
        <p class={now === 'failed' ? 'bad' : 'quiet'} role={now === 'loading' ? undefined : 'status'}>{stateText(model)}</p>
        {now === 'loading' && <Meter value={received} max={total} label={`Download of ${name}`} />}
      </div>
      {now === 'loading' && <Button small icon="pause" onClick={() => attempt('The download could not pause', () => library.pauseModel(id))}>Pause</Button>}
      {(now === 'paused' || (now === 'failed' && url !== undefined)) && (
        <Button small icon="play" onClick={() => attempt('The download could not go on', () => library.resumeModel(id))}>
          {received > 0 ? 'Go on' : 'Try again'}</Button>
      )}
      {own && <Button small icon="trash" kind="quiet" label={`Remove ${name}`}
        onClick={() => attempt(`${name} stays`, () => library.removeModel(id))} />}
    </li>
  );
}

function pick(folder: boolean): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.webkitdirectory = folder;
  if (!folder) input.accept = '.lode-model';
  input.onchange = () => {
    const {files} = fromInput(input.files!);
    attempt('The model could not be added', async () => {
      const model = folder ? modelIn(files) : files;
      if (model === undefined) throw new Error('a model\'s folder has config.json or modules.json, and weights in .safetensors');
      await library.addModel(model);
    });
  };
  input.click();
}

export function ModelsSection({free}: {free: number | undefined}) {
  const [address, setAddress] = useState('');
  const fetchIt = () => {
    if (address.trim() === '') return;
    attempt('The model could not be fetched', async () => {
      await library.fetchModel(address.trim());
      setAddress('');
    });
  };
  return (
    <section class="card section" aria-labelledby="models">
      <header><h2 id="models">Models</h2>{free !== undefined && <span class="quiet">{bytes(free)} of storage free</span>}</header>
      <ul class="models">{state.value.models.map((model) => <Row key={model.id} model={model} />)}</ul>
      <div class="row model-add">
        <input class="text-input" type="url" aria-label="Address of a model" placeholder="https://…/minilm.lode-model" value={address}
          onInput={({currentTarget}) => setAddress(currentTarget.value)} onKeyDown={({key}) => key === 'Enter' && fetchIt()} />
        <Button icon="export" onClick={fetchIt}>Download</Button>
        <Button icon="file" onClick={() => pick(false)}>From a file</Button>
        <Button icon="folder" onClick={() => pick(true)}>From a folder</Button>
      </div>
      <p class="quiet">A .lode-model file (<code>lode convert</code> makes them), or a folder as Hugging Face has it, whose
        address ends in “/”. New collections can be made with any of them; a collection keeps its own.</p>
      {state.value.role === 'follows' && <Notice kind="info">Another tab does the work; this one shows it.</Notice>}
    </section>
  );
}
