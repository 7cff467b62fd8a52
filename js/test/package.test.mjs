// The package as it is published: packed, installed into a fresh project, and used there.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {before, after, describe, test} from 'node:test';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {root, staticModel} from './native.mjs';

const js = join(root, 'js');
const bin = (name) => join(js, 'node_modules', '.bin', name);
const run = (program, args, cwd) => execFileSync(program, args, {cwd, encoding: 'utf8', stdio: 'pipe'});

describe('packed', () => {
  let project;
  let tarball;
  before(() => {
    project = mkdtempSync(join(tmpdir(), 'lode-pack-'));
    const [{filename}] = JSON.parse(
      run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], js));
    tarball = join(project, filename);
    writeFileSync(join(project, 'package.json'), '{"name": "fresh", "type": "module"}');
    // No dependencies: nothing is asked of a registry.
    run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], project);
  });
  after(() => rmSync(project, {recursive: true, force: true}));

  test('used by its name, in Node', () => {
    writeFileSync(join(project, 'use.mjs'), `
      import {createEmbedder, LodeError, openCache, similarity} from 'lode';
      import {pipeline} from 'lode/transformers';
      const embedder = await createEmbedder(process.argv[2], {cache: false});
      const [a, b] = await embedder.embed(['a cat', 'a kitten']);
      const extract = await pipeline('feature-extraction', process.argv[2], {cache: false});
      const {dims} = await extract('a cat', {pooling: 'mean', normalize: true});
      console.log(JSON.stringify([similarity(a, b) > 0.5, dims, typeof LodeError, typeof openCache]));
      console.log(import.meta.resolve('lode/wasm/lode-embed-simd128.wasm').endsWith('.wasm'));
      await embedder.dispose();
      await extract.dispose();`);
    const out = run(process.execPath, ['use.mjs', staticModel], project).split('\n');
    assert.deepEqual(JSON.parse(out[0]), [true, [1, 256], 'function', 'function']);
    assert.equal(out[1], 'true');
  });

  test('its types', () => {
    mkdirSync(join(project, 'types'));
    writeFileSync(join(project, 'types', 'use.ts'), `
      import {createEmbedder, LodeError, type Embeddings} from 'lode';
      import {createEmbedder as inline} from 'lode/inline';
      import {pipeline} from 'lode/transformers';
      const embedder = await createEmbedder(new URL('https://example.org/m.lode-model'), {
        threads: 2, onProgress: ({loaded, total}) => console.log(loaded / (total ?? 1)),
      });
      const one: Float32Array = await embedder.embed('text');
      const many: Embeddings = await embedder.embed(['text'], {dims: 8, prompt: 'query'});
      // @ts-expect-error: no such policy
      await embedder.embed('text', {longText: 'cut'});
      for await (const {index, vector} of embedder.embedStream(['a'])) console.log(index, vector);
      try { await inline('x'); } catch (error) {
        if (error instanceof LodeError && error.code === 'LODE_E_UTF8') console.log(error.item);
      }
      export const dims: number[] = (await (await pipeline('feature-extraction', 'x'))('a')).dims;
      export {one, many};`);
    for (const resolution of ['nodenext', 'bundler']) {
      const module = resolution === 'bundler' ? 'esnext' : 'nodenext';
      run(process.execPath, [join(js, 'node_modules', 'typescript', 'bin', 'tsc'), '--noEmit',
        '--strict', '--target', 'es2022', '--lib', 'es2023,dom,esnext.disposable', '--types', '',
        '--module', module, '--moduleResolution', resolution, 'types/use.ts'], project);
    }
  });

  test('a bundler leaves nothing out of a worker', () => {
    for (const name of ['worker', 'thread']) {
      writeFileSync(join(project, `${name}.mjs`), `import '${join(project, 'node_modules/lode/dist', name)}.js';`);
      const made = run(bin('esbuild'), ['--bundle', '--format=esm', '--log-level=error', `${name}.mjs`], project);
      assert.match(made, /onmessage/, name);
    }
  });

  test('publint and arethetypeswrong find nothing', () => {
    run(bin('publint'), ['--strict', tarball], project);
    run(bin('attw'), ['--profile', 'esm-only', '--exclude-entrypoints', './worker.js', '--', tarball],
      project);
  });
});
