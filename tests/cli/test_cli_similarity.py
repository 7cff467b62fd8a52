"""lode similarity and lode eval."""

import json
import math

import harness
from harness import INPUT, MODELS, RUN, lode, vectors_of

TEXTS = ["a lazy dog", "the quick brown fox", "semantic search", "", "words of the family", "a dog"]


def cosine(a, b):
    dot = sum(x * y for x, y in zip(a, b))
    return dot / math.hypot(*a) / math.hypot(*b)


class TwoTexts(harness.Case):
    def test_cosine(self):
        a, b = vectors_of(lode("embed", "a dog", "semantic search"))
        wanted = cosine(a, b)
        out = self.assert_ok(lode("similarity", "a dog", "semantic search"))
        self.assertEqual(out.decode(), f"{wanted:.4f}\n")
        out = json.loads(self.assert_ok(lode("similarity", "--json", "a dog", "semantic search")))
        self.assertEqual((list(out), out["model"]), (["model", "similarity"], "bert-plain"))
        self.assertAlmostEqual(out["similarity"], wanted, places=6)

    def test_same(self):
        self.assertEqual(self.assert_ok(lode("similarity", "", "")), b"1.0000\n")

    def test_empty_and_dims(self):
        out = self.assert_ok(lode("similarity", "--dims=1", "a", "dog")).decode()
        self.assertIn(out, ("1.0000\n", "-1.0000\n"))


class Ranking(harness.Case):
    def rank(self, *args, stdin=""):
        return json.loads(self.assert_ok(lode("similarity", "--json", "--query", "a dog", *args, stdin=stdin)))

    def setUp(self):
        query, *rows = vectors_of(lode("embed", "--", "a dog", *TEXTS))
        scores = [cosine(query, row) for row in rows]
        self.order = sorted(range(len(TEXTS)), key=lambda i: -scores[i])
        self.scores = scores

    def test_json(self):
        result = self.rank("--", *TEXTS)
        self.assertEqual([m["index"] for m in result["matches"]], self.order)
        for match in result["matches"]:
            self.assertEqual(match["text"], TEXTS[match["index"]])
            self.assertEqual(match["line"], match["index"] + 1)
            self.assertAlmostEqual(match["similarity"], self.scores[match["index"]], places=5)
        self.assertEqual((result["query"], result["count"]), ("a dog", len(TEXTS)))
        self.assertGreater(result["tokens"], 0)
        self.assertGreater(result["seconds"], 0)
        self.assertEqual(self.rank(stdin="")["matches"], [])

    def test_text(self):
        out = self.assert_ok(lode("similarity", "--query", "a dog", "--top=2", "-n", "--", *TEXTS)).decode()
        self.assertEqual(
            out, "".join(f"{self.scores[i]:7.4f}  {i + 1}: {TEXTS[i]}\n" for i in self.order[:2])
        )
        self.assertTrue(out.startswith(" 1.0000  6: a dog\n"))

    def test_top_keeps_the_best_and_the_earlier_of_equals(self):
        lines = [f"text {i % 97}" for i in range(1000)]
        everything = self.rank("--top=0", stdin="\n".join(lines))["matches"]
        self.assertEqual(len(everything), 1000)
        keys = [(-m["similarity"], m["index"]) for m in everything]
        self.assertEqual(keys, sorted(keys))
        for k in (1, 10, 11, 999, 5000):
            self.assertEqual(self.rank(f"--top={k}", stdin="\n".join(lines))["matches"], everything[:k])
        self.assertEqual(self.rank(stdin="\n".join(lines))["matches"], everything[:10])

    def test_prompts(self):
        """By default the query takes the model's prompt "query", the texts their own."""
        model = ["--model", MODELS / "bert-prompts"]

        def ranked(*args):
            out = self.assert_ok(lode("similarity", *model, "--json", "--query", "fox", *args, "a dog", "fox"))
            return [(m["text"], m["similarity"]) for m in json.loads(out)["matches"]]

        (query,) = vectors_of(lode("embed", *model, "--prompt=query", "fox"))
        dog, fox = vectors_of(lode("embed", *model, "--prompt=none", "a dog", "fox"))
        got = dict(ranked("--prompt", "none", "--query-prompt", "query"))
        self.assertAlmostEqual(got["a dog"], cosine(query, dog), places=5)
        self.assertAlmostEqual(got["fox"], cosine(query, fox), places=5)
        self.assertAlmostEqual(dict(ranked("--prompt=none"))["fox"], 1.0, places=6)
        self.assertAlmostEqual(dict(ranked("--prompt-text=x "))["fox"], 1.0, places=6)

    def test_a_text_of_several_lines_stays_on_one(self):
        out = self.assert_ok(lode("similarity", "--query=a", "--jsonl=text", stdin=b'{"text":"a\\nb\\u001b[1m"}'))
        self.assertTrue(out.endswith(b"  a b [1m\n"), out)


