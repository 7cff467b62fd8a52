#!/usr/bin/env python3
"""How the two legs of a search are best joined, and when nothing found is relevant: measured.

    fusion.py [--driver BUILD/tests/index_search_driver] [--lode BUILD/lode] [--cache FOLDER]
              --model NAME=DIRECTORY ... COLLECTION ...

COLLECTION is a folder in BEIR's layout (corpus.jsonl, queries.jsonl, qrels/test.tsv). Each document
is one chunk, title and text, cut where the model cuts it. Prints, for each model, nDCG@10 of the
legs and of ways to fuse them, made here from the legs' scores; then that of the library itself;
then how often it takes the collection's own questions for relevant and those of the others not.
Needs numpy. The weights in src/index/search/search.h come from these tables (docs/search.md)."""

import argparse
import collections
import json
import math
import pathlib
import re
import subprocess
import sys

import numpy as np

DEPTH = 100
UNRELATED_QUESTIONS = 60


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def one_line(text):
    return re.sub(r"[\t\n\r\0]", " ", text)


class Collection:
    def __init__(self, folder, cache):
        self.name = folder.name
        self.cache = cache
        self.documents = lines(folder / "corpus.jsonl")
        self.queries = [q for q in lines(folder / "queries.jsonl")]
        self.relevant = collections.defaultdict(dict)
        with open(folder / "qrels" / "test.tsv", encoding="utf-8") as file:
            for query, document, score in (x.rstrip("\n").split("\t") for x in list(file)[1:]):
                if int(score) > 0:
                    self.relevant[query][document] = int(score)
        self.queries = [q for q in self.queries if q["_id"] in self.relevant]
        self.path("documents.tsv").write_text("".join(
            f"{d['_id']}\t{one_line(d.get('title', ''))}\t{one_line(d['text'])}\n" for d in self.documents))
        self.write_queries(self.path("queries.tsv"), self.queries)
        self.number = {d["_id"]: i for i, d in enumerate(self.documents)}

    def path(self, end):
        return self.cache / f"{self.name}.{end}"

    @staticmethod
    def write_queries(path, queries):
        path.write_text("".join(f"{q['_id']}\t{one_line(q['text'])}\n" for q in queries))

    def ndcg(self, query, ranked):
        relevant = self.relevant[query]
        gain = sum((2 ** relevant.get(d, 0) - 1) / math.log2(i + 2) for i, d in enumerate(ranked[:10]))
        best = sorted(relevant.values(), reverse=True)[:10]
        return gain / sum((2 ** r - 1) / math.log2(i + 2) for i, r in enumerate(best))


def embed(lode, model, directory, collection, what, texts):
    """Unit vectors, f32, in a file that is kept."""
    target = collection.path(f"{model}.{what}.npy")
    if not target.exists():
        source = collection.path(f"{what}.txt")
        source.write_text("".join(one_line(t) + "\n" for t in texts))
        subprocess.run([lode, "embed", "-q", "-m", directory, "-i", str(source), "-o", str(target)], check=True)
    rows = np.load(target)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    rows.tofile(target.with_suffix(".f32"))
    return rows


def search(driver, collection, model, mode, count, queries="queries", weight=0, unrelated=0, dim=0):
    """Results and verdicts of the library: {query: [(document, score, keyword)]}, {query: bool}."""
    command = [driver, str(collection.path(f"{model}.lode")), str(collection.path("documents.tsv")),
               str(collection.path(f"{queries}.tsv")), mode, str(count), str(weight), str(unrelated), str(dim),
               str(collection.path(f"{model}.documents.f32")), str(collection.path(f"{model}.{queries}.f32"))]
    found, relevant = collections.defaultdict(list), {}
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for row in (line.split("\t") for line in output.split("\n")):
        if row[0] == "D":
            found[row[1]].append((row[2], float(row[3]), float(row[4])))
        elif row[0] == "Q":
            relevant[row[1]] = row[3] == "1"
    return found, relevant


# ---------------------------------------------------------------- ways to fuse


def rank_sum(weight, k):
    def fuse(keyword, cosine):
        out = np.zeros(len(cosine))
        for part, scores in ((1 - weight, keyword), (weight, cosine)):
            order = np.argsort(-scores, kind="stable")[:DEPTH]
            order = order[scores[order] > 0] if scores is keyword else order
            out[order] += part / (k + 1 + np.arange(len(order)))
        return out
    return fuse


def scaled(weight, scale):
    return lambda keyword, cosine: (1 - weight) * scale(keyword) + weight * scale(cosine)


def least_to_most(scores):
    top = np.sort(scores)[-DEPTH:]
    return np.maximum(scores - top[0], 0) / max(top[-1] - top[0], 1e-9)


def z_score(scores):
    top = np.sort(scores)[-DEPTH:]
    return np.maximum(scores - top.mean(), top[0] - top.mean()) / max(top.std(), 1e-9)


def absolute(weight):
    return lambda keyword, cosine: (1 - weight) * keyword + weight * cosine


def gated(weight):
    """Less of meaning where the keywords are sure of themselves."""
    def fuse(keyword, cosine):
        part = weight * (1 - keyword.max())
        return (1 - part) * least_to_most(keyword) + part * least_to_most(cosine)
    return fuse


