"""``forecast bench``: how fast the kernel is on this machine, and whether it has become slower."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.table import Table

    from forecast.bench.figures import Change
    from forecast.bench.measure import Measured
    from forecast.bench.timing import Spread
    from forecast.cli.main import Talk

ROUNDS, QUICK_ROUNDS = 15, 5


@click.command()
@click.option("--quick", is_flag=True, help=f"{QUICK_ROUNDS} rounds instead of {ROUNDS}, without the election day.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option(
    "--compare", "before", metavar="FILE", type=click.Path(path_type=Path), help="Figures of an earlier --json."
)
@click.option("--fail-above", metavar="PCT", type=click.FloatRange(0), help="Exit 1 if a subject is slower by more.")
@click.option("--force", is_flag=True, help="Hold the gate against figures of another machine as well.")
@click.pass_obj
def bench(
    talk: Talk, /, quick: bool, as_json: bool, before: Path | None, fail_above: float | None, force: bool
) -> None:
    """Measure the kernel: draws a second, spread, scaling over threads, memory.

    Jobs run in turn, round by round, in one process; compilation stays outside the clock. A subject fails the gate
    where it is slower by more than --fail-above percent and its fastest rounds are slower than the slowest before.
    """
    if fail_above is not None and before is None:
        raise click.UsageError("--fail-above needs --compare FILE: figures to compare with")
    from forecast import __version__
    from forecast.bench.figures import changes, document, other_machine, read_figures
    from forecast.bench.machine import machine
    from forecast.bench.measure import measure, peak_memory, threads_to_try
    from forecast.bench.subjects import ELECTION_DAY, subjects
    from forecast.cli.render import console, json_text

    earlier = read_figures(before) if before is not None else None
    chosen = [subject for subject in subjects() if not (quick and subject.name == ELECTION_DAY)]
    ready = _made_ready(talk, chosen)
    rounds, threads, here = QUICK_ROUNDS if quick else ROUNDS, threads_to_try(), machine()
    with _Steps(talk, 2 * rounds * len(chosen)) as steps:
        measured = [measure(subject, rounds, threads, steps.one_more) for subject in chosen]
    memory = peak_memory()
    if as_json:
        figures = document(measured, machine=here, version=__version__, rounds=rounds, ready=ready, memory=memory)
        click.echo(json_text(figures))
    else:
        out = console(talk)
        out.print(_table(measured))
        for line in _lines(measured, here, rounds, ready, memory):
            out.print(line, markup=False, highlight=False, soft_wrap=True)
    if earlier is None:
        return
    differences, found = other_machine(earlier, here), list(changes(earlier, measured))
    for change in found:
        click.echo(_said(change), err=True)
    if differences:
        what = "the gate holds all the same (--force)" if force else "no gate (--force sets one)"
        click.echo(f"warning: {before} was measured on another machine ({'; '.join(differences)}): {what}", err=True)
    if fail_above is None or (differences and not force):
        return
    if slower := [change for change in found if change.slower > fail_above and change.beyond_noise]:
        names = ", ".join(change.subject for change in slower)
        click.echo(f"error: slower by more than {fail_above:g} %: {names}", err=True)
        raise click.exceptions.Exit(1)


def _made_ready(talk: Talk, chosen: list[Any]) -> float:
    from time import perf_counter

    from forecast.kernel.compiler import is_compiled
    from forecast.simulate import warm_up

    if not is_compiled() and not talk.quiet:
        click.echo("compiling the kernel once; it is not part of what is measured", err=True)
    start = perf_counter()
    for subject in chosen:
        warm_up(subject.plan)
    return perf_counter() - start


class _Steps:
    """A bar of the rounds on a terminal."""

    def __init__(self, talk: Talk, number: int) -> None:
        import sys

        self.bar: Any = None
        if talk.progress and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            self.bar = Progress(console=Console(stderr=True), transient=True)
            self.task = self.bar.add_task("measuring", total=number)

    def __enter__(self) -> _Steps:
        if self.bar is not None:
            self.bar.start()
        return self

    def one_more(self) -> None:
        """Move the bar by one round."""
        if self.bar is not None:
            self.bar.advance(self.task)

    def __exit__(self, *error: object) -> None:
        if self.bar is not None:
            self.bar.stop()


def _table(measured: list[Measured]) -> Table:
    from rich.table import Table

    drawn = Table(title="The kernel on one thread")
    drawn.add_column("subject")
    for heading in ("draws/s", "ns/draw [p10-p90]", "normals a draw", "normals alone : kernel"):
        drawn.add_column(heading, justify="right")
    for item in measured:
        nanoseconds = [1e9 * x for x in (item.seconds.median, item.seconds.low, item.seconds.high)]
        drawn.add_row(
            item.subject,
            f"{1 / item.seconds.median:,.0f}",
            f"{nanoseconds[0]:,.1f} [{nanoseconds[1]:,.1f}-{nanoseconds[2]:,.1f}]",
            f"{item.normals_per_draw:,}",
            _ratio(item.normals),
        )
    return drawn


def _lines(measured: list[Measured], machine: dict[str, str], rounds: int, ready: float, memory: float) -> list[str]:
    lines = [
        f"{item.subject}: {one.threads} threads are {_ratio(one.faster)} times as fast as one, audit included, "
        f"on {one.cores.median:.1f} cores"
        for item in measured
        for one in item.scaling
    ]
    lines.append(f"medians of {rounds} rounds [p10-p90]; kernel ready in {ready:.1f} s; peak memory {memory:.0f} MB")
    return [*lines, ", ".join(f"{key} {value}" for key, value in machine.items())]


def _said(change: Change) -> str:
    word = "slower" if change.slower > 0 else "faster"
    noise = "" if change.beyond_noise or change.slower <= 0 else ", within the noise"
    return (
        f"{change.subject}: {1e9 * change.before:,.1f} ns a draw before, {1e9 * change.now:,.1f} now: "
        f"{abs(change.slower):.1f} % {word}{noise}"
    )


def _ratio(ratio: Spread) -> str:
    return f"{ratio.median:.2f} [{ratio.low:.2f}-{ratio.high:.2f}]"
