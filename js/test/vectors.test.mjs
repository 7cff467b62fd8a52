// The same vectors as the native library's.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createEmbedder} from '../dist/node.js';
import {
  NO_MINILM, NO_NATIVE, TEXTS, cosine, embedNative, largestDifference, minilmBundle, minilmFolder,
  staticModel,
} from './native.mjs';

const WAYS = [
  {mode: 'inline', threads: 1}, {mode: 'inline', threads: 2},
  {mode: 'worker', threads: 1}, {mode: 'worker', threads: 2},
];

async function embedAll(model, options) {
  const embedder = await createEmbedder(model, {cache: false, ...options});
  try {
    return [...(await embedder.embed(TEXTS))];
  } finally {
    await embedder.dispose();
  }
}

for (const way of WAYS) {
  test(`static model, ${JSON.stringify(way)}`, {skip: NO_NATIVE}, async () => {
    const expected = embedNative(staticModel, TEXTS);
    const rows = await embedAll(staticModel, way);
    rows.forEach((row, i) => assert.ok(largestDifference(row, expected[i]) <= 1e-5, TEXTS[i]));
  });

  test(`MiniLM int8, ${JSON.stringify(way)}`, {skip: NO_MINILM}, async (t) => {
    const bundle = minilmBundle(t);
    const expected = embedNative(bundle, TEXTS);
    const rows = await embedAll(bundle, way);
    rows.forEach((row, i) => assert.ok(cosine(row, expected[i]) >= 0.99999, TEXTS[i]));
  });
}

test('MiniLM f32 from its directory', {skip: NO_MINILM}, async () => {
  const expected = embedNative(minilmFolder, TEXTS);
  const rows = await embedAll(minilmFolder, {threads: 2});
  rows.forEach((row, i) => {
    assert.ok(largestDifference(row, expected[i]) <= 1e-6, TEXTS[i]);
    assert.ok(cosine(row, expected[i]) >= 0.999999, TEXTS[i]);
  });
});
