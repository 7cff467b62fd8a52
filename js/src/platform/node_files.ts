/* A collection in Node's file system. One index has it at a time, by a lock file that names its
 * process; the native program does not know of that lock. */
import {
  closeSync, constants, existsSync, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync,
  readSync, statSync, unlinkSync, writeFileSync, writeSync,
} from 'node:fs';
import type {FileHandle, FileSet} from '../engine/host_files.ts';
import {LodeError} from '../errors.ts';

function handleOf(fd: number): FileHandle {
  return {
    read: (into, {at}) => {
      let done = 0;
      while (done < into.length) {
        const n = readSync(fd, into, done, into.length - done, at + done);
        if (n === 0) break;
        done += n;
      }
      return done;
    },
    write: (data, {at}) => {
      let done = 0;
      while (done < data.length) done += writeSync(fd, data, done, data.length - done, at + done);
      return done;
    },
    truncate: (size) => ftruncateSync(fd, size),
    flush: () => fsyncSync(fd),
    getSize: () => fstatSync(fd).size,
    close: () => closeSync(fd),
  };
}

/** When this process began, for another may have had its number before. */
function began(): number {
  return Date.now() - 1000 * process.uptime();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0); // sends nothing
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether the owner of a lock, "PID START", is gone. */
function isLeft(text: string): boolean {
  const [pid = 0, start = 0] = text.split(' ').map(Number);
  if (pid === process.pid) return Math.abs(start - began()) > 2000;
  return pid > 0 && !isAlive(pid);
}

/** Throws LODE_E_BUSY; a lock of a process that is gone is taken over. */
function lock(path: string): () => void {
  const name = `${path}-lock`;
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(name, `${process.pid} ${Math.round(began())}`, {flag: 'wx'});
      return () => unlinkSync(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new LodeError('LODE_E_IO', `${name}: ${String(error)}`, {cause: error});
      }
    }
    if (attempt > 0 || (existsSync(name) && !isLeft(readFileSync(name, 'utf8')))) {
      throw new LodeError('LODE_E_BUSY', `${path}: in use (${name} says by whom)`);
    }
    try {
      unlinkSync(name);
    } catch {
      // somebody else was faster
    }
  }
}

export async function openNodeFiles(path: string, write: boolean): Promise<FileSet> {
  const unlock = write ? lock(path) : () => undefined;
  const size = (name: string) => statSync(name, {throwIfNoEntry: false})?.size ?? 0;
  const open = new Set<FileHandle>();
  return {
    open: (name, create, forWriting) => {
      if (!create && !existsSync(name)) return undefined;
      const how = forWriting ? constants.O_RDWR | (create ? constants.O_CREAT : 0) : constants.O_RDONLY;
      const handle = handleOf(openSync(name, how, 0o666));
      open.add(handle);
      return handle;
    },
    release: (_name, handle) => {
      open.delete(handle);
      handle.close();
    },
    exists: (name) => size(name) > 0,
    remove: (name) => unlinkSync(name),
    close: async () => {
      for (const handle of open) handle.close();
      // Empty journals are nobody's.
      for (const end of ['-journal', '-wal']) {
        if (write && existsSync(path + end) && size(path + end) === 0) unlinkSync(path + end);
      }
      unlock();
    },
  };
}
