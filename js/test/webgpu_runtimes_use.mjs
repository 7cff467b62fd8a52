// What webgpu_runtimes.test.mjs has done in a runtime: deno run webgpu_runtimes_use.mjs MODEL TEXTS
import {createEmbedder, openIndex} from '../dist/node.js';

const [model, words] = process.argv.slice(2);
const texts = JSON.parse(words);
const COMMON = {cache: false, dtype: 'f16', threads: 1};
const WAYS = [{mode: 'worker'}, {mode: 'inline'}];

/** On the GPU, all texts at once and one by one. */
async function embed(way) {
  const embedder = await createEmbedder(model, {...COMMON, ...way, backend: 'webgpu'});
  const {backend, dtype, device, weightBytes, reason} = embedder.info;
  const all = [...(await embedder.embed(texts))].map((row) => [...row]);
  const alone = [];
  for (const text of texts) alone.push([...(await embedder.embed(text))]);
  const {leastCosine} = await embedder.verify();
  await embedder.dispose();
  return {backend, dtype, device, weightBytes, reason, all, alone, leastCosine};
}

async function choose() {
  const embedder = await createEmbedder(model, {...COMMON, backend: 'auto'});
  const {info} = embedder;
  await embedder.dispose();
  return info;
}

/** The collection's backend, and what it finds. */
async function search() {
  const index = await openIndex({create: true}, {...COMMON, model, backend: 'webgpu'});
  await index.add(texts.map((content, i) => ({id: `${i}`, content})));
  const {results} = await index.search(texts[0], {mode: 'semantic'});
  const {backend} = await index.info();
  await index.dispose();
  return {backend, first: results[0].id};
}

async function use() {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) return {missing: 'no WebGPU adapter'};
  if (!adapter.features.has('shader-f16')) {
    return {missing: `${adapter.info.description}: no shader-f16`};
  }
  const f32 = await createEmbedder(model, {...COMMON, dtype: 'f32', backend: 'webgpu'});
  const {weightBytes} = f32.info;
  await f32.dispose();
  const ways = [];
  for (const way of WAYS) ways.push(await embed(way));
  return {weightBytes, ways, chosen: await choose(), found: await search()};
}

console.log(JSON.stringify(await use()));
