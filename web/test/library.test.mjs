/* Files in, and found again: kinds, errors, what is kept, and what happens when something is not there. */
import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {STORIES, axe, drop, indexed, search, skip, startRig, titles} from './harness.mjs';
import {makePdf} from './pdf.mjs';

const options = {skip, timeout: 120_000};
let rig;
before(async () => { if (!skip) rig = await startRig(); });
after(() => rig?.close());

/** Runs steps as a new visitor; nothing may go wrong that is not expected. */
async function visitor(steps, {expected = [], worker, ...visit} = {}) {
  const undo = worker && rig.server.before('main', worker);
  const {page, tab, faults, context} = await rig.visit(visit);
  try {
    await steps({page, tab, context});
    assert.deepEqual(faults.filter((fault) => !expected.some((known) => known.test(fault))), []);
  } finally {
    undo?.();
    await context.close();
  }
}
const clean = async (page) => assert.deepEqual(await axe(page), []);

async function makeDocx(paragraphs) {
  const require = createRequire(createRequire(import.meta.url).resolve('mammoth'));
  const zip = new (require('jszip'))();
  zip.file('[Content_Types].xml', '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>');
  zip.file('_rels/.rels', '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>');
  zip.file('word/document.xml', `<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${paragraphs.map((text) => `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`).join('')}</w:body></w:document>`);
  return zip.generateAsync({type: 'base64'});
}

test('what a document says is text, not part of the page', options, () => visitor(async ({page}) => {
  await drop(page, [...STORIES, {name: 'evil.md', text: '# <img src=x onerror="window.bad=1">Evil\n\n<script>window.bad=1</script>\n\n[a link](javascript:window.bad=1) zebra stripes\n'}]);
  await indexed(page, 6);
  for (const query of ['zebra stripes', 'refund weeks']) {
    await search(page, query);
    await page.locator('.result a').first().click();
    await page.locator('.reader .prose').waitFor();
    assert.equal(await page.locator('.reader script, .reader img, .reader [onclick], .reader a[href^="javascript"]').count(), 0);
    await page.keyboard.press('Escape');
  }
  assert.equal(await page.evaluate(() => window.bad), undefined);
}, {expected: [/inline event handler violates/]}));

test('PDF and Word; what cannot be read is named, and the rest goes on', options, () => visitor(async ({page}) => {
  await drop(page, [
    {name: 'whales.pdf', base64: makePdf(['Whales sing to each other across the ocean.', 'Their songs change every year.'])},
    {name: 'lease.docx', base64: await makeDocx(['Lease', 'The tenant pays the rent on the first of the month.'])},
    {name: 'broken.pdf', text: '%PDF-1.7 and then nothing'},
    {name: 'broken.docx', text: 'no zip'},
    {name: 'strange.xyz', base64: Buffer.from([0, 1, 2, 3, 0]).toString('base64')},
    STORIES[0],
  ]);
  await indexed(page, 3);
  await page.getByText('3 files could not be read').first().waitFor();
  const failed = await page.locator('.task.failed').allTextContents();
  assert.equal(failed.length, 3);
  for (const [name, why] of [['broken.pdf', /no PDF, or damaged/], ['broken.docx', /no Word file/], ['strange.xyz', /no text/]]) {
    assert.match(failed.find((text) => text.startsWith(name)), why);
  }
  await clean(page);
  await search(page, 'music of sea animals');
  assert.match((await page.locator('.result').first().textContent()), /whales\.pdf.*Page 1/s);
  await search(page, 'when to pay the landlord');
  assert.match((await page.locator('.result').first().textContent()), /lease\.docx/);
  await page.goto(rig.server.url + '#/library');
  await page.getByRole('button', {name: 'Dismiss all'}).click();
  await page.locator('.work').waitFor({state: 'detached'});
}));

