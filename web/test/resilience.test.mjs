/* What happens when something is taken away: the tab, the network, the storage, the other tab. */
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {after, before, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {STORIES, axe, drop, indexed, search, skip, startRig, titles} from './harness.mjs';

const options = {skip, timeout: 180_000};
const MODEL = fileURLToPath(new URL('../../models/lode-static-en.lode-model', import.meta.url));
let rig;
before(async () => { if (!skip) rig = await startRig(); });
after(() => rig?.close());

const word = (i) => `w${((i * 7919) % 100_003).toString(36)}`;
/** Different texts, of some 3 kB each. */
const many = (n) => Array.from({length: n}, (_, i) => ({
  name: `doc${String(i).padStart(4, '0')}.txt`,
  text: `Document number ${i}. ${Array.from({length: 500}, (__, k) => word(i * 500 + k)).join(' ')}.`,
}));

/** Ids and how often each is there, by the catalogue and by the engine. */
async function inventory(page) {
  const ids = await page.evaluate(async () => {
    const request = indexedDB.open('lode-app');
    const db = await new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
    const ask = (store) => new Promise((resolve) => {
      const all = db.transaction(store).objectStore(store).getAllKeys();
      all.onsuccess = () => resolve(all.result);
    });
    const found = {documents: await ask('documents'), queue: await ask('queue')};
    db.close();
    return found;
  });
  return {documents: ids.documents.map(([, id]) => id), queue: ids.queue.map(([, id]) => id)};
}

test('a tab that is killed while it indexes: the next goes on, nothing lost, nothing twice', options, async () => {
  const {page, tab, context} = await rig.visit();
  const files = many(400);
  await drop(page, files);
  await page.locator('.work').getByText(/of 400/).waitFor();
  // All are taken over, and some are indexed.
  await page.waitForFunction(() => !document.body.textContent.includes('keep this tab open'));
  await page.waitForFunction(() => Number(/(\d+) of 400/.exec(document.querySelector('.strip')?.textContent)?.[1] ?? 0) > 0);
  const session = await context.newCDPSession(page);
  const crashed = new Promise((resolve) => page.once('crash', resolve));
  session.send('Page.crash').catch(() => undefined);
  await crashed;
  const next = await tab();
  const left = await inventory(next);
  assert.ok(left.queue.length > 0, 'it was killed in the middle');
  await indexed(next, 400);
  const {documents, queue} = await inventory(next);
  assert.deepEqual(documents.sort(), files.map(({name}) => name));
  assert.deepEqual(queue, []);
  await next.goto(rig.server.url + '#/library');
  await next.getByText(/^400 documents ·/).waitFor(); // as the engine counts them
  await search(next, '"document number 399"');
  assert.match(await next.locator('.result').first().textContent(), /doc0399/);
  await context.close();
});

test('two tabs: one writes, the other follows, and takes over', options, async () => {
  const {page, tab, context} = await rig.visit();
  const second = await tab();
  await second.locator('.strip').getByText('Follows another tab').waitFor();
  await drop(second, STORIES); // by way of the first
  await indexed(second, 5);
  await indexed(page, 5);
  await search(second, 'boat trip');
  assert.equal((await titles(second))[0], 'Ferries');
  await second.locator('.result a').first().click();
  await second.locator('.reader .prose h1').waitFor();
  await page.close();
  await second.locator('.strip').getByText('Ready').waitFor();
  await second.goto(rig.server.url + '#/library');
  await drop(second, [{name: 'later.md', text: '# Later\n\nSomething that came later.'}]);
  await indexed(second, 6);
  await search(second, 'came later');
  assert.equal((await titles(second))[0], 'Later');
  await context.close();
});

test('storage is full: it says so, keeps what it has, and goes on when there is room', options, async () => {
  const {page, context} = await rig.visit();
  await drop(page, STORIES);
  await indexed(page, 5);
  const session = await context.newCDPSession(page);
  const usage = await page.evaluate(async () => (await navigator.storage.estimate()).usage);
  await session.send('Storage.overrideQuotaForOrigin', {origin: rig.server.origin, quotaSize: usage + 200_000});
  await drop(page, many(150));
  await page.getByText(/storage is full|Storage is full|could not be added/i).first().waitFor();
  await search(page, 'boat trip');
  assert.equal((await titles(page))[0], 'Ferries');
  await session.send('Storage.overrideQuotaForOrigin', {origin: rig.server.origin});
  await page.goto(rig.server.url + '#/library');
  const resume = page.getByRole('button', {name: 'Go on'});
  if (await resume.isVisible()) await resume.click();
  await drop(page, many(150)); // once more: what is there already does not come twice
  await indexed(page, 155);
  await context.close();
});

test('memory is short: the file that is too large is named, and the others are indexed', options, async () => {
  // Engines get at most 40 MiB.
  const undo = rig.server.before('worker', `{const {Memory} = WebAssembly;
    WebAssembly.Memory = function (given) { return new Memory({...given, maximum: 640}); };
    WebAssembly.Memory.prototype = Memory.prototype;}`);
  const {page, context, faults} = await rig.visit();
  try {
    await drop(page, [STORIES[0], {name: 'large.txt', text: 'Many words of one kind. '.repeat(6e5)}, ...STORIES.slice(1)]);
    await page.locator('.work-text').getByText('1 file could not be read').waitFor();
    await page.locator('.task', {hasText: 'large.txt'}).getByText(/cannot be indexed here, where memory is short/).waitFor();
    await page.getByRole('button', {name: 'Dismiss all'}).click();
    await indexed(page, 5);
    assert.deepEqual(await axe(page), []);
    await search(page, 'boat trip');
    assert.equal((await titles(page))[0], 'Ferries');
    assert.deepEqual(faults, []);
  } finally {
    undo();
    await context.close();
  }
});

test('a model is fetched: paused, the network is lost, and it goes on where it was', options, async () => {
  const bytes = readFileSync(MODEL);
  const asked = [];
  let cutAfter = 1_500_000;
  rig.server.extra.set('other/small.lode-model', (request, response) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    asked.push(from);
    response.setHeader('etag', '"one"');
    response.setHeader('content-type', 'application/octet-stream');
    response.setHeader('content-length', bytes.length - from);
    if (from > 0) response.setHeader('content-range', `bytes ${from}-${bytes.length - 1}/${bytes.length}`);
    response.writeHead(from > 0 ? 206 : 200);
    const end = Math.min(bytes.length, from + cutAfter);
    response.write(bytes.subarray(from, end), () => {
      if (end === bytes.length) response.end();
      else setTimeout(() => response.destroy(), 100);
    });
  });
  const {page, context} = await rig.visit({hash: '#/status'});
  await page.getByLabel('Address of a model').fill(`${rig.server.url}other/small.lode-model`);
  await page.getByRole('button', {name: 'Download'}).click();
  await page.getByText(/connection (was lost|ended)|network is gone/).first().waitFor();
  assert.deepEqual(await axe(page), []);
  const row = page.locator('.model').last();
  assert.match(await row.textContent(), /are here/);
  await page.reload();
  cutAfter = Infinity;
  await page.locator('.model').last().getByRole('button', {name: 'Go on'}).click();
  await page.getByText(/verified; self-test: cosine at least 1\.0000/).waitFor();
  assert.ok(asked.length === 2 && asked[0] === 0 && asked[1] > 0, `asked from ${asked}`);
  // What is no model is refused.
  rig.server.extra.set('other/page.lode-model', (_, response) => response.writeHead(200, {'content-type': 'text/html'}).end('<!doctype html>'));
  await page.getByLabel('Address of a model').fill(`${rig.server.url}other/page.lode-model`);
  await page.getByRole('button', {name: 'Download'}).click();
  await page.getByText(/a web page, not (with )?a model/).first().waitFor();
  await context.close();
});

