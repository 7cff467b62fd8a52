#!/usr/bin/env node
/* What visitors of a large site wait for and fetch, in Debian's Chromium, beside Pagefind:
 *
 *   bench/site/browser.mjs [--pages N] [--keep FOLDER] [--lode build/lode] [--cold N] [--json FILE]
 *                          [--no-pagefind] [--brotli LEVEL]
 *
 * Takes the site of bench/site/corpus.py, has both engines index it, and serves it on this machine with
 * gzip (or, as many hosts, brotli at a level: 4 or 5 is what they have time for) for what hosts
 * compress: HTML, scripts, JSON, plain text, WebAssembly. Then
 *
 * - new visitors: a page with the search in it and a question in its URL is opened with an empty cache,
 *   N (10) times with other questions: milliseconds from the beginning of the navigation until the
 *   first five results are in the page, and bytes of all files so far. lode once by words alone, and
 *   once until it has answered by meaning. "page": the same of a page with nothing in it. Visitors
 *   come from another page, in a window that has been open for a second, which a browser takes to draw
 *   it; and no debugger looks on, to whom a browser tells every file: the page tells its host.
 * - the questions of questions.tsv, all by one visitor: how many find a right page among the first
 *   three, how long an answer takes with what it fetches, and once more with nothing left to fetch.
 *
 * Bytes are those of bodies as they are sent. Times are of this machine with whatever else runs on it.
 * `make site` has to be done. */
import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync}
  from 'node:fs';
