// The measurements. Each compares all entrants in one go, taking turns (A B C, C B A, …), so that
// whatever the machine does meanwhile happens to all of them.
import { readFileSync } from "node:fs";
import { machineCpuSeconds } from "./chromium.mjs";
import { NodeProcess, nodePath } from "./node.mjs";
import * as vectors from "./vectors.mjs";

export const LIMITS = { 512: 512, mixed: 256, short: 512, latency: 512, queries: 512 };
const BATCHES = { 512: [1, 4, 8], mixed: [1, 8, 32, 64], short: [1, 16, 32, 64, 128, 256] };
const CHECKED = { 512: 4, mixed: 8, short: 32 }; // texts whose vectors are checked
const PROBE_SECONDS = 0.7;
const PAUSE_MS = 250; // until spinning threads have gone to sleep
const LATENCY_WARMUP = 30;
const LATENCY_CALLS = 100;
const VISITS = 3;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const say = (text) => process.stderr.write(`${text}\n`);

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};
export const spread = (values) => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
});

function* turns(entrants, rounds) {
  for (let round = 0; round < rounds; round++) {
    for (const one of round % 2 ? [...entrants].reverse() : entrants) yield [round, one];
  }
}

/** One entrant in a browser of its own, its page open, with the texts of a workload. */
class Stand {
  static async open(bench, entrant, workload) {
    const stand = new Stand();
    Object.assign(stand, { bench, entrant, workload });
    stand.tokens = bench.tokens(workload);
    let texts = `/texts/${workload}.txt`;
    if (entrant.node) {
      stand.browser = stand.tab = new NodeProcess(nodePath(entrant.node, bench.root));
      bench.open.add(stand);
      stand.started = await stand.tab.ask(entrant.start(LIMITS[workload], bench.firstText, bench.js));
      texts = bench.server.file(texts).file;
    } else {
      stand.browser = await bench.launch(entrant);
      bench.open.add(stand);
      stand.tab = await stand.browser.tab();
      stand.started = await stand.tab.open(entrant.url(bench.server, LIMITS[workload], bench.firstText));
    }
    await stand.tab.evaluate(`bench.texts(${JSON.stringify(texts)})`);
    return stand;
  }

  embed(count, batch) {
    return this.tab.evaluate(`bench.embed(${count}, ${batch})`);
  }

  /** What a call of `batch` texts asks of the GPU: counted in a tab of its own, with the engine in
   * the page. */
  async asks(batch) {
    const { bench, entrant, workload } = this;
    const tab = await this.browser.tab();
    await tab.open(entrant.url(bench.server, LIMITS[workload], bench.firstText, { inline: true }));
    await tab.evaluate(`bench.texts("/texts/${workload}.txt")`);
    const asks = await tab.evaluate(`bench.asks(() => bench.embed(${batch}, ${batch}))`);
    await tab.close();
    return asks;
  }

  /** What a piece of work took: seconds of CPU, and how many cores others used meanwhile. */
  async watch(work) {
    const own = await this.browser.cpuSeconds();
    const all = machineCpuSeconds();
    const start = performance.now();
    const result = await work();
    const seconds = (performance.now() - start) / 1e3;
    const cpuSeconds = (await this.browser.cpuSeconds()) - own;
    const others = machineCpuSeconds() - all - cpuSeconds;
    return { result, cpuSeconds, foreignCores: Math.max(0, others / seconds) };
  }

  async close() {
    this.bench.open.delete(this);
    await this.browser.close();
  }
}

/** Open a stand for each entrant, do something with all of them, close them whatever happens. */
async function withStands(bench, entrants, workload, work) {
  const stands = new Map();
  try {
    for (const one of entrants) stands.set(one, await Stand.open(bench, one, workload));
    return await work(stands);
  } finally {
    for (const stand of stands.values()) await stand.close();
  }
}

