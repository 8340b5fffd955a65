"""A forecast from its document to a finished run folder: resolve, plan, compute or reuse, publish."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from forecast.documents import ForecastSpec, Resolved, digest_of, read_forecast
from forecast.errors import EnvironmentTrouble, ForecastError
from forecast.kernel.assembly_plan import with_assemblies
from forecast.kernel.audit import Audit
from forecast.kernel.blocks import memory_of_a_thread
from forecast.kernel.compiler import is_compiled
from forecast.kernel.draw import Tallies
from forecast.kernel.plan import Plan, lower
from forecast.kernel.random import BLOCK, STREAM_VERSION
from forecast.memory import fitting_threads, room
from forecast.runs import (
    RunRecord,
    Stopwatch,
    case_counts,
    finished,
    folder_for,
    publish,
    read_assembly_tallies,
    read_replicates,
    read_tallies,
    system_forecasts,
    workplace,
    write_run,
    write_tables,
)
from forecast.simulate import CHUNK_BLOCKS, FIRST_LOOK, Keep, Progress, Simulation, simulate, warm_up
from forecast.voteshare.model import fit

COMPILING_TAKES = "ten seconds, for some laws half a minute"
# Time of a lattice's draw in plain draws, by the candidates' noise; for the choice of a sampler alone. See benchmarks/.
LATTICE_COST = {"normal": 2.0, "gumbel": 0.75}


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: a forecast, what differs from its document, and how it is to be run.

    Parameters
    ----------
    forecast
        Name or path of a forecast document.
    overrides
        ``key=value``, in the order in which they win.
    systems
        Systems that stand in for the document's own; empty: the document's.
    precision
        Stop when every headline's 95 % interval is narrower than twice this; None: the document's draws.
    sampler
        ``mc`` or ``lattice``; None: ``mc``, or with a precision whichever a pilot finds to need less work.
    keep
        Draws to store; None: all of them.
    threads
        Threads to use, at most four a core; None: one a core.
    out
        Folder to write; None: ``runs/<name><suffix>-<first 8 of the digest>``.
    force
        Compute again what is there already.
    """

    forecast: str | Path
    overrides: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    precision: float | None = None
    sampler: str | None = None
    keep: int | None = 0
    threads: int | None = None
    out: Path | None = None
    suffix: str = ""
    allow_outside: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A run that is ready to start: read, fitted, lowered, and given its name."""

    order: Order
    resolved: Resolved[ForecastSpec]
    plan: Plan
    digest: str
    folder: Path
    sampler: str | None
    kept: int
    threads: int
    seed_given: bool
    watch: Stopwatch

    @property
    def spec(self) -> ForecastSpec:
        """The forecast."""
        return self.resolved.value

    def record(self, simulation: Simulation) -> RunRecord:
        """Return what ``run.json`` says of the run."""
        return RunRecord(
            name=self.spec.id,
            asked={
                "forecast": str(self.order.forecast),
                "overrides": list(self.order.overrides),
                "systems": list(self.order.systems),
                "precision": self.order.precision,
                "sampler": self.order.sampler,
                "keep": self.kept,
            },
            digest=self.digest,
            document=self.resolved.document,
            inputs={name: {"sha256": entry.sha256, "rows": entry.rows} for name, entry in self.resolved.inputs.items()},
            seed_given=self.seed_given,
            threads=self.threads,
            choices=case_counts(simulation),
            assumptions=self.spec.model.value.assumptions,
            warnings=self.resolved.warnings,
            started=self.watch.started,
            seconds=self.watch.seconds,
        )


def prepare(order: Order) -> Prepared:
    """Read a forecast, fit its model and lower it; a seed that nobody gave is drawn from the operating system.

    Raises
    ------
    DocumentError
        Every fault of the documents, their tables and the overrides.
    """
    watch = Stopwatch()
    resolved = resolve(order)
    spec = resolved.value
    seed = spec.seed if spec.seed is not None else drawn_seed()
    plan = lower(fit(spec.model.value), [system.value for system in spec.systems], seed)
    if spec.assemblies is not None:
        plan = with_assemblies(plan, *(system.value for system in spec.assemblies))
    kept = _draws_to_keep(order, spec)
    sampler = _sampler(order, plan, kept)
    digest = digest_for(order, resolved, seed, sampler)
    folder = folder_for(spec.id + order.suffix, digest, order.out)
    prepared = Prepared(order, resolved, plan, digest, folder, sampler, kept, 1, spec.seed is not None, watch)
    return replace(prepared, threads=_threads(prepared))


def _threads(prepared: Prepared) -> int:
    """Return the threads to use; fewer where there is no memory for more."""
    plan, kept = prepared.plan, prepared.kept
    chunk = min(kept, CHUNK_BLOCKS * BLOCK) * sum(array.nbytes for array in plan.record(1))
    return fitting_threads(
        usable_threads(prepared.order.threads), 2 * (memory_of_a_thread(plan) + chunk),  # two a thread are under way
        compiling=not stands(prepared), keeping=kept > 0, room=room(),
    )  # fmt: skip


def resolve(order: Order) -> Resolved[ForecastSpec]:
    """Read and check the documents of a run; nothing is fitted yet."""
    chosen = (f"systems={json.dumps(order.systems, ensure_ascii=False)}",) if order.systems else ()
    return read_forecast(order.forecast, chosen + order.overrides, allow_outside=order.allow_outside)


def drawn_seed() -> int:
    """Return a seed from the operating system."""
    return int.from_bytes(os.urandom(8), "little")


def digest_for(order: Order, resolved: Resolved[ForecastSpec], seed: int, sampler: str | None = "mc") -> str:
    """Return the name of a run: the digest of its resolved documents, inputs, seed, draws, sampler and stream version."""
    kept = _draws_to_keep(order, resolved.value)
    return digest_of(resolved, seed=seed, extra=_stream(order.precision, kept, sampler))


def _draws_to_keep(order: Order, spec: ForecastSpec) -> int:
    return spec.draws if order.keep is None else min(order.keep, spec.draws)


def usable_threads(asked: int | None) -> int:
    """Return the threads to use: those asked for, at most four a core; one a core if none were."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(asked or available, 4 * available)