import {createServer} from 'node:http';
import {tmpdir} from 'node:os';
import {extname, join, normalize, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {brotliCompressSync, constants, gzipSync} from 'node:zlib';

const PAGEFIND = '1.6.0';
const SHOWN = 5;
/** Milliseconds; then a new window has drawn itself. */
const SETTLED = 1000;
const PATIENCE = 120_000;
const FIRST = 3;
const here = fileURLToPath(new URL('.', import.meta.url));
const {values: options} = parseArgs({options: {
  pages: {type: 'string', default: '10000'}, keep: {type: 'string'}, json: {type: 'string'},
  lode: {type: 'string', default: join(here, '../../build/lode')}, cold: {type: 'string', default: '10'},
  'no-pagefind': {type: 'boolean', default: false}, help: {type: 'boolean', default: false}, brotli: {type: 'string'},
}});
if (options.help) {
  const [, text] = /\/\*([^]*?)\*\//.exec(readFileSync(fileURLToPath(import.meta.url), 'utf8'));
  console.log(text.replace(/^ \*? ?/gm, '').trim());
  process.exit();
}

/* ---------------------------------------------------------------- the site and its indexes */

/** Runs it; {wall, cpu} in seconds, output. */
function timed(command, ...args) {
  const {status, stdout, stderr} = spawnSync('bash', ['-c', 'TIMEFORMAT="%R %U %S"; time "$@" 2>/dev/null', 'bash',
    command, ...args], {encoding: 'utf8', maxBuffer: 1 << 28, env: {...process.env, LC_ALL: 'C'}});
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  const [wall, user, system] = stderr.trim().split('\n').at(-1).split(' ').map(Number);
  return {wall, cpu: user + system, stdout};
}

function folderSize(folder) {
  return readdirSync(folder, {recursive: true, withFileTypes: true}).filter(entry => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size, 0);
}

function indexWithLode(site, folder) {
  const out = join(folder, 'lode');
  const collection = join(folder, 'bench.lode');
  for (const path of [out, collection]) rmSync(path, {recursive: true, force: true});
  const {wall, cpu, stdout} = timed(resolve(options.lode), 'site', site, '-o', out, '--json', '--collection', collection);
  if (!existsSync(join(out, 'lode-search.js'))) throw new Error('lode site found no scripts: make site makes them');
  const {pages, embedded} = JSON.parse(stdout);
  return {out, report: {wall, cpu, pages, passages: embedded, bytes: folderSize(out)}};
}

function indexWithPagefind(site, folder) {
  const place = join(folder, 'pagefind-npm');
  if (!existsSync(join(place, 'node_modules'))) {
    execFileSync('npm', ['install', '--prefix', place, '--ignore-scripts', '--no-package-lock', '--no-audit', '--no-fund',
      '--loglevel=error', `pagefind@${PAGEFIND}`], {stdio: 'inherit'});
  }
  const out = join(folder, 'pagefind');
  rmSync(out, {recursive: true, force: true});
  const {wall, cpu, stdout} = timed(join(place, 'node_modules/.bin/pagefind'), '--site', site, '--output-path', out);
  const pages = Number(/Indexed (\d+) pages?/.exec(stdout)?.[1]);
  return {out, report: {wall, cpu, pages, bytes: folderSize(out)}};
}

/* ---------------------------------------------------------------- a host */

const TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.json': 'application/json', '.txt': 'text/plain',
  '.wasm': 'application/wasm', '.css': 'text/css',
};
/** What pages say when their first answer is there. */
const TELL = "const tell = () => navigator.sendBeacon('/shown', String(performance.now()));";
const lodePage = (attributes, script) => `<!doctype html><html lang="en"><title>Bench</title>
<script type="module" src="/search/lode-search.js"></script>
<lode-search index="/search/" variant="inline" query-param="q" limit="${SHOWN}" ${attributes}></lode-search>
<script>
${TELL}
const element = document.querySelector('lode-search');
${script}
</script>`;
const PAGES = {
  '/lode.html': lodePage('semantic="off"', `const observer = new MutationObserver(() => {
  if (!/results|none|irrelevant/.test(element.dataset.state)) return;
  observer.disconnect();
  tell();
});
observer.observe(element, {attributes: true});`),
  '/lode-meaning.html': lodePage('', `element.addEventListener('lode-search:model', () => {
  const {search} = element;
  const query = search.query.bind(search);
  search.query = async (...args) => {
    const results = await query(...args);
    if (results.mode === 'hybrid') tell();
    return results;
  };
}, {once: true});`),
  '/pagefind.html': `<!doctype html><html lang="en"><title>Bench</title><ul></ul>
<script type="module">
import * as pagefind from '/pagefind/pagefind.js';
${TELL}
const {results} = await pagefind.search(new URLSearchParams(location.search).get('q'));
const pages = await Promise.all(results.slice(0, ${SHOWN}).map(result => result.data()));
document.querySelector('ul').append(...pages.map(({meta}) => Object.assign(document.createElement('li'), {textContent: meta.title})));
tell();
</script>`,
  '/empty.html': `<!doctype html><html lang="en"><title>Bench</title><script>${TELL} addEventListener('load', tell);</script>`,
  // Where visitors come from.
  '/before.html': `<!doctype html><html lang="en"><title>Bench</title><script>
setTimeout(() => location.replace(new URLSearchParams(location.search).get('next')), ${SETTLED});
</script>`,
};

const pack = raw => options.brotli
  ? brotliCompressSync(raw, {params: {[constants.BROTLI_PARAM_QUALITY]: Number(options.brotli)}}) : gzipSync(raw);

/** folders: what is served below which path. sent: bytes and files since it was last set to zero.
 * shown: the milliseconds that the next page tells. */
