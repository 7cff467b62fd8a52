// One engine in Node: asks come in as lines of JSON, answers go out so. The first says which engine
// and how: {engine, options, text}; the others are expressions of `bench`.
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { methodsOf } from "../pages/methods.js";

let bench;

async function start({ engine: name, options, text }) {
  const { open } = await import(`./${name}.mjs`);
  const engine = await open(options);
  const openMs = performance.now();
  await engine.embed([text]);
  bench = methodsOf(engine, (file) => readFile(file, "utf8"));
  return { firstVectorMs: performance.now(), openMs, name: engine.name }; // since the process began
}

async function answer(line) {
  const asked = JSON.parse(line);
  try {
    const value = await (asked.engine ? start(asked) : new Function("bench", `return ${asked.expression}`)(bench));
    return { value };
  } catch (error) {
    return { error: String(error.stack) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
}
process.exit(0);
