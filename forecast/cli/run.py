"""``forecast run``: put a model through a system, print what comes out, write the run's folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from forecast.cli.main import Talk
    from forecast.documents import ForecastSpec, Resolved
    from forecast.kernel.draw import Tallies
    from forecast.kernel.plan import Plan
    from forecast.runs import RunRecord
    from forecast.simulate import Simulation

MOST_DRAWS = 10**12
_ENVIRONMENT = {"FORECAST_DRAWS": "draws", "FORECAST_SEED": "seed"}


@click.command()
@click.argument("forecast_name", metavar="FORECAST")
@click.option("--draws", type=click.IntRange(1, MOST_DRAWS), help="Number of draws (the document's, if not given).")
@click.option(
    "--precision",
    type=click.FloatRange(0, 0.5, min_open=True),
    help="Draw until the half-width of every headline's 95 % interval is below this (0.001 = 0.1 points).",
)
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), help="Seed of the random numbers.")
@click.option("--as-of", "as_of", metavar="DATE", help="Only polls that had ended by DATE (YYYY-MM-DD).")
@click.option(
    "--threads",
    type=click.IntRange(1),
    envvar="FORECAST_THREADS",
    help="Threads (all cores, if not given); results do not depend on them.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write (runs/NAME-DIGEST, if not given).")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help='What if, e.g. --set "system.tier.party lists.threshold.share=0.03"; may be repeated.',
)
@click.option(
    "--save-draws", default="none", metavar="none|N|all", show_default=True, help="Store joint draws in draws.parquet."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print summary.csv.")
@click.option("--dry-run", is_flag=True, help="Show the fitted votes and the cost; simulate and write nothing.")
@click.option("--force", is_flag=True, help="Compute again and replace what is there.")
@click.pass_obj
def run(
    talk: Talk,
    forecast_name: str,
    draws: int | None,
    precision: float | None,
    seed: int | None,
    as_of: str | None,
    threads: int | None,
    out: Path | None,
    settings: tuple[str, ...],
    save_draws: str,
    as_json: bool,
    as_csv: bool,
    dry_run: bool,
    force: bool,
) -> None:
    """Run FORECAST: a name (see `forecast list`) or the path of a forecast document."""
    from forecast.cli.render import console
    from forecast.documents import digest_of, read_forecast
    from forecast.errors import OutputExists
    from forecast.kernel.plan import lower
    from forecast.runs import Stopwatch, finished, folder_for
    from forecast.voteshare.model import fit

    watch = Stopwatch()
    overrides = [f"{key}={os.environ[name]}" for name, key in _ENVIRONMENT.items() if os.environ.get(name)]
    overrides += settings
    overrides += [f"{key}={value}" for key, value in (("draws", draws), ("seed", seed)) if value is not None]
    if as_of is not None:
        overrides.append(f"model.as_of={as_of}")
    resolved = read_forecast(forecast_name, overrides)
    spec = resolved.value
    seed_given = spec.seed is not None
    number = spec.seed if spec.seed is not None else int.from_bytes(os.urandom(8), "little")
    plan = lower(fit(spec.model.value), [system.value for system in spec.systems], number)
    kept = _draws_to_keep(save_draws, spec.draws)
    digest = digest_of(resolved, seed=number, extra=_stream(precision, kept))
    folder = folder_for(spec.id, digest, out)
    threads = _threads(threads)
    speech = console(talk, stderr=True)
    if not talk.quiet:
        for warning in resolved.warnings:
            speech.print(f"warning: {warning}")
    if dry_run:
        _show_plan(talk, plan, spec, folder, digest, kept)
        return
    record = _record(resolved, digest, seed_given, threads, watch)
    try:
        done = finished(folder, digest)
    except OutputExists:
        if not force:
            raise
        done = None
    if done is not None and not force:
        simulation = _stored(folder, plan, done)
        if not talk.quiet:
            speech.print(f"already computed: {folder} holds this run, its checksums agree (--force computes it again)")
    else:
        simulation = _compute(talk, plan, spec, folder, record, watch, threads, kept, precision)
    _show(talk, simulation, spec, record, folder, as_json=as_json, as_csv=as_csv)


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
    if not asked.isdecimal() or int(asked) < 1:
        raise click.BadParameter(f"{asked!r} is not none, all or a number of draws", param_hint="--save-draws")
    return min(int(asked), draws)


def _threads(asked: int | None) -> int:
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(asked or available, 4 * available)


def _record(
    resolved: Resolved[ForecastSpec], digest: str, seed_given: bool, threads: int, watch: Any
) -> Callable[[Simulation], RunRecord]:
    from forecast.runs import RunRecord, case_counts

    spec = resolved.value

    def record(simulation: Simulation) -> RunRecord:
        return RunRecord(
            name=spec.id,
            digest=digest,
            document=resolved.document,
            inputs={name: {"sha256": entry.sha256, "rows": entry.rows} for name, entry in resolved.inputs.items()},
            seed_given=seed_given,
            threads=threads,
            choices=case_counts(simulation),
            assumptions=spec.model.value.assumptions,
            warnings=resolved.warnings,
            started=watch.started,
            seconds=watch.seconds,
        )

    return record


def _stored(folder: Path, plan: Plan, done: dict[str, Any]) -> Simulation:
    from forecast.kernel.audit import Audit
    from forecast.runs import read_tallies
    from forecast.simulate import Simulation

    tallies, draws = read_tallies(folder, plan)
    return Simulation(plan, draws, tallies, Audit(int(done["audit"]["recounts"])))


def _compute(
    talk: Talk,
    plan: Plan,
    spec: ForecastSpec,
    folder: Path,
    record: Callable[[Simulation], RunRecord],
    watch: Any,
    threads: int,
    kept: int,
    precision: float | None,
) -> Simulation:
    from forecast.cli.progress import Bar
    from forecast.kernel.compiler import is_compiled
    from forecast.runs import prepare, publish, write_run, write_tables
    from forecast.simulate import simulate, warm_up
    from forecast.store import DrawWriter, check_size

    check_size(plan, kept)
    working = prepare(folder)
    try:
        if not is_compiled() and not talk.quiet:
            click.echo("compiling the kernel once (some 15 seconds; later runs start at once)", err=True)
        warm_up(plan)
        enough = _precise(plan, precision) if precision is not None else None
        with Bar(talk, spec.draws) as bar:
            if kept:
                with DrawWriter(working / "draws.parquet", plan) as writer:
                    simulation = simulate(plan, spec.draws, threads=threads, keep=writer.keep, kept=kept,
                                          progress=bar.show, enough=enough)  # fmt: skip
            else:
                simulation = simulate(plan, spec.draws, threads=threads, progress=bar.show, enough=enough)
        write_tables(working, simulation, spec.coalitions)
        write_run(working, record(simulation), simulation)
        publish(working, folder)
    finally:
        if working.exists():
            import shutil

            shutil.rmtree(working, ignore_errors=True)
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


def _show(
    talk: Talk, simulation: Simulation, spec: ForecastSpec, record: Callable[[Simulation], RunRecord], folder: Path,
    *, as_json: bool, as_csv: bool,
) -> None:  # fmt: skip
    from forecast.files import csv_text
    from forecast.runs import system_forecasts
    from forecast.tables import COLUMNS, summary_rows

    forecasts = system_forecasts(simulation.plan, simulation.tallies, simulation.draws)
    facts = record(simulation)
    if as_csv:
        text, _ = csv_text(list(COLUMNS["summary.csv"]), [row for one in forecasts for row in summary_rows(one)])
        click.echo(text, nl=False)
    elif as_json:
        from forecast.report.machine import result_document

        click.echo(
            json.dumps(result_document(simulation, forecasts, spec, facts, folder), ensure_ascii=False, indent=1)
        )
    else:
        from forecast.cli.result import show_result

        show_result(talk, simulation, forecasts, spec, facts, folder)


def _show_plan(talk: Talk, plan: Plan, spec: ForecastSpec, folder: Path, digest: str, kept: int) -> None:
    from forecast.cli.result import show_plan

    show_plan(talk, plan, spec, folder, digest, kept)
