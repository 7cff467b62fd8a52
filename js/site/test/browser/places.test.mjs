/* The element in Debian's Chromium: dialog, in the page; colours, screens, languages, policies. */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {
  options, main, on, element, input, state, openDialog, search, events, clean,
} from './steps.mjs';

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

test('where it is hidden it does not open, and leaves its keys to another', options, () => on(async page => {
  await page.evaluate(() => document.querySelector('#hidden').show());
  assert.equal(await page.evaluate(() => document.querySelector('#hidden').open), false);
  assert.equal(await page.evaluate(() => document.querySelector('dialog:modal')), null);
  await page.keyboard.press('Control+k');
  await page.waitForFunction(() => document.querySelector('#shown').open);
  assert.equal(await page.evaluate(() => document.querySelector('#hidden').open), false);
}, {body: main(`<div hidden><lode-search id="hidden" index="/search/"></lode-search></div>
  <lode-search id="shown" index="/search/"></lode-search>`)}));

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

test('a router puts another page in its place while it is open', options, () => on(async page => {
  for (let i = 0; i < 3; i++) {
    await search(page, 'install');
    await page.evaluate(async () => {
      const {testEngine} = await import('/engine.js');
      const swap = () => {
        const body = document.createElement('body');
        const node = document.createElement('lode-search');
        node.openOptions = {engine: testEngine()};
        node.setAttribute('index', '/search/');
        body.append(node);
        document.body.replaceWith(body);
      };
      await document.startViewTransition(swap).finished;
    });
    assert.equal(await page.evaluate(() => document.documentElement.style.overflow), '');
  }
  await search(page, 'install');
}));

test('an index two folders below its pages', options, () => on(async page => {
  await page.route('**/boot.lode-site.txt', async route => {
    const data = await (await route.fetch()).json();
    await route.fulfill({json: {...data, base: '../', pages: data.pages.map(one => ({...one, url: `../${one.url}`}))}});
  });
  await page.route('**/assets/search/*.js', async route => route.fulfill({
    response: await route.fetch({url: route.request().url().replace('/docs/assets', '')})}));
  await search(page, 'install');
  const first = page.getByRole('option').first();
  assert.equal(new URL(await first.getAttribute('href')).pathname, '/docs/guide/install.html');
  assert.equal(await first.locator('.crumb').textContent(), 'guide');
}, {body: main('<lode-search index="/docs/assets/search/"></lode-search>')}));

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
    await page.getByRole('button', {name: 'Guide 2'}).click();
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

const wider = (page, selector) => page.locator(selector).evaluate(node => node.scrollWidth - node.clientWidth);

test('320 pixels wide, and long words', options, () => on(async page => {
  await search(page, 'install');
  assert.equal(await wider(page, '.body'), 0);
  await clean(page);
}, {context: {viewport: {width: 320, height: 480}}}));

test('a page at 400 %: nothing has to be scrolled sideways, and results can be seen', options, () => on(async page => {
  await search(page, 'install');
  await page.getByRole('button', {name: 'Filters'}).click();
  for (const selector of ['#facets', '.body', '.bar']) assert.equal(await wider(page, selector), 0, selector);
  const [body, field] = await Promise.all(['.body', '[part=input]'].map(part => page.locator(part).boundingBox()));
  assert.ok(body.height >= 80, String(body.height));
  assert.ok(field.width >= 120, String(field.width));
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab');
  for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowDown');
  const [chosen, view] = await Promise.all(['[aria-selected=true]', '.body'].map(part => page.locator(part).boundingBox()));
  assert.ok(chosen.y < view.y + view.height && chosen.y + chosen.height > view.y);
  await clean(page);
}, {context: {viewport: {width: 320, height: 256}}, body: main('<lode-search index="/search/" facets="generator section"></lode-search>')}));

test('texts have the size that visitors have set, whatever a rem is', options, () => on(async page => {
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('html { font-size: 62.5%; }');
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  });
  await search(page, 'install');
  const sizes = await page.evaluate(() => ['.crumb', '.snippet', '[part=key]', '[part=hint]'].map(selector =>
    parseFloat(getComputedStyle(document.querySelector('lode-search').shadowRoot.querySelector(selector)).fontSize)));
  assert.deepEqual(sizes, [13, 14, 12, 12]);
}));

test('on paper there is no button', options, () => on(async page => {
  assert.equal(await page.locator('[part=trigger]').isVisible(), true);
  await page.emulateMedia({media: 'print'});
  assert.equal(await page.locator('[part=trigger]').isVisible(), false);
}));

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

test('in a bar of one line, in capitals', options, () => on(async page => {
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('main { white-space: nowrap; text-transform: uppercase; letter-spacing: 4px; text-indent: 2em; }');
    document.adoptedStyleSheets = [sheet];
  });
  await search(page, 'install');
  const text = await page.locator('.snippet').first().evaluate(node => {
    const {whiteSpace, textTransform, letterSpacing, textIndent} = getComputedStyle(node);
    return [whiteSpace, textTransform, letterSpacing, textIndent];
  });
  assert.deepEqual(text, ['normal', 'none', 'normal', '0px']);
  assert.equal(await page.locator('.body').evaluate(node => node.scrollWidth - node.clientWidth), 0);
}));
