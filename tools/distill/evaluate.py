"""Quality of a table of token vectors: STS-B (Spearman) and retrieval in BEIR's layout (nDCG@10)."""

import json
import math

import numpy as np

import vocabulary


def embed(table, described, texts, most=512):
    """Normalised means of token vectors."""
    ids, starts = vocabulary.bags(described, texts, most)
    out = np.zeros((len(texts), table.shape[1]), np.float32)
    for i in range(len(texts)):
        row = table[ids[starts[i]:starts[i + 1]]].sum(axis=0)
        out[i] = row / max(np.linalg.norm(row), 1e-12)
    return out


def ranks(values):
    """Ranks from 0, the mean rank where values are equal."""
    values = np.asarray(values)
    order = np.argsort(values, kind="stable")
    sorted_values = values[order]
    first = np.searchsorted(sorted_values, sorted_values, "left")
    last = np.searchsorted(sorted_values, sorted_values, "right")
    out = np.empty(len(values))
    out[order] = (first + last - 1) / 2
    return out


def spearman(a, b):
    return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


def sts(encode, path):
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    a, b = encode([row[5] for row in rows]), encode([row[6] for row in rows])
    return spearman((a * b).sum(axis=1), [float(row[4]) for row in rows])


def ndcg(order, relevant, at=10):
    """order: documents, best first; relevant: document -> gain."""
    gain = sum(relevant.get(doc, 0) / math.log2(i + 2) for i, doc in enumerate(order[:at]))
    best = sum(g / math.log2(i + 2) for i, g in enumerate(sorted(relevant.values(), reverse=True)[:at]))
    return gain / best


def retrieval(queries, documents, relevant, at=10):
    """Mean nDCG of vectors: relevant[i] is a dict {document's number: gain}."""
    total = 0.0
    for start in range(0, len(queries), 256):
        scores = queries[start:start + 256] @ documents.T
        top = np.argpartition(-scores, at, axis=1)[:, :at]
        for row in range(len(scores)):
            order = top[row][np.argsort(-scores[row, top[row]], kind="stable")]
            total += ndcg([int(d) for d in order], relevant[start + row], at)
    return total / len(queries)


def beir(encode, folder):
    documents, place = [], {}
    for line in (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        place[str(entry["_id"])] = len(documents)
        documents.append(f"{entry.get('title', '')} {entry['text']}".strip())
    texts = {}
    for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        texts[str(entry["_id"])] = entry["text"]
    judged = {}
    for line in (folder / "qrels-test.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, gain = line.split("\t")
        if int(gain) > 0:
            judged.setdefault(query, {})[place[document]] = int(gain)
    numbers = sorted(judged)
    return retrieval(encode([texts[q] for q in numbers]), encode(documents), [judged[q] for q in numbers])
