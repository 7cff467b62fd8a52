#!/usr/bin/env python3
"""Tests of the distillation's parts that need no network, no teacher and no texts.

Exits with 77 where the packages of requirements.txt are not installed.
"""

import dataclasses
import json
import pathlib
import sys
import tempfile
import unittest

try:
    import numpy as np
    import safetensors.numpy
    from scipy.stats import spearmanr
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

import encode
import evaluate
import export
import gather
import heldout
import prose
import train
import vocabulary

try:
    import torch
    import train_transformer
except ImportError:
    torch = None


class Prose(unittest.TestCase):
    def test_html(self):
        page = """<html><title>no</title><body><p>Before the heading.</p><h2>Open <em>files</em></h2>
            <p>The file is opened &amp; read.</p><pre>code()</pre><ul><li>One item of the list.</li></ul></body>"""
        self.assertEqual(list(prose.from_html(page)),
                         ["no", "Before the heading.", "Open files", "The file is opened & read.",
                          "One item of the list."])

    def test_what_is_english(self):
        self.assertTrue(prose.is_prose("It is not the size of the dog in the fight that counts."))
        self.assertFalse(prose.is_prose("for (i = 0; i < n; i++) { a[i] = b[i] + c[i]; }"))
        self.assertFalse(prose.is_prose("Der schnelle braune Fuchs springt über den faulen Hund hinweg"))

    def test_passages_keep_every_word_and_the_limit(self):
        text = " ".join(f"This is the sentence that has number {i} of them." for i in range(60))
        parts = list(prose.passages([text], most_words=50))
        self.assertEqual(" ".join(parts), text)
        self.assertLessEqual(max(len(part.split()) for part in parts), 50)


class Gather(unittest.TestCase):
    def test_protected_texts_are_kept_out(self):
        pool = gather.Pool({gather.plain("A man is eating.")})
        self.assertIsNone(pool.add("a man is  eating", "x"))
        self.assertEqual(pool.add("A man is sleeping.", "x"), pool.add("a MAN is sleeping.", "y"))
        self.assertEqual((pool.texts, pool.removed), (["A man is sleeping."], 1))

    def test_written_pairs_follow_the_new_order(self):
        import random
        pool = gather.Pool(set())
        numbers = [pool.add(text, "s") for text in ("title", "body", "other", "more")]
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            gather.write(folder, pool, [(numbers[0], numbers[1])], random.Random(3))
            texts = (folder / "texts.txt").read_text().split("\n")[:-1]
            (pair,) = json.loads((folder / "pairs.json").read_text())
        self.assertEqual([texts[i] for i in pair], ["title", "body"])

    def test_held_out_titles_take_along_what_is_paired(self):
        title = next(f"title number {i}" for i in range(10000) if heldout.drawn(f"title number {i}"))
        texts = [title, "a passage of at least eight words about some thing", "its sentence", "unrelated text"]
        queries, documents, relevant, excluded = heldout.hold_out(texts, ["s"] * 4, [(0, 1), (2, 1)], [0, 1, 2, 3])
        self.assertEqual((queries, documents, relevant, excluded), ([0], [1], [{0: 1}], {0, 1, 2}))


