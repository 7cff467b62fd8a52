// The embedder's life: calls, aborts, errors, its end.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, test} from 'node:test';
import {createEmbedder, LodeError, similarity} from '../dist/node.js';
import {NO_MINILM, minilmBundle, root, staticModel} from './native.mjs';

const bundle = readFileSync(staticModel);
const dense = join(root, 'tests', 'data', 'models', 'bert-mean-normalize');
const prompts = join(root, 'tests', 'data', 'models', 'bert-prompts');
const options = {cache: false};

async function using(t, source, more = {}) {
  const embedder = await createEmbedder(source, {...options, ...more});
  t.after(() => embedder.dispose());
  return embedder;
}

for (const mode of ['inline', 'worker']) {
  describe(mode, () => {
    test('one text, many, none', async (t) => {
      const embedder = await using(t, staticModel, {mode});
      const texts = Array.from({length: 3000}, (_, i) => `text number ${i}`);
      const progress = [];
      const all = await embedder.embed(texts, {onProgress: (...seen) => progress.push(seen)});
      assert.equal(all.count, 3000);
      assert.equal(all.vectors.length, 3000 * embedder.info.dim);
      assert.deepEqual(progress.at(-1), [3000, 3000]);
      for (const i of [0, 1, 1499, 2999]) {
        assert.deepEqual(await embedder.embed(texts[i]), all.at(i).slice());
      }
      assert.deepEqual(all.at(-1), all.at(2999));
      assert.equal(all.at(3000), undefined);
      assert.equal([...all].length, 3000);
      assert.equal(all.reports.length, 3000);
      const none = await embedder.embed([]);
      assert.deepEqual([none.count, none.vectors.length, [...none]], [0, 0, []]);
    });

    test('bytes are texts, too', async (t) => {
      const embedder = await using(t, staticModel, {mode});
      const text = 'Größe 👍';
      assert.deepEqual(await embedder.embed(new TextEncoder().encode(text)),
        await embedder.embed(text));
    });

    test('ill-formed texts', async (t) => {
      const embedder = await using(t, staticModel, {mode});
      const texts = Array.from({length: 2000}, (_, i) => `text ${i}`);
      texts[1234] = 'äb\ud800c';
      await assert.rejects(embedder.embed(texts),
        {name: 'LodeError', code: 'LODE_E_UTF8', item: 1234, pos: 3, message: /^text 1234/});
      texts[1234] = new Uint8Array([65, 66, 0xff]);
      await assert.rejects(embedder.embed(texts),
        {name: 'LodeError', code: 'LODE_E_UTF8', item: 1234, pos: 2, message: /^text 1234/});
      const replaced = await embedder.embed(['ä\ud800c', new Uint8Array([65, 0xff, 0xff])],
        {utf8: 'replace'});
      assert.deepEqual(replaced.reports.map((report) => report.replaced), [1, 2]);
      assert.deepEqual(replaced.at(0), await embedder.embed('ä\ufffdc'));
    });

    test('arguments', async (t) => {
      const embedder = await using(t, staticModel, {mode});
      const arg = {name: 'LodeError', code: 'LODE_E_ARG'};
      for (const texts of [undefined, null, 5, {}]) await assert.rejects(embedder.embed(texts), arg);
      await assert.rejects(embedder.embed(['a', 5]), {...arg, item: 1});
      for (const dims of [0, -1, 1.5, NaN, 2 ** 31, 100_000]) {
        await assert.rejects(embedder.embed('a', {dims}), arg, String(dims));
      }
      await assert.rejects(embedder.embed('a', {longText: 'cut'}), arg);
      await assert.rejects(embedder.embed('a', {utf8: 'maybe'}), arg);
      await assert.rejects(embedder.embed('a', {prompt: 'query'}), {code: 'LODE_E_NOT_FOUND'});
      assert.equal((await embedder.embed('a', {dims: 16})).length, 16);
    });

    test('prompts, long texts, normalisation', async (t) => {
      const embedder = await using(t, prompts, {mode});
      const [name] = Object.keys(embedder.info.prompts);
      assert.deepEqual(await embedder.embed('text', {prompt: name}),
        await embedder.embed('text', {prompt: {text: embedder.info.prompts[name]}}));
      const long = 'word '.repeat(500);
      const cut = await embedder.embed([long]);
      assert.ok(cut.report(0).leftOut > 0);
      const chunked = await embedder.embed([long], {longText: 'chunk'});
      assert.ok(chunked.report(0).windows > 1);
      await assert.rejects(embedder.embed(['short', long], {longText: 'error'}),
        {code: 'LODE_E_TOO_LONG', item: 1});
      const unit = await embedder.embed('text', {normalize: true});
      assert.ok(Math.abs(unit.reduce((sum, x) => sum + x * x, 0) - 1) < 1e-5);
    });

    test('tokens', async (t) => {
      const embedder = await using(t, dense, {mode});
      const text = 'the 👍 cat';
      const tokens = await embedder.tokenize(text);
      assert.equal(tokens.ids.length, tokens.pieces.length);
      assert.deepEqual([tokens.special.at(0), tokens.special.at(-1)], [1, 1]);
      const plain = await embedder.tokenize(text, {special: false});
      assert.equal(plain.ids.length, tokens.ids.length - 2);
      const last = text.slice(plain.start.at(-1), plain.end.at(-1));
      assert.ok('cat'.includes(last) && last.length > 0, last);
      const pair = await embedder.tokenize('a', {pair: 'b'});
      assert.deepEqual([pair.typeIds.at(0), pair.typeIds.at(-1)], [0, 1]);
      const rows = await embedder.embedTokens([text, 'a']);
      assert.equal(rows[0].length, tokens.ids.length * embedder.info.tokenDim);
    });

    test('a stream', async (t) => {
      const embedder = await using(t, staticModel, {mode});
      const seen = [];
      let closed = false;
      async function* source() {
        try {
          for (let i = 0; i < 700; i++) yield `text ${i}`;
        } finally {
          closed = true;
        }
      }
      for await (const {index, vector, report} of embedder.embedStream(source())) {
        assert.equal(report.windows, 1);
        seen.push([index, vector]);
      }
      assert.equal(seen.length, 700);
      assert.ok(seen.every(([index], i) => index === i));
      assert.deepEqual(seen[699][1].slice(), await embedder.embed('text 699'));
      for await (const {index} of embedder.embedStream(source())) if (index === 3) break;
      assert.ok(closed);
      const slow = (async function* () {
        yield 'first';
        await new Promise((resolve) => setTimeout(resolve, 30));
        yield 'second';
      })();
      assert.equal((await Array.fromAsync?.(embedder.embedStream(slow)))?.length ?? 2, 2);
      const bad = embedder.embedStream(['a', 5]);
      await assert.rejects(async () => {
        for await (const _ of bad);
      }, {code: 'LODE_E_ARG', item: 1});
    });

    test('calls queue, and are answered in order', async (t) => {
      const embedder = await using(t, staticModel, {mode});
      const order = [];
      await Promise.all(Array.from({length: 20}, (_, i) =>
        embedder.embed([`${i}`, 'x'.repeat(100 * (20 - i))]).then(() => order.push(i))));
      assert.deepEqual(order, Array.from({length: 20}, (_, i) => i));
    });

    test('aborts', {timeout: 120_000}, async (t) => {
      const embedder = await using(t, dense, {mode});
      const texts = Array.from({length: 3000}, (_, i) => `text number ${i} `.repeat(5));
      const expected = await embedder.embed('after');
      await assert.rejects(embedder.embed(texts, {signal: AbortSignal.abort()}), {name: 'AbortError'});
      const reason = new Error('changed my mind');
      for (let i = 0; i < 20; i++) {
        const stop = new AbortController();
        setTimeout(() => stop.abort(reason), Math.random() * 40);
        await assert.rejects(embedder.embed(texts, {signal: stop.signal}), reason);
        assert.deepEqual(await embedder.embed('after'), expected);
      }
      const stop = new AbortController();
      const done = [];
      await assert.rejects(embedder.embed(texts, {signal: stop.signal, onProgress: (n) => {
        done.push(n);
        if (done.length === 2) stop.abort();
      }}), {name: 'AbortError'});
      assert.ok(done.at(-1) < texts.length);
    });

    test('aborts while loading', async () => {
      const after = (ms) => {
        const stop = new AbortController();
        setTimeout(() => stop.abort(), ms);
        return stop.signal;
      };
      await assert.rejects(createEmbedder(bundle, {...options, mode, signal: AbortSignal.abort()}),
        {name: 'AbortError'});
      for (let i = 0; i < 15; i++) {
        await createEmbedder((async function* () {
          for (let at = 0; at < bundle.length; at += 2e5) {
            await new Promise((resolve) => setTimeout(resolve, 2));
            yield bundle.subarray(at, at + 2e5);
          }
        })(), {...options, mode, signal: after(Math.random() * 60)}).then(
          (embedder) => embedder.dispose(),
          (error) => assert.equal(error.name, 'AbortError'));
      }
    });

    test('the end', async () => {
      const embedder = await createEmbedder(staticModel, {...options, mode});
      const pending = embedder.embed(Array.from({length: 5000}, (_, i) => `text ${i}`));
      const gone = {name: 'LodeError', code: 'LODE_E_CANCELLED'};
      const rejected = assert.rejects(pending, gone);
      await embedder.dispose();
      await rejected;
      await embedder.dispose();
      await assert.rejects(embedder.embed('a'), gone);
      await assert.rejects(embedder.tokenize('a'), gone);
      const other = await createEmbedder(staticModel, {...options, mode});
      await other[Symbol.asyncDispose ?? 'dispose']();
      await assert.rejects(other.embed('a'), gone);
    });

    test('50 lives, and no more memory', {timeout: 120_000}, async () => {
      const sizes = [];
      for (let i = 0; i < 50; i++) {
        const embedder = await createEmbedder(staticModel, {...options, mode});
        await embedder.embed(['a', 'b']);
        await embedder.dispose();
        globalThis.gc?.();
        sizes.push(process.memoryUsage().rss);
      }
      const early = Math.max(...sizes.slice(5, 25));
      const late = Math.min(...sizes.slice(-10));
      // One model is 12 MB: 25 that stayed would be 300.
      assert.ok(late < early + 60e6, `${early} bytes, then ${late}`);
    });
  });
}

