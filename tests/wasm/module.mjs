// A module with collections, called as C is: what the tests beside this file need of it, and a disk
// that can lose power, fill up and refuse.
import {readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';

export const STATUS = {
  OK: 0, E_ARG: 1, E_NOMEM: 2, E_IO: 3, E_NOT_FOUND: 4, E_FORMAT: 5, E_UNSUPPORTED: 6, E_UTF8: 7,
  E_SPACE: 8, E_TOO_LONG: 9, E_CANCELLED: 10, E_BUSY: 11,
};
export const READ = 0, WRITE = 1, CREATE = 2;
export const HYBRID = 0, KEYWORD = 1, SEMANTIC = 2;

// Sizes of structs and places of their fields, as js/src/abi.ts has them.
const abi = {};
const header = readFileSync(new URL('../../js/src/abi.ts', import.meta.url), 'utf8');
for (const [, name, body] of header.matchAll(/export const enum (\w+) \{([^}]*)\}/g)) {
  abi[name] = Object.fromEntries(
      [...body.matchAll(/(\w+) = (\d+)/g)].map(([, field, value]) => [field, Number(value)]));
}

const MISSING = -1, BUSY = -2, FULL = -3, READ_ONLY = -4;
const FLAG_CREATE = 1, FLAG_WRITE = 2;

export class PowerCut extends Error {}

/// Files of a host. `writes` counts calls that change something.
export class Disk {
  constructor() {
    this.files = new Map();  // name -> {bytes, size, pending: [undo, ...]}
    this.open = new Map();
    this.next = 1;
    this.writes = 0;
    this.cutAt = Infinity;   // the power fails at this write
    this.room = Infinity;    // bytes that all files together may have
    this.failAt = Infinity;  // storage is full at this write
    this.readOnly = false;
  }

  put(name, bytes) {
    this.files.set(name, {bytes: Uint8Array.from(bytes), size: bytes.length, pending: []});
  }

  get(name) {
    const file = this.files.get(name);
    return file && file.bytes.subarray(0, file.size);
  }

  // What is there after the power went: everything that was flushed, and of each file's later
  // changes as many as `keep` says, in their order.
  afterCut(keep) {
    const disk = new Disk();
    for (const [name, file] of this.files) {
      const undo = file.pending.slice(keep(file.pending.length)).reverse();
      const copy = {bytes: file.bytes.slice(), size: file.size, pending: []};
      for (const step of undo) step(copy);
      disk.files.set(name, copy);
    }
    return disk;
  }

  change() {
    if (this.writes >= this.cutAt) throw new PowerCut();
    return this.writes++ >= this.failAt;
  }

  imports(memory, string) {
    const bytes = (p, n) => new Uint8Array(memory.buffer, p, n);
    const resize = (file, size) => {
      const before = file.size;
      const lost = file.bytes.slice(Math.min(size, before), before);
      file.pending.push((f) => {
        grow(f, before);
        f.bytes.set(lost, before - lost.length);
        f.size = before;
      });
      grow(file, size);
      if (size > before) file.bytes.fill(0, before, size);
      file.size = size;
    };
    const grow = (file, size) => {
      if (size <= file.bytes.length) return;
      const larger = new Uint8Array(Math.max(size, 2 * file.bytes.length));
      larger.set(file.bytes);
      file.bytes = larger;
    };
    const used = () => [...this.files.values()].reduce((sum, f) => sum + f.size, 0);
    return {
      file_open: (name, flags) => {
        name = string(name);
        if (this.readOnly && (flags & FLAG_WRITE)) return READ_ONLY;
        if ([...this.open.values()].includes(name)) return BUSY;
        if (!this.files.has(name)) {
          if (!(flags & FLAG_CREATE)) return MISSING;
          this.files.set(name, {bytes: new Uint8Array(4096), size: 0, pending: []});
        }
        this.open.set(this.next, name);
        return this.next++;
      },
      file_close: (handle) => void this.open.delete(handle),
      file_read: (handle, out, n, offset) => {
        const file = this.files.get(this.open.get(handle));
        const part = file.bytes.subarray(Math.min(offset, file.size), Math.min(offset + n, file.size));
        bytes(out, part.length).set(part);
        return part.length;
      },
      file_write: (handle, data, n, offset) => {
        const file = this.files.get(this.open.get(handle));
        if (this.change()) return FULL;
        const more = Math.max(0, offset + n - file.size);
        if (used() + more > this.room) return FULL;
        if (more > 0) resize(file, offset + n);
        const before = file.bytes.slice(offset, offset + n);
        file.pending.push((f) => f.bytes.set(before, offset));
        file.bytes.set(bytes(data, n), offset);
        return 0;
      },
      file_truncate: (handle, size) => {
        this.change();
        resize(this.files.get(this.open.get(handle)), size);
        return 0;
      },
      file_flush: (handle) => {
        this.change();
        this.files.get(this.open.get(handle)).pending = [];
        return 0;
      },
      file_size: (handle) => this.files.get(this.open.get(handle)).size,
      file_exists: (name) => +((this.files.get(string(name))?.size ?? 0) > 0),
      file_delete: (name) => {
        this.change();
        return this.files.delete(string(name)) ? 0 : MISSING;
      },
    };
  }
}

