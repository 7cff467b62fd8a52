// The native program, and the models that tests use.
import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const program = process.env.LODE_PROGRAM ?? join(root, 'build', 'lode');
export const native = existsSync(program) ? program : undefined;
export const NO_NATIVE = native === undefined && 'build/lode is not there';

export const staticModel = join(root, 'models', 'lode-static-en.lode-model');
const folder = process.env.LODE_MODEL_DIR ??
  join(process.env.HOME ?? '', '.cache', 'lode', 'models', 'all-MiniLM-L6-v2');
export const minilmFolder = existsSync(join(folder, 'model.safetensors')) ? folder : undefined;
export const NO_MINILM = NO_NATIVE ||
  (minilmFolder === undefined && 'all-MiniLM-L6-v2 is not there: tools/get_model.sh');

/** Rows that `lode embed` gives for texts without line feeds. */
export function embedNative(model, texts, ...options) {
  const input = texts.map((text) => `${text}\n`).join('');
  const out = execFileSync(native,
    ['embed', '--quiet', '--model', model, '--format', 'f32', '--input', '-', ...options],
    {input, maxBuffer: 2 ** 30});
  const floats = new Float32Array(out.buffer.slice(out.byteOffset, out.byteOffset + out.length));
  const dim = floats.length / texts.length;
  return texts.map((_, i) => floats.subarray(i * dim, (i + 1) * dim));
}

/** A folder that is removed when the test has ended. */
export function scratch(t) {
  const made = mkdtempSync(join(tmpdir(), 'lode-js-'));
  t.after(() => rmSync(made, {recursive: true, force: true}));
  return made;
}

let int8;
/** all-MiniLM-L6-v2 as a bundle in int8. */
export function minilmBundle(t) {
  if (int8 === undefined) {
    int8 = join(mkdtempSync(join(tmpdir(), 'lode-js-')), 'minilm.lode-model');
    execFileSync(native, ['convert', '--dtype', 'int8', '--output', int8, minilmFolder]);
    process.on('exit', () => rmSync(dirname(int8), {recursive: true, force: true}));
  }
  return int8;
}

export function cosine(a, b) {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  a.forEach((x, i) => {
    dot += x * b[i];
    aa += x * x;
    bb += b[i] * b[i];
  });
  return dot / Math.sqrt(aa * bb);
}

export function largestDifference(a, b) {
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0);
}

export const TEXTS = [
  'The cat sat on the mat.', '', 'Größe und Maß, ÄÖÜ', '東京都に住んでいます', 'a', '👍🏽 emoji',
  'A longer sentence that goes on for a while, with commas, and then with some more words in it.',
  'word '.repeat(600).trim(),
];
