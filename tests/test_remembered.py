"""Numbers that are kept on disk: found once, the same to the last bit, and found again where the disk has others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from forecast.voteshare import remembered as module
from forecast.voteshare.remembered import Floats, remembered

FACTS = (np.array([0.1, 0.2]), 3, "normal", [([1, 2], 0.5)])


class Search:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Floats:
        self.times += 1
        return np.array([[0.1 + 0.2, np.nan], [-0.0, 1e300]])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "_folder", lambda: tmp_path)
    return tmp_path


def test_numbers_are_found_once_and_read_to_the_last_bit(folder: Path) -> None:
    search = Search()
    found, read = remembered("a", FACTS, search), remembered("a", FACTS, search)
    assert search.times == 1
    assert found.tobytes() == read.tobytes() == search().tobytes()
    assert read.shape == (2, 2)


@pytest.mark.parametrize(
    "facts",
    [
        (np.array([0.1, 0.3]), 3, "normal", [([1, 2], 0.5)]),
        (np.array([[0.1, 0.2]]), 3, "normal", [([1, 2], 0.5)]),
        (np.array([0.1, 0.2], np.float32), 3, "normal", [([1, 2], 0.5)]),
        (np.array([0.1, 0.2]), 3.0, "normal", [([1, 2], 0.5)]),
        (np.array([0.1, 0.2]), 3, "gumbel", [([1, 2], 0.5)]),
        (np.array([0.1, 0.2]), 3, "normal", [([1], 2, 0.5)]),
    ],
)
def test_other_facts_have_other_numbers(folder: Path, facts: object) -> None:
    search = Search()
    remembered("a", FACTS, search)
    remembered("a", facts, search)
    remembered("b", FACTS, search)
    assert search.times == 3


@pytest.mark.parametrize(
    "damage", [lambda entry: entry[:-1], lambda entry: b"", lambda entry: entry[:50] + b"?" + entry[51:]]
)
def test_a_damaged_entry_is_found_again(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    search = Search()
    remembered("a", FACTS, search)
    (entry,) = folder.iterdir()
    entry.write_bytes(damage(entry.read_bytes()))
    assert remembered("a", FACTS, search).tobytes() == search().tobytes()
    remembered("a", FACTS, search)
    assert search.times == 3  # once at first, once after the damage, once here above


def test_where_nothing_can_be_written_numbers_are_found_every_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    search = Search()
    for nowhere in (None, tmp_path / "missing"):
        monkeypatch.setattr(module, "_folder", lambda nowhere=nowhere: nowhere)
        remembered("a", FACTS, search)
    assert search.times == 2


def test_the_older_half_of_many_entries_goes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 4)
    for n in range(5):
        remembered("a", n, Search())
    assert len(list(folder.iterdir())) == 3
