"""candle (Rust), built from peers/candle with the versions its Cargo.toml names."""

import os
import pathlib
import subprocess

from harness.peer import Peer

SOURCE = pathlib.Path(__file__).with_name("candle")


def prepare(home):
    """cargo leaves its lock file and its output in the cache, none in the tree."""
    project = home.path / "candle"
    changed = False
    for path in (SOURCE / "Cargo.toml", SOURCE / "src/main.rs"):
        copy = project / path.relative_to(SOURCE)
        if not copy.exists() or copy.read_bytes() != path.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
            changed = True
    if changed or not program(home).exists():
        env = dict(os.environ, RUSTFLAGS="-C target-cpu=native")
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=project, env=env, check=True)


def program(home):
    return home.path / "candle/target/release/candle-worker"


def command(home, threads, max_tokens):
    return ["env", f"RAYON_NUM_THREADS={threads}", program(home), home.model, max_tokens]


def artifacts(home):
    return [program(home)], [home.model / "model.safetensors", home.model / "tokenizer.json"]


PEERS = [Peer(name="candle-f32", prepare=prepare, command=command, artifacts=artifacts)]
