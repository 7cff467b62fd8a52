/* The languages' files: complete, and right about plurals. */
import assert from 'node:assert/strict';
import {readFile, readdir} from 'node:fs/promises';
import test from 'node:test';
import {load} from './load.mjs';

const folder = new URL('../lang/', import.meta.url);
const read = async name => JSON.parse(await readFile(new URL(name, folder), 'utf8'));
const english = await read('en.json');
const holes = text => [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole).sort();
const {FIRST, LANGUAGES, languageFile} = await load('ui/labels.ts');
const {countText, fill} = await load('ui/text.ts');

test('every language that is listed has a file, and the other way round', async () => {
  const files = (await readdir(folder)).map(name => name.replace('.json', '')).sort();
  assert.deepEqual(files, [...LANGUAGES].sort());
  assert.ok(files.length >= 10);
});

for (const name of await readdir(folder)) {
  const labels = await read(name);
  const tag = name.replace('.json', '');
  test(`${name} has all texts, with their values`, () => {
    const keys = Object.keys(labels).filter(key => key !== 'dir');
    assert.deepEqual(keys.sort(), Object.keys(english).sort());
    for (const [key, text] of Object.entries(english)) {
      if (key === 'results') continue;
      assert.equal(typeof labels[key], 'string', key);
      assert.notEqual(labels[key].trim(), '', key);
      assert.deepEqual(holes(labels[key]), holes(text), key);
    }
  });
  test(`${name} has the plurals of its language`, () => {
    const {pluralCategories} = new Intl.PluralRules(tag).resolvedOptions();
    assert.deepEqual(Object.keys(labels.results).sort(), [...pluralCategories].sort());
  });
  test(`${name} says which way it is written`, () => {
    const rtl = /^(ar|fa|he)$/.test(tag);
    assert.equal(labels.dir, rtl ? 'rtl' : undefined);
  });
}

test('what is said before the panel is there is what English says', () => {
  for (const [key, text] of Object.entries(FIRST)) assert.equal(text, english[key], key);
});

test('language tags find their file', () => {
  for (const [tag, file] of [['de-AT', 'de'], ['pt-BR', 'pt'], ['zh-TW', 'zh-Hant'], ['zh-HK', 'zh-Hant'],
    ['zh-CN', 'zh'], ['zh', 'zh'], ['EN-us', 'en'], ['nl_BE', 'en'], ['xx', 'en'], ['', 'en'],
    ['../../secret', 'en']]) {
    assert.equal(languageFile(tag), file, tag);
  }
});

test('counts', async () => {
  assert.equal(countText(english, 'en', 1, false), '1 result');
  assert.equal(countText(english, 'en', 1234, false), '1,234 results');
  assert.equal(countText(english, 'en', 20, true), '20+ results');
  assert.equal(countText(await read('pl.json'), 'pl', 3, false), '3 wyniki');
  assert.equal(countText(await read('pl.json'), 'pl', 5, false), '5 wyników');
  assert.equal(countText(english, 'not a tag', 7, false), '7 results');
  assert.equal(countText(await read('fa.json'), 'fa', 1234, false), (await read('fa.json')).results.other.replace('{n}', '۱٬۲۳۴'));
  // Each language counts to a thousand without a hole, and says each number but those that are words.
  for (const tag of LANGUAGES) {
    const labels = await read(`${tag}.json`);
    for (let n = 0; n <= 1000; n++) {
      const text = countText(labels, tag, n, false);
      assert.doesNotMatch(text, /[{}]/, `${tag} ${n}`);
      if (n > 2) assert.ok(text.includes(new Intl.NumberFormat(tag).format(n)), `${tag} ${n}: ${text}`);
    }
  }
  assert.equal(fill('“{q}” {x}', {q: '{q} $&'}), '“{q} $&” {x}');
});
