/* The element in Debian's Chromium: every state, keyboard, screen readers' view, circumstances. */
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {axe, hasBrowser, startBrowser} from './harness.mjs';

const options = {skip: hasBrowser ? false : 'no Chromium'};
const TAG = '<lode-search index="/search/"></lode-search>';
const main = (content, attributes = '') => `<main ${attributes}><h1>A page</h1><p>Its text.</p>
<p><input id="other" aria-label="Another field"></p>${content}</main>`;
let rig;

before(async () => { if (hasBrowser) rig = await startBrowser(); });
after(async () => { await rig?.close(); });

/** Runs steps on a page with the element; nothing may go wrong on it that is not expected. */
async function on(steps, {body = main(TAG), html, context, name = 'page.html', query = '',
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
const element = (page, selector = 'lode-search') => page.locator(selector).first();
const input = page => page.getByRole('combobox').first();
const options_ = page => page.getByRole('option');
const state = (page, wanted) => page.waitForFunction(
  text => document.querySelector('lode-search').state === text, wanted);
async function openDialog(page) {
  await page.keyboard.press('Control+k');
  await page.waitForFunction(() => document.querySelector('lode-search').open);
}
async function search(page, text, wanted = 'results') {
  await openDialog(page);
  await page.keyboard.type(text);
  await state(page, wanted);
}
const events = (page, name) => page.evaluate(wanted =>
  globalThis.events.filter(event => event.name === wanted), name);
const clean = async page => assert.deepEqual(await axe(page), []);

/* ---------------------------------------------------------------- what is found */

test('results as one types: pages, breadcrumbs, passages, marks', options, () => on(async page => {
  await search(page, 'install');
  const groups = await page.getByRole('group').evaluateAll(list => list.map(group => ({
    label: group.getAttribute('aria-label'),
    options: [...group.querySelectorAll('[role=option]')].map(option => option.querySelector('.title').textContent),
  })).filter(group => group.options.length > 0));
  assert.deepEqual(groups[0], {label: 'Installation', options: ['Installation', 'From source', 'Permissions']});
  assert.deepEqual(groups.map(({label}) => label).slice(0, 3), ['Installation', 'API reference', 'Configuration'].sort((a, b) =>
    groups.findIndex(g => g.label === a) - groups.findIndex(g => g.label === b)));
  const first = options_(page).nth(1);
  assert.equal(await first.locator('mark').first().textContent(), 'install');
  assert.equal(new URL(await first.getAttribute('href')).pathname, '/guide/install.html');
  assert.equal(new URL(await first.getAttribute('href')).hash, '#from-source');
  const third = options_(page).nth(2);
  assert.equal(await third.locator('.crumb').textContent(), 'Troubleshooting');
}));

test('what an index says is text, and its links are safe', options, () => on(async page => {
  await search(page, 'install');
  const texts = await options_(page).allTextContents();
  assert.ok(texts.some(text => text.includes('<b>Not bold</b> & "quoted".')));
  assert.equal(await page.locator('lode-search b').count(), 0);
  assert.ok(texts.every(text => !text.includes('Unsafe')));
  for (const link of await options_(page).all()) {
    assert.match(await link.getAttribute('href'), /^http:/);
  }
}));

test('slips of typing are mended, and said', options, () => on(async page => {
  await search(page, 'instal ');
  assert.match(await page.locator('[part=info]').textContent(), /Results for “install”/);
}));

test('more results, on request', options, () => on(async page => {
  await search(page, 'list');
  assert.equal(await options_(page).count(), 10);
  await page.getByRole('button', {name: 'More results'}).click();
  await page.waitForFunction(() =>
    document.querySelector('lode-search').shadowRoot.querySelectorAll('[role=option]').length === 20);
  await page.getByRole('button', {name: 'More results'}).click();
  await page.waitForFunction(() =>
    document.querySelector('lode-search').shadowRoot.querySelectorAll('[role=option]').length === 30);
  assert.equal(await page.getByRole('button', {name: 'More results'}).count(), 0);
}));

test('filters, with counts', options, () => on(async page => {
  await search(page, 'install');
  await page.getByRole('button', {name: 'Filters'}).click();
  const chip = page.getByRole('button', {name: 'Reference 4'});
  await chip.click();
  await page.waitForFunction(() => document.querySelector('lode-search').shadowRoot
    .querySelector('[part=info]').textContent === '2 results');
  assert.equal(await chip.getAttribute('aria-pressed'), 'true');
  assert.equal(await page.getByRole('button', {name: 'Filters 1'}).count(), 1);
  assert.equal(await page.getByRole('group', {name: 'Same'}).count(), 0);
  await clean(page);
  await page.getByRole('button', {name: '1.0 2'}).click();
  await state(page, 'none');
  await page.getByRole('button', {name: 'Clear filters'}).click();
  await state(page, 'results');
  assert.equal(await page.locator('[part=info]').textContent(), '7 results');
}));

test('which filters, and none', options, () => on(async page => {
  await search(page, 'install');
  await page.waitForTimeout(200);
  assert.equal(await page.locator('[part=filter]').isVisible(), false);
  await page.evaluate(() => document.querySelector('lode-search').setAttribute('facets', 'version'));
  await page.getByRole('button', {name: 'Filters'}).click();
  assert.equal(await page.locator('[part=facet]').count(), 1);
}, {body: main('<lode-search index="/search/" facets=""></lode-search>')}));

test('what is always filtered by is not offered', options, () => on(async page => {
  await search(page, 'install');
  assert.equal(await page.locator('[part=info]').textContent(), '2 results');
  await page.getByRole('button', {name: 'Filters'}).click();
  assert.deepEqual(await page.locator('[part=facet]').evaluateAll(list =>
    list.map(node => node.getAttribute('aria-label'))), ['Version']);
  await page.evaluate(() => document.querySelector('lode-search').setAttribute('filters', 'version:1.0, version:2.0'));
  await page.waitForFunction(() => document.querySelector('lode-search').shadowRoot
    .querySelector('[part=facet]')?.getAttribute('aria-label') === 'Section');
}, {body: main('<lode-search index="/search/" filters="section:Reference"></lode-search>')}));

/* ---------------------------------------------------------------- typing */

test('keys that follow each other are one question; stale answers are dropped', options, () => on(async page => {
  await search(page, 'configuration');
  const asked = await page.evaluate(() => globalThis.calls.map(({text}) => text));
  assert.ok(new Set(asked).size < 6, asked.join());
  assert.equal(asked.at(-1), 'configuration');
  assert.equal(await options_(page).first().locator('.title').textContent(), 'Configuration');
}));

test('an answer that comes late is not shown', options, () => on(async page => {
  // "i" and "s" need different files; the first is slow.
  await page.route('**/words-1.txt', async route => {
    await new Promise(resolve => setTimeout(resolve, 900));
    await route.continue();
  });
  await openDialog(page);
  await input(page).fill('install');
  await page.waitForTimeout(300);
  await input(page).fill('searching');
  await state(page, 'results');
  await page.waitForTimeout(1200);
  assert.equal(await options_(page).first().locator('.title').textContent(), 'Searching by meaning');
}));

test('keys of an input method are its own', options, () => on(async page => {
  await search(page, 'install');
  const client = await page.context().newCDPSession(page);
  await client.send('Input.imeSetComposition', {text: 'に', selectionStart: 1, selectionEnd: 1});
  // In one step: what is being composed is searched for as well, after a pause.
  const [before, after] = await input(page).evaluate(field => {
    const active = () => field.getAttribute('aria-activedescendant');
    const first = active();
    for (const key of ['ArrowDown', 'Enter']) {
      field.dispatchEvent(new KeyboardEvent('keydown', {key, isComposing: true, bubbles: true, cancelable: true}));
    }
    return [first, active()];
  });
  assert.equal(after, before);
  assert.equal(page.url().includes('page.html'), true);
}));

test('Enter before there is an answer opens its first result', options, () => on(async page => {
  await openDialog(page);
  await page.evaluate(() => { globalThis.stay = true; });
  await page.keyboard.type('searching');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => globalThis.events.some(({name}) => name === 'navigate'));
  const [event] = await events(page, 'navigate');
  assert.equal(event.query, 'searching');
  assert.match(event.url, /guide\/search\.html/);
}));

/* ---------------------------------------------------------------- keyboard */

test('a keyboard-only walk through every feature', options, () => on(async page => {
  // To the button, and in.
  await page.evaluate(() => { globalThis.stay = true; document.activeElement.blur(); });
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('lode-search').open);
  // To a result, around both ends.
  await page.keyboard.type('install');
  await state(page, 'results');
  const active = () => page.locator('[aria-selected=true] .title').textContent();
  const selected = async expected => assert.equal(await active(), expected);
  await selected('Installation');
  await page.keyboard.press('ArrowDown');
  await selected('From source');
  await page.keyboard.press('Home');
  await selected('Installation');
  await page.keyboard.press('ArrowUp');
  const last = await active();
  await page.keyboard.press('ArrowDown');
  await selected('Installation');
  await page.keyboard.press('End');
  await selected(last);
  await page.keyboard.press('PageUp');
  assert.notEqual(await active(), last);
  await page.keyboard.press('Home');
  // Filters: clear, filters, close come after the field.
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForSelector('lode-search [part=facets]');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await page.waitForFunction(() => document.querySelector('lode-search').shadowRoot
    .querySelector('[part=info]').textContent === '2 results');
  await page.keyboard.press('Space');
  // Back to the field, and open.
  for (let i = 0; i < 4; i++) await page.keyboard.press('Shift+Tab');
  assert.equal(await input(page).evaluate(field => field.getRootNode().activeElement === field), true);
  await page.waitForFunction(() => document.querySelector('lode-search').shadowRoot
    .querySelector('[part=info]').textContent === '7 results');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  assert.equal((await events(page, 'navigate'))[0].title, 'From source');
  // The focus is where it was.
  assert.equal(await page.evaluate(() => document.activeElement.localName), 'lode-search');
  // What was opened is there; keep it, delete it.
  await openDialog(page);
  await page.keyboard.press('Delete');
  await state(page, 'idle');
  assert.equal(await options_(page).first().locator('.title').textContent(), 'From source');
  await page.keyboard.press('ArrowDown');
  await selected('From source');
  const keep = page.getByRole('button', {name: 'Keep “From source” as a favourite'});
  for (let i = 0; i < 10 && !await keep.evaluate(node => node.getRootNode().activeElement === node); i++) {
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  assert.equal(await page.getByRole('group', {name: 'Favourites'}).count(), 1);
  await clean(page);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Delete');
  assert.equal(await options_(page).count(), 0);
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('lode-search').open);
}));

