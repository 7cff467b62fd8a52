"""lode bench: what it prints is whole and adds up. How fast anything is, is not tested."""

import json

import harness
from harness import MODEL, MODELS, USAGE, lode

PARTS = {"tokenize", "embed", "qkv", "attention", "attention out", "ffn up", "ffn down", "norm",
         "pool", "rest"}  # fmt: skip


class Bench(harness.Case):
    def bench(self, *args):
        return json.loads(self.assert_ok(lode("bench", "--json", "--seconds", "1", *args)))

    def test_the_usual_lengths_as_far_as_the_model_takes_them(self):
        result = self.bench("--texts", "2", "--threads", "1")
        info = json.loads(self.assert_ok(lode("info", "--json")))
        for key in ("model", "dtype", "backend", "isa", "version"):
            self.assertEqual(result[key], info[key])
        self.assertEqual(result["threads"], 1)
        self.assertEqual([c["tokens"] for c in result["lengths"]], [info["max_tokens"], 16])
        for case in result["lengths"]:
            self.assertNotIn("profile", case)
            self.assertEqual((case["texts"], case["all_tokens"]), (2, 2 * case["tokens"]))
            self.assertGreaterEqual(case["calls"], 1)
            self.assertAlmostEqual(
                case["tokens_per_second"] / case["texts_per_second"], case["tokens"], places=3
            )
            latency = case["latency"]
            self.assertGreaterEqual(latency["calls"], 1)
            self.assertLessEqual(latency["p50_seconds"], latency["p95_seconds"])

    def check_profile(self, case, parts):
        profile = case["profile"]
        self.assertEqual((profile["threads"], profile["texts"]), (1, case["texts"]))
        self.assertEqual({p["part"] for p in profile["parts"]}, parts)
        whole, outside = profile["microseconds"], 0
        for part in profile["parts"]:
            self.assertGreaterEqual(part["microseconds"], 0)
            if part["microseconds"] > 1:  # three digits behind the point
                self.assertAlmostEqual(part["share"], part["microseconds"] / whole, places=2)
            self.assertEqual("in" in part, "gops" in part and part["part"] != "attention")
            outside += 0 if "gops" in part else part["microseconds"]
        total = sum(p["microseconds"] for p in profile["parts"])
        rounding = 0.001 * (len(profile["parts"]) + 1)
        self.assertAlmostEqual(total, whole, delta=rounding)
        self.assertAlmostEqual(outside, profile["outside_microseconds"], delta=rounding)
        self.assertAlmostEqual(sum(p["share"] for p in profile["parts"]), 1, places=4)
        self.assertEqual(len(profile["parts"]), len({json.dumps(p) for p in profile["parts"]}))

    def test_profile(self):
        result = self.bench("--profile", "--tokens", "12", "--texts", "3")
        (case,) = result["lengths"]
        self.assertEqual((case["tokens"], case["all_tokens"]), (12, 36))
        self.check_profile(case, PARTS)
        shapes = {p["part"]: (p["in"], p["out"]) for p in case["profile"]["parts"] if "in" in p}
        config = json.loads((MODELS / "bert-plain" / "config.json").read_text())
        hidden, inner = config["hidden_size"], config["intermediate_size"]
        self.assertEqual(shapes["qkv"], (hidden, 3 * hidden))
        self.assertEqual(shapes["attention out"], (hidden, hidden))
        self.assertEqual(shapes["ffn up"], (hidden, inner))
        self.assertEqual(shapes["ffn down"], (inner, hidden))

    def test_profile_of_smaller_types(self):
        for dtype, part in [("int8", "quantize"), ("bf16", "to bf16")]:
            with self.subTest(dtype=dtype):
                result = self.bench("--profile", "--dtype", dtype, "--tokens", "12", "--texts", "3")
                self.assertEqual(result["dtype"], dtype)
                self.check_profile(result["lengths"][0], PARTS | {part})

    def test_no_prompt_is_put_before_the_texts(self):
        result = self.bench("--model", MODELS / "bert-prompts", "--tokens", "9", "--texts", "4")
        self.assertEqual(result["lengths"][0]["all_tokens"], 36)

    def test_a_table_for_people(self):
        out = self.assert_ok(
            lode("bench", "--profile", "--seconds", "1", "--tokens", "8", "--texts", "1")
        ).decode()
        self.assertRegex(out, r"(?m)^tokens +texts +texts/s +tokens/s +p50 ms +p95 ms$")
        self.assertRegex(out, r"(?m)^ +8 +1( +[\d.]+){4}$")
        self.assertIn("8 tokens, one thread", out)
        for part in PARTS | {"all", "outside of products"}:
            self.assertRegex(out, rf"(?m)^{part} .*\d$")
        self.assertNotRegex(out, r"(?m) $")

    def test_wrong_options(self):
        for args, message in [
            (["x"], 'needless argument "x"'),
            (["--tokens", "0"], "--tokens"),
            (["--tokens", "1"], "an empty text has 2 tokens"),
            (["--tokens", "99999"], "--tokens: the model takes "),
            (["--texts", "0"], "--texts"),
            (["--texts", "4097"], "1 to 4096"),
            (["--seconds", "0"], "--seconds"),
            (["--seconds", "0.5"], "--seconds"),
            (["--input", "f"], "--input is not an option of this command"),
        ]:
            with self.subTest(args=args):
                result = lode("bench", *args)
                self.assert_fails(result, USAGE, message)
                self.assertEqual(result.stdout, b"")
        self.assert_fails(lode("bench", "--model", "/nonexistent"), MODEL)


if __name__ == "__main__":
    harness.main()