class Train(unittest.TestCase):
    def setUp(self):
        self.draw = np.random.default_rng(5)

    def test_gradient_is_that_of_the_loss(self):
        recipe = train.Recipe(gram=3.0, ranks=0.7, temperature=0.2)
        x = self.draw.standard_normal((7, 5))
        teacher = train.unit(self.draw.standard_normal((7, 9)))
        projected = train.unit(self.draw.standard_normal((7, 5)))
        _, gradient = train.loss(x, teacher, projected, recipe)
        for at in np.ndindex(x.shape):
            step = np.zeros_like(x)
            step[at] = 1e-6
            up, down = (train.loss(x + s, teacher, projected, recipe)[0] for s in (step, -step))
            self.assertAlmostEqual((up - down) / 2e-6, gradient[at], places=6)

    def test_quantized_rows_stay_when_quantized_again(self):
        rows = self.draw.standard_normal((50, 32)).astype(np.float32)
        rows[7] = 0
        for bits in (4, 8):
            most = 2 ** (bits - 1) - 1
            once = train.quantize(rows, bits)
            self.assertTrue((np.abs(once - rows).max(axis=1) <= np.abs(rows).max(axis=1) / most * 0.5001).all())
            scale = np.abs(once).max(axis=1, keepdims=True)[once.any(axis=1)] / most
            integers = once[once.any(axis=1)] / scale
            np.testing.assert_allclose(integers, np.rint(integers), atol=1e-4)
            np.testing.assert_allclose(train.quantize(once, bits), once, rtol=1e-6)

    def test_bag_matrix_sums_tokens(self):
        ids, starts = np.array([4, 4, 1, 0, 3, 3, 3], np.int32), np.array([0, 3, 3, 7])
        table = self.draw.standard_normal((5, 6)).astype(np.float32)
        rows, bags = train.bag_matrix(ids, starts, np.array([2, 0]))
        expected = [table[0] + 3 * table[3], 2 * table[4] + table[1]]
        np.testing.assert_allclose(bags @ table[rows], expected, rtol=1e-5)

    def test_axes_keep_what_there_is(self):
        low = self.draw.standard_normal((200, 3)) @ self.draw.standard_normal((3, 12))
        projection, kept = train.axes(low, 3)
        self.assertAlmostEqual(kept, 1.0, places=9)
        np.testing.assert_allclose(low @ projection.T @ projection, low, atol=1e-8)

    def test_training_takes_away_noise(self):
        true = self.draw.standard_normal((60, 16)).astype(np.float32)
        lengths = self.draw.integers(2, 9, 3000)
        ids = self.draw.integers(0, 60, lengths.sum()).astype(np.int32)
        starts = np.concatenate([[0], np.cumsum(lengths)])
        every = np.arange(3000)
        rows, bags = train.bag_matrix(ids, starts, every)
        vectors = train.unit(bags @ true[rows]).astype(np.float16)
        recipe = dataclasses.replace(train.Recipe(), dim=16, batch=128, steps=600, rate=2e-2, warmup=10, bits=8)
        table = true + self.draw.standard_normal((60, 16)).astype(np.float32)

        def cosine(rows_of):
            return float((train.unit(bags @ rows_of[rows]) * vectors).sum(axis=1).mean())

        before = cosine(table)
        learned = train.train(table, ids, starts, vectors, every, np.eye(16, dtype=np.float32), recipe)
        self.assertLess(before, 0.8)
        self.assertGreater(cosine(learned), 0.97)


class Evaluate(unittest.TestCase):
    def test_spearman_with_equal_values(self):
        draw = np.random.default_rng(2)
        a, b = draw.integers(0, 6, 200), draw.integers(0, 6, 200)
        self.assertAlmostEqual(evaluate.spearman(a, b), spearmanr(a, b).statistic, places=12)

    def test_ndcg(self):
        self.assertEqual(evaluate.ndcg([3, 1, 2], {3: 1}), 1.0)
        self.assertAlmostEqual(evaluate.ndcg([1, 3, 2], {3: 1}), 0.6309297535714574)
        self.assertEqual(evaluate.ndcg([1, 2], {3: 1}), 0.0)

    def test_retrieval_finds_the_nearest(self):
        documents = train.unit(np.random.default_rng(4).standard_normal((40, 8)))
        self.assertEqual(evaluate.retrieval(documents[:9], documents, [{i: 1} for i in range(9)]), 1.0)


def small_tokenizer():
    vocab = {p: i for i, p in enumerate([*vocabulary.SPECIAL, "a", "b", "##b", "cell", "##ular", "[unused7]"])}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(vocabulary.SPECIAL)
    return tokenizer