test('the same vectors from any way of being parallel', async () => {
  const texts = Array.from({length: 300}, (_, i) => `text number ${i}, ${'word '.repeat(i % 40)}`);
  let first;
  for (const threads of [1, 2, 3]) {
    const embedder = await createEmbedder(dense, {...options, threads});
    const {vectors} = await embedder.embed(texts);
    assert.deepEqual(vectors, (first ??= vectors));
    await embedder.dispose();
  }
});

test('an embedder that nobody holds on to ends', {timeout: 60_000}, () => {
  const script = `
    import worker from 'node:worker_threads';
    import {syncBuiltinESMExports} from 'node:module';
    let ended = 0;
    worker.Worker = class extends worker.Worker {
      constructor(...args) {
        super(...args);
        this.on('exit', () => ended++);
      }
    };
    syncBuiltinESMExports();
    const {createEmbedder} = await import(${JSON.stringify(join(root, 'js', 'dist', 'node.js'))});
    const open = () => createEmbedder(${JSON.stringify(staticModel)}, {cache: false, mode: 'worker', threads: 1});
    const kept = await open();
    await (async () => (await open()).embed('a'))();
    for (let i = 0; i < 200 && ended === 0; i++) {
      globalThis.gc();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    console.log(ended, (await kept.embed('b')).length);
    await kept.dispose();`;
  const {stdout, stderr} = spawnSync(process.execPath,
    ['--expose-gc', '--input-type=module', '--eval', script], {encoding: 'utf8'});
  assert.equal(stdout, '1 256\n', stderr);
});

