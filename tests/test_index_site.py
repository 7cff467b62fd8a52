#!/usr/bin/env python3
"""Sealed indexes against the collections that they are written from: the same results, to the last
bit, for whole sets of questions; and what becomes of the folder when collections change, writers
are killed and files are damaged.

SciFact's documents and questions are taken where they are ($LODE_SHARED_DATA), besides a small
collection in several languages and the project's own documentation."""

import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

driver = pathlib.Path(os.environ.get("LODE_TEST_BIN", "build/tests")) / "index_site_driver"
lode = os.environ.get("LODE_PROGRAM", "build/lode")
source = pathlib.Path(os.environ.get("LODE_SOURCE_DIR", "."))
scifact = pathlib.Path(os.environ.get("LODE_SHARED_DATA", "../shared/data")) / "eval/scifact"
slow = bool(os.environ.get("LODE_SANITIZE"))
step = int(os.environ.get("LODE_SITE_STEP", "4"))  # every so many of SciFact's questions; 1: all

PAGES = {
    "names.md": "# PyIter_Next\n\nCall `PyIter_Next` or PyIter_NextItem; the py iter nexts of others are none. run_jobs "
    "runs jobs, running_job ran a job. Run jobs, and run: jobs. élan_vital, elan_vital. `os.path.join` joins.\n\n"
    "## run_jobs\n\nThe job runs; jobs run.\n",
    "en.md": "# Installing on Linux\n\nInstall the package with `getUserName` and file.names. C++ and C# work.\n\n"
             "## Running\n\nRun the installer; running it twice does no harm. Version 3.14 or 1.12.\n",
    "en2.md": "# Running\n\nThe runner runs. Runs are run by runners; installed software ran before.\n",
    "de.md": "---\nlang: de\n---\n# Häuser und Bäume\n\nDie Häuser stehen zwischen den Bäumen. Das Haus ist groß, und der "
             "Baum ist alt. Wer ein Haus baut, der pflanzt auch einen Baum und läuft nicht weg.\n",
    "fr.md": "---\nlang: fr\n---\n# Élèves\n\nLes élèves de l'école étudient; l'élève qu'il connaît parle français. "
             "C'est aujourd'hui que les enfants de la ville vont au lycée.\n",
    "ru.md": "---\nlang: ru\n---\n# Книги\n\nКниги лежат на столе. В книге много страниц, и он читает книгу каждый "
             "день. Это хорошая книга.\n",
    "ja.md": "# 東京都\n\n東京都は日本の首都である。ガラスとカタカナ。京都の寺。\n",
    "th.md": "# ภาษาไทย\n\nภาษาไทยเป็นภาษาทางการของประเทศไทย\n",
    "empty.md": "",
    "title.md": "# Only a title\n",
    "meta.md": "---\ntags: [a, b]\ncategory: x\n---\n# With metadata\n\nSomething tagged.\n",
}  # fmt: skip
QUESTIONS = """install
installing on linux
running
Running
runs -linux
"does no harm"
"running it" twice
run_job
running_jobs
runJobs
run jobs
PyIter_Next
PyIter_Ne
PyIter_NextItem
py-iter
"run jobs"
-run_job running
élan_vital
elan_vital
os.path.join
unheard_of
getUserName
getusername
get_user_name
file.names
C++
c#
3.14
1.12
Häuser
hauser
haus baum
élèves
eleve
l'école
книгу
книги стол
東京
京都
京
東京都 寺
ภาษา
ไทย
instaling
runing linx
lenux
insatll
ecole
only a title
With metadata
the
of the
zzzzzz
-linux
"
""
🎉
""".encode()


