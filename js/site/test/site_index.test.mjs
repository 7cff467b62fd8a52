/* Fetching what an engine needs: late, damaged, missing and double files. */
import assert from 'node:assert/strict';
import test, {afterEach} from 'node:test';
import {load} from './load.mjs';

const {SiteIndex} = await load('search/site_index.ts');
const URL_ = 'https://example.org/search/';
const real = globalThis.fetch;
afterEach(() => { globalThis.fetch = real; });

/** A host: files by name, each a text, or a function of the attempt's number that gives a Response. */
function serve(files) {
  const log = [];
  globalThis.fetch = async (url, {cache, signal}) => {
    const name = url.slice(URL_.length);
    const attempt = log.filter(entry => entry.name === name).length;
    log.push({name, cache});
    const file = files[name];
    await new Promise(resolve => setTimeout(resolve, 5));
    signal.throwIfAborted();
    if (file === undefined) return new Response('<html>not found', {status: 404});
    return typeof file === 'function' ? file(attempt) : new Response(file);
  };
  return log;
}

/** Needs the files that its boot file names, in rounds; then answers with what it was asked. */
const engine = boot => {
  const {rounds, pages = 1} = JSON.parse(new TextDecoder().decode(boot));
  const given = new Map();
  return {
    info: {pages, base: '', model: undefined}, given,
    ask({text}) {
      for (const round of rounds) {
        const needs = round.filter(name => !given.has(name)).map(name => ({name, size: 4}));
        if (needs.length > 0) return {needs};
      }
      return {value: {text}};
    },
    facets: () => ({value: []}),
    give(name, bytes) {
      if (new TextDecoder().decode(bytes) !== 'good') {
        throw Object.assign(new Error('bad'), {name: 'SiteError', code: 'damaged'});
      }
      given.set(name, bytes);
    },
    giveModel() {}, close() {},
  };
};
const boot = (...rounds) => JSON.stringify({rounds});
const question = text => ({text});

test('a round is fetched together, and nothing twice', async () => {
  const log = serve({'boot.lode-site.txt': boot(['a', 'b'], ['c']), a: 'good', b: 'good', c: 'good'});
  const index = await SiteIndex.open(URL_, engine);
  assert.deepEqual(await index.search(question('x')), {text: 'x'});
  await index.search(question('y'));
  assert.deepEqual(log.map(({name}) => name), ['boot.lode-site.txt', 'a', 'b', 'c']);
  assert.equal(log[0].cache, 'no-cache');
});

test('a question that is sent ahead is answered before it is asked', async () => {
  const files = {'boot.lode-site.txt': boot(['a'], ['b']), a: 'good', b: 'good'};
  const asked = [];
  const make = data => {
    const made = engine(data);
    // As the reader in WebAssembly is, until its stemmers have come.
    const ready = new Promise(resolve => setTimeout(resolve, 20));
    return {...made, ready, ask: what => (asked.push(what.text), made.ask(what))};
  };
  let log = serve(files);
  let index = await SiteIndex.open(URL_, make, undefined, question('x'));
  assert.deepEqual(log.map(({name}) => name), ['boot.lode-site.txt', 'a', 'b']);
  assert.deepEqual(await index.search(question('x')), {text: 'x'});
  assert.deepEqual(asked, ['x', 'x', 'x']);
  assert.equal(log.length, 3);
  // Once: afterwards it is a question as any other.
  assert.deepEqual(await index.search(question('x')), {text: 'x'});
  assert.equal(asked.length, 4);

  // Another comes instead of it.
  log = serve(files);
  index = await SiteIndex.open(URL_, make, undefined, question('x'));
  assert.deepEqual(await index.search(question('y')), {text: 'y'});
  assert.equal(log.length, 3);
});

test('a question that is sent ahead fails when it is asked, and may be asked again', async () => {
  let broken = true;
  serve({'boot.lode-site.txt': boot(['a']),
    a: () => broken ? new Response('', {status: 403}) : new Response('good')});
  const index = await SiteIndex.open(URL_, engine, undefined, question('x'));
  await new Promise(resolve => setTimeout(resolve, 30));
  await assert.rejects(index.search(question('x')), {code: 'network', status: 403});
  broken = false;
  assert.deepEqual(await index.search(question('x')), {text: 'x'});

  const abort = new AbortController();
  const next = await SiteIndex.open(URL_, engine, undefined, question('x'));
  const asked = next.search(question('x'), abort.signal);
  abort.abort();
  await assert.rejects(asked, {name: 'AbortError'});
});

