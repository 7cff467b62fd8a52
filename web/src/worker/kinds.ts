/* Which files are read, and as what. */
import type {DocumentFormat} from './types.ts';

export interface Kind {
  /** For the filter, and what is shown. */
  name: string;
  label: string;
  extensions: readonly string[];
}

export const KINDS: readonly Kind[] = [
  {name: 'markdown', label: 'Markdown', extensions: ['md', 'markdown', 'mdx', 'mkd']},
  {name: 'html', label: 'Web pages', extensions: ['html', 'htm', 'xhtml']},
  {name: 'pdf', label: 'PDF', extensions: ['pdf']},
  {name: 'docx', label: 'Word', extensions: ['docx']},
  {name: 'text', label: 'Text', extensions: ['txt', 'text', 'rst', 'adoc', 'org', 'tex', 'log', 'csv', 'tsv', 'srt', 'vtt', 'eml']},
  {
    name: 'code', label: 'Code',
    extensions: ('js mjs cjs ts mts tsx jsx py rb rs go c h cc cpp cxx hpp cs java kt kts swift scala php pl pm lua r ' +
      'sh bash zsh fish ps1 sql css scss less vue svelte json jsonl yaml yml toml ini cfg conf xml cmake mk make ' +
      'ex exs erl hs ml mli clj lisp el vim dart zig nim proto graphql tf gradle diff patch wgsl glsl asm s').split(' '),
  },
];

const BY_EXTENSION = new Map(KINDS.flatMap(({name, extensions}) => extensions.map((each) => [each, name])));
const BY_NAME = new Map([['makefile', 'code'], ['dockerfile', 'code'], ['readme', 'text'], ['license', 'text'],
  ['changelog', 'text'], ['authors', 'text'], ['copying', 'text'], ['notice', 'text'], ['todo', 'text']]);
/** Nobody expects to find these by their words; they are left out without being read. */
const NEVER = new Set(('png jpg jpeg gif webp avif bmp ico tif tiff heic svg mp3 m4a wav flac ogg mp4 mov avi mkv webm ' +
  'zip gz tgz bz2 xz zst 7z rar tar jar iso dmg exe dll so dylib o a class pyc wasm bin dat db sqlite woff woff2 ttf ' +
  'otf eot psd ai sketch lock map').split(' '));
const SKIPPED_FOLDERS = new Set(['node_modules', '__pycache__', 'venv', 'target', 'dist', 'build']);
export const MOST_BYTES = 64 * 1024 * 1024;

export function labelOf(kind: string): string {
  return KINDS.find(({name}) => name === kind)?.label ?? kind;
}

/** undefined: its content decides. */
export function kindOf(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const dot = name.lastIndexOf('.');
  const extension = dot < 0 ? '' : name.slice(dot + 1);
  if (extension === 'lode') return 'lode';
  if (NEVER.has(extension)) return 'none';
  return BY_EXTENSION.get(extension) ?? BY_NAME.get(dot < 0 ? name : name.slice(0, dot));
}

/** Of a folder's entry: hidden, made by tools, or of a kind that is never read. */
export function leftOut(path: string): boolean {
  const parts = path.split('/');
  const file = parts.pop()!;
  return file.startsWith('.') || kindOf(file) === 'none' ||
    parts.some((part, i) => part.startsWith('.') || (i > 0 && SKIPPED_FOLDERS.has(part)));
}

/** Text in UTF-8 or UTF-16, as far as the beginning says. */
export function looksLikeText(bytes: Uint8Array): boolean {
  const start = bytes.subarray(0, 4096);
  const utf16 = (start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff);
  return utf16 || !start.includes(0);
}

export function formatOf(kind: string, path: string): DocumentFormat {
  if (/\.rst$/i.test(path)) return 'rst';
  return kind === 'markdown' || kind === 'html' || kind === 'code' ? kind : 'text';
}

/** Patterns as in .gitignore, of what is in a filter by kind. */
export function patternsOf(kind: string): string[] {
  const found = KINDS.find(({name}) => name === kind);
  return (found?.extensions ?? []).flatMap((each) =>
    [...new Set([each, each.toUpperCase()])].map((end) => `*.${end}`));
}
