"""onnxruntime on the CPU, with the `tokenizers` package before it and mean pooling after.

ort-f32 and ort-int8 run the graph as torch exports it (what most ONNX models on the hub are),
int8 quantised as the hub's Xenova models are. The -fused pair has been through
onnxruntime's own transformer optimizer first (one node for attention, fused GELU and norms).
"""

import os
import pathlib
import sys

try:
    from harness.peer import Peer
except ImportError:  # run as a worker
    Peer = None

FILES = {
    "f32": "model.onnx",
    "int8": "model_quantized.onnx",
    "f32-fused": "model_fused.onnx",
    "int8-fused": "model_fused_quantized.onnx",
}


def command(kind):
    def of(home, threads, max_tokens):
        return [
            home.python,
            __file__,
            home.path / "models/minilm/onnx" / FILES[kind],
            home.model / "tokenizer.json",
            threads,
            max_tokens,
        ]

    return of


def artifacts(kind):
    def of(home):
        runtime = [
            *home.package("onnxruntime").glob("capi/*.so*"),
            *home.package("tokenizers").glob("*.so"),
        ]
        model = [home.path / "models/minilm/onnx" / FILES[kind], home.model / "tokenizer.json"]
        return runtime, model

    return of


def main(model, tokenizer, threads, max_tokens):
    os.environ["RAYON_NUM_THREADS"] = threads  # of the tokenizer
    import numpy
    import onnxruntime
    import tokenizers
    from worker import serve

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(threads)
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    inputs = {i.name for i in session.get_inputs()}
    tokens = tokenizers.Tokenizer.from_file(tokenizer)
    tokens.enable_padding(pad_id=0, pad_token="[PAD]")
    tokens.enable_truncation(int(max_tokens))

    def embed(texts):
        encoded = tokens.encode_batch(texts)
        ids = numpy.array([e.ids for e in encoded], numpy.int64)
        mask = numpy.array([e.attention_mask for e in encoded], numpy.int64)
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}
        hidden = session.run(None, {name: feed[name] for name in inputs})[0]
        weight = mask[:, :, None].astype(numpy.float32)
        mean = (hidden * weight).sum(1) / weight.sum(1)
        return mean / numpy.linalg.norm(mean, axis=1, keepdims=True)

    kind = {file: kind for kind, file in FILES.items()}[pathlib.Path(model).name]
    serve(f"onnxruntime {onnxruntime.__version__}, {kind}", embed)


if Peer:
    EXPORT = ("torch", "transformers", "onnx")
    PEERS = [
        Peer(
            name=f"ort-{kind}",
            packages=("onnxruntime", "tokenizers", "numpy", *EXPORT),
            models=(f"onnx_{kind.replace('-', '_')}",),
            command=command(kind),
            artifacts=artifacts(kind),
        )
        for kind in FILES
    ]

if __name__ == "__main__":
    main(*sys.argv[1:])
