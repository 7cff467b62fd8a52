"""lode itself, through bench_worker.c, which is linked with the library."""

import json
import os
import pathlib

from harness.peer import Peer

BUILD = pathlib.Path(
    os.environ.get("LODE_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build")
)


def prepare(home):
    if not (BUILD / "bench/bench_worker").exists():
        raise SystemExit(f"{BUILD}/bench/bench_worker is missing: `make build` first")


def model(home, max_tokens):
    """The model's folder with another limit of tokens: its other files are links."""
    folder = home.path / f"models/lode-{max_tokens}"
    settings = folder / "sentence_bert_config.json"
    if not settings.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for path in home.model.iterdir():
            if path.name != settings.name and not (folder / path.name).exists():
                (folder / path.name).symlink_to(path)
        settings.write_text(json.dumps({"max_seq_length": max_tokens, "do_lower_case": False}))
    return folder


def command(dtype):
    def of(home, threads, max_tokens):
        return [BUILD / "bench/bench_worker", model(home, max_tokens), dtype, threads]

    return of


def artifacts(home):
    return [BUILD / "liblode.so"], [home.model / "model.safetensors", home.model / "tokenizer.json"]


PEERS = [Peer(name="lode", prepare=prepare, command=command("f32"), artifacts=artifacts)]
