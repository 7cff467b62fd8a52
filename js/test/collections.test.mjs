// Collections in Node: node --test js/test/collections.test.mjs, after build.mjs.
import assert from 'node:assert/strict';
import {execFileSync, spawn} from 'node:child_process';
import {createServer} from 'node:http';
import {existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, test} from 'node:test';
import {fileURLToPath} from 'node:url';

import {LodeError, openIndex} from '../dist/node.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const lode = process.env.LODE_NATIVE_PROGRAM ?? join(root, 'build/lode');
const builtin = join(root, 'models/lode-static-en.lode-model');
const folder = mkdtempSync(join(tmpdir(), 'lode-collections-'));
after(() => rmSync(folder, {recursive: true}));

const manual = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md')).sort()
  .map((name) => ({id: `docs/${name}`, content: readFileSync(join(root, 'docs', name), 'utf8')}));

const refused = (code, message = /./) => (error) => {
  assert.ok(error instanceof LodeError, error.stack);
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return true;
};

for (const mode of ['worker', 'inline']) {
  test(`${mode}: a new collection in memory`, async () => {
    const index = await openIndex({create: true}, {mode});
    const seen = [];
    const report = await index.add(manual, {onProgress: (progress) => seen.push(progress)});
    assert.equal(report.added, manual.length);
    const last = seen.at(-1);
    assert.deepEqual([last.documents, last.bytes], [last.totalDocuments, last.totalBytes]);
    assert.equal((await index.add(manual[0])).unchanged, 1);
    const found = await index.search('how do I add a model', {limit: 3});
    assert.equal(found.mode, 'keyword');
    assert.equal(found.results.length, 3);
    const [best] = found.results;
    assert.ok(best.marks.length > 0);
    for (const {start, end} of best.marks) {
      assert.ok(start >= best.snippet.start && end <= best.snippet.end);
      assert.match(best.text.slice(start, end).toLowerCase(), /^(how|do|i|add|a|model)/);
    }
    const source = Buffer.from(manual.find(({id}) => id === best.id).content);
    assert.ok(source.subarray(best.source.start, best.source.end).length > 0);
    assert.equal((await index.similar(best.id)).results.every(({id}) => id !== best.id), true);
    const only = await index.search('model', {paths: ['docs/a*.md']});
    assert.ok(only.results.length > 0 && only.results.every(({id}) => id.startsWith('docs/a')));
    assert.equal((await index.remove([best.id, 'nobody'])).removed, 1);
    await index.compact();
    await index.verify();
    assert.equal((await index.info()).documents, manual.length - 1);
    const copy = await openIndex(await index.export(), {mode});
    assert.deepEqual(await copy.search('tokenizer'), await index.search('tokenizer'));
    await assert.rejects(copy.add(manual), refused('LODE_E_ARG', /reading/));
    await copy.dispose();
    await index.dispose();
    await index.dispose();
    await assert.rejects(index.search('x'), refused('LODE_E_CANCELLED'));
  });
}

test('places are in UTF-16 units', async (t) => {
  const index = await openIndex({create: true});
  t.after(() => index.dispose());
  const content = '# Überschrift 🦊\n\nDer schnelle 🦊🦊 Fuchs sprang über die Größe; 𝒳 grüßt Füchse.\n';
  await index.add({id: 'a.md', content, metadata: {tag: ['tiere', 'x'], year: 2020}});
  const {results: [result]} = await index.search('Größe fuchs', {filters: {tag: 'tiere'}});
  const marked = result.marks.map(({start, end}) => result.text.slice(start, end));
  assert.ok(marked.includes('Fuchs') && marked.includes('Größe'), String(marked));
  assert.equal(result.title, 'Überschrift 🦊');
  const {results: [titled]} = await index.search('überschrift');
  assert.deepEqual(titled.titleMarks.map(({start, end}) => titled.title.slice(start, end)), ['Überschrift']);
  assert.deepEqual(result.metadata, {tag: ['tiere', 'x'], year: ['2020']});
  const bytes = Buffer.from(content).subarray(result.source.start, result.source.end).toString();
  assert.ok(bytes.includes('Fuchs'));
  assert.equal((await index.search('Größe', {filters: {tag: 'y'}})).results.length, 0);
});

