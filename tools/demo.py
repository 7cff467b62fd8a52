#!/usr/bin/env python3
"""Shows what lode does, with the program itself: `make run` ends here.

    tools/demo.py [PROGRAM]        (build/lode)

First a few sentences are ranked by meaning against queries that share hardly a word with the
sentence they ask for; then the same is done with every sentence of this project's own
documentation. LODE_MODEL chooses another model than all-MiniLM-L6-v2.
"""

import json
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]

SENTENCES = [
    "Goods may be sent back within thirty days, and you will be refunded in full.",
    "The bakery on the corner opens at six and sells out of rye bread by nine.",
    "Turn the main valve clockwise to shut off the water before replacing a pipe.",
    "Photosynthesis lets a leaf store the energy of sunlight as sugar.",
    "The goalkeeper saved two penalties and carried her team into the final.",
    "Our parcels usually arrive three working days after they leave the warehouse.",
    "A good night's rest improves memory and steadies the mood.",
    "The central bank raised interest rates for the third time this year.",
    "Knead the dough for ten minutes, then let it rise under a damp cloth.",
    "Whales sing at such low pitch that they can be heard across an ocean.",
    "The museum lends wheelchairs free of charge at the east entrance.",
    "Restart the router if the connection drops whenever somebody makes a call.",
]

QUERIES = [
    "How do I get my money back?",
    "The internet stops working when the phone rings.",
    "Sounds that animals make in the sea.",
]

DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "docs/*.md"]
DOCUMENT_QUERY = "Is it safe to use from more than one thread?"

BAR_WIDTH = 20


def rank(program, query, sentences, top):
    """What `lode similarity` answers, and the seconds that the whole command took."""
    command = [program, "similarity", "--json", "--top", str(top), "--query", query, "--input", "-"]
    start = time.perf_counter()
    done = subprocess.run(
        command, input="\n".join(sentences) + "\n", stdout=subprocess.PIPE, encoding="utf-8"
    )
    if done.returncode != 0:
        sys.exit(done.returncode)  # lode has said why
    return json.loads(done.stdout), time.perf_counter() - start


def show(answer):
    for match in answer["matches"]:
        bar = "#" * max(0, round(match["similarity"] * BAR_WIDTH))
        print(f"  {match['similarity']:6.3f}  {bar:<{BAR_WIDTH}}  {match['text']}")


def sentences_of_documentation():
    """Prose sentences of the project's documents, without tables and code."""
    found = {}
    for pattern in DOCUMENTS:
        for path in sorted(ROOT.glob(pattern)):
            text = re.sub(r"```.*?```", "\n\n", path.read_text(encoding="utf-8"), flags=re.DOTALL)
            for paragraph in re.split(r"\n\s*\n|\n(?=[-#|*])", text):
                if paragraph.startswith(("|", "#")):
                    continue
                flat = re.sub(r"[`*]|^- ", "", " ".join(paragraph.split()))
                for sentence in re.split(r"(?<=[.:;?!]) +(?=[A-Z(])", flat):
                    if len(sentence.split()) >= 6:
                        found[sentence] = None
    return list(found)


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build" / "lode")

    print(f"\nlode turns texts into vectors; texts that mean the same lie close together.\n"
          f"Here are {len(SENTENCES)} sentences, ranked by meaning against {len(QUERIES)} queries "
          f"(1 = the same, 0 = unrelated):")
    for query in QUERIES:
        answer, seconds = rank(program, query, SENTENCES, top=4)
        print(f"\nQuery: {query}")
        show(answer)
        print(f"  {answer['count']} sentences embedded and ranked in "
              f"{answer['seconds'] * 1e3:.0f} ms "
              f"({seconds * 1e3:.0f} ms with starting the program and opening the model)")

    sentences = sentences_of_documentation()
    print(f"\nThe same with all {len(sentences)} sentences of this project's documentation.")
    answer, seconds = rank(program, DOCUMENT_QUERY, sentences, top=4)
    print(f"\nQuery: {DOCUMENT_QUERY}")
    show(answer)
    print(f"  {answer['count']} sentences ({answer['tokens']} tokens) embedded and ranked in "
          f"{answer['seconds']:.2f} s: {answer['count'] / answer['seconds']:.0f} a second")

    shown = pathlib.Path(program)
    shown = shown.relative_to(ROOT) if shown.is_absolute() and ROOT in shown.parents else shown
    print(f"\nTry it yourself:\n"
          f"  {shown} similarity --query \"something to eat\" --input YOUR_FILE.txt\n"
          f"  {shown} embed \"The cat sat on the mat.\"\n"
          f"  {shown} help\n")


if __name__ == "__main__":
    main()
