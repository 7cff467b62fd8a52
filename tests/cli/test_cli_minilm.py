"""The program with the real all-MiniLM-L6-v2. Skipped where the model is not there."""

import json
import math
import os
import pathlib

import harness
from harness import lode

MODEL = pathlib.Path(
    os.environ.get("LODE_MODEL_DIR")
    or pathlib.Path.home() / ".cache/lode/models/all-MiniLM-L6-v2"
)


def minilm(*args, stdin=b""):
    return lode(*args, stdin=stdin, LODE_MODEL=str(MODEL))


class MiniLM(harness.Case):
    def test_info(self):
        info = json.loads(self.assert_ok(minilm("info", "--json")))
        wanted = {"model": "all-MiniLM-L6-v2", "architecture": "bert", "pooling": "mean",
                  "dim": 384, "max_tokens": 256, "vocab_size": 30522, "layers": 6, "heads": 12,
                  "normalized": True}
        self.assertEqual({k: info[k] for k in wanted}, wanted)

    def test_meaning(self):
        texts = ["How do I bake bread?", "The stock market fell today.",
                 "Refunds are paid within five days.", "Our office is closed on Sunday."]
        out = self.assert_ok(minilm("similarity", "--query", "how to get my money back", "--json", "--", *texts))
        matches = json.loads(out)["matches"]
        self.assertEqual(matches[0]["text"], texts[2])
        self.assertGreater(matches[0]["similarity"], matches[1]["similarity"] + 0.1)

    def test_sts(self):
        """82.03, as sentence-transformers measures it."""
        path = harness.SHARED / "eval" / "stsbenchmark" / "sts-test.csv"
        if not path.exists():
            self.skipTest(f"there is no {path}")
        out = json.loads(self.assert_ok(minilm("eval", "sts", "--json", path)))
        self.assertEqual((out["pairs"], out["sentences"]), (1379, 2552))
        self.assertEqual(round(out["spearman"], 2), 82.03)

    def test_recorded_vectors(self):
        """Against another engine's vector of the same text, before normalisation."""
        path = harness.SHARED / "tei-snapshots" / "test_bert__bert_single.snap"
        if not path.exists():
            self.skipTest(f"there is no {path}")
        rows = path.read_text().split("---", 2)[2].split()
        wanted = [float(word) for word in rows if word != "-"]
        self.assertEqual(len(wanted), 384)
        out = self.assert_ok(minilm("embed", "--no-normalize", "What is Deep Learning?"))
        got = json.loads(out)["vector"]
        dot = sum(a * b for a, b in zip(got, wanted))
        self.assertGreater(dot / math.hypot(*got) / math.hypot(*wanted), 0.999999)


if __name__ == "__main__":
    if not (MODEL / "model.safetensors").exists():
        harness.skip(f"there is no model in {MODEL}; tools/get_model.sh gets it")
    harness.main()
