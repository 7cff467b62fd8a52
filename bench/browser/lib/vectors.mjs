// Whether the vectors are right, before anything is timed, and whether they find the same.
import { readFileSync } from "node:fs";

/** Rows of a file of float32. */
export function readRows(path, dim) {
  const data = readFileSync(path);
  const all = new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length));
  return split(all, dim);
}

function split(all, dim) {
  return Array.from({ length: all.length / dim }, (_, i) => all.subarray(i * dim, (i + 1) * dim));
}

function decode({ dim, base64 }) {
  const data = Buffer.from(base64, "base64");
  const all = new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length));
  return split(all, dim);
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

export const cosine = (a, b) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));

/** The vectors of the first `count` of the page's texts. */
export async function pageVectors(tab, count, batch) {
  const rows = [];
  for (let i = 0; i < count; i += 256) {
    const some = Math.min(256, count - i);
    rows.push(...decode(await tab.evaluate(`bench.vectors(${i}, ${some}, ${batch})`)));
  }
  return rows;
}

/** How near two lists of vectors are: the least and the mean cosine, the largest difference. */
export function compare(rows, expected) {
  const cosines = rows.map((row, i) => cosine(row, expected[i]));
  let difference = 0;
  rows.forEach((row, i) => {
    row.forEach((x, k) => (difference = Math.max(difference, Math.abs(x - expected[i][k]))));
  });
  return {
    count: rows.length,
    worst: Math.min(...cosines),
    mean: cosines.reduce((a, b) => a + b, 0) / cosines.length,
    difference,
  };
}

/** The documents of each query, nearest first, `k` of them. */
export function rank(queries, documents, k) {
  return queries.map((query) => {
    const scores = documents.map((document) => dot(query, document));
    const order = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b);
    return order.slice(0, k);
  });
}

/** nDCG at the length of the lists, over the queries that have an answer among `ids`. */
export function ndcg(lists, ids, answers) {
  const gains = [];
  lists.forEach((list, i) => {
    const relevant = ids.filter((id) => answers[i][id] > 0).length;
    if (!relevant) return;
    const gain = (place) => 1 / Math.log2(place + 2);
    let got = 0;
    list.forEach((document, place) => {
      if (answers[i][ids[document]] > 0) got += gain(place);
    });
    let best = 0;
    for (let place = 0; place < Math.min(relevant, list.length); place++) best += gain(place);
    gains.push(got / best);
  });
  return { queries: gains.length, ndcg: gains.reduce((a, b) => a + b, 0) / gains.length };
}