test('shortcuts: Mod+K toggles, "/" opens outside of fields, also through shadow trees', options, () => on(async page => {
  const isOpen = () => page.evaluate(() => document.querySelector('lode-search').open);
  await openDialog(page);
  await page.keyboard.press('Control+k');
  assert.equal(await isOpen(), false);
  await page.keyboard.press('/');
  await page.waitForFunction(() => document.querySelector('lode-search').open);
  assert.equal(await input(page).inputValue(), '');
  await page.keyboard.type('a/b');
  assert.equal(await input(page).inputValue(), 'a/b');
  await page.keyboard.press('Escape');
  await page.focus('#other');
  await page.keyboard.press('/');
  assert.equal(await isOpen(), false);
  assert.equal(await page.inputValue('#other'), '/');
  await page.evaluate(() => {
    const host = document.body.appendChild(document.createElement('div'));
    host.attachShadow({mode: 'open'}).append(document.createElement('input'));
    host.shadowRoot.firstChild.focus();
  });
  await page.keyboard.press('/');
  assert.equal(await isOpen(), false);
  assert.equal(await page.locator('[part=trigger]').getAttribute('aria-keyshortcuts'), 'Control+K /');
  assert.equal(await page.locator('[part=hint]').textContent(), 'Ctrl K');
}));

