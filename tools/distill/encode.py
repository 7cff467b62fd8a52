"""The teacher's vectors of the chosen texts, by lode itself, in shards that are kept."""

import os
import pathlib
import subprocess
import sys

import numpy as np

SHARD = 20000


def encode(program, teacher, texts, folder: pathlib.Path, dtype="int8", threads=1):
    """The texts' vectors (f16, unit length), kept shard by shard in folder/NNNNN.npy.

    A shard that is there is taken if its texts, folder/NNNNN.txt, are these texts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shards = []
    for number, start in enumerate(range(0, len(texts), SHARD)):
        part = texts[start:start + SHARD]
        listing, target = folder / f"{number:05}.txt", folder / f"{number:05}.npy"
        known = listing.read_text(encoding="utf-8").split("\n")[:-1] if target.is_file() else []
        if known[:len(part)] != part:
            run(program, teacher, part, listing, target, dtype, threads)
        shards.append(np.load(target)[:len(part)])
    return np.concatenate(shards)


def run(program, teacher, texts, listing, target, dtype, threads):
    target.unlink(missing_ok=True)  # first of all: it must not be taken for these texts' vectors
    listing.write_text("".join(text + "\n" for text in texts), encoding="utf-8")
    raw, part = target.with_name("raw.npy"), target.with_name("part.npy")
    command = [str(program), "embed", "--model", str(teacher), "--dtype", dtype, "--threads",
               str(threads), "--utf8", "replace", "-q", "--input", str(listing), "-o", str(raw)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{program} embed: {done.stderr.strip()}")
    rows = np.load(raw)
    if rows.shape[0] != len(texts):
        sys.exit(f"{program} embed: {rows.shape[0]} vectors for {len(texts)} texts")
    np.save(part, rows.astype(np.float16))
    os.replace(part, target)
    raw.unlink()
