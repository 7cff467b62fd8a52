// A static server as a site would have: two origins of the same files, one of them cross-origin
// isolated; compressed where a browser gains by it; and, for one measurement, a slow network.
import { createReadStream, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};
const ISOLATION = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
};
// As servers do it on the fly or at deployment; 11 would take a minute for the largest runtime.
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
const compress = {
  br: (data) => promisify(brotliCompress)(data, BROTLI),
  gzip: (data) => promisify(gzip)(data, { level: 9 }),
};
const PIECE = 16 << 10;
const BURST_MS = 20; // that a late timer may make good

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A link that all responses share: `mbits` a second, each request `rttMs` late. */
class Link {
  constructor(mbits, rttMs) {
    this.bytesPerMs = (mbits * 1e6) / 8 / 1e3;
    this.rttMs = rttMs;
    this.free = 0; // when what was sent so far has arrived
  }

  async carry(bytes) {
    const now = performance.now();
    this.free = Math.max(this.free, now - BURST_MS) + bytes / this.bytesPerMs;
    if (this.free - now > 1) await sleep(this.free - now);
  }
}

export class Server {
  /** mounts: [["/models/", "/a/folder/"], …]; compressed files are kept in `cache`. */
  constructor(mounts, cache) {
    Object.assign(this, { mounts, cache, servers: [], link: null, fetched: new Map() });
    mkdirSync(cache, { recursive: true });
  }

  async start() {
    for (const headers of [{}, ISOLATION]) {
      const server = http.createServer((request, response) => {
        this.#serve(request, response, headers).catch((error) => response.destroy(error));
      });
      server.keepAliveTimeout = 60e3;
      await new Promise((resolve, reject) => {
        server.on("error", reject);
        server.listen(0, "127.0.0.1", resolve);
      });
      this.servers.push(server);
    }
  }

  stop() {
    for (const server of this.servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  origin(isolated) {
    return `http://127.0.0.1:${this.servers[isolated ? 1 : 0].address().port}`;
  }

  /** Megabits a second and milliseconds; 0 for as fast as can be. */
  network(mbits, rttMs) {
    this.link = mbits ? new Link(mbits, rttMs) : null;
  }

  /** Which files have been asked for since the last call: path -> how often. */
  takeFetched() {
    const fetched = this.fetched;
    this.fetched = new Map();
    return fetched;
  }

  /** The file behind a path of a URL, or null. */
  file(pathname) {
    const wanted = path.posix.normalize(decodeURIComponent(pathname));
    for (const [prefix, folder] of this.mounts) {
      if (!wanted.startsWith(prefix)) continue;
      const file = path.join(folder, wanted.slice(prefix.length));
      const stat = statSync(file, { throwIfNoEntry: false });
      return stat?.isFile() ? { file, stat } : null;
    }
    return null;
  }

  /** Compressed, or null where that is not worth it. Made once, kept in the cache. */
  async encoded({ file, stat }, encoding) {
    if (!TYPES[path.extname(file)]) return null;
    const name = `${path.basename(file)}-${stat.size}-${Math.round(stat.mtimeMs)}.${encoding}`;
    const kept = path.join(this.cache, name);
    if (!statSync(kept, { throwIfNoEntry: false })) {
      const data = await compress[encoding](readFileSync(file));
      writeFileSync(`${kept}.${process.pid}`, data);
      renameSync(`${kept}.${process.pid}`, kept);
    }
    return { file: kept, stat: statSync(kept) };
  }

  async #serve(request, response, headers) {
    const { pathname } = new URL(request.url, "http://localhost");
    if (this.link) await sleep(this.link.rttMs);
    const found = this.file(pathname);
    if (!found) return response.writeHead(404, headers).end();
    if (request.method === "GET") {
      this.fetched.set(pathname, (this.fetched.get(pathname) ?? 0) + 1);
    }
    const accepted = request.headers["accept-encoding"] ?? "";
    const encoding = ["br", "gzip"].find((name) => accepted.includes(name));
    const smaller = encoding && !request.headers.range && (await this.encoded(found, encoding));
    const body = smaller || found;
    const fields = {
      ...headers,
      "content-type": TYPES[path.extname(found.file)] ?? "application/octet-stream",
      "cache-control": "public, max-age=31536000, immutable",
      "accept-ranges": "bytes",
      etag: `"${found.stat.size}-${Math.round(found.stat.mtimeMs)}"`,
      ...(smaller && { "content-encoding": encoding }),
    };
    let [start, end] = [0, body.stat.size - 1];
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    if (range && Number(range[1]) <= end) {
      start = Number(range[1]);
      if (range[2]) end = Math.min(end, Number(range[2]));
      fields["content-range"] = `bytes ${start}-${end}/${body.stat.size}`;
    }
    fields["content-length"] = end - start + 1;
    response.writeHead(range ? 206 : 200, fields);
    if (request.method === "HEAD" || end < start) return response.end();
    const stream = createReadStream(body.file, { start, end, highWaterMark: PIECE });
    if (!this.link) return stream.pipe(response);
    for await (const piece of stream) {
      await this.link.carry(piece.length);
      if (response.destroyed) return;
      response.write(piece);
    }
    response.end();
  }
}
