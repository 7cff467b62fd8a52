// Loading: every kind of source, and everything that a network does to one.
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {createReadStream, openAsBlob, readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {Readable} from 'node:stream';
import {pathToFileURL} from 'node:url';
import {gzipSync} from 'node:zlib';
import {describe, test} from 'node:test';
import {createEmbedder, LodeError} from '../dist/node.js';
import {root, staticModel} from './native.mjs';
import {PAGE, startServer} from './server.mjs';



const bundle = readFileSync(staticModel);
const quiet = {cache: false, mode: 'inline', threads: 1};
const expected = await (async () => {
  const embedder = await createEmbedder(staticModel, quiet);
  return embedder.embed('one text');
})();

async function check(source, options = {}) {
  const embedder = await createEmbedder(source, {...quiet, ...options});
  assert.deepEqual(await embedder.embed('one text'), expected);
  await embedder.dispose();
  return embedder;
}

function failsWith(code, pattern, status) {
  return (error) => {
    assert.ok(error instanceof LodeError, error.stack);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, pattern);
    if (status !== undefined) assert.equal(error.status, status);
    return true;
  };
}

describe('sources', () => {
  test('path', () => check(staticModel));
  test('file: URL', () => check(pathToFileURL(staticModel)));
  test('Buffer, ArrayBuffer, view', async () => {
    await check(bundle);
    const copy = bundle.buffer.slice(bundle.byteOffset, bundle.byteOffset + bundle.length);
    await check(copy);
    assert.equal(copy.byteLength, bundle.length, 'the caller keeps the buffer');
    await check(new DataView(copy));
  });
  test('Blob', async () => check(await openAsBlob(staticModel)));
  test('ReadableStream', () => check(Readable.toWeb(createReadStream(staticModel))));
  test('async iterable of small and empty chunks', () => check((async function* () {
    yield bundle.subarray(0, 5);
    yield new Uint8Array(0);
    yield bundle.subarray(5, 1000);
    yield bundle.subarray(1000);
  })()));
  test('Response', () => check(new Response(bundle)));
  test('file handle', async () => check({getFile: () => openAsBlob(staticModel)}));
  test('in a worker, too', async () => {
    await check(bundle, {mode: 'worker'});
    await check(Readable.toWeb(createReadStream(staticModel)), {mode: 'worker'});
  });
  test('URL, and a Request with headers', async (t) => {
    const server = await startServer(t, {'/m': {body: bundle}});
    await check(server.url('/m'));
    await check(new Request(server.url('/m'), {headers: {authorization: 'Bearer x'}}));
    assert.equal(server.requests.at(-1).headers.authorization, 'Bearer x');
    await check(new URL(server.url('/m')), {headers: {'x-key': 'y'}});
    assert.equal(server.requests.at(-1).headers['x-key'], 'y');
  });
  test('what is no source', async () => {
    for (const source of [null, undefined, 5, {}, []]) {
      await assert.rejects(createEmbedder(source, quiet), failsWith('LODE_E_ARG', /source/));
    }
  });
  test('a source that fails', async () => {
    await assert.rejects(createEmbedder((async function* () {
      yield bundle.subarray(0, 1000);
      throw new Error('the disk is gone');
    })(), quiet), failsWith('LODE_E_IO', /the disk is gone/));
    await assert.rejects(createEmbedder((async function* () {
      yield 'text';
    })(), quiet), failsWith('LODE_E_ARG', /chunk/));
  });
});

