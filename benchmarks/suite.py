"""One subject measured: who takes how long a draw, in the same process, round by round, outside compilation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Any

from benchmarks import numba_naive, numpy_tuned, yardstick
from benchmarks.numpy_normals import BoxMuller
from benchmarks.subjects import Subject
from benchmarks.timing import Job, Spread, job, paired, rounds, spread
from forecast.kernel.draw import scratch_for, simulate_blocks
from forecast.kernel.plan import Plan
from forecast.kernel.random import BLOCK
from forecast.simulate import simulate

KERNEL, ONE_THREAD, TWO_THREADS = "seatcast kernel", "simulate, 1 thread", "simulate, 2 threads"
PEERS = (numpy_tuned.BY_HAND, numpy_tuned.NAME, numba_naive.NAME)
SECONDS, THREAD_SECONDS = 0.25, 2.0  # of a job; the audit, a quarter of a second on one thread, is part of the second


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds a draw of every variant, the kernel's ratios, and what its normals cost alone.

    ``cores`` is what two threads were given: on a busy machine less than two, and the ratio says little.
    """

    subject: str
    normals_per_draw: int
    seconds: dict[str, Spread]
    peers: dict[str, Spread]
    normals: Spread
    threads: Spread
    cores: Spread


def measure(subject: Subject, number: int) -> Measured:
    """Measure one subject in ``number`` rounds."""
    plan = subject.plan
    times = rounds(_single(plan), number)
    cores: list[float] = []
    threaded = rounds(_threaded(plan, cores), number)
    kernel = times[KERNEL]
    return Measured(
        subject=subject.name,
        normals_per_draw=plan.normals_per_draw(),
        seconds={name: spread(values) for name, values in {**times, **threaded}.items()},
        peers={name: paired(times[name], kernel) for name in PEERS},
        normals=paired(times[yardstick.NAME], kernel),
        threads=paired(threaded[ONE_THREAD], threaded[TWO_THREADS]),
        cores=spread(cores),
    )


def _single(plan: Plan) -> list[Job]:
    scratch, tallies, record = scratch_for(plan.voters, plan.laws), plan.tallies(), plan.record(0)

    def kernel(draws: int) -> None:
        simulate_blocks(plan.voters, plan.laws, 0, -(-draws // BLOCK), draws, scratch, tallies, record)

    return [
        job(KERNEL, kernel, SECONDS),
        job(yardstick.NAME, yardstick.Yardstick(plan), SECONDS),
        job(numpy_tuned.NAME, lambda draws: numpy_tuned.simulate(plan, draws, 1), SECONDS),
        job(numpy_tuned.BY_HAND, lambda draws: numpy_tuned.simulate(plan, draws, 1, BoxMuller), SECONDS),
        job(numba_naive.NAME, lambda draws: numba_naive.simulate(plan, draws, 1), SECONDS),
    ]


def _threaded(plan: Plan, cores: list[float]) -> list[Job]:
    def two(draws: int) -> None:
        wall, cpu = perf_counter(), process_time()
        simulate(plan, draws, threads=2)
        cores.append((process_time() - cpu) / (perf_counter() - wall))

    one = job(ONE_THREAD, lambda draws: simulate(plan, draws, threads=1), THREAD_SECONDS)
    return [one, Job(TWO_THREADS, two, one.draws)]


def readme_table(figures: Mapping[str, Any]) -> str:
    """Return the figures that ``python -m benchmarks --json`` wrote, as a Markdown table and a line on the machine."""
    measured = figures["measured"]
    lines = [
        "| one thread | " + " | ".join(f"{item['subject']}, draws/s | kernel is faster by" for item in measured) + " |"
    ]
    lines.append("|---|" + "---:|---:|" * len(measured))
    for name in (KERNEL, *PEERS):
        cells = [name]
        for item in measured:
            ratio = item["peers"].get(name)
            cells += [f"{1 / item['seconds'][name]['median']:,.0f}", f"{ratio['median']:.1f} x" if ratio else ""]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        f"\n{item['subject']}: the {item['normals_per_draw']} normals of a draw alone take "
        f"{item['normals']['median']:.2f} of the kernel's time; two threads are {item['threads']['median']:.2f} "
        f"times as fast as one, audit included, on {item['cores']['median']:.1f} cores."
        for item in measured
    ]
    machine = figures["machine"]
    lines.append(
        f"\nMedians of {figures['rounds']} interleaved rounds on {machine['cpu']}, {machine['vectors']}, "
        f"numba {machine['numba']}, NumPy {machine['numpy']}."
    )
    return "\n".join(lines)
