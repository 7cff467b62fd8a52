/* A browser, a server, and what the tests of the element have in common. */
import {existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {chromium} from 'playwright-core';
import {startServer} from './server.mjs';

const require = createRequire(import.meta.url);
const AXE = require.resolve('axe-core/axe.min.js');
const BROWSER = process.env.LODE_CHROMIUM ?? '/usr/bin/chromium';

export const hasBrowser = existsSync(BROWSER);

export function launchBrowser() {
  return chromium.launch({executablePath: BROWSER, args: [
    '--headless=new', '--no-sandbox', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ]});
}

export async function startBrowser() {
  const browser = await launchBrowser();
  const server = await startServer();
  return {
    browser, server,
    /** A page of its own, with what went wrong on it. */
    async open(url, options = {}) {
      const context = await browser.newContext({viewport: {width: 1000, height: 760}, ...options});
      const page = await context.newPage();
      const faults = [];
      page.on('pageerror', error => faults.push(String(error)));
      page.on('console', message => {
        if (message.type() === 'error') faults.push(message.text());
      });
      await page.goto(url);
      await page.waitForFunction(() => globalThis.ready === true);
      return {page, faults, context};
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

/** What axe has to say against the page: nothing is what is expected. */
export async function axe(page) {
  // Not as a script of the page, which its CSP would refuse.
  await page.evaluate(await readFile(AXE, 'utf8'));
  return page.evaluate(async () => {
    // Colours are those of a page at rest: a dialog that is still appearing is half transparent.
    const roots = [document, ...[...document.querySelectorAll('lode-search')].map(e => e.shadowRoot)];
    await Promise.all(roots.filter(root => root).flatMap(root => root.getAnimations())
      .filter(animation => animation.effect.getComputedTiming().endTime !== Infinity)
      .map(animation => animation.finished.catch(() => undefined)));
    const {violations} = await globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return violations.map(({id, nodes}) => `${id}: ${nodes.map(n => n.html).join(' | ')}`);
  });
}
