"""What a batch shows: its scenarios and cost before, a bar or log lines on its way, a table at its end."""

from __future__ import annotations

import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from forecast.batch.agenda import Agenda, Item, unique
from forecast.batch.combine import RESULTS
from forecast.batch.folder import BatchFolder, Standing
from forecast.batch.pairs import write_first_draws
from forecast.batch.scenario import Receipt
from forecast.batch.session import Closing, Ways, chosen, reasons
from forecast.cli.main import Talk
from forecast.cli.progress import Bar
from forecast.cli.render import console, json_text, plain, table
from forecast.errors import EnvironmentTrouble, ForecastError
from forecast.execution import Order, compute, prepare
from forecast.kernel.random import BLOCK
from forecast.simulate import CHUNK_BLOCKS, warm_up

_TRIED = 3  # scenarios, until a trial run succeeds
SHOWN = 60  # scenarios of a list on a terminal; the JSON has all


class Course:
    """Shows the course of a batch: a bar on a terminal, a line a scenario elsewhere."""

    def __init__(self, talk: Talk, agenda: Agenda) -> None:
        self.talk, self.agenda = talk, agenda
        self.bar = Bar(talk, 0)
        self.scenarios = self.done = 0

    def __enter__(self) -> Course:
        """Return the listener."""
        return self

    def __exit__(self, *error: object) -> None:
        """Clear the bar."""
        self.bar.__exit__(*error)

    def begin(self, scenarios: int, draws: int) -> None:
        """Start to count."""
        self.scenarios = scenarios
        if scenarios:
            self.bar = Bar(self.talk, draws)
            self.bar.__enter__()
            self.say(f"{scenarios} of {len(unique(self.agenda.items))} scenarios to compute, {draws:,} draws")

    def say(self, text: str) -> None:
        """Print a log line, with the time in UTC; where nobody can hear it any more, the work goes on."""
        if not self.talk.quiet:
            with suppress(OSError):
                self.bar.say(f"{datetime.now(UTC):%H:%M:%SZ} {plain(text)}")

    def finished(self, receipt: Receipt, tries: int, final: bool) -> None:
        """Say that a scenario is done, or that it failed."""
        what = receipt.assignment.name
        if receipt.assignment.work == "part":
            what += f", draws {receipt.assignment.first:,} to {receipt.assignment.stop - 1:,}"
        if receipt.state != "done":
            again = "" if final else "; it is tried again"
            self.say(f"failed ({tries} of 3): {what}: {receipt.error}{again}")
        else:
            self.done += receipt.assignment.work != "part"
            if not self.bar.shown:
                self.say(f"{self.done}/{self.scenarios} {what} ({receipt.seconds:.1f} s)")

    def progress(self, draws: int) -> None:
        """Move the bar."""
        self.bar.show(draws, draws)


def dry_run_report(talk: Talk, agenda: Agenda, folder: BatchFolder, ways: Ways, workers: int, *, as_json: bool) -> None:
    """Print the scenarios, what each costs, what is done and why the rest will run."""
    items = chosen(agenda, ways.shard)
    standing = reasons(folder, items, ways)
    left = [item for item in unique(items) if _will_run(standing[item.digest], ways)]
    cost = _cost(agenda, left) if left else (0.0, 0.0)
    seconds = None if cost is None else sum(cost[0] + cost[1] * item.draws for item in left) / workers
    rows = [_row(item, standing[item.digest], ways) for item in items]
    if as_json:
        content = {
            "batch": agenda.spec.id, "folder": str(folder.root), "scenarios": rows,
            "to_compute": len(left), "draws": sum(item.draws for item in left),
            "estimated_seconds": None if seconds is None else round(seconds, 1),
        }  # fmt: skip
        click.echo(json_text(content))
        return
    out = console(talk)
    made = table(("", "right"), ("scenario", "left"), ("draws", "right"), ("what is to be done", "left"))
    for row in rows[:SHOWN]:
        made.add_row(str(row["number"]), plain(row["name"]), f"{row['draws']:,}", plain(row["plan"]))
    out.print(made)
    if len(rows) > SHOWN:
        out.print(f"... and {len(rows) - SHOWN} more; --json lists all of them")
    if not left:
        out.print(f"Nothing to compute. Folder: {folder.root}")
        return
    time_needed = "its time is not known: trial runs of the first scenarios failed"
    if seconds is not None:
        time_needed = (
            f"about {_duration(seconds)} in {workers} process{'es' if workers > 1 else ''} (from two trial runs)"
        )
    out.print(
        f"{len(left)} of {len(standing)} to compute: {sum(item.draws for item in left):,} draws, {time_needed}. "
        f"Folder: {folder.root}"
    )


