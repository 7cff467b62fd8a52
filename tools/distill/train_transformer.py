#!/usr/bin/env python3
"""Trains a BERT of one or two small layers on what the static model learnt from, to compare the two.

    tools/distill/train_transformer.py --teacher DIR --static DIR --out DIR [--lode build/lode]
                                       [--minutes 12] [--layers 1] [--heads 4] [--threads 1]
                                       [--shared ../shared] [--cache ~/.cache/lode/distill]

--static is the directory that distill.py has written (--out); what its cache holds is used. Needs
PyTorch besides requirements.txt. The result is a sentence-transformers directory without special
tokens, for `lode convert`, `lode eval` and `lode bench`.

The student begins as the static model: a row is 126 of its 256 axes and, on an axis of its own, the
length that is missing to sqrt(128), all of it orthogonal to (1 .. 1). The LayerNorms then leave rows
as they are, the layers add nothing yet, and the dense layer behind the mean drops the added axis.
The loss is train.py's. Training ends by the clock, and the rate falls to 0 by it.
"""

import argparse
import json
import os
import pathlib
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402: the threads come first
import torch  # noqa: E402
from safetensors.numpy import load_file  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from torch.nn import functional  # noqa: E402

import distill  # noqa: E402
import encode  # noqa: E402
import evaluate  # noqa: E402
import train  # noqa: E402
import vocabulary  # noqa: E402

HIDDEN = 128
AXES = HIDDEN - 2
POSITIONS = 512
MOST_TOKENS = 64  # of a text in training
GROUP = 64  # texts of a batch that are padded to one length
RECIPE = train.Recipe(rate=2e-3, batch=512)


