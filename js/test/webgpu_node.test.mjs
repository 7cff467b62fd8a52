// The backend for GPUs in Node, by the npm package `webgpu`, which is a peer that may be absent: it is
// 130 MB. Skipped without it, and where it finds no adapter. Chromium's SwiftShader is one:
//   npm install --no-save --ignore-scripts webgpu
//   VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json node --test test/webgpu_node.test.mjs
import assert from 'node:assert/strict';
import {join} from 'node:path';
import {describe, test} from 'node:test';
import {createEmbedder} from '../dist/node.js';
import {NO_NATIVE, TEXTS, cosine, embedNative, root} from './native.mjs';

const FIXTURE = join(root, 'tests', 'data', 'models', 'bert-mean-normalize');
const TIMEOUT = 120_000;
const OPTIONS = {cache: false, threads: 1};

const installed = globalThis.navigator?.gpu !== undefined ||
  await import('webgpu').then(() => true, ({code}) => {
    assert.equal(code, 'ERR_MODULE_NOT_FOUND');
    return false;
  });

/** Why there is no GPU here, if there is none. */
async function missing() {
  if (!installed) return 'the npm package webgpu is not installed';
  try {
    await (await createEmbedder(FIXTURE, {...OPTIONS, backend: 'webgpu'})).dispose();
    return false;
  } catch (error) {
    if (error.code === 'LODE_E_UNSUPPORTED') return error.message;
    throw error;
  }
}

const skip = NO_NATIVE || await missing();

test('without the package', {skip: installed && 'it is installed'}, async () => {
  await assert.rejects(createEmbedder(FIXTURE, {...OPTIONS, backend: 'webgpu'}),
    {code: 'LODE_E_UNSUPPORTED', message: /npm package "webgpu" is not installed/});
  const embedder = await createEmbedder(FIXTURE, {...OPTIONS, backend: 'auto'});
  assert.equal(embedder.info.backend, 'cpu');
  assert.match(embedder.info.reason, /npm package "webgpu" is not installed/);
  await embedder.dispose();
});

describe('with a GPU', {skip}, () => {
  for (const mode of ['worker', 'inline']) {
    test(mode, {timeout: TIMEOUT}, async () => {
      const embedder = await createEmbedder(FIXTURE, {...OPTIONS, mode, backend: 'webgpu'});
      const {info} = embedder;
      assert.deepEqual([info.backend, info.dtype, info.reason], ['webgpu', 'f32', undefined]);
      assert.ok(info.dispatches > 0 && info.dispatches <= 7 * info.layers + 4, `${info.dispatches}`);
      assert.match(info.wasm, /^lode-embed-gpu-/);
      const rows = [...(await embedder.embed(TEXTS))];
      embedNative(FIXTURE, TEXTS, '--dtype', 'f32').forEach((expected, i) => {
        const c = cosine(rows[i], expected);
        assert.ok(c >= 0.999999, `text ${i}: ${c}`);
      });
      for (const [i, text] of TEXTS.entries()) {
        assert.deepEqual(await embedder.embed(text), rows[i], 'a vector does not depend on its batch');
      }
      const {texts, leastCosine} = await embedder.verify();
      assert.ok(texts > 0 && leastCosine >= 0.999999, `${leastCosine}`);
      await embedder.dispose();
    });
  }

  test('auto', {timeout: TIMEOUT}, async () => {
    const embedder = await createEmbedder(FIXTURE, {...OPTIONS, backend: 'auto'});
    const {backend, candidates, reason} = embedder.info;
    assert.deepEqual(candidates.map((one) => one.backend), ['cpu', 'webgpu']);
    assert.equal(candidates[1].passed, true, candidates[1].reason);
    assert.equal(candidates.find(({chosen}) => chosen).backend, backend);
    assert.equal(reason, backend === 'webgpu' ? undefined : 'slower');
    await embedder.dispose();
  });
});