class Sts(harness.Case):
    PAIRS = [("a dog", "the dog", 4.5), ("a dog", "semantic search", 0.0), ("fox", "fox", 5.0),
             ("lazy fox", "fox", 3.0), ("words", "the words", 4.5), ("", "search", 0.2)]

    def file(self, folder, lines):
        path = folder / "sts.csv"
        path.write_bytes("".join(lines).encode())
        return path

    def line(self, a, b, score, end="\n"):
        return f"genre\tfile\tyear\t01\t{score:.3f}\t{a}\t{b}{end}"

    def test_against_the_formulas(self):
        with self.folder() as folder:
            lines = [self.line(a, b, s) for a, b, s in self.PAIRS[:-1]]
            lines.append(self.line(*self.PAIRS[-1], end="\textra\tcolumns\r\n"))
            out = json.loads(self.assert_ok(lode("eval", "sts", "--json", self.file(folder, lines))))
        cosines = [cosine(*vectors_of(lode("embed", "--", a, b))) for a, b, _ in self.PAIRS]
        scores = [s for _, _, s in self.PAIRS]
        self.assertEqual((out["task"], out["pairs"], out["sentences"]), ("sts", 6, 9))
        self.assertAlmostEqual(out["pearson"], 100 * pearson(cosines, scores), places=3)
        self.assertAlmostEqual(out["spearman"], 100 * pearson(ranks(cosines), ranks(scores)), places=3)

    def test_text(self):
        with self.folder() as folder:
            path = self.file(folder, [self.line(*p) for p in self.PAIRS])
            out = self.assert_ok(lode("eval", "sts", path)).decode()
            self.assertRegex(out, r"^Spearman   -?\d+\.\d\d\nPearson    -?\d+\.\d\d\n"
                                  r"6 pairs of 9 sentences, embedded in \d+\.\d\d s\n$")

    def test_malformed(self):
        good = self.line("a", "b", 1)
        with self.folder() as folder:
            for lines, message in [
                ([good, "a\tb\tc\n"], ":2: fewer than 7 columns"),
                ([good, "\n", good.replace("1.000", "x")], ":3: the fifth column is not a number"),
                ([good.replace("1.000", "nan")], ":1: the fifth column is not a number"),
                ([good.replace("1.000", "")], ":1: the fifth column is not a number"),
                ([good], ": fewer than two pairs"),
                ([], ": fewer than two pairs"),
            ]:
                path = self.file(folder, lines)
                self.assert_fails(lode("eval", "sts", path), INPUT, f"lode: eval: {path}{message}")
            path.write_bytes(good.encode() + b"g\tf\ty\t1\t2.0\tfine\tb\xffd\n")
            self.assert_fails(lode("eval", "sts", path), INPUT, f"{path}:2: invalid UTF-8 at byte 1")
            self.assert_ok(lode("eval", "sts", "--utf8=replace", path))
        self.assert_fails(lode("eval", "sts", "/nonexistent/f"), RUN, "/nonexistent/f: No such file")


def pearson(x, y):
    mx, my = sum(x) / len(x), sum(y) / len(y)
    xy = sum((a - mx) * (b - my) for a, b in zip(x, y))
    return xy / math.sqrt(sum((a - mx) ** 2 for a in x) * sum((b - my) ** 2 for b in y))


def ranks(x):
    return [sum(b < a for b in x) + (1 + sum(b == a for b in x)) / 2 for a in x]


if __name__ == "__main__":
    harness.main()