test('only the newest question is answered, and its files are shared', async () => {
  const log = serve({'boot.lode-site.txt': boot(['a']), a: 'good'});
  const index = await SiteIndex.open(URL_, engine);
  const old = index.search(question('old'));
  const next = index.search(question('new'));
  await assert.rejects(old, {name: 'AbortError'});
  assert.deepEqual(await next, {text: 'new'});
  assert.equal(log.filter(({name}) => name === 'a').length, 1);
});

test('an abort ends the question, and not the fetching', async () => {
  serve({'boot.lode-site.txt': boot(['a']), a: 'good'});
  const index = await SiteIndex.open(URL_, engine);
  const abort = new AbortController();
  const asked = index.search(question('x'), abort.signal);
  abort.abort();
  await assert.rejects(asked, {name: 'AbortError'});
  await new Promise(resolve => setTimeout(resolve, 30));
  assert.deepEqual(await index.search(question('y')), {text: 'y'});
});

test('a damaged file is fetched anew, past the cache, once', async () => {
  const log = serve({'boot.lode-site.txt': boot(['a']),
    a: attempt => new Response(attempt === 0 ? 'evil' : 'good')});
  const index = await SiteIndex.open(URL_, engine);
  assert.deepEqual(await index.search(question('x')), {text: 'x'});
  assert.deepEqual(log.slice(1).map(({cache}) => cache), ['default', 'reload']);
});

for (const [what, body] of [['another', 'evil'], ['a cut', 'go'], ['a longer', 'good and more'],
  ['an empty', '']]) {
  test(`${what} file is refused`, async () => {
    serve({'boot.lode-site.txt': boot(['a']), a: body});
    const index = await SiteIndex.open(URL_, engine);
    await assert.rejects(index.search(question('x')), {name: 'SiteError', code: 'damaged'});
  });
}

test('a busy server is asked again', async () => {
  const log = serve({'boot.lode-site.txt': boot(['a']),
    a: attempt => attempt === 0 ? new Response('', {status: 503}) : new Response('good')});
  const index = await SiteIndex.open(URL_, engine);
  assert.deepEqual(await index.search(question('x')), {text: 'x'});
  assert.equal(log.length, 3);
});

test('what is not there is not asked for again and again', async () => {
  const log = serve({});
  await assert.rejects(SiteIndex.open(URL_, engine), {code: 'network', status: 404});
  assert.equal(log.length, 1);
});

test('a site that was published anew is opened anew', async () => {
  let boots = 0;
  serve({'boot.lode-site.txt': () => new Response(boot([boots++ === 0 ? 'gone' : 'a'])), a: 'good'});
  const index = await SiteIndex.open(URL_, engine);
  assert.deepEqual(await index.search(question('x')), {text: 'x'});
  assert.equal(boots, 2);
});

test('names that leave the folder are refused', async () => {
  for (const name of ['../secret', 'a/b', 'https://example.org/x', '', '.', '..', '%2e%2e']) {
    const log = serve({'boot.lode-site.txt': boot([name])});
    const index = await SiteIndex.open(URL_, engine);
    await assert.rejects(index.search(question('x')), {code: 'damaged'}, name);
    assert.equal(log.length, 1, name);
  }
});

test('an index that asks without end is given up', async () => {
  const log = serve(Object.fromEntries([['boot.lode-site.txt', boot()],
    ...Array.from({length: 20}, (_, i) => [`f${i}`, 'good'])]));
  const index = await SiteIndex.open(URL_, data => {
    let n = 0;
    return {...engine(data), ask: () => ({needs: [{name: `f${n++}`, size: 4}]})};
  });
  await assert.rejects(index.search(question('x')), {code: 'damaged'});
  assert.ok(log.length < 12);
});

test('the model is the file that the index names', async () => {
  const given = [];
  const make = name => data => ({...engine(data), info: {pages: 1, base: '', model: name},
    giveModel(bytes) { given.push(bytes.length); }});
  serve({'boot.lode-site.txt': boot(), 'm-12.lode-model': () => new Response('model', {headers: {'content-length': '5'}})});
  const index = await SiteIndex.open(URL_, make('m-12.lode-model'));
  const progress = [];
  await index.loadModel((...seen) => progress.push(seen));
  await index.loadModel();
  assert.deepEqual(given, [5]);
  assert.deepEqual(progress.at(-1), [5, 5]);
  await assert.rejects((await SiteIndex.open(URL_, make('../m'))).loadModel(), {code: 'damaged'});
  await assert.rejects((await SiteIndex.open(URL_, make('gone'))).loadModel(), {status: 404});
});

test('no network', async () => {
  globalThis.fetch = async () => { throw new TypeError('failed to fetch'); };
  await assert.rejects(SiteIndex.open(URL_, engine), {code: 'network'});
});