test('shortcuts of the page\'s choice, and none', options, () => on(async page => {
  const isOpen = () => page.evaluate(() => document.querySelector('lode-search').open);
  await page.keyboard.press('Control+k');
  assert.equal(await isOpen(), false);
  await page.keyboard.press('Alt+s');
  await page.waitForFunction(() => document.querySelector('lode-search').open);
  await page.keyboard.press('Escape');
  await page.evaluate(() => document.querySelector('lode-search').setAttribute('hotkeys', ''));
  await page.keyboard.press('Alt+s');
  assert.equal(await isOpen(), false);
  assert.equal(await page.locator('[part=trigger]').getAttribute('aria-keyshortcuts'), null);
  assert.equal(await page.locator('[part=hint]').isVisible(), false);
}, {body: main('<lode-search index="/search/" hotkeys="alt+s"></lode-search>')}));

test('Mod+Enter and Shift+Enter open another tab', options, () => on(async page => {
  await search(page, 'install');
  for (const keys of ['Control+Enter', 'Shift+Enter']) {
    const [tab] = await Promise.all([page.context().waitForEvent('page'), page.keyboard.press(keys)]);
    await tab.waitForLoadState();
    assert.match(tab.url(), /guide\/install\.html/);
    assert.equal(await tab.evaluate(() => globalThis.opener), null);
    await tab.close();
  }
  assert.equal(await page.evaluate(() => document.querySelector('lode-search').open), true);
  assert.deepEqual((await events(page, 'click')).map(({newTab}) => newTab), [true, true]);
}));

/* ---------------------------------------------------------------- for screen readers */

