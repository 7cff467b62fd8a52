/* From many dimensions to two, in a worker: UMAP (umap-js) lays out up to SAMPLE documents; where there
 * are more, the others come to lie among those of the sample that they are most like. */
import {UMAP} from 'umap-js';
import {ASPECT} from './view.ts';

const SAMPLE = 2000;
const EPOCHS = 300;
const NEIGHBOURS = 15;
const PLACED_BY = 4;
/** Directions that the nearest are looked for in, where there are more documents than the sample. */
const SKETCH = 48;

export interface Project {
  /** [n, dim], unit length. */
  vectors: Float32Array;
  n: number;
  dim: number;
}

export type Progress = (share: number, step: string) => void;

/** The same numbers each time: a map that changes when it is opened again is no map. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function row({vectors, dim}: Project, i: number): Float32Array {
  return vectors.subarray(i * dim, (i + 1) * dim);
}

/** Of each of the sample its nearest, itself first: exact, which is quicker here than to approximate. */
function neighbours(given: Project, sample: Uint32Array, k: number): {indices: number[][]; distances: number[][]} {
  const {dim} = given;
  const rows = new Float32Array(sample.length * dim);
  sample.forEach((i, s) => rows.set(row(given, i), s * dim));
  const indices: number[][] = [];
  const distances: number[][] = [];
  const away = new Float32Array(sample.length);
  for (let a = 0; a < sample.length; a++) {
    for (let b = 0; b < sample.length; b++) {
      let dot = 0;
      for (let d = 0; d < dim; d++) dot += rows[a * dim + d]! * rows[b * dim + d]!;
      away[b] = Math.max(0, 1 - dot);
    }
    away[a] = -1;
    const best = smallest(away, k);
    indices.push(best);
    distances.push(best.map((b) => Math.max(0, away[b]!)));
  }
  return {indices, distances};
}

/** Places of the k smallest, in order. */
function smallest(values: Float32Array, k: number): number[] {
  const best: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (best.length === k && values[i]! >= values[best[k - 1]!]!) continue;
    let at = best.length;
    while (at > 0 && values[best[at - 1]!]! > values[i]!) at--;
    best.splice(at, 0, i);
    if (best.length > k) best.pop();
  }
  return best;
}

/** A random projection keeps angles nearly as they are, and costs a fraction. */
function sketch({vectors, n, dim}: Project, random: () => number): Float32Array {
  const directions = Float32Array.from({length: SKETCH * dim}, () => (random() < 0.5 ? -1 : 1));
  const out = new Float32Array(n * SKETCH);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < SKETCH; k++) {
      let sum = 0;
      for (let d = 0; d < dim; d++) sum += vectors[i * dim + d]! * directions[k * dim + d]!;
      out[i * SKETCH + k] = sum;
    }
  }
  return out;
}

/** Places of `i` in the sketch's nearest of the sample. */
function nearest(sketches: Float32Array, sample: Uint32Array, i: number): {place: number; weight: number}[] {
  const against = new Float32Array(sample.length);
  for (let s = 0; s < sample.length; s++) {
    let dot = 0;
    const other = sample[s]! * SKETCH;
    for (let k = 0; k < SKETCH; k++) dot += sketches[i * SKETCH + k]! * sketches[other + k]!;
    against[s] = -dot;
  }
  const best = smallest(against, PLACED_BY);
  const top = against[best[0]!]!;
  return best.map((place) => ({place, weight: Math.exp(8 * (top - against[place]!) / Math.max(Math.abs(top), 1e-6))}));
}

/** [n, 2]: x in 0 .. ASPECT, y in 0 .. 1. Directions mean nothing: each axis is spread by itself. */
function fitted(points: Float32Array): Float32Array {
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  for (let i = 0; i < points.length; i++) {
    low[i & 1] = Math.min(low[i & 1]!, points[i]!);
    high[i & 1] = Math.max(high[i & 1]!, points[i]!);
  }
  const size = [0, 1].map((axis) => Math.max(high[axis]! - low[axis]!, 1e-9) / (axis === 0 ? ASPECT : 1));
  return points.map((value, i) => (value - low[i & 1]!) / size[i & 1]!);
}

export function project(given: Project, progress: Progress): Float32Array {
  const {n} = given;
  const random = generator(n);
  if (n < 4) return Float32Array.from({length: 2 * n}, (_, i) => (i & 1 ? 0.5 : ASPECT * (i / 2 + 1) / (n + 1)));
  const count = Math.min(n, SAMPLE);
  const sample = Uint32Array.from({length: count}, (_, i) => Math.floor(i * n / count));
  const k = Math.min(NEIGHBOURS, count - 1);
  const umap = new UMAP({nComponents: 2, nNeighbors: k, minDist: 0.12, nEpochs: EPOCHS, random});
  progress(0, 'looking for neighbours');
  const {indices, distances} = neighbours(given, sample, k);
  umap.setPrecomputedKNN(indices, distances);
  const epochs = umap.initializeFit([...sample].map((i) => row(given, i) as unknown as number[]));
  for (let epoch = 0; epoch < epochs; epoch++) {
    umap.step();
    if (epoch % 10 === 0) progress(epoch / epochs, 'laying out');
  }
  const laid = umap.getEmbedding();
  const points = new Float32Array(2 * n);
  if (count === n) {
    laid.forEach(([x, y], i) => points.set([x!, y!], 2 * i));
    return fitted(points);
  }
  const sketches = sketch(given, random);
  for (let i = 0; i < n; i++) {
    const around = nearest(sketches, sample, i);
    const sum = around.reduce((all, {weight}) => all + weight, 0);
    for (const axis of [0, 1]) {
      const value = around.reduce((all, {place, weight}) => all + weight * laid[place]![axis]!, 0) / sum;
      points[2 * i + axis] = value + (random() - 0.5) * 0.05;
    }
    if (i % 250 === 0) progress(i / n, 'placing the others');
  }
  return fitted(points);
}
