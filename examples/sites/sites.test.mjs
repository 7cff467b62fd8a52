/* The example sites as examples/sites/build has made them, below /docs/ in Debian's Chromium: something
 * is found by a word of its own, and something by what it means, and the results lead there.
 *
 *   LODE_EXAMPLES   where they are (build/examples) */
import assert from 'node:assert/strict';
import {existsSync} from 'node:fs';
import {readFile, stat} from 'node:fs/promises';
import {createServer} from 'node:http';
import {extname, join, normalize} from 'node:path';
import {fileURLToPath} from 'node:url';
import {after, before, test} from 'node:test';
import {hasBrowser, launchBrowser} from '../../js/site/test/browser/harness.mjs';

const examples = process.env.LODE_EXAMPLES ?? fileURLToPath(new URL('../../build/examples', import.meta.url));
const TYPES = {
  '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css',
  '.json': 'application/json', '.wasm': 'application/wasm', '.svg': 'image/svg+xml', '.txt': 'text/plain',
};
let browser;
before(async () => { if (hasBrowser) browser = await launchBrowser(); });
after(async () => { await browser?.close(); });

/** A host that has the folder below /docs/, and nothing else. */
async function serve(folder) {
  const server = createServer(async (request, response) => {
    const {pathname} = new URL(request.url, 'http://localhost');
    let file = join(folder, normalize(decodeURIComponent(pathname.slice('/docs'.length))));
    try {
      if (!pathname.startsWith('/docs/')) throw new Error('not below /docs/');
      if ((await stat(file)).isDirectory()) file = join(file, 'index.html');
      const body = await readFile(file);
      response.writeHead(200, {'content-type': TYPES[extname(file)] ?? 'application/octet-stream'});
      response.end(body);
    } catch {
      response.writeHead(404, {'content-type': 'text/plain'}).end('not found');
    }
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function ask(page, text) {
  await page.getByRole('combobox').first().fill(text);
  await page.waitForFunction(() => document.querySelector('lode-search').state === 'results');
}
const first = page => page.getByRole('option').first();

for (const name of ['plain', 'mkdocs', 'sphinx', 'docusaurus', 'vitepress', 'eleventy', 'astro', 'hugo']) {
  const folder = join(examples, name, 'public');
  const skip = !hasBrowser ? 'no Chromium'
    : !existsSync(join(folder, 'search', 'lode-search.js')) && `not built: examples/sites/build ${name}`;
  test(name, {skip}, async () => {
    const server = await serve(folder);
    const {port} = server.address();
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      const faults = [];
      page.on('pageerror', error => faults.push(String(error)));
      page.on('response', response => {
        // The browser's own question for an icon is nobody's fault.
        if (!response.ok() && !response.url().endsWith('/favicon.ico')) faults.push(`${response.status()} ${response.url()}`);
      });
      const hosts = new Set();
      page.on('request', request => hosts.add(new URL(request.url()).host));
      await page.goto(`http://127.0.0.1:${port}/docs/`);
      await page.waitForFunction(() => document.querySelector('lode-search')?.shadowRoot);
      await page.keyboard.press('Control+k');
      await page.waitForFunction(() => document.querySelector('lode-search').open);
      // A word of the page.
      await ask(page, 'cardboard');
      assert.match(await first(page).getAttribute('href'), /\/docs\/compost.*#what-goes-in$/);
      // A word that is nowhere on the site: the model has to be there.
      await page.getByText('By words and meaning').waitFor();
      await page.getByRole('combobox').first().fill('irrigation');
      await page.waitForFunction(() => document.querySelector('lode-search').shadowRoot
        .querySelector('[role=option]')?.href.includes('/docs/watering'));
      await ask(page, 'cardboard');
      await page.waitForFunction(() => document.querySelector('lode-search').shadowRoot
        .querySelector('[role=option]')?.href.includes('/docs/compost'));
      await first(page).click();
      await page.waitForURL(/\/docs\/compost.*#what-goes-in$/);
      await page.waitForFunction(() => document.querySelector('h1')?.textContent.includes('Compost'));
      await page.waitForFunction(() => CSS.highlights.has('lode-search'));
      assert.deepEqual([...hosts], [`127.0.0.1:${port}`]);
      assert.deepEqual(faults, []);
    } finally {
      await context.close();
      await new Promise(resolve => server.close(resolve));
    }
  });
}