async function startHost(folders) {
  const packed = new Map();
  const sent = {bytes: 0, files: 0};
  let told;
  const shown = () => new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('a page has shown nothing')), PATIENCE);
    told = ms => (clearTimeout(timer), resolve(ms));
  });
  const server = createServer((request, response) => {
    if (request.url === '/shown') {
      let ms = '';
      request.on('data', data => (ms += data)).on('end', () => {
        response.writeHead(204).end();
        told?.(Number(ms));
      });
      return;
    }
    const {pathname} = new URL(request.url, 'http://localhost');
    const prefix = Object.keys(folders).find(path => pathname.startsWith(path));
    const file = prefix && join(folders[prefix], normalize(decodeURIComponent(pathname.slice(prefix.length - 1))));
    const type = TYPES[extname(pathname)];
    if (!PAGES[pathname] && !(file && existsSync(file) && statSync(file).isFile())) {
      response.writeHead(404).end();
      return;
    }
    if (!packed.has(pathname)) {
      const raw = PAGES[pathname] ? Buffer.from(PAGES[pathname]) : readFileSync(file);
      packed.set(pathname, type ? pack(raw) : raw);
    }
    const body = packed.get(pathname);
    response.writeHead(200, {'content-type': type ?? 'application/octet-stream', 'content-length': body.length,
      ...type && {'content-encoding': options.brotli ? 'br' : 'gzip'}, 'cache-control': 'max-age=3600'});
    response.end(body);
    if (pathname === '/before.html') return;
    sent.bytes += body.length;
    sent.files++;
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return {url: `http://127.0.0.1:${server.address().port}`, sent, shown, server};
}

/* ---------------------------------------------------------------- measuring */

const percentile = (list, p) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(p * list.length))];
const spread = list => ({p50: percentile(list, 0.5), p90: percentile(list, 0.9), max: Math.max(...list)});

/** Milliseconds and bytes of a new visitor's first answer, for each question. Asked twice, so that the
 * host has packed the files before, as hosts have. Contexts are the browser's own and not Playwright's,
 * which would attach itself to their pages. */
async function newVisitors(browser, host, path, questions) {
  const session = await browser.newBrowserCDPSession();
  const ms = [], bytes = [], files = [];
  for (const {question} of questions) {
    for (const counts of [false, true]) {
      const {browserContextId} = await session.send('Target.createBrowserContext');
      Object.assign(host.sent, {bytes: 0, files: 0});
      const shown = host.shown();
      const next = encodeURIComponent(`${path}?q=${encodeURIComponent(question)}`);
      await session.send('Target.createTarget', {browserContextId, url: `${host.url}/before.html?next=${next}`});
      const took = await shown;
      if (counts) {
        ms.push(took);
        bytes.push(host.sent.bytes);
        files.push(host.sent.files);
      }
      await session.send('Target.disposeBrowserContext', {browserContextId});
    }
  }
  await session.detach();
  return {ms: spread(ms), bytes: spread(bytes), files: spread(files)};
}

/** One visitor's questions: the pages found, milliseconds with and without fetching. ask: in the page. */
async function oneVisitor(browser, host, questions, prepare, ask) {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(300_000);
  await page.goto(`${host.url}/empty.html`);
  await page.evaluate(prepare);
  Object.assign(host.sent, {bytes: 0, files: 0});
  const answers = [];
  for (const {question} of questions) answers.push(await page.evaluate(ask, {question, first: FIRST}));
  const {bytes, files} = host.sent;
  const warm = [];
  for (const {question} of questions) warm.push((await page.evaluate(ask, {question, first: FIRST})).ms);
  await context.close();
  const missed = [];
  const right = {meaning: 0, keyword: 0};
  answers.forEach(({urls}, i) => {
    const {kind, question, pages} = questions[i];
    if (urls.some(url => pages.some(({folder, end}) => url.startsWith(`/${folder}/`) && url.endsWith(`/${end}`)))) right[kind]++;
    else missed.push({kind, question, found: urls});
  });
  return {right, missed, ms: spread(answers.map(({ms}) => ms)), again: spread(warm), bytes, files};
}

const askLode = mode => `(async ({question, first}) => {
  const start = performance.now();
  const {pages, relevant} = await globalThis.search.query(question, {mode: '${mode}', limit: ${SHOWN}});
  return {ms: performance.now() - start, urls: relevant ? pages.slice(0, first).map(({url}) => new URL(url, location).pathname) : []};
})`;
const openLode = meaning => `(async () => {
  const {SiteSearch} = await import('/search/lode-search-ui.js');
  globalThis.search = await SiteSearch.open('/search/');
  ${meaning ? 'await search.loadModel();' : ''}
})()`;
const OPEN_PAGEFIND = `(async () => {
  globalThis.pagefind = await import('/pagefind/pagefind.js');
  await pagefind.init();
})()`;
const ASK_PAGEFIND = `(async ({question, first}) => {
  const start = performance.now();
  const {results} = await pagefind.search(question);
  const pages = await Promise.all(results.slice(0, ${SHOWN}).map(result => result.data()));
  return {ms: performance.now() - start, urls: pages.slice(0, first).map(({url}) => new URL(url, location).pathname)};
})`;
const asFunction = text => new Function('argument', `return (${text})(argument)`);

