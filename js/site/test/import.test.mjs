/* On a server: importing does nothing, and nothing is missing. */
import assert from 'node:assert/strict';
import test from 'node:test';
import {readdir, stat} from 'node:fs/promises';

const dist = new URL('../../dist/site/', import.meta.url);

test('the element can be imported where there are no elements', async () => {
  const {LodeSearchElement, defineLodeSearch} = await import(new URL('lode-search.js', dist));
  assert.equal(typeof LodeSearchElement, 'function');
  defineLodeSearch();
  const site = await import(new URL('module/index.js', dist));
  assert.deepEqual(Object.keys(site).sort(), ['LANGUAGES', 'LodeSearchElement', 'MARK_PARAM',
    'SiteError', 'SiteSearch', 'clearMarks', 'defineLodeSearch', 'markFromUrl', 'markWords']);
});

test('the reader can be imported, and serves nobody by itself', async () => {
  const {openIndex} = await import(new URL('lode-search-worker.js', dist));
  assert.equal(typeof openIndex, 'function');
});

test('sizes', async () => {
  const limits = {'lode-search.js': 18_600, 'lode-search-ui.js': 34_000,
    'lode-search-worker.js': 16_000};
  for (const [name, limit] of Object.entries(limits)) {
    const {size} = await stat(new URL(name, dist));
    assert.ok(size <= limit, `${name}: ${size} bytes`);
  }
  const languages = (await readdir(dist)).filter(name => /^lode-search-.*\.json$/.test(name));
  assert.ok(languages.length >= 10);
});
