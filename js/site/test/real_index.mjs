/* Indexes of the native program's, for tests.
 *
 *   LODE_WASM      the folder of the modules (build-wasm)
 *   LODE_PROGRAM   the native program (build/lode); LODE_TEST_BIN, where its tests are */
import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
export const wasm = process.env.LODE_WASM ?? join(root, 'build-wasm');
export const program = process.env.LODE_PROGRAM ?? join(root, 'build', 'lode');
const driver = join(process.env.LODE_TEST_BIN ?? join(root, 'build', 'tests'), 'index_site_driver');
export const model = join(root, 'models', 'lode-static-en.lode-model');
/** Why there can be none; or false. */
export const skip = [join(wasm, 'lode-site-simd128.wasm'), join(wasm, 'lode-site-embed-simd128.wasm'),
  join(wasm, 'lode-stem-en.wasm'), program, driver]
  .filter(path => !existsSync(path)).map(path => `${path} is not there`)[0] ?? false;

const folder = skip ? '' : mkdtempSync(join(tmpdir(), 'lode-site-'));
export function removeIndexes() {
  if (folder) rmSync(folder, {recursive: true});
}

/** An index of the pages, by name, and its files as a host has them; options of `lode index`. */
export function makeIndex(name, pages, ...options) {
  const from = join(folder, 'pages', name);
  mkdirSync(from, {recursive: true});
  for (const [file, text] of Object.entries(pages)) writeFileSync(join(from, file), text);
  const collection = join(folder, `${name}.lode`);
  const site = join(folder, name);
  execFileSync(program, ['index', '--quiet', '--no-ignore', ...options, '-o', collection, from]);
  writeFileSync(join(folder, 'none'), '\n');
  execFileSync(driver, [collection, site, join(folder, 'none'), 'w']);
  if (options.includes(model)) {
    writeFileSync(join(site, 'model.bin'), readFileSync(model));
  }
  return {collection, site, from};
}
