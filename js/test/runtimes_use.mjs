// What runtimes.test.mjs has done in each runtime: node|deno|bun runtimes_use.mjs MODEL FOLDER URL
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {LodeError, createEmbedder, openIndex} from '../dist/node.js';

const [model, folder, url] = process.argv.slice(2);
const WAYS = [{threads: 1}, {threads: 2}, {mode: 'inline', threads: 1}, {mode: 'inline', threads: 2}];
const texts = Array.from({length: 1000}, (_, i) => `text number ${i}`);
const seen = {ways: []};

for (const way of WAYS) {
  const embedder = await createEmbedder(model, {cache: false, ...way});
  const vector = [...(await embedder.embed('one text'))];
  const {vectors} = await embedder.embed(texts);
  seen.ways.push({vector, last: [...vectors.subarray(-8)], threads: embedder.info.threads});
  await embedder.dispose();
}

const outcome = (promise) => promise.then(() => 'fulfilled',
  (error) => (error instanceof LodeError ? error.code : error.name));
seen.errors = [
  await outcome(createEmbedder(join(folder, 'nothing-here'))),
  await outcome(createEmbedder(join(folder, 'not-a-model'), {cache: false})),
  await outcome(createEmbedder(model, {cache: false, signal: AbortSignal.abort()})),
];

seen.loads = [];
for (let i = 0; i < 2; i++) { // by HTTP, and then from the cache
  const embedder = await createEmbedder(url, {cache: {folder: join(folder, 'cache'), revalidate: 'never'}});
  seen.loads.push(embedder.info.loaded.cachedBytes > 0);
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 1);
  const many = Array.from({length: 50}, () => texts).flat();
  seen.errors.push(await outcome(embedder.embed(many, {signal: stop.signal})));
  await embedder.dispose();
}

const path = join(folder, 'stays.lode');
const documents = JSON.parse(readFileSync(join(folder, 'documents.json'), 'utf8'));
const index = await openIndex({path, create: true}, {model, threads: 2});
await index.add(documents);
await index.dispose();
const again = await openIndex({path}, {model});
const {results} = await again.search('kernel');
seen.found = results.map(({id}) => id);
await again.dispose();
console.log(JSON.stringify(seen));
