// dist/ and wasm/: the package as it is published.
//
//   node build.mjs [FOLDER WITH THE MODULES]     (../build-wasm)
import {spawnSync} from 'node:child_process';
import {copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync} from 'node:fs';
import {dirname, join, relative, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build, transform} from 'esbuild';
import {rollup} from '@rollup/wasm-node'; // rollup itself has a binary for each system

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

// Enums that are constant are numbers in what comes out.
const constants = new Map();
const abi = readFileSync(join(here, 'src', 'abi.ts'), 'utf8');
for (const [, name, body] of abi.matchAll(/^export const enum (\w+) \{(.*?)^\}/gms)) {
  for (const [, field, value] of body.matchAll(/(\w+) = (-?\d+)/g)) {
    constants.set(`${name}.${field}`, value);
  }
}
const inlined = (code) =>
  code.replace(/\blode_\w+\.\w+\b/g, (name) => constants.get(name) ?? name);

/** TypeScript into JavaScript, and each file that comes out of it small. */
const typescript = {
  name: 'typescript',
  resolveId: (name, importer) =>
    (name.startsWith('.') && importer !== undefined ? resolve(dirname(importer), name) : null),
  transform: (code, file) =>
    transform(inlined(code), {loader: 'ts', target: 'es2022', sourcemap: true, sourcefile: file}),
  async renderChunk(code, {fileName}) {
    const {outputFiles: [map, file]} = await build({
      stdin: {contents: code, sourcefile: fileName}, bundle: true, external: ['*'], minify: true,
      format: 'esm', target: 'es2022', sourcemap: 'external', write: false, outfile: fileName,
      logLevel: 'warning',
    });
    return {code: file.text, map: map.text};
  },
};

// By where they run: what those of one place need at once is in one file or two, because each one
// more in a row of imports is a wait, also where it comes out of a cache.
const PLACES = [
  ['index', 'transformers'], ['worker'], ['thread'], ['inline'],
  ['node', 'transformers_node', 'worker_node', 'thread_node'],
];
// package.json says that bundlers must not leave these out, though nobody imports anything of them.
const chunkFileNames = ({moduleIds}) =>
  (moduleIds.some((id) => /[\\/](worker|thread)(_node)?\.ts$/.test(id)) ? 'worker-[hash].js' : '[hash].js');
const outputs = {};
for (const names of PLACES) {
  const bundle = await rollup({
    input: Object.fromEntries(names.map((name) => [name, join(here, 'src', `${name}.ts`)])),
    external: /^(node:|webgpu$)/,
    plugins: [typescript],
    // A worker's own file may have another URL in a bundler's hands: nothing imports it.
    preserveEntrySignatures: 'strict',
    onwarn: (warning) => {
      throw new Error(warning.message);
    },
  });
  const {output} = await bundle.write({
    dir: join(here, 'dist'), format: 'es', sourcemap: true,
    entryFileNames: '[name].js', chunkFileNames,
  });
  for (const file of output) if (file.type === 'chunk') outputs[file.fileName] = file;
}

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
const INLINE = ['src/platform/inline.ts', 'src/platform/web_engine.ts']; // a page's own, not a worker's
function bytesOf(wanted) {
  const reached = new Set();
  const add = (name) => {
    if (reached.has(name)) return;
    reached.add(name);
    const {imports, dynamicImports} = outputs[name];
    imports.filter((path) => path in outputs).forEach(add);
    for (const path of dynamicImports.filter((each) => each in outputs)) {
      if (wanted(outputs[path].moduleIds.map((id) => relative(here, id)))) add(path);
    }
  };
  for (const name of ['index', 'worker', 'thread']) add(`${name}.js`);
  return [...reached].reduce((sum, name) => sum + statSync(join(here, 'dist', name)).size, 0);
}
const without = (...files) => (names) => !names.some((name) => files.includes(name));
const ordinary = bytesOf(() => false);
console.log(`JavaScript that a page loads: ${ordinary} bytes of at most ${MOST_BYTES}`);
console.log(`  with what is seldom needed: ${bytesOf(without(...INLINE, ...COLLECTIONS, ...GPU))}`);
console.log(`  and with GPUs: ${bytesOf(without(...INLINE, ...COLLECTIONS))}`);
console.log(`  and with collections: ${bytesOf(without(...INLINE))}`);
if (ordinary > MOST_BYTES) process.exit(1);
