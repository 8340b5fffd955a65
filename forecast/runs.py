"""A run's folder: every table of a forecast, and ``run.json`` that says how it came about and how to check it."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
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
from forecast.deposits import returned_deposits
from forecast.distribution import SystemForecast
from forecast.errors import EnvironmentTrouble, OutputBusy, OutputExists
from forecast.files import Cell, is_sealed, sealed, sha256_of, sync, write_csv, write_json
from forecast.kernel.assemblies import AssemblyTallies
from forecast.kernel.draw import Tallies
from forecast.kernel.plan import Plan
from forecast.kernel.random import BLOCK, STREAM_VERSION
from forecast.lease import NO_LOCKS, Lease, is_live, locked
from forecast.mandates import list_mandates
from forecast.rules.persons import Person
from forecast.runfile import RUN_FILE, SCHEMA
from forecast.simulate import CASE_NAMES, Simulation
from forecast.tables import (
    ASSEMBLY_COLUMNS,
    COLUMNS,
    COMPARE_COLUMNS,
    PERSON_COLUMNS,
    assembly_pmf_rows,
    assembly_rows,
    assembly_total_rows,
    candidate_rows,
    compare_rows,
    compare_summary_rows,
    comparison_document,
    composition_rows,
    deposit_rows,
    district_rows,
    event_rows,
    index_rows,
    list_candidate_rows,
    seat_pmf_rows,
    summary_rows,
    threshold_rows,
)
from forecast.voteshare.fitted import fit_document

TALLIES_FILE = "tallies.json"
ASSEMBLY_TALLIES = "assembly_tallies.json"
REPLICATES_FILE = "replicates.json"
GROWING = ("sizes", "marks")  # tallies of houses that may grow


@dataclass(frozen=True, slots=True, eq=False)
class RunRecord:
    """What ``run.json`` holds beside the simulation itself.

    ``asked`` says how to ask for the run again: ``{"forecast", "overrides", "systems", "precision", "sampler", "keep"}``.
    """

    name: str
    asked: Mapping[str, Any]
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
    """Return the folder of a run: ``out``, or ``runs/<name>-<first 8 of the digest>``; a link is followed once.

    Raises
    ------
    OutputExists
        ``out`` is where the command stands, or above it.
    EnvironmentTrouble
        ``out`` leads nowhere.
    """
    folder = out if out is not None else Path("runs") / f"{name}-{digest[:8]}"
    try:
        real = folder.resolve()
        leads_nowhere = real.is_symlink()
    except (OSError, RuntimeError):
        leads_nowhere = True
    if leads_nowhere:
        raise EnvironmentTrouble(f"{folder}: a link that leads in a circle; name another folder with --out")
    if Path.cwd().is_relative_to(real):
        raise OutputExists(f"{folder}: a run needs a folder of its own; name another one with --out")
    return real if folder.is_symlink() or folder.name == ".." else folder


def finished(folder: Path, digest: str, *, force: bool = False) -> dict[str, Any] | None:
    """Return the content of a finished run's ``run.json`` if the folder holds just this run, whole; None if not.

    With ``force``, None for any run; what is no run is never replaced.

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
    if not (folder / RUN_FILE).is_file():
        raise OutputExists(f"{folder}: holds files, but no {RUN_FILE}: it is no run; name another folder with --out")
    if force:
        return None
    try:
        content: dict[str, Any] = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
        found, schema = str(content["digest"]), content["schema"]
        sums = {name: entry["sha256"] for name, entry in content["outputs"].items()}
        int(content["audit"]["recounts"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise OutputExists(
            f"{folder}: holds no readable {RUN_FILE}; name another folder with --out, or --force to replace it"
        ) from None
    if (found, schema) != (digest, SCHEMA):
        raise OutputExists(f"{folder}: holds another run ({found[:8]}); name another --out, or --force to replace it")
    whole = (
        {*COLUMNS, TALLIES_FILE} <= set(sums)
        and is_sealed(content)
        and all((folder / name).is_file() and sha256_of(folder / name) == expected for name, expected in sums.items())
    )
    return content if whole else None


@contextmanager
def workplace(folder: Path) -> Iterator[Path]:
    """Yield a new, empty folder beside ``folder`` to write into; no other run can have it, and none of it stays.

    The lock is on the open folder itself: it ends with the process, however that ends. Where the file system has no
    locks, a lease beside it stands in for one.

    Raises
    ------
    OutputExists
        Another run is writing there.
    EnvironmentTrouble
        It cannot be written.
    """
    working = folder.with_name(f".{folder.name}.partial")
    with _alone(working, folder) as is_ours:
        try:
            for left in working.iterdir():
                left.unlink()
            yield working
        finally:
            if is_ours():
                shutil.rmtree(working, ignore_errors=True)


@contextmanager
def _alone(working: Path, folder: Path) -> Iterator[Callable[[], bool]]:
    """Hold a workplace; yield a question: does it still stand, and is it ours?"""
    try:
        handle = _locked(working, folder)
    except OSError as fault:
        if fault.errno not in NO_LOCKS:
            raise EnvironmentTrouble(
                f"{folder}: cannot be written: {fault.strerror}; name another folder with --out"
            ) from None
    else:
        try:
            yield lambda: _is_open_as(handle, working)
        finally:
            os.close(handle)
        return
    lease = Lease(_lease_of(working))
    if not lease.take():
        raise _busy(folder)
    try:
        working.mkdir(parents=True, exist_ok=True)
        yield lambda: not lease.lost and working.exists()
    finally:
        lease.release()


def _lease_of(working: Path) -> Path:
    """Return the lease on a workplace; it lies beside it, for the workplace itself is moved."""
    return working.with_suffix(".lease")


def _busy(folder: Path) -> OutputBusy:
    return OutputBusy(f"{folder}: another run is writing it just now; wait for it, or name another folder with --out")


def _locked(working: Path, folder: Path) -> int:
    while True:
        working.mkdir(parents=True, exist_ok=True)
        handle = os.open(working, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            if not locked(handle):
                raise _busy(folder)
        except BaseException:
            os.close(handle)
            raise
        if _is_open_as(handle, working):
            return handle
        os.close(handle)  # the other run has just put it in its place


def is_locked(working: Path) -> bool:
    """Return whether a run is writing into a workplace just now."""
    try:
        handle = os.open(working, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        return not locked(handle)
    except OSError as fault:
        return fault.errno not in NO_LOCKS or is_live(_lease_of(working))
    finally:
        os.close(handle)


def _is_open_as(handle: int, folder: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), folder.lstat())
    except FileNotFoundError:
        return False


def publish(working: Path, folder: Path) -> None:
    """Put a finished folder in its place, whole; what was there before, or was left by a crash, is removed."""
    old = folder.with_name(f".{folder.name}.old")
    if old.exists():
        shutil.rmtree(old)
    for path in working.iterdir():
        sync(path)
    sync(working)
    if folder.exists():
        folder.replace(old)
    working.replace(folder)
    sync(folder.parent)
    if old.exists():
        shutil.rmtree(old)


def write_tables(
    working: Path,
    simulation: Simulation,
    coalitions: tuple[tuple[str, ...], ...],
    people: tuple[Person, ...] = (),
) -> None:
    """Write the tables and the tallies they are made from; ``people`` are those on the lists, where they are known."""
    forecasts = forecasts_of(simulation)
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
    _write_persons(working, simulation, forecasts, people)
    _write_assemblies(working, simulation)
    write_json(working / TALLIES_FILE, tallies_document(simulation.tallies, simulation.draws))
    if simulation.replicates is not None:
        write_json(working / REPLICATES_FILE, tallies_document(simulation.replicates, simulation.draws))


def _write_persons(
    working: Path, simulation: Simulation, forecasts: list[SystemForecast], people: tuple[Person, ...]
) -> None:
    plan = simulation.plan
    rows: dict[str, list[list[Cell]]] = {
        "deposits.csv": list(deposit_rows(plan, returned_deposits(plan, simulation.draws)))
    }
    lists = [(one, made) for one in forecasts if people and (made := list_mandates(one, people))]
    if lists:
        sample = sample_of(plan, simulation.draws)
        rows["list_candidates.csv"] = [row for one, made in lists for row in list_candidate_rows(one, made)]
        rows["composition.csv"] = [row for one, made in lists for row in composition_rows(one, made, sample)]
    for name, content in rows.items():
        if content:
            write_csv(working / name, list(PERSON_COLUMNS[name]), content)


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


def _sampler(simulation: Simulation) -> dict[str, object]:
    if simulation.replicates is None:
        return {"name": "mc"}
    from forecast.lattice import method  # with what a run of plain draws never compiles

    return method(simulation.plan, simulation.draws)


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
        sealed(
            {
                "schema": SCHEMA,
                "name": record.name,
                "digest": record.digest,
                "asked": dict(record.asked),
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
                "sampler": _sampler(simulation),
                "threads": record.threads,
                "audit": {"recounts": simulation.audit.recounts, "agree": simulation.audit.recounts},
                "silent_choices": record.choices,
                "assumptions": list(record.assumptions),
                "warnings": list(record.warnings),
                "started_utc": record.started.astimezone(UTC).isoformat(timespec="seconds"),
                "seconds": round(record.seconds, 3),
                "host": {"machine": platform.machine(), "system": platform.system()},
                "fit": fit_document(plan.model),
                "document": record.document,
                "inputs": record.inputs,
                "outputs": outputs,
            }
        ),
    )


def system_forecasts(
    plan: Plan, tallies: Tallies, draws: int, replicates: Tallies | None = None
) -> list[SystemForecast]:
    """Return a forecast a system."""
    return [SystemForecast(plan, k, tallies, draws, replicates) for k in range(len(plan.systems))]


def forecasts_of(simulation: Simulation) -> list[SystemForecast]:
    """Return a forecast a system, with the errors that go with how the run was drawn."""
    return system_forecasts(simulation.plan, simulation.tallies, simulation.draws, simulation.replicates)


def assemblies_forecast(simulation: Simulation) -> AssembliesForecast | None:
    """Return the forecast of the local assemblies; None where none are elected."""
    local = simulation.plan.assemblies
    if local is None or simulation.assemblies is None:
        return None
    return AssembliesForecast(simulation.plan, local, simulation.assemblies, simulation.draws)


def stored_arrays(tallies: Tallies | AssemblyTallies) -> dict[str, np.ndarray[Any, np.dtype[np.int64]]]:
    """Return the arrays that files hold, by name: those of houses that may grow are left out where none does."""
    return {name: array for name, array in tallies._asdict().items() if array.size or name not in GROWING}


def tallies_document(tallies: Tallies | AssemblyTallies, draws: int) -> dict[str, Any]:
    """Return tallies as JSON: shape and non-zero entries of every array."""
    arrays = {}
    for name, array in stored_arrays(tallies).items():
        flat = array.ravel()
        used = np.flatnonzero(flat)
        arrays[name] = {"shape": list(array.shape), "at": used.tolist(), "count": flat[used].tolist()}
    return {"draws": draws, "tallies": arrays}


def read_tallies(folder: Path, plan: Plan) -> tuple[Tallies, int]:
    """Return the tallies of a finished run, and its draws; EnvironmentTrouble if they do not fit the plan."""
    tallies = plan.tallies()
    return tallies, _read_into(tallies, folder / TALLIES_FILE)


def read_replicates(folder: Path, plan: Plan) -> Tallies | None:
    """Return the tallies of each randomisation of a finished lattice run; None where it was drawn plainly."""
    if not (folder / REPLICATES_FILE).is_file():
        return None
    from forecast.kernel.sobol import RANDOMISATIONS

    replicates = Tallies._make(np.zeros((RANDOMISATIONS, *array.shape), np.int64) for array in plan.tallies())
    _read_into(replicates, folder / REPLICATES_FILE)
    return replicates


def read_assembly_tallies(folder: Path, plan: Plan) -> AssemblyTallies | None:
    """Return the tallies of the local assemblies of a finished run; None where none are elected."""
    if plan.assemblies is None:
        return None
    tallies = plan.assemblies.tallies()
    _read_into(tallies, folder / ASSEMBLY_TALLIES)
    return tallies


def _read_into(tallies: Tallies | AssemblyTallies, path: Path) -> int:
    content = json.loads(path.read_text(encoding="utf-8"))
    for name, array in stored_arrays(tallies).items():
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
