// One embedder in a page, for long: calls of texts of any length, some of them aborted at a random
// moment. ?options=JSON, as createEmbedder takes them, with `model` and `seed`.
import { createEmbedder } from "/lode/dist/index.js";

const { model, seed, ...options } = JSON.parse(new URLSearchParams(location.search).get("options"));
const WORDS = `a and the of in to is for with on as by it that from was at this are be an or which but not
have has they more when one all can there were will their about into other some than time new two may
first after people over between most water such well made still many where under three state while
cell protein growth blood heart music street bird stone river market letter light engine model vector
search index browser memory thread`.split(/\s+/);
const ABORTED = 0.1; // of the calls
const LATEST_MS = 80; // when an abort comes

// xorshift32: the same texts for the same seed
let state = seed;
function random() {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / 2 ** 32;
}
const upTo = (n) => 1 + Math.floor(random() * n);

/** Mostly short texts, now and then a page, or nothing. */
function text() {
  const kind = random();
  const length = kind < 0.01 ? 0 : kind < 0.9 ? upTo(16) : kind < 0.99 ? upTo(80) : upTo(500);
  return Array.from({ length }, () => WORDS[Math.floor(random() * WORDS.length)]).join(" ");
}

let embedder, fixed, expected;
const same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);

async function start() {
  embedder = await createEmbedder(model, { cache: false, ...options });
  fixed = Array.from({ length: 5 }, text);
  expected = (await embedder.embed(fixed)).vectors;
  const { isa, wasm, threads } = embedder.info;
  return `${wasm}, ${isa}, ${threads} threads, ${await embedder.replicas} engines`;
}

window.soak = {
  ready: start(),

  /** Until `count` texts have got their vectors. Throws where a call fails otherwise than asked for,
   * and where the vectors of the first texts have changed. */
  async embed(count) {
    const seen = { embedded: 0, calls: 0, aborted: 0 };
    while (seen.embedded < count) {
      const texts = Array.from({ length: random() < 0.5 ? 1 : upTo(64) }, text);
      const stop = new AbortController();
      const timer = random() < ABORTED && setTimeout(() => stop.abort(), random() * LATEST_MS);
      seen.calls++;
      try {
        const { vectors, dim } = await embedder.embed(texts, { signal: stop.signal });
        if (vectors.length !== texts.length * dim || vectors.some((x) => !(Math.abs(x) <= 1))) {
          throw new Error(`vectors of ${texts.length} texts are not what they should be`);
        }
        seen.embedded += texts.length;
      } catch (error) {
        if (error.name !== "AbortError") throw error;
        seen.aborted++;
      } finally {
        clearTimeout(timer);
      }
    }
    const { vectors } = await embedder.embed(fixed);
    if (!same(vectors, expected)) throw new Error("the vectors of the same texts have changed");
    return { ...seen, memory: await embedder.memory() };
  },
};
