#!/usr/bin/env python3
"""A program that writes to a store is killed (SIGKILL) at random moments: while it indexes,
updates, removes, compacts, opens and closes. After each kill the file passes all checks and has
what was last committed, and the next run goes on from there until it has done everything.

LODE_STORE_KILLS says how often (30); LODE_STORE_SEED makes it the same again."""

import collections
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

driver = pathlib.Path(os.environ.get("LODE_TEST_BIN", "build/tests")) / "index_store_driver"
KILLS = int(os.environ.get("LODE_STORE_KILLS", "30"))
SEED = int(os.environ.get("LODE_STORE_SEED", str(random.randrange(1 << 30))))
LAST = 24  # steps until a store is done


def work(path, wait):
    """Run until done, or killed after `wait` seconds (None: never). Returns what it said, and
    whether it was killed."""
    process = subprocess.Popen([driver, path, "work", str(LAST)], stdout=subprocess.PIPE)
    killed = False
    if wait is not None:
        time.sleep(wait)
        if process.poll() is None:
            process.kill()
            killed = True
    output = process.communicate()[0].decode().split("\n")
    if not killed or process.returncode == 0:
        if process.returncode != 0:
            sys.exit(f"the driver failed (seed {SEED})")
        return output, False
    return output, True


def check(path):
    """The step that the store is at."""
    done = subprocess.run([driver, path, "check"], stdout=subprocess.PIPE)
    if done.returncode != 0:
        sys.exit(f"the store is not what it should be (seed {SEED})")
    # SQLite's own opinion, by a program that is not ours.
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], SEED
    db.close()
    return int(done.stdout)


def main():
    generator = random.Random(SEED)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lode-store-crash-"))
    kills, runs, finished, moments = 0, 0, 0, collections.Counter()
    try:
        path = folder / "a.lode"
        begin = time.monotonic()
        output, _ = work(path, None)
        whole = time.monotonic() - begin
        assert check(path) == LAST
        reached = LAST
        while kills < KILLS:
            if reached == LAST:
                finished += 1
                for file in folder.iterdir():
                    file.unlink()
                reached = -1
            # Most of a run, part of it, or the very beginning.
            wait = generator.random() * whole * generator.choice([1.1, 0.3, 0.05])
            output, killed = work(path, wait)
            runs += 1
            committed = [int(line[5:]) for line in output if line.startswith("done ")]
            acknowledged = max(committed, default=reached)
            if killed:
                kills += 1
                said = [line.split()[0] for line in output if line]
                moments[said[-1] if said else "open"] += 1
            step = check(path)
            # What was reported is there; what was about to be reported may be.
            assert step in (acknowledged, acknowledged + 1), (step, acknowledged, SEED)
            assert killed or step == LAST, (step, SEED)
            reached = step
        work(path, None)
        assert check(path) == LAST
        left = sorted(file.name for file in folder.iterdir())
        assert left == ["a.lode"], left
    finally:
        shutil.rmtree(folder)
    said = ", ".join(f"{name} {count}" for name, count in sorted(moments.items()))
    print(f"{kills} kills in {runs} runs, {finished} stores done (seed {SEED}); last said: {said}")


if __name__ == "__main__":
    main()
