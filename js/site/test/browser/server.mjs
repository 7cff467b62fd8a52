/* Serves the built files, pages for the tests, and an index whose files are all the same. */
import {createServer} from 'node:http';
import {existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {extname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {site} from './site.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = fileURLToPath(new URL('../../../dist/site/', import.meta.url));
const TYPES = {wasm: 'application/wasm', js: 'text/javascript', json: 'application/json', html: 'text/html; charset=utf-8'};

/** No inline style, no inline script, no other host. */
export const CSP = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; " +
  "connect-src 'self'; worker-src 'self'; img-src 'self' data:; base-uri 'none'; " +
  "require-trusted-types-for 'script'; trusted-types lode-search";

/** body, attributes of html. The page's own script gives elements the tests' engine. */
export function pageHtml({body, html = 'lang="en"', head = ''}) {
  return `<!doctype html><html ${html}><head><meta charset="utf-8"><title>Test</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/page.css"><script type="module" src="/setup.js"></script><link rel="icon" href="data:,">${head}</head>
<body>${body}</body></html>`;
}

const SETUP = `import {testEngine} from '/engine.js';
import '/search/lode-search.js';
globalThis.calls = []; globalThis.events = [];
for (const name of ['open', 'close', 'query', 'no-results', 'click', 'navigate', 'model', 'error']) {
  document.addEventListener('lode-search:' + name, event => {
    events.push({name, ...event.detail, error: event.detail.error?.code});
    if (name === 'navigate' && globalThis.stay) event.preventDefault();
  });
}
for (const element of document.querySelectorAll('lode-search:not([real])')) {
  element.openOptions = {engine: testEngine(calls)};
}
globalThis.ready = true;`;

const STYLE = `:root { color-scheme: light dark; }
body { font-family: system-ui, sans-serif; margin: 2rem; }
main { max-width: 45rem; } .tall { height: 1500px; }`;

export async function startServer() {
  let csp = CSP;
  const pages = new Map();
  const folders = new Map();
  const server = createServer(async (request, response) => {
    const {pathname} = new URL(request.url, 'http://localhost');
    const send = (type, body, status = 200) => {
      response.writeHead(status, {'content-type': type, 'content-security-policy': csp,
        'cache-control': 'no-store'});
      response.end(body);
    };
    try {
      const [, folder, file] = /^(\/\w+\/)([\w.-]+)$/.exec(pathname) ?? [];
      const found = folders.get(folder)?.map(path => join(path, file)).find(existsSync);
      if (found) send(TYPES[extname(found).slice(1)] ?? 'application/octet-stream', await readFile(found));
      else if (pages.has(pathname)) send(TYPES.html, pages.get(pathname));
      else if (pathname === '/setup.js') send(TYPES.js, SETUP);
      else if (pathname === '/page.css') send('text/css', STYLE);
      else if (pathname === '/favicon.ico') send('image/x-icon', ''); // browsers ask when they like
      else if (pathname === '/engine.js') send(TYPES.js, await readFile(here + 'engine.js'));
      else if (pathname.endsWith('/boot.lode-site.txt')) {
        const empty = pathname.startsWith('/empty/');
        send('application/octet-stream', JSON.stringify(empty ? {pages: []} : site));
      } else if (/\/(search|empty)\/[\w-]+\.(txt|bin)$/.test(pathname)) send('text/plain', 'file');
      else if (/^\/search\/[\w-]+\.wasm$/.test(pathname)) send(TYPES.wasm, ''); // fetched ahead
      else if (/^\/(search|empty)\/lode-search[\w-]*\.js(on)?$/.test(pathname)) {
        const name = pathname.replace(/^\/\w+\//, '');
        send(TYPES[name.split('.').pop()], await readFile(dist + name));
      } else if (pathname.endsWith('.html') || pathname.endsWith('/')) {
        send(TYPES.html, `<!doctype html><html lang="en"><title>${pathname}</title><main><h1>Landed</h1>
<p>To install it, read on. Installing is easy; install now.</p><h2 id="from-source">From source</h2></main>
<script type="module" src="/search/lode-search.js"></script></html>`);
      } else send('text/plain', 'not found', 404);
    } catch (error) {
      send('text/plain', String(error), 500);
    }
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address();
  return {
    url: `http://127.0.0.1:${port}`,
    /** Serve a page; returns its URL. */
    page(name, options) {
      pages.set(`/${name}`, pageHtml(options));
      return `http://127.0.0.1:${port}/${name}`;
    },
    /** Serve the files of folders, each from the first that has it, below /<name>/. */
    folder(name, ...paths) {
      folders.set(`/${name}/`, paths);
    },
    /** Another content security policy from now on; undefined: the strict one. */
    policy(text = CSP) {
      csp = text;
    },
    close: () => new Promise(resolve => server.close(resolve)),
  };
}
