// The call shape of Transformers.js.
import assert from 'node:assert/strict';
import {join} from 'node:path';
import {test} from 'node:test';
import {createEmbedder} from '../dist/node.js';
import {Tensor, pipeline} from '../dist/transformers_node.js';
import {root} from './native.mjs';

const model = join(root, 'tests', 'data', 'models', 'bert-mean-normalize');
const options = {cache: false, threads: 1};

test('pooled, normalised or not', async (t) => {
  const extract = await pipeline('feature-extraction', model, options);
  t.after(() => extract.dispose());
  const embedder = await createEmbedder(model, options);
  t.after(() => embedder.dispose());
  const pooled = await extract(['one text', 'another'], {pooling: 'mean', normalize: true});
  assert.ok(pooled instanceof Tensor);
  const {vectors, dim} = await embedder.embed(['one text', 'another'], {normalize: true});
  assert.deepEqual([pooled.type, pooled.dims, pooled.size], ['float32', [2, dim], 2 * dim]);
  assert.deepEqual(pooled.data, vectors);
  assert.deepEqual(pooled.tolist()[1], [...vectors.subarray(dim)]);
  const raw = await extract('one text', {pooling: 'mean'});
  assert.deepEqual(raw.data, (await embedder.embed(['one text'], {normalize: false})).vectors);
});

test('a row for every token', async (t) => {
  const extract = await pipeline('feature-extraction', model, options);
  t.after(() => extract.dispose());
  const texts = ['one longer text', 'a'];
  const {dims, data} = await extract(texts);
  const counts = await Promise.all(texts.map(async (text) =>
    (await extract.embedder.tokenize(text)).ids.length));
  const {tokenDim} = extract.embedder.info;
  assert.deepEqual(dims, [2, Math.max(...counts), tokenDim]);
  const [first] = await extract.embedder.embedTokens([texts[0]]);
  assert.deepEqual(data.slice(0, first.length), first);
  assert.ok(data.subarray((dims[1] + counts[1]) * tokenDim).every((x) => x === 0));
});

test('what is not supported is refused by name', async (t) => {
  const refused = (pattern) => ({name: 'LodeError', code: 'LODE_E_UNSUPPORTED', message: pattern});
  await assert.rejects(pipeline('text-generation', model, options), refused(/text-generation/));
  await assert.rejects(pipeline('feature-extraction', model, {...options, device: 'webgpu'}),
    refused(/webgpu/));
  await assert.rejects(pipeline('feature-extraction', model, {...options, dtype: 'q4f16'}),
    refused(/q4f16/));
  const extract = await pipeline('feature-extraction', model, options);
  t.after(() => extract.dispose());
  await assert.rejects(extract('a', {pooling: 'cls'}), refused(/cls/));
  await assert.rejects(extract(5), {code: 'LODE_E_ARG'});
});

test('dtypes and progress', async (t) => {
  const seen = [];
  const extract = await pipeline('feature-extraction', model,
    {...options, quantized: true, progress_callback: (progress) => seen.push(progress)});
  t.after(() => extract.dispose());
  assert.equal(extract.embedder.info.dtype, 'int8');
  assert.equal(seen.at(-1).status, 'ready');
  assert.equal(seen.at(-2).progress, 100);
});
