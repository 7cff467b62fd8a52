/* A browser, a server, and what a person does in the app. */
import {existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {chromium} from 'playwright-core';
import {startServer} from './server.mjs';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const BROWSER = process.env.LODE_CHROMIUM ?? '/usr/bin/chromium';
export const skip = existsSync(BROWSER) ? false : `there is no ${BROWSER}`;

export async function startBrowser(more = []) {
  return chromium.launch({executablePath: BROWSER, args: [
    '--headless=new', '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', ...more,
  ]});
}

export async function startRig({flags, ...options} = {}) {
  const browser = await startBrowser(flags);
  const server = await startServer(options);
  const rig = {
    browser, server,
    /** A visitor with nothing kept yet: `page`, what went wrong on it, and further tabs by `tab()`. */
    async visit({hash = '', init, ...context} = {}) {
      const own = await browser.newContext({viewport: {width: 1280, height: 820}, ...context});
      const faults = [];
      const tab = async (at = '') => {
        const page = await own.newPage();
        page.setDefaultTimeout(45_000);
        page.on('pageerror', (error) => faults.push(String(error)));
        page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
        if (init) await page.addInitScript(init);
        await page.goto(server.url + at);
        await page.locator('.strip .dot:not(.starting)').waitFor();
        return page;
      };
      return {page: await tab(hash), tab, faults, context: own};
    },
    async close() {
      await browser.close();
      await server.stop();
    },
  };
  return rig;
}

/** What axe has to say against the page: nothing is what is expected. */
export async function axe(page) {
  await page.evaluate(await readFile(AXE, 'utf8')); // not as a script, which the page's policy would refuse
  return page.evaluate(async () => {
    await Promise.all(document.getAnimations().map((each) => each.finished.catch(() => undefined)));
    const {violations} = await globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return violations.map(({id, nodes}) => `${id}: ${nodes.slice(0, 3).map((node) => node.html).join(' | ')}`);
  });
}

/** Drop files on the page: [{name, text}] or [{name, base64}]. */
export async function drop(page, files) {
  await page.evaluate((list) => {
    const transfer = new DataTransfer();
    for (const {name, text, base64, modified} of list) {
      const data = base64 === undefined ? text : Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
      transfer.items.add(new File([data], name, {lastModified: modified ?? Date.now()}));
    }
    for (const type of ['dragenter', 'dragover', 'drop']) {
      document.body.dispatchEvent(new DragEvent(type, {dataTransfer: transfer, bubbles: true, cancelable: true}));
    }
  }, files);
}

/** Until everything that was dropped is indexed, or has failed. */
export async function indexed(page, documents) {
  try {
    await page.locator('.strip').getByText(`${documents} document${documents === 1 ? '' : 's'}`, {exact: true}).waitFor();
  } catch (error) {
    const said = await page.locator('.strip, .toast, .notice, .work-text').allTextContents();
    throw new Error(`${documents} documents were waited for; the page says: ${said.join(' | ')}`, {cause: error});
  }
}

export const STORIES = [
  {name: 'ferry.md', text: '# Ferries\n\nThe ferry to the island leaves at noon, and comes back in the evening. Tickets are sold on the pier.\n\n## In winter\n\nThere is one crossing a day.\n'},
  {name: 'bread.md', text: '# Bread\n\nMix flour, water and salt. Let the dough rest overnight before it goes into the hot oven.\n'},
  {name: 'cat.txt', text: 'The cat sleeps on the warm windowsill all afternoon. It wakes when somebody opens a tin of fish.\n'},
  {name: 'taxes.html', text: '<!doctype html><title>Taxes</title><h1>Taxes</h1><p>The declaration of income is due by the end of May.</p><script>document.title = "no"</script><p onclick="alert(1)">A refund takes six weeks.</p>'},
  {name: 'sort.py', text: 'def merge_sort(items):\n    """Sort a list by merging its sorted halves."""\n    if len(items) < 2:\n        return items\n'},
];

export async function search(page, query) {
  await page.goto(page.url().split('#')[0] + '#/');
  await page.locator('#query').fill(query);
  await page.locator('.results .result, .empty').first().waitFor();
  // Until the answer is to all that was typed.
  await page.waitForFunction((text) => new URLSearchParams(location.hash.split('?')[1]).get('q') === text, query);
  await page.waitForTimeout(250);
}

export function titles(page) {
  return page.locator('.result-title').allTextContents();
}
