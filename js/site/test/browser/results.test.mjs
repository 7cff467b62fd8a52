/* The element in Debian's Chromium: what is found, typing, keys, what screen readers are told. */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {
  options, main, on, input, options_, state, openDialog, search, events, clean,
} from './steps.mjs';

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
  const chip = page.getByRole('button', {name: 'Reference 2'});
  await chip.click();
  await page.waitForFunction(() => document.querySelector('lode-search').shadowRoot
    .querySelector('[part=info]').textContent === '2 results');
  assert.equal(await chip.getAttribute('aria-pressed'), 'true');
  assert.equal(await page.getByRole('button', {name: 'Filters 1'}).count(), 1);
  assert.deepEqual(await page.locator('[part=facet]').evaluateAll(list =>
    list.map(node => node.getAttribute('aria-label'))), ['Section', 'Version']);
  await clean(page);
  await page.getByRole('button', {name: '1.0 0'}).click();
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

test('the numbers of filters are of what was found', options, () => on(async page => {
  const numbers = () => page.evaluate(() => Object.fromEntries([...document.querySelector('lode-search').shadowRoot
    .querySelectorAll('[part=chip]')].map(chip => [...chip.children].map(child => child.textContent))));
  const become = async expected => {
    await page.waitForFunction(wanted => JSON.stringify(Object.fromEntries([...document.querySelector('lode-search')
      .shadowRoot.querySelectorAll('[part=chip]')].map(chip => [...chip.children].map(child => child.textContent)))) === wanted,
    JSON.stringify(expected));
  };
  await openDialog(page);
  await page.getByRole('button', {name: 'Filters'}).click();
  const all = await numbers();
  assert.deepEqual(all, {Guide: '6', Reference: '4', '2.0': '4', '1.0': '2'});
  await input(page).fill('colours');
  await state(page, 'results');
  await become({Guide: '1', Reference: '0', '2.0': '0', '1.0': '0'});
  await input(page).fill('');
  await become(all);
}));

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
  // Chromium leaves the focus in a dialog that was closed until it draws the next frame.
  await page.evaluate(() => new Promise(drawn => requestAnimationFrame(() => setTimeout(drawn))));
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
  // A closed one cannot be looked into.
  await page.evaluate(() => {
    customElements.define('closed-field', class extends HTMLElement {
      field = this.attachShadow({mode: 'closed'}).appendChild(document.createElement('input'));
    });
    document.body.appendChild(document.createElement('closed-field')).field.focus();
  });
  await page.keyboard.press('/');
  assert.equal(await isOpen(), false);
  assert.equal(await page.locator('[part=trigger]').getAttribute('aria-keyshortcuts'), 'Control+K /');
  assert.equal(await page.locator('[part=hint]').textContent(), 'Ctrl K');
}));

test('on keyboards of other scripts it is the same key', options, () => on(async page => {
  const press = init => page.evaluate(keys => document.body.dispatchEvent(
    new KeyboardEvent('keydown', {bubbles: true, cancelable: true, ...keys})), init);
  assert.equal(await press({key: 'л', code: 'KeyK'}), true);
  assert.equal(await press({key: 'ö', code: 'KeyK'}), true);
  assert.equal(await press({key: 't', code: 'KeyK', ctrlKey: true}), true); // Dvorak's k is elsewhere
  assert.equal(await press({key: 'л', code: 'KeyK', ctrlKey: true}), false);
  await page.waitForFunction(() => document.querySelector('lode-search').open);
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
  // The same number of another question is said again.
  await input(page).fill('colours');
  await said('1 result');
  const left = await input(page).evaluate(field => {
    field.value = 'mango';
    field.dispatchEvent(new InputEvent('input'));
    return field.getRootNode().querySelector('[role=status]').textContent;
  });
  assert.equal(left, '');
  await said('1 result');
}));
