"""One scenario's work, wherever it is done: read, simulate, write its folder; only a receipt is returned."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

from forecast.batch.folder import BatchFolder
from forecast.batch.pairs import write_first_draws
from forecast.batch.parts import join, write_part
from forecast.batch.versions import check_versions, versions
from forecast.errors import EnvironmentTrouble, ForecastError, OutputBusy
from forecast.execution import Order, Prepared, compute, prepare
from forecast.memory import room, shortage
from forecast.simulate import Progress, warm_up

BUSY_PAUSE = 0.2  # seconds between looks at a folder that another process is writing just now


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a worker is asked to do.

    Parameters
    ----------
    work
        A ``scenario`` as a whole, a ``part`` of its draws, or to ``join`` its parts.
    digest
        The name of the scenario; a worker that resolves its documents to another one refuses.
    first, stop
        The draws of a part.
    versions
        Those of the client.
    timeout
        Seconds after which the work is given up, from when the kernel stands; None: never.
    """

    work: Literal["scenario", "part", "join"]
    digest: str
    name: str
    forecast: str
    overrides: tuple[str, ...]
    root: str
    draws: int
    threads: int = 1
    allow_outside: bool = False
    force: bool = False
    first: int = 0
    stop: int = 0
    versions: dict[str, str] = field(default_factory=dict)
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a worker returns: never results, only that they are written, or why not.

    ``failed`` is the scenario's own; ``lost`` is a worker that died; ``trouble`` is the machine's and stops the batch.
    """

    assignment: Assignment
    state: Literal["done", "failed", "lost", "trouble"]
    seconds: float
    error: str = ""
    trace: str = ""


class TimedOut(ForecastError):
    """A scenario took longer than ``--timeout``."""


def carry_out(
    assignment: Assignment, progress: Progress | None = None, begun: Callable[[], None] = lambda: None
) -> Receipt:
    """Do what is assigned, and say how it went; only the end of the process itself is raised.

    ``begun`` is called when the documents are read and the kernel is compiled: the clock of the timeout starts there.
    """
    start = time.monotonic()
    try:
        check_versions(assignment.versions, versions(), "this worker")
        prepared = _prepared(assignment)
        warm_up(prepared.plan)
        begun()
        _work(assignment, prepared, _timed(assignment, progress))
    except (EnvironmentTrouble, OSError, MemoryError) as fault:
        said = _said(fault, assignment.root)
        return Receipt(assignment, "trouble", time.monotonic() - start, said, traceback.format_exc())
    except Exception as fault:  # one scenario's failure stops no other
        said = _said(fault, assignment.root)
        return Receipt(assignment, "failed", time.monotonic() - start, said, traceback.format_exc())
    return Receipt(assignment, "done", time.monotonic() - start)


def _work(assignment: Assignment, prepared: Prepared, progress: Progress) -> None:
    folder = BatchFolder(Path(assignment.root))
    if assignment.work == "part":
        write_part(folder, prepared, assignment.first, assignment.stop, progress)
        return
    while True:
        if not assignment.force and folder.standing(assignment.digest).state == "done":
            return
        try:
            if assignment.work == "join":
                join(folder, prepared)
            else:
                compute(prepared, progress=progress, beside=write_first_draws)
            return
        except OutputBusy:
            # A worker of an earlier batch is still at it; its result will be as good as ours.
            progress(0, prepared.spec.draws)
            time.sleep(BUSY_PAUSE)


def _prepared(assignment: Assignment) -> Prepared:
    digest = assignment.digest
    prepared = _lowered(
        assignment.forecast, assignment.overrides, assignment.allow_outside, assignment.threads,
        str(BatchFolder(Path(assignment.root)).scenario(digest)),
    )  # fmt: skip
    if prepared.digest != digest:
        _lowered.cache_clear()
        raise EnvironmentTrouble(
            f"{assignment.forecast}: its documents are not those the batch began with (digest {prepared.digest[:8]}, "
            f"not {digest[:8]}); start the batch again, or give the worker the same models and configs"
        )
    return prepared


@lru_cache(maxsize=1)
def _lowered(forecast: str, overrides: tuple[str, ...], allow_outside: bool, threads: int, out: str) -> Prepared:
    order = Order(forecast, overrides, threads=threads, out=Path(out), allow_outside=allow_outside, force=True)
    return prepare(order)


def _timed(assignment: Assignment, progress: Progress | None) -> Progress:
    start = time.monotonic()

    def show(done: int, draws: int) -> None:
        if assignment.timeout is not None and time.monotonic() - start > assignment.timeout:
            raise TimedOut(f"no result after {assignment.timeout:g} s; given up")
        if progress is not None:
            progress(done, draws)

    return show


def _said(fault: BaseException, root: str) -> str:
    text = str(fault).strip().partition("\n")[0]
    if isinstance(fault, OSError) and fault.strerror:
        text = f"{fault.filename or root}: {fault.strerror}"
    if isinstance(fault, MemoryError):
        return (
            f"not enough memory in a worker, where {shortage(room())}; fewer --workers, or fewer threads (FORECAST_THREADS), "
            "need less"
        )
    return text if isinstance(fault, ForecastError | OSError) else f"{type(fault).__name__}: {text}"
