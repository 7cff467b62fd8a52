// Results as one JSON object and as Markdown tables.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { WAYS } from "./engines.mjs";
import { median, spread } from "./measure.mjs";

const QUIET = 0.15; // cores that others may use before a turn counts as disturbed
const TELLING = ["avx2", "avx_vnni", "avx512f", "avx512_vnni", "asimddp", "i8mm"];

export function machine() {
  const info = readFileSync("/proc/cpuinfo", "utf8");
  const flags = new Set((/^(?:flags|Features)\s*: (.*)/m.exec(info)?.[1] ?? "").split(" "));
  return {
    cpu: /^model name\s*: (.*)/m.exec(info)?.[1] ?? os.arch(),
    instructions: TELLING.filter((name) => flags.has(name)),
    cores: os.cpus().length,
    system: `${os.type()} ${os.release()}`,
  };
}

export function commit(folder) {
  const git = (...words) => execFileSync("git", ["-C", folder, ...words], { encoding: "utf8" }).trim();
  return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain") ? " with changes" : "");
}

/** How many times the first entrant of a contest is as fast as each other, round by round. */
function paired(rows, key) {
  const out = [];
  for (const row of rows) {
    const { contest, workload, entrant } = row;
    const base = rows.find((one) => one.contest === contest).entrant;
    const mine = rows.find((one) => {
      return one.entrant === base && one.workload === workload && one.contest === contest;
    });
    if (row === mine || !row[key]) continue;
    const less = workload === "latency" || workload === "load"; // milliseconds
    const ratios = mine[key].map((value, i) => (less ? row[key][i] / value : value / row[key][i]));
    out.push({ base, entrant, workload, contest, ...spread(ratios) });
  }
  return out;
}

export function pair(results) {
  results.paired = paired(results.rows, "rounds");
  results.pairedCpu = paired(results.rows, "roundsPerCpuSecond");
}

const fixed = (value, digits) => (value === undefined ? "" : value.toFixed(digits));
const between = (of, digits) => {
  return of ? `${of.median.toFixed(digits)} (${of.min.toFixed(digits)}–${of.max.toFixed(digits)})` : "";
};
const mb = (bytes) => (bytes / 1e6).toFixed(bytes < 1e6 ? 2 : 1);

function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)];
}

const entrantsOf = (rows) => [...new Set(rows.map((row) => row.entrant))];

function speeds(rows) {
  const speed = (row) => (row ? `${between(row.textsPerSecond, 1)}, b${row.batch}` : "");
  const head = ["entrant", "512 docs/s", "mixed docs/s", "short texts/s", "p50 ms", "p95 ms"];
  head.push("wasm MB", "renderer MB, peak");
  const body = entrantsOf(rows).map((name) => {
    const of = (workload) => rows.find((row) => row.entrant === name && row.workload === workload);
    const texts = ["512", "mixed", "short"].map(of);
    const most = (key) => Math.max(...texts.map((row) => row?.[key] ?? 0)) || undefined;
    return [
      name,
      ...texts.map(speed),
      fixed(of("latency")?.p50Ms, 2),
      fixed(of("latency")?.p95Ms, 2),
      fixed(most("wasmMb"), 0),
      fixed(most("peakRendererMb"), 0),
    ];
  });
  return body.length ? table(head, body) : [];
}

function ratios(list, title) {
  if (!list.length) return [];
  const workloads = [...new Set(list.map((row) => row.workload))];
  const body = entrantsOf(list).map((name) => [
    name,
    ...workloads.map((workload) => {
      const row = list.find((one) => one.entrant === name && one.workload === workload);
      return row
        ? `${row.median.toFixed(2)} (${row.min.toFixed(2)}–${row.max.toFixed(2)})`
        : "";
    }),
  ]);
  return ["", `${title}:`, "", ...table(["than", ...workloads], body)];
}

function loads(rows, [mbits, rttMs]) {
  if (!rows.length) return [];
  const head = ["entrant", `first visit ms`, "again ms", "runtime MB", "gzip", "brotli", "model MB"];
  head.push("renderer MB");
  const body = rows.map(({ entrant, coldMs, warmMs, bytes, firstVectorRendererMb }) => [
    entrant,
    between(coldMs, 0),
    between(warmMs, 0),
    ...["raw", "gzip", "brotli"].map((kind) => (bytes ? mb(bytes.runtime[kind]) : "")),
    bytes ? mb(bytes.model.raw) : "",
    fixed(firstVectorRendererMb, 0),
  ]);
  const network = `First visit at ${mbits} Mbit/s and ${rttMs} ms a request, brotli where it helps.`;
  return ["", "### From the navigation, or the start of Node, to the first vector", "", network, "", ...table(head, body)];
}