test('with a model: by meaning, from any source', async (t) => {
  const index = await openIndex({create: true}, {model: builtin, threads: 2});
  const report = await index.add(manual);
  assert.equal(report.embedded, report.chunks);
  assert.equal((await index.info()).vectors, 'int8');
  const byMeaning = await index.search('put words into pieces', {mode: 'semantic'});
  assert.equal(byMeaning.mode, 'semantic');
  assert.ok(byMeaning.results[0].cosine > 0);
  const hybrid = await index.search('put words into pieces');
  assert.equal(hybrid.mode, 'hybrid');
  const file = join(folder, 'model.lode');
  writeFileSync(file, Buffer.from(await (await index.export()).arrayBuffer()));
  await index.dispose();

  const bytes = readFileSync(file);
  const server = createServer((request, response) => {
    if (request.url === '/a.lode') response.end(bytes);
    else if (request.url === '/page') response.setHeader('content-type', 'text/html').end('<!doctype html>');
    else response.writeHead(404).end();
  }).listen(0);
  const base = `http://localhost:${server.address().port}`;
  try {
    for (const source of [file, `${base}/a.lode`, bytes, new Blob([bytes]), new Blob([bytes]).stream()]) {
      const copy = await openIndex(source, {model: builtin});
      t.after(() => copy.dispose());
      assert.deepEqual((await copy.search('put words into pieces')).results.map(({id}) => id),
        hybrid.results.map(({id}) => id));
    }
    await assert.rejects(openIndex(`${base}/b.lode`), refused('LODE_E_NOT_FOUND'));
    await assert.rejects(openIndex(`${base}/page`), refused('LODE_E_FORMAT', /HTML page/));
  } finally {
    server.close();
  }
  const words = await openIndex(file);
  await assert.rejects(words.search('x', {mode: 'semantic'}), refused('LODE_E_UNSUPPORTED'));
  await words.dispose();
});

test('a file that stays', async () => {
  const path = join(folder, 'stays.lode');
  await assert.rejects(openIndex({path}), refused('LODE_E_NOT_FOUND'));
  const index = await openIndex({path, create: true});
  await index.add(manual);
  await assert.rejects(openIndex({path}), refused('LODE_E_BUSY'));
  await index.dispose();
  assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith('stays')), ['stays.lode']);
  if (existsSync(lode)) execFileSync(lode, ['info', '--verify', path]);
  writeFileSync(`${path}-lock`, '999999999 1'); // of a process that is gone
  const again = await openIndex({path});
  assert.equal((await again.info()).documents, manual.length);
  await again.dispose();
  const reader = await openIndex(path);
  await assert.rejects(reader.add(manual), refused('LODE_E_ARG'));
  await reader.dispose();
  await assert.rejects(openIndex({opfs: 'a'}), refused('LODE_E_UNSUPPORTED'));
});

test('a process that is killed while it writes', {timeout: 120_000}, async () => {
  const path = join(folder, 'killed.lode');
  const program = `
    import {openIndex} from ${JSON.stringify(new URL('../dist/node.js', import.meta.url).href)};
    const index = await openIndex({path: ${JSON.stringify(path)}, create: true});
    for (let i = 0; ; i++) {
      await index.add({id: 'd' + i, content: ('word' + i + ' and more ').repeat(200)});
      console.log(i + 1);
    }`;
  const script = join(folder, 'killed.mjs');
  writeFileSync(script, program);
  let done = 0;
  for (let round = 0; round < 5; round++) {
    const child = spawn(process.execPath, [script], {stdio: ['ignore', 'pipe', 'inherit']});
    await new Promise((resolve, reject) => {
      child.stdout.on('data', (data) => {
        done = Number(String(data).trim().split('\n').at(-1));
        if (done >= 3 + round) child.kill('SIGKILL');
      });
      child.on('exit', (code, signal) => (signal === 'SIGKILL' ? resolve() : reject(new Error(`${code}`))));
    });
    const index = await openIndex({path});
    await index.verify();
    const {documents} = await index.info();
    assert.ok(documents >= done, `${done} were written, ${documents} are there`);
    await index.dispose();
    rmSync(path);
  }
});