test('a download is paused and goes on, by its button; the network is lost under it', options, async () => {
  const bytes = readFileSync(MODEL);
  const asked = [];
  let going = true;
  // A slow line: 64 kB at a time, and after a third no more until `going` again.
  rig.server.extra.set('slow/small.lode-model', async (request, response) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    asked.push(from);
    response.writeHead(from > 0 ? 206 : 200, {
      'etag': '"slow"', 'content-type': 'application/octet-stream', 'content-length': bytes.length - from,
      ...(from > 0 && {'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`}),
    });
    const stop = from + bytes.length / 3;
    for (let at = from; at < bytes.length && !response.destroyed; at += 65536) {
      while (going && at > stop && !response.destroyed) await new Promise((r) => setTimeout(r, 20));
      if (!response.destroyed) response.write(bytes.subarray(at, at + 65536));
      await new Promise((r) => setTimeout(r, going ? 10 : 0));
    }
    response.end();
  });
  const {page, context, faults} = await rig.visit({hash: '#/status'});
  await page.getByLabel('Address of a model').fill(`${rig.server.url}slow/small.lode-model`);
  await page.getByRole('button', {name: 'Download'}).click();
  const row = page.locator('.model').last();
  const received = async () => Number(await row.getByRole('progressbar').getAttribute('value') ?? 0);
  await row.getByRole('progressbar').waitFor();
  while (await received() < 1_000_000) await page.waitForTimeout(50);
  assert.deepEqual(await axe(page), []);
  await row.getByRole('button', {name: 'Pause'}).click();
  await row.getByText(/^paused at .+ of 5\.6 MB$/).waitFor();
  await page.waitForTimeout(300);
  assert.equal(asked.length, 1); // and it does not go on by itself
  assert.deepEqual(await axe(page), []);
  await row.getByRole('button', {name: 'Go on'}).click();
  await row.getByRole('progressbar').waitFor();
  while (asked.length < 2) await page.waitForTimeout(20);
  assert.ok(asked[1] >= 1_000_000, `asked from ${asked}`);
  while (await received() <= asked[1]) await page.waitForTimeout(20);
  // The network goes: the browser says that it is offline, and the connections end.
  await context.setOffline(true);
  await rig.server.stop();
  try {
    await row.getByText(/the network is gone: go on when it is back \(.+ of 5\.6 MB are here\)/).waitFor();
    await row.getByRole('button', {name: 'Go on'}).click();
    await row.getByText(/there is no network/).waitFor();
    assert.deepEqual(await axe(page), []);
  } finally {
    await rig.server.listen();
    await context.setOffline(false);
  }
  going = false;
  await row.getByRole('button', {name: 'Go on'}).click();
  await row.getByText(/verified; self-test: cosine at least 1\.0000/).waitFor();
  assert.ok(asked.length === 3 && asked[2] > asked[1], `asked from ${asked}`);
  assert.ok(faults.every((fault) => /ERR_INTERNET_DISCONNECTED|ERR_CONNECTION|Failed to load resource/.test(fault)), faults.join('\n'));
  await context.close();
});

test('without a network after the first visit', options, async () => {
  const {page, tab, context} = await rig.visit();
  await drop(page, STORIES);
  await indexed(page, 5);
  await search(page, 'boat trip');
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload(); // what was fetched before the service worker was there is kept now
  await search(page, 'boat trip');
  await page.goto(rig.server.url + '#/status');
  await page.getByText(/passed: \d+ texts/).waitFor();
  await rig.server.stop();
  try {
    await page.close();
    const again = await tab();
    await search(again, 'boat trip');
    assert.equal((await titles(again))[0], 'Ferries');
    assert.match(await again.locator('.summary').textContent(), /nearest|meaning/);
    for (const name of ['Library', 'Compare', 'Status', 'Bench', 'Map']) {
      await again.getByRole('link', {name, exact: true}).click();
      await again.getByRole('heading', {level: 1}).first().waitFor();
    }
  } finally {
    await rig.server.listen();
    await context.close();
  }
});

test('a new version is offered, and loaded when one says so', options, async () => {
  const {page, context} = await rig.visit();
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await page.reload();
  const current = readFileSync(fileURLToPath(new URL('../dist/sw.js', import.meta.url)), 'utf8');
  rig.server.extra.set('sw.js', (_, response) => response.writeHead(200, {'content-type': 'text/javascript'})
    .end(current.replace(/VERSION = '\w+'/, "VERSION = 'another'")));
  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
  await page.getByText('A new version is here.').waitFor();
  assert.deepEqual(await axe(page), []);
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', {name: 'Load it'}).click()]);
  await page.waitForFunction(async () => (await caches.keys()).join() === 'lode-app-another');
  rig.server.extra.delete('sw.js');
  await context.close();
});
