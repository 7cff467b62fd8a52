/* Node: files of the file system. */
import {open, stat} from 'node:fs/promises';
import {LodeError} from '../errors.ts';
import type {Body} from './body.ts';

const PIECE = 1024 * 1024;

function failed(path: string, error: unknown): LodeError {
  return new LodeError('LODE_E_IO', `${path}: ${String(error)}`, {cause: error});
}

/** Opened when it is read: a body that nobody wants leaves nothing open. */
async function* read(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw failed(path, error);
  });
  try {
    const buffer = new Uint8Array(PIECE);
    for (;;) {
      const {bytesRead} = await file.read(buffer, 0, PIECE);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** undefined: there is no such file. */
export async function readPath(path: string): Promise<Body | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw failed(path, error);
  });
  if (found === undefined) return undefined;
  if (found.isDirectory()) throw new LodeError('LODE_E_IO', `${path}: is a folder`);
  // A pipe says 0 bytes, and has some.
  return {size: found.isFile() ? found.size : undefined, chunks: read(path)};
}