describe('directories', () => {
  const folder = join(root, 'tests', 'data', 'models');
  const models = readdirSync(folder).filter((name) => !name.startsWith('.'));
  const files = (name) => Object.fromEntries(
    readdirSync(join(folder, name), {recursive: true, withFileTypes: true})
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .map((path) => [path.slice(join(folder, name).length + 1), readFileSync(path)]));

  for (const name of models) {
    test(`${name}: path, map and URL give the same`, async (t) => {
      const local = await createEmbedder(join(folder, name), quiet);
      const vector = await local.embed('one text');
      const given = files(name);
      const server = await startServer(t,
        Object.fromEntries(Object.entries(given).map(([path, body]) => [`/m/${path}`, {body}])));
      const fetched = await createEmbedder(server.url('/m/'), quiet);
      assert.deepEqual(await fetched.embed('one text'), vector);
      const mapped = await createEmbedder({files: given}, quiet);
      assert.deepEqual(await mapped.embed('one text'), vector);
    });
  }
  test('a server that answers with a page for what it lacks', async (t) => {
    const given = files(models[0]);
    const server = await startServer(t, {
      ...Object.fromEntries(Object.entries(given).map(([path, body]) => [`/m/${path}`, {body}])),
      '*': {body: PAGE, type: 'text/html'},
    });
    const embedder = await createEmbedder(server.url('/m/'), quiet);
    assert.equal((await embedder.embed('one text')).length, embedder.info.dim);
    await assert.rejects(createEmbedder(server.url('/other/'), quiet),
      failsWith('LODE_E_NOT_FOUND', /other\/.*HTML page/));
  });
  test('nothing there', async (t) => {
    const server = await startServer(t, {});
    await assert.rejects(createEmbedder(server.url('/m/'), quiet),
      failsWith('LODE_E_NOT_FOUND', /config\.json/));
  });
  test('names that lead out of the folder are not asked for', async (t) => {
    const modules = [{idx: 0, name: '0', path: '../../secret',
      type: 'sentence_transformers.models.Transformer'}];
    const server = await startServer(t,
      {'/a/b/modules.json': {body: Buffer.from(JSON.stringify(modules))}});
    await assert.rejects(createEmbedder(server.url('/a/b/'), quiet), LodeError);
    assert.deepEqual(server.requests.filter(({path}) => path.includes('secret')), []);
  });
});

describe('network', () => {
  test('drops are taken up by Range, with If-Range', async (t) => {
    const server = await startServer(t, {'/m': {body: bundle, drop: (n) => (n < 3 ? 1e6 : undefined)}});
    await check(server.url('/m'));
    const ranges = server.requests.map(({range}) => range);
    assert.equal(ranges.length, 4);
    assert.equal(ranges[0], undefined);
    assert.ok(ranges.slice(1).every((range) => /^bytes=\d+-$/.test(range)), String(ranges));
    assert.ok(server.requests[1].headers['if-range'].startsWith('"'));
    const asked = ranges.slice(1).map((range) => Number(/\d+/.exec(range)[0]));
    assert.ok(asked[0] > 0 && asked[0] < asked[1] && asked[1] < asked[2]);
  });
  test('a server without ranges: from the beginning', async (t) => {
    const server = await startServer(t,
      {'/m': {body: bundle, ranges: false, drop: (n) => (n < 2 ? 1e6 : undefined)}});
    await check(server.url('/m'));
    assert.equal(server.requests.length, 3);
  });
  test('a server without validators: from the beginning', async (t) => {
    const server = await startServer(t,
      {'/m': {body: bundle, etag: null, drop: (n) => (n < 1 ? 1e6 : undefined)}});
    await check(server.url('/m'));
    assert.deepEqual(server.requests.map(({range}) => range), [undefined, undefined]);
  });
  test('a file that changes while it is read', async (t) => {
    const other = Buffer.from(bundle);
    other.fill(0, 2_000_000, 2_100_000);
    const server = await startServer(t,
      {'/m': {body: (n) => (n === 0 ? other : bundle), drop: (n) => (n === 0 ? 3e6 : undefined)}});
    await check(server.url('/m'));
  });
  test('a server that always drops', async (t) => {
    const server = await startServer(t, {'/m': {body: bundle, drop: () => 0}});
    await assert.rejects(createEmbedder(server.url('/m'), {...quiet, retries: 2}),
      failsWith('LODE_E_IO', /the connection ended after 0 of|no answer/));
    assert.equal(server.requests.length, 3);
  });
  test('a connection that stalls', async (t) => {
    const server = await startServer(t,
      {'/m': {body: bundle, stall: (n) => (n === 0 ? 5000 : undefined)}});
    await check(server.url('/m'), {stallTimeout: 300});
    assert.equal(server.requests.length, 2);
  });
  test('without a length', async (t) => {
    const server = await startServer(t, {'/m': {body: bundle, length: false}});
    await check(server.url('/m'));
  });
  test('without a length, and dropped', async (t) => {
    const server = await startServer(t,
      {'/m': {body: bundle, length: false, drop: (n) => (n < 1 ? 1e6 : undefined)}});
    await check(server.url('/m'));
  });
  test('compressed on its way', async (t) => {
    const server = await startServer(t,
      {'/m': {body: gzipSync(bundle), headers: {'content-encoding': 'gzip'}}});
    await check(server.url('/m'));
  });
  test('a short body that says that it is whole', async (t) => {
    const server = await startServer(t, {'/m': {body: bundle.subarray(0, 3e6)}});
    await assert.rejects(createEmbedder(server.url('/m'), quiet), failsWith('LODE_E_FORMAT', /./));
    const chunked = await startServer(t, {'/m': {body: bundle.subarray(0, 3e6), length: false}});
    await assert.rejects(createEmbedder(chunked.url('/m'), quiet),
      failsWith('LODE_E_IO', /ended after 3000000 of 5626944 bytes/));
  });
  test('a long body', async (t) => {
    const long = Buffer.concat([bundle, Buffer.alloc(100)]);
    for (const length of [true, false]) {
      const server = await startServer(t, {'/m': {body: long, length}});
      await assert.rejects(createEmbedder(server.url('/m'), quiet), failsWith('LODE_E_FORMAT', /./));
    }
  });
  test('HTML pages, by their type or by their beginning', async (t) => {
    const server = await startServer(t, {
      '/a': {body: PAGE, type: 'text/html; charset=utf-8'}, '/b': {body: PAGE},
    });
    for (const path of ['/a', '/b']) {
      await assert.rejects(createEmbedder(server.url(path), quiet),
        failsWith('LODE_E_FORMAT', /is an HTML page/));
    }
  });
  test('404, 403, 500', async (t) => {
    const server = await startServer(t, {
      '/403': {status: () => 403}, '/500': {body: bundle, status: (n) => (n < 2 ? 500 : undefined)},
      '/503': {status: () => 503},
    });
    await assert.rejects(createEmbedder(server.url('/404'), quiet),
      failsWith('LODE_E_NOT_FOUND', /404: no such file/));
    await assert.rejects(createEmbedder(server.url('/403'), quiet),
      failsWith('LODE_E_IO', /access denied/, 403));
    assert.equal(server.counts.get('/403'), 1, 'it is not asked again');
    await check(server.url('/500'));
    assert.equal(server.counts.get('/500'), 3);
    await assert.rejects(createEmbedder(server.url('/503'), {...quiet, retries: 1}),
      failsWith('LODE_E_IO', /503/, 503));
  });
  test('nobody there', async (t) => {
    const server = await startServer(t, {});
    server.stop();
    await assert.rejects(createEmbedder(server.url('/m'), {...quiet, retries: 1}),
      failsWith('LODE_E_IO', /no answer/));
  });
  test('progress', async (t) => {
    const server = await startServer(t, {'/m': {body: bundle, delay: 10}});
    const seen = [];
    await check(server.url('/m'), {onProgress: (progress) => seen.push(progress)});
    assert.deepEqual(seen.at(-1), {loaded: bundle.length, total: bundle.length,
      file: 'model.lode-model'});
    assert.ok(seen.length > 1);
    seen.reduce((before, {loaded}) => (assert.ok(loaded >= before), loaded), 0);
  });
});