export class LodeError extends Error {
  constructor(status, text, item) {
    super(text);
    this.status = status;
    this.item = item;
  }
}

const compiled = new Map();

function compile(path) {
  if (!compiled.has(path)) compiled.set(path, new WebAssembly.Module(readFileSync(path)));
  return compiled.get(path);
}

/// A module in a memory of its own.
export class Module {
  constructor(path, disk = new Disk()) {
    const module = compile(path);
    this.stemmers = new Map();
    this.late = false;  // a stemmer is not there when it is first asked for: see loadStemmers
    this.wanted = new Map();
    this.folder = dirname(path);
    const shared = path.includes('-threads');
    this.memory = new WebAssembly.Memory({initial: 64, maximum: 65536, shared});
    this.disk = disk;
    this.progress = () => 0;
    this.skipped = [];
    const host = {
      now: () => performance.now() / 1000,
      progress: () => 0,
      random: (p, n) => new Uint8Array(this.memory.buffer, p, n)
                            .set(crypto.getRandomValues(new Uint8Array(n))),
      index_progress: (user, ...numbers) => this.progress(...numbers),
      index_skipped: (user, id, reason) =>
        void this.skipped.push([this.string(id), this.string(reason)]),
      stem_ready: (language) => +(this.stemmer(language) !== undefined),
      stem: (language, word, size, out) => {
        const stemmer = this.stemmer(language);
        if (stemmer === undefined) return -1;
        const at = stemmer.word();
        const theirs = new Uint8Array(stemmer.memory.buffer), ours = new Uint8Array(this.memory.buffer);
        theirs.set(ours.subarray(word, word + size), at);
        const n = stemmer.stem(size);
        if (n >= 0) ours.set(theirs.subarray(at, at + n), out);
        return n;
      },
      ...disk.imports(this.memory, (p) => this.string(p)),
    };
    this.c = new WebAssembly.Instance(module, {env: {memory: this.memory}, lode: host})
                 .exports;
    this.c._initialize();
    this.err = this.alloc(abi.lode_error.sizeof);
  }

  stemmer(code) {  // where its language's is
    if (!this.stemmers.has(code)) {
      this.wanted.set(code, this.string(code));
      if (!this.late) this.loadStemmers();
    }
    return this.stemmers.get(code);
  }

  loadStemmers() {
    for (const [code, language] of this.wanted) {
      const module = compile(join(this.folder, `lode-stem-${language}.wasm`));
      this.stemmers.set(code, new WebAssembly.Instance(module).exports);
    }
    this.wanted.clear();
  }

  view() { return new DataView(this.memory.buffer); }
  u32(p) { return this.view().getUint32(p, true); }
  i64(p) { return Number(this.view().getBigInt64(p, true)); }
  f64(p) { return this.view().getFloat64(p, true); }

  alloc(n) {
    const p = this.c.lode_wasm_alloc(n);
    if (p === 0) throw new LodeError(STATUS.E_NOMEM, `no memory for ${n} bytes`);
    new Uint8Array(this.memory.buffer, p, n).fill(0);
    return p;
  }

  bytes(data) {
    const p = this.alloc(data.length);
    new Uint8Array(this.memory.buffer, p, data.length).set(data);
    return p;
  }

  text(string) { return string === undefined ? 0 : this.bytes(Buffer.from(`${string}\0`)); }

  string(p) {
    const all = new Uint8Array(this.memory.buffer);
    return Buffer.from(all.subarray(p, all.indexOf(0, p))).toString();
  }

  struct(size, fields) {  // {offset: number | bigint}
    const p = this.alloc(size);
    for (const [at, value] of Object.entries(fields)) {
      if (typeof value === 'bigint') {
        this.view().setBigInt64(p + Number(at), value, true);
      } else {
        this.view().setUint32(p + Number(at), value, true);
      }
    }
    return p;
  }

  check(status) {
    if (status === STATUS.OK) return;
    throw new LodeError(status, this.string(this.err + abi.lode_error.text),
                        this.i64(this.err + abi.lode_error.item));
  }

  model(path) {
    const data = readFileSync(path);
    const {lode_file_data: f} = abi;
    const file = this.struct(
        f.sizeof, {[f.name]: this.text('a.lode-model'), [f.data]: this.bytes(data), [f.size]: data.length});
    const out = this.alloc(4);
    this.check(this.c.lode_model_open_memory(file, 1, 0, out, this.err));
    return this.u32(out);
  }