/** Refuse an engine whose vectors are not the model's. Returns how near they are. */
async function check(bench, stand) {
  const { entrant, workload, tab } = stand;
  // A software GPU takes minutes for a long text.
  const count = Math.ceil(CHECKED[workload] / (entrant.gpu ? 4 : 1));
  const rows = await vectors.pageVectors(tab, count, entrant.engine.batches ? 8 : 1);
  const dim = rows[0].length;
  const nearness = vectors.compare(rows, bench.reference("st-f32", workload, dim));
  const { worst, worstCut = worst } = entrant.engine;
  const expected = workload === "mixed" ? worstCut : worst;
  if (!(nearness.worst >= expected)) {
    throw new Error(
      `${entrant.key}: its vectors of "${workload}" are not the model's: ` +
        `worst cosine ${nearness.worst}, expected ${expected}`,
    );
  }
  return nearness;
}

/** The batch size with the most texts a second, if `batch` is not given, and how many that are. */
async function probe(stand, total, batch) {
  let best = { rate: 0, batch: 1 };
  const all = batch ? [batch] : BATCHES[stand.workload];
  const sizes = stand.entrant.engine.batches ? all : [1];
  for (const batch of sizes) {
    let count = Math.min(batch, total);
    let seconds = await stand.embed(count, batch);
    if (seconds < 2 * PROBE_SECONDS) {
      // The first call of a size also pays for memory: measured again, and longer.
      const more = Math.round((count / seconds) * (PROBE_SECONDS / batch)) * batch;
      count = Math.min(total, Math.max(count, more));
      seconds = await stand.embed(count, batch);
    }
    const rate = count / seconds;
    if (rate < 0.8 * best.rate) break; // past its best: larger batches only pad more
    if (rate > best.rate) best = { rate, batch };
  }
  return best;
}

export async function throughput(bench, entrants, workload) {
  const { rounds, turn, longest } = bench.options;
  return withStands(bench, entrants, workload, async (stands) => {
    const of = new Map();
    for (const [one, stand] of stands) {
      const nearness = await check(bench, stand);
      const total = stand.tokens.length;
      of.set(one, { nearness, ...(await probe(stand, total, bench.options.batch)) });
      if (one.gpu) of.get(one).asks = await stand.asks(of.get(one).batch);
      say(`  ${one.key}: ${of.get(one).rate.toFixed(1)}/s at ${of.get(one).batch} a call`);
    }
    // All embed the same texts, as many as the slowest can in a turn, but enough for half a
    // second of the fastest; only who would need far too long for that embeds fewer.
    const rates = [...of.values()].map(({ rate }) => rate);
    const wanted = Math.max(Math.min(...rates) * turn, Math.max(...rates) * 0.5);
    const total = bench.tokens(workload).length;
    const count = Math.min(total, Math.ceil(wanted));
    for (const state of of.values()) {
      state.count = Math.max(1, Math.min(count, Math.floor(state.rate * longest)));
      Object.assign(state, { perSecond: [], perCpuSecond: [], foreignCores: [] });
    }
    const tokens = bench.tokens(workload);
    const mean = tokens.reduce((a, b) => a + b, 0) / tokens.length;
    for (const [, one] of turns(entrants, rounds)) {
      await sleep(PAUSE_MS);
      const state = of.get(one);
      const watched = await stands.get(one).watch(() => {
        return stands.get(one).embed(state.count, state.batch);
      });
      // In tokens, so that it stays fair where engines embed different numbers of texts.
      const texts = tokens.slice(0, state.count).reduce((a, b) => a + b, 0) / mean;
      state.perSecond.push(texts / watched.result);
      state.perCpuSecond.push(texts / Math.max(watched.cpuSeconds, 0.01));
      state.foreignCores.push(watched.foreignCores);
    }
    const rows = [];
    for (const [one, stand] of stands) {
      const { perSecond, perCpuSecond, nearness, batch, foreignCores, ...state } = of.get(one);
      rows.push({
        ...about(stand),
        workload,
        batch,
        asks: state.asks,
        texts: state.count,
        textsPerSecond: spread(perSecond),
        rounds: perSecond,
        roundsPerCpuSecond: perCpuSecond,
        foreignCores,
        cosine: nearness,
        peakRendererMb: await stand.browser.peakRendererMb(),
        wasmMb: (await stand.tab.wasmBytes()) / 1e6,
      });
    }
    return rows;
  });
}

