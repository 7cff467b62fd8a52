// The backend for GPUs in Chromium, on SwiftShader: vectors, the choice, and everything that can fail.
// Chromium is $CHROMIUM, or /usr/bin/chromium; skipped without. LODE_GPU_LOSSES: how many devices are
// lost in a row (2). LODE_GPU_MODELS=1: more models, all-MiniLM-L6-v2 among them, which SwiftShader
// takes a minute for.
import assert from 'node:assert/strict';
import {createReadStream, existsSync, readFileSync, readdirSync, statSync} from 'node:fs';
import {createServer} from 'node:http';
import {extname, join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {NO_MINILM, NO_NATIVE, TEXTS, cosine, embedNative, minilmFolder, root} from './native.mjs';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const skip = existsSync(executablePath) ? false : `there is no ${executablePath}`;
const losses = Number(process.env.LODE_GPU_LOSSES ?? 2);
const TYPES = {'.js': 'text/javascript', '.wasm': 'application/wasm'};
const CSP = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";
const FIXTURE = join(root, 'tests', 'data', 'models', 'bert-mean-normalize');
const TIMEOUT = 300_000;
/** Of several tests, and of a device lost again and again: minutes where the machine is busy. */
const LONG = 4 * TIMEOUT + 20_000 * losses;
/** After so many losses JavaScript's heap has what it keeps, and may grow by no more than this. */
const WARM_LOSSES = 10;
const MOST_GROWTH = 2 ** 20;
/** SwiftShader computes some tokens of MiniLM a second, where the machine is busy. */
const SHORT = [...TEXTS.slice(0, 3), 'a text that is somewhat longer than these '.repeat(3)];

const PAGES = {
  // Everything as it is: the engine is in a worker.
  '/plain.html': `import * as lode from '/js/dist/index.js'; window.lode = lode;`,
  // The engine is in the page, and what it is given can fail.
  '/faulty.html': `import * as lode from '/js/dist/index.js';
    import * as page from '/js/test/webgpu_page.js';
    Object.assign(window, page, {lode});`,
};

/** What runs in every page: a model's folder as a source, and an error as data. */
const COMMON = `
  window.folder = (base, names) =>
    ({files: Object.fromEntries(names.map((name) => [name, base + name]))});
  window.caught = (promise) => promise.then(() => 'fulfilled', ({name, code, message}) =>
    ({name, code, message}));
  document.title = 'ready';`;

let server, browser, base, faulty;

function filesOf(folder) {
  return readdirSync(folder, {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1));
}

function serveFile(response, file) {
  if (!existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
  response.writeHead(200, {'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
    'content-length': statSync(file).size});
  return createReadStream(file).pipe(response);
}

async function openPage(path) {
  const page = await browser.newPage();
  await page.goto(base + path);
  await page.waitForFunction(() => document.title === 'ready', undefined, {timeout: TIMEOUT});
  return page;
}

before(async () => {
  if (skip) return;
  server = createServer((request, response) => {
    const {pathname} = new URL(request.url, 'http://localhost');
    response.setHeader('content-security-policy', CSP);
    if (PAGES[pathname] !== undefined) {
      return response.writeHead(200, {'content-type': 'text/html'})
        .end(`<!doctype html><title>x</title><script type=module src="${pathname}.js"></script>`);
    }
    const page = PAGES[pathname.replace(/\.js$/, '')];
    if (page !== undefined) {
      return response.writeHead(200, {'content-type': 'text/javascript'}).end(page + COMMON);
    }
    if (pathname === '/small/config.json') {
      // Without layers there are three pipelines to compile, for every device anew.
      const config = JSON.parse(readFileSync(join(FIXTURE, 'config.json'), 'utf8'));
      return response.writeHead(200, {'content-type': 'application/json'})
        .end(JSON.stringify({...config, num_hidden_layers: 0}));
    }
    if (pathname.startsWith('/small/')) {
      return serveFile(response, join(FIXTURE, pathname.slice('/small'.length)));
    }
    if (pathname.startsWith('/minilm/')) {
      return serveFile(response, join(minilmFolder, pathname.slice('/minilm'.length)));
    }
    return serveFile(response, join(root, pathname));
  }).listen(0);
  base = `http://localhost:${server.address().port}`;
  const {chromium} = await import('playwright-core');
  browser = await chromium.launch({executablePath, headless: true,
    args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader']});
  faulty = await openPage('/faulty.html');
  faulty.setDefaultTimeout(TIMEOUT);
}, {timeout: TIMEOUT});

after(async () => {
  await browser?.close();
  server?.close();
});

function modelArgs(folder) {
  const url = folder === minilmFolder ? '/minilm/' : `${folder.slice(root.length)}/`;
  return {url, names: filesOf(folder).filter((name) => !name.includes('onnx'))};
}

function assertNear(rows, expected, least) {
  rows.forEach((row, i) => {
    const c = cosine(row, expected[i]);
    assert.ok(c >= least, `text ${i}: ${c}`);
  });
}

/** In a page: all vectors of a model on the GPU, at once and one by one. */
async function embedAll({url, names, texts, mode, dtype, verified = true}) {
  const embedder = await lode.createEmbedder(folder(url, names),
    {backend: 'webgpu', dtype, mode, cache: false, threads: 1});
  const all = [...(await embedder.embed(texts))].map((row) => [...row]);
  const alone = [];
  for (const text of texts) alone.push([...(await embedder.embed(text))]);
  const tokens = (await embedder.embedTokens(texts.slice(0, 2))).map(({length}) => length);
  const none = (await embedder.embedTokens([])).length + (await embedder.embed([])).count;
  const ids = (await embedder.tokenize(texts[0])).ids.length;
  const selfTest = verified ? await embedder.verify() : undefined;
  const {info} = embedder;
  await embedder.dispose();
  return {all, alone, tokens, none, ids, selfTest, info};
}

function checkAll({all, alone, tokens, none, ids, selfTest, info}, expected) {
  assert.deepEqual([info.backend, info.dtype, info.reason, info.candidates],
    ['webgpu', 'f32', undefined, []]);
  assert.match(info.wasm, /^lode-embed-gpu-/);
  assert.match(info.device, /swiftshader/i);
  assert.ok(info.dispatches > 0 && info.dispatches <= 7 * info.layers + 4, `${info.dispatches}`);
  assertNear(all, expected, 0.999999);
  assert.deepEqual(alone, all, 'a vector does not depend on its batch');
  assert.deepEqual([tokens[0], none], [ids * info.tokenDim, 0]);
  if (selfTest !== undefined) assert.ok(selfTest.texts > 0 && selfTest.leastCosine >= 0.999999);
}

describe('on SwiftShader', {skip}, () => {
  test('in a worker', {skip: NO_NATIVE, timeout: TIMEOUT}, async (t) => {
    const page = await openPage('/plain.html');
    t.after(() => page.close());
    const seen = await page.evaluate(embedAll, {...modelArgs(FIXTURE), texts: TEXTS});
    checkAll(seen, embedNative(FIXTURE, TEXTS, '--dtype', 'f32'));
  });

  const few = process.env.LODE_GPU_MODELS !== '1' && 'LODE_GPU_MODELS is not 1';
  for (const name of ['bert-mean-normalize', 'roberta', 'bert-dense', 'distilbert']) {
    const path = join(root, 'tests', 'data', 'models', name);
    const skip = NO_NATIVE || (/dense|distil/.test(name) && few);
    test(`${name}, in the page`, {skip, timeout: TIMEOUT}, async () => {
      const seen = await faulty.evaluate(embedAll, {...modelArgs(path), texts: TEXTS, mode: 'inline'});
      checkAll(seen, embedNative(path, TEXTS, '--dtype', 'f32'));
    });
  }

  test('in integers: the bits of the native library', {skip: NO_NATIVE, timeout: TIMEOUT}, async () => {
    const seen = await faulty.evaluate(embedAll,
      {...modelArgs(FIXTURE), texts: TEXTS, mode: 'inline', dtype: 'int8', verified: false});
    assert.deepEqual([seen.info.backend, seen.info.dtype], ['webgpu', 'int8']);
    assert.deepEqual(seen.all, embedNative(FIXTURE, TEXTS, '--dtype', 'int8').map((row) => [...row]));
    assert.deepEqual(seen.alone, seen.all, 'a vector does not depend on its batch');
  });

  test('all-MiniLM-L6-v2', {skip: few || NO_MINILM, timeout: TIMEOUT}, async () => {
    const seen = await faulty.evaluate(embedAll,
      {...modelArgs(minilmFolder), texts: SHORT, mode: 'inline', verified: false});
    assert.equal(seen.info.dispatches, 44);
    checkAll(seen, embedNative(minilmFolder, SHORT, '--dtype', 'f32'));
  });
});

/** In a page, with these faults: what becomes of a model, and that nothing is left of it. */
async function openWith({model, backend, dtype, wrong, later, clock}) {
  reset();
  Object.assign(faults, wrong, {clock});
  if (wrong.adapter === 'throws') faults.adapter = new TypeError('no adapters today');
  if (wrong.device === 'throws') faults.device = new DOMException('refused', 'OperationError');
  const options = {mode: 'inline', cache: false};
  const source = folder(model.url, model.names);
  const texts = ['hello world', 'a', 'the quick brown fox '.repeat(10)];
  const seen = {};
  try {
    const embedder = await lode.createEmbedder(source, {...options, backend, dtype});
    seen.opened = structuredClone(embedder.info);
    Object.assign(faults, later);
    seen.vectors = await embedder.embed(texts).then(({vectors}) => [...vectors],
      ({name, code, message}) => ({name, code, message}));
    seen.info = structuredClone(embedder.info);
    if (embedder.info.backend === 'cpu') seen.again = [...(await embedder.embed(texts)).vectors];
    seen.memory = await embedder.memory();
    await embedder.dispose();
  } catch ({name, code, message}) {
    seen.error = {name, code, message};
  }
  seen.given = structuredClone(given);
  reset();
  const cpu = await lode.createEmbedder(source, options);
  seen.cpu = [...(await cpu.embed(texts)).vectors];
  await cpu.dispose();
  return {...seen, counts: {...counts}};
}

const NOTHING_LEFT = {devices: 0, buffers: 0};
const run = (args) => faulty.evaluate(openWith, {model: modelArgs(FIXTURE), wrong: {}, ...args});

describe('the choice', {skip, timeout: LONG}, () => {
  test('a GPU that is faster', async () => {
    const {opened, info, vectors, cpu, counts} = await run({backend: 'auto', clock: 'slow'});
    assert.equal(opened.backend, 'webgpu');
    const [first, second] = info.candidates;
    assert.deepEqual([first.backend, first.passed, first.chosen], ['cpu', true, false]);
    assert.deepEqual([second.backend, second.passed, second.chosen], ['webgpu', true, true]);
    assert.ok(second.oneSeconds > 0 && second.seconds > 0 && first.seconds > second.seconds);
    assert.ok(second.leastCosine >= 0.999999);
    assert.equal(info.reason, undefined);
    assert.equal(vectors.length, cpu.length);
    assert.ok(cosine(vectors, cpu) >= 0.999999);
    assert.deepEqual(counts, NOTHING_LEFT);
  });

  test('a GPU that is slower', async () => {
    const {opened, vectors, cpu, counts} = await run({backend: 'auto', clock: 'still'});
    assert.deepEqual([opened.backend, opened.device, opened.reason], ['cpu', undefined, 'slower']);
    assert.deepEqual(opened.candidates.map(({chosen}) => chosen), [true, false]);
    assert.deepEqual(vectors, cpu);
    assert.deepEqual(counts, NOTHING_LEFT);
  });

  test('arguments', async () => {
    const {error} = await run({backend: 'cuda'});
    assert.deepEqual([error.name, error.code], ['LodeError', 'LODE_E_ARG']);
  });
});

// What is wrong, what "webgpu" is refused with, and what is said of it.
const REFUSED = [
  ['no adapter', {adapter: null}, 'LODE_E_UNSUPPORTED', /no WebGPU adapter/],
  ['adapters fail', {adapter: 'throws'}, 'LODE_E_UNSUPPORTED', /no adapters today/],
  ['the device is refused', {device: 'throws'}, 'LODE_E_UNSUPPORTED', /refused/],
  ['a limit is missing', {limits: {maxStorageBuffersPerShaderStage: 4}}, 'LODE_E_UNSUPPORTED',
    /maxStorageBuffersPerShaderStage is 4, not 8/],
  ['a shader does not compile', {shader: 'fn main() -> u32 { return 1.5; }'}, 'LODE_E_DEVICE',
    /refused: /],
  ['no memory for weights', {memory: 1}, 'LODE_E_DEVICE', /out of memory: full/],
];

describe('what fails when a model is opened', {skip, timeout: LONG}, () => {
  for (const [name, wrong, code, words] of REFUSED) {
    test(`${name}: webgpu`, async () => {
      const {error, counts} = await run({backend: 'webgpu', wrong});
      assert.deepEqual([error?.name, error?.code], ['LodeError', code]);
      assert.match(error.message, words);
      assert.deepEqual(counts, NOTHING_LEFT);
    });

    test(`${name}: auto`, async () => {
      const {opened, vectors, cpu, counts} = await run({backend: 'auto', wrong, clock: 'slow'});
      assert.equal(opened.backend, 'cpu');
      assert.match(opened.reason, words);
      assert.match(opened.candidates[1].reason, words);
      assert.deepEqual(vectors, cpu);
      assert.deepEqual(counts, NOTHING_LEFT);
    });
  }

  // SwiftShader has no shader-f16.
  const NO_HALF = /has no shader-f16, which dtype "f16" needs/;

  test('f16 that the device does not have: webgpu', async () => {
    const {error, given, counts} = await run({backend: 'webgpu', dtype: 'f16'});
    assert.deepEqual(given.features, []);
    assert.deepEqual([error?.name, error?.code], ['LodeError', 'LODE_E_UNSUPPORTED']);
    assert.match(error.message, NO_HALF);
    assert.deepEqual(counts, NOTHING_LEFT);
  });

  test('f16 that the device does not have: auto', async () => {
    const {opened, vectors, cpu, counts} = await run({backend: 'auto', dtype: 'f16', clock: 'slow'});
    assert.deepEqual([opened.backend, opened.dtype], ['cpu', 'f32']);
    assert.match(opened.reason, NO_HALF);
    assert.deepEqual(opened.candidates.map(({dtype}) => dtype), ['f32', 'f16']);
    assert.deepEqual(vectors, cpu);
    assert.deepEqual(counts, NOTHING_LEFT);
  });

  test('f16 on the CPU', async () => {
    const {error} = await run({backend: 'cpu', dtype: 'f16'});
    assert.deepEqual([error?.code, error?.name], ['LODE_E_ARG', 'LodeError']);
    assert.match(error.message, /"f16" is a GPU's/);
  });

  // Where an adapter says that it has shader-f16, the device is asked for it and given a shader in f16,
  // which SwiftShader finds wrong.
  test('f16 that the adapter only says it has', async () => {
    const {error, given, counts} =
      await run({backend: 'webgpu', dtype: 'f16', wrong: {half: true}});
    assert.deepEqual(given.features, ['shader-f16']);
    assert.ok(given.shaders.some((code) => /^enable f16;[^]*array<vec4h>/.test(code)));
    assert.deepEqual([error?.name, error?.code], ['LodeError', 'LODE_E_DEVICE']);
    assert.match(error.message, /refused: /);
    assert.deepEqual(counts, NOTHING_LEFT);
  });

  test('wrong numbers', async () => {
    const {opened, vectors, cpu, counts} =
      await run({backend: 'auto', wrong: {spoiled: true}, clock: 'slow'});
    assert.deepEqual([opened.backend, opened.candidates[1].passed], ['cpu', false]);
    assert.match(opened.reason, /self-test/);
    assert.deepEqual(vectors, cpu);
    assert.deepEqual(counts, NOTHING_LEFT);
  });

  test('a browser without WebGPU', async (t) => {
    const page = await openPage('/plain.html');
    t.after(() => page.close());
    const seen = await page.evaluate(async ({url, names}) => {
      Object.defineProperty(navigator, 'gpu', {value: undefined});
      const options = {mode: 'inline', cache: false};
      const refused = await caught(
        lode.createEmbedder(folder(url, names), {...options, backend: 'webgpu'}));
      const embedder = await lode.createEmbedder(folder(url, names), {...options, backend: 'auto'});
      return {refused, info: embedder.info, dim: (await embedder.embed('x')).length};
    }, modelArgs(FIXTURE));
    assert.equal(seen.refused.code, 'LODE_E_UNSUPPORTED');
    assert.match(seen.info.reason, /no navigator\.gpu/);
    assert.match(seen.info.wasm, /^lode-embed-(simd128|relaxed)$/);
    assert.deepEqual([seen.info.backend, seen.dim], ['cpu', seen.info.dim]);
  });
});

describe('what fails later', {skip, timeout: LONG}, () => {
  for (const [name, later, words] of [
    ['the device is lost', {submits: 0}, /the device is lost: unplugged/],
    ['no memory for a batch', {memory: 0}, /out of memory: full/],
  ]) {
    test(`${name}: auto`, async () => {
      const {opened, info, vectors, again, cpu, counts} =
        await run({backend: 'auto', later, clock: 'slow'});
      assert.equal(opened.backend, 'webgpu');
      assert.deepEqual(vectors, cpu);
      assert.deepEqual(again, cpu);
      assert.deepEqual([info.backend, info.device, info.dispatches], ['cpu', undefined, 0]);
      assert.match(info.reason, words);
      assert.deepEqual(counts, NOTHING_LEFT);
    });

    test(`${name}: webgpu`, async () => {
      const {vectors, info, counts} = await run({backend: 'webgpu', later});
      assert.deepEqual([vectors.name, vectors.code], ['LodeError', 'LODE_E_DEVICE']);
      assert.match(vectors.message, words);
      assert.equal(info.backend, 'webgpu');
      assert.deepEqual(counts, NOTHING_LEFT);
    });
  }

  test('the end, while the GPU computes', async () => {
    const seen = await faulty.evaluate(async ({url, names}) => {
      reset();
      const embedder = await lode.createEmbedder(folder(url, names),
        {mode: 'inline', cache: false, backend: 'webgpu'});
      const call = caught(embedder.embed(Array.from({length: 50}, (_, i) => `text ${i}`)));
      await new Promise((resolve) => setTimeout(resolve, 5));
      await embedder.dispose();
      return {...(await call), counts: {...counts}};
    }, modelArgs(FIXTURE));
    assert.deepEqual([seen.name, seen.code], ['LodeError', 'LODE_E_CANCELLED']);
    assert.deepEqual(seen.counts, NOTHING_LEFT);
  });

  test(`${losses} devices, one after the other`, {timeout: LONG}, async (t) => {
    const cdp = await faulty.context().newCDPSession(faulty);
    /** How many objects with this prototype there are that nothing can free. */
    const alive = async (expression) => {
      const {result} = await cdp.send('Runtime.evaluate', {expression});
      const {objects} = await cdp.send('Runtime.queryObjects', {prototypeObjectId: result.objectId});
      const {result: length} = await cdp.send('Runtime.callFunctionOn', {objectId: objects.objectId,
        functionDeclaration: 'function () { return this.length; }', returnByValue: true});
      await cdp.send('Runtime.releaseObject', {objectId: objects.objectId});
      return length.value;
    };
    const left = async () => {
      const seen = {};
      for (const name of ['WebAssembly.Memory', 'GPUBuffer', 'GPUBindGroup', 'GPUCommandEncoder']) {
        seen[name] = await alive(`${name}.prototype`);
      }
      return seen;
    };
    const heapBytes = async () => {
      await cdp.send('HeapProfiler.collectGarbage');
      return (await cdp.send('Runtime.getHeapUsage')).usedSize;
    };
    const small = {...modelArgs(FIXTURE), url: '/small/'};
    const before = await left();
    const sizes = new Set();
    let warm;
    for (let i = 0; i < losses; i++) {
      const {opened, info, vectors, cpu, counts, memory} = await run(
        {backend: 'auto', model: small, wrong: {own: true}, later: {submits: 0}, clock: 'slow'});
      assert.deepEqual([opened.backend, info.backend], ['webgpu', 'cpu'], `loss ${i}`);
      assert.deepEqual(vectors, cpu, `loss ${i}`);
      assert.deepEqual(counts, NOTHING_LEFT, `loss ${i}`);
      sizes.add(memory);
      if (i === WARM_LOSSES - 1) warm = await heapBytes();
      if (i % 100 === 99) {
        t.diagnostic(`${i + 1} losses: ${await heapBytes()} bytes in JavaScript's heap, ` +
          `${memory} in WebAssembly's memory, left of them ${JSON.stringify(await left())}`);
      }
    }
    assert.equal(sizes.size, 1, `bytes of WebAssembly memory: ${[...sizes]}`);
    const after = await left();
    for (const [name, number] of Object.entries(after)) {
      assert.ok(number <= before[name] + 2, `${number} of ${name}, ${before[name]} before`);
    }
    if (warm !== undefined) {
      const bytes = (await heapBytes()) - warm;
      t.diagnostic(`JavaScript's heap: ${bytes} bytes more than after ${WARM_LOSSES}`);
      assert.ok(bytes < MOST_GROWTH, `JavaScript's heap has grown by ${bytes} bytes`);
    }
    await cdp.detach();
  });
});

/** In a page: what a collection that is made on this backend finds, and what it is then. */
async function fillIndex({model, backend, mode = 'inline', clock, later, abortAfter}) {
  window.reset?.();
  if (clock !== undefined) faults.clock = clock;
  const words = ['hello', 'world', 'the', 'quick', 'brown', 'fox', 'a'];
  const documents = Array.from({length: 90}, (_, i) =>
    ({id: `${i}.txt`, content: `${words[i % 7]} ${words[i % 5]} ${words[i % 3]} number ${i}.`}));
  const index = await lode.openIndex({create: true}, {model: folder(model.url, model.names),
    backend, mode, cache: false, threads: 1, vectors: 'f32'});
  const seen = {opened: await index.info()};
  if (later !== undefined) Object.assign(faults, later);
  if (abortAfter !== undefined) {
    const abort = new AbortController();
    const call = caught(index.add(documents, {signal: abort.signal}));
    await new Promise((resolve) => setTimeout(resolve, abortAfter));
    abort.abort();
    seen.aborted = {...(await call), documents: (await index.info()).documents};
  }
  seen.added = await index.add(documents).then(({added, embedded}) => [added, embedded],
    ({name, code, message}) => ({name, code, message}));
  seen.info = await index.info();
  await index.verify();
  if (Array.isArray(seen.added)) {
    seen.found = [];
    for (const mode of ['semantic', 'hybrid']) {
      const {results} = await index.search('quick brown hello', {mode, all: true});
      seen.found.push(results.map(({id, cosine}) => [id, cosine]));
    }
  }
  await index.dispose();
  window.reset?.();
  return {...seen, counts: window.counts && {...counts}};
}

/** The same documents in the same order, as near. */
function assertFound(found, expected) {
  assert.deepEqual(found.map((list) => list.map(([id]) => id)),
    expected.map((list) => list.map(([id]) => id)));
  found.forEach((list, i) => list.forEach(([id, cosine], j) =>
    assert.ok(Math.abs(cosine - expected[i][j][1]) < 1e-5, `${id}: ${cosine}`)));
}

describe('collections', {skip, timeout: LONG}, () => {
  const fill = (args) => faulty.evaluate(fillIndex, {model: modelArgs(FIXTURE), ...args});
  let cpu;
  before(async () => {
    if (!skip) cpu = await fill({});
  });

  test('on the GPU: what the CPU finds', async () => {
    assert.deepEqual([cpu.opened.backend, cpu.added], [undefined, [90, 90]]);
    assert.ok(cpu.found.every(({length}) => length > 5));
    const {opened, added, info, found, counts} = await fill({backend: 'webgpu'});
    assert.deepEqual([opened.backend.backend, info.backend.backend], ['webgpu', 'webgpu']);
    assert.deepEqual([added, info.documents], [[90, 90], 90]);
    assertFound(found, cpu.found);
    assert.deepEqual(counts, NOTHING_LEFT);
  });

  test('in a worker', async (t) => {
    const page = await openPage('/plain.html');
    t.after(() => page.close());
    const {info, found} = await page.evaluate(fillIndex,
      {model: modelArgs(FIXTURE), backend: 'webgpu', mode: 'worker'});
    assert.equal(info.backend.backend, 'webgpu');
    assertFound(found, cpu.found);
  });

  test('the device is lost: auto', async () => {
    const {opened, added, info, found, counts} =
      await fill({backend: 'auto', clock: 'slow', later: {submits: 1}});
    assert.equal(opened.backend.backend, 'webgpu');
    assert.deepEqual([added, info.backend.backend], [[90, 90], 'cpu']);
    assert.match(info.backend.reason, /the device is lost: unplugged/);
    assertFound(found, cpu.found);
    assert.deepEqual(counts, NOTHING_LEFT);
  });

  test('the device is lost: webgpu', async () => {
    const {added, info, counts} = await fill({backend: 'webgpu', later: {submits: 0}});
    assert.deepEqual([added.name, added.code, info.documents], ['LodeError', 'LODE_E_DEVICE', 0]);
    assert.deepEqual(counts, NOTHING_LEFT);
  });

  test('an abort while the GPU computes', async () => {
    const {aborted, added, found} = await fill({backend: 'webgpu', abortAfter: 1});
    assert.deepEqual([aborted.name, aborted.documents], ['AbortError', 0]);
    assert.deepEqual(added, [90, 90]);
    assertFound(found, cpu.found);
  });

  test('no GPU', async () => {
    const seen = await faulty.evaluate(async ({url, names}) => {
      reset();
      faults.adapter = null;
      const model = folder(url, names);
      const refused = await caught(lode.openIndex({create: true}, {model, backend: 'webgpu', mode: 'inline'}));
      const index = await lode.openIndex({create: true}, {model, backend: 'auto', mode: 'inline'});
      const {backend} = await index.info();
      await index.dispose();
      reset();
      return {refused, backend};
    }, modelArgs(FIXTURE));
    assert.equal(seen.refused.code, 'LODE_E_UNSUPPORTED');
    assert.equal(seen.backend.backend, 'cpu');
    assert.match(seen.backend.reason, /no WebGPU adapter/);
  });
});
