"""The training texts: one file of texts in a random order, and which of them belong together."""

import json
import pathlib
import random

import extract
import prose
import sources


def protected_texts(shared):
    """What training must not see: the test and development sets' sentences, in lower case."""
    eval_dir = shared / "data" / "eval"
    found = set()
    for name in ("sts-test.csv", "sts-dev.csv"):
        for line in (eval_dir / "stsbenchmark" / name).read_text(encoding="utf-8").splitlines():
            found.update(plain(text) for text in line.split("\t")[5:7])
    for line in (eval_dir / "scifact" / "queries.jsonl").read_text(encoding="utf-8").splitlines():
        found.add(plain(json.loads(line)["text"]))
    for line in (eval_dir / "scifact" / "corpus.jsonl").read_text(encoding="utf-8").splitlines():
        found.add(plain(json.loads(line)["title"]))
    return found


def plain(text):
    return "".join(c for c in text.lower() if c.isalnum())


class Pool:
    """Texts without repetition; add gives a text's number, or None for a protected one."""

    def __init__(self, protected):
        self.protected, self.numbers, self.texts, self.sources, self.removed = protected, {}, [], [], 0

    def add(self, text, source):
        key = text.lower()
        if key in self.numbers:
            return self.numbers[key]
        if plain(text) in self.protected:
            self.removed += 1
            return None
        self.numbers[key] = len(self.texts)
        self.texts.append(text)
        self.sources.append(source)
        return len(self.texts) - 1


def write(folder, pool, pairs, draw):
    """folder/texts.txt, sources.txt and pairs.json in a random order; a line is a text."""
    order = list(range(len(pool.texts)))
    draw.shuffle(order)
    place = [0] * len(order)
    for at, number in enumerate(order):
        place[number] = at
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "texts.txt").write_text("".join(pool.texts[i] + "\n" for i in order), encoding="utf-8")
    (folder / "sources.txt").write_text("".join(pool.sources[i] + "\n" for i in order), encoding="utf-8")
    pairs = [(place[a], place[b]) for a, b in pairs]
    (folder / "pairs.json").write_text(json.dumps(pairs), encoding="utf-8")
    return {"texts": len(order), "pairs": len(pairs), "protected texts removed": pool.removed}


def gather(cache: pathlib.Path, shared: pathlib.Path, seed=1):
    """The main pool, to cache/text.

    Of each passage some sentences become texts of their own: they are what a query looks like, and
    (sentence, passage) is a pair like (title, passage).
    """
    draw = random.Random(seed)
    pool, pairs = Pool(protected_texts(shared)), []
    names = [*sources.DEBIAN, "descriptions.txt", *(f"py-{r.split('==')[0]}" for r in sources.PYPI)]
    names = [name for name in names if name not in sources.EVERYDAY]
    for source, title, text in extract.records(cache, shared, names):
        number = pool.add(text, source)
        if number is None or title is None:
            continue
        if title:
            head = pool.add(title, source)
            if head is not None and head != number:
                pairs.append((head, number))
        parts = list(prose.sentences(text))
        if len(parts) > 1:
            for part in draw.sample(parts, min(len(parts) - 1, 1 + len(parts) // 4)):
                head = pool.add(part, source)
                if head is not None and head != number:
                    pairs.append((head, number))
    return write(cache / "text", pool, pairs, draw)


def variants(sentence, others, words, draw):
    """A sentence with words replaced, with words left out, and continued as another one."""
    split = sentence.split()
    replaced = list(split)
    for at in draw.sample(range(len(split)), max(1, len(split) // 4)):
        replaced[at] = draw.choice(words)
    yield replaced
    yield [word for word in split if draw.random() > 0.25]
    other = draw.choice(others).split()
    yield split[:len(split) // 2] + other[len(other) // 2:]


def gather_everyday(cache: pathlib.Path, shared: pathlib.Path, seed=1, rounds=3):
    """The pool of everyday language, to cache/everyday: whole sources, and variants of STS-B's training
    sentences, whose meaning the teacher says as it does any text's. No score of STS-B is looked at."""
    draw = random.Random(seed)
    pool = Pool(protected_texts(shared))
    training = [text for source, _, text in extract.evaluation_training_parts(shared) if source == "sts-train"]
    training = [text for text in dict.fromkeys(training) if plain(text) not in pool.protected]
    for source, _, text in extract.records(cache, shared, sources.EVERYDAY):
        if source in sources.EVERYDAY:
            pool.add(text, source)
    frequent = [word for text in training for word in text.split()]
    rare = [word for text in pool.texts for word in text.split() if word.isalpha() and len(word) > 3]
    for _ in range(rounds):
        for words in (frequent, sorted(set(rare))):
            for text in training:
                for variant in variants(text, training, words, draw):
                    if len(variant) > 2:
                        pool.add(" ".join(variant), "sts-train variants")
    return write(cache / "everyday", pool, [], draw)