test('an abort, and searches that a newer one replaces', async () => {
  const index = await openIndex({create: true});
  const many = Array.from({length: 400}, (_, i) => ({id: `d${i}`, content: `text ${i} `.repeat(500)}));
  const abort = new AbortController();
  let seen = 0;
  await assert.rejects(index.add(many, {signal: abort.signal, onProgress: ({documents}) => {
    seen = documents;
    abort.abort();
  }}), {name: 'AbortError'});
  assert.ok(seen > 0 && seen < many.length);
  assert.equal((await index.info()).documents, seen);
  const typed = ['t', 'te', 'tex', 'text'].map((query) => index.search(query, {latest: true, typing: true}));
  const answers = await Promise.allSettled(typed);
  assert.deepEqual(answers.map(({status}) => status), ['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  assert.equal(answers[1].reason.code, 'LODE_E_CANCELLED');
  assert.ok(answers[3].value.results.length > 0);
  await index.dispose();
});

test('documents are listed in order, and read: texts, passages, vectors', async (t) => {
  const index = await openIndex({create: true}, {model: builtin});
  t.after(() => index.dispose());
  assert.deepEqual(await index.list(), {entries: [], more: false});
  const modified = new Date('2024-05-06T07:08:09Z');
  await index.add(manual.map((each) => ({...each, modified, metadata: {part: 'manual'}})));
  await index.add({id: 'é.txt', content: 'Der Zug 🚂 fährt.'});
  const ids = [...manual.map(({id}) => id), 'é.txt'];
  const pages = [];
  for (let more = true; more;) {
    const page = await index.list({after: pages.at(-1)?.id, limit: 3});
    assert.ok(page.entries.length <= 3);
    pages.push(...page.entries);
    more = page.more;
  }
  assert.deepEqual(pages.map(({id}) => id), ids);
  const {documents, chunks, dim} = await index.info();
  assert.equal(pages.length, documents);
  assert.equal(pages.reduce((sum, {passageCount}) => sum + passageCount, 0), chunks);
  const first = pages[0];
  assert.deepEqual([first.format, first.bytes, first.modified, first.metadata],
    ['markdown', Buffer.byteLength(manual[0].content), modified, {part: ['manual']}]);
  assert.deepEqual([first.text, first.passages], [undefined, undefined]);

  const found = (await index.search('how do I add a model', {limit: 3})).results;
  assert.equal(found.length, 3);
  for (const result of found) {
    const {text, passages, title} = await index.read(result.id, {text: true, vectors: true});
    assert.equal(title, result.title);
    const passage = passages.find(({source}) => source.start === result.source.start);
    assert.equal(text.slice(passage.range.start, passage.range.end), result.text);
    assert.deepEqual([passage.heading, passage.anchor], [result.heading, result.anchor]);
    for (const {vector} of passages) {
      assert.equal(vector.length, dim);
      assert.ok(Math.abs(Math.hypot(...vector) - 1) < 0.01);
    }
  }
  const train = await index.read('é.txt', {text: true, passages: true});
  assert.equal(train.text, 'Der Zug 🚂 fährt.');
  assert.deepEqual(train.passages.map(({range, vector}) => [range, vector]), [[{start: 0, end: 17}, undefined]]);
  assert.equal((await index.read('é.txt')).text, train.text);
  await assert.rejects(index.read('nobody'), refused('LODE_E_NOT_FOUND', /nobody/));
  await assert.rejects(index.list({limit: 10_001}), refused('LODE_E_ARG', /limit/));
  await assert.rejects(index.list({after: 3}), refused('LODE_E_ARG', /after/));
});

test('what is not right is said', async (t) => {
  await assert.rejects(openIndex(new Blob(['not an index'.repeat(1000)])), refused('LODE_E_FORMAT'));
  await assert.rejects(openIndex({create: true}, {access: 'read'}), refused('LODE_E_ARG'));
  await assert.rejects(openIndex({create: true}, {chunkTokens: 3}), refused('LODE_E_ARG', /chunk_tokens/));
  const index = await openIndex({create: true});
  t.after(() => index.dispose());
  await assert.rejects(index.add([{id: 'a', content: 'x'}, {id: '', content: 'y'}]),
    (error) => refused('LODE_E_ARG')(error) && error.item === 1);
  await assert.rejects(index.search('x', {limit: -1}), refused('LODE_E_ARG', /limit/));
  await assert.rejects(index.similar('nobody'), refused('LODE_E_NOT_FOUND'));
  const report = await index.add([{id: 'b', content: Uint8Array.of(0, 1, 2, 255)}, {id: 'c', content: 'fine'}]);
  assert.deepEqual(report.reasons.map(({id}) => id), ['b']);
  assert.equal((await index.info()).documents, 1);
  assert.equal((await index.search('')).results.length, 0);
});
