"""The model in the forms that other engines read, in CACHE/models, made from the real weights.

python models.py CACHE MODEL_DIR NAME...     a NAME is a function below
"""

import json
import pathlib
import sys

CACHE = MODEL = ONNX = None


def write(path, make):
    """Make a file by `make(temporary path)`, unless it is there."""
    if path.exists():
        return
    print(f"making {path}", file=sys.stderr)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name("part-" + path.name)
    make(part)
    part.rename(path)


def onnx_f32():
    write(ONNX / "model.onnx", export)


def onnx_int8():
    onnx_f32()
    write(ONNX / "model_quantized.onnx", lambda part: quantize(ONNX / "model.onnx", part))


def onnx_f32_fused():
    onnx_f32()
    write(ONNX / "model_fused.onnx", fuse)


def onnx_int8_fused():
    onnx_f32_fused()
    source = ONNX / "model_fused.onnx"
    write(ONNX / "model_fused_quantized.onnx", lambda part: quantize(source, part))


def export(part):
    """BERT's encoder, attention spelled out, with an additive mask as exporters emit it."""
    import torch
    import transformers

    model = transformers.BertModel.from_pretrained(MODEL, attn_implementation="eager").eval()
    heads = model.config.num_attention_heads

    class Encoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.bert = model

        def forward(self, input_ids, attention_mask, token_type_ids):
            lowest = torch.finfo(torch.float32).min
            bias = (1.0 - attention_mask[:, None, None, :].to(torch.float32)) * lowest
            x = self.bert.embeddings(input_ids=input_ids, token_type_ids=token_type_ids)
            for layer in self.bert.encoder.layer:
                x = attend(layer.attention, x, bias)
                x = layer.output(layer.intermediate(x), x)
            return x

    def attend(attention, x, bias):
        batch, length, width = x.shape

        def split(t):
            return t.view(batch, length, heads, width // heads).transpose(1, 2)

        of = attention.self
        query, key, value = split(of.query(x)), split(of.key(x)), split(of.value(x))
        scores = query @ key.transpose(-1, -2) / (width // heads) ** 0.5 + bias
        mixed = (torch.softmax(scores, -1) @ value).transpose(1, 2).reshape(batch, length, width)
        return attention.output(mixed, x)

    names = ["input_ids", "attention_mask", "token_type_ids"]
    ids = torch.randint(1000, 20000, (2, 16))
    mask = torch.ones_like(ids)
    mask[1, 10:] = 0
    inputs = (ids, mask, torch.zeros_like(ids))
    encoder = Encoder().eval()
    with torch.no_grad():
        expected = model(**dict(zip(names, inputs, strict=True))).last_hidden_state
        error = (expected - encoder(*inputs))[mask.bool()].abs().max().item()
        if error > 1e-4:
            raise SystemExit(f"the exported graph differs from the model by {error}")
        axes = {0: "batch", 1: "length"}
        torch.onnx.export(
            encoder, inputs, part,
            input_names=names, output_names=["last_hidden_state"],
            dynamic_axes={name: axes for name in [*names, "last_hidden_state"]},
            opset_version=17, dynamo=False,
        )  # fmt: skip


def quantize(source, part):
    """Dynamic int8 as the hub's Xenova models: per channel, 7-bit weights."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    # The default type is for fused operators, whose results shape inference does not know.
    quantize_dynamic(
        source, part, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8,
        extra_options={"EnableSubgraph": True, "DefaultTensorType": onnx.TensorProto.FLOAT},
    )  # fmt: skip


def fuse(part):
    from onnxruntime.transformers import optimizer

    config = json.loads((MODEL / "config.json").read_text())
    model = optimizer.optimize_model(
        str(ONNX / "model.onnx"), model_type="bert",
        num_heads=config["num_attention_heads"], hidden_size=config["hidden_size"],
    )  # fmt: skip
    print(f"fused: {model.get_fused_operator_statistics()}", file=sys.stderr)
    model.save_model_to_file(str(part))


def gguf_q8_0():
    write(CACHE / "models/minilm-q8_0.gguf", lambda part: to_gguf(part, "q8_0"))


def gguf_f16():
    write(CACHE / "models/minilm-f16.gguf", lambda part: to_gguf(part, "f16"))


# Hugging Face's names of BERT's tensors -> llama.cpp's.
GGUF_NAMES = {
    "embeddings.word_embeddings": "token_embd",
    "embeddings.position_embeddings": "position_embd",
    "embeddings.token_type_embeddings": "token_types",
    "embeddings.LayerNorm": "token_embd_norm",
}
GGUF_LAYER_NAMES = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}
GGUF_NEVER_QUANTIZED = {"position_embd.weight", "token_types.weight"}


def gguf_name(name):
    """llama.cpp's name of a tensor, None for one that it does not use (the pooler)."""
    stem, kind = name.rsplit(".", 1)
    if stem in GGUF_NAMES:
        return f"{GGUF_NAMES[stem]}.{kind}"
    if stem.startswith("encoder.layer."):
        layer, rest = stem.removeprefix("encoder.layer.").split(".", 1)
        return f"blk.{layer}.{GGUF_LAYER_NAMES[rest]}.{kind}"
    return None


def to_gguf(part, kind):
    import gguf
    import numpy
    from safetensors.numpy import load_file

    config = json.loads((MODEL / "config.json").read_text())
    file_type = {"f16": gguf.LlamaFileType.MOSTLY_F16, "q8_0": gguf.LlamaFileType.MOSTLY_Q8_0}
    writer = gguf.GGUFWriter(part, "bert")
    writer.add_name("all-MiniLM-L6-v2")
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_file_type(file_type[kind])
    add_vocabulary(writer, gguf)
    for name, tensor in load_file(MODEL / "model.safetensors").items():
        target = gguf_name(name)
        if target is None or name.endswith("position_ids"):
            continue
        tensor = tensor.astype(numpy.float32)
        if tensor.ndim == 1 or target in GGUF_NEVER_QUANTIZED:
            writer.add_tensor(target, tensor)
        elif kind == "f16":
            writer.add_tensor(target, tensor.astype(numpy.float16))
        else:
            q8_0 = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(target, gguf.quants.quantize(tensor, q8_0), raw_dtype=q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_vocabulary(writer, gguf):
    """WordPiece in llama.cpp's spelling: a leading ▁ on what begins a word, none on ##pieces."""
    words = (MODEL / "vocab.txt").read_text(encoding="utf-8").split("\n")
    words = words[:-1] if words[-1] == "" else words
    tokens, types = [], []
    for word in words:
        if word == "[UNK]":
            kind = gguf.TokenType.UNKNOWN
        elif word in ("[PAD]", "[CLS]", "[SEP]", "[MASK]"):
            kind = gguf.TokenType.CONTROL
        elif word.startswith("[unused"):
            kind = gguf.TokenType.UNUSED
        else:
            kind = gguf.TokenType.NORMAL
            word = word.removeprefix("##") if word.startswith("##") else "\u2581" + word
        tokens.append(word)
        types.append(kind)
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("jina-v2-en")
    writer.add_token_type_count(2)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_bos_token_id(words.index("[CLS]"))
    writer.add_eos_token_id(words.index("[SEP]"))
    writer.add_sep_token_id(words.index("[SEP]"))
    writer.add_unk_token_id(words.index("[UNK]"))
    writer.add_pad_token_id(words.index("[PAD]"))
    writer.add_mask_token_id(words.index("[MASK]"))
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(True)


if __name__ == "__main__":
    CACHE, MODEL = map(pathlib.Path, sys.argv[1:3])
    ONNX = CACHE / "models/minilm/onnx"
    for function in sys.argv[3:]:
        globals()[function]()
