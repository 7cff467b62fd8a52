/* Every page, and the circumstances that people have: small screens, keyboards alone, their colours. */
import assert from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import {after, before, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {STORIES, axe, drop, indexed, search, skip, startRig, titles} from './harness.mjs';

const options = {skip, timeout: 180_000};
let rig, isolated;
before(async () => {
  if (skip) return;
  rig = await startRig();
  isolated = await startRig({isolated: true});
});
after(async () => {
  await rig?.close();
  await isolated?.close();
});

async function visitor(steps, {on = rig, expected = [], ...visit} = {}) {
  const {page, tab, faults, context} = await on.visit(visit);
  try {
    await steps({page, tab, context});
    assert.deepEqual(faults.filter((fault) => !expected.some((known) => known.test(fault))), []);
  } finally {
    await context.close();
  }
}
const clean = async (page) => assert.deepEqual(await axe(page), []);
const HEADINGS = {library: 'Library', map: 'Map', compare: 'Compare', bench: 'Bench', status: 'Status'};
const folders = STORIES.map((story, i) => ({...story, name: story.name, modified: Date.UTC(2026, 0, 1 + i)}));

test('every page of an empty library says what to do', options, () => visitor(async ({page}) => {
  for (const name of Object.keys(HEADINGS)) {
    await page.goto(`${rig.server.url}#/${name}`);
    await page.locator('main').getByRole('heading').first().waitFor();
    await clean(page);
  }
  await page.goto(`${rig.server.url}#/map`);
  await page.getByText('There is nothing to show yet').waitFor();
  await page.goto(`${rig.server.url}#/library`);
  await page.getByText('Your library is empty').waitFor();
}));

test('compare: similar texts, their tokens, and the address', options, () => visitor(async ({page}) => {
  await page.getByLabel('Texts', {exact: true}).waitFor();
  await page.getByLabel('Texts', {exact: true}).fill('a dog barks\nthe price of bread');
  await page.getByLabel('Compared with').fill('a puppy is loud\nbread prices');
  await page.waitForFunction(() => document.querySelector('.matrix tbody th')?.textContent === 'a dog barks' &&
    document.querySelectorAll('.matrix td[style]').length === 4);
  const [dogPuppy, dogBread, , breadBread] = (await page.locator('.matrix tbody td').allTextContents()).map(Number);
  assert.ok(dogPuppy > dogBread && breadBread > dogBread && breadBread <= 1, `${dogPuppy} ${dogBread} ${breadBread}`);
  const pieces = await page.locator('.tokens li').first().locator('.pieces span').allTextContents();
  assert.equal(pieces.filter((piece) => !piece.startsWith('[')).map((piece) => piece.replace('##', '')).join(''), 'adogbarks');
  await clean(page);
  await page.reload();
  await page.waitForFunction(() => document.querySelector('.matrix tbody th')?.textContent === 'a dog barks');
}, {hash: '#/compare'}));

test('status: backend, self-test, storage, log; everything can be erased', options, () => visitor(async ({page}) => {
  await drop(page, STORIES);
  await indexed(page, 5);
  await page.goto(`${isolated.server.url}#/status`);
  await page.getByText(/passed: \d+ texts, cosine to the reference at least/).waitFor();
  await page.getByText('yes: engines have threads').waitFor();
  await page.getByText(/-threads\.wasm/).waitFor();
  await page.getByText(/My documents: opened in/).waitFor();
  await clean(page);
  await page.getByRole('button', {name: 'Erase everything'}).click();
  await page.getByRole('button', {name: 'Erase', exact: true}).click();
  await indexed(page, 0);
  const files = await page.evaluate(async () => {
    const names = [];
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('lode-app');
    for await (const name of folder.keys()) names.push(name);
    return names;
  });
  assert.deepEqual(files, []);
}, {get on() { return isolated; }}));

test('no isolation: one thread, and the service worker can isolate the page', options, () => visitor(async ({page}) => {
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.getByRole('button', {name: 'Have the service worker isolate it'}).click();
  await page.waitForFunction(() => globalThis.crossOriginIsolated === true);
  await page.getByText('yes: engines have threads').waitFor();
  await page.getByText(/passed: \d+ texts/).waitFor();
}, {hash: '#/status'}));

test('bench: a table, a chart, JSON, and what is extrapolated said so', options, () => visitor(async ({page, context}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', {name: 'Measure'}).click();
  await page.getByRole('button', {name: 'Copy as JSON'}).waitFor();
  await page.getByRole('button', {name: 'Measure'}).waitFor();
  await clean(page);
  await page.getByRole('button', {name: 'Copy as JSON'}).click();
  const {runs, browser} = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  assert.match(browser, /Chrome/);
  const [run] = runs;
  assert.ok(run.p50 > 0 && run.p95 >= run.p50 && run.short > 0 && run.long > 0 && run.load > 0 && run.memory > 0);
  assert.ok(run.extrapolated ? run.measured < 1000 : run.measured === 1000);
  assert.equal(await page.locator('.results-table').getByText('≈').count() > 0, run.extrapolated);
  assert.equal(run.longTokens, 512);
}, {hash: '#/bench'}));

test('a GPU: what it would do for a model, and its run on the bench page', {...options, timeout: 400_000}, async () => {
  // A GPU of software, as good as any for this.
  const gpu = await startRig({flags: ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader']});
  try {
    await visitor(async ({page, context}) => {
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      const choosing = page.waitForEvent('filechooser');
      await page.getByRole('button', {name: 'From a folder'}).click();
      await (await choosing).setFiles(fileURLToPath(new URL('../../tests/data/models/bert-mean-normalize/', import.meta.url)));
      await page.locator('.model', {hasText: 'bert-mean-normalize'}).getByText(/^verified/).waitFor();
      const choose = async () => {
        const model = page.getByLabel('Model', {exact: true});
        await model.selectOption({label: await model.locator('option', {hasText: 'bert-mean-normalize'}).textContent()});
      };
      await choose();
      await page.getByText(/tried, and of no use for this model: slower|is faster, and passes the self-test/).waitFor({timeout: 90_000});
      await page.getByRole('link', {name: 'Bench', exact: true}).click();
      await choose();
      await page.getByLabel('GPU (WebGPU)').check();
      await page.getByRole('button', {name: 'Measure'}).click();
      await page.getByRole('rowheader', {name: 'bert-mean-normalize, f32, GPU'}).waitFor({timeout: 90_000});
      await page.getByRole('button', {name: 'Measure'}).waitFor({timeout: 90_000});
      await clean(page);
      await page.getByRole('button', {name: 'Copy as JSON'}).click();
      const {runs} = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
      assert.deepEqual(runs.map(({backend}) => backend), ['cpu', 'webgpu']);
      assert.ok(runs.every(({load, p50, short, long}) => load > 0 && p50 > 0 && short > 0 && long > 0));
    }, {on: gpu, hash: '#/status'});
  } finally {
    await gpu.close();
  }
});

const peers = fileURLToPath(new URL('../dist/peers/peers.json', import.meta.url));
test('bench: Transformers.js beside it', {
  timeout: 400_000,
  skip: skip || !existsSync(peers) && 'web/dist was built without Transformers.js (LODE_APP_PEERS, web/README.md)',
}, () => visitor(async ({page, context}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', {name: 'Measure'}).click();
  await page.getByRole('rowheader', {name: /Transformers\.js/}).first().waitFor({timeout: 300_000});
  await page.getByRole('button', {name: 'Measure'}).waitFor({timeout: 300_000});
  await clean(page);
  await page.getByRole('button', {name: 'Copy as JSON'}).click();
  const {runs} = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  const listed = JSON.parse(readFileSync(peers, 'utf8'));
  assert.deepEqual(runs.slice(1).map(({engine, model, dtype}) => [engine, model, dtype]),
    listed.flatMap(({name, model, dtypes}) => dtypes.map((dtype) => [name, model, dtype])));
  for (const run of runs) {
    assert.ok(run.load > 0 && run.p50 > 0 && run.p95 >= run.p50 && run.short > 0 && run.long > 0 && run.measured > 0);
  }
  // Long texts cost what their tokens do: they were read to the 512th, or nearly.
  for (const {short, long} of runs.slice(1)) assert.ok(long < short);
  assert.equal(await page.locator('.notice').count(), 0);
}, {hash: '#/bench'}));

test('map: points, hover, and a lasso that filters the search', options, () => visitor(async ({page}) => {
  const themes = ['ferry boat harbour sailing', 'bread dough oven flour', 'cat mouse whisker paw'];
  await drop(page, Array.from({length: 60}, (_, i) => ({name: `${i}.txt`, text: `${themes[i % 3]} ${i} ${themes[i % 3].split(' ').reverse().join(' ')}`})));
  await indexed(page, 60);
  await page.goto(`${rig.server.url}#/map`);
  await page.getByText(/60 documents, laid out in/).waitFor();
  await clean(page);
  const box = await page.locator('.plot canvas').boundingBox();
  for (let x = 0; x < 40 && !(await page.locator('.plot-name').isVisible()); x++) {
    for (let y = 0; y < 20; y++) await page.mouse.move(box.x + (x + 0.5) * box.width / 40, box.y + (y + 0.5) * box.height / 20);
  }
  assert.match(await page.locator('.plot-name').textContent(), /\d+\.txt/);
  await page.getByRole('button', {name: 'Choose with a lasso'}).click();
  await page.mouse.move(box.x + 3, box.y + 3);
  await page.mouse.down();
  for (const [x, y] of [[1, 0], [1, 1], [0, 1]]) await page.mouse.move(box.x + 3 + x * (box.width - 70), box.y + 3 + y * (box.height - 6), {steps: 4});
  await page.mouse.up();
  const button = page.getByRole('button', {name: /Search in \d+ documents?/});
  const chosen = Number(/\d+/.exec(await button.textContent())[0]);
  assert.ok(chosen > 0 && chosen <= 60);
  await button.click();
  await page.getByText(`${chosen} document${chosen === 1 ? '' : 's'} from the map`).waitFor();
  await search(page, 'harbour');
  assert.ok((await titles(page)).length <= chosen);
  await clean(page);
}));

test('the keyboard alone: from the box to a passage and back', options, () => visitor(async ({page}) => {
  await drop(page, folders);
  await indexed(page, 5);
  await page.keyboard.press('/');
  await page.waitForFunction(() => document.activeElement?.id === 'query');
  await page.keyboard.type('the cat sleeps');
  await page.locator('.result').first().waitFor();
  await page.waitForTimeout(400);
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.evaluate(() => document.activeElement.dataset.result), '0');
  await page.keyboard.press('ArrowUp');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'query');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.locator('.reader pre.plain').waitFor();
  assert.match(await page.evaluate(() => document.activeElement.textContent), /cat\.txt/);
  await page.keyboard.press('Escape');
  await page.locator('.reader').waitFor({state: 'detached'});
  await page.waitForFunction(() => document.activeElement?.dataset.result === '0');
  // A menu: opened, walked through, closed.
  await page.goto(`${rig.server.url}#/library`);
  await page.getByRole('button', {name: 'More for My documents'}).focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'menuitem');
  await page.keyboard.press('ArrowDown');
  assert.match(await page.evaluate(() => document.activeElement.textContent), /Rename/);
  await page.keyboard.press('Escape');
  await page.locator('[role=menu]').waitFor({state: 'detached'});
  assert.match(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), /^More for/);
}));

for (const [name, context] of Object.entries({
  'a telephone': {viewport: {width: 390, height: 780}, hasTouch: true, isMobile: true},
  'a dark room': {colorScheme: 'dark'},
  'forced colours': {forcedColors: 'active'},
  'reduced motion': {reducedMotion: 'reduce'},
})) {
  test(`${name}: all pages`, options, () => visitor(async ({page}) => {
    await clean(page);
    await drop(page, STORIES);
    await indexed(page, 5);
    for (const each of ['search', ...Object.keys(HEADINGS)]) {
      await page.goto(`${rig.server.url}#/${each}`);
      await page.locator('main').getByRole('heading').first().waitFor();
      if (each === 'map') await page.locator('.plot').waitFor();
      await clean(page);
      const [wide, view] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(wide <= view, `${each} is ${wide} wide in ${view}`);
    }
    await search(page, 'boat trip');
    await page.locator('.result a').first().click();
    await page.locator('.reader .prose').waitFor();
    await page.waitForFunction(() => CSS.highlights.has('sentence'));
    await clean(page);
    await page.getByRole('button', {name: 'Close the document'}).click();
    await page.locator('.result').first().waitFor();
  }, context));
}
