"""A run's folder: every table of a forecast, and ``run.json`` that says how it came about and how to check it."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np

from forecast import __version__
from forecast.assemblies import AssembliesForecast
from forecast.compare import comparisons, sample_of
from forecast.distribution import SystemForecast
from forecast.errors import EnvironmentTrouble, OutputExists
from forecast.files import sha256_of, write_csv, write_json
from forecast.kernel.assemblies import AssemblyTallies
from forecast.kernel.draw import Tallies
from forecast.kernel.plan import Plan
from forecast.kernel.random import BLOCK, STREAM_VERSION
from forecast.simulate import CASE_NAMES, Simulation
from forecast.tables import (
    ASSEMBLY_COLUMNS,
    COLUMNS,
    COMPARE_COLUMNS,
    assembly_pmf_rows,
    assembly_rows,
    assembly_total_rows,
    candidate_rows,
    compare_rows,
    compare_summary_rows,
    comparison_document,
    district_rows,
    event_rows,
    index_rows,
    seat_pmf_rows,
    summary_rows,
    threshold_rows,
)

SCHEMA = 1
RUN_FILE = "run.json"
ASSEMBLY_TALLIES = "assembly_tallies.json"


@dataclass(frozen=True, slots=True, eq=False)
class RunRecord:
    """What ``run.json`` holds beside the simulation itself."""

    name: str
    digest: str
    document: Mapping[str, Any]
    inputs: Mapping[str, Mapping[str, Any]]
    seed_given: bool
    threads: int
    choices: list[dict[str, Any]]
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]
    started: datetime
    seconds: float


def folder_for(name: str, digest: str, out: Path | None) -> Path:
    """Return the folder of a run: ``out``, or ``runs/<name>-<first 8 of the digest>``."""
    return out if out is not None else Path("runs") / f"{name}-{digest[:8]}"


def finished(folder: Path, digest: str) -> dict[str, Any] | None:
    """Return the content of a finished run's ``run.json`` if the folder holds just this run, whole; None if not.

    Raises
    ------
    OutputExists
        The folder holds something else.
    """
    if not folder.exists():
        return None
    if not folder.is_dir():
        raise OutputExists(f"{folder}: is a file; name a folder with --out")
    if not any(folder.iterdir()):
        return None
    try:
        content: dict[str, Any] = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
        found = content["digest"]
    except (OSError, ValueError, KeyError, TypeError):
        raise OutputExists(
            f"{folder}: holds files, but no readable {RUN_FILE}; name another folder with --out, or --force to replace it"
        ) from None
    if found != digest:
        raise OutputExists(
            f"{folder}: holds another run ({str(found)[:8]}); name another --out, or --force to replace it"
        )
    whole = all(
        (folder / name).is_file() and sha256_of(folder / name) == entry["sha256"]
        for name, entry in content["outputs"].items()
    )
    return content if whole else None


def prepare(folder: Path) -> Path:
    """Return a new, empty folder beside ``folder`` to write into; EnvironmentTrouble if that cannot be."""
    working = folder.with_name(f".{folder.name}.partial")
    try:
        if working.exists():
            shutil.rmtree(working)
        working.mkdir(parents=True)
    except OSError as fault:
        raise EnvironmentTrouble(
            f"{folder}: cannot be written: {fault.strerror}; name another folder with --out"
        ) from None
    return working


def discard(working: Path) -> None:
    """Remove a working folder that was not published."""
    if working.exists():
        shutil.rmtree(working, ignore_errors=True)


def publish(working: Path, folder: Path) -> None:
    """Put a finished folder in its place, whole; what was there before is replaced."""
    if folder.exists():
        old = folder.with_name(f".{folder.name}.old")
        if old.exists():
            shutil.rmtree(old)
        folder.replace(old)
        working.replace(folder)
        shutil.rmtree(old)
    else:
        working.replace(folder)


def write_tables(working: Path, simulation: Simulation, coalitions: tuple[tuple[str, ...], ...]) -> None:
    """Write the tables and the tallies they are made from."""
    forecasts = system_forecasts(simulation.plan, simulation.tallies, simulation.draws)
    rows = {
        "summary.csv": [row for one in forecasts for row in summary_rows(one)],
        "seat_pmf.csv": [row for one in forecasts for row in seat_pmf_rows(one)],
        "districts.csv": [row for one in forecasts for row in district_rows(one)],
        "candidates.csv": [row for one in forecasts for row in candidate_rows(one)],
        "events.csv": [row for one in forecasts for row in event_rows(one, coalitions)],
    }
    for name, content in rows.items():
        write_csv(working / name, list(COLUMNS[name]), content)
    if len(forecasts) > 1:
        _write_comparison(working, simulation, forecasts)
    _write_assemblies(working, simulation)
    write_json(working / "tallies.json", tallies_document(simulation.tallies, simulation.draws))


def _write_assemblies(working: Path, simulation: Simulation) -> None:
    forecast = assemblies_forecast(simulation)
    if forecast is None:
        return
    rows = {
        "assemblies.csv": assembly_rows(forecast),
        "assembly_pmf.csv": assembly_pmf_rows(forecast),
        "assembly_totals.csv": assembly_total_rows(forecast),
    }
    for name, content in rows.items():
        write_csv(working / name, list(ASSEMBLY_COLUMNS[name]), content)
    write_json(working / ASSEMBLY_TALLIES, tallies_document(forecast.tallies, simulation.draws))


def _write_comparison(working: Path, simulation: Simulation, forecasts: list[SystemForecast]) -> None:
    sample = sample_of(simulation.plan, simulation.draws)
    compared = comparisons(forecasts, sample)
    rows = {
        "compare.csv": [row for one in compared for row in compare_rows(one)],
        "compare_summary.csv": [row for one in compared for row in compare_summary_rows(one)],
        "compare_indices.csv": list(index_rows(sample)),
        "thresholds.csv": list(threshold_rows(sample)),
    }
    for name, content in rows.items():
        write_csv(working / name, list(COMPARE_COLUMNS[name]), content)
    write_json(working / "compare.json", comparison_document(simulation, compared, sample))


def write_run(working: Path, record: RunRecord, simulation: Simulation) -> None:
    """Write ``run.json`` over the files of a folder; it comes last, so a folder with one is whole."""
    outputs = {
        path.name: {"sha256": sha256_of(path), "bytes": path.stat().st_size, "rows": _rows(path)}
        for path in sorted(working.iterdir())
        if path.name != RUN_FILE
    }
    plan = simulation.plan
    write_json(
        working / RUN_FILE,
        {
            "schema": SCHEMA,
            "name": record.name,
            "digest": record.digest,
            "tool": {
                "seatcast": __version__,
                "numba": numba.__version__,
                "llvmlite": llvmlite.__version__,
                "numpy": np.__version__,
                "python": platform.python_version(),
            },
            "git_commit": _git_commit(),
            "kernel_stream": {"version": STREAM_VERSION, "block": BLOCK},
            "seed": plan.seed,
            "seed_given": record.seed_given,
            "draws": simulation.draws,
            "threads": record.threads,
            "audit": {"recounts": simulation.audit.recounts, "agree": simulation.audit.recounts},
            "silent_choices": record.choices,
            "assumptions": list(record.assumptions),
            "warnings": list(record.warnings),
            "started_utc": record.started.astimezone(UTC).isoformat(timespec="seconds"),
            "seconds": round(record.seconds, 3),
            "host": {"machine": platform.machine(), "system": platform.system()},
            "document": record.document,
            "inputs": record.inputs,
            "outputs": outputs,
        },
    )


def system_forecasts(plan: Plan, tallies: Tallies, draws: int) -> list[SystemForecast]:
    """Return a forecast a system."""
    return [SystemForecast(plan, k, tallies, draws) for k in range(len(plan.systems))]


def assemblies_forecast(simulation: Simulation) -> AssembliesForecast | None:
    """Return the forecast of the local assemblies; None where none are elected."""
    local = simulation.plan.assemblies
    if local is None or simulation.assemblies is None:
        return None
    return AssembliesForecast(simulation.plan, local, simulation.assemblies, simulation.draws)


def tallies_document(tallies: Tallies | AssemblyTallies, draws: int) -> dict[str, Any]:
    """Return tallies as JSON: shape and non-zero entries of every array."""
    arrays = {}
    for name, array in tallies._asdict().items():
        flat = array.ravel()
        used = np.flatnonzero(flat)
        arrays[name] = {"shape": list(array.shape), "at": used.tolist(), "count": flat[used].tolist()}
    return {"draws": draws, "tallies": arrays}


def read_tallies(folder: Path, plan: Plan) -> tuple[Tallies, int]:
    """Return the tallies of a finished run, and its draws; EnvironmentTrouble if they do not fit the plan."""
    tallies = plan.tallies()
    return tallies, _read_into(tallies, folder / "tallies.json")


def read_assembly_tallies(folder: Path, plan: Plan) -> AssemblyTallies | None:
    """Return the tallies of the local assemblies of a finished run; None where none are elected."""
    if plan.assemblies is None:
        return None
    tallies = plan.assemblies.tallies()
    _read_into(tallies, folder / ASSEMBLY_TALLIES)
    return tallies


def _read_into(tallies: Tallies | AssemblyTallies, path: Path) -> int:
    content = json.loads(path.read_text(encoding="utf-8"))
    for name, array in tallies._asdict().items():
        stored = content["tallies"][name]
        if stored["shape"] != list(array.shape):
            raise EnvironmentTrouble(f"{path}: {name} has another shape; compute it again with --force")
        array.ravel()[stored["at"]] = stored["count"]
    return int(content["draws"])


def case_counts(simulation: Simulation) -> list[dict[str, Any]]:
    """Return what the law's rare and silent cases were set to, and in how many draws each occurred."""
    choices = []
    for k, system in enumerate(simulation.plan.systems):
        for tier in system.tiers:
            silent = getattr(tier, "silent", None)
            for case, name in CASE_NAMES.items():
                if silent is not None and hasattr(silent, name):
                    choices.append(
                        {
                            "system": system.id,
                            "tier": tier.name,
                            "case": name,
                            "choice": getattr(silent, name),
                            "draws": int(simulation.tallies.cases[k, case]),
                        }
                    )
    return choices + _assembly_cases(simulation)


def _assembly_cases(simulation: Simulation) -> list[dict[str, Any]]:
    """Return the same for the local assemblies; each of them counts where a case occurs in several in one draw."""
    forecast = assemblies_forecast(simulation)
    if forecast is None:
        return []
    tiers = {tier.name: (system.id, tier) for _, system in forecast.every for tier in system.tiers}
    return [
        {"system": name, "tier": tier.name, "case": word, "choice": getattr(silent, word), "draws": forecast.case(case)}
        for name, tier in tiers.values()
        if (silent := getattr(tier, "silent", None)) is not None
        for case, word in CASE_NAMES.items()
        if hasattr(silent, word)
    ]


class Stopwatch:
    """Wall time from a monotonic clock, beside the moment of the start in UTC."""

    def __init__(self) -> None:
        self.started = datetime.now(UTC)
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start


def _rows(path: Path) -> int | None:
    if path.suffix != ".csv":
        return None
    with path.open("rb") as stream:
        return sum(1 for _ in stream) - 1


def _git_commit() -> str | None:
    here = Path(__file__).resolve().parent.parent
    if not (here / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(here), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
