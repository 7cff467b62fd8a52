// Some of SciFact (BEIR), and what the native program finds in it.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {NO_NATIVE, native, root, scratch, staticModel} from './native.mjs';

const data = join(root, '..', 'shared', 'data', 'eval', 'scifact');
export const NO_SCIFACT = NO_NATIVE || (!existsSync(data) && 'there is no ../shared/data/eval/scifact');
export const MODES = ['keyword', 'semantic', 'hybrid'];
const QUERIES = 10;
const DOCUMENTS = 300;

const lines = (name) =>
  readFileSync(join(data, name), 'utf8').trim().split('\n').map((line) => JSON.parse(line));

/** Questions, and documents of which some answer them. */
export function sample() {
  const judged = readFileSync(join(data, 'qrels-test.tsv'), 'utf8').trim().split('\n').slice(1)
    .map((line) => line.split('\t'));
  const asked = new Set(judged.slice(0, QUERIES).map(([query]) => query));
  const answers = new Set(judged.filter(([query]) => asked.has(query)).map(([, document]) => document));
  const corpus = lines('corpus.jsonl');
  const others = corpus.filter(({_id}) => !answers.has(_id)).slice(0, DOCUMENTS - answers.size);
  return {
    queries: lines('queries.jsonl').filter(({_id}) => asked.has(_id)).map(({text}) => text),
    documents: [...corpus.filter(({_id}) => answers.has(_id)), ...others]
      .map(({_id, title, text}) => ({id: `${_id}.txt`, content: `${title}\n\n${text}`})),
  };
}

const seen = ({path, id = path, score, text}) => ({id, score, text});

/** Results of every mode and question, by the native program. */
export function expectedOf(t, {queries, documents}, model = staticModel) {
  const folder = scratch(t);
  const file = join(folder, 'native.lode');
  mkdirSync(join(folder, 'documents'));
  for (const {id, content} of documents) writeFileSync(join(folder, 'documents', id), content);
  execFileSync(native, ['index', '--quiet', '--model', model, '-o', file, '.'], {cwd: join(folder, 'documents')});
  return MODES.map((mode) => queries.map((query) => JSON.parse(execFileSync(native,
    ['search', file, '--json', '-k', '10', '--mode', mode, '--model', model, '--', query],
    {encoding: 'utf8'})).results.map(seen)));
}

/**
 * Fills a collection, takes some documents out and puts them back, and asks. For a page, too: nothing
 * from outside but the arguments.
 */
export async function fillAndAsk(openIndex, {queries, documents}, options, modes) {
  const index = await openIndex({create: true}, options);
  const some = documents.filter((_, i) => i % 7 === 3);
  const reports = [
    await index.add(documents), await index.remove(some.map(({id}) => id)), await index.add(some),
    await index.add(documents.slice(0, 5)),
  ];
  const found = [];
  for (const mode of modes) {
    found.push([]);
    for (const query of queries) {
      const {results} = await index.search(query, {mode});
      found.at(-1).push(results.map(({id, score, text}) => ({id, score, text})));
    }
  }
  await index.verify();
  const info = await index.info();
  await index.dispose();
  return {
    found, documents: info.documents, taken: some.length,
    reports: reports.map(({added, removed, unchanged}) => [added, removed, unchanged]),
  };
}

/** The same passages in the same order; the program prints six digits of scores. */
export function compare({found, reports, documents, taken}, expected, n) {
  assert.equal(documents, n);
  assert.deepEqual(reports, [[n, 0, 0], [0, taken, 0], [taken, 0, 0], [0, 0, 5]]);
  let results = 0;
  found.forEach((lists, mode) => lists.forEach((list, query) => {
    const theirs = expected[mode][query];
    const what = `${MODES[mode]}, question ${query}`;
    assert.deepEqual(list.map(({id, text}) => [id, text]), theirs.map(({id, text}) => [id, text]), what);
    list.forEach(({score}, i) => assert.ok(Math.abs(score - theirs[i].score) <= 1e-5, what));
    results += list.length;
  }));
  assert.ok(results >= 3 * found[0].length, `${results} results`);
}
