#!/usr/bin/env python3
"""Writes the static models under tests/data/models, each with the vectors that Model2Vec's own
library (those named static-model2vec) or sentence-transformers (static-embedding) computes.

    python3 tools/make_static_fixtures.py

Needs what make_fixtures.py needs, and model2vec. What a folder holds is described there. Tables
are random with a fixed seed; halves are given to Model2Vec as float32, since it would round the
vectors to halves as well.
"""

import json
import pathlib
import shutil
import sys
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import make_fixtures as base
import model2vec
import numpy
import sentence_transformers
import tokenizers
from safetensors.numpy import load_file, save_file

DIM = 18
CONFIG = {"model_type": "model2vec", "architectures": ["StaticModel"]}
# Where lengths end: see lode.h on max_tokens.
NO_LIMIT = 2**31 - 1


class Folder:
    def __init__(self, name, inside=""):
        self.name = name
        self.path = base.ROOT / name
        self.inside = self.path / inside
        self.random = numpy.random.default_rng(zlib.crc32(name.encode()))
        shutil.rmtree(self.path, ignore_errors=True)
        self.inside.mkdir(parents=True)

    def normal(self, *shape):
        return self.random.standard_normal(shape).astype(numpy.float32)

    def write_tensors(self, **tensors):
        save_file(tensors, self.inside / "model.safetensors")

    def write_tokenizer(self, **truncation):
        vocab = base.make_vocab()
        tokenizer = base.make_tokenizer(vocab, True)
        if truncation:
            tokenizer.enable_truncation(**truncation)
        tokenizer.save(str(self.inside / "tokenizer.json"), False)
        return len(vocab)

    def write_unigram(self):
        """As Model2Vec makes one out of WordPiece."""
        words = [piece.removeprefix("##") for piece in base.make_vocab()]
        marked = ["▁" + word for word in words if word.isalnum() and len(word) > 1]
        pieces = list(dict.fromkeys(["[PAD]", "[UNK]", "▁", *marked, *words]))
        scores = [-20 * self.random.random() for _ in pieces]
        unigram = tokenizers.models.Unigram(list(zip(pieces, scores)), unk_id=1, byte_fallback=False)
        tokenizer = tokenizers.Tokenizer(unigram)
        normalizers = tokenizers.normalizers
        tokenizer.normalizer = normalizers.Sequence(
            [
                normalizers.BertNormalizer(lowercase=True),
                *(normalizers.Replace(mark, f" {mark} ") for mark in base.MARKS),
                normalizers.Replace(tokenizers.Regex("\\s+"), " "),
                normalizers.Strip(),
            ]
        )
        tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace(split=False)
        tokenizer.add_special_tokens(["[PAD]", "[UNK]"])
        tokenizer.save(str(self.inside / "tokenizer.json"), False)
        return len(pieces)

    def write_config(self, **more):
        base.write_json(self.path / "config.json", CONFIG | more)
        modules = [(".", "StaticEmbedding")]
        if more.get("normalize"):
            modules.append(("1_Normalize", "Normalize"))
        self.write_modules(modules)

    def write_modules(self, modules):
        rows = [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (path, kind) in enumerate(modules)
        ]
        base.write_json(self.path / "modules.json", rows)


def write_expected(folder, about, libraries, max_tokens, cases, dim):
    expected = {
        "about": about,
        "made_by": {library.__name__: library.__version__ for library in libraries},
        "dim": dim,
        "max_seq_length": max_tokens,
        "cases": cases,
    }
    (folder.path / "expected.json").write_text(base.dump(expected) + "\n", encoding="utf-8")


# ---------------------------------------------------------------- Model2Vec


def expect_model2vec(folder, about):
    model = model2vec.StaticModel.from_pretrained(folder.path, force_download=False)
    if model.embedding.dtype == numpy.float16:
        model.embedding = model.embedding.astype(numpy.float32)

    def ids(text):
        if model.max_length is not None:
            text = text[: model.max_length * model.median_token_length]
        return model.tokenize([text])[0]

    case = {
        "prompt_name": None,
        "prompt": None,
        "texts": base.TEXTS,
        "ids": [ids(text) for text in base.TEXTS],
        "vectors": [base.shortest(model.encode([text])[0]) for text in base.TEXTS],
    }
    model2vec.__version__ = model2vec.version.__version__
    libraries = (model2vec, tokenizers, numpy)
    write_expected(folder, about, libraries, model.max_length or NO_LIMIT, [case], model.dim)


def plain(folder):
    rows = folder.write_tokenizer()
    folder.write_tensors(embeddings=folder.normal(rows, DIM))
    folder.write_config(normalize=True, seq_length=1000000)


def short(folder):
    rows = folder.write_tokenizer(max_length=3, direction="left")
    folder.write_tensors(embeddings=folder.normal(rows, 2 * DIM))
    folder.write_config(normalize=False, max_length=8)


def unlimited(folder):
    rows = folder.write_tokenizer()
    folder.write_tensors(embeddings=folder.normal(rows, 100).astype(numpy.float16))
    folder.write_config(max_length=None, normalize=True)


