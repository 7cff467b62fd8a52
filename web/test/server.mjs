/* Serves web/dist below a path of its own, as a host would that nobody can configure; tests can make
 * it slow, drop connections, and give other files. */
import {createServer} from 'node:http';
import {existsSync, readFileSync, readdirSync, statSync} from 'node:fs';
import {extname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.json': 'application/json',
  '.wasm': 'application/wasm', '.svg': 'image/svg+xml', '.png': 'image/png', '.webmanifest': 'application/manifest+json',
};
export const PATH = '/some/where/';

export async function startServer({isolated = false} = {}) {
  /** Path below PATH -> bytes, or a function that answers. */
  const extra = new Map();
  const sockets = new Set();
  const requests = [];
  const server = createServer((request, response) => {
    const {pathname} = new URL(request.url, 'http://localhost');
    requests.push(pathname);
    if (isolated) {
      response.setHeader('cross-origin-opener-policy', 'same-origin');
      response.setHeader('cross-origin-embedder-policy', 'require-corp');
    }
    if (!pathname.startsWith(PATH)) return response.writeHead(404).end();
    const name = pathname.slice(PATH.length) || 'index.html';
    const own = extra.get(name);
    if (typeof own === 'function') return own(request, response);
    const file = join(dist, name);
    if (own === undefined && (!existsSync(file) || !statSync(file).isFile())) return response.writeHead(404).end();
    response.setHeader('content-type', TYPES[extname(name)] ?? 'application/octet-stream');
    response.setHeader('cache-control', 'no-cache');
    return response.end(own ?? readFileSync(file));
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  let port = 0;
  const listen = () => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen();
  port = server.address().port;
  const stop = () => new Promise((resolve) => {
    server.close(resolve);
    for (const socket of sockets) socket.destroy();
  });
  /** Code in front of the build's scripts of a name, until what is returned is called. */
  const before = (name, code) => {
    const files = readdirSync(join(dist, 'assets')).filter((each) => each.startsWith(`${name}-`) && each.endsWith('.js'));
    for (const file of files) extra.set(`assets/${file}`, code + readFileSync(join(dist, 'assets', file), 'utf8'));
    return () => files.forEach((file) => extra.delete(`assets/${file}`));
  };
  return {before, url: `http://127.0.0.1:${port}${PATH}`, origin: `http://127.0.0.1:${port}`, extra, requests, stop, listen};
}