const about = (stand) => ({
  entrant: stand.entrant.key,
  engine: stand.started.name,
  isolated: stand.entrant.isolated,
});

/** One text of 12 tokens a call. */
export async function latency(bench, entrants) {
  return withStands(bench, entrants, "latency", async (stands) => {
    const of = new Map();
    for (const [one, stand] of stands) {
      await stand.tab.evaluate(`bench.latency(${LATENCY_WARMUP})`);
      of.set(one, { ms: [], cpuMs: [], foreignCores: [] });
    }
    for (const [, one] of turns(entrants, bench.options.rounds)) {
      await sleep(PAUSE_MS);
      const stand = stands.get(one);
      await stand.tab.evaluate("bench.latency(5)"); // wakes its threads
      const watched = await stand.watch(() => stand.tab.evaluate(`bench.latency(${LATENCY_CALLS})`));
      of.get(one).ms.push(watched.result);
      of.get(one).cpuMs.push((watched.cpuSeconds * 1e3) / LATENCY_CALLS);
      of.get(one).foreignCores.push(watched.foreignCores);
    }
    return [...stands].map(([one, stand]) => {
      const { ms, cpuMs, foreignCores } = of.get(one);
      const every = ms.flat().sort((a, b) => a - b);
      return {
        ...about(stand),
        workload: "latency",
        p50Ms: every[every.length >> 1],
        p95Ms: every[Math.floor(every.length * 0.95)],
        rounds: ms.map(median),
        cpuMs,
        foreignCores,
      };
    });
  });
}

/** From the navigation to the first vector: over a network with nothing stored, and again, when
 * the browser and the engine have stored what they want to. */
export async function load(bench, entrants) {
  if (entrants.some(({ node }) => node)) return start(bench, entrants);
  const { rounds, network } = bench.options;
  const of = new Map(entrants.map((one) => [one, { cold: [], warm: [], first: [] }]));
  let name;
  for (const [, one] of turns(entrants, rounds)) {
    bench.server.network(...network);
    bench.server.takeFetched();
    const browser = await bench.launch(one);
    bench.open.add(browser);
    try {
      const url = one.url(bench.server, 512, bench.firstText);
      const visit = async () => {
        const tab = await browser.tab();
        const started = await tab.open(url);
        await sleep(500); // until it has stored what it stores
        const peak = await browser.peakRendererMb();
        await tab.close();
        name = started.name;
        return { ...started, peak };
      };
      const cold = await visit();
      const state = of.get(one);
      state.name = name;
      state.cold.push(cold.firstVectorMs);
      state.fetched = [...bench.server.takeFetched().keys()];
      const warm = [];
      for (let i = 0; i < VISITS; i++) warm.push(await visit());
      state.warm.push(median(warm.map((visited) => visited.firstVectorMs)));
      state.peak = warm[0].peak;
      state.again = [...bench.server.takeFetched().keys()];
    } finally {
      bench.server.network(0, 0);
      bench.open.delete(browser);
      await browser.close();
    }
  }
  const rows = [];
  for (const [one, state] of of) {
    rows.push({
      entrant: one.key,
      engine: state.name,
      isolated: one.isolated,
      workload: "load",
      coldMs: spread(state.cold),
      warmMs: spread(state.warm),
      rounds: state.warm,
      roundsCold: state.cold,
      firstVectorRendererMb: state.peak,
      fetchedAgain: state.again,
      bytes: await downloaded(bench, one, state.fetched),
    });
  }
  return rows;
}

