// dist/: the app, as static files for any host and any path.
//
//   node build.mjs [--model FILE=NAME]...     bundles beside the built-in one
//   LODE_APP_PEERS=FOLDER                     a developer's build: Transformers.js on the bench page. The
//                                             folder has node_modules/ with it, and models/NAME/ in ONNX
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {basename, dirname, join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {gzipSync} from 'node:zlib';
import {build} from 'vite';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..');
const dist = join(here, 'dist');
/** Of JavaScript that is fetched before anything is seen. */
const MOST_FIRST_BYTES = 70_000;

const {values} = parseArgs({options: {model: {type: 'string', multiple: true, default: []}}});

if (!existsSync(join(root, 'js/dist/index.js'))) {
  console.error('js/dist is not there: build the npm package first (tools/dev app does)');
  process.exit(1);
}
const tsc = spawnSync(process.execPath, [join(here, 'node_modules/typescript/bin/tsc'), '-p', here], {stdio: 'inherit'});
if (tsc.status !== 0) process.exit(1);

const built = await build({root: here, configFile: join(here, 'vite.config.mjs'), logLevel: 'warn'});

// ---- models

const MODELS = [{
  file: join(root, 'models/lode-static-en.lode-model'), id: 'lode-static-en', name: 'Small English model',
  note: 'Built in. A static model: fast, and less understanding than a transformer has.',
}];
for (const each of values.model) {
  const [file, name = basename(file, '.lode-model')] = each.split('=');
  MODELS.push({file, id: basename(file, '.lode-model'), name, note: 'Beside this page.'});
}
mkdirSync(join(dist, 'models'), {recursive: true});
const list = MODELS.map(({file, id, name, note}) => {
  copyFileSync(file, join(dist, 'models', basename(file)));
  return {id, name, note, file: basename(file), bytes: statSync(file).size};
});
writeFileSync(join(dist, 'models/list.json'), JSON.stringify(list));

// ---- what is there to try, and what PDF files with old encodings need

const manual = join(root, 'docs');
const samples = readdirSync(manual).filter((name) => name.endsWith('.md')).sort().map((name) => {
  const text = readFileSync(join(manual, name), 'utf8');
  return {path: name, text, modified: Math.round(statSync(join(manual, name)).mtimeMs)};
});
writeFileSync(join(dist, 'samples.json'), JSON.stringify(samples));
const pdf = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'));
cpSync(join(pdf, 'cmaps'), join(dist, 'pdf/cmaps'), {recursive: true});

// ---- a developer's build: another engine on the bench page

const peers = process.env.LODE_APP_PEERS;
if (peers !== undefined) {
  const modules = join(peers, 'node_modules');
  const {version: peer} = JSON.parse(readFileSync(join(modules, '@huggingface/transformers/package.json'), 'utf8'));
  mkdirSync(join(dist, 'peers/ort'), {recursive: true});
  copyFileSync(join(modules, '@huggingface/transformers/dist/transformers.min.js'), join(dist, 'peers/transformers.min.js'));
  for (const name of readdirSync(join(modules, 'onnxruntime-web/dist')).filter((each) => /^ort-wasm.*\.(wasm|mjs)$/.test(each))) {
    copyFileSync(join(modules, 'onnxruntime-web/dist', name), join(dist, 'peers/ort', name));
  }
  const names = readdirSync(join(peers, 'models')).filter((name) => existsSync(join(peers, 'models', name, 'onnx')));
  for (const name of names) cpSync(join(peers, 'models', name), join(dist, 'peers/models', name), {recursive: true, dereference: true});
  writeFileSync(join(dist, 'peers/peers.json'), JSON.stringify(names.map((model) => {
    const dtypes = [['model_quantized.onnx', 'q8'], ['model.onnx', 'fp32']]
      .filter(([file]) => existsSync(join(peers, 'models', model, 'onnx', file))).map(([, dtype]) => dtype);
    return {name: `Transformers.js ${peer}`, model, dtypes};
  })));
}

// ---- without a network

const files = readdirSync(dist, {recursive: true, withFileTypes: true}).filter((entry) => entry.isFile())
  .map((entry) => relative(dist, join(entry.parentPath, entry.name)).replaceAll('\\', '/')).sort();
/** Fetched at the first visit; the rest is kept when it is first used. */
const wanted = files.filter((name) => !/\.map$|^models\/.*\.lode-model$|^pdf\/|^peers\/|^sw\.js$/.test(name) &&
  !/lode-(embed|index|stem)-.*\.wasm$/.test(name));
const digest = createHash('sha256');
for (const name of wanted) digest.update(name).update(readFileSync(join(dist, name)));
const version = digest.digest('hex').slice(0, 16);
const worker = readFileSync(join(here, 'src/sw.js'), 'utf8');
writeFileSync(join(dist, 'sw.js'),
  `const VERSION = '${version}';\nconst FILES = ${JSON.stringify(wanted.map((name) => `./${name === 'index.html' ? '' : name}`))};\n${worker}`);

// ---- how much comes before anything is seen

const chunks = built.output.filter(({type}) => type === 'chunk');
const first = new Set();
const reach = (name) => {
  const chunk = chunks.find(({fileName}) => fileName === name);
  if (chunk === undefined || first.has(name)) return;
  first.add(name);
  chunk.imports.forEach(reach);
};
chunks.filter(({isEntry, facadeModuleId}) => isEntry && facadeModuleId?.endsWith('index.html')).forEach(({fileName}) => reach(fileName));
const bytes = [...first].reduce((sum, name) => sum + gzipSync(readFileSync(join(dist, name)), {level: 9}).length, 0);
const all = files.reduce((sum, name) => sum + statSync(join(dist, name)).size, 0);
console.log(`first paint: ${bytes} bytes of JavaScript, gzipped, of at most ${MOST_FIRST_BYTES}`);
console.log(`web/dist: ${files.length} files, ${(all / 1e6).toFixed(1)} MB`);
if (first.size === 0 || bytes > MOST_FIRST_BYTES) process.exit(1);
