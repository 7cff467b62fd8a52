// The engines, and the ways of running them. An entrant of a measurement is one engine in one way.

/** How much of the machine an engine may use. Without isolation a page has no shared memory:
 * threads are then not to be had, and only lode runs copies of itself instead. */
export const WAYS = {
  1: { title: "one thread", threads: 1, isolated: false },
  "1i": { title: "one thread, isolated page", threads: 1, isolated: true },
  2: { title: "two threads, isolated page", threads: 2, isolated: true },
  "2r": { title: "two replicas, no isolation", threads: 2, isolated: false },
  gpu: { title: "WebGPU", threads: 1, isolated: false, gpu: true },
  n20: { title: "Node 20, one thread", threads: 1, node: "20" },
  n20x2: { title: "Node 20, two threads", threads: 2, node: "20" },
  n: { title: "current Node, one thread", threads: 1, node: "current" },
  nx2: { title: "current Node, two threads", threads: 2, node: "current" },
};
const NODE_WAYS = ["n20", "n20x2", "n", "nx2"];

const lode = (dtype, more = {}) => ({
  page: "lode",
  // The worst cosine to the reference that is let pass: what this kind of number costs.
  worst: dtype === "f32" ? 0.99999 : 0.98,
  // The native library's vectors, and how far a number of these may be from them.
  reference: `lode-${dtype}`,
  difference: 1e-6,
  runtime: ["/lode/"],
  batches: true,
  ways: Object.keys(WAYS),
  options: (limit) => ({ model: `/models/lode-${limit}.${dtype}.lode-model`, ...more }),
  nodeOptions: ({ home }, limit, js) => ({ file: `${home}/models/lode-${limit}.${dtype}.lode-model`, package: js, ...more }),
});

const transformers = (dtype, worst, worstCut) => ({
  page: "transformers",
  worst,
  // It cuts long texts with their last token, [SEP], where others keep that.
  worstCut,
  runtime: ["/npm/"],
  package: "@huggingface/transformers",
  batches: true,
  ways: ["1", "1i", "2", ...(dtype === "fp32" ? ["gpu"] : []), ...NODE_WAYS],
  options: () => ({ dtype }),
  nodeOptions: ({ home, modules }) => ({ dtype, modules, models: `${home}/models` }),
});

export const ENGINES = {
  "lode-int8": lode("int8"),
  "lode-f32": lode("f32"),
  "lode-int8-simd128": lode("int8", { isa: "simd128" }),
  "lode-int8-relaxed": lode("int8", { isa: "relaxed" }),
  "lode-f32-simd128": lode("f32", { isa: "simd128" }),
  "lode-f32-relaxed": lode("f32", { isa: "relaxed" }),
  "transformers-q8": transformers("q8", 0.97, 0.97),
  "transformers-f32": transformers("fp32", 0.99999, 0.99),
  "wllama-q8_0": {
    page: "wllama",
    worst: 0.999,
    runtime: ["/npm/"],
    package: "@wllama/wllama",
    batches: false,
    workloads: ["512", "short", "latency", "load"], // it has no way to cut a text at 256 tokens
    ways: ["1", "1i", "2"],
    options: () => ({ file: "/models/minilm-q8_0.gguf" }),
  },
};

export const DEFAULT = ["lode-int8", "lode-f32", "transformers-q8", "transformers-f32", "wllama-q8_0"];

/** "lode-int8@2" -> an entrant; without a way, `way` is taken. */
export function entrant(word, way, found) {
  const [name, own] = word.split("@");
  const engine = ENGINES[name];
  if (!engine) throw new Error(`no engine "${name}"; there are: ${Object.keys(ENGINES).join(", ")}`);
  const chosen = own ?? way;
  if (!WAYS[chosen]) throw new Error(`no way "${chosen}"; there are: ${Object.keys(WAYS).join(", ")}`);
  if (!engine.ways.includes(chosen)) return null;
  const { threads, isolated, node, gpu = false } = WAYS[chosen];
  const common = (limit) => ({ maxTokens: limit, threads, version: found.versions[engine.package] });
  return {
    key: `${name}@${chosen}`,
    name,
    way: chosen,
    engine,
    isolated,
    gpu,
    node,
    /** What Node is started with. */
    start: (limit, text, js) => ({
      engine: engine.page,
      options: { ...engine.nodeOptions(found, limit, js), ...common(limit) },
      text,
    }),
    /** The page's address for texts of up to `limit` tokens. */
    url(server, limit, text, more = {}) {
      const options = { ...engine.options(limit), ...common(limit), gpu, ...more };
      const query = new URLSearchParams({
        engine: engine.page,
        options: JSON.stringify(options),
        text,
      });
      return `${server.origin(isolated)}/bench.html?${query}`;
    },
  };
}
