"""What the harness has to know of an engine; ../peers/ has one file for each."""

import dataclasses
import pathlib
import typing

PEERS = pathlib.Path(__file__).resolve().parents[1] / "peers"


@dataclasses.dataclass
class Peer:
    name: str
    # Python packages and models (functions of models.py) that it needs in the cache.
    packages: tuple = ()
    models: tuple = ()
    # What else it needs: called with the Home, must be quick when there is nothing to do.
    prepare: typing.Callable = lambda home: None
    # (home, threads, max_tokens) -> the command that starts its worker.
    command: typing.Callable = None
    # home -> (files that a program using it must ship, files of the model): sizes only.
    artifacts: typing.Callable = lambda home: ([], [])
    # Not offered texts in batches (an engine that takes one text a call).
    single: bool = False


def tree(folder):
    """All files below a folder, caches of Python aside."""
    paths = pathlib.Path(folder).rglob("*")
    return [path for path in paths if path.is_file() and path.suffix != ".pyc"]