test('paste, filter by type and date, remove', options, () => visitor(async ({page}) => {
  await drop(page, [...STORIES.slice(1), {...STORIES[0], modified: Date.UTC(2019, 5, 1)}]);
  await indexed(page, 5);
  await page.getByRole('button', {name: 'Paste text'}).click();
  await page.getByLabel('Title').fill('Recipe');
  await page.getByLabel('Text', {exact: true}).fill('Pancakes need eggs, milk and patience.');
  await clean(page);
  await page.getByRole('button', {name: 'Add', exact: true}).click();
  await indexed(page, 6);
  await search(page, 'food');
  await page.getByLabel('Type').selectOption('markdown');
  await page.waitForFunction(() => [...document.querySelectorAll('.result .tag')].every((tag) => tag.textContent === 'Markdown'));
  await page.getByRole('button', {name: 'Clear filters'}).click();
  await search(page, 'ferry');
  await page.getByLabel('Date').selectOption('30');
  await page.waitForFunction(() => ![...document.querySelectorAll('.result-title')].some((each) => each.textContent === 'Ferries'));
  await page.getByLabel('Date').selectOption('before');
  await page.waitForFunction(() => document.querySelector('.result-title')?.textContent === 'Ferries');
  await page.goto(rig.server.url + '#/library');
  await page.getByRole('button', {name: 'Remove ferry.md'}).click();
  await indexed(page, 5);
  await search(page, 'ferry');
  assert.ok(!(await titles(page)).includes('Ferries'));
}));

test('a collection goes out as a file, and comes in again', options, () => visitor(async ({page}) => {
  await drop(page, STORIES);
  await indexed(page, 5);
  await page.getByRole('button', {name: 'More for My documents'}).click();
  const coming = page.waitForEvent('download');
  await page.getByRole('menuitem', {name: 'Export as a .lode file'}).click();
  const download = await coming;
  assert.equal(download.suggestedFilename(), 'My documents.lode');
  const bytes = readFileSync(await download.path());
  assert.equal(bytes.subarray(0, 15).toString(), 'SQLite format 3');
  await page.getByRole('button', {name: 'More for My documents'}).click();
  await page.getByRole('menuitem', {name: 'Delete'}).click();
  await page.getByRole('button', {name: 'Delete', exact: true}).click();
  await page.getByText('Your library is empty').waitFor();
  await drop(page, [{name: 'back.lode', base64: bytes.toString('base64')}]);
  await page.getByRole('heading', {name: 'back'}).waitFor();
  await indexed(page, 5);
  await search(page, 'boat trip');
  assert.equal((await titles(page))[0], 'Ferries');
  await search(page, 'baking a loaf');
  assert.match(await page.locator('.summary').textContent(), /by words and meaning/);
  await search(page, 'boat trip');
  await page.locator('.result a').first().click();
  const reader = page.getByRole('region', {name: 'Text of the document'});
  await reader.getByText('There is one crossing a day.').waitFor(); // not the passage that was found
  await reader.getByRole('heading', {name: 'Ferries'}).waitFor();
  assert.match(await page.evaluate(() => [...CSS.highlights.get('sentence')].join('')), /The ferry to the island leaves at noon/);
  await clean(page);
  await page.getByRole('button', {name: 'More like this'}).click();
  await page.locator('.like-bar').waitFor();
  await page.locator('.result-title', {hasText: 'Ferries'}).waitFor({state: 'detached'});
  await page.locator('.result').first().waitFor();
  // Its documents are listed, can be added to and removed, and are points on the map.
  await page.goto(rig.server.url + '#/library');
  await page.locator('.document').nth(4).waitFor();
  assert.deepEqual((await page.locator('.document-path').allTextContents()).sort(), ['bread.md', 'ferry.md', 'taxes.html']);
  await page.locator('.document', {hasText: 'sort.py'}).getByRole('link').click();
  await reader.getByText('def merge_sort(items):').waitFor();
  await page.goto(rig.server.url + '#/library');
  await clean(page);
  await drop(page, [{name: 'moon.md', text: '# Moon\n\nThe moon goes round the earth in a month.'}]);
  await indexed(page, 6);
  await page.locator('.document', {hasText: 'moon.md'}).waitFor();
  await page.getByRole('button', {name: 'Remove ferry.md'}).click();
  await indexed(page, 5);
  await page.locator('.document', {hasText: 'ferry.md'}).waitFor({state: 'detached'});
  await page.goto(rig.server.url + '#/map');
  await page.getByText(/5 documents, laid out in/).waitFor();
  await page.reload();
  await page.goto(rig.server.url + '#/library');
  await page.locator('.document', {hasText: 'moon.md'}).waitFor();
  await drop(page, [{name: 'no.lode', text: 'this is no collection'}]);
  await page.locator('.toast').getByText(/no\.lode/).waitFor();
}));

