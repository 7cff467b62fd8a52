"""The cache outside the tree where the other engines, their models and the texts are."""

import os
import pathlib
import subprocess
import sys

HARNESS = pathlib.Path(__file__).resolve().parent
REPOSITORY = HARNESS.parents[1]

# The versions that are compared. torch is by far the largest: sentence-transformers needs it,
# and so does the ONNX export.
VERSIONS = {
    "apsw": "3.54.1.0",
    "faiss-cpu": "1.15.1",
    "gguf": "0.19.0",
    "hnswlib": "0.8.0",
    "numpy": "2.4.6",
    "onnx": "1.23.2",
    "onnxruntime": "1.31.1",
    "safetensors": "0.8.0",
    "sentence-transformers": "6.2.0",
    "sqlite-vec": "0.1.9",
    "tokenizers": "0.23.3",
    "torch": "2.15.0",
    "transformers": "5.23.0",
}


def say(text):
    print(text, file=sys.stderr, flush=True)


class Home:
    """Everything is made once: each method returns at once when its result is there."""

    def __init__(self, path=None):
        default = os.environ.get("LODE_BENCH_HOME", "~/.cache/lode-peers")
        self.path = pathlib.Path(path or default).expanduser()
        self.path.mkdir(parents=True, exist_ok=True)
        self.python = self.path / "v/bin/python"
        self._model = None

    @property
    def model(self):
        """all-MiniLM-L6-v2, a folder as sentence-transformers reads it."""
        if self._model is None:
            result = subprocess.run(
                [REPOSITORY / "tools/get_model.sh"], check=True, stdout=subprocess.PIPE, text=True
            )
            self._model = pathlib.Path(result.stdout.strip())
        return self._model

    @property
    def shared_data(self):
        """Where the public data sets are that the texts are taken from."""
        default = REPOSITORY.parent / "shared/data"
        return pathlib.Path(os.environ.get("LODE_SHARED_DATA", default))

    def package(self, name):
        """The folder of an installed Python package."""
        (found,) = self.path.glob(f"v/lib/python3*/site-packages/{name}")
        return found

    def install(self, packages):
        """Put Python packages into the environment of the cache, those that are missing."""
        if not self.python.exists():
            subprocess.run([sys.executable, "-m", "venv", self.path / "v"], check=True)
        missing = []
        for name in sorted(set(packages)):
            record = f"{name.replace('-', '_')}-{VERSIONS[name]}*.dist-info"  # "+cpu" may follow
            if not any(self.path.glob(f"v/lib/python3*/site-packages/{record}")):
                missing.append(f"{name}=={VERSIONS[name]}")
        if missing:
            say(f"installing {' '.join(missing)} into {self.path}/v")
            subprocess.run([self.python, "-m", "pip", "install", "--quiet", *missing], check=True)

    def make(self, script, *arguments):
        """Run one of the harness's own scripts in that environment."""
        env = dict(os.environ, HF_HUB_OFFLINE="1", PYTHONDONTWRITEBYTECODE="1")
        command = [self.python, HARNESS / script, self.path, self.model, *arguments]
        subprocess.run(list(map(str, command)), check=True, env=env)

    def prepare_texts(self):
        self.install(["tokenizers"])
        if not (self.path / "workloads/complete").exists():
            self.make("workloads.py", self.shared_data)

    def prepare(self, peer):
        """Get everything that an engine needs."""
        self.install(peer.packages)
        if peer.models:
            self.make("models.py", *peer.models)
        peer.prepare(self)

    def prepare_all(self, peers, required):
        """Returns the engines that are ready. What cannot be had is left out, unless `required`."""
        self.prepare_texts()
        ready = []
        for peer in peers:
            try:
                self.prepare(peer)
                ready.append(peer)
            except (OSError, subprocess.CalledProcessError) as error:
                if required:
                    raise SystemExit(f"bench/run: {peer.name} cannot be had: {error}") from error
                say(f"{peer.name} is left out: {error}")
        return ready
