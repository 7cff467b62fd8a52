"""The model inside the program: with a small one, without one, and the program's own."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from harness import MODEL, MODELS, OK, PROGRAM, Case, environment, lode, main

BIN = pathlib.Path(os.environ.get("LODE_TEST_BIN", ".")) / "cli"
SMALL = BIN / "small.lode-model"
TEXTS = ("-f", "f32", "the quick brown fox", "", "a lazy dog")


def run(program, *args, cwd=None, **changes):
    """No model named and nothing in the environment, unless `changes` say so."""
    changes = {"LODE_MODEL": None, "XDG_CACHE_HOME": "/nonexistent", "HOME": "/nonexistent"} | changes
    command = [str(BIN / program), *[str(arg) for arg in args]]
    return subprocess.run(command, capture_output=True, env=environment(**changes), cwd=cwd)


class Builtin(Case):
    def with_model(self, *args, **changes):
        return run("lode_with_model", *args, **changes)

    def test_it_is_the_file(self):
        expected = self.assert_ok(lode("embed", "--model", SMALL, *TEXTS))
        self.assertEqual(self.assert_ok(self.with_model("embed", *TEXTS)), expected)
        named = self.with_model("embed", "--model", "builtin", *TEXTS, LODE_MODEL="/nonexistent")
        self.assertEqual(self.assert_ok(named), expected)
        for value in "builtin", "":
            by_environment = self.with_model("embed", *TEXTS, LODE_MODEL=value)
            self.assertEqual(self.assert_ok(by_environment), expected)

    def test_another_model_comes_first(self):
        bert = MODELS / "bert-plain"
        expected = self.assert_ok(lode("embed", "--model", bert, *TEXTS))
        by_option = self.with_model("embed", "--model", bert, *TEXTS)
        self.assertEqual(self.assert_ok(by_option), expected)
        by_environment = self.with_model("embed", *TEXTS, LODE_MODEL=str(bert))
        self.assertEqual(self.assert_ok(by_environment), expected)

    def test_a_folder_of_that_name(self):
        with tempfile.TemporaryDirectory(prefix="lode-cli-") as folder:
            (pathlib.Path(folder) / "builtin").symlink_to(MODELS / "bert-plain")
            inside = self.with_model("info", "--json", "--model", "builtin", cwd=folder)
            self.assertEqual(json.loads(self.assert_ok(inside))["architecture"], "static")
            outside = self.with_model("info", "--json", "--model", "./builtin", cwd=folder)
            self.assertEqual(json.loads(self.assert_ok(outside))["architecture"], "bert")

    def test_results_name_it(self):
        info = json.loads(self.assert_ok(self.with_model("info", "--json", "--verify")))
        self.assertEqual((info["model"], info["path"]), (SMALL.name, "builtin"))
        self.assertEqual((info["dtype"], info["architecture"]), ("int4", "static"))
        self.assertGreater(info["self_test"]["least_cosine"], 0.9)
        vectors = json.loads(self.assert_ok(self.with_model("embed", "-f", "json", "fox")))
        self.assertEqual(vectors["model"], SMALL.name)
        self.assertIn(b"builtin", self.assert_ok(self.with_model("info")))

    def test_it_can_be_written_again(self):
        with tempfile.TemporaryDirectory(prefix="lode-cli-") as folder:
            path = pathlib.Path(folder) / "again.lode-model"
            self.assert_fails(
                self.with_model("convert", "builtin", "-o", path), MODEL, "int4 already"
            )
            result = self.with_model("convert", "builtin", "--dtype", "int4", "-o", path)
            self.assertEqual(result.returncode, OK, result.stderr)
            self.assertEqual(path.read_bytes(), SMALL.read_bytes())

    def test_every_dtype_that_it_has(self):
        auto = self.assert_ok(self.with_model("embed", "--dtype", "auto", *TEXTS))
        self.assertEqual(auto, self.assert_ok(self.with_model("embed", *TEXTS)))
        self.assert_fails(
            self.with_model("embed", "--dtype", "f32", "fox"), MODEL, "builtin", "int4 already"
        )


class Without(Case):
    def test_no_model(self):
        for changes in ({}, {"XDG_CACHE_HOME": "relative"}, {"XDG_CACHE_HOME": None}):
            result = run("lode_without_model", "embed", "fox", **changes)
            self.assert_fails(result, MODEL, "built without", "--model DIR", "get_model.sh")
        result = run("lode_without_model", "embed", "fox", HOME=None, XDG_CACHE_HOME=None)
        self.assert_fails(result, MODEL, "no model: give --model DIR or set LODE_MODEL")

    def test_builtin_by_name(self):
        result = run("lode_without_model", "embed", "--model", "builtin", "fox")
        self.assert_fails(result, MODEL, "built without", "--model DIR", "./builtin")

    def test_the_cached_model_is_taken(self):
        with tempfile.TemporaryDirectory(prefix="lode-cli-") as folder:
            cache = pathlib.Path(folder)
            (cache / "lode" / "models").mkdir(parents=True)
            (cache / "lode/models/all-MiniLM-L6-v2").symlink_to(MODELS / "bert-cls")
            result = run("lode_without_model", "info", "--json", XDG_CACHE_HOME=folder)
            info = json.loads(self.assert_ok(result))
            self.assertEqual((info["model"], info["pooling"]), ("all-MiniLM-L6-v2", "cls"))
            (cache / ".cache").symlink_to(cache)
            changes = {"LODE_MODEL": "", "XDG_CACHE_HOME": None, "HOME": folder}
            result = run("lode_without_model", "info", **changes)
            self.assertIn(b"/.cache/lode/models/all-MiniLM-L6-v2", self.assert_ok(result))


class Own(Case):
    """What this build of the program has."""

    def test_it_passes_its_self_test(self):
        result = lode("info", "--json", "--verify", LODE_MODEL=None)
        if result.returncode == MODEL and b"built without" in result.stderr:
            self.skipTest("the program was built without a model inside")
        info = json.loads(self.assert_ok(result))
        self.assertEqual(info["path"], "builtin")
        self.assertTrue((pathlib.Path(PROGRAM).stat().st_size) > info["weight_bytes"])
        self.assertGreater(info["self_test"]["least_cosine"], 0.9)
        similar = lode("similarity", "--json", "a dog", "a puppy", LODE_MODEL=None)
        self.assert_ok(similar)


if __name__ == "__main__":
    main()