describe('what is damaged', () => {
  const digest = createHash('sha256').update(bundle).digest('base64');
  test('integrity', async () => {
    await check(bundle, {integrity: `sha256-${digest}`});
    await check(bundle, {integrity: `sha256-${digest}`, threads: 2});
    const tampered = Buffer.from(bundle);
    tampered[4_000_000] ^= 1;
    await assert.rejects(createEmbedder(tampered, {...quiet, integrity: `sha256-${digest}`}),
      failsWith('LODE_E_FORMAT', /digest/));
    await assert.rejects(createEmbedder(bundle, {...quiet, integrity: 'sha256-x'}),
      failsWith('LODE_E_ARG', /integrity/));
  });
  test('verify finds a changed byte anywhere', async () => {
    await check(bundle, {verify: true});
    for (const at of [100_000, 2_000_000, bundle.length - 1]) {
      const tampered = Buffer.from(bundle);
      tampered[at] ^= 1;
      await assert.rejects(createEmbedder(tampered, {...quiet, verify: true}),
        failsWith('LODE_E_FORMAT', /./));
    }
  });
  test('random bytes', async () => {
    for (const size of [0, 1, 7, 8, 9, 1000]) {
      await assert.rejects(createEmbedder(Buffer.alloc(size, 0x41), quiet), LodeError);
    }
  });
  test('a limit of memory', async () => {
    await assert.rejects(createEmbedder(bundle, {...quiet, maxMemory: 6_000_000}),
      failsWith('LODE_E_NOMEM', /memory/));
  });
});
