"""The command line: help, versions, wrong options, choosing the model, exit statuses."""

import json
import re

import harness
from harness import MODEL, MODELS, USAGE, lode

COMMANDS = [
    "embed", "tokenize", "similarity", "info", "index", "search", "watch", "eval", "convert",
    "bench", "pull",
]  # fmt: skip


class Help(harness.Case):
    def test_program(self):
        text = self.assert_ok(lode("--help")).decode()
        self.assertEqual(text, self.assert_ok(lode("help")).decode())
        self.assertEqual(text, self.assert_ok(lode("-h")).decode())
        for command in COMMANDS:
            self.assertRegex(text, rf"(?m)^  {command} +[a-z]")
        for status in range(5):
            self.assertRegex(text, rf"(?m)^  {status}  [a-z]")

    def test_commands(self):
        for command in COMMANDS:
            text = self.assert_ok(lode(command, "--help")).decode()
            self.assertEqual(text, self.assert_ok(lode("help", command)).decode())
            self.assertEqual(text, self.assert_ok(lode(command, "-h")).decode())
            for part in ("Usage", "Options", "Examples"):
                self.assertRegex(text, rf"(?m)^{part}$")
            self.assertIn("--revision REV" if command == "pull" else "--model DIR", text)
            self.assertLessEqual(max(len(line) for line in text.splitlines()), 92, text)
            self.assertNotRegex(text, r"(?m) $")

    def test_help_needs_no_model(self):
        self.assert_ok(lode("embed", "--help", LODE_MODEL=None, HOME=None))

    def test_version(self):
        header = (harness.SOURCE / "include" / "lode.h").read_text()
        version = ".".join(
            re.search(rf"LODE_VERSION_{part} (\d+)", header)[1]
            for part in ("MAJOR", "MINOR", "PATCH")
        )
        self.assertEqual(self.assert_ok(lode("--version")).decode(), f"lode {version}\n")

    def test_the_manual_quotes_the_help(self):
        manual = harness.SOURCE / "docs" / "cli.md"
        text = manual.read_text()
        for command in COMMANDS:
            help_text = self.assert_ok(lode("help", command)).decode()
            self.assertIn(f"```text\n{help_text}```", text, f"run tools/make_cli_manual.py ({command})")
        self.assertIn(f"```text\n{self.assert_ok(lode('help')).decode()}```", text)

    def test_help_of_the_unknown(self):
        self.assert_fails(lode("help", "embd"), USAGE, 'unknown command "embd"; did you mean embed?')

    def test_nothing(self):
        result = lode()
        self.assertEqual((result.returncode, result.stdout), (USAGE, b""))
        self.assertIn(b"lode help", result.stderr)


class WrongOptions(harness.Case):
    def test_messages(self):
        for args, message in [
            (["embd", "x"], 'lode: unknown command "embd"; did you mean embed?'),
            (["frobnicate"], 'lode: unknown command "frobnicate"\n'),
            (["--model", "x", "embed"], "the command comes first"),
            (["embed", "--modle", "x", "y"], "lode: embed: unknown option --modle; did you mean --model?"),
            (["embed", "--thread", "2", "y"], "did you mean --threads?"),
            (["embed", "--foramt=npy", "y"], "did you mean --format?"),
            (["embed", "--xyzzy", "y"], "unknown option --xyzzy\n"),
            (["embed", "--" + "n" * 100, "y"], "unknown option --nnn"),
            (["embed", "--top", "3", "y"], "--top is not an option of this command"),
            (["embed", "-z", "y"], "unknown option -z"),
            (["embed", "-5"], 'a text that begins with "-" goes behind "--"'),
            (["embed", "-"], 'write "--input -" for standard input'),
            (["embed", "y", "--model"], "--model needs a value"),
            (["embed", "y", "-m"], "-m needs a value"),
            (["embed", "--quiet=yes", "y"], "--quiet takes no value"),
            (["embed", "--threads", "0", "y"], '"0" is not a whole number from 1 to 256'),
            (["embed", "--threads", "2x", "y"], '"2x" is not a whole number'),
            (["embed", "--threads", " 2", "y"], '" 2" is not a whole number'),
            (["embed", "--threads=", "y"], '"" is not a whole number'),
            (["embed", "--threads", "99999999999999999999", "y"], "is not a whole number"),
            (["embed", "--dims", "-1", "y"], '"-1" is not a whole number'),
            (["embed", "--format", "xml", "y"], '"xml" is not one of json|jsonl|npy|f32'),
            (["embed", "--format", "json|jsonl", "y"], "is not one of json|jsonl|npy|f32"),
            (["tokenize", "--format", "npy", "y"], '"npy" is not one of text|json|ids'),
            (["embed", "--long", "trunc", "y"], "is not one of truncate|chunk|error"),
            (["embed", "--utf8", "", "y"], '"" is not one of error|replace'),
            (["embed", "--input", "f", "y"], "exclude each other"),
            (["embed", "--jsonl", "text", "y"], "--jsonl needs --input"),
            (["embed", "--id", "id", "--input", "f"], "--id needs --jsonl"),
            (["embed", "--prompt", "a", "--prompt-text", "b", "y"], "exclude each other"),
            (["embed", "--prompt", "a", "y"], "this model has no prompts"),
            (["embed", "--dims", "25", "y"], "--dims: the model's vectors have 24 dimensions"),
            (["tokenize", "--max-tokens", "4", "--no-truncation", "y"], "exclude each other"),
            (["similarity", "a"], "give two texts"),
            (["similarity", "a", "b", "c"], "give two texts"),
            (["similarity", "--top", "3", "a", "b"], "go with --query"),
            (["info", "x", "y"], 'needless argument "y"'),
            (["eval"], "usage: lode eval sts FILE"),
            (["eval", "mteb", "x"], 'there is no task "mteb"'),
            (["eval", "sts", "x", "y"], "usage: lode eval sts FILE"),
        ]:
            with self.subTest(args=args):
                result = lode(*args)
                self.assert_fails(result, USAGE, message)
                self.assertEqual(result.stdout, b"")

    def test_ways_to_write_options(self):
        plain = self.assert_ok(lode("embed", "a dog", "--dims", "4", "--quiet"))
        for args in (
            ["--dims=4", "-q", "a dog"],
            ["-q", "--dims", "4", "--", "a dog"],
            ["-qt1", "--dims=9", "--dims=4", "a dog"],
            ["-qt", "1", "a dog", "--dims=4"],
            ["-m" + str(MODELS / "bert-plain"), "--dims=4", "a dog"],
        ):
            self.assertEqual(self.assert_ok(lode("embed", *args)), plain, args)

    def test_options_end(self):
        dash = self.assert_ok(lode("tokenize", "--format=ids", "--", "-"))
        self.assertEqual(dash, self.assert_ok(lode("tokenize", "--format=ids", stdin="-\n")))
        two = self.assert_ok(lode("tokenize", "--format=ids", "--", "a", "--quiet"))
        self.assertEqual(len(two.splitlines()), 2)

    def test_messages_stay_on_one_line(self):
        self.assert_fails(lode("info", "--model", "no\nsuch\x1b[31m"), MODEL, "no?such?[31m")