class Layer(torch.nn.Module):
    """BERT's layer, the norms behind the residuals."""

    def __init__(self, heads):
        super().__init__()
        self.heads = heads
        self.inward = torch.nn.Linear(HIDDEN, 3 * HIDDEN)
        self.outward = torch.nn.Linear(HIDDEN, HIDDEN)
        self.up, self.down = torch.nn.Linear(HIDDEN, 4 * HIDDEN), torch.nn.Linear(4 * HIDDEN, HIDDEN)
        self.norm1, self.norm2 = torch.nn.LayerNorm(HIDDEN, 1e-12), torch.nn.LayerNorm(HIDDEN, 1e-12)
        for linear in (self.inward, self.up):
            torch.nn.init.normal_(linear.weight, std=0.05)
            torch.nn.init.zeros_(linear.bias)
        for linear in (self.outward, self.down):  # the layer begins as the identity
            torch.nn.init.zeros_(linear.weight)
            torch.nn.init.zeros_(linear.bias)

    def forward(self, x, mask):
        texts, tokens, _ = x.shape
        parts = self.inward(x).view(texts, tokens, 3, self.heads, HIDDEN // self.heads).permute(2, 0, 3, 1, 4)
        found = functional.scaled_dot_product_attention(*parts, attn_mask=mask[:, None, None, :])
        x = self.norm1(x + self.outward(found.transpose(1, 2).reshape(x.shape)))
        return self.norm2(x + self.down(functional.gelu(self.up(x))))

    def tensors(self, prefix):
        """Its weights by BERT's names."""
        named = {}
        for i, part in enumerate(("query", "key", "value")):
            rows = slice(i * HIDDEN, (i + 1) * HIDDEN)
            named[f"attention.self.{part}.weight"] = self.inward.weight[rows]
            named[f"attention.self.{part}.bias"] = self.inward.bias[rows]
        for name, module in (("attention.output.dense", self.outward), ("intermediate.dense", self.up),
                             ("output.dense", self.down), ("attention.output.LayerNorm", self.norm1),
                             ("output.LayerNorm", self.norm2)):
            named[f"{name}.weight"], named[f"{name}.bias"] = module.weight, module.bias
        return {prefix + name: tensor for name, tensor in named.items()}


class Student(torch.nn.Module):
    def __init__(self, table, layers, heads):
        super().__init__()
        rows, basis = first_rows(table)
        self.words = torch.nn.Embedding.from_pretrained(rows, freeze=False)
        self.positions = torch.nn.Parameter(torch.zeros(POSITIONS, HIDDEN))
        self.norm = torch.nn.LayerNorm(HIDDEN, 1e-12)
        self.layers = torch.nn.ModuleList(Layer(heads) for _ in range(layers))
        self.dense = torch.nn.Linear(HIDDEN, table.shape[1])
        with torch.no_grad():
            self.dense.weight.zero_()
            self.dense.weight[:AXES] = basis[:, :AXES].T
            self.dense.bias.zero_()

    def forward(self, ids, mask):
        x = self.norm(self.words(ids) + self.positions[:ids.shape[1]])
        for layer in self.layers:
            x = layer(x, mask)
        weight = mask[:, :, None].to(x.dtype)
        return self.dense((x * weight).sum(1) / weight.sum(1))


def first_rows(table):
    """(rows of length sqrt(HIDDEN) and mean 0, the orthonormal basis in which they are axes and rest)."""
    start = np.concatenate([np.ones((HIDDEN, 1)), np.random.default_rng(1).normal(size=(HIDDEN, AXES + 1))], axis=1)
    basis = np.linalg.qr(start)[0][:, 1:]
    rows = table[:, :AXES].astype(np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    rows *= np.minimum(1 / np.percentile(lengths, 99.5), 1 / np.maximum(lengths, 1e-12))
    rest = np.sqrt(np.maximum(1 - (rows ** 2).sum(axis=1, keepdims=True), 0))
    rows = np.sqrt(HIDDEN) * np.concatenate([rows, rest], axis=1) @ basis.T
    return torch.tensor(rows, dtype=torch.float32), torch.tensor(basis, dtype=torch.float32)


def forward(student, ids, starts, batch, most):
    """The vectors of the texts with these numbers, in their order; texts of like length are padded together."""
    lengths = np.minimum(starts[batch + 1] - starts[batch], most)
    order = np.argsort(lengths, kind="stable")
    found = []
    for at in range(0, len(order), GROUP):
        part = order[at:at + GROUP]
        columns = np.arange(max(lengths[part].max(), 1))
        mask = columns < np.maximum(lengths[part], 1)[:, None]
        places = np.minimum(starts[batch[part]][:, None] + np.where(mask, columns, 0), len(ids) - 1)
        found.append(student(torch.from_numpy(ids[places].astype(np.int64)), torch.from_numpy(mask)))
    return torch.cat(found)[torch.from_numpy(np.argsort(order))]


def loss(x, teacher, projected, recipe):
    """train.loss, left to autograd."""
    y = functional.normalize(x)
    found, wanted = y @ y.T, teacher @ teacher.T
    value = 1 - (y * projected).sum(1).mean() + recipe.gram * ((found - wanted) ** 2).mean()
    same = torch.eye(len(x), dtype=torch.bool)
    found, wanted = ((s / recipe.temperature).masked_fill(same, -1e4) for s in (found, wanted))
    return value + recipe.ranks * functional.kl_div(found.log_softmax(1), wanted.log_softmax(1),
                                                    reduction="batchmean", log_target=True)


def fit(student, ids, starts, vectors, numbers, projection, minutes, recipe=RECIPE):
    draw = np.random.default_rng(recipe.seed)
    numbers = numbers[starts[numbers + 1] > starts[numbers]]
    groups = train.clusters(vectors[numbers], max(len(numbers) // 750, 8), draw)
    stream = train.batches(numbers, groups, recipe, draw)
    adam = torch.optim.Adam(student.parameters(), betas=(0.9, 0.98), fused=True)
    began, step, mean = time.monotonic(), 0, None
    while (done := (time.monotonic() - began) / (60 * minutes)) < 1:
        batch = next(stream)
        teacher = vectors[batch].astype(np.float32)
        projected = torch.from_numpy(train.unit(teacher @ projection.T))
        value = loss(forward(student, ids, starts, batch, MOST_TOKENS), torch.from_numpy(teacher), projected, recipe)
        adam.param_groups[0]["lr"] = recipe.rate * min((step + 1) / recipe.warmup, 1) * (1 - done)
        adam.zero_grad()
        value.backward()
        adam.step()
        step += 1
        mean = value.item() if mean is None else 0.98 * mean + 0.02 * value.item()
        if step % 50 == 0:
            print(f"step {step}: loss {mean:.4f}, {time.monotonic() - began:.0f} s", flush=True)
    print(f"{step} steps", flush=True)


def write(folder, name, described):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(described, ensure_ascii=False, separators=(",", ":"))
    (folder / name).write_text(text, encoding="utf-8")


def export(folder, student, described):
    """A sentence-transformers directory: BertModel, mean, dense, norm."""
    layers, outputs = len(student.layers), student.dense.out_features
    write(folder, "tokenizer.json", described)
    write(folder, "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast",  # BERT's adds tokens
                                            "unk_token": "[UNK]", "pad_token": "[PAD]"})
    write(folder, "config.json", {
        "architectures": ["BertModel"], "model_type": "bert", "hidden_act": "gelu", "hidden_size": HIDDEN,
        "intermediate_size": 4 * HIDDEN, "layer_norm_eps": 1e-12, "max_position_embeddings": POSITIONS,
        "num_attention_heads": student.layers[0].heads, "num_hidden_layers": layers, "pad_token_id": 0,
        "position_embedding_type": "absolute", "type_vocab_size": 1, "vocab_size": student.words.num_embeddings})
    write(folder, "sentence_bert_config.json", {"max_seq_length": POSITIONS, "do_lower_case": False})
    write(folder, "1_Pooling/config.json", {"word_embedding_dimension": HIDDEN, "pooling_mode_mean_tokens": True})
    write(folder, "2_Dense/config.json", {"in_features": HIDDEN, "out_features": outputs, "bias": True,
                                          "activation_function": "torch.nn.modules.linear.Identity"})
    write(folder, "modules.json", [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate((("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Dense", "Dense"),
                                          ("3_Normalize", "Normalize")))])
    named = {"embeddings.word_embeddings.weight": student.words.weight,
             "embeddings.position_embeddings.weight": student.positions,
             "embeddings.token_type_embeddings.weight": torch.zeros(1, HIDDEN),
             "embeddings.LayerNorm.weight": student.norm.weight, "embeddings.LayerNorm.bias": student.norm.bias}
    for i, layer in enumerate(student.layers):
        named |= layer.tensors(f"encoder.layer.{i}.")
    save_file({n: t.detach().contiguous().clone() for n, t in named.items()}, folder / "model.safetensors")
    dense = {"linear.weight": student.dense.weight, "linear.bias": student.dense.bias}
    save_file({n: t.detach().clone() for n, t in dense.items()}, folder / "2_Dense/model.safetensors")


def report(student, described, shared, held):
    def vectors(texts):
        ids, starts = vocabulary.bags(described, texts, POSITIONS)
        numbers = np.arange(len(texts))
        with torch.no_grad():
            found = [forward(student, ids, starts, numbers[at:at + 2048], POSITIONS)
                     for at in range(0, len(texts), 2048)]
        return train.unit(torch.cat(found).numpy())

    sts = evaluate.sts(vectors, shared / "data" / "eval" / "stsbenchmark" / "sts-dev.csv")
    titles = evaluate.retrieval(vectors(held[0]), vectors(held[1]), held[2])
    return {"STS-B dev": round(sts, 4), "held-out titles": round(titles, 4)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", type=pathlib.Path, required=True, help="all-MiniLM-L6-v2's directory")
    parser.add_argument("--static", type=pathlib.Path, required=True, help="the static model's directory")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--lode", type=pathlib.Path, default=pathlib.Path("build/lode"))
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--layers", type=int, default=1)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--shared", type=pathlib.Path, default=pathlib.Path("../shared"))
    parser.add_argument("--cache", type=pathlib.Path, default=pathlib.Path.home() / ".cache/lode/distill")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)

    main_texts, everyday, held, excluded = distill.texts_of(options.cache, options.shared)
    described = json.loads((options.static / "tokenizer.json").read_text(encoding="utf-8"))
    table = load_file(options.static / "model.safetensors")["embeddings"]

    vectors = np.concatenate([encode.encode(options.lode, options.teacher, texts, options.cache / name)
                              for texts, name in ((main_texts, "vec"), (everyday, "vec-everyday"))])
    ids, starts = vocabulary.bags(described, main_texts + everyday)
    projection, _ = train.axes(vectors[::4].astype(np.float32), table.shape[1])
    student = Student(table, options.layers, options.heads)
    print("untrained:", report(student, described, options.shared, held), flush=True)
    numbers = np.setdiff1d(np.arange(len(vectors)), excluded)
    fit(student, ids, starts, vectors, numbers, projection, options.minutes)
    export(options.out, student, described)
    print("trained:", report(student, described, options.shared, held), flush=True)


if __name__ == "__main__":
    main()