def stored(prepared: Prepared) -> Simulation | None:
    """Return the finished run that lies in the folder already, its checksums verified; None if there is none.

    Raises
    ------
    OutputExists
        The folder holds something else.
    """
    done = finished(prepared.folder, prepared.digest, force=prepared.order.force)
    if done is None:
        return None
    plan = prepared.plan
    tallies, draws = read_tallies(prepared.folder, plan)
    local = read_assembly_tallies(prepared.folder, plan)
    replicates = read_replicates(prepared.folder, plan)
    return Simulation(plan, draws, tallies, Audit(int(done["audit"]["recounts"])), local, replicates)


def compute(
    prepared: Prepared,
    *,
    progress: Progress | None = None,
    compiling: Callable[[], None] | None = None,
    beside: Callable[[Path, Simulation], None] | None = None,
) -> Simulation:
    """Simulate a prepared run and put its folder in its place, whole or not at all.

    Parameters
    ----------
    progress
        Called with (draws done, draws in all).
    compiling
        Called before the kernel is compiled, where no compiled one is found.
    beside
        Called with the workplace before it is closed, to write more files into it.
    """
    if prepared.kept:
        from forecast.store import check_size

        check_size(prepared.plan, prepared.kept)
    with workplace(prepared.folder) as working:
        if compiling is not None and not stands(prepared):
            compiling()
        warm_up(prepared.plan)
        with threads_there(), _draws_to(working, prepared) as keep:
            simulation = simulated(prepared, keep=keep, progress=progress)
        write_folder(working, prepared, simulation, beside)
    return simulation


@contextmanager
def _draws_to(working: Path, prepared: Prepared) -> Iterator[Keep | None]:
    """Yield what stores draws in the workplace; None where none are kept: pyarrow takes a tenth of a second to import."""
    if not prepared.kept:
        yield None
        return
    from forecast.store import DrawWriter

    with DrawWriter(working / "draws.parquet", prepared.plan, prepared.folder) as writer:
        yield writer.keep


@contextmanager
def threads_there() -> Iterator[None]:
    """Turn the refusal of another thread, for a limit on memory or on processes, into EnvironmentTrouble."""
    try:
        yield
    except RuntimeError as fault:
        if "start new thread" not in str(fault):
            raise
        raise EnvironmentTrouble(
            "the system starts no more threads; fewer of them, or larger limits (ulimit -u, -v), are needed"
        ) from None


