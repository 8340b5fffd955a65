"""Is it still what it was? Checksums of every file, then a sample computed again and compared byte for byte."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from forecast.batch.combine import RESULTS, write_results
from forecast.batch.folder import BatchFolder, differing
from forecast.batch.pairs import PAIRS, write_first_draws
from forecast.batch.session import finished_of
from forecast.errors import DocumentError, EnvironmentTrouble
from forecast.execution import Order, compute, prepare
from forecast.runfile import RUN_FILE


def verify_run(folder: Path, *, again: bool, say: Callable[[str], None]) -> list[str]:
    """Return what is wrong with a run folder: a line a finding; ``again``: compute it again too."""
    wrong = [f"{folder}: {name}: is not what {RUN_FILE} says" for name in differing(folder)]
    if wrong or not again:
        return wrong
    content = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    if not isinstance(asked := content.get("asked"), dict):
        return [f"{folder}: {RUN_FILE} does not say how to compute it again; an older seatcast wrote it"]
    say(f"computing {folder} again")
    order = Order(
        asked["forecast"],
        (*asked["overrides"], f"seed={content['seed']}"),
        tuple(asked["systems"]),
        precision=asked["precision"],
        sampler=asked.get("sampler", "mc"),
        keep=asked["keep"],
        allow_outside=True,
    )
    return list(_again(folder, order, str(content["digest"])))


def verify_batch(folder: BatchFolder, sample: int, say: Callable[[str], None]) -> tuple[int, list[str]]:
    """Return how many scenarios were computed again, and what is wrong with a batch: a line a finding.

    Raises
    ------
    EnvironmentTrouble
        The manifest cannot be trusted.
    """
    manifest = folder.manifest()
    found, done = [], []
    for digest, one in {str(one["digest"]): one for one in manifest["scenarios"]}.items():
        standing = folder.standing(digest)
        if standing.state == "done":
            done.append(one)
        elif standing.state == "damaged":
            found.append(f"{folder.scenario(digest)} ({one['name']}): {standing.why}")
    chosen = done[:: max(len(done) // sample, 1)][:sample] if sample else []
    for one in chosen:
        say(f"computing {one['name']} again")
        order = Order(manifest["forecast"], tuple(one["overrides"]), allow_outside=bool(manifest["allow_outside"]))
        found += _again(folder.scenario(one["digest"]), order, one["digest"])
    return len(chosen), found + list(_results(folder, manifest))


def _again(folder: Path, order: Order, digest: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="forecast-verify-") as place:
        twin = Path(place) / "again"
        try:
            prepared = prepare(replace(order, out=twin))
        except DocumentError as fault:
            yield f"{folder}: cannot be computed again: {fault.faults[0]}"
            return
        if prepared.digest != digest:
            yield f"{folder}: cannot be computed again: its documents, or the random stream, have changed since"
            return
        first = write_first_draws if (folder / PAIRS).exists() else None
        compute(prepared, beside=first)
        yield from _apart(folder, twin)


def _apart(folder: Path, twin: Path) -> Iterator[str]:
    for name in sorted({path.name for path in (*folder.iterdir(), *twin.iterdir())} - {RUN_FILE}):
        one, other = folder / name, twin / name
        if not one.is_file() or not other.is_file():
            yield f"{one}: is there only {'the first' if one.is_file() else 'the second'} time"
        elif one.read_bytes() != other.read_bytes():
            yield f"{one}: computed again, it has other bytes"


def _results(folder: BatchFolder, manifest: Mapping[str, Any]) -> Iterator[str]:
    names = [f"{RESULTS}.csv", f"{RESULTS}.parquet"]
    there = [name for name in names if (folder.root / name).is_file()]
    if not there:
        return
    with tempfile.TemporaryDirectory(prefix="forecast-verify-") as place:
        try:
            write_results(Path(place), finished_of(folder, manifest), manifest["keys"])
        except EnvironmentTrouble as fault:
            yield str(fault)
            return
        for name in there:
            if (folder.root / name).read_bytes() != (Path(place) / name).read_bytes():
                yield f"{folder.root / name}: is not what the scenarios say; forecast batch writes it anew"
