#!/usr/bin/env python3
"""Writes the small models under tests/data/models, each with the vectors that
sentence-transformers computes from it.

    python3 tools/make_fixtures.py                    # all of them
    python3 tools/make_fixtures.py bert-cls roberta   # these

Needs torch, transformers, sentence-transformers and tokenizers (expected.json says which
versions were used). Weights are random with a fixed seed, spread so widely that every part of
the network shows in the result; each folder differs from the others in one thing, which its
name says and the list FIXTURES below explains.

A folder is a model directory like any other, plus expected.json:

    {"about":    what is special about this model,
     "made_by":  {library: version},
     "dim":      floats in a vector,
     "max_seq_length": tokens of a text that are kept, special tokens included,
     "cases": [{"prompt_name": name of a prompt to ask for, or null,
                "prompt":      text of a prompt to use instead, or null; both null: the default,
                "texts":       [text],
                "ids":         [[token ids of the prompt and the text, as they are computed]],
                "vectors":     [[dim floats]]}]}

Vectors are float32 written with as many digits as tell it from its neighbours, computed by
SentenceTransformer.encode in float32 one text at a time; compare with an absolute tolerance of
1e-5 times the vector's largest element (or 1, if that is larger).
"""

import argparse
import json
import os
import pathlib
import shutil
import zlib

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import numpy
import safetensors.torch
import sentence_transformers
import tokenizers
import torch
import transformers

ROOT = pathlib.Path(__file__).resolve().parent.parent / "tests/data/models"

TEXTS = [
    "",
    "a",
    "The quick brown fox jumps over the lazy dog.",
    "Semantic search finds meaning, not words!",
    "Ünïcödé café naïve",
    "你好 世界 and 日本語",
    "\U0001f642 emoji \U0001f469\u200d\U0001f469\u200d\U0001f467 family",
    "   spaces\tand\nlines\u00a0and\u3000more   ",
    "unaffable [SEP] embeddings [MASK] and [PAD] in the text",
    "e\u0301 combining; Ελληνικά; العربية; \u0007 bell, zero\u200bwidth \ufeff",
    "the dog and the fox and 3.14159 or 42% of (words) " * 12,
    "x" * 120 + " end",
]

# ---------------------------------------------------------------- tokenizers

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = (
    "the and of not in search words quick brown fox dog over lazy jumps finds mean semantic text"
    " query space line family combin na caf cafe uni code more end"
).split()
ENDINGS = ["##" + ending for ending in "s ing ed able ffa dings code ive ly width".split()]
MARKS = list(".,;!%()[]#:-")
OTHERS = list("你世日é")


def make_vocab(cased=False, special=SPECIAL):
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    if cased:
        letters += "STU"
    singles = list(letters) + ["##" + letter for letter in letters]
    pieces = list(special) + singles + MARKS + OTHERS + WORDS + ENDINGS
    if cased:
        pieces += ["The", "Semantic"]
    return {piece: i for i, piece in enumerate(dict.fromkeys(pieces))}


def make_tokenizer(vocab, lowercase):
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = tokenizers.decoders.WordPiece()
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[(name, vocab[name]) for name in ("[CLS]", "[SEP]")],
    )
    tokenizer.add_special_tokens(SPECIAL)
    return tokenizer


def tokenizer_config(tokenizer_class, lowercase, **more):
    names = ["pad_token", "unk_token", "cls_token", "sep_token", "mask_token"]
    config = {"tokenizer_class": tokenizer_class, **dict(zip(names, SPECIAL))}
    if tokenizer_class == "BertTokenizer":
        config["do_lower_case"] = lowercase
    return config | more


# ---------------------------------------------------------------- transformers