test('combobox, list box, groups, options; nothing else in the list', options, () => on(async page => {
  await search(page, 'install');
  const found = await page.evaluate(() => {
    const {shadowRoot} = document.querySelector('lode-search');
    const field = shadowRoot.querySelector('input');
    const list = shadowRoot.getElementById(field.getAttribute('aria-controls'));
    const roles = root => [...root.children].map(child => child.getAttribute('role'));
    return {
      field: ['role', 'aria-expanded', 'aria-autocomplete', 'aria-haspopup'].map(name => field.getAttribute(name)),
      list: list.getAttribute('role'),
      groups: [...new Set(roles(list))],
      options: [...new Set([...list.children].flatMap(roles))],
      links: [...list.querySelectorAll('[role=option]')].every(option => option.localName === 'a' && option.href),
      active: shadowRoot.getElementById(field.getAttribute('aria-activedescendant'))?.getAttribute('aria-selected'),
      focusable: list.querySelectorAll('button, [tabindex="0"]').length,
      dialog: shadowRoot.querySelector('dialog').getAttribute('aria-label'),
    };
  });
  assert.deepEqual(found, {
    field: ['combobox', 'true', 'list', 'listbox'], list: 'listbox', groups: ['group'],
    options: ['option'], links: true, active: 'true', focusable: 0, dialog: 'Search',
  });
}));

test('what happens is said, politely', options, () => on(async page => {
  const said = text => page.waitForFunction(wanted => document.querySelector('lode-search')
    .shadowRoot.querySelector('[role=status]').textContent === wanted, text);
  await page.route('**/words-1.txt', async route => {
    await new Promise(resolve => setTimeout(resolve, 1500));
    await route.continue();
  });
  await openDialog(page);
  await page.keyboard.type('install');
  await page.waitForFunction(() => document.querySelector('lode-search').shadowRoot
    .querySelector('[role=listbox]').getAttribute('aria-busy') === 'true');
  await said('Searching…');
  await said('7 results');
  assert.equal(await page.locator('[role=listbox]').getAttribute('aria-busy'), null);
  await input(page).fill('qqqq');
  await said('No results for “qqqq”. Check the spelling, or try other words.');
}));

/* ---------------------------------------------------------------- states */

test('state: nothing typed yet', options, () => on(async page => {
  await openDialog(page);
  await page.getByText('Type a word, or ask a question').waitFor();
  await clean(page);
}));

test('state: loading', options, () => on(async page => {
  await page.route('**/*.txt', () => undefined);
  await openDialog(page);
  await page.keyboard.type('install');
  await state(page, 'loading');
  await page.getByText('Searching…').first().waitFor();
  await clean(page);
}));

test('state: results', options, () => on(async page => {
  await search(page, 'install');
  await clean(page);
}));

test('state: nothing found', options, () => on(async page => {
  await search(page, 'qqqq', 'none');
  await page.getByText('No results for “qqqq”').first().waitFor();
  assert.equal(await input(page).getAttribute('aria-expanded'), 'false');
  await clean(page);
}));

test('state: nothing relevant, and what comes nearest', options, () => on(async page => {
  await search(page, 'zebra', 'irrelevant');
  await clean(page);
  await page.getByRole('button', {name: 'Show what comes nearest'}).click();
  await state(page, 'results');
  assert.ok(await options_(page).count() > 0);
  await clean(page);
}));

test('state: an empty index', options, () => on(async page => {
  await openDialog(page);
  await state(page, 'empty');
  await page.keyboard.type('x');
  await page.waitForTimeout(300);
  await state(page, 'empty');
  await page.getByText('There is nothing to search yet').first().waitFor();
  await clean(page);
}, {body: main('<lode-search index="/empty/"></lode-search>')}));

test('state: offline, and back', options, () => on(async page => {
  await openDialog(page);
  await page.context().setOffline(true);
  await page.keyboard.type('install');
  await state(page, 'offline');
  await clean(page);
  assert.equal((await events(page, 'error'))[0].error, 'offline');
  await page.context().setOffline(false);
  await state(page, 'results');
}, {faults: [/ERR_INTERNET_DISCONNECTED/]}));

test('state: a server that fails, and retry', options, () => on(async page => {
  let failing = true;
  await page.route('**/*.txt', route => failing ? route.fulfill({status: 500}) : route.continue());
  await openDialog(page);
  await page.keyboard.type('install');
  await state(page, 'error');
  await clean(page);
  assert.equal((await events(page, 'error')).at(-1).error, 'network');
  failing = false;
  await page.getByRole('button', {name: 'Try again'}).click();
  await state(page, 'results');
}, {faults: [/500/]}));