class Model(harness.Case):
    def test_from_the_environment_or_the_option(self):
        info = json.loads(self.assert_ok(lode("info", "--json")))
        self.assertEqual((info["model"], info["dim"]), ("bert-plain", 24))
        other = str(MODELS / "bert-prompts") + "//"
        info = json.loads(self.assert_ok(lode("info", "--json", "--model", other)))
        self.assertEqual(info["model"], "bert-prompts")

    def test_missing_and_malformed(self):
        self.assert_fails(lode("embed", "--model", "/nonexistent/m", "x"), MODEL, "/nonexistent/m")
        with self.folder() as folder:
            self.assert_fails(lode("embed", "--model", folder, "x"), MODEL, "config.json")
            (folder / "config.json").write_text("{")
            self.assert_fails(lode("embed", "--model", folder, "x"), MODEL, "config.json")
        self.assert_fails(lode("embed", "--model", "", "x"), USAGE, "--model")

    def test_truncated_weights(self):
        broken = harness.SHARED / "broken-models" / "all-MiniLM-L6-v2-truncated"
        if not broken.is_dir():
            self.skipTest(f"there is no {broken}")
        for command in (["embed", "x"], ["tokenize", "x"], ["similarity", "a", "b"], ["info"]):
            self.assert_fails(lode(*command, "--model", broken), MODEL, "model.safetensors")

    def test_dtype_and_isa(self):
        self.assert_ok(lode("embed", "--dtype", "f32", "--isa", "ref", "x"))
        self.assertIn('"isa":"ref"', self.assert_ok(lode("info", "--json", "--isa=ref")).decode())
        self.assertIn(lode("info", "--dtype", "f8").returncode, (USAGE, MODEL))
        self.assert_fails(lode("info", "--isa", "sse9"), USAGE, "sse9")


class Info(harness.Case):
    def test_json(self):
        info = json.loads(self.assert_ok(lode("info", "--json", "--threads", "3")))
        config = json.loads((MODELS / "bert-plain" / "config.json").read_text())
        expected = {
            "model": "bert-plain",
            "path": str(MODELS / "bert-plain"),
            "architecture": "bert",
            "pooling": "mean",
            "dtype": "f32",
            "backend": "cpu",
            "dim": config["hidden_size"],
            "token_dim": config["hidden_size"],
            "vocab_size": config["vocab_size"],
            "layers": config["num_hidden_layers"],
            "heads": config["num_attention_heads"],
            "threads": 3,
            "prompts": {},
            "default_prompt": None,
        }
        self.assertEqual({k: info[k] for k in expected}, expected)
        self.assertGreater(info["parameters"], 0)
        self.assertGreater(info["weight_bytes"], info["parameters"])
        self.assertIs(type(info["normalized"]), bool)

    def test_prompts(self):
        info = json.loads(self.assert_ok(lode("info", "--json", "--model", MODELS / "bert-prompts")))
        config = json.loads(
            (MODELS / "bert-prompts" / "config_sentence_transformers.json").read_text()
        )
        self.assertEqual(info["prompts"], config["prompts"])
        self.assertEqual(info["default_prompt"], config["default_prompt_name"])
        text = self.assert_ok(lode("info", "--model", MODELS / "bert-prompts")).decode()
        self.assertIn('query = "search the words: " (default)\n', text)

    def test_text(self):
        text = self.assert_ok(lode("info")).decode()
        for line in ("architecture  bert", "dimensions    24", "pooling       mean", "prompts       none"):
            self.assertRegex(text, rf"(?m)^{line}$")


if __name__ == "__main__":
    harness.main()
