/* What the tests of the element do on its pages. Whoever imports this has a browser and a server while
 * its tests run. */
import assert from 'node:assert/strict';
import {after, before} from 'node:test';
import {axe, hasBrowser, startBrowser} from './harness.mjs';

export const options = {skip: hasBrowser ? false : 'no Chromium'};
export const TAG = '<lode-search index="/search/"></lode-search>';
export const main = (content, attributes = '') => `<main ${attributes}><h1>A page</h1><p>Its text.</p>
<p><input id="other" aria-label="Another field"></p>${content}</main>`;
let rig;

before(async () => { if (hasBrowser) rig = await startBrowser(); });
after(async () => { await rig?.close(); });

/** Runs steps on a page with the element; nothing may go wrong on it that is not expected. */
export async function on(steps, {body = main(TAG), html, context, name = 'page.html', query = '',
  faults: expected = []} = {}) {
  const url = rig.server.page(name, {body, html}) + query;
  const {page, faults, context: own} = await rig.open(url, context);
  try {
    await steps(page);
    assert.deepEqual(faults.filter(fault => !expected.some(known => known.test(fault))), []);
  } finally {
    await own.close();
  }
}
export const element = (page, selector = 'lode-search') => page.locator(selector).first();
export const input = page => page.getByRole('combobox').first();
export const options_ = page => page.getByRole('option');
export const state = (page, wanted) => page.waitForFunction(
  text => document.querySelector('lode-search').state === text, wanted);
export async function openDialog(page) {
  await page.keyboard.press('Control+k');
  await page.waitForFunction(() => document.querySelector('lode-search').open);
}
export async function search(page, text, wanted = 'results') {
  await openDialog(page);
  await page.keyboard.type(text);
  await state(page, wanted);
}
export const events = (page, name) => page.evaluate(wanted =>
  globalThis.events.filter(event => event.name === wanted), name);
export const clean = async page => assert.deepEqual(await axe(page), []);
