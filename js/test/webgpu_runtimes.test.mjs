// The backend for GPUs in Deno, in f16: its WebGPU is wgpu's, which takes Mesa's lavapipe, and that
// has shader-f16, as no adapter here has that Chromium or Node would take. Skipped without Deno, and
// where it has no such adapter.
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {promisify} from 'node:util';
import {NO_NATIVE, TEXTS, cosine, embedNative, root} from './native.mjs';

const program = process.env.DENO ??
  join(root, 'js', 'node_modules', '@deno', 'linux-x64-glibc', 'deno');
const FIXTURE = join(root, 'tests', 'data', 'models', 'bert-mean-normalize');
const TIMEOUT = 120_000;
const skip = NO_NATIVE || (!existsSync(program) && `there is no ${program}`);

async function use() {
  const {stdout} = await promisify(execFile)(program,
    ['run', '--allow-all', '--unstable-webgpu', join(root, 'js', 'test', 'webgpu_runtimes_use.mjs'),
      FIXTURE, JSON.stringify(TEXTS)],
    {env: {...process.env, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1'}, timeout: TIMEOUT,
      maxBuffer: 2 ** 26});
  return JSON.parse(stdout);
}

test('f16 in Deno', {skip, timeout: TIMEOUT}, async (t) => {
  const {missing, weightBytes, ways, chosen, found} = await use();
  if (missing !== undefined) return t.skip(missing);
  const expected = embedNative(FIXTURE, TEXTS, '--dtype', 'f32');
  for (const way of ways) {
    assert.deepEqual([way.backend, way.dtype, way.reason], ['webgpu', 'f16', undefined]);
    assert.ok(way.device.length > 0);
    assert.ok(way.weightBytes < weightBytes, 'matrices have half the size');
    way.all.forEach((row, i) => {
      const c = cosine(row, expected[i]);
      assert.ok(c >= 0.9999, `text ${i}: ${c}`);
    });
    assert.notDeepEqual(way.all, expected.map((row) => [...row]), 'it is f16 indeed');
    assert.deepEqual(way.alone, way.all, 'a vector does not depend on its batch');
    assert.ok(way.leastCosine >= 0.9999, `${way.leastCosine}`);
  }
  const [cpu, gpu] = chosen.candidates;
  assert.deepEqual([cpu.backend, cpu.dtype, gpu.backend, gpu.dtype], ['cpu', 'f32', 'webgpu', 'f16']);
  assert.equal(gpu.passed, true, gpu.reason);
  const taken = gpu.chosen ? gpu : cpu;
  assert.deepEqual([chosen.backend, chosen.dtype], [taken.backend, taken.dtype]);
  assert.deepEqual([found.backend.backend, found.backend.dtype, found.first], ['webgpu', 'f16', '0']);
});