const NOTHING_KEPT = {
  'no private file system': 'delete StorageManager.prototype.getDirectory;',
  'no database, as in private windows': 'IDBFactory.prototype.open = () => { throw new DOMException("denied", "InvalidStateError"); };',
};
for (const [what, worker] of Object.entries(NOTHING_KEPT)) {
  test(`${what}: says so, and everything works until the tab is closed`, options, () => visitor(async ({page}) => {
    await page.getByText(/Nothing can be kept here/).waitFor();
    await drop(page, STORIES);
    await indexed(page, 5);
    await page.locator('.strip').getByText('Kept until this tab is closed').waitFor();
    await search(page, 'boat trip');
    assert.equal((await titles(page))[0], 'Ferries');
    await clean(page);
  }, {worker}));
}

test('a folder with a handle: what changed is read again, what is gone goes', options, () => visitor(async ({page}) => {
  // A folder of the private file system is as good as one of the disk.
  await page.evaluate(async () => {
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('disk', {create: true});
    const write = async (path, text) => {
      const parts = path.split('/');
      let folder = root;
      for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part, {create: true});
      const file = await (await folder.getFileHandle(parts.at(-1), {create: true})).createWritable();
      await file.write(text);
      await file.close();
    };
    globalThis.write = write;
    globalThis.disk = root;
    globalThis.showDirectoryPicker = async () => root;
    await write('garden.md', '# Garden\n\nTomatoes want sun.');
    await write('deep/pond.md', '# Pond\n\nFrogs live in it.');
    await write('node_modules/no.md', 'left out');
    await write('.hidden.md', 'left out');
    await write('picture.png', 'left out');
  });
  await page.getByRole('button', {name: 'Choose a folder'}).click();
  await indexed(page, 2);
  await page.evaluate(async () => {
    await write('garden.md', '# Garden\n\nTomatoes want sun. Cucumbers want water.');
    await write('shed.md', '# Shed\n\nThe ladder stands in the shed.');
    await (await disk.getDirectoryHandle('deep')).removeEntry('pond.md');
  });
  await page.getByRole('button', {name: 'Check for changes'}).click();
  await page.locator('.document', {hasText: 'shed.md'}).waitFor();
  await page.locator('.document', {hasText: 'pond.md'}).waitFor({state: 'detached'});
  await indexed(page, 2);
  await search(page, 'cucumbers water');
  assert.equal((await titles(page))[0], 'Garden');
  await clean(page);
}));

