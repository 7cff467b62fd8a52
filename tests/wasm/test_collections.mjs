// Collections in a module: against the native program, and on a host that fails.
//
//   node tests/wasm/test_collections.mjs MODULE.wasm [lode]
//
// `lode` is the native program; what needs it is skipped without. LODE_SEED makes a run the same
// again, LODE_CUTS says how often the power fails (40), LODE_QUERIES how many of SciFact's (40).
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {after, test} from 'node:test';
import {fileURLToPath} from 'node:url';

import {CREATE, Disk, HYBRID, KEYWORD, Module, PowerCut, READ, SEMANTIC, STATUS, WRITE} from './module.mjs';

const [path, lode] = process.argv.slice(2).map((name) => resolve(name));
const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const scifact = join(root, '../shared/data/eval/scifact');
const builtin = join(root, 'models/lode-static-en.lode-model');
const seed = Number(process.env.LODE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const CUTS = Number(process.env.LODE_CUTS ?? 40);
const QUERIES = Number(process.env.LODE_QUERIES ?? 40);
console.log(`seed ${seed}`);
try {
  new WebAssembly.Module(readFileSync(path));
} catch (error) {
  if (!(error instanceof WebAssembly.CompileError)) throw error;
  console.log(`skipped: ${error.message}`);
  process.exit(77);
}

const folder = mkdtempSync(join(tmpdir(), 'lode-wasm-'));
after(() => rmSync(folder, {recursive: true}));

function generator(state) {  // mulberry32
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
const random = generator(seed);
const pick = (n) => Math.floor(random() * n);

const manual = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md')).sort()
    .map((name) => ({id: `docs/${name}`, content: readFileSync(join(root, 'docs', name))}));
const questions = ['how do I add a model', 'crash while writing', 'search by meaning', '"int8"',
                   'memory -threads', 'wher are vectrs kept', 'tokenizer', ''];

// ---- the native program

const native = (...args) => execFileSync(lode, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});
const needsNative = lode ? {} : {skip: 'there is no native program to compare with'};

function nativeSearch(file, query, mode, ...more) {
  const found = JSON.parse(native('search', file, '--json', '-k', '10', '--mode', mode, ...more, '--', query));
  return found.results.map(({path, score, cosine, keyword, text}) => ({id: path, score, cosine, keyword, text}));
}

// The same passages in the same order. The program prints six digits of scores; those of meaning may
// differ between instruction sets by rounding.
function compare(ours, theirs, tolerance, what) {
  assert.deepEqual(ours.map((r) => [r.id, r.text]), theirs.map((r) => [r.id, r.text]), what);
  ours.forEach((r, i) => {
    for (const key of ['score', 'cosine', 'keyword']) {
      const difference = Math.abs(r[key] - theirs[i][key]);
      assert.ok(difference <= tolerance, `${what}: ${key} of ${r.id} differs by ${difference}`);
    }
  });
}

function writeFolder(documents) {
  const at = mkdtempSync(join(folder, 'documents-'));
  for (const d of documents) writeFileSync(join(at, d.id), d.content);
  return at;
}

test('a collection in memory is filled, searched, read back', () => {
  const m = new Module(path);
  m.put('manual.lode');
  let index = m.open('manual.lode', CREATE);
  assert.equal(index.add(manual).added, manual.length);
  assert.equal(index.add(manual).unchanged, manual.length);
  const [best] = index.search('how do I add a model');
  index.verify();
  index.remove([best.id]);
  index.compact();
  assert.equal(index.info().documents, manual.length - 1);
  index.close();
  const other = new Module(path);
  other.put('copy.lode', m.take('manual.lode'));
  index = other.open('copy.lode', READ);
  index.verify();
  assert.equal(index.info().documents, manual.length - 1);
  assert.ok(!index.search('how do I add a model').some((r) => r.id === best.id));
  assert.throws(() => index.add(manual), {status: STATUS.E_ARG});
  index.close();
  assert.equal(m.disk.files.size, 0, 'nothing of it went to the host');
});

test('progress is told, and ends the work', () => {
  const m = new Module(path);
  m.put('a.lode');
  const index = m.open('a.lode', CREATE);
  let last;
  m.progress = (...numbers) => (last = numbers, 0);
  index.add([...manual, {id: 'b.bin', content: Uint8Array.of(0, 1, 2, 0xff)}]);
  assert.deepEqual(last.slice(0, 2), [manual.length + 1, manual.length + 1]);
  assert.equal(last[2], last[3]);
  assert.deepEqual(m.skipped.map(([id]) => id), ['b.bin']);
  m.progress = () => 1;
  assert.throws(() => index.add([{id: 'c', content: 'new'}, {id: 'd', content: 'also'}]),
                {status: STATUS.E_CANCELLED});
  m.progress = () => 0;
  index.verify();
  index.close();
});

test('what cannot be opened says why', () => {
  const disk = new Disk();
  const m = new Module(path, disk);
  assert.throws(() => m.open('none.lode', READ), {status: STATUS.E_NOT_FOUND});
  assert.throws(() => m.open('none.lode', WRITE), {status: STATUS.E_NOT_FOUND});
  const first = m.open('a.lode', CREATE);
  assert.throws(() => m.open('a.lode', WRITE), {status: STATUS.E_BUSY});
  first.close();
  disk.put('b.lode', Buffer.from('<!doctype html><title>Not found</title>'.repeat(100)));
  assert.throws(() => m.open('b.lode', READ), {status: STATUS.E_FORMAT});
  m.put('m.lode', disk.get('a.lode'));
  const reader = m.open('m.lode', READ);
  assert.throws(() => m.open('m.lode', WRITE), {status: STATUS.E_BUSY});
  m.open('m.lode', READ).close();
  reader.close();
  disk.readOnly = true;
  assert.throws(() => m.open('a.lode', WRITE), {status: STATUS.E_IO});
  m.open('a.lode', READ).close();
});

// ---- the same as natively

test('a file of the native program is read, and the other way round', needsNative, () => {
  const file = join(folder, 'native.lode');
  execFileSync(lode, ['index', '--quiet', '--model', 'none', '-o', file, 'docs'], {cwd: root});
  const m = new Module(path);
  m.put('native.lode', readFileSync(file));
  let index = m.open('native.lode', WRITE);
  index.verify();  // cuts all texts into words again, and compares
  for (const q of questions) {
    compare(index.search(q, {mode: KEYWORD}), nativeSearch(file, q, 'keyword'), 1e-6, q);
  }
  index.add([{id: 'new.md', content: '# Ferries\n\nThe ferry to the island leaves at noon.'}]);
  index.close();
  writeFileSync(file, m.take('native.lode'));
  native('info', '--verify', file);
  assert.equal(nativeSearch(file, 'ferry island', 'keyword')[0].id, 'new.md');
  // And one that was made here.
  m.put('ours.lode');
  index = m.open('ours.lode', CREATE);
  index.add(manual);
  const ours = questions.map((q) => index.search(q, {mode: KEYWORD}));
  index.close();
  writeFileSync(file, m.take('ours.lode'));
  native('info', '--verify', file);
  questions.forEach((q, i) => compare(ours[i], nativeSearch(file, q, 'keyword'), 1e-6, q));
});

test('nothing is indexed or looked up without the stemmers that it takes', () => {
  const documents = [
    {id: 'a.txt', content: 'The ferries to the islands leave in the morning, and all of them return to the harbour at night.'},
    {id: 'b.txt', content: 'Die Häuser am Ufer wurden größtenteils im vergangenen Jahrhundert von den Fischern gebaut.'},
    {id: 'c.txt', content: 'The houses on the shore were built by the fishermen of the village in the last century.'},
  ];
  const m = new Module(path);
  m.late = true;
  m.put('a.lode');
  let index = m.open('a.lode', CREATE);
  assert.throws(() => index.add(documents), {status: STATUS.E_CANCELLED, item: 0, message: /"en"/});
  assert.deepEqual([index.report.added, index.info().documents], [0, 0]);
  m.loadStemmers();
  // Up to the one that lacks its stemmer everything is done, and committed.
  assert.throws(() => index.add(documents), {status: STATUS.E_CANCELLED, item: 1, message: /"de"/});
  assert.deepEqual([index.report.added, index.info().documents], [1, 1]);
  m.loadStemmers();
  assert.deepEqual(index.add(documents.slice(1)).added, 2);
  index.verify();
  assert.deepEqual(index.search('ferry', {mode: KEYWORD}).map((r) => r.id), ['a.txt']);
  index.close();

  const later = new Module(path);
  later.late = true;
  later.put('a.lode', m.take('a.lode'));
  index = later.open('a.lode', WRITE);
  assert.deepEqual([...later.wanted.values()].sort(), ['de', 'en'], 'asked for when it is opened');
  assert.throws(() => index.search('fishing houses', {mode: KEYWORD}));
  assert.throws(() => index.remove(['b.txt']));
  assert.throws(() => index.verify());
  assert.equal(index.info().documents, 3);
  later.loadStemmers();
  assert.deepEqual(index.search('Fischer Haus', {mode: KEYWORD}).map((r) => r.id), ['b.txt']);
  index.remove(['b.txt']);
  index.verify();
  assert.equal(index.info().documents, 2);
  index.close();
});

test('words of many languages are cut as natively', needsNative, () => {
  const texts = [
    ['da', 'Færgerne til øerne sejler hver morgen undtagen om søndagen, og billetterne koster det samme.'],
    ['de', 'Die Häuser am Ufer wurden größtenteils im vergangenen Jahrhundert von den Fischern gebaut.'],
    ['el', 'Τα πλοία για τα νησιά αναχωρούν κάθε πρωί από το μεγάλο λιμάνι της πόλης μας.'],
    ['es', 'Los barcos salían todas las mañanas hacia las islas cargados de pescadores y mercancías.'],
    ['fi', 'Lautat saarille lähtevät joka aamu satamasta, paitsi sunnuntaisin talven aikana.'],
    ['fr', 'Les bateaux partaient chaque matin vers les îles, chargés de pêcheurs et de marchandises.'],
    ['ru', 'Паромы на острова отправляются каждое утро, кроме воскресенья, из старой гавани города.'],
    ['sr', 'Бродови за острва полазе сваког јутра из старе луке, осим недељом током зиме.'],
    ['ta', 'தீவுகளுக்கான படகுகள் ஒவ்வொரு காலையிலும் துறைமுகத்திலிருந்து புறப்படுகின்றன.'],
    ['tr', 'Adalara giden vapurlar pazar günleri dışında her sabah eski limandan kalkıyor.'],
    ['ja', '島へのフェリーは日曜日を除いて毎朝七時半に港を出発します。'],
    ['zh', '除星期日外，开往岛屿的渡轮每天早上七点半离开港口。'],
    ['ar', 'تغادر العبارات إلى الجزر كل صباح من الميناء القديم ما عدا يوم الأحد.'],
  ].map(([id, content]) => ({id: `${id}.txt`, content}));
  const file = join(folder, 'languages.lode');
  execFileSync(lode, ['index', '--quiet', '--model', 'none', '-o', file, writeFolder(texts)]);
  const m = new Module(path);
  m.put('a.lode', readFileSync(file));
  const index = m.open('a.lode', READ);
  index.verify();
  for (const query of ['пароме', 'häuser', 'pescador', 'フェリー', 'kalkıyor', 'νησιά']) {
    assert.ok(index.search(query, {mode: KEYWORD}).length > 0, query);
    compare(index.search(query, {mode: KEYWORD}), nativeSearch(file, query, 'keyword'), 1e-6, query);
  }
  index.close();
});

const lines = (name) => readFileSync(join(scifact, name), 'utf8').trim().split('\n').map((l) => JSON.parse(l));

test('SciFact: results as natively', !lode ? needsNative : {
  skip: !existsSync(scifact) && 'there is no ../shared/data/eval/scifact',
  timeout: 600_000,
}, () => {
  const corpus = lines('corpus.jsonl').map((d) => ({id: `${d._id}.txt`, content: `${d.title}\n\n${d.text}`}));
  const judged = new Set(readFileSync(join(scifact, 'qrels-test.tsv'), 'utf8').split('\n').map((l) => l.split('\t')[0]));
  const queries = lines('queries.jsonl').filter((q) => judged.has(q._id)).slice(0, QUERIES);
  const at = writeFolder(corpus), file = join(folder, 'scifact.lode');
  execFileSync(lode, ['index', '--quiet', '--model', builtin, '-o', file, '.'], {cwd: at});
  const m = new Module(path);
  const model = m.model(builtin);
  m.put('ours.lode');
  let index = m.open('ours.lode', CREATE, model);
  assert.equal(index.add(corpus).added, corpus.length);
  const ask = (mode) => queries.map((q) => index.search(q.text, {mode}));
  const ours = new Map([[KEYWORD, 'keyword'], [HYBRID, 'hybrid'], [SEMANTIC, 'semantic']].map(([mode, name]) => [name, ask(mode)]));
  index.close();
  m.put('theirs.lode', readFileSync(file));
  index = m.open('theirs.lode', READ, model);
  index.verify();
  let worst = 0;
  for (const [mode, name] of [[KEYWORD, 'keyword'], [HYBRID, 'hybrid'], [SEMANTIC, 'semantic']]) {
    const read = ask(mode);
    queries.forEach((q, i) => {
      const theirs = nativeSearch(file, q.text, name, '--model', builtin);
      compare(read[i], theirs, 1e-5, `${name}, their file: ${q.text}`);
      compare(ours.get(name)[i], theirs, 1e-5, `${name}, our file: ${q.text}`);
      theirs.forEach((r, k) => { worst = Math.max(worst, Math.abs(r.score - ours.get(name)[i][k].score)); });
    });
  }
  console.log(`${queries.length} queries in three modes; largest difference of a score ${worst}`);
  index.close();
});

// ---- a host that fails

const step = (i) => [{id: 'step', content: `marker ${i}`}].concat(
    [...Array(6).keys()].map((k) => ({id: `d${(5 * i + k) % 23}`, content: `# Document ${k}\n\n${`step ${i} word${i * k} `.repeat(60 + 40 * k)}`})));

// Steps of work, each one commit; returns how many came to their end.
function work(m, from, last, done) {
  const index = m.open('a.lode', CREATE);
  for (let i = from; i < last; i++) {
    index.add(step(i));
    if (i % 4 === 3) index.remove([`d${i % 23}`, 'nobody']);
    if (i % 6 === 5) index.compact();
    done(i + 1);
  }
  index.close();
}

function stepOf(disk) {
  if ((disk.get('a.lode')?.length ?? 0) === 0 && !disk.files.has('a.lode-journal')) return 0;
  const index = new Module(path, disk).open('a.lode', CREATE);
  index.verify();
  const {documents} = index.info();
  const found = documents > 0 ? index.search('marker').find((r) => r.id === 'step') : undefined;
  assert.equal(documents > 0, found !== undefined);
  index.close();
  return found ? Number(found.text.split(' ')[1]) + 1 : 0;
}

const LAST = 12;

test('the power fails at any write: what was committed is there', {timeout: 600_000}, () => {
  const counting = new Disk();
  work(new Module(path, counting), 0, LAST, () => {});
  assert.equal(stepOf(counting), LAST);
  const total = counting.writes;
  let recovered = 0;
  for (let n = 0; n < CUTS; n++) {
    const disk = new Disk();
    disk.cutAt = pick(total);
    let done = 0;
    assert.throws(() => work(new Module(path, disk), 0, LAST, (i) => { done = i; }), PowerCut);
    // A killed process loses nothing that was written; a machine any of what was not flushed.
    const killed = random() < 0.5;
    const after = disk.afterCut((pending) => (killed ? pending : pick(pending + 1)));
    recovered += after.get('a.lode-journal')?.[0] === 0xd9;
    const at = stepOf(after);
    assert.ok(at === done || at === done + 1,
              `cut at ${disk.cutAt} of ${total}: ${done} steps were done, ${at} are there`);
    work(new Module(path, after), at, LAST, () => {});
    assert.equal(stepOf(after), LAST);
  }
  console.log(`${CUTS} cuts at ${total} writes, ${recovered} with a journal to play back`);
});

test('storage is full at any write: a clear error, and nothing is lost', {timeout: 600_000}, () => {
  const counting = new Disk();
  work(new Module(path, counting), 0, 4, () => {});
  for (let at = 0; at < counting.writes; at++) {
    const disk = new Disk();
    disk.failAt = at;
    const m = new Module(path, disk);
    let done = 0;
    try {
      work(m, 0, 4, (i) => { done = i; });
    } catch (error) {
      assert.equal(error.status, STATUS.E_IO, error.stack);
      assert.match(error.message, /storage is full/);
    }
    const later = disk.afterCut((pending) => pending);
    const there = stepOf(later);
    assert.ok(there >= done && there <= done + 1, `full at ${at}: ${done} steps were done, ${there} are there`);
  }
});

test('with room again the same connection goes on', () => {
  const disk = new Disk();
  const m = new Module(path, disk);
  const index = m.open('a.lode', CREATE);
  index.add(step(0));
  disk.room = disk.get('a.lode').length + 20_000;
  const large = [{id: 'large', content: 'so many words '.repeat(50_000)}];
  assert.throws(() => index.add(large), {status: STATUS.E_IO, message: /storage is full/});
  index.verify();
  assert.equal(index.info().documents, 7);
  disk.room = Infinity;
  index.add(large);
  index.verify();
  assert.equal(index.info().documents, 8);
  index.close();
});

test('a file whose writer was killed is not read as it is', () => {
  const disk = new Disk();
  work(new Module(path, disk), 0, 2, () => {});
  let hot = 0;
  for (let cut = 1; cut < 60; cut += 3) {
    const killed = disk.afterCut((pending) => pending);
    killed.cutAt = cut;
    assert.throws(() => work(new Module(path, killed), 2, LAST, () => {}), PowerCut);
    const later = killed.afterCut((pending) => pending);
    // A journal is valid from when it has been flushed, and the file not touched before.
    const valid = later.get('a.lode-journal')?.[0] === 0xd9;
    later.readOnly = true;
    if (valid) {
      hot++;
      assert.throws(() => new Module(path, later).open('a.lode', READ),
                    {status: STATUS.E_IO, message: /interrupted|read-only/});
      later.readOnly = false;
    }
    const index = new Module(path, later).open('a.lode', READ);
    index.verify();
    index.close();
  }
  assert.ok(hot > 0);
});
