#!/usr/bin/env node
// js/src/abi.ts: what JavaScript has to know of include/lode.h: the sizes of its structs and the
// places of their fields in wasm32, its status codes and enumerations.
//
//   tools/make_js_abi.mjs           write js/src/abi.ts
//   tools/make_js_abi.mjs --check   exit with 1 where it is not what lode.h gives
//
// The names come from the header's text, every number from the compiler: a C file of sizeof and
// offsetof is compiled for wasm32 as one array, and read out of the object file.
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const header = join(root, 'include', 'lode.h');
const output = join(root, 'js', 'src', 'abi.ts');

const source = readFileSync(header, 'utf8').replace(/\/\*[^]*?\*\/|\/\/[^\n]*/g, '');

// A struct's fields: the last identifier of each declarator, or that of a function pointer.
function fieldsOf(body) {
  return body
    .split(';')
    .flatMap((declaration) => declaration.split(','))
    .map((text) => text.trim())
    .filter((text) => text.length > 0 && !text.endsWith(')'))
    .map((text) => /(\w+)\s*(?:\[[^\]]*\])?$/.exec(text)?.[1])
    .filter((name) => name !== undefined);
}

function pointersOf(body) {
  return [...body.matchAll(/\(\*(\w+)\)\s*\(/g)].map((match) => match[1]);
}

const structs = [...source.matchAll(/typedef struct (lode_\w+) \{([^}]*)\}/g)].map(
  ([, name, body]) => ({
    name,
    fields: [...fieldsOf(body.replace(/\w+\s*\(\*\w+\)\s*\([^)]*\);/g, '')), ...pointersOf(body)],
  }));
const enums = [...source.matchAll(/typedef enum (lode_\w+) \{([^}]*)\}/g)]
  .map(([, name, body]) => ({
    name,
    members: [...body.matchAll(/\b(LODE_[A-Z0-9_]+)\s*=\s*\d+/g)].map((match) => match[1]),
  }))
  .filter(({members}) => members.length > 0);
const statuses = [...source.matchAll(/X\((\w+),\s*\d+,\s*"[^"]*"\)/g)].map((match) =>
  `LODE_${match[1]}`);
if (structs.length === 0 || enums.length === 0 || statuses.length === 0) {
  throw new Error(`${header}: no struct, enum or status found`);
}

// What to ask the compiler, in the order of the answers.
const questions = [
  ...structs.flatMap(({name, fields}) => [
    `sizeof(${name})`, ...fields.map((field) => `offsetof(${name}, ${field})`)]),
  ...enums.flatMap(({members}) => members),
  ...statuses,
];

// The array's bytes: the payload of the object file's one data segment.
function readData(object) {
  let at = 8;
  const leb = () => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = object[at++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < object.length) {
    const id = object[at++];
    const end = leb() + at;
    if (id === 11) {
      if (leb() !== 1 || leb() !== 0 || object[at++] !== 0x41) break;
      leb();
      if (object[at++] !== 0x0b) break;
      const size = leb();
      return object.subarray(at, at + size);
    }
    at = end;
  }
  throw new Error('the object file has no data segment, or more than one');
}

function compile() {
  const folder = mkdtempSync(join(tmpdir(), 'lode-abi-'));
  try {
    const file = join(folder, 'abi.o');
    const code = '#include <stddef.h>\n#include "lode.h"\n' +
      `const unsigned lode_abi[] = {${questions.join(', ')}};\n`;
    const compiler = process.env.CLANG ?? 'clang-19';
    const {status, stderr, error} = spawnSync(
      compiler, ['--target=wasm32-wasi', '-I', dirname(header), '-x', 'c', '-c', '-', '-o', file],
      {input: code, encoding: 'utf8'});
    if (error) throw error;
    if (status !== 0) throw new Error(stderr);
    const data = readData(readFileSync(file));
    if (data.length !== 4 * questions.length) throw new Error('unexpected size of the array');
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    return questions.map((_, i) => view.getUint32(4 * i, true));
  } finally {
    rmSync(folder, {recursive: true});
  }
}

function text() {
  const answers = compile().values();
  const next = () => answers.next().value;
  const out = ['// Made by tools/make_js_abi.mjs from include/lode.h: do not edit.', '',
    '/* Sizes and places of fields, in bytes, in wasm32. */'];
  const write = (name, members) => {
    const lines = members.map((member) => `  ${member} = ${next()},\n`).join('');
    out.push(`export const enum ${name} {\n${lines}}`);
  };
  for (const {name, fields} of structs) write(name, ['sizeof', ...fields]);
  out.push('');
  for (const {name, members} of enums) write(name, members);
  write('lode_status', statuses);
  out.push('');
  return out.join('\n');
}

const wanted = text();
if (process.argv[2] === '--check') {
  if (readFileSync(output, 'utf8') !== wanted) {
    console.error('js/src/abi.ts is not what include/lode.h gives: run tools/make_js_abi.mjs');
    process.exit(1);
  }
} else {
  writeFileSync(output, wanted);
}
