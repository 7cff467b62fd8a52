// Collections in a browser: node --test js/test/collections_browser.test.mjs, after build.mjs. Chromium is
// $CHROMIUM, or /usr/bin/chromium; skipped without.
import assert from 'node:assert/strict';
import {createReadStream, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync} from 'node:fs';
import {createServer} from 'node:http';
import {tmpdir} from 'node:os';
import {extname, join} from 'node:path';
import {after, before, test} from 'node:test';
import {fileURLToPath} from 'node:url';

import {MODES, NO_SCIFACT, compare, expectedOf, fillAndAsk, sample} from './scifact.mjs';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const skip = existsSync(executablePath) ? false : `there is no ${executablePath}`;
const here = fileURLToPath(new URL('..', import.meta.url));
const root = join(here, '..');
const KILLS = Number(process.env.LODE_KILLS ?? 6);

const TYPES = {'.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html'};
const PAGE = `<!doctype html><meta charset=utf-8><title>collections</title>
<script type=module>
  import * as lode from '/js/dist/index.js';
  window.lode = lode;
  window.caught = (promise) => promise.then((value) => ({value}), (error) => (
    {error: {name: error.name, code: error.code, message: error.message}}));
  document.title = 'ready';
</script>`;
const CSP = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' 'unsafe-inline'";
const manual = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md')).sort()
  .map((name) => ({id: `docs/${name}`, content: readFileSync(join(root, 'docs', name), 'utf8')}));

let server, context, base, profile, scifact;

