// dist/ and wasm/: the package as it is published.
//
//   node build.mjs [FOLDER WITH THE MODULES]     (../build-wasm)
import {spawnSync} from 'node:child_process';
import {copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const modules = resolve(process.argv[2] ?? join(here, '..', 'build-wasm'));
const copyModule = (name) => copyFileSync(join(modules, name), join(here, 'wasm', name));
const MOST_BYTES = 40 * 1024; // of JavaScript, in a page

rmSync(join(here, 'dist'), {recursive: true, force: true});
rmSync(join(here, 'wasm'), {recursive: true, force: true});
mkdirSync(join(here, 'wasm'));
for (const variant of ['simd128', 'relaxed', 'simd128-threads', 'relaxed-threads']) {
  copyModule(`lode-embed-${variant}.wasm`);
}
const forIndex = readFileSync(join(here, 'src/platform/index_modules.ts'), 'utf8');
for (const [name] of forIndex.matchAll(/lode-(?:index|stem|embed-gpu)-[a-z0-9-]+\.wasm/g)) {
  if (existsSync(join(modules, name))) copyModule(name);
  else console.log(`${name} is not there: it will not be found (wasm/CMakeLists.txt)`);
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
  chunkNames: '[hash]',
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

// What a page loads: the entries of a browser and what they import, in the ordinary case (a model of
// one file, in a worker, that embeds) and in all others. Collections are counted apart.
const COLLECTIONS = [
  'src/collection/open.ts', 'src/engine/collection.ts', 'src/platform/opfs_files.ts',
  'src/platform/index_modules.ts',
];
const GPU = ['src/client/gpu.ts', 'src/engine/gpu_engine.ts'];
const {outputs} = result.metafile;
function bytesOf(wanted) {
  const reached = new Set();
  const add = (name) => {
    if (reached.has(name) || !wanted(outputs[name].entryPoint)) return;
    reached.add(name);
    for (const {path, kind} of outputs[name].imports) {
      if (wanted(outputs[path]?.entryPoint, kind)) add(path);
    }
  };
  for (const name of ['index', 'worker', 'thread']) add(`dist/${name}.js`);
  return [...reached].reduce((sum, name) => sum + statSync(join(here, name)).size, 0);
}
const ordinary = bytesOf((_entry, kind) => kind !== 'dynamic-import');
console.log(`JavaScript that a page loads: ${ordinary} bytes of at most ${MOST_BYTES}`);
console.log(`  with what is seldom needed: ${bytesOf((entry) => ![...COLLECTIONS, ...GPU].includes(entry))}`);
console.log(`  and with GPUs: ${bytesOf((entry) => !COLLECTIONS.includes(entry))}`);
console.log(`  and with collections: ${bytesOf(() => true)}`);
if (ordinary > MOST_BYTES) process.exit(1);
