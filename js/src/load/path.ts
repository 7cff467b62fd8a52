/* Node: files of the file system. */
import {open} from 'node:fs/promises';
import {LodeError} from '../errors.ts';
import type {Body} from './body.ts';

const PIECE = 1024 * 1024;

/** undefined: there is no such file. */
export async function readPath(path: string): Promise<Body | undefined> {
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new LodeError('LODE_E_IO', `${path}: ${String(error)}`, {cause: error});
  }
  const found = await file.stat();
  if (found.isDirectory()) {
    await file.close();
    throw new LodeError('LODE_E_IO', `${path}: is a folder`);
  }
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      const buffer = new Uint8Array(PIECE);
      for (;;) {
        const {bytesRead} = await file!.read(buffer, 0, PIECE);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file!.close();
    }
  }
  // A pipe says 0 bytes, and has some.
  return {size: found.isFile() ? found.size : undefined, chunks: chunks()};
}