test('what is looked at is in the address: another tab shows the same', options, () => visitor(async ({page, tab}) => {
  await drop(page, STORIES);
  await indexed(page, 5);
  await page.getByRole('button', {name: 'New collection'}).click();
  await page.getByLabel('Name', {exact: true}).fill('Boats');
  await page.getByRole('button', {name: 'Make it'}).click();
  await page.getByRole('heading', {name: 'Boats'}).waitFor();
  await drop(page, [{name: 'canoe.md', text: '# Canoes\n\nA boat trip on the river takes two days by canoe.'},
    {name: 'raft.txt', text: 'A boat of logs is called a raft.'}]);
  await indexed(page, 7);
  await page.getByRole('button', {name: 'Search here'}).click();
  await page.locator('#query').fill('boat trip');
  await page.locator('.result').nth(1).waitFor();
  assert.deepEqual(await titles(page), ['Canoes', 'raft.txt']); // and none of the other collection
  await page.getByLabel('Type').selectOption('markdown');
  await page.locator('.result').nth(1).waitFor({state: 'detached'});
  await page.locator('.result a').first().click();
  await page.getByRole('region', {name: 'Text of the document'}).getByText('takes two days').waitFor();
  const other = await tab(new URL(page.url()).hash);
  await other.getByRole('region', {name: 'Text of the document'}).getByText('takes two days').waitFor();
  assert.deepEqual(await titles(other), ['Canoes']);
  assert.equal(await other.locator('#query').inputValue(), 'boat trip');
  assert.equal(await other.getByLabel('Type').inputValue(), 'markdown');
  assert.match(await other.locator('.filters').getByLabel('Collection').evaluate((each) => each.selectedOptions[0].textContent), /Boats/);
  await other.locator('.filters').getByLabel('Collection').selectOption('');
  await other.locator('#query').fill('island ferry');
  await other.locator('.result-title', {hasText: 'Ferries'}).waitFor();
}));

const FOLDER = fileURLToPath(new URL('../../tests/data/models/static-model2vec/', import.meta.url));

test('a model\'s folder as Hugging Face has it: chosen, and dropped', options, () => visitor(async ({page}) => {
  await page.goto(`${rig.server.url}#/status`);
  const choose = async (folder) => {
    const choosing = page.waitForEvent('filechooser');
    await page.getByRole('button', {name: 'From a folder'}).click();
    await (await choosing).setFiles(folder);
  };
  await choose(FOLDER);
  const row = page.locator('.model', {hasText: 'static-model2vec'});
  await row.getByText(/^verified; self-test: cosine at least (0\.99|1\.0)/).waitFor();
  await row.getByRole('button', {name: 'Remove static-model2vec'}).click();
  await row.waitFor({state: 'detached'});
  await choose(fileURLToPath(new URL('../../docs/', import.meta.url))); // is none
  await page.locator('.toast').getByText(/a model's folder has config\.json/).waitFor();
  await page.getByRole('button', {name: 'Dismiss'}).click();

  // Dropped anywhere, as a folder of the private file system, which is as good as one of the disk.
  await page.goto(`${rig.server.url}#/library`);
  const files = readdirSync(FOLDER).filter((name) => name !== 'expected.json')
    .map((name) => ({name, base64: readFileSync(join(FOLDER, name)).toString('base64')}));
  await page.evaluate(async (list) => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('tiny', {create: true});
    for (const {name, base64} of list) {
      const file = await (await folder.getFileHandle(name, {create: true})).createWritable();
      await file.write(Uint8Array.from(atob(base64), (each) => each.charCodeAt(0)));
      await file.close();
    }
    const pictures = await folder.getDirectoryHandle('onnx', {create: true});
    await (await (await pictures.getFileHandle('model.onnx', {create: true})).createWritable()).close();
    DataTransferItem.prototype.getAsFileSystemHandle = async () => folder;
  }, files);
  await drop(page, [{name: 'tiny', text: ''}]);
  const tiny = page.locator('.model', {hasText: 'tiny'});
  await tiny.getByText(/^verified/).waitFor();
  await clean(page);
  await page.reload();
  await page.goto(`${rig.server.url}#/library`);
  await page.getByRole('button', {name: 'New collection'}).click();
  await page.getByLabel('Name').fill('Tiny');
  await page.getByLabel('Model').selectOption({label: await page.getByLabel('Model').locator('option', {hasText: 'tiny'}).textContent()});
  await page.getByRole('button', {name: 'Make it'}).click();
  await page.getByRole('heading', {name: 'Tiny'}).waitFor();
  await drop(page, STORIES);
  await indexed(page, 5);
  await search(page, 'the ferry to the island');
  assert.equal((await titles(page))[0], 'Ferries');
  assert.match(await page.locator('.summary').textContent(), /by words and meaning/);
}));

