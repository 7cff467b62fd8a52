/* Makes ../dist/site/, whose files lie beside an index:
 *
 *   node build.mjs [FOLDER WITH THE MODULES]     (../../build-wasm)
 *
 *   lode-search.js         what every page loads: the element, its button, marks on landing
 *   lode-search-ui.js      the rest of it, when somebody searches; SiteSearch
 *   lode-search-worker.js  the reader of the index, in a worker
 *   lode-search-<language>.json   texts
 *   *.wasm                 the modules, if they have been built
 *
 * and below it module/, with types/, for `import` from the package. */
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync} from 'node:fs';
import {copyFile, mkdir, readFile, readdir, rm, writeFile} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build, transform} from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const out = join(here, '..', 'dist', 'site');

/** Style sheets are strings of the script, so that CSP has nothing to say to them. */
const styles = {
  name: 'styles',
  setup(plugin) {
    plugin.onLoad({filter: /\.css$/}, async ({path}) => {
      const source = await readFile(path, 'utf8');
      const {code} = await transform(source, {loader: 'css', minify: true, target: 'es2022'});
      return {contents: code.trim(), loader: 'text'};
    });
  },
};

/** version: so that no cache has another version's for the page's. */
const outside = version => ({
  name: 'outside',
  setup(plugin) {
    plugin.onResolve({filter: /\/ui\.ts$/}, () =>
      ({path: `./lode-search-ui.js?${version}`, external: true}));
  },
});

const common = {
  bundle: true, format: 'esm', target: 'es2022', charset: 'utf8', legalComments: 'none',
  logLevel: 'warning', absWorkingDir: here,
};
/** One file, minified. Returns the beginning of its digest. */
async function file(entry, name, plugins = []) {
  const {outputFiles: [{contents}]} = await build({
    ...common, entryPoints: [entry], plugins: [styles, ...plugins], minify: true, write: false,
  });
  await writeFile(join(out, name), contents);
  return createHash('sha256').update(contents).digest('hex').slice(0, 8);
}

await rm(out, {recursive: true, force: true});
await mkdir(out, {recursive: true});
await file('src/search/worker.ts', 'lode-search-worker.js');
const version = await file('src/ui/ui.ts', 'lode-search-ui.js');
await file('src/lode-search.ts', 'lode-search.js', [outside(version)]);
await build({...common, entryPoints: ['src/index.ts'], plugins: [styles], splitting: true,
  outdir: join(out, 'module')});
for (const name of await readdir(join(here, 'lang'))) {
  const labels = JSON.parse(await readFile(join(here, 'lang', name), 'utf8'));
  await writeFile(join(out, `lode-search-${name}`), JSON.stringify(labels));
}

const modules = resolve(process.argv[2] ?? join(here, '..', '..', 'build-wasm'));
for (const name of existsSync(modules) ? await readdir(modules) : []) {
  if (/^lode-(site|stem)-[\w-]+\.wasm$/.test(name)) await copyFile(join(modules, name), join(out, name));
}

const tsc = join(here, '..', 'node_modules', 'typescript', 'bin', 'tsc');
const types = spawnSync(process.execPath, [tsc, '-p', here], {stdio: 'inherit'});
process.exit(types.status ?? 1);
