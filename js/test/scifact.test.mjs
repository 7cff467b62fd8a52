// Collections by every module that makes them: what the native program finds.
import {readFileSync} from 'node:fs';
import assert from 'node:assert/strict';
import {join} from 'node:path';
import {test} from 'node:test';
import {openIndex} from '../dist/node.js';
import {NO_MINILM, minilmBundle, root, staticModel} from './native.mjs';
import {MODES, NO_SCIFACT, compare, expectedOf, fillAndAsk, sample} from './scifact.mjs';

const RELAXED = parseInt(process.versions.node, 10) > 20;
let data, expected;

for (const isa of ['simd128', undefined]) {
  for (const threads of [1, 3]) {
    const level = isa ?? 'relaxed';
    const name = `lode-index-${level}${threads > 1 ? '-threads' : ''}`;
    const skip = NO_SCIFACT || (level === 'relaxed' && !RELAXED && 'this Node has no relaxed SIMD');
    test(name, {skip, timeout: 120_000}, async (t) => {
      data ??= sample();
      expected ??= expectedOf(t, data);
      const asked = [];
      const wasm = (module) => {
        asked.push(module);
        return readFileSync(join(root, 'js', 'wasm', `${module}.wasm`));
      };
      const seen = await fillAndAsk(openIndex, data, {model: staticModel, isa, threads, wasm}, MODES);
      assert.ok(asked.includes(name), String(asked));
      compare(seen, expected, data.documents.length);
    });
  }
}

const skip = NO_SCIFACT || NO_MINILM || (process.env.LODE_SCIFACT !== '1' && 'LODE_SCIFACT is not 1');
test('MiniLM int8, with threads', {skip, timeout: 180_000}, async (t) => {
  const {queries, documents} = sample();
  const few = {queries, documents: documents.slice(0, 12)};
  const model = minilmBundle();
  const seen = await fillAndAsk(openIndex, few, {model, threads: 2}, MODES);
  compare(seen, expectedOf(t, few, model), few.documents.length);
});