def spread_weights(model, seed):
    """Random values that leave no layer close to the identity, a constant or zero."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() == 2 and "embeddings" in name:
                parameter.copy_(0.7 * noise)
            elif parameter.dim() == 2:
                parameter.copy_(1.2 / parameter.shape[1] ** 0.5 * noise)
            elif "norm" in name.lower() and name.endswith("weight"):
                parameter.copy_(1 + 0.3 * noise)
            else:
                parameter.copy_(0.2 * noise)


def bert(vocab, hidden=24, heads=3, inner=40, layers=2, positions=64, head=False, **more):
    config = transformers.BertConfig(
        vocab_size=len(vocab),
        hidden_size=hidden,
        num_attention_heads=heads,
        intermediate_size=inner,
        num_hidden_layers=layers,
        max_position_embeddings=positions,
        **more,
    )
    if head:
        return transformers.BertForMaskedLM(config)
    return transformers.BertModel(config, add_pooling_layer=False)


def roberta(vocab, head=False, **more):
    config = transformers.RobertaConfig(
        vocab_size=len(vocab),
        hidden_size=26,
        num_attention_heads=2,
        intermediate_size=44,
        num_hidden_layers=1 if head else 2,
        max_position_embeddings=66,
        type_vocab_size=1,
        pad_token_id=vocab["[PAD]"],
        bos_token_id=vocab["[CLS]"],
        eos_token_id=vocab["[SEP]"],
        layer_norm_eps=1e-5,
        **more,
    )
    if head:
        return transformers.RobertaForMaskedLM(config)
    return transformers.RobertaModel(config, add_pooling_layer=False)


def distilbert(vocab, **more):
    config = transformers.DistilBertConfig(
        vocab_size=len(vocab),
        dim=30,
        n_heads=5,
        hidden_dim=50,
        n_layers=2,
        max_position_embeddings=64,
        **more,
    )
    return transformers.DistilBertModel(config)


# ---------------------------------------------------------------- folders


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


class Folder:
    """One fixture on its way to disk."""

    def __init__(self, name, transformer=""):
        self.name = name
        self.path = ROOT / name
        self.seed = zlib.crc32(name.encode())
        self.transformer = self.path / transformer
        self.modules = [(transformer, "sentence_transformers.models.Transformer")]
        shutil.rmtree(self.path, ignore_errors=True)
        self.transformer.mkdir(parents=True)

    def write_model(self, model, dtype=torch.float32, **save_options):
        spread_weights(model, self.seed)
        model.to(dtype).save_pretrained(self.transformer, **save_options)
        (self.transformer / "generation_config.json").unlink(missing_ok=True)

    def write_tokenizer(self, vocab, lowercase=True, tokenizer_class="BertTokenizer", **more):
        make_tokenizer(vocab, lowercase).save(str(self.transformer / "tokenizer.json"), False)
        config = tokenizer_config(tokenizer_class, lowercase, **more)
        write_json(self.transformer / "tokenizer_config.json", config)

    def write_limits(self, max_seq_length=64, file="sentence_bert_config.json", **more):
        write_json(self.transformer / file, {"max_seq_length": max_seq_length} | more)

    def add(self, kind, config=None, tensors=None, package="sentence_transformers.models"):
        path = f"{len(self.modules)}_{kind}"
        self.modules.append((path, f"{package}.{kind}"))
        if config is not None:
            write_json(self.path / path / "config.json", config)
        if tensors is not None:
            safetensors.torch.save_file(tensors, self.path / path / "model.safetensors")

    def add_pooling(self, dim, *modes, **more):
        """One flag a mode, as all files had it before pooling_mode."""
        flags = "cls_token mean_tokens max_tokens mean_sqrt_len_tokens weightedmean_tokens lasttoken"
        config = {"word_embedding_dimension": dim}
        config |= {"pooling_mode_" + flag: flag in modes for flag in flags.split()}
        self.add("Pooling", config | more)

    def add_dense(self, rows, columns, activation, bias=True):
        generator = torch.Generator().manual_seed(self.seed + len(self.modules))
        tensors = {"linear.weight": torch.randn((rows, columns), generator=generator) / 4}
        if bias:
            tensors["linear.bias"] = torch.randn((rows,), generator=generator) / 4
        config = {"in_features": columns, "out_features": rows, "bias": bias}
        self.add("Dense", config | {"activation_function": activation}, tensors)

    def add_layer_norm(self, dim):
        generator = torch.Generator().manual_seed(self.seed + len(self.modules))
        tensors = {
            "norm.weight": 1 + torch.randn((dim,), generator=generator) / 4,
            "norm.bias": torch.randn((dim,), generator=generator) / 4,
        }
        self.add("LayerNorm", {"dimension": dim}, tensors)

    def write_prompts(self, prompts, default):
        config = {"prompts": prompts, "default_prompt_name": default, "similarity_fn_name": "cosine"}
        write_json(self.path / "config_sentence_transformers.json", config)

    def write_modules(self):
        rows = [
            {"idx": i, "name": str(i), "path": path, "type": kind}
            for i, (path, kind) in enumerate(self.modules)
        ]
        write_json(self.path / "modules.json", rows)


def shortest(row):
    return [float(str(value)) for value in row.astype(numpy.float32)]


def token_ids(model, prompt, text):
    return model.tokenizer((prompt or "") + text, truncation=True)["input_ids"]


def run_case(model, prompt_name, prompt):
    rows = [
        model.encode(
            text, prompt_name=prompt_name, prompt=prompt, batch_size=1, show_progress_bar=False
        )
        for text in TEXTS
    ]
    used = model._resolve_prompt(prompt, prompt_name)
    return {
        "prompt_name": prompt_name,
        "prompt": prompt,
        "texts": TEXTS,
        "ids": [token_ids(model, used, text) for text in TEXTS],
        "vectors": [shortest(row) for row in rows],
    }


def dump(value, indent=0):
    """JSON with one line for each text, list of ids or vector."""
    pad = " " * indent
    if isinstance(value, dict):
        rows = [f"{pad} {json.dumps(key)}: {dump(item, indent + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(rows) + "\n" + pad + "}"
    if isinstance(value, list) and value and isinstance(value[0], (dict, list, str)):
        rows = [f"{pad} {dump(item, indent + 1)}" for item in value]
        return "[\n" + ",\n".join(rows) + "\n" + pad + "]"
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def write_expected(folder, about, cases):
    model = sentence_transformers.SentenceTransformer(
        str(folder.path), device="cpu", model_kwargs={"dtype": torch.float32}
    )
    model.eval()
    libraries = (sentence_transformers, transformers, tokenizers, torch)
    expected = {
        "about": about,
        "made_by": {library.__name__: library.__version__ for library in libraries},
        "dim": model.get_embedding_dimension(),
        "max_seq_length": model.max_seq_length,
        "cases": [run_case(model, name, prompt) for name, prompt in cases],
    }
    (folder.path / "expected.json").write_text(dump(expected) + "\n", encoding="utf-8")


# ---------------------------------------------------------------- the fixtures

NO_PROMPT = [(None, None)]


def pooling_fixture(*modes):
    def make(folder):
        vocab = make_vocab()
        folder.write_model(bert(vocab, hidden=18, heads=2, inner=28, layers=1))
        folder.write_tokenizer(vocab)
        folder.write_limits()
        folder.add_pooling(18, *modes)
        folder.write_modules()

    return make


def mean_normalize(folder):
    vocab = make_vocab()
    folder.write_model(bert(vocab, hidden=32, heads=4, inner=48))
    folder.write_tokenizer(vocab)
    folder.write_limits(do_lower_case=False)
    folder.add_pooling(32, "mean_tokens")
    folder.add("Normalize")
    folder.write_modules()


def pooling_order(folder):
    vocab = make_vocab()
    folder.write_model(bert(vocab, hidden=18, heads=2, inner=28, layers=1))
    folder.write_tokenizer(vocab)
    folder.write_limits()
    modes = ["mean", "lasttoken", "cls", "mean"]
    folder.add("Pooling", {"embedding_dimension": 18, "pooling_mode": modes})
    folder.add_dense(20, 72, "torch.nn.modules.activation.Tanh")
    folder.write_modules()


def new_names(folder):
    vocab = make_vocab()
    folder.write_model(bert(vocab, layers=1))
    folder.write_tokenizer(vocab, model_max_length=48)
    write_json(
        folder.path / "sentence_bert_config.json",
        {
            "transformer_task": "feature-extraction",
            "modality_config": {
                "text": {"method": "forward", "method_output_name": "last_hidden_state"}
            },
            "module_output_name": "token_embeddings",
        },
    )
    folder.modules = [("", "sentence_transformers.base.modules.transformer.Transformer")]
    package = "sentence_transformers.sentence_transformer.modules.pooling"
    modes = ["cls", "mean", "lasttoken"]
    config = {"embedding_dimension": 24, "pooling_mode": modes, "include_prompt": True}
    folder.add("Pooling", config, package=package)
    config = {"module_input_name": "sentence_embedding", "module_output_name": "sentence_embedding"}
    folder.add("Normalize", config, package="sentence_transformers.base.modules.normalize")
    folder.write_prompts({"query": "", "document": ""}, None)
    folder.write_modules()


def dense(folder):
    vocab = make_vocab()
    folder.write_model(bert(vocab, layers=1))
    folder.write_tokenizer(vocab)
    folder.write_limits()
    folder.add_pooling(24, "mean_tokens")
    folder.add_dense(18, 24, "torch.nn.modules.activation.Tanh")
    folder.add("Normalize")
    folder.write_modules()


def dense_chain(folder):
    vocab = make_vocab()
    folder.write_model(bert(vocab, layers=1))
    folder.write_tokenizer(vocab)
    folder.write_limits()
    folder.add_pooling(24, "cls_token", "max_tokens")
    folder.add_dense(37, 48, "torch.nn.modules.linear.Identity", bias=False)
    folder.add_layer_norm(37)
    folder.add("Dropout", {"dropout": 0.1})
    folder.add_dense(21, 37, "torch.nn.modules.activation.GELU")
    folder.write_modules()


def prompts(folder):
    vocab = make_vocab()
    folder.write_model(bert(vocab, layers=1))
    folder.write_tokenizer(vocab)
    folder.write_limits()
    folder.add_pooling(24, "mean_tokens")
    folder.add("Normalize")
    folder.write_prompts({"query": "search the words: ", "text": "text - ", "none": ""}, "query")
    folder.write_modules()


def prompt_excluded(folder):
    vocab = make_vocab()
    folder.write_model(bert(vocab, layers=1))
    folder.write_tokenizer(vocab)
    folder.write_limits(24)
    folder.add_pooling(
        24,
        "mean_tokens",
        "max_tokens",
        "mean_sqrt_len_tokens",
        "weightedmean_tokens",
        "lasttoken",
        include_prompt=False,
    )
    folder.write_prompts({"query": "search the words: ", "none": ""}, "query")
    folder.write_modules()


def prompt_excluded_cls(folder):
    vocab = make_vocab()
    folder.write_model(bert(vocab, layers=1))
    folder.write_tokenizer(vocab)
    folder.write_limits()
    folder.add_pooling(24, "cls_token", include_prompt=False)
    folder.write_prompts({"query": "search the words: "}, "query")
    folder.write_modules()


def short(folder):
    vocab = make_vocab()
    folder.write_model(bert(vocab, hidden=28, heads=2, inner=56, layers=1))
    folder.write_tokenizer(vocab)
    folder.write_limits(8)
    folder.add_pooling(28, "mean_tokens")
    folder.write_modules()


def lower_cased(folder):
    vocab = make_vocab(cased=True)
    folder.write_model(bert(vocab, layers=1))
    folder.write_tokenizer(vocab, lowercase=False)
    folder.write_limits(do_lower_case=True)
    folder.add_pooling(24, "mean_tokens")
    folder.write_modules()


def cased(folder):
    vocab = make_vocab(cased=True)
    folder.write_model(bert(vocab, layers=1))
    folder.write_tokenizer(vocab, lowercase=False)
    folder.write_limits()
    folder.add_pooling(24, "mean_tokens")
    folder.write_modules()


def activation(name, **sizes):
    def make(folder):
        vocab = make_vocab()
        model = bert(vocab, hidden_act=name, **sizes)
        folder.write_model(model)
        folder.write_tokenizer(vocab)
        folder.write_limits()
        folder.add_pooling(model.config.hidden_size, "mean_tokens")
        folder.write_modules()

    return make


def roberta_plain(folder):
    vocab = make_vocab(special=["[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"])
    folder.write_model(roberta(vocab))
    folder.write_tokenizer(vocab, tokenizer_class="PreTrainedTokenizerFast", model_max_length=64)
    folder.write_limits(64, "sentence_roberta_config.json", do_lower_case=False)
    folder.add_pooling(26, "mean_tokens")
    folder.write_modules()


def roberta_masked_lm(folder):
    vocab = make_vocab(special=["[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"])
    folder.write_model(roberta(vocab, head=True))
    folder.write_tokenizer(vocab, tokenizer_class="PreTrainedTokenizerFast", model_max_length=64)
    folder.write_limits()
    folder.add_pooling(26, "cls_token")
    folder.write_modules()


def bert_masked_lm(folder):
    vocab = make_vocab()
    folder.write_model(bert(vocab, layers=1, head=True))
    folder.write_tokenizer(vocab)
    folder.write_limits()
    folder.add_pooling(24, "mean_tokens")
    folder.write_modules()


def distilbert_plain(folder):
    vocab = make_vocab()
    folder.write_model(distilbert(vocab))
    folder.write_tokenizer(
        vocab,
        tokenizer_class="PreTrainedTokenizerFast",
        model_input_names=["input_ids", "attention_mask"],
    )
    folder.write_limits(64, "sentence_distilbert_config.json")
    folder.add_pooling(30, "mean_tokens")
    folder.add("Normalize")
    folder.write_modules()


def half(dtype):
    def make(folder):
        vocab = make_vocab()
        folder.write_model(bert(vocab, hidden=36, inner=60, layers=1), dtype)
        folder.write_tokenizer(vocab)
        folder.write_limits()
        folder.add_pooling(36, "mean_tokens")
        folder.add("Normalize")
        folder.write_modules()

    return make


def sharded(folder):
    vocab = make_vocab()
    folder.write_model(bert(vocab), max_shard_size="20KB")
    folder.write_tokenizer(vocab)
    folder.write_limits()
    folder.add_pooling(24, "mean_tokens")
    folder.write_modules()


def vocab_txt(folder):
    vocab = make_vocab()
    folder.write_model(bert(vocab, layers=1))
    (folder.path / "vocab.txt").write_text("".join(piece + "\n" for piece in vocab), encoding="utf-8")
    write_json(folder.path / "tokenizer_config.json", tokenizer_config("BertTokenizer", True))
    folder.write_limits()
    folder.add_pooling(24, "mean_tokens")
    folder.write_modules()


def vocab_txt_cased(folder):
    vocab = make_vocab(cased=True)
    folder.write_model(bert(vocab, layers=1))
    (folder.path / "vocab.txt").write_text("".join(piece + "\n" for piece in vocab), encoding="utf-8")
    config = tokenizer_config(
        "BertTokenizer", False, strip_accents=True, tokenize_chinese_chars=False, model_max_length=50
    )
    write_json(folder.path / "tokenizer_config.json", config)
    folder.add_pooling(24, "mean_tokens")
    folder.write_modules()


def tokenizer_settings(folder):
    """tokenizer.json says something else in every respect, and BertTokenizer does not care."""
    vocab = make_vocab(cased=True)
    folder.write_model(bert(vocab, layers=1))
    tokenizer = make_tokenizer(vocab, lowercase=True)
    tokenizer.model.max_input_chars_per_word = 5
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="[SEP]:0 $A:0", pair="[SEP]:0 $A:0 $B:1", special_tokens=[("[SEP]", vocab["[SEP]"])]
    )
    tokenizer.save(str(folder.path / "tokenizer.json"), False)
    config = tokenizer_config(
        "BertTokenizer", False, strip_accents=True, tokenize_chinese_chars=False, truncation_side="left"
    )
    write_json(folder.path / "tokenizer_config.json", config)
    folder.write_limits(48)
    folder.add_pooling(24, "mean_tokens")
    folder.write_modules()


def tokenizer_class_none(folder):
    """The same settings, but a class that takes tokenizer.json as it stands, and more tokens."""
    vocab = make_vocab(cased=True)
    folder.write_model(bert(vocab, layers=1))
    make_tokenizer(vocab, lowercase=True).save(str(folder.path / "tokenizer.json"), False)
    tokens = [("words", False), ("fox", True), ("The", False)]
    config = tokenizer_config(
        "PreTrainedTokenizerFast",
        False,
        do_lower_case=False,
        tokenize_chinese_chars=False,
        added_tokens_decoder={
            str(vocab[word]): {"content": word, "lstrip": strip, "normalized": False, "special": False}
            for word, strip in tokens
        },
        additional_special_tokens=["Semantic", "##ing"],
    )
    write_json(folder.path / "tokenizer_config.json", config)
    folder.write_limits()
    folder.add_pooling(24, "mean_tokens")
    folder.write_modules()


def tokenizer_maps(folder):
    """No tokenizer_config.json: DistilBERT's own class, special tokens by older files."""
    special = ["<pad>", "<unk>", "<s>", "</s>", "<mask>"]
    vocab = make_vocab(cased=True, special=special)
    folder.write_model(distilbert(vocab))
    lines = "".join(piece + "\n" for piece in vocab)
    (folder.path / "vocab.txt").write_text(lines, encoding="utf-8")
    names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    write_json(folder.path / "special_tokens_map.json", dict(zip(names, special)))
    write_json(folder.path / "added_tokens.json", {"dog": vocab["dog"], "words": vocab["words"]})
    folder.write_limits(64, "sentence_distilbert_config.json")
    folder.add_pooling(30, "mean_tokens")
    folder.write_modules()


