// What an embedder takes of WebAssembly's memory, which never shrinks.
import assert from 'node:assert/strict';
import {statSync} from 'node:fs';
import {test} from 'node:test';
import {createEmbedder} from '../dist/node.js';
import {NO_MINILM, minilmBundle} from './native.mjs';

const words = (n) => 'word '.repeat(n).trim();
const CALLS = [
  Array.from({length: 16}, (_, i) => words(3 + i)),
  Array.from({length: 300}, (_, i) => words(i % 12)),
  [words(600)],
  Array.from({length: 12}, (_, i) => words(20 * i)),
];

for (const threads of [1, 2]) {
  test(`MiniLM int8, threads: ${threads}: at most 2.2 times the bundle`, {skip: NO_MINILM}, async (t) => {
    const bundle = minilmBundle(t);
    const embedder = await createEmbedder(bundle, {cache: false, threads});
    t.after(() => embedder.dispose());
    await embedder.embed('one text');
    const first = await embedder.memory();
    for (const texts of CALLS) await embedder.embed(texts);
    const last = await embedder.memory();
    const {size} = statSync(bundle);
    assert.ok(last <= 2.2 * size, `${last} bytes for a bundle of ${size}`);
    assert.ok(last - first < 2 ** 20, `${first} bytes after one text, ${last} after many`);
  });
}
