// One engine in a page. Its address says which and how: ?engine=NAME&options=JSON&text=FIRST.
// The engine's module has `open(options)`, which gives { name, embed(texts), close() }; embed
// resolves to one array of numbers a text, of length 1.
const query = new URLSearchParams(location.search);
const asked = { dispatches: 0, submits: 0 };

/** Count what this page, not its workers, asks of a GPU. */
function count() {
  const wrap = (prototype, name, key) => {
    const real = prototype[name];
    prototype[name] = function (...words) {
      asked[key]++;
      return real.apply(this, words);
    };
  };
  wrap(GPUComputePassEncoder.prototype, "dispatchWorkgroups", "dispatches");
  wrap(GPUComputePassEncoder.prototype, "dispatchWorkgroupsIndirect", "dispatches");
  wrap(GPUQueue.prototype, "submit", "submits");
}

async function start() {
  const options = JSON.parse(query.get("options"));
  if (options.gpu) count();
  const { open } = await import(`./engines/${query.get("engine")}.js`);
  const engine = await open(options);
  const openMs = performance.now();
  await engine.embed([query.get("text")]);
  const firstVectorMs = performance.now(); // since the navigation began
  const { methodsOf } = await import("./methods.js");
  Object.assign(window.bench, methodsOf(engine, read));
  return { firstVectorMs, openMs, name: engine.name };
}

async function read(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.text();
}

window.bench = {
  ready: start(),

  /** What `work` asks of the GPU. */
  async asks(work) {
    Object.assign(asked, { dispatches: 0, submits: 0 });
    await work();
    return { ...asked };
  },
};
