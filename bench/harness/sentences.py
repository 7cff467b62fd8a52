"""Sentences of this machine's own texts, to make real vectors of: the public data sets that the
tests use too, and documentation (/usr/share/doc, /usr/share/man, other folders)."""

import csv
import gzip
import html
import json
import random
import re

TAG = re.compile(r"<(script|style|head)\b.*?</\1>|<!--.*?-->|<[^>]*>", re.S | re.I)
BLOCK = re.compile(r"</?(p|div|li|tr|td|h\d|br|dd|dt|pre|table|ul|ol)\b[^>]*>", re.I)
ROFF_BREAK = re.compile(r"^\.(PP|P|TP|SH.*|IP.*)$", re.M)
ROFF = re.compile(r"^\.\w+ ?|\\f[BIRP]|\\", re.M)
PARAGRAPH = re.compile(r"\n\s*\n|\x00")
SENTENCE = re.compile(r'(?<=[.!?])\s+(?=[A-Z"(])')
DOCUMENT = re.compile(
    r"\.(x?html?|page|txt|rst|md)(\.gz)?$|\.\d\w*\.gz$|^(README|NEWS|FAQ|changelog)[^/]*$"
)
LARGEST = 3_000_000  # bytes of a file that is read
SEED = 1


class Sentences:
    """Collects sentences of 25 to 220 characters, mostly of letters, each once."""

    def __init__(self):
        self.seen, self.all = set(), []

    def add(self, sentence):
        sentence = re.sub(r"\s+", " ", sentence).strip()
        letters = sum(c.isalpha() or c == " " for c in sentence)
        if not 25 <= len(sentence) <= 220 or letters < 0.75 * len(sentence):
            return
        key = sentence.lower()
        if sentence.count(" ") >= 4 and key not in self.seen:
            self.seen.add(key)
            self.all.append(sentence)

    def add_text(self, text):
        for paragraph in PARAGRAPH.split(text):
            for sentence in SENTENCE.split(paragraph):
                self.add(sentence)


def read(path):
    try:
        if path.stat().st_size > LARGEST:
            return ""
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except (OSError, EOFError, ValueError):
        return ""
    if len(data) > LARGEST or b"\0" in data[:1000]:
        return ""
    text = data.decode("utf-8", "ignore")
    if re.search(r"\.(x?html?|page)(\.gz)?$", path.name):
        return html.unescape(TAG.sub(" ", BLOCK.sub("\x00", text))).replace("\n", " ")
    if "/man/" in str(path):
        return ROFF.sub("", ROFF_BREAK.sub("\n", text))
    return text


def questions(data):
    """What people ask: claims to check, questions to a bank, requests to an assistant."""
    with open(data / "eval/scifact/queries.jsonl", encoding="utf-8") as file:
        found = [json.loads(line)["text"] for line in file]
    with open(data / "eval/banking77/test.csv", encoding="utf-8") as file:
        bank = [row[0].replace("\n", " ") for row in csv.reader(file)][1:]
    with open(data / "eval/clinc150/data_full.json", encoding="utf-8") as file:
        requests = [text for text, _ in json.load(file)["val"]]
    chance = random.Random(SEED)
    return found + chance.sample(bank, 350) + chance.sample(requests, 350)


def add_data_sets(sentences, data):
    with open(data / "eval/scifact/corpus.jsonl", encoding="utf-8") as file:
        for line in file:
            document = json.loads(line)
            sentences.add_text(f"{document['title']}\n\n{document['text']}")
    with open(data / "eval/clinc150/all_wiki_sents.txt", encoding="utf-8") as file:
        for line in file:
            sentences.add(line)
    with open(data / "eval/banking77/train.csv", encoding="utf-8") as file:
        for row in csv.reader(file):
            sentences.add(row[0])
    with open(data / "eval/clinc150/data_full.json", encoding="utf-8") as file:
        for text, _ in json.load(file)["train"]:
            sentences.add(text)


def corpus(data, folders, count):
    """Up to `count` sentences in random order."""
    sentences = Sentences()
    add_data_sets(sentences, data)
    chance = random.Random(SEED)
    for folder in folders:
        files = sorted(path for path in folder.rglob("*") if DOCUMENT.search(path.name))
        chance.shuffle(files)
        for path in files:
            if len(sentences.all) >= count:
                break
            if path.is_file():
                sentences.add_text(read(path))
    chance.shuffle(sentences.all)
    return sentences.all[:count]
