"""lode eval beir: the measure is worked out here again, from vectors that lode embed gives."""

import json
import math
import pathlib
import struct
import tempfile
import unittest

from harness import INPUT, OK, USAGE, Case, lode, main

DOCS = {
    "d1": ("Cats", "A cat sleeps on the sofa."),
    "d2": ("", "The stock market fell on Tuesday."),
    "d3": ("Dogs", "Two dogs run in the park."),
    "d4": ("Weather", "It rains in the mountains."),
}
QUERIES = {"q1": "a sleeping animal", "q2": "shares lost value", "q3": "nobody judged this"}
JUDGED = {"q1": {"d1": 2, "d3": 1}, "q2": {"d2": 1, "d9": 1}}


def vectors(texts):
    result = lode("embed", "--format", "f32", "--input", "-", stdin="\n".join(texts))
    assert result.returncode == OK, result.stderr
    floats = struct.unpack(f"<{len(result.stdout) // 4}f", result.stdout)
    dim = len(floats) // len(texts)
    return [floats[i * dim : (i + 1) * dim] for i in range(len(texts))]


def cosine(a, b):
    dot = sum(x * y for x, y in zip(a, b))
    return dot / math.sqrt(sum(x * x for x in a) * sum(x * x for x in b))


def expected_ndcg():
    ids = list(DOCS)
    docs = vectors([f"{title} {text}".strip() for title, text in DOCS.values()])
    total = 0.0
    for query, grades in JUDGED.items():
        (vector,) = vectors([QUERIES[query]])
        order = sorted(range(len(ids)), key=lambda i: -cosine(vector, docs[i]))
        gains = [grades.get(ids[i], 0) for i in order]
        ideal = sorted((g for d, g in grades.items() if d in DOCS), reverse=True)
        dcg = lambda values: sum(g / math.log2(r + 2) for r, g in enumerate(values[:10]))
        total += dcg(gains) / dcg(ideal)
    return 100 * total / len(JUDGED)


class Beir(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        (self.dir / "qrels").mkdir()
        docs = [{"_id": i, "title": title, "text": text} for i, (title, text) in DOCS.items()]
        self.write("corpus.jsonl", "".join(json.dumps(d) + "\n" for d in docs))
        queries = [{"_id": i, "text": text} for i, text in QUERIES.items()]
        self.write("queries.jsonl", "".join(json.dumps(q) + "\n" for q in queries))
        rows = [f"{q}\t{d}\t{g}" for q, grades in JUDGED.items() for d, g in grades.items()]
        self.write("qrels/test.tsv", "\n".join(["query-id\tcorpus-id\tscore", *rows]) + "\n")

    def write(self, name, text):
        (self.dir / name).write_text(text)

    def run_beir(self, *options):
        return lode("eval", "beir", *options, str(self.dir))

    def test_the_measure(self):
        result = self.run_beir("--json")
        self.assertEqual(result.returncode, OK, result.stderr)
        found = json.loads(result.stdout)
        self.assertAlmostEqual(found["ndcg_at_10"], expected_ndcg(), places=3)
        self.assertEqual((found["queries"], found["documents"]), (2, 4))
        text = self.run_beir()
        self.assertIn(f"nDCG@10    {found['ndcg_at_10']:.2f}".encode(), text.stdout)

    def test_judgements_beside_the_corpus(self):
        (self.dir / "qrels/test.tsv").rename(self.dir / "qrels-test.tsv")
        self.assertEqual(self.run_beir().returncode, OK)

    def refused(self, status, *words):
        result = self.run_beir()
        self.assertEqual(result.returncode, status, result.stderr)
        for word in words:
            self.assertIn(word.encode(), result.stderr)

    def test_broken_files_are_named(self):
        self.write("corpus.jsonl", '{"_id": "d1", "text": "a"}\n{"_id": "d2"}\n')
        self.refused(INPUT, "corpus.jsonl:2", "text")
        self.write("corpus.jsonl", '{"_id": "d1", "text": "a"}\n{"_id": "d1", "text": "b"}\n')
        self.refused(INPUT, "corpus.jsonl", "d1")
        self.write("corpus.jsonl", "[1, 2")
        self.refused(INPUT, "corpus.jsonl:1")

    def test_broken_judgements_are_named(self):
        self.write("qrels/test.tsv", "q1\td1\n")
        self.refused(INPUT, "test.tsv:1")
        self.write("qrels/test.tsv", "q1\td1\tmuch\n")
        self.refused(INPUT, "test.tsv:1", "grade")
        self.write("qrels/test.tsv", "q7\td1\t1\n")
        self.refused(INPUT, "test.tsv:1", "q7")
        self.write("qrels/test.tsv", "q1\td9\t1\n")
        self.refused(INPUT, "no judgement")

    def test_missing_files_and_arguments(self):
        (self.dir / "queries.jsonl").unlink()
        self.assertNotEqual(self.run_beir().returncode, OK)
        self.assertEqual(lode("eval", "beir").returncode, USAGE)
        self.assertEqual(lode("eval", "bier", "x").returncode, USAGE)


if __name__ == "__main__":
    main()
