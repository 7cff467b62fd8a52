/* The element in Debian's Chromium: every state, pages that were opened, where results lead. */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {
  options, TAG, main, on, input, options_, state, openDialog, search, events, clean,
} from './steps.mjs';

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

test('state: the greater part of the element cannot be had, and then it can', options, () => on(async page => {
  await page.route('**/lode-search-ui.js*', route => route.abort());
  await page.keyboard.press('Control+k');
  await page.getByText('Search could not be loaded').waitFor();
  await clean(page);
  await page.getByRole('button', {name: 'Close'}).click();
  assert.equal((await events(page, 'error')).length, 1);
  await openDialog(page);
  await page.getByRole('button', {name: 'Try again'}).waitFor();
  await page.unroute('**/lode-search-ui.js*');
  await page.keyboard.press('Enter'); // it has the focus
  await page.getByText('Type a word, or ask a question').waitFor();
  await page.keyboard.type('install');
  await state(page, 'results');
}, {faults: [/ERR_FAILED/, /dynamically imported/]}));

test('state: opened while offline; the connection comes back', options, () => on(async page => {
  await page.context().setOffline(true);
  await page.locator('[part=trigger]').tap();
  await page.getByText('You are offline').waitFor();
  await clean(page);
  for (const button of await page.locator('dialog button').all()) {
    const {width, height} = await button.boundingBox();
    assert.ok(width >= 44 && height >= 44 && height < 60, `${width} ${height}`);
  }
  await page.context().setOffline(false);
  await page.getByText('Type a word, or ask a question').waitFor();
  assert.equal(await input(page).evaluate(field => field.getRootNode().activeElement === field), true);
}, {faults: [/ERR_INTERNET_DISCONNECTED/, /dynamically imported/],
  context: {viewport: {width: 375, height: 667}, isMobile: true, hasTouch: true, colorScheme: 'dark'}}));

/** The element's greater part comes when this is called. */
async function hold(page) {
  let release;
  const held = new Promise(done => { release = done; });
  await page.route('**/lode-search-ui.js*', async route => {
    await held;
    await route.continue();
  });
  return release;
}

test('what is typed before the greater part has come is not lost', options, async () => {
  await on(async page => {
    const release = await hold(page);
    await openDialog(page);
    await page.keyboard.type('searchng');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await clean(page);
    const before = await page.locator('dialog').boundingBox();
    release();
    await input(page).waitFor();
    await page.keyboard.type('i'); // the cursor is where it was
    await state(page, 'results');
    assert.equal(await input(page).inputValue(), 'searching');
    const {x, y, width} = await page.locator('dialog').boundingBox();
    assert.deepEqual([x, y, width], [before.x, before.y, before.width]);
    assert.equal((await events(page, 'open')).length, 1);
  });
  await on(async page => {
    const release = await hold(page);
    await page.evaluate(() => { globalThis.stay = true; });
    await openDialog(page);
    await page.keyboard.type('searching');
    await page.keyboard.press('Enter');
    release();
    await page.waitForFunction(() => globalThis.events.some(({name}) => name === 'navigate'));
    assert.match((await events(page, 'navigate'))[0].url, /guide\/search\.html/);
  });
  await on(async page => {
    const release = await hold(page);
    await openDialog(page);
    await page.keyboard.type('searching');
    await page.getByRole('button', {name: 'Close'}).click();
    release();
    await page.waitForFunction(() => document.querySelector('lode-search').shadowRoot.querySelector('[role=combobox]'));
    assert.equal(await page.evaluate(() => document.querySelector('lode-search').open), false);
    await search(page, 'install');
  });
});

test('an input method is left to finish before the field changes', options, () => on(async page => {
  const release = await hold(page);
  await openDialog(page);
  const client = await page.context().newCDPSession(page);
  await client.send('Input.imeSetComposition', {text: '日本', selectionStart: 2, selectionEnd: 2});
  const [response] = await Promise.all([page.waitForResponse('**/lode-search-ui.js*'), release()]);
  await response.finished();
  await page.waitForTimeout(100);
  assert.equal(await page.getByRole('combobox').count(), 0);
  await client.send('Input.insertText', {text: '日本語'});
  await state(page, 'results');
  assert.equal(await input(page).inputValue(), '日本語');
}));

test('closed before its answer came, and opened again', options, () => on(async page => {
  let slow = true;
  await page.route('**/words-1.txt', async route => {
    if (slow) await new Promise(done => setTimeout(done, 800));
    await route.continue();
  });
  await search(page, 'install', 'loading');
  await page.keyboard.press('Escape');
  slow = false;
  await openDialog(page);
  await state(page, 'results');
  // What is shown is of what is typed, though the last key was not asked any more.
  await input(page).fill('configuration');
  await page.keyboard.press('Escape');
  await openDialog(page);
  await page.waitForFunction(() => document.querySelector('lode-search').shadowRoot
    .querySelector('[role=option] .title').textContent === 'Configuration');
}));

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

test('a model that the connection was lost for comes with a later question', options, () => on(async page => {
  let lost = true;
  await page.route('**/model.bin', route => lost ? route.abort() : route.continue());
  await search(page, 'install');
  await page.getByText('By words only').waitFor();
  lost = false;
  await input(page).fill('configuration');
  await page.getByText('By words and meaning').waitFor();
}, {faults: [/ERR_FAILED/]}));

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

test('where nothing may be kept, recent pages are of this page alone', options, () => on(async page => {
  await page.evaluate(() => {
    for (const name of ['localStorage', 'caches']) {
      Object.defineProperty(globalThis, name, {get() { throw new DOMException('no', 'SecurityError'); }});
    }
    globalThis.stay = true;
  });
  await search(page, 'install');
  await page.keyboard.press('Enter');
  await openDialog(page);
  await page.keyboard.press('Delete');
  await state(page, 'idle');
  assert.deepEqual(await page.locator('[role=option] .title').allTextContents(), ['Installation']);
  await page.getByRole('button', {name: 'Remove “Installation”'}).click();
  assert.equal(await options_(page).count(), 0);
}));

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
