// An HTTP server that does what servers do to downloads.
import {createServer} from 'node:http';
import {createHash} from 'node:crypto';

/**
 * files: path → {body, type, etag, modified, ranges, drop, length, encoding, status, html, delay}
 *   drop(n): after how many bytes the n-th answer (from 0) is cut; undefined: not at all
 *   status(n): of the n-th answer; undefined: 200 or 206
 */
export async function startServer(t, files) {
  const requests = [];
  const counts = new Map();
  const server = createServer((request, response) => {
    const {pathname} = new URL(request.url, 'http://localhost');
    const range = request.headers.range;
    requests.push({method: request.method, path: pathname, range, headers: request.headers});
    const file = files[pathname] ?? files['*'];
    if (file === undefined) return response.writeHead(404).end('no such file');
    const n = counts.get(pathname) ?? 0;
    if (request.method === 'GET') counts.set(pathname, n + 1);
    answer(file, n, request, response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const {port} = server.address();
  return {url: (path) => `http://127.0.0.1:${port}${path}`, requests, files, counts,
    stop: () => {
      server.closeAllConnections();
      server.close();
    }};
}

function answer(file, n, request, response) {
  const status = file.status?.(n);
  if (status !== undefined) {
    return response.writeHead(status, file.headers ?? {}).end('not now');
  }
  const body = typeof file.body === 'function' ? file.body(n) : file.body;
  const headers = {'content-type': file.type ?? 'application/octet-stream', ...file.headers};
  const etag = file.etag === null ? undefined
    : file.etag?.(n) ?? `"${createHash('sha1').update(body).digest('hex')}"`;
  if (etag !== undefined) headers.etag = etag;
  let from = 0;
  const match = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const valid = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
  if (match !== null && file.ranges !== false && valid) {
    from = Number(match[1]);
    headers['content-range'] = `bytes ${from}-${body.length - 1}/${body.length}`;
  }
  const rest = body.subarray(from);
  if (file.length !== false) headers['content-length'] = rest.length;
  response.writeHead(from > 0 ? 206 : 200, headers);
  if (request.method === 'HEAD') return response.end();
  const end = file.drop?.(n);
  if (file.stall?.(n) !== undefined) return response.write(rest.subarray(0, file.stall(n)));
  if (end === undefined || end >= rest.length) {
    if (file.delay === undefined) return response.end(rest);
    return sendSlowly(response, rest, file.delay);
  }
  response.write(rest.subarray(0, end), () => setTimeout(() => response.socket?.destroy(), 20));
}

async function sendSlowly(response, rest, delay) {
  const step = Math.ceil(rest.length / 20);
  for (let at = 0; at < rest.length && !response.destroyed; at += step) {
    response.write(rest.subarray(at, at + step));
    await new Promise((resolve) => setTimeout(resolve, delay));
  }
  response.end();
}

export const PAGE = Buffer.from('<!DOCTYPE html>\n<html><body>Not Found</body></html>\n');