test('state: files that are not what they should be', options, () => on(async page => {
  await page.route('**/words-*.txt', route => route.fulfill({status: 200, body: 'evil'}));
  await openDialog(page);
  await page.keyboard.type('install');
  await state(page, 'error');
  assert.equal((await events(page, 'error')).at(-1).error, 'damaged');
  await clean(page);
}));

test('state: no index', options, () => on(async page => {
  await openDialog(page);
  await state(page, 'error');
  await clean(page);
}, {body: main('<lode-search index="/nowhere/"></lode-search>'), faults: [/404/]}));

test('state: the greater part of the element cannot be had', options, () => on(async page => {
  await page.route('**/lode-search-ui.js*', route => route.abort());
  await page.keyboard.press('Control+k');
  await page.getByText('Search could not be loaded').waitFor();
  await clean(page);
  await page.getByRole('button', {name: 'Close'}).click();
  assert.equal((await events(page, 'error')).length, 1);
  await page.unroute('**/lode-search-ui.js*');
}, {faults: [/ERR_FAILED/, /dynamically imported/]}));

test('the model: loading, ready, failed, not wanted', options, async () => {
  await on(async page => {
    let release;
    await page.route('**/model.bin', async route => {
      await new Promise(resolve => { release = resolve; });
      await route.continue();
    });
    await search(page, 'install');
    await page.getByText('By words; by meaning in a moment: 0%').waitFor();
    assert.ok(await page.evaluate(() => globalThis.calls.every(({mode}) => mode === 'keyword')));
    await input(page).fill('looking');
    await state(page, 'none');
    release();
    await page.getByText('By words and meaning').waitFor();
    // What is found by meaning comes without another key.
    await state(page, 'results');
    assert.equal(await options_(page).first().locator('.title').textContent(), 'Searching by meaning');
    await clean(page);
  });
  await on(async page => {
    await page.route('**/model.bin', route => route.fulfill({status: 404}));
    await search(page, 'install');
    await page.getByText('By words only').waitFor();
    await clean(page);
  }, {faults: [/404/]});
  await on(async page => {
    const asked = [];
    page.on('request', request => asked.push(request.url()));
    await search(page, 'install');
    await page.waitForTimeout(300);
    assert.ok(!asked.some(url => url.endsWith('model.bin')));
    assert.equal(await page.locator('[part=model]').textContent(), '');
  }, {body: main('<lode-search index="/search/" semantic="off"></lode-search>')});
});

test('the model is kept for the next visit', options, () => on(async page => {
  const asked = [];
  page.on('request', request => { if (request.url().endsWith('model.bin')) asked.push(1); });
  await search(page, 'install');
  await page.getByText('By words and meaning').waitFor();
  await page.reload();
  await page.waitForFunction(() => globalThis.ready === true);
  await search(page, 'install');
  await page.getByText('By words and meaning').waitFor();
  assert.equal(asked.length, 1);
}));

/* ---------------------------------------------------------------- pages that were opened */

test('recent pages: kept, deleted, off', options, async () => {
  await on(async page => {
    await page.evaluate(() => { globalThis.stay = true; });
    await search(page, 'install');
    await options_(page).first().click();
    await openDialog(page);
    await page.getByRole('button', {name: 'Clear'}).click();
    await state(page, 'idle');
    assert.equal(await page.getByRole('group', {name: 'Recent'}).count(), 1);
    await clean(page);
    const href = await options_(page).first().getAttribute('href');
    assert.ok(!href.includes('lode-mark'));
    await page.getByRole('button', {name: 'Keep “Installation” as a favourite'}).click();
    await page.reload();
    await page.waitForFunction(() => globalThis.ready === true);
    await openDialog(page);
    assert.equal(await page.getByRole('group', {name: 'Favourites'}).count(), 1);
    await clean(page);
    await page.getByRole('button', {name: 'Remove “Installation”'}).click();
    assert.equal(await page.evaluate(() => localStorage.length), 0);
  });
  await on(async page => {
    await page.evaluate(() => { globalThis.stay = true; });
    await search(page, 'install');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => localStorage.length), 0);
  }, {body: main('<lode-search index="/search/" recents="off"></lode-search>')});
  await on(async page => {
    await page.evaluate(() => localStorage.setItem('lode-search:/search/', JSON.stringify([
      {url: 'javascript:alert(1)', title: 'x', crumb: '', favourite: true}, null, 3, {url: 1},
      {url: 'http://127.0.0.1/ok', title: '<b>ok</b>', crumb: '', favourite: false}])));
    await openDialog(page);
    assert.deepEqual(await page.locator('[role=option] .title').allTextContents(), ['<b>ok</b>']);
  });
});

/* ---------------------------------------------------------------- going there */

