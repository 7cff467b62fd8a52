// The embedder in a browser, under a strict content security policy. Chromium is $CHROMIUM, or
// /usr/bin/chromium; skipped without.
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {createReadStream, existsSync, readFileSync, statSync} from 'node:fs';
import {createServer} from 'node:http';
import {extname, join} from 'node:path';
import {after, before, test} from 'node:test';
import {createEmbedder} from '../dist/node.js';
import {NO_MINILM, TEXTS, embedNative, minilmBundle, root, staticModel} from './native.mjs';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const skip = existsSync(executablePath) ? false : `there is no ${executablePath}`;
const TYPES = {'.js': 'text/javascript', '.wasm': 'application/wasm'};
const CSP = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";
const MODEL = '/models/lode-static-en.lode-model';
const MINILM = '/minilm.lode-model'; // in int8

const FILES = {
  '/page.html': ['text/html', '<!doctype html><title>lode</title><script type=module src=/page.js></script>'],
  '/page.js': ['text/javascript', `
    import * as lode from '/js/dist/index.js';
    window.lode = lode;
    window.caught = (promise) => promise.then(() => 'fulfilled', ({name, code}) => ({name, code}));
    document.title = 'ready';`],
  '/frame.html': ['text/html', '<!doctype html><title>frame</title><iframe src=/page.html></iframe>'],
  '/sw.js': ['text/javascript', `
    import {createEmbedder} from '/js/dist/inline.js';
    addEventListener('install', () => skipWaiting());
    addEventListener('message', async ({data, ports: [port]}) => {
      try {
        const embedder = await createEmbedder(data, {});
        port.postMessage({vector: await embedder.embed('one text'), loaded: embedder.info.loaded});
      } catch (error) {
        port.postMessage({error: String(error.stack)});
      }
    });`],
};

let server, browser, base, expected;
const requests = [];

/** The model, and the connection ends after a third of it; the rest is to be asked for. */
function dropped(request, response) {
  const body = readFileSync(staticModel);
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const rest = body.subarray(Number(from ?? 0));
  const range = {'content-range': `bytes ${from}-${body.length - 1}/${body.length}`};
  response.writeHead(from === undefined ? 200 : 206, {
    'content-type': 'application/octet-stream', 'content-length': rest.length, etag: '"1"',
    ...(from !== undefined && range),
  });
  const third = Math.ceil(body.length / 3);
  if (rest.length <= third) return response.end(rest);
  response.write(rest.subarray(0, third), () => setTimeout(() => response.socket?.destroy(), 50));
}

