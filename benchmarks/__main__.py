"""``python -m benchmarks``: check that all variants do the same work, time them side by side, print the table."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.agreement import DRAWS, Disagreement, check
from benchmarks.suite import Measured, measure, more_laws
from forecast.bench.machine import machine
from forecast.bench.subjects import ELECTION_DAY, WHOLE, subjects, under_five_laws
from forecast.bench.timing import Spread

ROUNDS, QUICK_ROUNDS = 15, 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; return 1, and time nothing, where the variants disagree."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, help=f"rounds of timing ({ROUNDS})")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE as well")
    options = parser.parse_args(arguments)
    number = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    progress = Console(stderr=True)
    try:
        for subject in subjects():
            check(subject.plan, DRAWS // 4 if subject.name == ELECTION_DAY else DRAWS)
    except Disagreement as fault:
        progress.print(f"nothing timed: {fault}", markup=False)
        return 1
    progress.print("all variants count like the reference and draw the same distributions")
    with progress.status("timing"):
        measured = [measure(subject, number) for subject in subjects()]
        (whole,) = (subject for subject in subjects() if subject.name == WHOLE)
        laws = more_laws(whole, under_five_laws(), number)
    console = Console()
    console.print(
        f"medians of {number} rounds, ratios paired by round [p10-p90]; one thread unless named", markup=False
    )
    for item in measured:
        console.print(table(item))
        console.print(summary(item), markup=False, highlight=False, soft_wrap=True)
    console.print(f"whole Mazhilis under five laws: {_ratio(laws, 2)} times the time of one", markup=False)
    console.print(", ".join(f"{key} {value}" for key, value in machine().items()), highlight=False, soft_wrap=True)
    if options.json:
        figures = {
            "machine": machine(),
            "rounds": number,
            "measured": [asdict(item) for item in measured],
            "five_laws": asdict(laws),
        }
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


def table(item: Measured) -> Table:
    """Return a subject's table: a row a variant, medians; ratios are those of the peer's time to the kernel's."""
    drawn = Table(title=item.subject)
    drawn.add_column("variant")
    for heading in ("draws/s", "ns/draw", "kernel is faster by"):
        drawn.add_column(heading, justify="right")
    for name, seconds in item.seconds.items():
        ratio = _ratio(item.peers[name], 1) if name in item.peers else ""
        drawn.add_row(name, f"{1 / seconds.median:,.0f}", f"{1e9 * seconds.median:,.1f}", ratio)
    return drawn


def summary(item: Measured) -> str:
    """Return the line on a subject's ratios."""
    (two,) = item.scaling
    return (
        f"{item.subject}: {item.normals_per_draw:,} normals a draw; normals alone : kernel {_ratio(item.normals, 2)}; "
        f"2 threads : 1 thread {_ratio(two.faster, 2)}, audit included, on {two.cores.median:.1f} cores"
    )


def _ratio(ratio: Spread, digits: int) -> str:
    return f"{ratio.median:.{digits}f} [{ratio.low:.{digits}f}-{ratio.high:.{digits}f}]"


if __name__ == "__main__":
    sys.exit(main())
