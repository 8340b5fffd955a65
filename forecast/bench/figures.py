"""Figures of a measurement as a JSON document, read back, and compared with those of now."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from forecast.bench.measure import Measured
from forecast.errors import DocumentError

SCHEMA = 1
LARGEST = 2**20  # bytes of a file of figures


@dataclass(frozen=True, slots=True)
class Change:
    """How a subject's time has changed: ``slower`` in percent; ``beyond_noise`` where the spreads do not overlap."""

    subject: str
    before: float
    now: float
    slower: float
    beyond_noise: bool


def document(
    measured: Sequence[Measured], *, machine: dict[str, str], version: str, rounds: int, ready: float, memory: float
) -> dict[str, Any]:
    """Return the figures as plain values; ``ready`` is what compiling or loading took in seconds, memory in MB."""
    return {
        "schema": SCHEMA,
        "seatcast": version,
        "machine": machine,
        "rounds": rounds,
        "ready_seconds": ready,
        "peak_memory_mb": memory,
        "subjects": [{**asdict(item), "draws_per_second": 1 / item.seconds.median} for item in measured],
    }


def read_figures(path: Path) -> dict[str, Any]:
    """Return figures that ``forecast bench --json`` printed; a DocumentError where the file holds anything else."""
    try:
        if path.stat().st_size > LARGEST:
            raise DocumentError(f"{path}: larger than {LARGEST // 2**20} MB; not what `forecast bench --json` prints")
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise DocumentError(
            f"{path}: {fault.strerror}; write the figures with `forecast bench --json > FILE`"
        ) from None
    except (ValueError, RecursionError):
        raise DocumentError(f"{path}: not JSON; write it with `forecast bench --json > FILE`") from None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise DocumentError(f"{path}: no figures of this version (schema {SCHEMA}); measure again")
    try:
        seconds = [float(item["seconds"][key]) for item in found["subjects"] for key in ("median", "low", "high")]
        names = [str(item["subject"]) for item in found["subjects"]]
        whole = isinstance(found["machine"], dict) and names and all(math.isfinite(x) and x > 0 for x in seconds)
    except (KeyError, TypeError, ValueError):
        whole = False
    if not whole:
        raise DocumentError(f"{path}: figures are missing or damaged; measure again")
    return found


def changes(before: dict[str, Any], measured: Sequence[Measured]) -> Iterator[Change]:
    """Yield how the subjects that both know have changed."""
    then = {item["subject"]: item["seconds"] for item in before["subjects"]}
    for item in measured:
        if item.subject in then:
            old, new = then[item.subject], item.seconds
            yield Change(
                subject=item.subject,
                before=float(old["median"]),
                now=new.median,
                slower=100 * (new.median / float(old["median"]) - 1),
                beyond_noise=new.low > float(old["high"]),
            )


def other_machine(before: dict[str, Any], machine: dict[str, str]) -> list[str]:
    """Return what differs between the two machines: processor, cores or vectors."""
    then = before["machine"]
    return [
        f"{key}: {then.get(key)} before, {machine[key]} now"
        for key in ("cpu", "cores", "vectors")
        if then.get(key) != machine[key]
    ]
