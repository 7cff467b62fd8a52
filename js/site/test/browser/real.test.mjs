/* The element with the real reader: worker, WebAssembly, an index of the native program's. */
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {after, before, test} from 'node:test';
import {makeIndex, model, removeIndexes, skip as noIndex, wasm} from '../real_index.mjs';
import {axe, hasBrowser, startBrowser} from './harness.mjs';
import {CSP} from './server.mjs';

const skip = (hasBrowser ? false : 'no Chromium') || noIndex;
const dist = fileURLToPath(new URL('../../../dist/site/', import.meta.url));
const PAGES = {
  'install.html': '<meta name="kind" content="guide"><title>Install</title><main><h1>Install</h1><p>Install the package, then run it.</p>'
    + '<h2 id="remove">Removing</h2><p>To uninstall, delete the installed files.</p></main>',
  'cars.html': '<meta name="kind" content="guide"><title>Cars</title><main><h1>Cars</h1><p>An automobile is a vehicle with four wheels and a '
    + 'motor.</p></main>',
  'bread.html': '<title>Bread</title><main><h1>Bread</h1><p>Flour, water, salt, yeast: bake for an hour.</p></main>',
};
let rig;
let folder;
/** Of a file of the index: what its head says. */
const kind = url => readFileSync(join(folder, url.split('/').pop())).toString('latin1', 0, 4);

before(async () => {
  if (skip) return;
  rig = await startBrowser();
  const {site} = makeIndex('browser', PAGES, '--model', model);
  folder = site;
  rig.server.folder('real', site, wasm, dist);
});
after(async () => {
  await rig?.close();
  removeIndexes();
});

async function on(steps, expected = []) {
  const url = rig.server.page('page.html', {
    body: '<main><h1>A page</h1><lode-search real index="/real/"></lode-search></main>'});
  const {page, faults, context} = await rig.open(url);
  try {
    await steps(page);
    assert.deepEqual(faults.filter(fault => !expected.some(known => known.test(fault))), []);
  } finally {
    await context.close();
    rig.server.policy();
  }
}
const state = (page, wanted) => page.waitForFunction(
  text => document.querySelector('lode-search').state === text, wanted);
async function search(page, text, wanted = 'results') {
  await page.keyboard.press('Control+k');
  await page.waitForFunction(() => document.querySelector('lode-search').open);
  await page.keyboard.type(text);
  await state(page, wanted);
}
const titles = page => page.locator('[role=option]:not(.sub) .title').allTextContents();

/** The index's files but the first. */
const BLOCKS = /\/real\/[0-9a-f]{12}\.txt$/;

test('by words in a worker, then by meaning, under a strict policy', {skip}, () => on(async page => {
  await search(page, 'installing ');
  assert.deepEqual(await titles(page), ['Install']);
  assert.equal(page.workers().length, 1);
  await page.getByText('By words and meaning').waitFor();
  await page.getByRole('combobox').fill('how to bake a loaf');
  await page.waitForFunction(() => document.querySelector('lode-search').shadowRoot
    .querySelector('.title')?.textContent === 'Bread');
  assert.deepEqual(await axe(page), []);
}));

test('a question of the URL is answered while the element is still on its way', {skip}, async () => {
  const url = rig.server.page('page.html', {
    body: '<main><h1>A page</h1><lode-search real index="/real/" variant="inline" query-param="q" semantic="off" '
      + 'limit="5" filters="kind:guide"></lode-search></main>'});
  for (const [question, found] of [['installing', ['Install']], ['vehicle with wheels ', ['Cars']]]) {
    const context = await rig.browser.newContext();
    const page = await context.newPage();
    let texts;
    const fetched = new Promise(resolve => (texts = resolve));
    // The texts of results are the last of what a question takes.
    page.on('request', request => {
      if (BLOCKS.test(request.url()) && kind(request.url()) === 'LSX1') texts();
    });
    let release;
    const held = new Promise(resolve => (release = resolve));
    await context.route(/lode-search-ui/, async route => {
      await held;
      await route.continue();
    });
    await page.goto(`${url}?q=${encodeURIComponent(question)}`);
    await fetched; // by a question that nobody could have asked yet
    assert.equal(await page.evaluate(() => document.querySelector('lode-search').state), 'idle');
    release();
    await state(page, 'results');
    assert.deepEqual(await titles(page), found);
    await context.close();
  }
});