before(async () => {
  if (skip) return;
  server = createServer((request, response) => {
    const {pathname, searchParams} = new URL(request.url, 'http://localhost');
    response.setHeader('content-security-policy', CSP);
    if (searchParams.has('isolated') || request.headers.referer?.includes('isolated')) {
      response.setHeader('cross-origin-opener-policy', 'same-origin');
      response.setHeader('cross-origin-embedder-policy', 'require-corp');
    }
    if (pathname === '/' || pathname === '/page.html') return response.setHeader('content-type', 'text/html').end(PAGE);
    const file = join(root, pathname);
    if (!existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
    response.setHeader('cross-origin-embedder-policy', 'require-corp');
    return createReadStream(file).pipe(response);
  }).listen(0);
  base = `http://localhost:${server.address().port}/`;
  const {chromium} = await import('playwright-core');
  profile = mkdtempSync(join(tmpdir(), 'lode-chromium-'));
  context = await chromium.launchPersistentContext(profile, {
    executablePath, headless: true,
    args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
});

after(async () => {
  await context?.close();
  server?.close();
  if (profile) rmSync(profile, {recursive: true, force: true});
});

async function openPage(query = '') {
  const page = await context.newPage();
  await page.goto(base + query);
  await page.waitForFunction(() => document.title === 'ready');
  return page;
}

async function ready(page) {
  await page.reload();
  await page.waitForFunction(() => document.title === 'ready');
}

for (const query of ['', '?isolated']) {
  test(`OPFS: filled, there again after a reload ${query}`, {skip}, async () => {
    const page = await openPage(query);
    const name = `site/docs${query.slice(1)}.lode`;
    assert.equal(await page.evaluate(() => crossOriginIsolated), query !== '');
    const filled = await page.evaluate(async ({name, manual}) => {
      const index = await lode.openIndex({opfs: name, create: true},
        {model: '/models/lode-static-en.lode-model', threads: 2});
      const report = await index.add(manual);
      const found = await index.search('put words into pieces');
      const info = await index.info();
      await index.dispose();
      return {report, found, info};
    }, {name, manual});
    assert.equal(filled.report.added, manual.length);
    assert.equal(filled.report.embedded, filled.report.chunks);
    assert.equal(filled.found.mode, 'hybrid');
    await ready(page);
    const again = await page.evaluate(async ({name}) => {
      const index = await lode.openIndex({opfs: name},
        {model: '/models/lode-static-en.lode-model', threads: 2});
      await index.verify();
      const found = await index.search('put words into pieces');
      const info = await index.info();
      const bytes = (await index.export()).size;
      await index.dispose();
      const root = await navigator.storage.getDirectory();
      const folder = await root.getDirectoryHandle('site');
      const names = [];
      for await (const each of folder.keys()) names.push(each);
      return {found, info, bytes, names};
    }, {name});
    assert.deepEqual(again.found, filled.found);
    assert.deepEqual(again.info, filled.info);
    assert.equal(again.bytes, again.info.bytes);
    assert.ok(again.names.includes(name.slice(5)) && !again.names.some((each) => each.endsWith('-journal')));
    await page.close();
  });
}

test('one tab at a time', {skip}, async () => {
  const first = await openPage();
  const second = await openPage();
  const open = (options) => `caught(lode.openIndex({opfs: 'one.lode', create: true}, ${options})
    .then(async (index) => { window.index = index; await index.add({id: 'a', content: 'x'}); }))`;
  assert.equal((await first.evaluate(open('{}'))).error, undefined);
  const {error} = await second.evaluate(open('{wait: 0}'));
  assert.equal(error.code, 'LODE_E_BUSY');
  const waiting = second.evaluate(open('{wait: 20000}'));
  await first.evaluate(() => index.dispose());
  assert.equal((await waiting).error, undefined);
  await second.evaluate(() => index.dispose());
  const {error: missing} = await second.evaluate(() => caught(lode.openIndex({opfs: 'none.lode'})));
  assert.equal(missing.code, 'LODE_E_NOT_FOUND');
  const {error: inline} = await second.evaluate(
    () => caught(lode.openIndex({opfs: 'inline.lode', create: true}, {mode: 'inline'})));
  assert.equal(inline.code, 'LODE_E_UNSUPPORTED');
  await first.close();
  await second.close();
});

test('a tab that goes away while it writes', {skip, timeout: 120_000}, async () => {
  let recovered = 0;
  for (let round = 0; round < KILLS; round++) {
    const name = `killed${round}.lode`;
    const page = await openPage();
    let done = 0;
    await page.exposeFunction('written', (n) => (done = n));
    await page.evaluate((name) => {
      void (async () => {
        const index = await lode.openIndex({opfs: name, create: true});
        for (let i = 0; ; i++) {
          const documents = Array.from({length: 20}, (_, k) => (
            {id: `d${k}`, content: `round ${i} ` + `word${i * k} and ${k} more `.repeat(300)}));
          await index.add([...documents, {id: `step${i}`, content: `step ${i}`}]);
          void written(i + 1);
        }
      })();
    }, name);
    while (done < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 40 * Math.random()));
    if (round % 2 === 0) {
      const session = await context.newCDPSession(page);
      const crashed = new Promise((resolve) => page.once('crash', resolve));
      session.send('Page.crash').catch(() => undefined); // it is never answered
      await crashed;
    } else {
      await page.goto('about:blank');
    }
    const before = done;
    if (round % 2 === 1) await page.close(); // what has crashed cannot be closed
    const other = await openPage();
    const {value, error} = await other.evaluate(async (name) => caught((async () => {
      const root = await navigator.storage.getDirectory();
      const journal = await (await root.getFileHandle(`${name}-journal`)).getFile();
      const left = new Uint8Array(await journal.slice(0, 1).arrayBuffer())[0] === 0xd9;
      const index = await lode.openIndex({opfs: name}, {wait: 20_000});
      await index.verify();
      const {documents} = await index.info();
      await index.dispose();
      return {left, steps: documents - 20};
    })()), name);
    assert.equal(error, undefined, JSON.stringify(error));
    recovered += value.left;
    assert.ok(value.steps >= before, `${before} steps were written, ${value.steps} are there`);
    await other.close();
  }
  console.log(`${KILLS} tabs gone, ${recovered} with a journal to play back`);
});

test('the quota is used up: a clear error, and the collection goes on', {skip}, async () => {
  const page = await openPage();
  const session = await context.newCDPSession(page);
  const origin = base.slice(0, -1);
  const usage = await page.evaluate(async () => (await navigator.storage.estimate()).usage);
  await page.evaluate(async () => {
    window.index = await lode.openIndex({opfs: 'quota.lode', create: true});
    await index.add({id: 'small', content: 'a small text'});
  });
  await session.send('Storage.overrideQuotaForOrigin', {origin, quotaSize: usage + 1_500_000});
  const {error} = await page.evaluate(() => caught((async () => {
    for (let i = 0; i < 200; i++) {
      const content = Array.from({length: 20_000}, (_, k) => `w${(i * k * 7919) % 100_003}`).join(' ');
      await index.add({id: `large${i}`, content});
    }
  })()));
  assert.equal(error?.code, 'LODE_E_IO', JSON.stringify(error));
  assert.match(error.message, /storage is full/);
  const {documents} = await page.evaluate(async () => (await index.verify(), index.info()));
  assert.ok(documents >= 1);
  await session.send('Storage.overrideQuotaForOrigin', {origin});
  const after = await page.evaluate(async () => {
    await index.add({id: 'later', content: 'there is room again'});
    const found = await index.search('room again');
    await index.dispose();
    return found.results[0].id;
  });
  assert.equal(after, 'later');
  await page.close();
});

test('a page that is loaded again with its collection open', {skip}, async () => {
  const page = await openPage();
  for (let round = 0; round < 3; round++) {
    const {error} = await page.evaluate(() => caught((async () => {
      window.index = await lode.openIndex({opfs: 'again.lode', create: true});
      await index.add({id: 'a', content: 'again'});
    })()));
    assert.equal(error, undefined, JSON.stringify(error));
    await ready(page);
  }
  await page.close();
});

test('in memory, from a URL and from a picked file', {skip}, async () => {
  const page = await openPage();
  const ids = await page.evaluate(async (manual) => {
    const made = await lode.openIndex({create: true});
    await made.add(manual);
    const blob = await made.export();
    const picked = await lode.openIndex(new File([blob], 'docs.lode'));
    const url = URL.createObjectURL(blob);
    const lists = [];
    for (const index of [made, picked]) {
      lists.push((await index.search('tokenizer')).results.map(({id}) => id));
      await index.dispose();
    }
    URL.revokeObjectURL(url);
    return lists;
  }, manual);
  assert.ok(ids[0].length > 0);
  assert.deepEqual(ids[0], ids[1]);
  const {error} = await page.evaluate(() => caught(lode.openIndex('/page.html')));
  assert.equal(error.code, 'LODE_E_FORMAT');
  await page.close();
});

for (const [query, threads] of [['', 1], ['?isolated', 2]]) {
  for (const isa of ['simd128', undefined]) {
    const name = `lode-index-${isa ?? 'relaxed'}${threads > 1 ? '-threads' : ''}`;
    test(`SciFact as natively: ${name}`, {skip: skip || NO_SCIFACT, timeout: 120_000}, async (t) => {
      scifact ??= sample();
      scifact.expected ??= expectedOf(t, scifact);
      const page = await openPage(query);
      const asked = [];
      page.on('request', (request) => asked.push(request.url()));
      const {queries, documents, expected} = scifact;
      const seen = await page.evaluate(`(${fillAndAsk})(lode.openIndex, ${JSON.stringify({queries, documents})},
        ${JSON.stringify({model: '/models/lode-static-en.lode-model', isa, threads})}, ${JSON.stringify(MODES)})`);
      assert.ok(asked.some((url) => url.endsWith(`/${name}.wasm`)), String(asked));
      compare(seen, expected, documents.length);
      await page.close();
    });
  }
}
