#!/usr/bin/env python3
"""Shows what lode does, with the program itself: `make run` ends here.

    tools/demo.py [PROGRAM [COLLECTION]]        (build/lode, build/demo.lode)

Indexes this project's documentation and, where its packages are installed, Debian's Reference
and FAQ, and asks questions in words that are mostly not those of the answers. The model is the
one in the program; LODE_MODEL names another. No network is needed.
"""

import json
import pathlib
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[1]
# Not README.md, which quotes what this prints.
PATHS = ["CONTRIBUTING.md", "docs", "/usr/share/debian-reference", "/usr/share/doc/debian/FAQ"]
QUESTIONS = [
    "is it safe to share between threads",
    "make a safety copy of my files",
    "what rounding weights to 8 bits costs in quality",
    "find a file by its name",
    "a recipe for banana bread",
]


def run(program, *arguments):
    done = subprocess.run([program, *arguments], cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8")
    if done.returncode != 0:
        sys.exit(done.returncode)  # lode has said why
    return done.stdout


def show(program, collection, question, top):
    found = json.loads(run(program, "search", "--json", "-k", str(top), collection, question))
    print(f"\n? {question}    ({found['seconds'] * 1e3:.1f} ms)")
    if not found["relevant"]:
        print("  nothing here seems to be about that")
    for result in found["results"]:
        heading = result["heading"] or result["title"]
        print(f"  {result['score']:.2f}  {heading}  [{pathlib.Path(result['path']).name}]")
        snippet = " ".join(result["snippet"].split())
        print(textwrap.indent(textwrap.fill(textwrap.shorten(snippet, 230), 90), "        "))


def main():
    arguments = sys.argv[1:] + ["build/lode", "build/demo.lode"][len(sys.argv[1:]) :]
    program, collection = (str(ROOT / a) for a in arguments)
    paths = [p for p in PATHS if (ROOT / p).exists()]
    made = json.loads(run(program, "index", "--json", "-o", collection, *paths))
    if made["embedded"]:
        rate = made["embedded"] / made["seconds"]
        print(f"{made['embedded']} passages embedded and indexed in {made['seconds']:.2f} s "
              f"({rate:,.0f} a second)")  # fmt: skip
    print(f"{made['documents']} documents, {made['chunks']} passages, "
          f"{made['bytes'] / 1e6:.1f} MB; model: {pathlib.Path(made['model'] or 'none').name}")  # fmt: skip
    for question in QUESTIONS:
        show(program, collection, question, 2)
    print(f"\nMore:  {program} search {collection} \"your question\"")
    print(f"       {program} search {collection}          results while you type")


if __name__ == "__main__":
    main()
