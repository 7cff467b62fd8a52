// node-llama-cpp's side of the protocol (see ../README.md): one text a call is what it offers.
//   node llama_worker.mjs NODE_DIR MODEL.gguf THREADS MAX_TOKENS
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [nodeDir, modelPath, threadsWord, maxWord] = process.argv.slice(2);
const threads = Number(threadsWord);
const maxTokens = Number(maxWord);
const packageDir = `${nodeDir}/node_modules/node-llama-cpp`;
const { version } = createRequire(import.meta.url)(`${packageDir}/package.json`);
const { getLlama, LlamaLogLevel } = await import(pathToFileURL(`${packageDir}/dist/index.js`).href);

const llama = await getLlama({
  gpu: false,
  build: "never",
  maxThreads: threads,
  logLevel: LlamaLogLevel.error,
  progressLogs: false,
});
const model = await llama.loadModel({ modelPath });
const context = await model.createEmbeddingContext({ contextSize: 1024, batchSize: 1024, threads });

async function embed(text) {
  const tokens = model.tokenize(text).slice(0, maxTokens - 2); // [CLS] and [SEP] come to them
  const { vector } = await context.getEmbeddingFor(tokens);
  const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
  return vector.map((x) => x / norm);
}

const requests = {
  texts(path) {
    texts = readFileSync(path, "utf8").split("\n").slice(0, -1);
    return { texts: texts.length };
  },
  async embed(words) {
    const count = Number(words.split(" ")[0]);
    const start = performance.now();
    for (const text of texts.slice(0, count)) await embed(text);
    return { seconds: (performance.now() - start) / 1e3 };
  },
  async latency(count) {
    const ms = [];
    for (let i = 0; i < Number(count); i++) {
      const start = performance.now();
      await embed(texts[i % texts.length]);
      ms.push(performance.now() - start);
    }
    return { ms };
  },
  async vectors(words) {
    const path = words.slice(words.indexOf(" ") + 1);
    const rows = [];
    for (const text of texts) rows.push(Float32Array.from(await embed(text)));
    writeFileSync(path, Buffer.concat(rows.map((row) => Buffer.from(row.buffer))));
    return { rows: rows.length, dim: rows[0].length };
  },
};

let texts = [];
const answer = (fields) => console.log(JSON.stringify(fields));
answer({ engine: `llama.cpp by node-llama-cpp ${version}, ${modelPath.match(/-(\w+)\.gguf$/)[1]}` });
for await (const line of createInterface({ input: process.stdin })) {
  const [, name, rest] = line.match(/^(\S+) ?(.*)$/);
  if (name === "quit") break;
  answer(requests[name] ? await requests[name](rest) : { error: `"${name}" is no request` });
}
process.exit(0);