test('a result leads to its heading, with its words marked until Esc', options, () => on(async page => {
  await search(page, 'install');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/guide/install.html#from-source');
  await page.waitForFunction(() => CSS.highlights.has('lode-search'));
  const marked = await page.evaluate(() => [...CSS.highlights.get('lode-search')].map(String));
  assert.deepEqual(marked, ['install', 'install']);
  await page.keyboard.press('Escape');
  assert.equal(await page.evaluate(() => CSS.highlights.has('lode-search')), false);
  assert.equal(await page.evaluate(() => document.querySelectorAll('mark').length), 0);
}));

test('on the same page, nothing is loaded', options, () => on(async page => {
  await page.evaluate(() => { globalThis.here = true; });
  await search(page, 'mango');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash === '#second');
  assert.equal(await page.evaluate(() => globalThis.here), true);
  assert.equal(await page.evaluate(() => document.querySelector('lode-search').open), false);
  assert.deepEqual(await page.evaluate(() => [...CSS.highlights.get('lode-search')].map(String)), ['mango']);
}, {body: main(`${TAG}<div class="tall"></div><h2 id="second">Paragraphs</h2><p>A mango.</p>`)}));

test('a router of the page goes there itself', options, () => on(async page => {
  await page.evaluate(() => {
    globalThis.stay = true;
    document.addEventListener('lode-search:navigate', ({detail}) => history.pushState(null, '', detail.url));
  });
  await search(page, 'configuration');
  await page.keyboard.press('Enter');
  assert.match(page.url(), /guide\/configure\.html/);
  assert.equal(await page.evaluate(() => document.querySelector('lode-search').open), false);
  assert.equal(await page.evaluate(() => document.querySelector('h1').textContent), 'A page');
}));

test('events for those who count, once for each question', options, () => on(async page => {
  await page.evaluate(() => { globalThis.stay = true; });
  await search(page, 'install');
  await page.waitForTimeout(1300);
  await page.keyboard.press('Enter');
  await search(page, '', 'results');
  await input(page).fill('qqqq');
  await state(page, 'none');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => globalThis.events.filter(({name}) => name === 'close').length === 2);
  const names = (await page.evaluate(() => globalThis.events)).map(({name}) => name)
    .filter(name => name !== 'model');
  assert.deepEqual(names, ['open', 'query', 'click', 'navigate', 'close', 'open', 'query',
    'no-results', 'close']);
  const [query] = await events(page, 'query');
  assert.equal(query.query, 'install');
  assert.equal(query.total, 7);
  const [click] = await events(page, 'click');
  assert.equal(click.rank, 1);
}));

/* ---------------------------------------------------------------- dialog */

test('the dialog: focus, page behind it, backdrop, button', options, () => on(async page => {
  await page.focus('#other');
  await openDialog(page);
  assert.equal(await page.evaluate(() => document.activeElement.localName), 'lode-search');
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).overflow), 'hidden');
  // The focus stays in the dialog, whichever way it goes.
  for (let i = 0; i < 8; i++) {
    await page.keyboard.press('Tab');
    assert.notEqual(await page.evaluate(() => document.activeElement.id), 'other');
  }
  await page.mouse.click(5, 5);
  await page.waitForFunction(() => !document.querySelector('lode-search').open);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'other');
  assert.equal(await page.evaluate(() => document.documentElement.style.overflow), '');
  await openDialog(page);
  await page.getByRole('button', {name: 'Close'}).click();
  await page.waitForFunction(() => !document.querySelector('lode-search').open);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'other');
}));

test('a button of the page\'s own', options, () => on(async page => {
  await page.getByRole('button', {name: 'Find'}).click();
  await page.waitForFunction(() => document.querySelector('lode-search').open);
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#own').getAttribute('aria-haspopup'), 'dialog');
  assert.equal(await page.locator('[part=trigger]').isVisible(), false);
}, {body: main('<lode-search index="/search/"><button id="own" slot="trigger">Find</button></lode-search>')}));

/* ---------------------------------------------------------------- in the page */

test('inline: field in the page, question in the URL', options, () => on(async page => {
  await state(page, 'results');
  assert.equal(await input(page).inputValue(), 'install');
  assert.equal(await page.locator('dialog').count(), 0);
  await clean(page);
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement.localName), 'lode-search');
  assert.equal((await events(page, 'open')).length, 1);
  await page.keyboard.press('Escape');
  await state(page, 'idle');
  assert.equal(await input(page).inputValue(), '');
}, {query: '?q=install',
  body: main('<lode-search index="/search/" variant="inline" query-param="q"></lode-search>')}));