WAYS = [(f"ranks, k = {k}, weight {w}", rank_sum(w, k)) for k, w in ((60, .5), (60, .3), (10, .5))]
WAYS += [(f"least to most, weight {w}", scaled(w, least_to_most)) for w in (.3, .5)]
WAYS += [(f"z-scores, weight {w}", scaled(w, z_score)) for w in (.3, .5)]
WAYS += [(f"gated by the keywords' best, weight {w}", gated(w)) for w in (.5, .8)]
WAYS += [(f"absolute, weight {w}", absolute(w)) for w in (.2, .3, .4, .5, .6)]


def measure_model(options, model, directory, sets):
    print(f"\n{model:42}" + "".join(f"{c.name:>11}" for c in sets) + "       mean  least over keywords")
    data = []
    for c in sets:
        documents = embed(options.lode, model, directory, c, "documents",
                          [f"{d.get('title', '')} {d['text']}".strip() for d in c.documents])
        queries = embed(options.lode, model, directory, c, "queries", [q["text"] for q in c.queries])
        found, _ = search(options.driver, c, model, "keyword", DEPTH, dim=documents.shape[1])
        share = np.zeros((len(c.queries), len(c.documents)))
        for i, query in enumerate(c.queries):
            for document, _, keyword in found[query["_id"]]:
                share[i, c.number[document]] = keyword
        data.append((share, queries @ documents.T))

    base = None

    def row(name, values):
        nonlocal base
        base = base or values
        least = min(a - b for a, b in zip(values, base))
        print(f"{name:42}" + "".join(f"{v:11.4f}" for v in values) + f"{np.mean(values):11.4f}{least:+11.4f}",
              flush=True)

    def fused(fuse):
        values = []
        for c, (share, cosine) in zip(sets, data):
            total = 0
            for i, query in enumerate(c.queries):
                some = np.union1d(np.flatnonzero(share[i]), np.argsort(-cosine[i], kind="stable")[:DEPTH])
                scores = fuse(share[i][some], cosine[i][some])
                order = [k for k in np.argsort(-scores, kind="stable")[:10] if scores[k] != 0]
                total += c.ndcg(query["_id"], [c.documents[some[k]]["_id"] for k in order])
            values.append(total / len(c.queries))
        return values

    row("keywords", fused(lambda keyword, cosine: keyword))
    row("meaning", fused(lambda keyword, cosine: cosine))
    for name, fuse in WAYS:
        row(name, fused(fuse))
    dims = [np.load(c.path(f"{model}.documents.npy"), mmap_mode="r").shape[1] for c in sets]
    for mode, weight in (("semantic", 0), ("hybrid", 0), ("hybrid", .5), ("hybrid+", 0)):
        values = []
        for c, dim in zip(sets, dims):
            found, _ = search(options.driver, c, model, mode, 10, weight=weight, dim=dim)
            values.append(np.mean([c.ndcg(q["_id"], [d for d, _, _ in found[q["_id"]]]) for q in c.queries]))
        row(f"lode, {mode}, weight {weight or 'default'}", values)
    relevance(options, model, sets, dims)


def relevance(options, model, sets, dims):
    """Own questions that are refused, and those of other collections that are not."""
    rows = {c.name: np.load(c.path(f"{model}.queries.npy")) for c in sets}
    mean = []
    for i, a in enumerate(sets):
        for b in sets[:i]:
            x, y = (rows[c.name] / np.linalg.norm(rows[c.name], axis=1, keepdims=True) for c in (a, b))
            mean.append(float((x @ y.T).mean()))
    unrelated = round(max(float(np.mean(mean)), 0), 3)
    print(f"cosine of unrelated questions: {unrelated}")
    for mode in ("hybrid", "keyword", "semantic"):
        refused, accepted = [], []
        for c, dim in zip(sets, dims):
            _, verdict = search(options.driver, c, model, mode, 1, unrelated=unrelated, dim=dim)
            refused.append(1 - np.mean(list(verdict.values())))
            others, vectors = [], []
            for o in sets:
                if o is c or (c.name, o.name) in options.related or (o.name, c.name) in options.related:
                    continue
                step = max(len(o.queries) // UNRELATED_QUESTIONS, 1)
                others += [{"_id": f"{o.name}.{q['_id']}", "text": q["text"]} for q in o.queries[::step]]
                vectors.append(rows[o.name][::step])
            c.write_queries(c.path("others.tsv"), others)
            np.concatenate(vectors).astype(np.float32).tofile(c.path(f"{model}.others.f32"))
            _, verdict = search(options.driver, c, model, mode, 1, "others", unrelated=unrelated, dim=dim)
            accepted.append(np.mean(list(verdict.values())))
        for name, values in (("own refused", refused), ("others accepted", accepted)):
            print(f"{mode + ': ' + name:42}" + "".join(f"{v:11.3f}" for v in values) + f"{np.mean(values):11.3f}",
                  flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driver", default="build/tests/index_search_driver")
    parser.add_argument("--lode", default="build/lode")
    parser.add_argument("--cache", type=pathlib.Path, default=pathlib.Path("build/bench-search"))
    parser.add_argument("--model", action="append", required=True, metavar="NAME=DIRECTORY")
    parser.add_argument("--related", action="append", default=[], metavar="A,B",
                        help="collections on the same things: their questions are not unrelated")
    parser.add_argument("collections", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    options.related = {tuple(pair.split(",")) for pair in options.related}
    options.cache.mkdir(parents=True, exist_ok=True)
    sets = [Collection(folder, options.cache) for folder in options.collections]
    for c in sets:
        print(f"{c.name}: {len(c.documents)} documents, {len(c.queries)} queries")
    for model in options.model:
        name, _, directory = model.partition("=")
        measure_model(options, name, directory, sets)


if __name__ == "__main__":
    sys.exit(main())
