// What is kept of what was fetched; here in files, in browsers see tests of pages.
import assert from 'node:assert/strict';
import {readFileSync, readdirSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {createEmbedder, openCache} from '../dist/node.js';
import {root, scratch, staticModel} from './native.mjs';
import {PAGE, startServer} from './server.mjs';

const bundle = readFileSync(staticModel);

async function load(url, cache, options = {}) {
  const embedder = await createEmbedder(url, {mode: 'inline', threads: 1, retries: 0, cache, ...options});
  const vector = await embedder.embed('one text');
  const {loaded} = embedder.info;
  await embedder.dispose();
  return {vector, ...loaded};
}

async function until(condition) {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('a second load asks nobody, and works offline', async (t) => {
  const server = await startServer(t, {'/m': {body: bundle}});
  const cache = {folder: scratch(t), revalidate: 'never'};
  const first = await load(server.url('/m'), cache);
  assert.deepEqual([first.bytes, first.cachedBytes, first.cacheError], [bundle.length, 0, undefined]);
  const second = await load(server.url('/m'), cache);
  assert.equal(second.cachedBytes, bundle.length);
  assert.deepEqual(second.vector, first.vector);
  assert.equal(server.requests.length, 1);
  server.stop();
  for (const revalidate of ['never', 'always', 'background']) {
    const offline = await load(server.url('/m'), {...cache, revalidate});
    assert.deepEqual(offline.vector, first.vector);
  }
});

test('a directory, with the files that it does not have', async (t) => {
  const folder = join(root, 'tests', 'data', 'models', 'bert-dense');
  const names = readdirSync(folder, {recursive: true})
    .filter((name) => statSync(join(folder, name)).isFile());
  const server = await startServer(t, Object.fromEntries(
    names.map((name) => [`/m/${name}`, {body: readFileSync(join(folder, name))}])));
  const cache = {folder: scratch(t), revalidate: 'never'};
  const first = await load(server.url('/m/'), cache);
  const asked = server.requests.length;
  server.stop();
  const second = await load(server.url('/m/'), cache);
  assert.deepEqual(second.vector, first.vector);
  assert.equal(second.cachedBytes, second.bytes);
  assert.equal(server.requests.length, asked);
});

test('a changed file: "always" sees it at once, "background" the next time', async (t) => {
  let etag = '"1"';
  const server = await startServer(t, {'/m': {body: bundle, etag: () => etag}});
  const folder = scratch(t);
  const url = server.url('/m');
  await load(url, {folder});
  assert.equal((await load(url, {folder, revalidate: 'always'})).cachedBytes, bundle.length);
  etag = '"2"';
  assert.equal((await load(url, {folder, revalidate: 'always'})).cachedBytes, 0);
  etag = '"3"';
  assert.equal((await load(url, {folder})).cachedBytes, bundle.length);
  const cache = await openCache({folder});
  await until(async () => (await cache.list()).length === 0);
  assert.equal((await load(url, {folder})).cachedBytes, 0);
});

test('nothing that is no model is kept', async (t) => {
  const tampered = Buffer.from(bundle);
  tampered[3_000_000] ^= 1;
  const server = await startServer(t, {
    '/page': {body: PAGE, type: 'text/html'}, '/page2': {body: PAGE},
    '/short': {body: bundle.subarray(0, 1e6)}, '/dropped': {body: bundle, drop: () => 1e6, ranges: false},
    '/tampered': {body: tampered}, '/noise': {body: Buffer.alloc(1000, 7)},
  });
  const folder = scratch(t);
  for (const path of ['/page', '/page2', '/short', '/dropped', '/tampered', '/noise', '/none']) {
    await assert.rejects(load(server.url(path), {folder}, {verify: true}), {name: 'LodeError'}, path);
  }
  const stop = new AbortController();
  await assert.rejects(load(server.url('/tampered'), {folder},
    {signal: stop.signal, onProgress: () => stop.abort()}), {name: 'AbortError'});
  await until(() => readdirSync(folder).length === 0);
});

test('what is damaged in the cache is fetched again', async (t) => {
  const server = await startServer(t, {'/m': {body: bundle}});
  const folder = scratch(t);
  const cache = {folder, revalidate: 'never'};
  await load(server.url('/m'), cache);
  const file = readdirSync(folder).find((name) => name.endsWith('.bin'));
  writeFileSync(join(folder, file), bundle.subarray(0, 1000));
  assert.equal((await load(server.url('/m'), cache)).cachedBytes, 0, 'too short');
  const meta = readdirSync(folder).find((name) => name.endsWith('.json'));
  writeFileSync(join(folder, meta), '{"url": ');
  assert.equal((await load(server.url('/m'), cache)).cachedBytes, 0, 'no JSON');
  const again = readdirSync(folder).filter((name) => name.endsWith('.bin'));
  for (const name of again) {
    const bytes = readFileSync(join(folder, name));
    bytes.fill(0xff, 0, 64);
    writeFileSync(join(folder, name), bytes);
  }
  assert.equal((await load(server.url('/m'), cache)).cachedBytes, 0, 'other bytes');
});

test('the least recently used goes first', async (t) => {
  const server = await startServer(t, Object.fromEntries(
    ['/1', '/2', '/3'].map((path) => [path, {body: bundle}])));
  const cache = {folder: scratch(t), revalidate: 'never', maxBytes: 2.5 * bundle.length};
  const step = () => new Promise((resolve) => setTimeout(resolve, 5));
  await load(server.url('/1'), cache);
  await step();
  await load(server.url('/2'), cache);
  await step();
  await load(server.url('/1'), cache);
  // When something was used is written behind the caller's back.
  const used = async (path) => (await (await openCache(cache)).list())
    .find(({url}) => url === server.url(path)).used;
  await until(async () => (await used('/1')) > (await used('/2')));
  await load(server.url('/3'), cache);
  const list = (await (await openCache(cache)).list()).map(({url}) => url).sort();
  assert.deepEqual(list, [server.url('/1'), server.url('/3')]);
  const small = await load(server.url('/2'), {...cache, maxBytes: 1000});
  assert.match(small.cacheError, /larger than the cache/);
});

test('list, remove, clear', async (t) => {
  const server = await startServer(t, {'/1': {body: bundle}, '/2': {body: bundle}});
  const folder = scratch(t);
  await load(server.url('/1'), {folder});
  await load(server.url('/2'), {folder});
  writeFileSync(join(folder, 'another.txt'), 'not ours');
  const cache = await openCache({folder});
  const list = await cache.list();
  assert.equal(list.length, 2);
  assert.ok(list.every(({size, used}) => size === bundle.length && used <= Date.now()));
  await cache.remove(server.url('/1'));
  await cache.remove('http://nowhere.example/');
  assert.deepEqual((await cache.list()).map(({url}) => url), [server.url('/2')]);
  await cache.clear();
  assert.deepEqual(readdirSync(folder), ['another.txt']);
});

test('a cache that cannot be written to', async (t) => {
  const server = await startServer(t, {'/m': {body: bundle}});
  const file = join(scratch(t), 'file');
  writeFileSync(file, '');
  const {bytes, cachedBytes} = await load(server.url('/m'), {folder: join(file, 'below')});
  assert.deepEqual([bytes, cachedBytes], [bundle.length, 0]);
});