/** From the start of Node to the first vector, files in the page cache. */
async function start(bench, entrants) {
  const of = new Map(entrants.map((one) => [one, { ms: [], peak: [] }]));
  for (const [round, one] of turns(entrants, bench.options.rounds + 1)) {
    const node = new NodeProcess(nodePath(one.node, bench.root));
    bench.open.add(node);
    const state = of.get(one);
    try {
      const started = await node.ask(one.start(512, bench.firstText, bench.js));
      state.name = started.name;
      if (round === 0) continue; // what is read for the first time
      state.ms.push(started.firstVectorMs);
      state.peak.push(node.peakRendererMb());
    } finally {
      bench.open.delete(node);
      await node.close();
    }
  }
  return [...of].map(([one, { ms, peak, name }]) => ({
    entrant: one.key,
    engine: name,
    workload: "load",
    warmMs: spread(ms),
    rounds: ms,
    firstVectorRendererMb: median(peak),
  }));
}

/** What a first visit fetched, the harness's own files aside. */
async function downloaded(bench, one, fetched) {
  const total = { runtime: { raw: 0, gzip: 0, brotli: 0 }, model: { raw: 0 }, files: {} };
  for (const pathname of fetched) {
    const found = bench.server.file(pathname);
    const isRuntime = one.engine.runtime.some((prefix) => pathname.startsWith(prefix));
    if (!found || !(isRuntime || pathname.startsWith("/models/"))) continue;
    total.files[pathname] = found.stat.size;
    if (!isRuntime) {
      total.model.raw += found.stat.size;
      continue;
    }
    total.runtime.raw += found.stat.size;
    for (const [name, encoding] of [["gzip", "gzip"], ["brotli", "br"]]) {
      const smaller = await bench.server.encoded(found, encoding);
      total.runtime[name] += (smaller ?? found).stat.size;
    }
  }
  return total;
}

/** Whether the same documents are found as by a reference's vectors of the same texts. */
export async function search(bench, entrants) {
  const { documents, answers } = JSON.parse(readFileSync(bench.path("browser/queries.json"), "utf8"));
  const rows = [];
  for (const one of entrants) {
    const found = {};
    let started;
    for (const workload of ["mixed", "queries"]) {
      await withStands(bench, [one], workload, async (stands) => {
        const stand = stands.get(one);
        const count = Math.min(stand.tokens.length, bench.options.documents);
        found[workload] = await vectors.pageVectors(stand.tab, count, 32);
        started = stand.started;
      });
    }
    const dim = found.queries[0].length;
    const reference = one.engine.reference ?? "st-f32";
    const expected = (name) => bench.reference(reference, name, dim).slice(0, found[name].length);
    const cosine = vectors.compare(found.mixed, expected("mixed"));
    const cosineQueries = vectors.compare(found.queries, expected("queries"));
    const difference = Math.max(cosine.difference, cosineQueries.difference);
    if (difference > one.engine.difference) {
      throw new Error(`${one.key}: its vectors differ from ${reference}'s by ${difference}`);
    }
    const mine = vectors.rank(found.queries, found.mixed, 10);
    const theirs = vectors.rank(expected("queries"), expected("mixed"), 10);
    const ids = documents.slice(0, found.mixed.length);
    rows.push({
      entrant: one.key,
      engine: started.name,
      workload: "search",
      reference,
      documents: found.mixed.length,
      queries: found.queries.length,
      sameLists: mine.filter((list, i) => list.every((d, k) => d === theirs[i][k])).length,
      sameSets: mine.filter((list, i) => list.every((d) => theirs[i].includes(d))).length,
      ndcg: vectors.ndcg(mine, ids, answers),
      referenceNdcg: vectors.ndcg(theirs, ids, answers),
      cosine,
      cosineQueries,
      difference,
    });
    say(`  ${one.key}: ${rows.at(-1).sameLists} of ${found.queries.length} lists the same`);
  }
  return rows;
}