test('a call keeps its embedder alive, and a program ends without dispose', () => {
  const script = `
    import {createEmbedder} from ${JSON.stringify(join(root, 'js', 'dist', 'node.js'))};
    const call = (await createEmbedder(${JSON.stringify(staticModel)}, {cache: false, mode: 'worker'}))
      .embed(Array.from({length: 3000}, (_, i) => 'text ' + i));
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 1));
    globalThis.gc();
    console.log((await call).count);`;
  const {status, stdout, stderr} = spawnSync(process.execPath,
    ['--expose-gc', '--input-type=module', '--eval', script], {encoding: 'utf8', timeout: 60_000});
  assert.deepEqual([status, stdout], [0, '3000\n'], stderr);
});

test('options', async () => {
  const arg = {name: 'LodeError', code: 'LODE_E_ARG'};
  for (const bad of [{threads: 0}, {threads: 1.5}, {maxMemory: 1}, {mode: 'both'}, {retries: -1},
    {dtype: 'f12'}, {isa: 'avx9'}]) {
    await assert.rejects(createEmbedder(staticModel, {...options, ...bad}), arg, JSON.stringify(bad));
  }
  await assert.rejects(createEmbedder('/no/such/model', options), {code: 'LODE_E_NOT_FOUND'});
  await assert.rejects(createEmbedder(staticModel, {...options, wasm: './nowhere/'}),
    {code: 'LODE_E_ENGINE'});
  const own = await createEmbedder(staticModel,
    {...options, wasm: (name) => readFileSync(join(root, 'js', 'wasm', `${name}.wasm`))});
  assert.equal((await own.embed('a')).length, own.info.dim);
  await own.dispose();
  const at = await createEmbedder(staticModel, {...options, wasm: join(root, 'js', 'wasm/')});
  await at.dispose();
});

test('dtypes', {skip: NO_MINILM}, async (t) => {
  const auto = await using(t, minilmBundle(t), {dtype: 'auto'});
  assert.ok(auto.info.candidates.length > 0);
  assert.equal(auto.info.candidates.filter(({chosen}) => chosen).length, 1);
  const {leastCosine, texts} = await auto.verify();
  assert.ok(texts > 0 && leastCosine > 0.97);
});

test('similarity', () => {
  assert.equal(similarity([1, 0], [0, 1]), 0);
  assert.equal(similarity([2, 0], [1, 0]), 1);
  assert.equal(similarity([0, 0], [1, 0]), 0);
  assert.ok(Math.abs(similarity([1, 1], [1, 0]) - Math.SQRT1_2) < 1e-12);
  assert.throws(() => similarity([1], [1, 2]), LodeError);
});
