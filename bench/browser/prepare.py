"""Gets what bench/browser/run needs into the benchmarks' cache, and says where it is.

    python3 prepare.py [WORKLOAD...]    prints one JSON object

The texts, the models in the forms that other engines read, and the vectors that every engine is
held against are those of bench/run: sentence-transformers in f32, and lode itself, natively.
"""

import json
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness.home import Home, say  # noqa: E402
from harness.worker import Worker  # noqa: E402
from peers import llama, lode, ort, st  # noqa: E402

PACKAGES = {
    "@huggingface/transformers": "4.3.1",
    "@wllama/wllama": "3.8.1",
}
LIMITS = (256, 512)
WORKLOADS = {"512": 512, "mixed": 256, "short": 512}


def npm(home):
    """The other engines' packages. Their install scripts are for Node and not needed in a page."""
    folder = home.path / "web"
    folder.mkdir(exist_ok=True)
    missing = []
    for name, version in PACKAGES.items():
        path = folder / "node_modules" / name / "package.json"
        if not path.exists() or json.loads(path.read_text())["version"] != version:
            missing.append(f"{name}@{version}")
    if missing:
        say(f"installing {' '.join(missing)} into {folder}")
        (folder / "package.json").write_text(json.dumps({"private": True}))
        flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(["npm", "install", *flags, *missing], cwd=folder, check=True)
    return folder / "node_modules"


def transformers_models(home):
    """The model as Transformers.js reads it, once for each limit of tokens: the limit is in
    tokenizer_config.json."""
    for limit in LIMITS:
        folder = home.path / f"models/minilm-{limit}"
        if (folder / "tokenizer_config.json").exists():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("config.json", "tokenizer.json"):
            (folder / name).unlink(missing_ok=True)
            (folder / name).symlink_to(home.model / name)
        (folder / "onnx").unlink(missing_ok=True)
        (folder / "onnx").symlink_to(home.path / "models/minilm/onnx")
        config = json.loads((home.model / "tokenizer_config.json").read_text())
        config["model_max_length"] = limit
        (folder / "tokenizer_config.json").write_text(json.dumps(config))


def queries(home):
    """SciFact's test queries, one a line, and which documents answer each."""
    text, answers = home.path / "browser/queries.txt", home.path / "browser/queries.json"
    if not answers.exists():
        data = home.shared_data / "eval/scifact"
        wanted = {}
        with open(data / "qrels-test.tsv", encoding="utf-8") as file:
            for line in list(file)[1:]:
                query, document, score = line.split("\t")
                wanted.setdefault(query, {})[document] = int(score)
        with open(data / "queries.jsonl", encoding="utf-8") as file:
            found = {q["_id"]: q["text"] for q in map(json.loads, file) if q["_id"] in wanted}
        with open(data / "corpus.jsonl", encoding="utf-8") as file:
            documents = [json.loads(line)["_id"] for line in file]
        text.write_text("".join(f"{' '.join(t.split())}\n" for t in found.values()))
        answers.write_text(
            json.dumps({"documents": documents, "answers": [wanted[key] for key in found]})
        )
    return text


def vectors(home, peer, name, texts, limit, source=None):
    """A file of the vectors of the texts, made anew when its source is newer."""
    path = home.path / f"browser/{peer.name}.{name}.f32"
    newest = max([texts.stat().st_mtime] + ([source.stat().st_mtime] if source else []))
    if not path.exists() or path.stat().st_mtime < newest:
        say(f"vectors of {name} by {peer.name}")
        part = path.with_name("part-" + path.name)
        with Worker(home, peer, 1, limit) as worker:
            worker.hello(texts)
            worker.ask(f"vectors 16 {part}")
        part.rename(path)
    return path


def main():
    home = Home()
    (home.path / "browser").mkdir(exist_ok=True)
    home.prepare_texts()
    peers = {p.name: p for p in (*lode.PEERS, *st.PEERS, *ort.PEERS, *llama.PEERS)}
    home.install(peers["st-f32"].packages)
    needed = {"ort-f32", "ort-int8", "llama-q8_0"}
    for name in needed:
        home.install(peers[name].packages)
        home.make("models.py", *peers[name].models)
    modules = npm(home)
    transformers_models(home)
    peers["lode-int8"].prepare(home)
    bundles = {
        dtype: {limit: str(lode.bundle(home, limit, dtype)) for limit in LIMITS}
        for dtype in ("int8", "f32")
    }
    worker = lode.BUILD / "bench/bench_worker"
    texts = {name: home.path / f"workloads/{name}.txt" for name in WORKLOADS}
    texts["queries"] = queries(home)
    limits = {**WORKLOADS, "queries": 512}
    searched = ("mixed", "queries") if "search" in sys.argv else ()
    references = {
        peer: {
            name: str(vectors(home, peers[peer], name, texts[name], limits[name], source))
            for name in names
        }
        for peer, names, source in (
            ("st-f32", texts, None),
            ("lode-int8", searched, worker),
            ("lode-f32", searched, worker),
        )
    }
    found = {
        "home": str(home.path),
        "modules": str(modules),
        "bundles": bundles,
        "references": references,
        "versions": PACKAGES,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    try:
        main()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"bench/browser: {error}")
