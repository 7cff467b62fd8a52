/* Nothing is here yet: what to do. */
import {pickFiles, pickFolder} from '../app/drop.ts';
import {library, state, targetCollection} from '../app/library.ts';
import {attempt} from '../app/log.ts';
import {go} from '../app/route.ts';
import {Icon} from '../ui/icons.tsx';
import {Button} from '../ui/parts.tsx';
import {pasting} from '../library/paste.tsx';

interface Sample {
  path: string;
  text: string;
  modified: number;
}

async function addSamples(): Promise<void> {
  const response = await fetch(new URL('samples.json', document.baseURI));
  if (!response.ok) throw new Error(`HTTP status ${response.status}`);
  const samples = (await response.json()) as Sample[];
  const target = await library.createCollection('lode’s manual');
  await library.addFiles(target, samples.map(({path, text, modified}) =>
    ({path, file: new File([text], path, {lastModified: modified})})));
  go('search', {c: target});
}

export function Welcome() {
  const {placeReason} = state.value;
  return (
    <div class="welcome">
      <h1>Search your own documents<br />by what they mean</h1>
      <p class="lead">Drop files or a folder anywhere on this page. They are read, indexed and searched here, on this
        device. Nothing is uploaded.</p>
      <div class="drop-zone">
        <span class="drop-icon"><Icon name="open" /></span>
        <p><b>Drop files or a folder here</b></p>
        <div class="row center">
          <Button kind="primary" icon="folder" onClick={() => void pickFolder()}>Choose a folder</Button>
          <Button icon="file" onClick={pickFiles}>Choose files</Button>
          <Button icon="paste" onClick={() => {
            attempt('The text could not be added', async () => {
              pasting.value = await targetCollection(undefined);
            });
          }}>Paste text</Button>
        </div>
        <p class="quiet">PDF, Word, Markdown, web pages, text and source code, or a .lode collection</p>
      </div>
      <p class="samples"><span class="quiet">Nothing at hand?</span>{' '}
        <Button kind="quiet" onClick={() => attempt('The manual could not be added', addSamples)}>Try it with lode’s manual</Button></p>
      {placeReason !== undefined && <p class="notice warning"><Icon name="warn" /><span>Nothing can be kept here: {placeReason}.
        Everything works, until this tab is closed.</span></p>}
    </div>
  );
}
