"""The state of a batch in SQLite, for queries by other programs. It is made from the folders, whole, each time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import astuple, dataclass
from pathlib import Path

from forecast.errors import EnvironmentTrouble
from forecast.files import replacing

INDEX = "index.sqlite"

_TABLE = """
CREATE TABLE scenario (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL, digest TEXT NOT NULL, folder TEXT NOT NULL, state TEXT NOT NULL,
    tries INTEGER NOT NULL, draws INTEGER NOT NULL, seconds REAL, error TEXT NOT NULL
)
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A scenario in the index; ``tries`` counts those of the last run, ``seconds`` is None until it is done."""

    number: int
    name: str
    digest: str
    folder: str
    state: str
    tries: int
    draws: int
    seconds: float | None
    error: str


def write_index(root: Path, entries: Iterable[Entry]) -> None:
    """Write the index anew beside the old one, and put it in its place; EnvironmentTrouble if that fails."""
    rows = [astuple(entry) for entry in entries]
    with replacing(root / INDEX) as temporary:
        try:
            with closing(sqlite3.connect(temporary)) as base, base:
                base.execute(_TABLE)
                base.executemany("INSERT INTO scenario VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        except sqlite3.Error as fault:
            raise EnvironmentTrouble(f"{root / INDEX}: cannot be written: {fault}") from None
