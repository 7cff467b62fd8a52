import assert from 'node:assert/strict';
import test from 'node:test';
import {load} from './load.mjs';

const {breadcrumb, headingsBelow, markedWords, resultUrl, safeUrl} = await load('ui/urls.ts');
const BASE = 'https://example.org/docs/';
const passage = (snippet, marks, anchor = '') =>
  ({headings: [], anchor, snippet, marks, cutBefore: false, cutAfter: false});
const page = (url, metadata = {}) =>
  ({url, title: '', titleMarks: [], metadata, score: 1, passages: []});

test('only the web may be linked to', () => {
  assert.equal(safeUrl('a/b.html', BASE).href, `${BASE}a/b.html`);
  assert.equal(safeUrl('//other.org/x', BASE).href, 'https://other.org/x');
  for (const url of ['javascript:alert(1)', ' java\nscript:alert(1)', 'data:text/html,x', 'vbscript:x',
    'blob:https://example.org/1', 'file:///etc/passwd', 'http://[bad']) {
    assert.equal(safeUrl(url, BASE), undefined, url);
  }
  assert.equal(safeUrl('b.html', 'file:///site/a.html').href, 'file:///site/b.html');
});

test('a result leads to its heading, with the words to mark', () => {
  const found = passage('Install it. Installing; install.', [
    {begin: 0, end: 7}, {begin: 12, end: 22}, {begin: 24, end: 31}], 'from source & more');
  assert.deepEqual(markedWords(found), ['install', 'installing']);
  assert.equal(resultUrl(page('a.html?v=1'), found, BASE, 'm').href,
    `${BASE}a.html?v=1&m=install%20installing#from%20source%20%26%20more`);
  assert.equal(resultUrl(page('a.html'), found, BASE, '').href,
    `${BASE}a.html#from%20source%20%26%20more`);
  assert.equal(resultUrl(page('a.html'), undefined, BASE, 'm').href, `${BASE}a.html`);
  assert.equal(resultUrl(page('javascript:x'), found, BASE, 'm'), undefined);
});

test('where a page is', () => {
  assert.deepEqual(breadcrumb(page('guide/install.html')), ['guide']);
  assert.deepEqual(breadcrumb(page('guide/install/')), ['guide']);
  assert.deepEqual(breadcrumb(page('https://example.org/a/b%20c/d.html?x/y#z/')), ['a', 'b c']);
  assert.deepEqual(breadcrumb(page('index.html')), []);
  assert.deepEqual(breadcrumb(page('%zz/a.html')), ['%zz']);
  assert.deepEqual(breadcrumb(page('x.html', {breadcrumb: ['Docs', 'API']})), ['Docs', 'API']);
  assert.deepEqual(headingsBelow('Install', ['Install', 'Linux']), ['Linux']);
  assert.deepEqual(headingsBelow('Install', ['Linux']), ['Linux']);
});
