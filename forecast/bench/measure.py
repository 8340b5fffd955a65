"""One subject measured: the kernel, its normals alone, and how it grows with threads; outside compilation."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter, process_time

from forecast.bench.subjects import Subject
from forecast.bench.timing import STEP, Job, Spread, job, paired, rounds, spread
from forecast.bench.yardstick import NAME as NORMALS
from forecast.bench.yardstick import Yardstick
from forecast.kernel.blocks import Counts, Workspace, draw_blocks
from forecast.kernel.plan import Plan
from forecast.kernel.random import BLOCK
from forecast.simulate import simulate

KERNEL = "seatcast kernel"
SECONDS, THREAD_SECONDS = 0.25, 1.2  # of a job; the second, whole runs, on one thread


@dataclass(frozen=True, slots=True)
class Scaling:
    """How many times as fast some threads are as one, and how many cores they were given meanwhile.

    On a busy machine that is fewer cores than threads, and the ratio says little.
    """

    threads: int
    faster: Spread
    cores: Spread


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds a draw of the kernel in one thread, the share its normals take, and its scaling."""

    subject: str
    normals_per_draw: int
    seconds: Spread
    normals: Spread
    scaling: tuple[Scaling, ...]


def measure(subject: Subject, number: int, threads: Sequence[int], step: Callable[[], None] = lambda: None) -> Measured:
    """Measure one subject in ``number`` rounds; ``step`` is called after each round of jobs."""
    plan = subject.plan
    times = rounds([kernel_job(plan), job(NORMALS, Yardstick(plan), SECONDS, step_of(plan))], number, step)
    return Measured(
        subject=subject.name,
        normals_per_draw=plan.normals_per_draw(),
        seconds=spread(times[KERNEL]),
        normals=paired(times[NORMALS], times[KERNEL]),
        scaling=scaling(plan, number, threads, step),
    )


def kernel_job(plan: Plan, name: str = KERNEL) -> Job:
    """Return the kernel's own loop over blocks, in one thread."""
    work, counts, record = Workspace.of(plan), Counts.of(plan), plan.record(0)

    def kernel(draws: int) -> None:
        draw_blocks(plan, 0, -(-draws // BLOCK), draws, work, counts, record)

    return job(name, kernel, SECONDS, step_of(plan))


def step_of(plan: Plan) -> int:
    """Return the fewest draws of a job: fewer where a draw is a whole election day."""
    return STEP if plan.assemblies is None else STEP // 8


def scaling(
    plan: Plan, number: int, threads: Sequence[int], step: Callable[[], None] = lambda: None
) -> tuple[Scaling, ...]:
    """Measure whole simulations, audit included, in several threads against one."""
    if not threads:
        return ()
    cores: dict[int, list[float]] = {count: [] for count in threads}

    def timed(count: int) -> Callable[[int], None]:
        def run(draws: int) -> None:
            wall, cpu = perf_counter(), process_time()
            simulate(plan, draws, threads=count)
            cores[count].append((process_time() - cpu) / (perf_counter() - wall))

        return run

    one = job("1", lambda draws: simulate(plan, draws, threads=1), THREAD_SECONDS, step_of(plan))
    times = rounds([one, *(Job(str(count), timed(count), one.draws) for count in threads)], number, step)
    return tuple(Scaling(count, paired(times["1"], times[str(count)]), spread(cores[count])) for count in threads)


def threads_to_try() -> tuple[int, ...]:
    """Return 2, 4, 8, ... threads up to the cores there are, and all of them."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return tuple(sorted({count for count in (2, 4, 8, 16, 32, 64, cores) if 1 < count <= cores}))


def peak_memory() -> float:
    """Return the peak resident memory of this process so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
