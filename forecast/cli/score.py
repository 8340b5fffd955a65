"""``forecast score``: a finished run against what happened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from forecast.assessment import Assessment, Distribution
    from forecast.cli.main import Talk

WORST = 5  # events named as furthest off


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "--actual",
    metavar="FILE",
    required=True,
    help="What happened: party, and any of votes, share, seats, passed; or the name of a folder of models/ with an actual.csv.",
)
@click.option("--system", metavar="SYSTEM", help="Which system of the run (its first one, if not given).")
@click.option("--json", "as_json", is_flag=True, help="Print the scores as JSON.")
@click.pass_obj
def score(talk: Talk, folder: Path, actual: str, system: str | None, as_json: bool) -> None:
    """Score the forecast in the folder RUN against what happened; smaller scores are better.

    Seats: ranked probability score and logarithmic score. Votes: continuous ranked probability score in points.
    Events: Brier score and logarithmic score. Everything is read from the run's own tables and tallies.
    """
    from forecast.assessment import assess, assessment_document, stored_forecast
    from forecast.cli.render import console, json_text, plain
    from forecast.documents.actual import read_actual
    from forecast.runfile import read_run_file

    stored = stored_forecast(read_run_file(folder), system)
    idle = [name for name in stored.seats if name not in stored.standing]
    known = read_actual(_file(actual), stored.standing, stored.options, stored.house, idle)
    found = assess(stored, known.seats, known.shares, known.passed)
    if not talk.quiet:
        for line in known.said:
            console(talk, stderr=True).print(f"note: {plain(line)}")
    if as_json:
        click.echo(json_text(assessment_document(found)))
        return
    _show(console(talk), found)


def _file(actual: str) -> Path:
    """Return the path of a table, or of the ``actual.csv`` in a folder among the models."""
    from forecast import library

    known = library.actual(actual) if library.is_bare(actual) and not Path(actual).exists() else None
    return known or Path(actual)


def _show(out: Console, found: Assessment) -> None:
    from forecast.cli.render import plain

    out.print(plain(f"{found.run}, {found.system}: {found.draws:,} draws against what happened"), style="bold")
    if found.seats:
        _show_distributions(out, found.seats, "seats", "RPS", "0.0f")
        mean = sum(one.log_score for one in found.seats) / len(found.seats)
        out.print(f"Mean logarithmic score of seats: {mean:.2f} nats.")
    if found.shares:
        _show_distributions(out, found.shares, "votes, %", "CRPS", "0.1f")
    if found.events:
        _show_events(out, found)


def _show_distributions(out: Console, every: tuple[Distribution, ...], title: str, score: str, form: str) -> None:
    from forecast.cli.render import plain, table
    from forecast.scoring import LEVELS

    whole = every[0].unit == 1
    columns = [(title, "left"), ("actual", "right"), ("mean", "right"), ("80 %", "right"), ("95 %", "right")]
    made = table(*columns, (score, "right"), *([("log", "right")] if whole else []), ("PIT", "right"))
    for one in sorted(every, key=lambda one: -one.value):
        spans = [f"{low:{form}}-{high:{form}}" for low, high in (one.interval(0.8), one.interval(0.95))]
        log = [f"{one.log_score:.2f}"] if whole else []
        made.add_row(
            plain(one.name), f"{one.value:{form}}", f"{one.mean:.1f}", *spans, f"{one.crps:.2f}", *log, _pit(one.pit)
        )
    out.print(made)
    unit = "seats" if whole else "points"
    mean = sum(one.crps for one in every) / len(every)
    held = [
        f"{sum(one.covers(level) for one in every)} of {len(every)} in the {100 * level:g} % interval"
        for level in LEVELS
    ]
    out.print(f"Mean {score}: {mean:.2f} {unit}; {', '.join(held)}.")


def _show_events(out: Console, found: Assessment) -> None:
    from forecast.cli.render import plain, table

    made = table(("events", "left"), ("number", "right"), ("happened", "right"), ("Brier", "right"), ("log", "right"))
    for kind, events in found.kinds().items():
        brier, log = (
            sum(values) / len(events) for values in zip(*((e.brier, e.log_loss) for e in events), strict=True)
        )
        happened = sum(event.happened for event in events)
        made.add_row(plain(kind), str(len(events)), str(happened), f"{brier:.4f}", f"{log:.3f}")
    out.print(made)
    if found.unscored:
        out.print(f"{found.unscored} events of the run are not scored: the result does not say whether they happened.")
    single = [event for event in found.events if not event.kind.startswith("coalition")]
    worst = sorted((event for event in single if event.brier >= 0.25), key=lambda event: -event.brier)[:WORST]
    if worst:
        out.print("\nFurthest off:")
    for event in worst:
        truth = "happened" if event.happened else "did not happen"
        out.print(plain(f"  - {event.name}: {_percent(event.count, event.draws)}, and it {truth}"))


def _pit(value: float) -> str:
    return "<0.001" if value < 0.001 else ">0.999" if value > 0.999 else f"{value:.3f}"


def _percent(count: int, draws: int) -> str:
    from forecast.distribution import Probability
    from forecast.report.words import percentage

    return percentage(Probability(count, draws))