def _will_run(standing: Standing, ways: Ways) -> bool:
    return standing.state not in (("done",) if ways.retry_failed else ("done", "failed"))


def _row(item: Item, standing: Standing, ways: Ways) -> dict[str, Any]:
    words = {
        "done": "done already: its checksums agree",
        "missing": f"compute: {standing.why}",
        "damaged": f"compute again: {standing.why}",
        "failed": f"{'try again' if ways.retry_failed else 'skip, --retry-failed tries again'}: failed: {standing.why}",
    }
    return {
        "number": item.scenario.number, "name": item.scenario.name, "digest": item.digest, "draws": item.draws,
        "state": standing.state, "plan": words[standing.state],
    }  # fmt: skip


def _cost(agenda: Agenda, items: list[Item]) -> tuple[float, float] | None:
    """Return the seconds of a scenario and of each of its draws; None where the first ones fail."""
    for item in items[:_TRIED]:
        try:
            return _trial(agenda, item)
        except EnvironmentTrouble:
            raise
        except ForecastError:
            continue
    return None


def _trial(agenda: Agenda, item: Item) -> tuple[float, float]:
    """Return the seconds of a scenario and of each of its draws, from a short and a longer trial of it."""
    chunk = CHUNK_BLOCKS * BLOCK
    seconds = []
    with tempfile.TemporaryDirectory(prefix="forecast-batch-") as place:
        for number, draws in enumerate((BLOCK, 4 * chunk)):
            start = time.monotonic()
            order = Order(
                agenda.spec.forecast, (*item.overrides, f"draws={draws}"), threads=1, out=Path(place) / str(number),
                allow_outside=agenda.allow_outside,
            )  # fmt: skip
            prepared = prepare(order)
            if number == 0:
                warm_up(prepared.plan)
                start = time.monotonic()
                prepared = prepare(replace(order))
            compute(prepared, beside=write_first_draws)
            seconds.append(time.monotonic() - start)
    per_draw = max(seconds[1] - seconds[0], 0.0) / (4 * chunk - BLOCK)
    return seconds[0], per_draw


def outcome_report(
    talk: Talk, agenda: Agenda, folder: BatchFolder, ways: Ways, closing: Closing, *, as_json: bool
) -> None:
    """Print how a batch ended."""
    root = folder.root
    results = root / f"{RESULTS}.csv"
    if as_json:
        content = {
            "batch": agenda.spec.id, "folder": str(root), "computed": closing.computed, "reused": closing.reused,
            "failed": dict(closing.failed), "left": closing.left, "stopped": closing.stopped,
            "results": str(results) if results.exists() and not closing.stopped else None,
        }  # fmt: skip
        click.echo(json_text(content))
        return
    out = console(talk)
    made = table(("scenarios", "left"), ("", "right"))
    for name, count in (
        ("computed now", closing.computed), ("done before, verified", closing.reused), ("failed", len(closing.failed)),
        ("left", closing.left),
    ):  # fmt: skip
        made.add_row(name, str(count))
    out.print(made)
    for name, why in list(closing.failed.items())[:SHOWN]:
        out.print(f"failed: {plain(name)}: {plain(why)}")
    if closing.failed:
        out.print(f"The tracebacks are in {folder.failures}/; --retry-failed tries again.")
    if closing.stopped:
        out.print(f"Stopped; what is finished is kept in {root}/. The same command goes on from there.")
    elif ways.shard is not None:
        out.print(f"Written to {root}/; when all shards are done: forecast merge {root.parent}")
    elif results.exists():
        out.print(f"Written to {root}/ ({RESULTS}.csv, {RESULTS}.parquet, a run folder a scenario in scenarios/)")


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