test('several on a page', options, () => on(async page => {
  const [first, second] = ['#one', '#two'];
  await page.keyboard.press('Control+k');
  await page.waitForFunction(() => document.querySelector('#one').open);
  assert.equal(await page.evaluate(() => document.querySelector('#two').open), false);
  await page.keyboard.press('Control+k');
  assert.equal(await page.evaluate(() => document.querySelector('#one').open), false);
  await page.keyboard.press('Control+j');
  await page.waitForFunction(() => document.querySelector('#two').open);
  // Keys of the one are not for the other that is open.
  await page.keyboard.press('Control+k');
  assert.equal(await page.evaluate(() => document.querySelector('#one').open), false);
  await page.keyboard.type('install');
  await page.waitForFunction(() => document.querySelector('#two').state === 'results');
  assert.equal(await element(page, first).evaluate(node => node.state), 'idle');
  assert.ok(await element(page, second).evaluate(node => node.shadowRoot.querySelectorAll('[role=option]').length) > 0);
  await page.keyboard.press('Escape');
  await element(page, '#three').getByRole('combobox').fill('configuration');
  await page.waitForFunction(() => document.querySelector('#three').state === 'results');
  await clean(page);
}, {body: main(`<lode-search id="one" index="/search/"></lode-search>
  <lode-search id="two" index="/search/" hotkeys="ctrl+j"></lode-search>
  <lode-search id="three" index="/search/" variant="inline" hotkeys=""></lode-search>`)}));

test('taken out of the page, moved, put in later', options, () => on(async page => {
  await openDialog(page);
  await page.evaluate(() => {
    const {body} = document;
    const node = document.querySelector('lode-search');
    node.remove();
    globalThis.unlocked = document.documentElement.style.overflow === '';
    body.append(node);
  });
  assert.equal(await page.evaluate(() => globalThis.unlocked), true);
  await search(page, 'install');
  await page.keyboard.press('Escape');
  await page.evaluate(() => document.querySelector('lode-search').remove());
  await page.keyboard.press('Control+k');
  await page.evaluate(async () => {
    const {testEngine} = await import('/engine.js');
    const node = document.createElement('lode-search');
    node.openOptions = {engine: testEngine()};
    node.setAttribute('index', '/search/');
    document.body.append(node);
  });
  await search(page, 'install');
}));

test('what a server rendered is seen until the element is there', options, () => on(async page => {
  await page.evaluate(() => {
    const node = document.createElement('lode-later');
    node.query = 'install';
    node.append('Fallback');
    document.body.append(node);
  });
  await page.getByText('Fallback').waitFor();
}));

/* ---------------------------------------------------------------- circumstances */

for (const colorScheme of ['light', 'dark']) {
  test(`${colorScheme}: contrast and all else`, options, () => on(async page => {
    await clean(page);
    await search(page, 'install');
    await page.getByRole('button', {name: 'Filters'}).click();
    await page.getByRole('button', {name: 'Guide 6'}).click();
    await page.waitForFunction(() => document.querySelector('lode-search').shadowRoot
      .querySelector('[part=info]').textContent === '2 results');
    await page.keyboard.press('ArrowDown');
    await clean(page);
    const background = await page.locator('dialog').evaluate(node => getComputedStyle(node).backgroundColor);
    assert.equal(background, colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(23, 25, 30)');
  }, {context: {colorScheme}}));
}

test('light or dark as the page is, or by attribute', options, () => on(async page => {
  const background = () => page.locator('dialog').evaluate(node => getComputedStyle(node).backgroundColor);
  const theme = text => page.evaluate(value => document.querySelector('lode-search').setAttribute('theme', value), text);
  // The system is dark, the page is not.
  await page.evaluate(() => { document.documentElement.style.colorScheme = 'light'; });
  await openDialog(page);
  assert.equal(await background(), 'rgb(255, 255, 255)');
  await theme('auto');
  assert.equal(await background(), 'rgb(23, 25, 30)');
  await theme('light');
  assert.equal(await background(), 'rgb(255, 255, 255)');
  await theme('dark');
  assert.equal(await background(), 'rgb(23, 25, 30)');
}, {context: {colorScheme: 'dark'}}));

test('a telephone: the whole screen, a button to close, targets of 44 pixels', options, () => on(async page => {
  await page.locator('[part=trigger]').tap();
  await page.waitForFunction(() => document.querySelector('lode-search').open);
  await page.keyboard.type('install');
  await state(page, 'results');
  const box = await page.locator('dialog').boundingBox();
  assert.deepEqual([box.x, box.y, box.width, box.height], [0, 0, 375, 700]);
  await page.getByRole('button', {name: 'Filters'}).tap();
  for (const button of await page.locator('dialog button:visible').all()) {
    const {width, height} = await button.boundingBox();
    assert.ok(width >= 44 && height >= 44, await button.textContent());
  }
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 375);
  assert.ok(await input(page).evaluate(field => parseFloat(getComputedStyle(field).fontSize)) >= 16);
  await clean(page);
  await page.getByRole('button', {name: 'Close'}).tap();
  await page.waitForFunction(() => !document.querySelector('lode-search').open);
}, {context: {viewport: {width: 375, height: 700}, isMobile: true, hasTouch: true}}));

