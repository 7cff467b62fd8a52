#!/usr/bin/env python3
"""The walker against git: in generated trees with generated ignore files, the files that are
visited are those that git would add."""

import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

driver = pathlib.Path(os.environ.get("LODE_TEST_BIN", "build/tests")) / "index_walk_driver"
TREES = int(os.environ.get("LODE_GITIGNORE_TREES", "100"))

NAMES = ["a", "b", "ab", "abc", "a.c", "b.c", "a.md", "foo", "foo.txt", "build", "doc", "x y", "#h", "!n",
         "a[b]", "A", "é", "a-b", "a]b", "tmp ", "back\\slash", "foobar", "bar"]  # fmt: skip
PATTERNS = ["a", "*.c", "/a", "a/", "/a/", "*", "!*", "!*/", "!a", "b*", "?", "a?", "[ab]", "[!a]*", "[^b]", "[a-c]",
            "**", "**/a", "a/**", "a/**/b", "**/b/**", "/**/a", "a/b", "/a/b", "doc/*.c", "doc/**/*.c", "!doc/a.c",
            "# comment", "\\#h", "\\!n", "!n", "#h", "a\\[b\\]", "a[b]", "[[:alpha:]]", "[[:upper:]]", "[[:digit:]a]",
            "x\\ y", "x y", "tmp\\ ", "tmp ", "a   ", "foo*", "*bar", "f*r", "*o*", "a**b", "**b", "a**", "[", "[a",
            "a]b", "[]]", "[]a]b", "[!]a]", "[a-]", "[-a]", "\\a", "a\\", "back\\\\slash", "*/a", "*/*.c", "/*", "/*/",
            "!/a", "!/a/", "!/a/*", "build/", "!build/", "build/*", "!build/a", "é", "?é", "[é]", "**/", "a/**/",
            "/", "//", "a//b", "./a", "a/.", "***", "a/***", "[[:bad:]]", "[z-a]", "[a-c]b", "*\\", "a*b*c"]  # fmt: skip


def make_tree(generator, root):
    """Folders of random names, some with ignore files. Returns every file, relative."""
    folders, files = [root], []
    for _ in range(generator.randint(3, 25)):
        parent = generator.choice(folders)
        name = generator.choice(NAMES)
        path = parent / name
        if path.exists():
            continue
        if generator.random() < 0.45 and len(path.relative_to(root).parts) < 5:
            path.mkdir()
            folders.append(path)
        else:
            path.write_text("text\n")
            files.append(path)
    for folder in folders:
        if folder == root or generator.random() < 0.3:
            # Patterns that name everything would leave little to compare.
            lines = [generator.choice(PATTERNS) for _ in range(generator.randint(1, 5))]
            lines = [line for line in lines if line.strip("*/") or generator.random() < 0.1]
            end = generator.choice(["\n", "\r\n", "\n\n"])
            (folder / ".gitignore").write_text(end.join(lines) + generator.choice(["", "\n"]))
    return folders


def ours(root):
    done = subprocess.run([driver, root], stdout=subprocess.PIPE, check=True)
    names = [line[2:] for line in done.stdout.decode().split("\n") if line.startswith("+ ")]
    assert names == sorted(set(names), key=lambda name: [part.encode() for part in name.split("/")]), names
    return set(names)


def gits(root):
    done = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--others", "--exclude-standard"],
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    return {name for name in done.stdout.decode().split("\0")
            if name and not any(part.startswith(".") for part in name.split("/"))}  # fmt: skip


def run():
    environment = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "HOME": "/nonexistent"}
    os.environ.update(environment)
    generator = random.Random(20)
    visited = left_out = 0
    for number in range(TREES):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder).resolve() / "repo"
            root.mkdir()
            subprocess.run(["git", "init", "-q", root], check=True)
            folders = make_tree(generator, root)
            (root / ".git/info/exclude").write_text(generator.choice(PATTERNS[:4]) + "\n")
            mine, theirs = ours(root), gits(root)
            if mine != theirs:
                print(f"tree {number}: only ours {sorted(mine - theirs)}, only git's {sorted(theirs - mine)}")
                for path in [root / ".git/info/exclude", *sorted(root.rglob(".gitignore"))]:
                    print(f"  {path.relative_to(root)}: {path.read_text()!r}")
                return 1
            # From a folder within, the ignore files above it hold as well, if git enters it at all.
            inner = generator.choice(folders)
            below = str(inner.relative_to(root)) + "/"
            expected = {name[len(below):] for name in theirs if name.startswith(below)}
            if inner != root and expected and ours(inner) != expected:
                print(f"tree {number}: from {below}: {ours(inner)}, not {expected}")
                return 1
            visited += len(mine)
            left_out += sum(1 for p in root.rglob("*") if p.is_file()) - len(mine)
    print(f"{TREES} trees: {visited} files visited, {left_out} left out, as git does")
    return 0


if __name__ == "__main__":
    if shutil.which("git") is None:
        print("skipped: no git")
        sys.exit(77)
    sys.exit(run())