  /// A file in memory, from these bytes; then open `name`.
  put(name, data = new Uint8Array()) {
    const status = this.c.lode_wasm_memory_put(
        this.text(name), data.length > 0 ? this.bytes(data) : 0, data.length);
    if (status !== STATUS.OK) throw new LodeError(status, name);
  }

  take(name) {
    const size = this.c.lode_wasm_memory_size(this.text(name));
    const p = this.alloc(size);
    this.c.lode_wasm_memory_read(this.text(name), 0, p, size);
    return new Uint8Array(this.memory.buffer, p, size).slice();
  }

  open(name, access, model = 0, modelName) {
    const {lode_index_options: o} = abi;
    const options = this.struct(o.sizeof, {
      [o.struct_size]: o.sizeof, [o.access]: access, [o.model]: model,
      [o.model_name]: this.text(modelName), [o.threads]: 1,
    });
    const out = this.alloc(4);
    this.check(this.c.lode_index_open(this.text(name), options, out, this.err));
    return new Index(this, this.u32(out));
  }
}

export class Index {
  constructor(module, p) {
    this.m = module;
    this.p = p;
  }

  close() { this.m.c.lode_index_free(this.p); }

  /// documents: [{id, content (bytes or string), …}]
  add(documents) {
    const m = this.m;
    const {lode_index_document: f, lode_index_watcher: w, lode_index_report: r} = abi;
    const list = m.alloc(f.sizeof * documents.length);
    const used = [list];
    documents.forEach((d, i) => {
      const id = Buffer.from(d.id), content = Buffer.from(d.content);
      const at = {
        [f.id]: m.bytes(id), [f.id + 4]: id.length, [f.content]: m.bytes(content),
        [f.content + 4]: content.length, [f.format]: m.text(d.format), [f.title]: m.text(d.title),
        [f.metadata]: m.text(d.metadata),
      };
      for (const [k, value] of Object.entries(at)) {
        m.view().setUint32(list + f.sizeof * i + Number(k), value, true);
      }
      used.push(at[f.id], at[f.content]);
    });
    const report = m.alloc(r.sizeof);
    const watcher = m.struct(w.sizeof, {
      [w.progress]: m.c.lode_wasm_index_progress(), [w.skipped]: m.c.lode_wasm_index_skipped(),
    });
    const status = m.c.lode_index_add(this.p, list, documents.length, watcher, report, m.err);
    for (const p of used) m.c.lode_wasm_free(p);
    const names = ['added', 'updated', 'unchanged', 'removed', 'skipped', 'chunks', 'embedded'];
    this.report = Object.fromEntries(names.map((name) => [name, m.i64(report + r[name])]));
    m.check(status);
    return this.report;
  }

  remove(ids) {
    const m = this.m;
    const list = m.alloc(8 * ids.length);
    ids.forEach((id, i) => {
      const bytes = Buffer.from(id);
      m.view().setUint32(list + 8 * i, m.bytes(bytes), true);
      m.view().setUint32(list + 8 * i + 4, bytes.length, true);
    });
    m.check(m.c.lode_index_remove(this.p, list, ids.length, 0, m.err));
  }

  compact() { this.m.check(this.m.c.lode_index_compact(this.p, this.m.err)); }
  verify() { this.m.check(this.m.c.lode_index_verify(this.p, this.m.err)); }

  info() {
    const m = this.m;
    const {lode_index_info: f} = abi;
    const p = m.struct(f.sizeof, {[f.struct_size]: f.sizeof});
    m.check(m.c.lode_index_get_info(this.p, p, m.err));
    return {dim: m.i64(p + f.dim), documents: m.i64(p + f.documents), chunks: m.i64(p + f.chunks),
            bytes: m.i64(p + f.file_bytes), free: m.i64(p + f.free_bytes)};
  }

  search(query, {mode = HYBRID, limit = 10} = {}) {
    const m = this.m;
    const {lode_index_search_options: o} = abi;
    const options = m.struct(
        o.sizeof, {[o.struct_size]: o.sizeof, [o.mode]: mode, [o.limit]: BigInt(limit)});
    const text = Buffer.from(query);
    const out = m.alloc(4);
    const value = m.struct(8, {0: m.bytes(text), 4: text.length});  // a struct by value: its address
    m.check(this.m.c.lode_index_search(this.p, value, options, out, m.err));
    const results = m.u32(out), list = m.u32(results + abi.lode_results.list);
    const {lode_result: r} = abi;
    const found = [];
    for (let i = 0; i < m.u32(results + abi.lode_results.count); i++) {
      const p = list + r.sizeof * i;
      found.push({id: m.string(m.u32(p + r.id)), title: m.string(m.u32(p + r.title)),
                  text: m.string(m.u32(p + r.text)), score: m.f64(p + r.score),
                  cosine: m.f64(p + r.cosine), keyword: m.f64(p + r.keyword)});
    }
    m.c.lode_results_free(results);
    return found;
  }
}