test('without workers, in the page', {skip}, async () => {
  rig.server.policy(CSP.replace("worker-src 'self'", "worker-src 'none'"));
  await on(async page => {
    await search(page, 'install');
    assert.equal(page.workers().length, 0);
    assert.deepEqual(await titles(page), ['Install']);
    await page.getByText('By words and meaning').waitFor();
  }, [/worker-src|Worker/]);
});

test('without WebAssembly: it says so', {skip}, async () => {
  rig.server.policy(CSP.replace("'wasm-unsafe-eval'", ''));
  await on(async page => {
    await search(page, 'install', 'unsupported');
    await page.getByText('Search does not work in this browser').first().waitFor();
    assert.deepEqual(await axe(page), []);
    const [error] = await page.evaluate(() => globalThis.events.filter(({name}) => name === 'error'));
    assert.equal(error.error, 'unsupported');
  }, [/wasm|WebAssembly/i]);
});

test('tampered blocks, a cut module, an error page in the place of a model', {skip}, async () => {
  await on(async page => {
    await page.route(BLOCKS, async route => {
      const response = await route.fetch();
      await route.fulfill({response, body: Buffer.from((await response.body()).map(byte => byte ^ 1))});
    });
    await search(page, 'install', 'error');
    assert.equal(await page.evaluate(() => globalThis.events.findLast(({name}) => name === 'error').error),
      'damaged');
    assert.deepEqual(await axe(page), []);
  });
  await on(async page => {
    await page.route('**/lode-site-simd128.wasm', async route => {
      const response = await route.fetch();
      await route.fulfill({response, body: (await response.body()).subarray(0, 5000)});
    });
    await page.keyboard.press('Control+k');
    await page.waitForFunction(() => /error|unsupported/.test(document.querySelector('lode-search').state));
  });
  await on(async page => {
    await page.route('**/model.bin', route => route.fulfill({status: 200, contentType: 'text/html', body: '<html>'}));
    await search(page, 'install');
    await page.getByText('By words only').waitFor();
    assert.deepEqual(await titles(page), ['Install']);
    assert.deepEqual(await axe(page), []);
  });
});

// Without a boot file, opening fails, and then the question.
for (const [what, pattern, faults] of [['the boot file', '**/boot.lode-site.txt', 2], ['blocks', BLOCKS, 1]]) {
  test(`${what} cut short, and whole again`, {skip}, () => on(async page => {
    let cut = true;
    await page.route(pattern, async route => {
      const response = await route.fetch();
      const body = await response.body();
      await route.fulfill({response, body: cut ? body.subarray(0, body.length / 2) : body});
    });
    await page.keyboard.press('Control+k');
    if (faults > 1) await state(page, 'error');
    await page.getByRole('combobox').fill('install');
    await page.waitForFunction(wanted =>
      globalThis.events.filter(({name}) => name === 'error').length === wanted, faults);
    assert.equal(await page.evaluate(() => globalThis.events.findLast(({name}) => name === 'error').error),
      'damaged');
    assert.deepEqual(await axe(page), []);
    cut = false;
    await page.getByRole('button', {name: 'Try again'}).click();
    await state(page, 'results');
    assert.deepEqual(await titles(page), ['Install']);
  }));
}

test('a connection that ends in the middle of a file', {skip}, () => on(async page => {
  let broken = true;
  await page.route(BLOCKS, route => broken ? route.abort('connectionreset') : route.continue());
  await search(page, 'install', 'error');
  assert.equal(await page.evaluate(() => globalThis.events.findLast(({name}) => name === 'error').error),
    'network');
  broken = false;
  await page.getByRole('button', {name: 'Try again'}).click();
  await state(page, 'results');
}, [/ERR_CONNECTION_RESET/]));

test('a slow network: results come, and keys typed meanwhile do not pile up', {skip}, () => on(async page => {
  const client = await page.context().newCDPSession(page);
  await client.send('Network.enable');
  await client.send('Network.emulateNetworkConditions',
    {offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000});
  await search(page, 'install', 'loading');
  assert.deepEqual(await axe(page), []);
  await state(page, 'results');
  assert.deepEqual(await titles(page), ['Install']);
  assert.deepEqual(await axe(page), []);
}));
