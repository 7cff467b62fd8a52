"""Trains a table of token vectors so that their normalised means behave like the teacher's vectors.

A text's vector is y = x/|x|, x the sum of its tokens' rows. With the teacher's vectors t (all
dimensions) and p (t on the principal axes, unit length), for a batch of B texts, S = y y', G = t t':

    loss = mean(1 - y.p) + gram * mean((S - G)^2) + ranks * mean over rows of KL(softmax(G/T) | softmax(S/T))

without the diagonals in the last. The gradient is written out, rows that a batch does not touch are
not read, and Adam's state is kept per row: a step costs milliseconds on one core.
"""

import dataclasses
import time

import numpy as np
import scipy.sparse as sparse


@dataclasses.dataclass
class Recipe:
    dim: int = 256
    bits: int = 4
    batch: int = 1024
    steps: int = 3600
    rate: float = 6e-3
    gram: float = 5.0
    ranks: float = 0.3
    temperature: float = 0.05
    neighbours: int = 32  # texts of one cluster that stand together in a batch; 0: any texts
    quantize_from: float = 0.75  # the share of the steps after which rows are rounded as they will be stored
    warmup: int = 100
    seed: int = 1


def quantize(rows, bits):
    """Rows rounded to the integers they will be stored as, times their scale: max |x| / (2^(bits-1) - 1)."""
    most = 2 ** (bits - 1) - 1
    scale = np.abs(rows).max(axis=1, keepdims=True) / most
    scale[scale == 0] = 1
    return np.rint(rows / scale) * scale


def axes(vectors, dim):
    """The principal axes of vectors, not centred: (dim, all), and the share of their squared length kept."""
    moment = (vectors.T @ vectors) / len(vectors)
    values, columns = np.linalg.eigh(moment)
    return np.ascontiguousarray(columns[:, ::-1][:, :dim].T), float(values[::-1][:dim].sum() / values.sum())


def unit(rows):
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)


def softmax(scores, temperature):
    """Over each row but its diagonal element."""
    scores = scores / temperature
    np.fill_diagonal(scores, -np.inf)
    scores -= scores.max(axis=1, keepdims=True)
    np.exp(scores, out=scores)
    return scores / scores.sum(axis=1, keepdims=True)


def loss(x, teacher, projected, recipe):
    """(loss, its gradient by x) of a batch."""
    count = len(x)
    length = np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    y = x / length
    difference = y @ y.T
    target = teacher @ teacher.T
    value = float(1 - (y * projected).sum() / count)
    by_scores = np.zeros_like(target)
    if recipe.ranks:
        wanted, found = softmax(target, recipe.temperature), softmax(difference, recipe.temperature)
        logs = np.log(np.maximum(wanted, 1e-30)) - np.log(np.maximum(found, 1e-30))
        value += recipe.ranks * float((wanted * logs).sum() / count)
        by_scores += (found - wanted) * (recipe.ranks / (count * recipe.temperature))
    difference -= target
    value += recipe.gram * float((difference ** 2).mean())
    by_scores += difference * (2 * recipe.gram / count ** 2)
    by_y = (by_scores + by_scores.T) @ y - projected / count
    return value, (by_y - y * (by_y * y).sum(axis=1, keepdims=True)) / length


class Adam:
    """Adam whose moments and number of steps are each row's own."""

    def __init__(self, shape, beta1=0.9, beta2=0.98):
        self.beta1, self.beta2 = beta1, beta2
        self.mean, self.square = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self.count = np.zeros(shape[0], np.int64)

    def step(self, rows, gradient, rate):
        """What to take away from the rows."""
        self.count[rows] += 1
        count = self.count[rows][:, None]
        mean = self.mean[rows]
        mean += (1 - self.beta1) * (gradient - mean)
        square = self.square[rows]
        square += (1 - self.beta2) * (gradient * gradient - square)
        self.mean[rows], self.square[rows] = mean, square
        mean = mean / (1 - self.beta1 ** count).astype(np.float32)
        square = square / (1 - self.beta2 ** count).astype(np.float32)
        return rate * mean / (np.sqrt(square) + 1e-9)


def bag_matrix(ids, starts, batch):
    """(rows used, matrix): matrix @ table[rows] are the sums of the batch's texts."""
    lengths = starts[batch + 1] - starts[batch]
    ends = np.cumsum(lengths)
    places = np.arange(ends[-1]) + np.repeat(starts[batch] - ends + lengths, lengths)
    rows, local = np.unique(ids[places], return_inverse=True)
    pointers = np.concatenate([[0], ends]).astype(np.int32)
    values = np.ones(len(local), np.float32)
    return rows, sparse.csr_matrix((values, local.astype(np.int32), pointers), (len(batch), len(rows)))


def clusters(vectors, count, draw, rounds=5, sample=30000):
    """k-means on the sphere: each vector's cluster."""
    some = vectors[draw.choice(len(vectors), min(sample, len(vectors)), replace=False)].astype(np.float32)
    centres = some[draw.choice(len(some), count, replace=False)]
    for _ in range(rounds):
        nearest = (some @ centres.T).argmax(axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, some)
        empty = np.bincount(nearest, minlength=count) == 0
        sums[empty] = some[draw.choice(len(some), int(empty.sum()))]
        centres = unit(sums)
    out = np.empty(len(vectors), np.int32)
    for start in range(0, len(vectors), 20000):
        out[start:start + 20000] = (vectors[start:start + 20000].astype(np.float32) @ centres.T).argmax(axis=1)
    return out


def batches(numbers, groups, recipe, draw):
    """Endless batches: chunks of one cluster's texts, the chunks in random order."""
    while True:
        order = draw.permutation(len(numbers))
        if recipe.neighbours:
            order = order[np.argsort(groups[order], kind="stable")]
            order = order[:len(order) // recipe.neighbours * recipe.neighbours]
            order = order.reshape(-1, recipe.neighbours)[draw.permutation(len(order) // recipe.neighbours)]
            order = order.reshape(-1)
        for start in range(0, len(order) - recipe.batch + 1, recipe.batch):
            yield numbers[order[start:start + recipe.batch]]


def train(table, ids, starts, vectors, numbers, projection, recipe, report=None, every=250):
    """Trains table (changed in place) on the texts with these numbers; returns the rounded table."""
    draw = np.random.default_rng(recipe.seed)
    numbers = numbers[starts[numbers + 1] > starts[numbers]]
    groups = clusters(vectors[numbers], max(len(numbers) // 750, 8), draw) if recipe.neighbours else None
    adam, stream = Adam(table.shape), batches(numbers, groups, recipe, draw)
    began, mean = time.monotonic(), None
    for step in range(recipe.steps):
        batch = next(stream)
        teacher = vectors[batch].astype(np.float32)
        rows, bags = bag_matrix(ids, starts, batch)
        used = table[rows]
        if step >= recipe.quantize_from * recipe.steps:
            used = quantize(used, recipe.bits)
        value, gradient = loss(bags @ used, teacher, unit(teacher @ projection.T), recipe)
        rate = recipe.rate * min((step + 1) / recipe.warmup, 1) * (1 - step / recipe.steps)
        table[rows] -= adam.step(rows, bags.T @ gradient, rate)
        mean = value if mean is None else 0.99 * mean + 0.01 * value
        if report and (step + 1) % every == 0:
            report(step + 1, mean, time.monotonic() - began, table)
    return quantize(table, recipe.bits)
