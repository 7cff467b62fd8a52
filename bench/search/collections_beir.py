#!/usr/bin/env python3
"""Collections in BEIR's layout for fusion.py, from what a machine has or gets elsewhere.

    collections_beir.py OUT scifact FOLDER             claims and abstracts; queries.jsonl, corpus.jsonl,
                                                       qrels-test.tsv
    collections_beir.py OUT smart DOCS QUERIES QRELS   Cranfield and CISI, as their authors wrote them
                        [numbered]                     numbered: queries count from 1 (Cranfield's do not)
    collections_beir.py OUT npl FOLDER                 doc-text, query-text, rlv-ass
    collections_beir.py OUT man [FOLDER]               this system's manual pages: a query is the line
                                                       under NAME, its answer the page without it
    collections_beir.py OUT intents TRAIN TEST         banking77: other questions with the same intent
"""

import collections
import csv
import gzip
import hashlib
import json
import pathlib
import random
import re
import shutil
import sys

PAGES, QUERIES = 3500, 400


def write(out, documents, queries, relevant):
    """documents: {id: (title, text)}; queries: {id: text}; relevant: [(query, document)]"""
    (out / "qrels").mkdir(parents=True, exist_ok=True)
    relevant = [(q, d) for q, d in relevant if q in queries and d in documents]
    used = {q for q, _ in relevant}
    with open(out / "corpus.jsonl", "w", encoding="utf-8") as file:
        for key, (title, text) in documents.items():
            file.write(json.dumps({"_id": key, "title": title, "text": text}) + "\n")
    with open(out / "queries.jsonl", "w", encoding="utf-8") as file:
        for key, text in queries.items():
            if key in used:
                file.write(json.dumps({"_id": key, "text": text}) + "\n")
    with open(out / "qrels" / "test.tsv", "w", encoding="utf-8") as file:
        file.write("query-id\tcorpus-id\tscore\n" + "".join(f"{q}\t{d}\t1\n" for q, d in relevant))
    print(f"{out.name}: {len(documents)} documents, {len(used)} queries, {len(relevant)} judgements")


def scifact(out, folder):
    (out / "qrels").mkdir(parents=True, exist_ok=True)
    folder = pathlib.Path(folder)
    for source, target in (("corpus.jsonl", "corpus.jsonl"), ("queries.jsonl", "queries.jsonl"),
                           ("qrels-test.tsv", "qrels/test.tsv")):
        shutil.copyfile(folder / source, out / target)


def spaces(lines):
    return re.sub(r"\s+", " ", " ".join(lines)).strip()


def read_smart(path):
    records, field = {}, None
    for line in pathlib.Path(path).read_text(encoding="latin-1").splitlines():
        if match := re.match(r"\.I\s+(\d+)", line):
            record = records.setdefault(match[1], collections.defaultdict(list))
            field = None
        elif match := re.match(r"\.([A-Z])\s*$", line):
            field = match[1]
        elif field:
            record[field].append(line)
    return {key: {f: spaces(lines) for f, lines in record.items()} for key, record in records.items()}


def smart(out, documents, queries, judgements, numbered=""):
    pages = {}
    for key, record in read_smart(documents).items():
        title, text = record.get("T", ""), record.get("W", "")
        pages[key] = (title, text.removeprefix(title).strip())
    asked = {key: record.get("W", "") for key, record in read_smart(queries).items()}
    if numbered:
        asked = {str(i + 1): text for i, text in enumerate(asked.values())}
    rows = [line.split() for line in pathlib.Path(judgements).read_text().splitlines()]
    # Cranfield's third column says how relevant, from 1 to 4; -1 and 5: not.
    rows = [row for row in rows if len(row) >= 2 and (not numbered or 1 <= int(row[2]) <= 4)]
    write(out, pages, asked, [(row[0], row[1]) for row in rows])


def npl(out, folder):
    def read(name):
        parts = re.split(r"^\s*/\s*$", (pathlib.Path(folder) / name).read_text(), flags=re.M)
        parts = [part.strip().split("\n", 1) for part in parts]
        return {part[0].strip(): spaces([part[1]]) for part in parts if len(part) == 2}
    queries = {key: text.lower() for key, text in read("query-text").items()}
    relevant = [(key, d) for key, text in read("rlv-ass").items() for d in text.split()]
    write(out, {key: ("", text) for key, text in read("doc-text").items()}, queries, relevant)


def plain(roff):
    text = re.sub(r"^[.']\s*\\\".*$", "", roff, flags=re.M)
    text = re.sub(r"\\f(\(..|\[[^]]*\]|.)|\\s[+-]?\d", "", text)
    text = text.replace(r"\-", "-").replace(r"\(aq", "'").replace(r"\&", "")
    return re.sub(r"\\\(..|\\\*\(..|\\\*\[[^]]*\]|\\\[[^]]*\]|\\.", "", text)


def manual_page(path):
    """(name, what it is, text without that), or None."""
    opener = gzip.open if path.name.endswith(".gz") else open
    with opener(path, "rb") as file:
        roff = file.read().decode("utf-8", "replace")
    match = re.search(r"^\.S[Hh]\s+\"?(NAME|Name)\"?\s*\n(.*?)(?=^\.S[Hh])", roff, re.M | re.S)
    if match is None or not 1200 <= len(roff) <= 200000:
        return None
    named = spaces([plain(re.sub(r"^\.[A-Za-z]+\s*", "", match[2], flags=re.M))])
    parts = re.match(r"(.{1,60}?)\s+-+\s+(.{15,200})$", named)
    if parts is None:
        return None
    what = parts[2].strip().rstrip(".")
    text = re.sub(r"^[.'][A-Za-z]+\s?", "", plain(roff[match.end():]), flags=re.M)
    text = re.sub(re.escape(what), "", text, flags=re.I).strip()
    return (parts[1], what, text[:20000]) if len(text) >= 800 else None


def man(out, folder="/usr/share/man"):
    """Pages and queries in the order of a digest of their names, so that another run has the same."""
    paths = [p for n in "13578" for p in pathlib.Path(folder, f"man{n}").glob("*")
             if not p.is_symlink() and not p.name.startswith("gcloud")]
    documents, queries, seen = {}, {}, set()
    for path in sorted(paths, key=lambda p: hashlib.sha256(p.name.encode()).digest()):
        page = manual_page(path) if len(documents) < PAGES else None
        if page is None or page[1].lower() in seen:
            continue
        seen.add(page[1].lower())
        documents[path.name] = (page[0], page[2])
        if len(queries) < QUERIES:
            queries[path.name] = page[1]
    write(out, documents, queries, [(key, key) for key in queries])


def intents(out, train, test):
    def read(path):
        with open(path, encoding="utf-8", newline="") as file:
            return list(csv.reader(file))[1:]
    known, asked = read(train), read(test)
    random.Random(1).shuffle(asked)
    by_intent = collections.defaultdict(list)
    for i, (_, intent) in enumerate(known):
        by_intent[intent].append(str(i))
    queries = {f"q{i}": text for i, (text, _) in enumerate(asked[:300])}
    relevant = [(f"q{i}", d) for i, (_, intent) in enumerate(asked[:300]) for d in by_intent[intent]]
    write(out, {str(i): ("", text) for i, (text, _) in enumerate(known)}, queries, relevant)


if __name__ == "__main__":
    kinds = {"scifact": scifact, "smart": smart, "npl": npl, "man": man, "intents": intents}
    if len(sys.argv) < 3 or sys.argv[2] not in kinds:
        sys.exit(__doc__)
    kinds[sys.argv[2]](pathlib.Path(sys.argv[1]), *sys.argv[3:])
