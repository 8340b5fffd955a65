"""One subject measured: who takes how long a draw, in the same process, round by round, outside compilation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks import numba_naive, numpy_textbook, numpy_tuned
from benchmarks.libraries import COUNTERS
from benchmarks.peers import Peer, peers
from forecast.bench.measure import KERNEL, SECONDS, Scaling, kernel_job, scaling, step_of
from forecast.bench.subjects import FIVE_LAWS, WHOLE, Subject
from forecast.bench.timing import Job, Spread, job, paired, rounds, spread
from forecast.bench.yardstick import NAME as NORMALS
from forecast.bench.yardstick import Yardstick
from forecast.kernel.plan import Plan

ROWS = (numpy_tuned.BY_HAND, numpy_tuned.NAME, numpy_textbook.NAME, numba_naive.NAME, *COUNTERS)  # of the table


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds a draw of every variant, the kernel's ratios, and what its normals cost alone."""

    subject: str
    normals_per_draw: int
    seconds: dict[str, Spread]
    peers: dict[str, Spread]
    normals: Spread
    scaling: tuple[Scaling, ...]


def measure(subject: Subject, number: int) -> Measured:
    """Measure one subject in ``number`` rounds."""
    plan, others = subject.plan, list(peers(subject.plan))
    yardstick = job(NORMALS, Yardstick(plan), SECONDS, step_of(plan))
    times = rounds([kernel_job(plan), yardstick, *(_job(peer, plan) for peer in others)], number)
    return Measured(
        subject=subject.name,
        normals_per_draw=plan.normals_per_draw(),
        seconds={name: spread(values) for name, values in times.items()},
        peers={peer.name: paired(times[peer.name], times[KERNEL]) for peer in others},
        normals=paired(times[NORMALS], times[KERNEL]),
        scaling=scaling(plan, number, (2,)),
    )


def more_laws(one: Subject, five: Subject, number: int) -> Spread:
    """Return how many times longer the draws take under five laws than under one, over four times the rounds.

    Two things so near each other need more of them: on a shared host a round of either is off by a tenth.
    """
    times = rounds([kernel_job(one.plan, WHOLE), kernel_job(five.plan, FIVE_LAWS)], 4 * number)
    return paired(times[FIVE_LAWS], times[WHOLE])


def _job(peer: Peer, plan: Plan) -> Job:
    step = step_of(plan) // 8 if peer.name in COUNTERS else step_of(plan)  # libraries count one draw at a time
    return job(peer.name, lambda draws: peer.simulate(plan, draws, 1), SECONDS, step)


def readme_table(figures: Mapping[str, Any]) -> str:
    """Return the figures that ``python -m benchmarks --json`` wrote, as a Markdown table and a line on the machine."""
    measured = figures["measured"]
    lines = [
        "| one thread | " + " | ".join(f"{item['subject']}, draws/s | kernel is faster by" for item in measured) + " |"
    ]
    lines.append("|---|" + "---:|---:|" * len(measured))
    for name in (KERNEL, *ROWS):
        cells = [name]
        for item in measured:
            seconds, ratio = item["seconds"].get(name), item["peers"].get(name)
            cells += [f"{1 / seconds['median']:,.0f}" if seconds else "", f"{_spread(ratio, 1)} x" if ratio else ""]
        if any(cells[1:]):
            lines.append(f"| {' | '.join(cells)} |")
    lines.append("")
    for item in measured:
        (two,) = item["scaling"]
        lines.append(
            f"{item['subject']}: {1e9 * item['seconds'][KERNEL]['median']:,.1f} ns a draw; its "
            f"{item['normals_per_draw']:,} normals alone take {_spread(item['normals'], 2)} of that; two threads are "
            f"{_spread(two['faster'], 2)} times as fast as one, audit included, where they got "
            f"{two['cores']['median']:.1f} cores."
        )
    machine = figures["machine"]
    lines.append(
        f"\nUnder five laws at once the whole Mazhilis takes {_spread(figures['five_laws'], 2)} times as long as "
        f"under one. Medians of {figures['rounds']} interleaved rounds, here of four times as many, and where 8 in 10 lay, on "
        f"{machine['cpu']}, {machine['vectors']}, "
        f"numba {machine['numba']}, NumPy {machine['numpy']}."
    )
    return "\n".join(lines)


def _spread(ratio: Mapping[str, float], digits: int) -> str:
    return f"{ratio['median']:.{digits}f} ({ratio['low']:.{digits}f}-{ratio['high']:.{digits}f})"
