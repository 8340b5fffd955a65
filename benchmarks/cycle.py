"""The whole election day: the kernel beside NumPy drawing the same district contests; ``python -m benchmarks.cycle``.

NumPy draws only what both do and what costs most: normals for every candidate of the assemblies' districts, and the
strongest of each district. It draws no national vote, counts no list and tallies no assembly but the winners' groups,
so the ratio flatters NumPy.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmarks.subjects import SEED
from benchmarks.timing import Job, job, paired, rounds, spread
from forecast.documents import read_forecast
from forecast.kernel.assembly_plan import with_assemblies
from forecast.kernel.blocks import Counts, Workspace, draw_blocks
from forecast.kernel.plan import AssemblyPlan, Plan, lower
from forecast.kernel.random import BLOCK, normals
from forecast.voteshare.model import fit

FORECAST = "kazakhstan-2023-cycle"
KERNEL, PEER, ALONE = "whole election day, kernel", "its districts alone, NumPy", "its normals alone, kernel"
ROUNDS, SECONDS, TOGETHER, ROWS = 7, 0.5, 64, 100


def plan_of_the_day() -> Plan:
    """Return the shipped election day, lowered."""
    spec = read_forecast(FORECAST).value
    assert spec.assemblies is not None
    plan = lower(fit(spec.model.value), [one.value for one in spec.systems], SEED)
    return with_assemblies(plan, *(one.value for one in spec.assemblies))


def jobs(plan: Plan) -> list[Job]:
    """Return the kernel, its normals alone, and the NumPy peer."""
    assert plan.assemblies is not None
    local, work, counts, record = plan.assemblies, Workspace.of(plan), Counts.of(plan), plan.record(0)
    keys = np.resize(local.arrays.candidate_keys, (plan.normals_per_draw(), 2))
    out = np.zeros((ROWS, BLOCK), np.float32)  # small enough to stay in the cache

    def kernel(draws: int) -> None:
        draw_blocks(plan, 0, -(-draws // BLOCK), draws, work, counts, record)

    def alone(draws: int) -> None:
        for block in range(-(-draws // BLOCK)):
            for row in range(0, len(keys), ROWS):
                normals(keys[row : row + ROWS], block, 1, out)

    return [
        job(KERNEL, kernel, SECONDS),
        job(ALONE, alone, SECONDS),
        job(PEER, lambda draws: numpy_winners(local, draws), SECONDS),
    ]


def numpy_winners(local: AssemblyPlan, draws: int) -> npt.NDArray[np.int64]:
    """Return how many districts each group wins over so many draws, sampled and decided in NumPy."""
    arrays, rng = local.arrays, np.random.default_rng(SEED)
    starts = arrays.first_candidate[:-1]
    sizes = np.diff(arrays.first_candidate)
    won = np.zeros(len(arrays.noise_sd), np.int64)
    for first in range(0, draws, TOGETHER):
        rows = min(TOGETHER, draws - first)
        utility = rng.standard_normal((rows, len(arrays.candidate_group)), np.float32)
        utility *= arrays.candidate_sd
        best = np.repeat(np.maximum.reduceat(utility, starts, axis=1), sizes, axis=1)
        _, winners = np.nonzero(utility == best)
        won += np.bincount(arrays.candidate_group[winners], minlength=len(won))
    return won


def main() -> None:
    """Measure and print."""
    plan = plan_of_the_day()
    times = rounds(jobs(plan), ROUNDS)
    print(f"{plan.normals_per_draw():,} normals a draw")
    for name, seconds in times.items():
        print(f"{name}: {1 / spread(seconds).median:,.0f} draws/s")
    print(f"kernel faster than the NumPy peer by {paired(times[PEER], times[KERNEL]).median:.1f}")
    print(f"its normals alone take {paired(times[ALONE], times[KERNEL]).median:.2f} of the kernel's time")


if __name__ == "__main__":
    main()