class Vocabulary(unittest.TestCase):
    def test_frequent_words_get_rows_and_unused_pieces_lose_theirs(self):
        pieces, counts = vocabulary.choose(small_tokenizer(), ["cellular a", "Cellular b"] * 8, 50)
        self.assertNotIn("[unused7]", pieces)
        self.assertIn("cellular", pieces)
        self.assertEqual(counts, {"kept": 5, "new words": 1})

    def test_bags_have_no_unknown_tokens(self):
        with tempfile.TemporaryDirectory() as name:
            (pathlib.Path(name) / "tokenizer.json").write_text(small_tokenizer().to_str())
            described = vocabulary.tokenizer_json(pathlib.Path(name), [*vocabulary.SPECIAL, "a", "b", "cellular"])
        ids, starts = vocabulary.bags(described, ["a zzz b", "", "cellular"])
        self.assertEqual((ids.tolist(), starts.tolist()), ([5, 6, 7], [0, 2, 2, 3]))


class Files(unittest.TestCase):
    def test_export(self):
        described = {"model": {"vocab": {"a": 0, "b": 1}}}
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name) / "model"
            export.export(folder, np.ones((2, 4), np.float64), described)
            tensors = safetensors.numpy.load_file(folder / "model.safetensors")
            config = json.loads((folder / "config.json").read_text())
            with self.assertRaises(ValueError):
                export.export(folder, np.ones((3, 4)), described)
        self.assertEqual((tensors["embeddings"].dtype, tensors["embeddings"].shape), (np.float32, (2, 4)))
        self.assertEqual((config["model_type"], config["normalize"]), ("model2vec", True))

    def test_shards_are_made_once_and_again_for_other_texts(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            program = folder / "program"
            program.write_text(f"""#!{sys.executable}
import sys
import numpy as np
i, o = sys.argv[sys.argv.index("--input") + 1], sys.argv[sys.argv.index("-o") + 1]
lines = open(i).read().splitlines()
open({str(folder / "calls")!r}, "a").write("x")
np.save(o, np.array([[len(line), 1] for line in lines], np.float32))
""")
            program.chmod(0o755)
            for texts in (["a", "bb"], ["a", "bb"], ["a"], ["ccc", "bb"]):
                rows = encode.encode(program, "teacher", texts, folder / "vec")
                self.assertEqual(rows[:, 0].tolist(), [len(text) for text in texts])
            self.assertEqual((folder / "calls").read_text(), "xx")


@unittest.skipIf(torch is None, "without PyTorch")
class Transformer(unittest.TestCase):
    def setUp(self):
        self.draw = np.random.default_rng(5)
        table = self.draw.standard_normal((50, 256)).astype(np.float32)
        self.table = table * (8 / np.linalg.norm(table[:, :train_transformer.AXES], axis=1, keepdims=True))
        self.student = train_transformer.Student(self.table, layers=2, heads=4)
        self.ids, self.starts = self.draw.integers(0, 50, 60), np.array([0, 3, 23, 24, 60])

    def vectors(self, numbers):
        with torch.no_grad():
            found = train_transformer.forward(self.student, self.ids, self.starts, np.array(numbers), 32)
        return train.unit(found.numpy())

    def test_it_begins_as_the_static_model(self):
        ends = np.minimum(self.starts[1:], self.starts[:-1] + 32)
        sums = [self.table[self.ids[a:b]].sum(axis=0) for a, b in zip(self.starts, ends)]
        expected = np.array(sums) * (np.arange(256) < train_transformer.AXES)
        np.testing.assert_allclose(self.vectors([0, 1, 2, 3]), train.unit(expected), atol=1e-5)

    def test_padding_and_order_change_nothing(self):
        for parameter in self.student.parameters():
            torch.nn.init.normal_(parameter, std=0.2)
        alone = np.concatenate([self.vectors([i]) for i in (3, 0, 2, 1)])
        np.testing.assert_allclose(self.vectors([3, 0, 2, 1]), alone, atol=1e-5)

    def test_the_loss_is_that_of_the_static_model(self):
        x, teacher, projected = (self.draw.standard_normal((7, size)) for size in (5, 9, 5))
        teacher, projected = train.unit(teacher), train.unit(projected)
        expected, _ = train.loss(x, teacher, projected, train_transformer.RECIPE)
        found = train_transformer.loss(*map(torch.from_numpy, (x, teacher, projected)), train_transformer.RECIPE)
        self.assertAlmostEqual(found.item(), expected, places=6)


if __name__ == "__main__":
    unittest.main()
