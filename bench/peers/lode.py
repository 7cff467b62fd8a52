"""lode itself, through bench_worker.c, which is linked with the library."""

import json
import os
import pathlib
import subprocess

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


def bundle(home, max_tokens, dtype):
    """The same as one file, made anew when the program has been built anew."""
    folder = model(home, max_tokens)
    path = folder.with_name(f"{folder.name}.{dtype}.lode-model")
    program = BUILD / "lode"
    if not path.exists() or path.stat().st_mtime < program.stat().st_mtime:
        arguments = [program, "convert", folder, "--dtype", dtype, "--quiet", "--output", path]
        subprocess.run(arguments, check=True)
    return path


def command(dtype):
    def of(home, threads, max_tokens):
        # f32 is measured on the directory as it is downloaded.
        files = model(home, max_tokens) if dtype == "f32" else bundle(home, max_tokens, dtype)
        return [BUILD / "bench/bench_worker", files, dtype, threads]

    return of


def artifacts(dtype):
    def of(home):
        if dtype == "f32":
            return [BUILD / "liblode.so"], [
                home.model / "model.safetensors",
                home.model / "tokenizer.json",
            ]
        return [BUILD / "liblode.so"], [bundle(home, 256, dtype)]

    return of


PEERS = [
    Peer(
        name=f"lode-{dtype}", prepare=prepare, command=command(dtype), artifacts=artifacts(dtype)
    )
    for dtype in ("int8", "bf16", "f32")
]
