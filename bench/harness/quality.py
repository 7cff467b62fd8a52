"""What becomes of the vectors: how near they are to the reference, how well they rank."""

import array
import json
import math
import statistics

from harness.measure import Workers


def vectors(home, peer, threads, workload):
    """Every text's vector: a list of float arrays."""
    path = home.path / f"vectors-{peer.name}-{workload}.f32"
    with Workers(home, [peer], threads, workload) as workers:
        answer = workers.of[peer.name].ask(f"vectors 32 {path}")
    data = array.array("f", path.read_bytes())
    path.unlink()
    dim = answer["dim"]
    return [data[i : i + dim] for i in range(0, len(data), dim)]


def dot(a, b):
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


def cosine(a, b):
    return dot(a, b) / math.sqrt(dot(a, a) * dot(b, b))


def ranks(values):
    """Ranks from 1; equal values share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    out = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for i in order[start:end]:
            out[i] = (start + 1 + end) / 2
        start = end
    return out


def spearman(a, b):
    a, b = ranks(a), ranks(b)
    mean = (len(a) + 1) / 2
    return cosine([x - mean for x in a], [x - mean for x in b])


def measure(home, peers, threads, reference):
    """Cosines to the reference engine's vectors over STS-B's test sentences, and how well the
    vectors' similarities order its pairs."""
    texts = (home.path / "workloads/sts.txt").read_text(encoding="utf-8").split("\n")[:-1]
    place = {text: i for i, text in enumerate(texts)}
    with open(home.path / "workloads/sts-pairs.json", encoding="utf-8") as file:
        pairs = json.load(file)
    expected = vectors(home, reference, threads, "sts")
    rows = []
    for peer in peers:
        got = expected if peer is reference else vectors(home, peer, threads, "sts")
        cosines = [cosine(a, b) for a, b in zip(expected, got, strict=True)]
        similar = [cosine(got[place[a]], got[place[b]]) for _, a, b in pairs]
        rows.append(
            {
                "peer": peer.name,
                "threads": threads,
                "workload": "quality",
                "reference": reference.name,
                "mean_cosine": statistics.fmean(cosines),
                "worst_cosine": min(cosines),
                "sts_spearman": spearman([score for score, _, _ in pairs], similar),
            }
        )
    return rows
