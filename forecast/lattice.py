"""A forecast on evenly spread draws: ``simulate`` for ``--sampler lattice``, with errors from randomisations.

Single draws of a lattice are not independent, so nothing here is a binomial count: every figure is estimated by each
of the independent randomisations alone, and the spread of these estimates is its error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np

from forecast.errors import ForecastError
from forecast.kernel.audit import audit
from forecast.kernel.draw import Record, Scratch, Tallies, scratch_for
from forecast.kernel.expected import Expected
from forecast.kernel.lattice import lattice_blocks, lattice_rows
from forecast.kernel.lattice_plan import MOST_POINTS, LatticePlan, lattice_draws, lower_lattice
from forecast.kernel.plan import Plan
from forecast.kernel.random import BLOCK
from forecast.kernel.sobol import RANDOMISATIONS
from forecast.simulate import CHUNK_BLOCKS, FIRST_LOOK, Progress, Simulation, stop_where_law_is_silent

Enough = Callable[[Tallies, int, Tallies], bool]


def why_not(plan: Plan, kept: int) -> str | None:
    """Return why a plan cannot be drawn on a lattice; None where it can."""
    if len(plan.systems) > 1:
        return "a lattice is put through one system; compare systems on plain draws (--sampler mc)"
    if plan.model.posterior is not None:
        return "votes that are somebody's own posterior draws are picked plainly only (--sampler mc)"
    if plan.houses is not None:
        return "the laws of this run, or candidates that lean, are drawn plainly only (--sampler mc)"
    if plan.assemblies is not None:
        return "local assemblies are drawn plainly only (--sampler mc)"
    if kept:
        return "single draws of a lattice are not independent of each other; store those of --sampler mc"
    return None


def method(plan: Plan, draws: int) -> dict[str, object]:
    """Return what ``run.json`` says of the sampler: its points, and what became of the districts."""
    lowered = lower_lattice(plan)
    return {
        "name": "lattice",
        "points": "Sobol net, random linear scramble and digital shift",
        "randomisations": RANDOMISATIONS,
        "points_each": draws // RANDOMISATIONS,
        "districts": districts(lowered),
        "joint_events": "winners drawn by the integrated chances" if lowered.integrated else "winners drawn",
    }


def districts(lowered: LatticePlan) -> str:
    """Return how a lattice run treats the districts, in words."""
    if not lowered.has_districts:
        return "none"
    if not lowered.integrated:
        return f"drawn: {lowered.why_drawn}"
    if lowered.plan.model.noise == "gumbel":
        return "integrated in closed form (Gumbel noise)"
    return "integrated by quadrature (normal noise)"


def simulate_lattice(
    plan: Plan,
    draws: int,
    *,
    threads: int = 1,
    progress: Progress | None = None,
    enough: Enough | None = None,
) -> Simulation:
    """Simulate a plan on a lattice of at least ``draws`` points, and audit the result.

    Parameters as those of ``simulate.simulate``; ``enough`` is also given the tallies of each randomisation.

    Raises
    ------
    ForecastError
        The plan cannot be drawn on a lattice, or asks for more points than there are.
    """
    reason = why_not(plan, 0)
    if reason is not None:
        raise ForecastError(f"--sampler lattice: {reason}")
    if draws > MOST_POINTS:
        raise ForecastError(f"--sampler lattice: at most {MOST_POINTS:,} draws; --sampler mc has no such end")
    lowered, draws = lower_lattice(plan), lattice_draws(draws)
    drawn, expected = lowered.tallies(), lowered.expected()
    done, look = 0, FIRST_LOOK if enough is not None else draws
    while done < draws:
        stop = min(look, draws)
        for first, part, chances in _chunks(lowered, done, stop, threads):
            for total, own in zip((*drawn, *expected), (*part, *chances), strict=True):
                total += own
            if progress is not None:
                progress(min(first + CHUNK_BLOCKS * BLOCK, stop), draws)
        done, look = stop, 2 * look
        replicates = lowered.replicates(drawn, expected)
        tallies = lowered.totals(replicates, done)
        if enough is not None and enough(tallies, done, replicates):
            break
    stop_where_law_is_silent(plan, tallies, None)
    return Simulation(plan, done, tallies, audit(plan, done, redraw=_redraw(lowered)), replicates=replicates)


def warm_up(plan: Plan) -> None:
    """Compile the lattice's loop, or load it from its cache."""
    lowered = lower_lattice(plan)
    next(iter(_chunks(lowered, 0, BLOCK, 1)))


def _chunks(lowered: LatticePlan, done: int, stop: int, threads: int) -> Iterator[tuple[int, Tallies, Expected]]:
    """Yield (first draw, tallies, integrated tallies) of consecutive chunks; at most two a thread are under way."""
    plan = lowered.plan

    def work(first: int) -> tuple[int, Tallies, Expected]:
        drawn, expected = lowered.tallies(), lowered.expected()
        blocks = -(-min(CHUNK_BLOCKS * BLOCK, stop - first) // BLOCK)
        lattice_blocks(
            lowered.voters, plan.laws, lowered.lattice, first // BLOCK, blocks, stop,
            scratch_for(lowered.voters, plan.laws), lattice_rows(lowered.lattice), drawn, expected, plan.record(0),
        )  # fmt: skip
        return first, drawn, expected

    with ThreadPoolExecutor(threads) as pool:
        starts = iter(range(done, stop, CHUNK_BLOCKS * BLOCK))
        under_way = [pool.submit(work, first) for first in islice(starts, 2 * threads)]
        try:
            while under_way:
                yield under_way.pop(0).result()
                under_way += [pool.submit(work, first) for first in islice(starts, 1)]
        finally:
            for future in under_way:
                future.cancel()


def _redraw(lowered: LatticePlan) -> Callable[[int, Scratch, Record], None]:
    """Return how the audit draws a block of the lattice again: with every candidate drawn, for it recounts persons."""
    drawn, expected, rows = lowered.tallies(), lowered.expected(), lattice_rows(lowered.lattice)

    def redraw(block: int, scratch: Scratch, record: Record) -> None:
        lattice_blocks(
            lowered.voters, lowered.plan.laws, lowered.lattice, block, 1, np.iinfo(np.int64).max, scratch, rows, drawn,
            expected, record,
        )  # fmt: skip

    return redraw
