"""``run.json`` of a finished run, read without trust: every doubt is said with the file's name, and nothing is half-believed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecast.errors import EnvironmentTrouble, ForecastError
from forecast.files import sha256_of

SCHEMA = 1
RUN_FILE = "run.json"
DRAWS_FILE = "draws.parquet"
MOST_BYTES = 64 * 2**20
MOST_DRAWS = 10**12

_EXPECTED: dict[str, type] = {
    "name": str, "digest": str, "seed": int, "draws": int, "document": dict, "inputs": dict, "outputs": dict,
    "tool": dict, "kernel_stream": dict,
}  # fmt: skip
_AGAIN = "compute the run again with --force"


@dataclass(frozen=True, slots=True, eq=False)
class RunFile:
    """A finished run's folder and what its ``run.json`` says."""

    folder: Path
    content: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The forecast's name."""
        return str(self.content["name"])

    @property
    def digest(self) -> str:
        """SHA-256 of what the run was computed from."""
        return str(self.content["digest"])

    @property
    def seed(self) -> int:
        """Seed of the random numbers."""
        return int(self.content["seed"])

    @property
    def draws(self) -> int:
        """Number of draws simulated."""
        return int(self.content["draws"])

    def holds(self, name: str) -> bool:
        """Return whether the run wrote a file of this name."""
        return name in self.content["outputs"]

    def checked(self, name: str) -> Path:
        """Return the path of one of the run's files after comparing its checksum; EnvironmentTrouble if it differs."""
        path = self.folder / name
        if path.is_symlink() or not path.is_file():
            raise EnvironmentTrouble(f"{path}: is missing, or a link; {_AGAIN}")
        if sha256_of(path) != self.content["outputs"][name]["sha256"]:
            raise EnvironmentTrouble(f"{path}: damaged or changed: its checksum is not the one in {RUN_FILE}; {_AGAIN}")
        return path


def read_run_file(folder: Path) -> RunFile:
    """Read a finished run's ``run.json``.

    Raises
    ------
    ForecastError
        The folder is no run.
    EnvironmentTrouble
        The file is truncated, of another schema, or changed by hand so that it no longer makes sense.
    """
    path = folder / RUN_FILE
    if not folder.is_dir():
        raise ForecastError(f"{folder}: no such folder; name the folder that a run has written{_runs_there(folder)}")
    if not path.is_file():
        raise ForecastError(f"{folder}: holds no {RUN_FILE}: it is no finished run; name the folder of one")
    if path.stat().st_size > MOST_BYTES:
        raise EnvironmentTrouble(f"{path}: is larger than {MOST_BYTES // 2**20} MiB; no run writes such a file")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as fault:
        raise EnvironmentTrouble(f"{path}: is no whole JSON ({fault}); {_AGAIN}") from None
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        schema = content.get("schema") if isinstance(content, dict) else None
        raise EnvironmentTrouble(
            f"{path}: schema: is {schema!r:.40}; this version reads {SCHEMA}: compute the run again, or use the version "
            "of seatcast that wrote it"
        )
    for key, kind in _EXPECTED.items():
        if not isinstance(content.get(key), kind) or (kind is int and isinstance(content[key], bool)):
            raise EnvironmentTrouble(f"{path}: {key}: is missing or no {kind.__name__}; {_AGAIN}")
    for name, entry in content["outputs"].items():
        if Path(name).name != name or not isinstance(entry, dict) or not isinstance(entry.get("sha256"), str):
            raise EnvironmentTrouble(f"{path}: outputs: {name!r} is no file of a run; {_AGAIN}")
    return RunFile(folder, content)


def _runs_there(folder: Path) -> str:
    """Return the runs below ``runs/`` whose name begins like the folder's, for a message."""
    try:
        found = sorted(path.parent for path in Path("runs").glob(f"*/{RUN_FILE}"))
    except OSError:
        return ""
    near = [str(path) for path in found if path.name.startswith(folder.name)] or [str(path) for path in found]
    return f" (there are: {', '.join(near[:5])})" if near else ""


def size_by_law(document: Mapping[str, Any]) -> int:
    """Return the seats of a house as the resolved document of its law names them; 0 where it does not.

    >>> size_by_law({"tier": [{"kind": "nominal", "districts": 72}, {"kind": "proportional", "seats": 48}]})
    120
    """
    tiers = [tier for tier in document.get("tier", []) if isinstance(tier, dict)]
    named = [tier.get("seats", tier.get("districts")) for tier in tiers]
    return sum(seats for seats in named if isinstance(seats, int))
