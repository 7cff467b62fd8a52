"""sentence-transformers (torch) on the CPU, in f32 and in bf16."""

import os
import sys

try:
    from harness.peer import Peer, tree
except ImportError:  # run as a worker
    Peer = None


def command(dtype):
    def of(home, threads, max_tokens):
        return [home.python, __file__, home.model, dtype, threads, max_tokens]

    return of


def artifacts(home):
    runtime = []
    for name in ("torch", "transformers", "sentence_transformers", "tokenizers", "numpy"):
        runtime += tree(home.package(name))
    return runtime, [home.model / "model.safetensors", home.model / "tokenizer.json"]


def main(model_dir, dtype, threads, max_tokens):
    os.environ.update(HF_HUB_OFFLINE="1", RAYON_NUM_THREADS=threads, OMP_NUM_THREADS=threads)
    import sentence_transformers
    import torch
    from worker import serve

    torch.set_num_threads(int(threads))
    kind = {"f32": torch.float32, "bf16": torch.bfloat16}[dtype]
    model = sentence_transformers.SentenceTransformer(
        model_dir, device="cpu", model_kwargs={"dtype": kind}
    )
    model.max_seq_length = int(max_tokens)

    def embed(texts):
        vectors = model.encode(
            texts, batch_size=len(texts), show_progress_bar=False, convert_to_tensor=True
        )
        return vectors.float().numpy()

    version = f"{sentence_transformers.__version__} (torch {torch.__version__})"
    serve(f"sentence-transformers {version}, {dtype}", embed)


if Peer:
    PEERS = [
        Peer(
            name=f"st-{dtype}",
            packages=("torch", "transformers", "sentence-transformers"),
            command=command(dtype),
            artifacts=artifacts,
        )
        for dtype in ("f32", "bf16")
    ]

if __name__ == "__main__":
    main(*sys.argv[1:])