test('320 pixels wide, and long words', options, () => on(async page => {
  await search(page, 'install');
  const wide = await page.locator('.body').evaluate(node => node.scrollWidth - node.clientWidth);
  assert.equal(wide, 0);
  await clean(page);
}, {context: {viewport: {width: 320, height: 480}}}));

test('forced colours', options, () => on(async page => {
  await search(page, 'install');
  await page.getByText('By words and meaning').waitFor();
  const outline = await page.locator('[aria-selected=true]').evaluate(node => getComputedStyle(node).outlineStyle);
  assert.equal(outline, 'solid');
  await clean(page);
}, {context: {forcedColors: 'active'}}));

test('reduced motion', options, () => on(async page => {
  await openDialog(page);
  assert.equal(await page.locator('dialog').evaluate(node => getComputedStyle(node).animationName), 'none');
  assert.equal(await page.locator('dialog').evaluate(node => node.getAnimations({subtree: true}).length), 0);
  await page.route('**/*.txt', () => undefined);
  await page.keyboard.type('install');
  await state(page, 'loading');
  assert.equal(await page.locator('dialog').evaluate(node => node.getAnimations({subtree: true}).length), 0);
  await clean(page);
}, {context: {reducedMotion: 'reduce'}}));

test('right to left, in the language of the page', options, () => on(async page => {
  await page.waitForFunction(() => document.querySelector('lode-search').shadowRoot
    .querySelector('[part=trigger]').textContent.includes('بحث'));
  await search(page, 'install');
  await page.getByText('بالكلمات والمعنى').waitFor();
  const [icon, text] = await Promise.all(['.icon', '.text'].map(part =>
    page.locator(`[role=option] > ${part}`).first().boundingBox()));
  assert.ok(icon.x > text.x);
  const align = selector => page.locator(`[role=option] ${selector}`).first()
    .evaluate(node => getComputedStyle(node).textAlign);
  assert.equal(await align('.title'), 'right');
  assert.equal(await page.locator('[part=info]').textContent(), '7 نتائج');
  await clean(page);
}, {html: 'lang="ar" dir="rtl"'}));

test('another language than the page\'s, and texts of its own', options, () => on(async page => {
  await page.waitForFunction(() => document.querySelector('lode-search').shadowRoot
    .querySelector('[part=trigger]').textContent.includes('Suchen'));
  await search(page, 'install');
  assert.equal(await page.locator('[part=info]').textContent(), '7 Ergebnisse');
  await page.evaluate(() => {
    document.querySelector('lode-search').labels = {results: {other: '{n} Treffer'}};
  });
  assert.equal(await page.locator('[part=info]').textContent(), '7 Treffer');
}, {body: main('<lode-search index="/search/" lang="de-AT"></lode-search>')}));

test('nothing is asked of another host, and CSP has nothing to say', options, () => on(async page => {
  const hosts = new Set();
  page.on('request', request => hosts.add(new URL(request.url()).host));
  await search(page, 'install');
  await page.getByText('By words and meaning').waitFor();
  assert.deepEqual([...hosts], [new URL(page.url()).host]);
  assert.equal(await page.evaluate(() => document.querySelector('lode-search').shadowRoot
    .querySelectorAll('style, script, [style], [onclick]').length), 0);
}));

test('colours and parts are the page\'s to choose', options, () => on(async page => {
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`lode-search { --lode-bg: rgb(1, 2, 3); }
      lode-search::part(input) { text-transform: uppercase; }
      lode-search::part(result active) { font-style: italic; }`);
    document.adoptedStyleSheets = [sheet];
  });
  await search(page, 'install');
  assert.equal(await page.locator('dialog').evaluate(node => getComputedStyle(node).backgroundColor), 'rgb(1, 2, 3)');
  assert.equal(await input(page).evaluate(node => getComputedStyle(node).textTransform), 'uppercase');
  assert.equal(await page.locator('[aria-selected=true]').evaluate(node => getComputedStyle(node).fontStyle), 'italic');
}));