def truncate_dim(folder):
    vocab = make_vocab()
    folder.write_model(bert(vocab, layers=1))
    folder.write_tokenizer(vocab)
    folder.write_limits()
    folder.add_pooling(24, "mean_tokens")
    folder.add("Normalize")
    config = {"prompts": {}, "default_prompt_name": None, "truncate_dim": 10}
    write_json(folder.path / "config_sentence_transformers.json", config)
    folder.write_modules()


def plain(folder):
    vocab = make_vocab()
    folder.write_model(bert(vocab, layers=1))
    folder.write_tokenizer(vocab, model_max_length=40)
    # Not looked at without modules.json.
    folder.write_limits(8, do_lower_case=True)
    folder.write_prompts({"query": "search the words: "}, "query")


# Name: (what is special about it, how it is made, [(prompt name, prompt)])
FIXTURES = {
    "bert-mean-normalize": ("mean pooling, unit length", mean_normalize, NO_PROMPT),
    "bert-cls": ("the first token's vector", pooling_fixture("cls_token"), NO_PROMPT),
    "bert-max": ("maximum over tokens", pooling_fixture("max_tokens"), NO_PROMPT),
    "bert-mean-sqrt-len": (
        "sum over the square root of the length",
        pooling_fixture("mean_sqrt_len_tokens"),
        NO_PROMPT,
    ),
    "bert-weightedmean": (
        "mean weighted by position",
        pooling_fixture("weightedmean_tokens"),
        NO_PROMPT,
    ),
    "bert-lasttoken": ("the last token's vector", pooling_fixture("lasttoken"), NO_PROMPT),
    "bert-cls-max-mean": (
        "three poolings joined",
        pooling_fixture("cls_token", "max_tokens", "mean_tokens"),
        NO_PROMPT,
    ),
    "bert-pooling-order": (
        "poolings joined in an order of the model's own, one of them twice; then Dense",
        pooling_order,
        NO_PROMPT,
    ),
    "bert-new-names": (
        "the files as sentence-transformers 6 writes them; length from tokenizer_config.json",
        new_names,
        NO_PROMPT,
    ),
    "bert-dense": ("Dense with tanh, then unit length", dense, NO_PROMPT),
    "bert-dense-chain": (
        "joined poolings, Dense without bias, LayerNorm, Dropout, Dense with GELU",
        dense_chain,
        NO_PROMPT,
    ),
    "bert-prompts": (
        "prompts, one of them the default",
        prompts,
        [(None, None), ("text", None), ("none", None), (None, "and the "), (None, "")],
    ),
    "bert-prompt-excluded": (
        "a default prompt that is left out of five poolings; lengths of 24",
        prompt_excluded,
        [(None, None), ("none", None)],
    ),
    "bert-prompt-excluded-cls": (
        "a default prompt that is left out of cls pooling: the first token after it counts",
        prompt_excluded_cls,
        [(None, None), (None, "")],
    ),
    "bert-short": ("texts of at most 8 tokens", short, NO_PROMPT),
    "bert-cased": ("a tokenizer that keeps letter case", cased, NO_PROMPT),
    "bert-lower-cased": (
        "do_lower_case before a tokenizer that keeps letter case",
        lower_cased,
        NO_PROMPT,
    ),
    "bert-gelu-new": ("GELU by tanh", activation("gelu_new", layers=1), NO_PROMPT),
    "bert-relu": (
        "ReLU; heads of 5, hidden size 35",
        activation("relu", hidden=35, heads=7, inner=41, layers=1),
        NO_PROMPT,
    ),
    "bert-masked-lm": (
        "tensor names begin with \"bert.\", and there is a head that is not used",
        bert_masked_lm,
        NO_PROMPT,
    ),
    "roberta": ("RoBERTa's positions after the padding id, one token type", roberta_plain, NO_PROMPT),
    "roberta-masked-lm": (
        "tensor names begin with \"roberta.\", and there is a head that is not used",
        roberta_masked_lm,
        NO_PROMPT,
    ),
    "distilbert": ("DistilBERT's names; no token types", distilbert_plain, NO_PROMPT),
    "bert-f16": ("weights in float16", half(torch.float16), NO_PROMPT),
    "bert-bf16": ("weights in bfloat16", half(torch.bfloat16), NO_PROMPT),
    "bert-sharded": ("weights in several files with an index", sharded, NO_PROMPT),
    "bert-vocab-txt": ("vocab.txt instead of tokenizer.json", vocab_txt, NO_PROMPT),
    "bert-vocab-txt-cased": (
        "vocab.txt; letter case kept, accents stripped, no spaces around Chinese characters",
        vocab_txt_cased,
        NO_PROMPT,
    ),
    "bert-sub-folder": ("the transformer is in 0_Transformer", pooling_fixture("mean_tokens"), NO_PROMPT),
    "bert-tokenizer-config": (
        "tokenizer_config.json disagrees with tokenizer.json, and is what counts: BertTokenizer",
        tokenizer_settings,
        NO_PROMPT,
    ),
    "bert-tokenizer-plain": (
        "the same with PreTrainedTokenizerFast: tokenizer.json counts, and more tokens are added",
        tokenizer_class_none,
        NO_PROMPT,
    ),
    "distilbert-token-maps": (
        "no tokenizer_config.json; special_tokens_map.json and added_tokens.json",
        tokenizer_maps,
        NO_PROMPT,
    ),
    "bert-truncate-dim": (
        "vectors of unit length, then cut to 10 without normalising again",
        truncate_dim,
        NO_PROMPT,
    ),
    "bert-plain": ("no modules.json: mean pooling, other files not looked at", plain, NO_PROMPT),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FIXTURES))
    names = parser.parse_args().names or list(FIXTURES)
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    for name in names:
        about, make, cases = FIXTURES[name]
        folder = Folder(name, "0_Transformer" if name == "bert-sub-folder" else "")
        make(folder)
        write_expected(folder, about, cases)
        size = sum(file.stat().st_size for file in folder.path.rglob("*") if file.is_file())
        print(f"{name}: {size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
