"""What ``run`` and ``compare`` have in common: from options to a finished run folder, computed or found."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from forecast.cli.main import Talk
    from forecast.documents import ForecastSpec, Resolved
    from forecast.kernel.draw import Tallies
    from forecast.kernel.plan import Plan
    from forecast.runs import RunRecord, Stopwatch
    from forecast.simulate import Simulation

MOST_DRAWS = 10**12
_ENVIRONMENT: dict[str, click.ParamType[Any]] = {
    "FORECAST_DRAWS": click.IntRange(1, MOST_DRAWS),
    "FORECAST_SEED": click.IntRange(0, 2**64 - 1),
    "FORECAST_THREADS": click.IntRange(1),
}


def _day(ctx: click.Context, parameter: click.Parameter, written: str | None) -> str | None:
    try:
        return None if written is None else date.fromisoformat(written).isoformat()
    except ValueError:
        raise click.BadParameter(f"{written!r} is no day of the calendar; write it as 2023-03-19") from None


def _part(ctx: click.Context, parameter: click.Parameter, given: float | None) -> float | None:
    if given is not None and math.isnan(given):
        raise click.BadParameter("nan is no number")
    return given


def simulation_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that decide what is simulated, and where it is written."""
    options = [
        click.option(
            "--draws", type=click.IntRange(1, MOST_DRAWS), help="Number of draws (the document's, if not given)."
        ),
        click.option(
            "--precision",
            type=click.FloatRange(0, 0.5, min_open=True),
            callback=_part,
            help="Draw until the half-width of every headline's 95 % interval is below this (0.001 = 0.1 points).",
        ),
        click.option("--seed", type=click.IntRange(0, 2**64 - 1), help="Seed of the random numbers."),
        click.option(
            "--as-of", "as_of", metavar="DATE", callback=_day, help="Only polls that had ended by DATE (YYYY-MM-DD)."
        ),
        click.option(
            "--threads",
            type=click.IntRange(1),
            help="Threads (all cores, if not given); results do not depend on them.",
        ),
        click.option(
            "--out", type=click.Path(path_type=Path), help="Folder to write (runs/NAME-DIGEST, if not given)."
        ),
        click.option(
            "--set",
            "settings",
            multiple=True,
            metavar="KEY=VALUE",
            help='What if, e.g. --set "system.tier.party lists.threshold.share=0.03"; may be repeated.',
        ),
        click.option(
            "--save-draws",
            default="none",
            metavar="none|N|all",
            show_default=True,
            help="Store joint draws in draws.parquet.",
        ),
        click.option("--allow-outside", is_flag=True, help="Read files outside the documents' own folders too."),
        click.option("--force", is_flag=True, help="Compute again and replace what is there."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Request:
    """The options of ``simulation_options``, by their names."""

    draws: int | None = None
    precision: float | None = None
    seed: int | None = None
    as_of: str | None = None
    threads: int | None = None
    out: Path | None = None
    settings: tuple[str, ...] = ()
    save_draws: str = "none"
    allow_outside: bool = False
    force: bool = False

    def overrides(self) -> list[str]:
        """Return the settings in the order in which they win: environment, ``--set``, flags."""
        environment = {key: _environment(f"FORECAST_{key.upper()}") for key in ("draws", "seed")}
        given = [f"{key}={value}" for key, value in environment.items() if value is not None]
        given += self.settings
        given += [f"{key}={value}" for key, value in (("draws", self.draws), ("seed", self.seed)) if value is not None]
        return given if self.as_of is None else [*given, f"model.as_of={self.as_of}"]


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A run that is ready to start: read, fitted, lowered, and given its name."""

    resolved: Resolved[ForecastSpec]
    plan: Plan
    digest: str
    folder: Path
    kept: int
    threads: int
    seed_given: bool
    request: Request
    watch: Stopwatch

    @property
    def spec(self) -> ForecastSpec:
        """The forecast."""
        return self.resolved.value

    def record(self, simulation: Simulation) -> RunRecord:
        """Return what ``run.json`` says of the run."""
        from forecast.runs import RunRecord, case_counts

        return RunRecord(
            name=self.spec.id,
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


def prepare_run(
    talk: Talk, name: str, request: Request, *, systems: tuple[str, ...] = (), suffix: str = ""
) -> Prepared:
    """Read a forecast, fit its model and lower it; ``systems`` stand in for the forecast's own."""
    import json

    from forecast.cli.render import console
    from forecast.documents import digest_of, read_forecast
    from forecast.kernel.assembly_plan import with_assemblies
    from forecast.kernel.plan import lower
    from forecast.runs import Stopwatch, folder_for
    from forecast.voteshare.model import fit

    watch = Stopwatch()
    chosen = [f"systems={json.dumps(systems, ensure_ascii=False)}"] if systems else []
    resolved = read_forecast(name, chosen + request.overrides(), allow_outside=request.allow_outside)
    spec = resolved.value
    seed = spec.seed if spec.seed is not None else int.from_bytes(os.urandom(8), "little")
    plan = lower(fit(spec.model.value), [system.value for system in spec.systems], seed)
    if spec.assemblies is not None:
        plan = with_assemblies(plan, *(system.value for system in spec.assemblies))
    kept = _draws_to_keep(request.save_draws, spec.draws)
    digest = digest_of(resolved, seed=seed, extra=_stream(request.precision, kept))
    asked = request.threads or _environment("FORECAST_THREADS")
    threads = _threads(asked)
    if not talk.quiet:
        speech = console(talk, stderr=True)
        if asked is not None and threads < asked:
            speech.print(f"note: {asked:,} threads are more than this machine can use; {threads} are used")
        for warning in resolved.warnings:
            speech.print(f"warning: {warning}")
    folder = folder_for(spec.id + suffix, digest, request.out)
    seed_given = spec.seed is not None
    return Prepared(resolved, plan, digest, folder, kept, threads, seed_given, request, watch)


def perform(talk: Talk, prepared: Prepared) -> Simulation:
    """Return the simulation of a prepared run: the finished one in its folder, or a new one that is written there."""
    from forecast.cli.render import console
    from forecast.runs import finished

    folder = prepared.folder
    done = finished(folder, prepared.digest, force=prepared.request.force)
    if done is None:
        return _compute(talk, prepared)
    if not talk.quiet:
        console(talk, stderr=True).print(
            f"already computed: {folder} holds this run, its checksums agree (--force computes it again)"
        )
    return _stored(folder, prepared.plan, done)


def _stream(precision: float | None, kept: int) -> dict[str, Any]:
    from forecast.kernel.random import BLOCK, STREAM_VERSION

    extra: dict[str, Any] = {"stream": STREAM_VERSION, "block": BLOCK, "save_draws": kept}
    if precision is not None:
        extra["precision"] = precision
    return extra


def _draws_to_keep(asked: str, draws: int) -> int:
    if asked == "none":
        return 0
    if asked == "all":
        return draws
    if not (asked.isascii() and asked.isdecimal()) or int(asked) < 1:
        raise click.BadParameter(f"{asked!r} is not none, all or a number of draws", param_hint="--save-draws")
    return min(int(asked), draws)


def _environment(name: str) -> int | None:
    """Return a setting of the environment; a usage error that names it if it is no such number."""
    if not (written := os.environ.get(name)):
        return None
    try:
        return int(_ENVIRONMENT[name].convert(written, None, None))
    except click.BadParameter as fault:
        raise click.BadParameter(fault.message, param_hint=f"the environment's {name}") from None


def _threads(asked: int | None) -> int:
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(asked or available, 4 * available)


def _stored(folder: Path, plan: Plan, done: dict[str, Any]) -> Simulation:
    from forecast.kernel.audit import Audit
    from forecast.runs import read_assembly_tallies, read_tallies
    from forecast.simulate import Simulation

    tallies, draws = read_tallies(folder, plan)
    return Simulation(plan, draws, tallies, Audit(int(done["audit"]["recounts"])), read_assembly_tallies(folder, plan))


def _compute(talk: Talk, prepared: Prepared) -> Simulation:
    from forecast.cli.progress import Bar
    from forecast.kernel.compiler import is_compiled
    from forecast.runs import publish, workplace, write_run, write_tables
    from forecast.simulate import simulate, warm_up
    from forecast.store import DrawWriter, check_size

    plan, spec, kept = prepared.plan, prepared.spec, prepared.kept
    check_size(plan, kept)
    with workplace(prepared.folder) as working:
        if not is_compiled() and not talk.quiet:
            click.echo("compiling the kernel once (some 20 seconds; later runs start at once)", err=True)
        warm_up(plan)
        precision = prepared.request.precision
        enough = _precise(plan, precision) if precision is not None else None
        with Bar(talk, spec.draws) as bar, DrawWriter(working / "draws.parquet", plan, kept) as writer:
            simulation = simulate(
                plan,
                spec.draws,
                threads=prepared.threads,
                keep=writer.keep,
                kept=kept,
                progress=bar.show,
                enough=enough,
            )
        write_tables(working, simulation, spec.coalitions, spec.model.people)
        write_run(working, prepared.record(simulation), simulation)
        publish(working, prepared.folder)
    return simulation


def _precise(plan: Plan, precision: float) -> Callable[[Tallies, int], bool]:
    """Return the question asked at each look: is every headline's 95 % interval narrow enough?"""
    from forecast.runs import system_forecasts

    def enough(tallies: Tallies, draws: int) -> bool:
        headlines = []
        for one in system_forecasts(plan, tallies, draws):
            for party in one.parties:
                headlines += [one.majority(party), one.largest(party), one.seats(party).at_least(one.system.two_thirds)]
                if one.list_tier is not None:
                    headlines.append(one.passes(party))
        return all(high - low < 2 * precision for low, high in (p.jeffreys() for p in headlines))

    return enough