def integers(folder):
    rows = folder.write_tokenizer()
    table = folder.random.integers(-127, 128, (rows, 65), dtype=numpy.int8)
    folder.write_tensors(embeddings=table)
    folder.write_config(normalize=False)


def mapping(folder):
    rows = folder.write_tokenizer()
    folder.write_tensors(
        embeddings=folder.normal(20, DIM),
        mapping=folder.random.integers(0, 20, rows, dtype=numpy.int64),
        weights=folder.random.uniform(0.01, 2, rows),
    )
    folder.write_config(normalize=True)


def weights(folder):
    rows = folder.write_tokenizer()
    folder.write_tensors(
        embeddings=folder.normal(rows, DIM),
        weights=folder.random.uniform(0.01, 2, rows).astype(numpy.float32),
    )
    folder.write_config(normalize=False)


def unigram(folder):
    rows = folder.write_unigram()
    folder.write_tensors(
        embeddings=folder.normal(24, DIM),
        mapping=folder.random.integers(0, 24, rows, dtype=numpy.int32),
        weights=folder.random.uniform(0.01, 2, rows),
    )
    folder.write_config(normalize=True)


def second_layout(folder):
    rows = folder.write_tokenizer()
    folder.write_tensors(**{"embedding.weight": folder.normal(rows, DIM)})
    base.write_json(folder.path / "config_sentence_transformers.json", {"normalize": True})


# ---------------------------------------------------------------- sentence-transformers


def expect_embedding(folder, about, prompts):
    model = sentence_transformers.SentenceTransformer(str(folder.path), device="cpu")

    def run(name, prompt):
        used = model._resolve_prompt(prompt, name)
        rows = [
            model.encode(t, prompt_name=name, prompt=prompt, show_progress_bar=False)
            for t in base.TEXTS
        ]
        return {
            "prompt_name": name,
            "prompt": prompt,
            "texts": base.TEXTS,
            "ids": [model[0].preprocess([t], used)["input_ids"].tolist() for t in base.TEXTS],
            "vectors": [base.shortest(row) for row in rows],
        }

    truncation = model[0].tokenizer.truncation
    limit = truncation["max_length"] if truncation else NO_LIMIT
    cases = [run(name, prompt) for name, prompt in prompts]
    dim = model.get_embedding_dimension()
    write_expected(folder, about, (sentence_transformers, tokenizers), limit, cases, dim)


def embedding(folder):
    rows = folder.write_tokenizer()
    folder.write_tensors(**{"embedding.weight": folder.normal(rows, DIM)})
    config = {"prompts": {"query": "search the words: "}, "default_prompt_name": "query"}
    base.write_json(folder.path / "config_sentence_transformers.json", config)
    dense = {"in_features": DIM, "out_features": 10, "bias": True}
    dense["activation_function"] = "torch.nn.modules.activation.Tanh"
    base.write_json(folder.path / "1_Dense/config.json", dense)
    tensors = {"linear.weight": folder.normal(10, DIM) / 2, "linear.bias": folder.normal(10)}
    save_file(tensors, folder.path / "1_Dense/model.safetensors")
    folder.write_modules(
        [("0_StaticEmbedding", "StaticEmbedding"), ("1_Dense", "Dense"), ("2_Normalize", "Normalize")]
    )


def truncated(folder):
    rows = folder.write_tokenizer(max_length=6, direction="left")
    folder.write_tensors(
        embeddings=folder.normal(30, DIM),
        mapping=folder.random.integers(0, 30, rows, dtype=numpy.int32),
        weights=folder.random.uniform(0.01, 2, rows).astype(numpy.float32),
    )
    folder.write_modules([("", "StaticEmbedding")])


MODEL2VEC = {
    "static-model2vec": ("unit length; unknown tokens do not count", plain),
    "static-model2vec-short": (
        "8 tokens, out of 8 times the median token's characters; truncation of tokenizer.json "
        "is not heeded",
        short,
    ),
    "static-model2vec-f16": ("a table of halves, no limit of length", unlimited),
    "static-model2vec-int8": ("integers without a scale, an odd dimension", integers),
    "static-model2vec-mapping": ("vocabulary quantization: I64 mapping, F64 weights", mapping),
    "static-model2vec-unigram": ("a Unigram tokenizer; I32 mapping, F64 weights", unigram),
    "static-model2vec-weights": ("weights of tokens", weights),
    "static-model2vec-second-layout": ("no config.json, no modules.json", second_layout),
}
EMBEDDING = {
    "static-embedding": (
        "a folder of its own, a default prompt, Dense behind; unknown tokens count",
        "0_StaticEmbedding",
        embedding,
        [(None, None), (None, "")],
    ),
    "static-embedding-truncation": (
        "Model2Vec's tensors without its config.json; the last 6 tokens, as tokenizer.json says",
        "",
        truncated,
        base.NO_PROMPT,
    ),
}


def main():
    for name, (about, make) in MODEL2VEC.items():
        folder = Folder(name)
        make(folder)
        expect_model2vec(folder, about)
    for name, (about, inside, make, prompts) in EMBEDDING.items():
        folder = Folder(name, inside)
        make(folder)
        expect_embedding(folder, about, prompts)


if __name__ == "__main__":
    main()