test('a collection of a model that is not here: by words, until the model comes', options, () => visitor(async ({page}) => {
  const addModel = async () => {
    await page.goto(`${rig.server.url}#/status`);
    const choosing = page.waitForEvent('filechooser');
    await page.getByRole('button', {name: 'From a folder'}).click();
    await (await choosing).setFiles(FOLDER);
    await page.locator('.model', {hasText: 'static-model2vec'}).getByText(/^verified/).waitFor();
  };
  await addModel();
  await page.goto(`${rig.server.url}#/library`);
  await page.getByRole('button', {name: 'New collection'}).click();
  await page.getByLabel('Name').fill('Foreign');
  await page.getByLabel('Model').selectOption({label: await page.getByLabel('Model').locator('option', {hasText: 'static-model2vec'}).textContent()});
  await page.getByRole('button', {name: 'Make it'}).click();
  await page.getByRole('heading', {name: 'Foreign'}).waitFor();
  await drop(page, STORIES);
  await indexed(page, 5);
  const more = page.getByRole('button', {name: 'More for Foreign'});
  await more.click();
  const coming = page.waitForEvent('download');
  await page.getByRole('menuitem', {name: 'Export as a .lode file'}).click();
  const bytes = readFileSync(await (await coming).path());
  await more.click();
  await page.getByRole('menuitem', {name: 'Delete'}).click();
  await page.getByRole('button', {name: 'Delete', exact: true}).click();
  await page.getByText('Your library is empty').waitFor();
  await page.goto(`${rig.server.url}#/status`);
  await page.getByRole('button', {name: 'Remove static-model2vec'}).click();
  await page.locator('.model', {hasText: 'static-model2vec'}).waitFor({state: 'detached'});

  await page.goto(`${rig.server.url}#/library`);
  await drop(page, [{name: 'Foreign.lode', base64: bytes.toString('base64')}]);
  await page.getByText(/Searched by words alone.*made with “static-model2vec”, which is not here/).waitFor();
  await page.locator('.document').nth(4).waitFor();
  assert.equal(await page.getByRole('button', {name: /^(Add|Paste|Remove )/}).count(), 0);
  await clean(page);
  await search(page, 'ferry');
  assert.match(await page.locator('.summary').textContent(), /by words(?! and)/);
  await page.goto(`${rig.server.url}#/map`); // the file has its vectors
  await page.getByText(/5 documents, laid out in/).waitFor();
  await addModel();
  await page.goto(`${rig.server.url}#/library`);
  await page.getByText('Searched by words alone').waitFor({state: 'detached'});
  await page.getByRole('button', {name: 'Add files'}).waitFor();
  await search(page, 'ferry');
  assert.match(await page.locator('.summary').textContent(), /by words and meaning/);
}));

test('another model: from a file, for a new collection', options, () => visitor(async ({page}) => {
  const bundle = new URL('../../models/lode-static-en.lode-model', import.meta.url);
  await page.goto(`${rig.server.url}#/status`);
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', {name: 'From a file'}).click();
  await (await choosing).setFiles({name: 'second.lode-model', mimeType: 'application/octet-stream', buffer: readFileSync(bundle)});
  await page.getByText(/verified; self-test: cosine at least 1\.0000/).waitFor();
  await page.goto(`${rig.server.url}#/library`);
  await page.getByRole('button', {name: 'New collection'}).click();
  await page.getByLabel('Name').fill('Second');
  await page.getByLabel('Model').selectOption({label: 'second (5.6 MB)'});
  await clean(page);
  await page.getByRole('button', {name: 'Make it'}).click();
  await page.getByRole('heading', {name: 'Second'}).waitFor();
  await drop(page, STORIES);
  await indexed(page, 5);
  await page.getByText(/5 documents ·.*· second/).waitFor();
  await search(page, 'boat trip');
  assert.equal((await titles(page))[0], 'Ferries');
  // It cannot be removed under a collection that needs it.
  await page.goto(`${rig.server.url}#/status`);
  await page.getByRole('button', {name: 'Remove second'}).click();
  await page.locator('.toast').getByText(/Second was made with this model/).waitFor();
}));
