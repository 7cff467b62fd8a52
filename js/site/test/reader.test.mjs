/* The reader in WebAssembly against the native program: the same results, by words and by meaning. */
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {existsSync, readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import test, {after} from 'node:test';
import {makeIndex, model, program, removeIndexes, skip, wasm} from './real_index.mjs';
import {openIndex} from '../../dist/site/lode-search-worker.js';

const PAGES = {
  'en.md': '# Installing on Linux\n\nInstall the package with `getUserName`. C++ works.\n\n## Running\n\n'
    + 'Run the installer; running it twice does no harm.\n\n## Removing\n\nUninstall it again.\n',
  'car.md': '# Cars\n\nAn automobile has four wheels and a motor. It drives on roads.\n',
  'de.md': '---\nlang: de\ntags: [wohnen, garten]\n---\n# Häuser und Bäume\n\nDie Häuser stehen zwischen den '
    + 'Bäumen. Das Haus ist groß 🏡, und der\nBaum ist alt. Wer ein Haus baut, läuft nicht weg.\n',
  'fr.md': '---\nlang: fr\ntags: [wohnen]\n---\n# Élèves\n\nLes élèves de l’école étudient; l’élève qu’il connaît '
    + 'parle français. C’est aujourd’hui que les enfants vont au lycée.\n',
  'ja.md': '# 東京都\n\n東京都は日本の首都である。ガラスとカタカナ。京都の寺。\n',
  'title.md': '# Only a title\n',
};
after(removeIndexes);

const QUESTIONS = ['install', 'installing on linux', 'instal', 'runing', '"does no harm"', 'runs -linux',
  'getusername', 'C++', 'hauser', 'haus baum', 'Bäumen', 'élève', 'eleves ecole', '京都', 'ガラス',
  'only a title', 'vehicle that drives', 'nothingofthekind', '', '🏡', 'the'];

/** Every file that is fetched, by name. */
function serve(site) {
  const asked = [];
  globalThis.fetch = async url => {
    const name = new URL(url).pathname.split('/').pop();
    asked.push(name);
    const path = join(name.endsWith('.wasm') ? wasm : site, name);
    return existsSync(path) ? new Response(readFileSync(path)) : new Response('', {status: 404});
  };
  return asked;
}

const HOST = 'https://example.org/search/';
const question = (text, options = {}) => ({
  text, typing: false, mode: 'keyword', limit: 10, passages: 1, all: false, filters: {}, ...options});

function native(collection, text, ...options) {
  const out = execFileSync(program, ['search', '--quiet', '--json', ...options, collection, text]);
  return JSON.parse(out);
}

function same(found, expected, text) {
  assert.deepEqual(found.pages.map(({url}) => url), expected.results.map(({path}) => path), text);
  assert.equal(found.total, expected.total, text);
  assert.equal(found.relevant, expected.relevant, text);
  assert.equal(found.correction ?? null, expected.correction ?? null, text);
  found.pages.forEach((page, i) => {
    const {title, heading, anchor, score} = expected.results[i];
    assert.equal(page.title, title, text);
    // Six digits are printed; the vectors of another processor may differ by their last bits.
    assert.ok(Math.abs(page.score - score) < 2e-5, `${text}: ${page.score}, ${score}`);
    const [passage] = page.passages;
    assert.equal(passage?.headings.join(' > ') ?? '', heading, text);
    assert.equal(passage?.anchor ?? '', anchor, text);
  });
}

test('by words', {skip}, async () => {
  const {collection, site} = makeIndex('words', PAGES, '--model', 'none');
  const asked = serve(site);
  const index = await openIndex(HOST, HOST);
  // The module does not wait for the index, and stemmers are those of its languages.
  assert.deepEqual(asked.slice(0, 2).sort(), ['boot.lode-site.txt', 'lode-site-simd128.wasm']);
  assert.deepEqual(asked.filter(name => name.startsWith('lode-stem-')).sort(),
    ['lode-stem-de.wasm', 'lode-stem-en.wasm', 'lode-stem-fr.wasm']);
  assert.equal(index.info.pages, Object.keys(PAGES).length);
  assert.equal(index.info.model, undefined);
  for (const text of QUESTIONS.filter(Boolean)) {
    same(await index.search(question(text)), native(collection, text), text);
    const all = await index.search(question(text, {all: true}));
    same(all, native(collection, text, '--all'), text);
  }
  assert.deepEqual((await index.search(question(''))).pages, []);
});

test('only what is needed is fetched, and nothing twice', {skip}, async () => {
  const {site} = makeIndex('words', PAGES, '--model', 'none');
  const asked = serve(site);
  const index = await openIndex(HOST, HOST);
  await index.search(question('installing'));
  await index.search(question('installing'));
  assert.equal(new Set(asked).size, asked.length);
});

test('a question that is sent ahead: its words are fetched before the stemmers have come', {skip}, async () => {
  const {site} = makeIndex('words', PAGES, '--model', 'none');
  for (const text of QUESTIONS) {
    serve(site);
    const first = await openIndex(HOST, HOST);
    const expected = await first.search(question(text));
    const asked = serve(site);
    const slow = globalThis.fetch;
    let stemmed = false;
    const before = [];
    globalThis.fetch = async url => {
      if (!stemmed) before.push(new URL(url).pathname.split('/').pop());
      if (url.includes('lode-stem')) {
        await new Promise(resolve => setTimeout(resolve, 20));
        stemmed = true;
      }
      return slow(url);
    };
    const index = await openIndex(HOST, HOST, undefined, undefined, question(text));
    assert.deepEqual(await index.search(question(text)), expected, text);
    assert.equal(new Set(asked).size, asked.length, text);
    const files = before.filter(name => !/wasm$|^boot/.test(name));
    assert.ok(files.length >= (text === 'installing' ? 2 : 1), `${text}: ${before.join(' ')}`);
  }
});

test('marks are of characters, whatever their bytes', {skip}, async () => {
  const {site} = makeIndex('words', PAGES, '--model', 'none');
  serve(site);
  const index = await openIndex(HOST, HOST);
  const marked = async text => {
    const {pages: [page]} = await index.search(question(text));
    const cut = (whole, marks) => marks.map(({begin, end}) => whole.slice(begin, end));
    return [...cut(page.title, page.titleMarks), ...page.passages.flatMap(({snippet, marks}) => cut(snippet, marks))];
  };
  assert.deepEqual(new Set(await marked('baum')), new Set(['Bäume', 'Bäumen', 'Baum']));
  assert.ok((await marked('installing')).includes('Installing'));
  assert.ok((await marked('alt')).includes('alt'));
});

test('several passages of a page; filters', {skip}, async () => {
  const {site} = makeIndex('words', PAGES, '--model', 'none');
  serve(site);
  const index = await openIndex(HOST, HOST);
  assert.deepEqual(await index.facets(), [{key: 'tags', values: [
    {value: 'garten', count: 1}, {value: 'wohnen', count: 2}]}]);
  const {pages} = await index.search(question('aujourd haus', {filters: {tags: ['garten']}}));
  assert.deepEqual(pages.map(({title}) => title), ['Häuser und Bäume']);
  // Of what a question finds; of a key that is filtered by, as if it were not.
  const counts = async (text, options) => Object.fromEntries((await index.count(question(text, options)))[0].values
    .map(({value, count}) => [value, count]));
  assert.deepEqual(await counts('eleve haus'), {garten: 1, wohnen: 2});
  assert.deepEqual(await counts('eleve'), {garten: 0, wohnen: 1});
  assert.deepEqual(await counts('install'), {garten: 0, wohnen: 0});
  assert.deepEqual(await counts('eleve haus', {filters: {tags: ['garten']}}), {garten: 1, wohnen: 2});
  const {pages: [page]} = await index.search(question('run install', {passages: 3}));
  assert.equal(page.title, 'Installing on Linux');
  assert.ok(page.passages.length >= 1);
});

/** Pages of many sections, each of the words of two subjects, so that there are more passages than are all fetched. */
function manyPages() {
  const subjects = ['ships sail across the harbour to distant ports', 'bread is baked from sourdough and salt',
    'mountains rise above glaciers and valleys', 'violins and drums play in an orchestra',
    'engines burn oil and turn a shaft', 'doctors treat fever with medicine',
    'planets circle stars in wide orbits', 'bees gather nectar from flowers'];
  const section = (page, i) => `## Part ${i}\n\n${subjects[(page + i) % 8]}, and ${subjects[(page * 3 + i * 5) % 8]}. `
    + `Note ${page * 40 + i} is kept in drawer ${(page * 7919 + i * 104729) % 9973}.\n\n`;
  return Object.fromEntries(Array.from({length: 110}, (_, page) => [`p${page}.md`,
    `# Page ${page}\n\n${Array.from({length: 40}, (_, i) => section(page, i)).join('')}`]));
}

test('of many vectors those that are near, or all of them', {skip}, async () => {
  const {collection, site} = makeIndex('many', manyPages(), '--model', model, '--chunk-tokens', '40');
  const kind = name => readFileSync(join(site, name)).subarray(0, 4).toString();
  const lists = readdirSync(site).filter(name => name.endsWith('.txt') && kind(name) === 'LSW1');
  assert.ok(lists.length > 40, `${lists.length} lists`);
  for (const [vectors, most] of [['near', lists.length - 1], ['all', lists.length]]) {
    const asked = serve(site);
    const index = await openIndex(HOST, HOST, undefined, vectors);
    await index.loadModel();
    const found = await index.search(question('music', {mode: 'hybrid', all: true}));
    assert.equal(found.pages.length, 10);
    const fetched = asked.filter(name => lists.includes(name));
    assert.ok(fetched.length > 0 && fetched.length <= most, `${vectors}: ${fetched.length} of ${lists.length}`);
    if (vectors === 'all') {
      assert.equal(fetched.length, lists.length);
      same(found, native(collection, 'music', '--model', model, '--all'), 'music');
    }
    index.close();
  }
});

test('by words and meaning', {skip}, async () => {
  const {collection, site} = makeIndex('meaning', PAGES, '--model', model);
  const asked = serve(site);
  const index = await openIndex(HOST, HOST);
  same(await index.search(question('install')), native(collection, 'install', '--mode', 'keyword'), 'install');
  const before = asked.filter(name => /^[0-9a-f]{12}\.txt$/.test(name));
  await index.loadModel();
  for (const text of QUESTIONS.filter(Boolean)) {
    const found = await index.search(question(text, {mode: 'hybrid'}));
    same(found, native(collection, text, '--model', model), text);
  }
  // What the first module was given, the second one has.
  assert.equal(asked.filter(name => before.includes(name)).length, before.length);
  assert.ok(asked.includes('model.bin'));
});

test('another model than the index has is refused', {skip}, async () => {
  const {site} = makeIndex('another', PAGES, '--model', model);
  serve(site);
  const healthy = globalThis.fetch;
  const index = await openIndex(HOST, HOST);
  globalThis.fetch = async url => {
    if (!url.endsWith('model.bin')) return healthy(url);
    const bytes = readFileSync(model);
    bytes.fill(0x11, bytes.length - 2_000_000); // other weights
    return new Response(bytes);
  };
  await assert.rejects(index.loadModel(), {name: 'SiteError'});
  const {mode} = await index.search(question('install', {mode: 'hybrid'}));
  assert.equal(mode, 'keyword');
});

test('a file that was changed is refused, and so is half of one', {skip}, async () => {
  const {site} = makeIndex('words', PAGES, '--model', 'none');
  for (const harm of [bytes => bytes.fill(0, 10, 11), bytes => bytes.subarray(0, bytes.length / 2)]) {
    serve(site);
    const healthy = globalThis.fetch;
    const index = await openIndex(HOST, HOST);
    globalThis.fetch = async url => new Response(harm(new Uint8Array(await (await healthy(url)).arrayBuffer())));
    await assert.rejects(index.search(question('install')), {name: 'SiteError', code: 'damaged'});
    globalThis.fetch = healthy;
    assert.equal((await index.search(question('install'))).pages.length, 1);
  }
});

test('damaged boot files', {skip}, async () => {
  const {site} = makeIndex('words', PAGES, '--model', 'none');
  const boot = readFileSync(join(site, 'boot.lode-site.txt'));
  serve(site);
  const healthy = globalThis.fetch;
  for (const bytes of [new Uint8Array(), boot.subarray(0, 20), Buffer.from('<!doctype html><title>404</title>'),
    Buffer.from(boot).fill(0xff, 8, 9)]) {
    globalThis.fetch = async url => url.endsWith('boot.lode-site.txt') ? new Response(bytes) : healthy(url);
    await assert.rejects(openIndex(HOST, HOST), error => error.name === 'SiteError' && error.code !== 'engine');
  }
});
