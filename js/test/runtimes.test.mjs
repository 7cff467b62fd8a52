// Node's package in Deno and Bun, from the npm packages that carry their programs. Skipped without.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {existsSync, readFileSync, readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {root, scratch, staticModel} from './native.mjs';
import {startServer} from './server.mjs';

const modules = join(root, 'js', 'node_modules');
const RUNTIMES = [
  ['Deno', process.env.DENO ?? join(modules, '@deno', 'linux-x64-glibc', 'deno'), ['run', '--allow-all']],
  ['Bun', process.env.BUN ?? join(modules, '@oven', 'bun-linux-x64', 'bin', 'bun'), []],
];
const bundle = readFileSync(staticModel);
const documents = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md')).slice(0, 4)
  .map((id) => ({id, content: readFileSync(join(root, 'docs', id), 'utf8')}));

/** What the program sees in a runtime. */
async function use(t, program, words) {
  const folder = scratch(t);
  writeFileSync(join(folder, 'documents.json'), JSON.stringify(documents));
  writeFileSync(join(folder, 'not-a-model'), 'these are not the bytes of a model');
  const server = await startServer(t, {'/m': {body: bundle}});
  const args = [...words, join(root, 'js', 'test', 'runtimes_use.mjs'), staticModel, folder, server.url('/m')];
  const child = spawn(program, args, {stdio: ['ignore', 'pipe', 'pipe'],
    env: {...process.env, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1'}});
  const said = {stdout: '', stderr: ''};
  for (const name of ['stdout', 'stderr']) child[name].on('data', (data) => (said[name] += data));
  const status = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(status, 0, said.stderr);
  return JSON.parse(said.stdout);
}

let expected;

for (const [name, program, words] of RUNTIMES) {
  test(name, {skip: !existsSync(program) && `there is no ${program}`, timeout: 120_000}, async (t) => {
    expected ??= await use(t, process.execPath, []);
    const seen = await use(t, program, words);
    seen.ways.forEach(({vector, last, threads}, i) => {
      const wanted = expected.ways[i];
      assert.equal(threads, wanted.threads);
      for (const [mine, theirs] of [[vector, wanted.vector], [last, wanted.last]]) {
        assert.equal(mine.length, theirs.length);
        mine.forEach((x, k) => assert.ok(Math.abs(x - theirs[k]) <= 1e-6));
      }
    });
    assert.deepEqual(seen.errors, ['LODE_E_NOT_FOUND', 'LODE_E_FORMAT', 'AbortError', 'AbortError', 'AbortError']);
    assert.deepEqual(seen.loads, [false, true]);
    assert.deepEqual(seen.found, expected.found);
    assert.ok(seen.found.length > 0);
  });
}
