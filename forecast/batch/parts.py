"""A huge forecast in parts: each counts a range of draws; tallies are integers, so their sum is the whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from forecast.batch.folder import BatchFolder
from forecast.batch.pairs import write_first_draws
from forecast.errors import EnvironmentTrouble
from forecast.execution import Prepared, threads_there, write_folder
from forecast.files import is_sealed, sealed, write_json
from forecast.kernel.assemblies import AssemblyTallies
from forecast.kernel.blocks import Counts
from forecast.kernel.draw import Tallies
from forecast.kernel.random import BLOCK
from forecast.runs import stored_arrays, tallies_document, workplace
from forecast.simulate import CHUNK_BLOCKS, Progress, concluded, counts_of

CHUNK = CHUNK_BLOCKS * BLOCK
LARGEST_PART = 1024 * CHUNK  # 33,554,432 draws: seconds, so that little is lost with a worker
LEAST_PARTS = 8


def ranges(draws: int) -> Iterator[tuple[int, int]]:
    """Yield the ranges of draws of the parts: they depend on the draws alone, so that any crew can go on.

    >>> list(ranges(100_000))
    [(0, 32768), (32768, 65536), (65536, 98304), (98304, 100000)]
    """
    width = min(LARGEST_PART, -(-draws // (LEAST_PARTS * CHUNK)) * CHUNK)
    for first in range(0, draws, width):
        yield first, min(first + width, draws)


def write_part(folder: BatchFolder, prepared: Prepared, first: int, stop: int, progress: Progress) -> None:
    """Simulate a range of draws and store its tallies."""
    plan = prepared.plan
    with threads_there():
        counts = counts_of(plan, first, stop, threads=prepared.threads, progress=progress)
    path = folder.part(prepared.digest, first, stop)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"digest": prepared.digest, "first": first, "stop": stop, "house": tallies_document(counts.house, stop)}
    if counts.assemblies is not None:
        content["assemblies"] = tallies_document(counts.assemblies, stop)
    write_json(path, sealed(content))


def is_written(folder: BatchFolder, digest: str, first: int, stop: int) -> bool:
    """Return whether a part is there, whole."""
    try:
        content = json.loads(folder.part(digest, first, stop).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and is_sealed(content) and content.get("digest") == digest


def join(folder: BatchFolder, prepared: Prepared) -> None:
    """Add up the parts of a scenario, audit the sum, write its folder, and remove the parts."""
    counts = Counts.of(prepared.plan)
    paths = [folder.part(prepared.digest, first, stop) for first, stop in ranges(prepared.spec.draws)]
    for path in paths:
        _add(counts, path, prepared.digest)
    with workplace(prepared.folder) as working:
        simulation = concluded(prepared.plan, prepared.spec.draws, counts)
        write_folder(working, prepared, simulation, write_first_draws)
    folder.drop_parts(prepared.digest)


def _add(counts: Counts, path: Path, digest: str) -> None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not is_sealed(content) or content["digest"] != digest:
            raise ValueError("its checksum does not agree")
        _add_arrays(counts.house, content["house"]["tallies"])
        if counts.assemblies is not None:
            _add_arrays(counts.assemblies, content["assemblies"]["tallies"])
    except (OSError, ValueError, KeyError, TypeError, IndexError) as fault:
        path.unlink(missing_ok=True)
        raise EnvironmentTrouble(
            f"{path}: cannot be read ({fault}); start the batch again to compute it anew"
        ) from None


def _add_arrays(tallies: Tallies | AssemblyTallies, stored: dict[str, dict[str, list[int]]]) -> None:
    for name, array in stored_arrays(tallies).items():
        if stored[name]["shape"] != list(array.shape):
            raise ValueError(f"{name} has another shape")
        array.ravel()[stored[name]["at"]] += np.array(stored[name]["count"], dtype=array.dtype)
