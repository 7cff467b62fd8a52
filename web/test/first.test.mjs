/* What a person does first: files in, and one of them found by what it means. CI runs this one. */
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {STORIES, axe, drop, indexed, search, skip, startRig, titles} from './harness.mjs';

const options = {skip, timeout: 120_000};
let rig;
before(async () => { if (!skip) rig = await startRig(); });
after(() => rig?.close());
const clean = async (page) => assert.deepEqual(await axe(page), []);

test('a new visitor drops files, and finds one by what it means', options, async () => {
  const {page, faults, context} = await rig.visit();
  await page.getByRole('heading', {name: /Search your own documents/}).waitFor();
  await clean(page);
  await drop(page, STORIES);
  await indexed(page, 5);
  await page.getByRole('heading', {name: 'My documents'}).waitFor();
  assert.equal(await page.locator('.document').count(), 5);
  await clean(page);
  await search(page, 'boat trip');
  assert.equal((await titles(page))[0], 'Ferries');
  await clean(page);
  await page.locator('.result a').first().click();
  await page.locator('.reader .prose h1').waitFor();
  await page.waitForFunction(() => CSS.highlights.has('sentence'));
  const marked = await page.evaluate(() => [...CSS.highlights.get('sentence')][0].toString());
  assert.match(marked, /The ferry to the island leaves at noon/);
  await clean(page);
  // The address has all of it: another tab shows the same.
  const {hash} = new URL(page.url());
  await page.reload();
  await page.locator('.reader .prose h1').waitFor();
  await page.waitForFunction(() => CSS.highlights.has('sentence'));
  assert.equal(new URL(page.url()).hash, hash);
  assert.equal(await page.locator('#query').inputValue(), 'boat trip');
  await page.getByRole('button', {name: 'More like this'}).click();
  await page.locator('.like-bar').waitFor();
  await page.locator('.result').first().waitFor();
  assert.ok(!(await titles(page)).includes('Ferries'));
  assert.deepEqual(faults, []);
  await context.close();
});