def run(*arguments, check=True):
    done = subprocess.run([str(a) for a in arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if check and done.returncode != 0:
        sys.exit(f"{' '.join(map(str, arguments))}\n{done.stdout.decode()}{done.stderr.decode()}")
    return done


def compare(collection, site, questions, ways, model=None):
    out = run(driver, collection, site, questions, ways, *([model] if model else [])).stdout.decode()
    print(f"{site.name} {ways}: {out.strip().splitlines()[-1]}", flush=True)
    return out


def index(collection, *paths, model=None):
    """Without paths: those of earlier calls, again."""
    options = ["--model", model or "none"] if paths else []
    run(lode, "index", "--quiet", "--no-ignore", *options, "-o", collection, *paths)


def number_at(data, at):
    value = shift = 0
    while data[at] >= 0x80:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
    return value | data[at] << shift


def check_files(site):
    """Every name is the digest of what is in the file."""
    names = set()
    for path in site.iterdir():
        data = path.read_bytes()
        assert len(data) <= 25 << 20, path
        if path.name == "boot.lode-site.txt":
            continue
        digest = hashlib.sha256(data).hexdigest()
        if data[:4] in (b"LSX1", b"LSM1"):  # and the number of the document that it begins with
            digest = f"{number_at(data, 4) & 0xFFFF:04x}" + digest[:8]
        assert path.name == digest[:12] + ".txt", path
        names.add(path.name)
    return names


def write(collection, site, nothing):
    """Write the index; returns how many files there are, were written and removed."""
    line = run(driver, collection, site, nothing, "w").stdout.decode().splitlines()[0].split()
    return int(line[2]), int(line[4]), int(line[6])


def small(folder, model):
    pages = folder / "pages"
    pages.mkdir()
    for name, text in PAGES.items():
        (pages / name).write_text(text)
    questions = folder / "questions"
    questions.write_bytes(QUESTIONS)
    collection, site = folder / "small.lode", folder / "small"
    index(collection, pages, model=model)
    for ways in ["wk", "ka", "kc", "kca", "kt", "kta", "kp", "kpta"]:
        compare(collection, site, questions, ways)
    for ways in ["h", "ha", "hca", "s", "ht", "hp", "hm", "sam"] if model else []:
        compare(collection, site, questions, ways, model)
    check_files(site)
    facets = json.loads(compare(collection, site, questions, "kf").splitlines()[0])
    assert facets == [
        {"key": "category", "values": [{"value": "x", "count": 1}]},
        {"key": "tags", "values": [{"value": "a", "count": 1}, {"value": "b", "count": 1}]},
    ], facets
    # No documents, or no words in them, is an index too.
    nothing, void = folder / "nothing.lode", folder / "void"
    (folder / "none").mkdir()
    (folder / "none/empty.md").write_text("")
    index(nothing, folder / "none")
    compare(nothing, void, questions, "wk")
    os.remove(folder / "none/empty.md")
    index(nothing)
    compare(nothing, void, questions, "wkt")


def documentation(folder, model):
    collection, site, questions = folder / "docs.lode", folder / "docs", folder / "titles"
    index(collection, source / "docs", source / "README.md", source / "CHANGELOG.md", model=model)
    lines = []
    for path in sorted((source / "docs").glob("*.md")):
        lines += [line.lstrip("# ") for line in path.read_text().splitlines() if line.startswith("#")]
    questions.write_text("\n".join(lines[:: 8 if slow else 1]) + "\n")
    for ways in ["wk", "kca", "kp"]:
        compare(collection, site, questions, ways)
    for ways in ["h", "hca"] if model else []:
        compare(collection, site, questions, ways, model)


def large(folder, model):
    if not (scifact / "corpus.jsonl").exists():
        print(f"{scifact} is not there: without SciFact")
        return
    pages = folder / "scifact"
    pages.mkdir()
    with open(scifact / "corpus.jsonl") as lines:
        for line in lines:
            page = json.loads(line)
            text = page.get("text") or " ".join(page["abstract"])
            (pages / f"{page.get('_id') or page['doc_id']}.md").write_text(f"# {page['title']}\n\n{text}\n")
    with open(scifact / "queries.jsonl") as lines:
        questions = [json.loads(line)["text"] for line in lines][:: 10 if slow else step]
    (folder / "claims").write_text("\n".join(questions) + "\n")
    (folder / "few").write_text("\n".join(questions[:10]) + "\n")
    collection, site = folder / "scifact.lode", folder / "sf"
    index(collection, pages, model=model)
    compare(collection, site, folder / "claims", "wk")
    compare(collection, site, folder / "claims", "ka")
    compare(collection, site, folder / "few", "kca")
    compare(collection, site, folder / "few", "kta")
    for ways in ["h", "ha"] if model else []:
        compare(collection, site, folder / "claims", ways, model)
    check_files(site)
    if model:
        near(folder, collection, site, model)
    changes(folder, pages, collection, site)


def near(folder, collection, site, model):
    """With a part of the vectors, what differs is little. Where there are few, nothing does."""
    names = {path.read_bytes()[:4] for path in site.iterdir()}
    assert {b"LSC1", b"LSN1", b"LSW1"} <= names and b"LSV1" not in names, names
    for ways, questions, ten, first in [
        ("hna", "claims", 0.9, 0.95),
        ("sna", "claims", 0.85, 0.9),
        ("hnavm", "few", 0.9, 0.9),
    ]:
        line = compare(collection, site, folder / questions, ways, model)
        shares = [float(share) for share in re.findall(r"(?:ten|three|first) (\d\.\d+)", line)]
        assert shares[0] >= ten and shares[2] >= first, line
    # Words and where vectors are, vectors, texts; more where a word is mended.
    rounds = [int(count) for count in line.split("rounds ")[1].split()]
    assert sum(rounds[:3]) == 0 and rounds[3] > sum(rounds) / 2, line
    line = compare(folder / "docs.lode", folder / "docs", folder / "titles", "hna", model)
    assert "ten 1.000 (at least 1.0), of three 1.000, first 1.000" in line, line


def changes(folder, pages, collection, site):
    """One page is changed, then one removed: few files are written, and the index before is whole."""
    nothing = folder / "no-questions"
    nothing.write_text("")
    files, written, removed = write(collection, site, nothing)
    assert written == 0 and removed == 0, "nothing has changed"
    before, old_boot = check_files(site), (site / "boot.lode-site.txt").read_bytes()
    page = sorted(pages.iterdir())[1234]
    page.write_text(page.read_text() + "\nIt was seen again by others, who were not surprised.\n")
    index(collection)
    files, written, removed = write(collection, site, nothing)
    print(f"one page of {len(list(pages.iterdir()))} changed: {written} of {files} files written")
    assert 0 < written < files / 4
    compare(collection, site, folder / "few", "k")
    assert before <= check_files(site), "the index before is still there"
    now = (site / "boot.lode-site.txt").read_bytes()
    assert now != old_boot
    page.unlink()
    index(collection)
    files, written, removed = write(collection, site, nothing)
    assert 0 < written < files / 2
    assert removed > 0, "files of the index before the last one are gone"
    compare(collection, site, folder / "few", "ka")
    assert len(check_files(site)) <= files + files / 2


def killed(folder, collection):
    """A writer is killed at any moment: the index that was there is whole and answers."""
    site, nothing = folder / "killed", folder / "nothing-asked"
    nothing.write_text("")
    write(folder / "docs.lode", site, nothing)
    boot = (site / "boot.lode-site.txt").read_bytes()
    kills = 0
    generator = random.Random(7)
    for _ in range(3 if slow else 5):
        process = subprocess.Popen([driver, collection, site, nothing, "w"], stdout=subprocess.DEVNULL)
        time.sleep(generator.uniform(0, 10 if slow else 2))
        if process.poll() is None:
            process.kill()
            kills += 1
        process.wait()
        if (site / "boot.lode-site.txt").read_bytes() == boot:
            compare(folder / "docs.lode", site, folder / "titles", "k")
        else:
            compare(collection, site, folder / "questions", "k")
            write(folder / "docs.lode", site, nothing)
    print(f"killed {kills} times")
    write(folder / "docs.lode", site, nothing)
    # Whenever they were killed: when nothing is to be written, too.
    (site / "0123456789ab.txt.lode-site-part").write_text("half")
    (site / "boot.lode-site.txt.lode-site-part").write_text("half")
    write(folder / "docs.lode", site, nothing)
    check_files(site)
    assert not [path for path in site.iterdir() if path.name.endswith("part")], "nothing is left unfinished"


def damaged(folder):
    """A byte of any file, and its end: refused, and said so."""
    collection, site = folder / "small.lode", folder / "damaged"
    shutil.copytree(folder / "small", site)
    for path in sorted(site.iterdir()):
        data = path.read_bytes()
        bent = bytearray(data)
        bent[len(bent) // 2] ^= 1
        for wrong in [bytes(bent), data[:-1], b"", b"<!doctype html><title>404</title>"]:
            path.write_bytes(wrong)
            done = run(driver, collection, site, folder / "questions", "k", check=False)
            # Not every file is needed for these questions.
            assert done.returncode in (0, 1), done
            if done.returncode == 1:
                text = done.stderr.decode()
                assert any(word in text for word in ["bytes", "boot:"]), text
        path.write_bytes(data)
    compare(collection, site, folder / "questions", "k")


def main():
    models = sorted((source / "models").glob("*.lode-model"))
    model = models[0] if models else None
    if model is None:
        print("models/ has none: by words alone")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lode-site-"))
    try:
        small(folder, model)
        documentation(folder, model)
        damaged(folder)
        large(folder, model)
        last = folder / "scifact.lode"
        killed(folder, last if last.exists() else folder / "small.lode")
    finally:
        shutil.rmtree(folder)


main()
