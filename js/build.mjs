// dist/ and wasm/: the package as it is published.
//
//   node build.mjs [FOLDER WITH THE MODULES]     (../build-wasm)
import {spawnSync} from 'node:child_process';
import {copyFileSync, existsSync, mkdirSync, rmSync, statSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const modules = resolve(process.argv[2] ?? join(here, '..', 'build-wasm'));
const MOST_BYTES = 52 * 1024; // of JavaScript, in a page

rmSync(join(here, 'dist'), {recursive: true, force: true});
rmSync(join(here, 'wasm'), {recursive: true, force: true});
mkdirSync(join(here, 'wasm'));
for (const what of ['embed', 'index']) {
  for (const variant of ['simd128', 'relaxed', 'simd128-threads', 'relaxed-threads']) {
    const name = `lode-${what}-${variant}.wasm`;
    if (what === 'index' && !existsSync(join(modules, name))) {
      console.log(`${name} is not there: openIndex will not find it (wasm/CMakeLists.txt)`);
      continue;
    }
    copyFileSync(join(modules, name), join(here, 'wasm', name));
  }
}

const ENTRIES = [
  'index', 'inline', 'node', 'transformers', 'transformers_node', 'worker', 'worker_node', 'thread',
  'thread_node',
];
const result = await build({
  metafile: true,
  absWorkingDir: here,
  entryPoints: ENTRIES.map((name) => `src/${name}.ts`),
  outdir: 'dist',
  bundle: true,
  splitting: true,
  minify: true,
  sourcemap: true,
  sourcesContent: true,
  format: 'esm',
  target: 'es2022',
  external: ['node:*'],
  logLevel: 'warning',
});

const tsc = spawnSync(process.execPath,
  [join(here, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', here], {stdio: 'inherit'});
if (tsc.status !== 0) process.exit(1);

// lode/site
const site = spawnSync(process.execPath, [join(here, 'site', 'build.mjs'), modules], {stdio: 'inherit'});
if (site.status !== 0) process.exit(1);

// What a page can get to load: the entries of a browser, and all that they import; but what is loaded
// with the first collection.
const COLLECTIONS = ['src/collection/open.ts', 'src/engine/collection.ts', 'src/platform/opfs_files.ts'];
const wanted = ['dist/index.js', 'dist/worker.js', 'dist/thread.js'];
const reached = new Set();
for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
  if (reached.has(name) || COLLECTIONS.includes(result.metafile.outputs[name].entryPoint)) continue;
  reached.add(name);
  for (const {path} of result.metafile.outputs[name].imports) wanted.push(path);
}
const bytes = [...reached].reduce((sum, name) => sum + statSync(join(here, name)).size, 0);
console.log(`JavaScript for a page: ${bytes} bytes of at most ${MOST_BYTES}`);
if (bytes > MOST_BYTES) process.exit(1);