def simulated(prepared: Prepared, *, keep: Keep | None = None, progress: Progress | None = None) -> Simulation:
    """Return the simulation of a prepared run; nothing is written.

    A precision without a sampler looks at both first, one after the other, at the first number of draws that is
    looked at: the one that still needs less work goes on. A lattice's draw costs ``LATTICE_COST`` plain ones.
    """
    plan, draws, precision, threads = prepared.plan, prepared.spec.draws, prepared.order.precision, prepared.threads
    precise = Precision(plan, precision) if precision is not None else None
    sampler = prepared.sampler
    if sampler != "mc":
        from forecast.lattice import simulate_lattice  # with all that it compiles

        if sampler is None and precise is not None:
            pilots = (
                simulate(plan, min(FIRST_LOOK, draws), threads=threads),
                simulate_lattice(plan, min(FIRST_LOOK, draws), threads=threads),
            )
            plain, even = (precise.widest(one.tallies, one.draws, one.replicates) for one in pilots)
            sampler = "lattice" if even**2 * LATTICE_COST[plan.model.noise] < plain**2 else "mc"
        if sampler == "lattice":
            return simulate_lattice(plan, draws, threads=threads, progress=progress, enough=precise)
    return simulate(plan, draws, threads=threads, keep=keep, kept=prepared.kept, progress=progress, enough=precise)


def stands(prepared: Prepared) -> bool:
    """Tell whether what a run calls of the kernel is compiled already."""
    return is_compiled(*_entry_points(prepared))


def _entry_points(prepared: Prepared) -> Iterator[str]:
    """Yield the names of what a run calls of the kernel and takes long to compile."""
    yield "draw_house" if prepared.plan.houses is not None else "simulate_blocks"
    if prepared.plan.assemblies is not None:
        yield "elect_assemblies"
    if prepared.sampler != "mc":
        yield "lattice_blocks"


def write_folder(
    working: Path, prepared: Prepared, simulation: Simulation, beside: Callable[[Path, Simulation], None] | None = None
) -> None:
    """Write every table of a run into its workplace, ``run.json`` last, and put the folder in its place."""
    spec = prepared.spec
    write_tables(working, simulation, spec.coalitions, spec.model.people)
    if beside is not None:
        beside(working, simulation)
    write_run(working, prepared.record(simulation), simulation)
    publish(working, prepared.folder)


def _sampler(order: Order, plan: Plan, kept: int) -> str | None:
    """Return the sampler of a run; None where a pilot is to choose it."""
    if order.sampler == "mc" or (order.sampler is None and order.precision is None):
        return "mc"
    from forecast.lattice import why_not

    reason = why_not(plan, kept)
    if order.sampler == "lattice" and reason is not None:
        raise ForecastError(f"--sampler lattice: {reason}")
    if order.sampler is not None:
        return order.sampler
    return None if reason is None else "mc"


def _stream(precision: float | None, kept: int, sampler: str | None) -> dict[str, Any]:
    extra: dict[str, Any] = {"stream": STREAM_VERSION, "block": BLOCK, "save_draws": kept}
    if precision is not None:
        extra["precision"] = precision
    if sampler != "mc":
        from forecast.kernel.sobol import LATTICE_VERSION

        extra["sampler"] = {"name": sampler or "by pilot", "version": LATTICE_VERSION}
    return extra


@dataclass(frozen=True, slots=True, eq=False)
class Precision:
    """The question asked at each look: is every headline's 95 % interval narrower than twice ``half``?"""

    plan: Plan
    half: float

    def __call__(self, tallies: Tallies, draws: int, replicates: Tallies | None = None) -> bool:
        """Tell whether it is."""
        return self.widest(tallies, draws, replicates) < 2 * self.half

    def widest(self, tallies: Tallies, draws: int, replicates: Tallies | None = None) -> float:
        """Return the width of the widest headline's interval."""
        headlines = []
        for one in system_forecasts(self.plan, tallies, draws, replicates):
            for party in one.parties:
                headlines += [one.majority(party), one.largest(party), one.two_thirds(party)]
                if one.has_lists:
                    headlines.append(one.passes(party))
        return max(high - low for low, high in (headline.interval() for headline in headlines))
