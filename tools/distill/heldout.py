"""Pairs kept away from training, on which recipes are chosen: titles, and the passages under them."""

import collections
import hashlib

ONE_IN = 60
MOST_OF_A_SOURCE = 150
MOST_PASSAGES = 8
DISTRACTORS = 30000


def drawn(text):
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") % ONE_IN == 0


def hold_out(texts, sources, pairs, chosen):
    """(queries, documents, relevant, excluded): numbers of texts; relevant[i] = {place in documents: 1}.

    A query is a title that does not stand in its passages word for word. excluded are the queries,
    their passages, and every text that is paired with one of these.
    """
    available = set(chosen)
    under, over = collections.defaultdict(set), collections.defaultdict(set)
    for a, b in pairs:
        under[a].add(b)
        over[b].add(a)
    taken, queries, relevant, documents = collections.Counter(), [], [], {}
    for a in chosen:
        found = under[a]
        if not found or not found <= available or len(found) > MOST_PASSAGES or not drawn(texts[a]) \
                or len(texts[a].split()) < 2 or taken[sources[a]] >= MOST_OF_A_SOURCE \
                or any(texts[a].lower() in texts[b].lower() or len(texts[b].split()) < 8 for b in found):
            continue
        taken[sources[a]] += 1
        queries.append(a)
        relevant.append({documents.setdefault(b, len(documents)): 1 for b in sorted(found)})
    excluded = set(queries) | set(documents)
    for b in documents:
        excluded |= over[b]
    for b in chosen:
        if len(documents) >= DISTRACTORS:
            break
        if over[b] and len(texts[b].split()) >= 8:
            documents.setdefault(b, len(documents))
    return queries, list(documents), relevant, excluded