function readQuestions() {
  return readFileSync(join(here, 'questions.tsv'), 'utf8').split('\n').filter(line => line && line[0] !== '#').map(line => {
    const [kind, question, pages] = line.split('\t');
    return {kind, question, pages: pages.split(' ').map(page => {
      const [folder, end] = page.split(':');
      return {folder, end};
    })};
  });
}

/* ---------------------------------------------------------------- what came of it */

const kb = bytes => `${(bytes / 1e3).toFixed(0)} kB`;
const mb = bytes => `${(bytes / 1e6).toFixed(1)} MB`;
const ms = value => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
function print(report) {
  console.log(`${report.pages} pages; a page with nothing in it: ${ms(report.page.p50)}, p90 ${ms(report.page.p90)}`);
  const rows = [['', 'index s', 'CPU s', 'on the host', 'first answer p50', 'p90', 'its bytes p50', 'most',
    'meaning', 'keyword', 'answer p50', 'p90', 'nothing to fetch p50']];
  for (const [name, {built, cold, asked}] of Object.entries(report.engines)) {
    rows.push([name, built.wall.toFixed(1), built.cpu.toFixed(1), mb(built.bytes), ms(cold.ms.p50), ms(cold.ms.p90),
      kb(cold.bytes.p50), kb(cold.bytes.max), `${asked.right.meaning}/50`, `${asked.right.keyword}/50`, ms(asked.ms.p50),
      ms(asked.ms.p90), ms(asked.again.p50)]);
  }
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
}

async function main() {
  const {launchBrowser} = await import('../../js/site/test/browser/harness.mjs');
  const folder = resolve(options.keep ?? mkdtempSync(join(tmpdir(), 'lode-bench-')));
  mkdirSync(folder, {recursive: true});
  const site = execFileSync(join(here, 'corpus.py'), [folder, options.pages], {encoding: 'utf8'}).trim();
  const lode = indexWithLode(site, folder);
  const pagefind = options['no-pagefind'] ? undefined : indexWithPagefind(site, folder);
  const questions = readQuestions();
  const some = questions.filter((_, i) => i % Math.ceil(questions.length / Number(options.cold)) === 0);
  const host = await startHost({'/search/': lode.out, ...pagefind && {'/pagefind/': pagefind.out}});
  const browser = await launchBrowser();
  const report = {pages: lode.report.pages, when: new Date().toISOString(), chromium: browser.version(),
    packed: options.brotli ? `brotli ${options.brotli}` : 'gzip', engines: {}};
  try {
    // The first start of the browser's processes is nobody's.
    await newVisitors(browser, host, '/lode.html', some.slice(0, 1));
    report.page = (await newVisitors(browser, host, '/empty.html', some)).ms;
    report.engines['lode, words'] = {
      built: lode.report, cold: await newVisitors(browser, host, '/lode.html', some),
      asked: await oneVisitor(browser, host, questions, openLode(false), asFunction(askLode('keyword'))),
    };
    report.engines['lode, meaning'] = {
      built: lode.report, cold: await newVisitors(browser, host, '/lode-meaning.html', some),
      asked: await oneVisitor(browser, host, questions, openLode(true), asFunction(askLode('hybrid'))),
    };
    if (pagefind) {
      report.engines[`Pagefind ${PAGEFIND}`] = {
        built: pagefind.report,
        cold: await newVisitors(browser, host, '/pagefind.html', some),
        asked: await oneVisitor(browser, host, questions, OPEN_PAGEFIND, asFunction(ASK_PAGEFIND)),
      };
    }
  } finally {
    await browser.close();
    host.server.close();
    if (!options.keep) rmSync(folder, {recursive: true});
  }
  print(report);
  if (options.json) writeFileSync(options.json, JSON.stringify(report, null, 2));
}

await main();