before(async () => {
  if (skip) return;
  server = createServer((request, response) => {
    const {pathname, searchParams} = new URL(request.url, 'http://localhost');
    requests.push(`${request.method} ${pathname}`);
    response.setHeader('content-security-policy', CSP);
    response.setHeader('cross-origin-embedder-policy', 'require-corp');
    if (searchParams.has('isolated')) response.setHeader('cross-origin-opener-policy', 'same-origin');
    if (FILES[pathname] !== undefined) {
      const [type, text] = FILES[pathname];
      return response.writeHead(200, {'content-type': type}).end(text);
    }
    if (pathname === '/drops') return dropped(request, response);
    const file = pathname === MINILM ? minilmBundle() : join(root, pathname);
    if (!existsSync(file) || !statSync(file).isFile()) {
      return response.writeHead(200, {'content-type': 'text/html'}).end(FILES['/page.html'][1]);
    }
    const {size, mtimeMs} = statSync(file);
    response.writeHead(200, {'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-length': size, etag: `"${mtimeMs}"`});
    return request.method === 'HEAD' ? response.end() : createReadStream(file).pipe(response);
  }).listen(0);
  base = `http://localhost:${server.address().port}`;
  const {chromium} = await import('playwright-core');
  browser = await chromium.launch({executablePath, headless: true,
    args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync']});
  const embedder = await createEmbedder(staticModel, {cache: false});
  expected = [...(await embedder.embed('one text'))];
  await embedder.dispose();
});

after(async () => {
  await browser?.close();
  server?.close();
});

/** A page in a profile of its own: no cache of another test's. */
async function openPage(t, path = '/page.html') {
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  const broken = [];
  page.on('console', (message) => message.type() === 'error' && broken.push(message.text()));
  await page.goto(base + path);
  if (path.startsWith('/page')) await page.waitForFunction(() => document.title === 'ready');
  return {page, broken};
}

function near(vector) {
  assert.equal(vector.length, expected.length);
  vector.forEach((x, i) => assert.ok(Math.abs(x - expected[i]) <= 1e-5));
}

for (const isolated of [false, true]) {
  for (const options of [{threads: 1}, {threads: 2}, {mode: 'inline'}]) {
    test(`isolated: ${isolated}, ${JSON.stringify(options)}`, {skip}, async (t) => {
      const {page, broken} = await openPage(t, isolated ? '/page.html?isolated' : '/page.html');
      const seen = await page.evaluate(async ({MODEL, options}) => {
        const embedder = await lode.createEmbedder(MODEL, options);
        const vector = [...(await embedder.embed('one text'))];
        const texts = Array.from({length: 5000}, (_, i) => `text number ${i}`);
        const replicas = await embedder.replicas;
        const {count, vectors} = await embedder.embed(texts);
        const last = [...vectors.subarray(-vectors.length / count)];
        const alone = [...(await embedder.embed(texts.at(-1)))];
        const {info} = embedder;
        await embedder.dispose();
        return {vector, count, last, alone, replicas, info, isolated: crossOriginIsolated,
          after: await caught(embedder.embed('x'))};
      }, {MODEL, options});
      assert.equal(seen.isolated, isolated);
      near(seen.vector);
      assert.equal(seen.count, 5000);
      assert.deepEqual(seen.last, seen.alone);
      const parallel = options.threads ?? 1;
      const shared = isolated && options.mode !== 'inline';
      assert.deepEqual([seen.info.threads, seen.replicas], shared ? [parallel, 1] : [1, parallel]);
      assert.match(seen.info.wasm, shared && parallel > 1 ? /-threads$/ : /(simd128|relaxed)$/);
      assert.deepEqual(seen.after, {name: 'LodeError', code: 'LODE_E_CANCELLED'});
      assert.deepEqual(broken, [], 'what the policy forbids');
    });
  }
}

test('MiniLM int8: the native vectors, whatever the module, the threads and the batch',
  {skip: skip || NO_MINILM, timeout: 180_000}, async (t) => {
    const texts = [...TEXTS, ...TEXTS.slice(0, 7).map((text, i) => `${text} `.repeat(i + 2).trim())];
    const native = embedNative(minilmBundle(), texts).map((row) => [...row]);
    const {page} = await openPage(t, '/page.html?isolated');
    for (const isa of ['simd128', 'relaxed']) {
      for (const threads of [1, 2]) {
        const rows = await page.evaluate(async ({MINILM, options, texts}) => {
          const embedder = await lode.createEmbedder(MINILM, options);
          const rows = {};
          for (const batch of [1, 4, texts.length]) {
            rows[batch] = [];
            for (let i = 0; i < texts.length; i += batch) {
              rows[batch].push(...(await embedder.embed(texts.slice(i, i + batch))));
            }
            rows[batch] = rows[batch].map((row) => [...row]);
          }
          rows.backwards = [...(await embedder.embed([...texts].reverse()))].map((row) => [...row]).reverse();
          await embedder.dispose();
          return rows;
        }, {MINILM, options: {isa, threads, cache: false}, texts});
        for (const [batch, all] of Object.entries(rows)) {
          assert.deepEqual(all, native, `isa ${isa}, threads ${threads}, batch ${batch}`);
        }
      }
    }
  });

for (const [kind, options] of [['worker', {}], ['inline', {mode: 'inline'}], ['Cache API', {mode: 'inline'}]]) {
  test(`what was fetched is kept: ${kind}`, {skip}, async (t) => {
    const {page} = await openPage(t);
    const load = () => page.evaluate(async ({MODEL, options, kind}) => {
      if (kind === 'Cache API') {
        StorageManager.prototype.getDirectory = () => Promise.reject(new Error('not here'));
      }
      const embedder = await lode.createEmbedder(MODEL, {...options, cache: {revalidate: 'never'}});
      const vector = [...(await embedder.embed('one text'))];
      const {loaded} = embedder.info;
      await embedder.dispose();
      const list = await (await lode.openCache()).list();
      return {vector, loaded, list};
    }, {MODEL, options, kind});
    const first = await load();
    assert.deepEqual([first.loaded.cachedBytes, first.loaded.cacheError], [0, undefined]);
    assert.deepEqual(first.list.map(({url}) => url), [base + MODEL]);
    await page.reload();
    await page.waitForFunction(() => document.title === 'ready');
    const before = requests.filter((line) => line === `GET ${MODEL}`).length;
    const second = await load();
    assert.equal(second.loaded.cachedBytes, second.loaded.bytes);
    assert.deepEqual(second.vector, first.vector);
    assert.equal(requests.filter((line) => line === `GET ${MODEL}`).length, before);
    const left = await page.evaluate(async () => {
      const cache = await lode.openCache();
      await cache.clear();
      return cache.list();
    });
    assert.deepEqual(left, []);
  });
}

test('several at once read what is kept, into shared memory and into their own', {skip}, async (t) => {
  const {page} = await openPage(t, '/page.html?isolated');
  const seen = await page.evaluate(async (MODEL) => {
    await (await lode.createEmbedder(MODEL)).dispose();
    const options = [{threads: 2}, {threads: 1}, {threads: 2}, {threads: 1, mode: 'inline'}];
    const embedders = await Promise.all(options.map((each) =>
      lode.createEmbedder(MODEL, {...each, cache: {revalidate: 'never'}})));
    return Promise.all(embedders.map(async (embedder) =>
      [embedder.info.loaded, [...(await embedder.embed('one text'))]]));
  }, MODEL);
  for (const [{bytes, cachedBytes, cacheError}, vector] of seen) {
    assert.deepEqual([cachedBytes, cacheError], [bytes, undefined]);
    near(vector);
  }
});

test('a file in the cache that is cut short is fetched again', {skip}, async (t) => {
  const {page} = await openPage(t);
  const seen = await page.evaluate(async (MODEL) => {
    const load = async () => {
      const embedder = await lode.createEmbedder(MODEL, {cache: {revalidate: 'never'}});
      const {loaded} = embedder.info;
      const vector = [...(await embedder.embed('one text'))];
      await embedder.dispose();
      return {...loaded, vector};
    };
    const first = await load();
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('lode-models');
    for await (const [name, handle] of folder.entries()) {
      if (!name.endsWith('.bin')) continue;
      const file = await handle.createWritable({keepExistingData: true});
      await file.truncate(first.bytes - 1);
      await file.close();
    }
    return [first, await load(), await load()];
  }, MODEL);
  assert.deepEqual(seen.map(({cachedBytes, bytes}) => cachedBytes === bytes), [false, false, true]);
  for (const {vector} of seen) near(vector);
});

test('files, blobs, streams, pages in the place of a model', {skip}, async (t) => {
  const {page} = await openPage(t);
  const seen = await page.evaluate(async (MODEL) => {
    const blob = await (await fetch(MODEL)).blob();
    const sources = [blob, new File([blob], 'm'), await blob.arrayBuffer(), blob.stream(), await fetch(MODEL),
      new Request(MODEL)];
    const vectors = [];
    for (const source of sources) {
      const embedder = await lode.createEmbedder(source, {cache: false});
      vectors.push([...(await embedder.embed('one text'))]);
      await embedder.dispose();
    }
    return {vectors, page: await caught(lode.createEmbedder('/no-such-model'))};
  }, MODEL);
  seen.vectors.forEach(near);
  assert.deepEqual(seen.page, {name: 'LodeError', code: 'LODE_E_FORMAT'});
});

test('a connection that drops is taken up where it ended', {skip}, async (t) => {
  const {page} = await openPage(t);
  const before = requests.length;
  const seen = await page.evaluate(async () => {
    const embedder = await lode.createEmbedder('/drops', {cache: false});
    return [...(await embedder.embed('one text'))];
  });
  near(seen);
  assert.equal(requests.slice(before).filter((line) => line === 'GET /drops').length, 3);
  const code = await page.evaluate(() => caught(lode.createEmbedder('/drops', {cache: false, retries: 0})));
  assert.deepEqual(code, {name: 'LodeError', code: 'LODE_E_IO'});
});

test('changed bytes, too little memory, and what can be had after that', {skip}, async (t) => {
  const integrity = `sha256-${createHash('sha256').update(readFileSync(staticModel)).digest('base64')}`;
  for (const path of ['/page.html', '/page.html?isolated']) {
    const {page} = await openPage(t, path);
    const seen = await page.evaluate(async ({MODEL, integrity}) => {
      const bytes = new Uint8Array(await (await fetch(MODEL)).arrayBuffer());
      const changed = bytes.slice();
      changed[bytes.length >> 1] ^= 1;
      const load = (source, options) => lode.createEmbedder(source, {cache: false, threads: 2, ...options});
      const outcomes = [
        await caught(load(changed, {verify: true})), await caught(load(changed, {integrity})),
        await caught(load(bytes.subarray(0, -1))), await caught(load(bytes, {maxMemory: 5 * 2 ** 20})),
      ];
      const embedder = await load(bytes, {verify: true, integrity});
      const {texts, leastCosine} = await embedder.verify();
      const vector = [...(await embedder.embed('one text'))];
      // Room for the model, and not for this text: others still have theirs.
      const tight = await load(bytes, {maxMemory: (await embedder.memory()) + 2 ** 17, threads: 1});
      outcomes.push(await caught(tight.embed('word '.repeat(2 ** 20))));
      const after = [...(await tight.embed('one text'))];
      return {outcomes, texts, leastCosine, vector, after};
    }, {MODEL, integrity});
    const codes = ['LODE_E_FORMAT', 'LODE_E_FORMAT', 'LODE_E_FORMAT', 'LODE_E_NOMEM', 'LODE_E_NOMEM'];
    assert.deepEqual(seen.outcomes, codes.map((code) => ({name: 'LodeError', code})), path);
    assert.ok(seen.texts > 0 && seen.leastCosine > 0.999);
    near(seen.vector);
    near(seen.after);
  }
});

test('a full storage and a cache that is too small do not fail a load', {skip}, async (t) => {
  const {page} = await openPage(t);
  const session = await page.context().newCDPSession(page);
  const load = (cache) => page.evaluate(async ({MODEL, cache}) => {
    const embedder = await lode.createEmbedder(MODEL, {cache});
    const vector = [...(await embedder.embed('one text'))];
    await embedder.dispose();
    return {...embedder.info.loaded, vector, kept: (await (await lode.openCache()).list()).length};
  }, {MODEL, cache});
  await session.send('Storage.overrideQuotaForOrigin', {origin: base, quotaSize: 1_000_000});
  const full = await load({});
  await session.send('Storage.overrideQuotaForOrigin', {origin: base});
  const small = await load({maxBytes: 1000});
  const later = await load({});
  for (const each of [full, small]) {
    near(each.vector);
    assert.deepEqual([each.cachedBytes, each.kept], [0, 0]);
  }
  assert.match(full.cacheError, /full|quota/i);
  assert.match(small.cacheError, /larger than the cache/);
  assert.deepEqual([later.cacheError, later.kept], [undefined, 1]);
});

test('a file in OPFS, and the call that Transformers.js has', {skip}, async (t) => {
  const {page} = await openPage(t);
  const seen = await page.evaluate(async (MODEL) => {
    const root = await navigator.storage.getDirectory();
    const handle = await root.getFileHandle('mine', {create: true});
    const file = await handle.createWritable();
    await file.write(await (await fetch(MODEL)).blob());
    await file.close();
    const embedder = await lode.createEmbedder(handle);
    const {pipeline} = await import('/js/dist/transformers.js');
    const extract = await pipeline('feature-extraction', MODEL);
    const {dims, data} = await extract('one text', {pooling: 'mean', normalize: true});
    return {vector: [...(await embedder.embed('one text'))], dims, data: [...data]};
  }, MODEL);
  near(seen.vector);
  near(seen.data);
  assert.deepEqual(seen.dims, [1, seen.data.length]);
});

test('aborts, and the page stays awake', {skip}, async (t) => {
  const {page} = await openPage(t);
  const seen = await page.evaluate(async (MODEL) => {
    const embedder = await lode.createEmbedder(MODEL);
    const texts = Array.from({length: 30000}, (_, i) => `text number ${i} `.repeat(8));
    let turns = 0;
    const timer = setInterval(() => turns++, 10);
    const outcomes = [];
    for (let i = 0; i < 10; i++) {
      const stop = new AbortController();
      setTimeout(() => stop.abort(), Math.random() * 60);
      outcomes.push((await caught(embedder.embed(texts, {signal: stop.signal}))).name);
    }
    clearInterval(timer);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 5);
    const loading = (await caught(lode.createEmbedder(MODEL, {cache: false, signal: stop.signal}))).name;
    return {outcomes, turns, loading, vector: [...(await embedder.embed('one text'))]};
  }, MODEL);
  assert.deepEqual(seen.outcomes, new Array(10).fill('AbortError'));
  assert.equal(seen.loading, 'AbortError');
  assert.ok(seen.turns > 0);
  near(seen.vector);
});

test('in an iframe', {skip}, async (t) => {
  const {page} = await openPage(t, '/frame.html');
  const frame = page.frames().find((each) => each !== page.mainFrame());
  await frame.waitForFunction(() => document.title === 'ready');
  near(await frame.evaluate(async (MODEL) =>
    [...(await (await lode.createEmbedder(MODEL)).embed('one text'))], MODEL));
});

test('in a service worker', {skip}, async (t) => {
  const {page} = await openPage(t);
  const ask = () => page.evaluate(async (url) => {
    await navigator.serviceWorker.register('/sw.js', {type: 'module'});
    const {active} = await navigator.serviceWorker.ready;
    const {port1, port2} = new MessageChannel();
    active.postMessage(url, [port2]);
    return new Promise((resolve) => (port1.onmessage = ({data}) =>
      resolve({...data, vector: data.vector && [...data.vector]})));
  }, base + MODEL);
  const first = await ask();
  assert.equal(first.error, undefined);
  near(first.vector);
  const second = await ask();
  assert.equal(second.loaded.cachedBytes, second.loaded.bytes);
});

test('50 lives in one page', {skip, timeout: 180_000}, async (t) => {
  const {page} = await openPage(t);
  const outcomes = await page.evaluate(async (MODEL) => {
    const sizes = [];
    for (let i = 0; i < 50; i++) {
      const embedder = await lode.createEmbedder(MODEL);
      await embedder.embed('one text');
      sizes.push(await embedder.memory());
      await embedder.dispose();
    }
    return sizes;
  }, MODEL);
  assert.equal(outcomes.length, 50);
  assert.ok(outcomes.every((size) => size === outcomes[0]));
});