function searches(rows) {
  if (!rows.length) return [];
  const head = ["entrant", "beside", "largest difference", "worst cosine", "mean"];
  head.push("same first ten, in order", "as a set", "nDCG@10", "its");
  const body = rows.map((row) => [
    row.entrant,
    row.reference,
    row.difference.toExponential(1),
    Math.min(row.cosine.worst, row.cosineQueries.worst).toFixed(7),
    row.cosine.mean.toFixed(7),
    `${row.sameLists} of ${row.queries}`,
    `${row.sameSets} of ${row.queries}`,
    row.ndcg.ndcg.toFixed(4),
    row.referenceNdcg.ndcg.toFixed(4),
  ]);
  const title = `### Search: ${rows[0].documents} SciFact documents, ${rows[0].queries} queries`;
  return ["", title, "", ...table(head, body)];
}

function accuracy(rows) {
  const checked = rows.filter((row) => row.cosine && row.textsPerSecond);
  if (!checked.length) return [];
  const body = entrantsOf(checked).map((name) => {
    const of = checked.filter((row) => row.entrant === name).map((row) => row.cosine);
    return [
      name,
      Math.min(...of.map((one) => one.worst)).toFixed(6),
      (of.reduce((a, b) => a + b.mean, 0) / of.length).toFixed(6),
    ];
  });
  const head = ["entrant", "worst cosine to sentence-transformers in f32", "mean"];
  return ["", "### Vectors that were checked", "", ...table(head, body)];
}

function asked(rows) {
  const of = rows.filter((row) => row.asks);
  if (!of.length) return [];
  const workloads = [...new Set(of.map((row) => row.workload))];
  const body = entrantsOf(of).map((name) => [
    name,
    ...workloads.map((workload) => {
      const row = of.find((one) => one.entrant === name && one.workload === workload);
      return row ? `${row.asks.dispatches} in ${row.asks.submits}, b${row.batch}` : "";
    }),
  ]);
  const title = "### Dispatches of one call, and in how many submissions";
  return ["", title, "", ...table(["entrant", ...workloads], body)];
}

function caution(results) {
  const every = results.rows.flatMap((row) => row.foreignCores ?? []);
  const disturbed = every.filter((cores) => cores > QUIET);
  if (!disturbed.length) return [];
  const text = `Caution: in ${disturbed.length} of ${every.length} turns other processes used more`;
  return ["", `${text} than ${QUIET} cores (median ${median(disturbed).toFixed(2)}).`];
}

export function markdown(results) {
  const { cpu, cores, instructions, system } = results.machine;
  const lines = [
    `${cpu}, ${cores} cores (${instructions.join(", ")}), ${system}; ${results.chromium}; ` +
      `lode at ${results.commit}; ${results.rounds} rounds.`,
  ];
  lines.push("Medians (least–most) of rounds in which the entrants took turns. b32: 32 texts a call;");
  lines.push(`${Object.entries(WAYS).map(([name, way]) => `@${name}: ${way.title}`).join("; ")}.`);
  for (const contest of new Set(results.rows.map((row) => row.contest))) {
    const rows = results.rows.filter((row) => row.contest === contest);
    const timed = rows.filter((row) => row.textsPerSecond || row.p50Ms);
    if (timed.length) lines.push("", `### ${contest}`, "", ...speeds(timed));
    const [base] = entrantsOf(rows);
    const of = (list) => list.filter((row) => row.contest === contest && row.base === base);
    lines.push(...ratios(of(results.paired), `How many times faster ${base} is, round by round`));
    const byCpu = of(results.pairedCpu);
    lines.push(...ratios(byCpu, "The same by CPU time, which neighbours disturb less"));
  }
  lines.push(...loads(results.rows.filter((row) => row.workload === "load"), results.network));
  lines.push(...searches(results.rows.filter((row) => row.workload === "search")));
  lines.push(...asked(results.rows), ...accuracy(results.rows), ...caution(results));
  return `${lines.join("\n")}\n`;
}

export function write(results, folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "browser.json"), `${JSON.stringify(results, null, 1)}\n`);
  writeFileSync(path.join(folder, "browser.md"), markdown(results));
}
