"""llama.cpp by node-llama-cpp, its ready-made CPU build, in q8_0 and f16."""

import json
import pathlib
import platform
import subprocess

from harness.peer import Peer, tree

VERSION = "3.22.1"
ARCH = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def prepare(home):
    node = home.path / "n"
    if (node / "node_modules/node-llama-cpp/package.json").exists():
        return
    node.mkdir(parents=True, exist_ok=True)
    if not (node / "package.json").exists():
        (node / "package.json").write_text(json.dumps({"private": True}))
    # Only the ready-made CPU library of this system (the default brings CUDA's as well), and no
    # scripts: nothing is compiled.
    npm = ["npm", "install", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"]
    packages = [f"node-llama-cpp@{VERSION}", f"@node-llama-cpp/linux-{ARCH}@{VERSION}"]
    subprocess.run([*npm, "--loglevel=error", *packages], cwd=node, check=True)


def command(kind):
    def of(home, threads, max_tokens):
        worker = pathlib.Path(__file__).with_name("llama_worker.mjs")
        return ["node", worker, home.path / "n", gguf(home, kind), threads, max_tokens]

    return of


def gguf(home, kind):
    return home.path / f"models/minilm-{kind}.gguf"


def artifacts(kind):
    def of(home):
        build = home.path / f"n/node_modules/@node-llama-cpp/linux-{ARCH}/bins/linux-{ARCH}"
        return tree(build), [gguf(home, kind)]

    return of


PEERS = [
    Peer(
        name=f"llama-{kind}",
        packages=("gguf", "safetensors", "numpy"),
        models=(f"gguf_{kind}",),
        prepare=prepare,
        command=command(kind),
        artifacts=artifacts(kind),
        single=True,
    )
    for kind in ("q8_0", "f16")
]
