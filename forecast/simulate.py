"""A forecast is a model put through a system: draws in chunks, on every core, with an audit at the end."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from forecast.errors import ForecastError, LawSilent
from forecast.kernel import seats as column
from forecast.kernel.assemblies import AssemblyTallies
from forecast.kernel.audit import Audit, audit
from forecast.kernel.blocks import Counts, Workspace, draw_blocks
from forecast.kernel.compiler import forget
from forecast.kernel.district_ballots import district_ballots, district_rows
from forecast.kernel.draw import Record, Tallies
from forecast.kernel.plan import Plan
from forecast.kernel.random import BLOCK
from forecast.rules.system import ListTier

CHUNK_BLOCKS = 64  # of draws that are kept: 32,768
CHUNK_NORMALS = 50_000_000  # at most, of others: a few hundredths of a second, so Ctrl-C and progress are prompt
CHUNK_DRAWS = 262_144  # at most
CHUNKS_A_THREAD = 8  # where there are draws enough, so that no thread waits long for the last one
FIRST_LOOK = 65_536  # draws before the first look at a precision; then doubling

CASE_NAMES = {
    column.NO_LIST: "no_list_passes",
    column.SECOND_LIST_USED: "second_list_used",
    column.MINIMUM_OVERFLOWS: "minimum_overflows",
    column.SHORT_LIST: "short_list",
    column.ONLY_ONE_LIST: "only_one_list",
    column.SECOND_PLACE_TIE: "second_place_tie",
    column.REMAINDER_TIE: "remainder_tie",
}

Progress = Callable[[int, int], None]
Keep = Callable[[int, Record], None]


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """The tallies of a run, how many draws they hold, and the audit of a sample of them.

    ``replicates`` are those of each independent randomisation of a lattice, in units of their own (``lattice``).
    """

    plan: Plan
    draws: int
    tallies: Tallies
    audit: Audit
    assemblies: AssemblyTallies | None = None
    replicates: Tallies | None = None


def warm_up(plan: Plan) -> None:
    """Compile the kernel, or load it from its cache; a damaged cache is thrown away and filled anew."""
    work, rows = Workspace.of(plan), district_rows(plan.voters)

    def first_calls() -> None:
        draw_blocks(plan, 0, 1, 1, work, Counts.of(plan), plan.record(0))
        district_ballots(plan.voters, work.scratch.ballots, rows)

    try:
        first_calls()
    except ForecastError:
        raise
    except Exception:
        forget()
        first_calls()


def simulate(
    plan: Plan,
    draws: int,
    *,
    threads: int = 1,
    keep: Keep | None = None,
    kept: int = 0,
    progress: Progress | None = None,
    enough: Callable[[Tallies, int], bool] | None = None,
) -> Simulation:
    """Simulate a plan and audit the result.

    Parameters
    ----------
    plan
        The lowered model and systems.
    draws
        Number of draws, or the most there may be where ``enough`` is given.
    threads
        Threads to use; the result does not depend on them.
    keep, kept
        Called with (first draw, record) for chunks of the first ``kept`` draws, in order.
    progress
        Called with (draws done, draws in all) after each chunk.
    enough
        Asked at 65,536 draws and at every doubling, with the tallies so far: stop here?

    Raises
    ------
    LawSilent
        A case occurred on which the law is silent and the system asks to stop.
    AuditFailure
        The kernel and the reference count differ.
    """
    counts = Counts.of(plan)
    done = 0
    with ThreadPoolExecutor(threads) as pool:
        audited = pool.submit(audit, plan, draws) if enough is None else None  # beside the rest, not after it
        for stop in _looks(draws, enough is not None):
            for first, count, chunk, record in _chunks(pool, plan, done, stop, threads, kept):
                counts.add(chunk)
                if keep is not None and record is not None:
                    keep(first, record)
                if progress is not None:
                    progress(first + count, draws)
            done = stop
            if enough is not None and enough(counts.house, done):
                break
    return concluded(plan, done, counts, audited)


def counts_of(plan: Plan, first: int, stop: int, *, threads: int = 1, progress: Progress | None = None) -> Counts:
    """Return the tallies of the draws ``first`` to ``stop - 1`` alone; ``first`` is a multiple of the block size.

    Tallies are integers: those of consecutive ranges add up to what one run over all of them counts.
    """
    counts = Counts.of(plan)
    with ThreadPoolExecutor(threads) as pool:
        for start, count, chunk, _ in _chunks(pool, plan, first, stop, threads, 0):
            counts.add(chunk)
            if progress is not None:
                progress(start + count - first, stop - first)
    return counts


def concluded(plan: Plan, draws: int, counts: Counts, audited: Future[Audit] | None = None) -> Simulation:
    """Return the simulation whose tallies these are, audited; LawSilent and AuditFailure as from ``simulate``."""
    stop_where_law_is_silent(plan, counts.house, counts.assemblies)
    stop_where_a_house_outgrew(plan, counts.house)
    recounted = audited.result() if audited is not None else audit(plan, draws)
    return Simulation(plan, draws, counts.house, recounted, counts.assemblies)


def _looks(draws: int, several: bool) -> Iterator[int]:
    look = FIRST_LOOK
    while several and look < draws:
        yield look
        look *= 2
    yield draws


def _chunks(
    pool: ThreadPoolExecutor, plan: Plan, done: int, stop: int, threads: int, kept: int
) -> Iterator[tuple[int, int, Counts, Record | None]]:
    """Yield (first draw, draws, counts, record) of consecutive chunks; at most two a thread are under way.

    ``done`` is a multiple of the block size; draws beyond ``stop`` in a last block are left to a later call.
    """
    spare: queue.SimpleQueue[Workspace] = queue.SimpleQueue()
    for _ in range(threads):
        spare.put(Workspace.of(plan))

    def work(first: int, beyond: int) -> tuple[int, int, Counts, Record | None]:
        space, counts = spare.get(), Counts.of(plan)
        blocks = -(-(beyond - first) // BLOCK)
        record = plan.record(blocks * BLOCK if first < kept else 0)
        try:
            draw_blocks(plan, first // BLOCK, blocks, stop, space, counts, record)
        finally:
            spare.put(space)
        if first >= kept:
            return first, beyond - first, counts, None
        rows = min(beyond, kept) - first
        cut = record._replace(
            votes=record.votes[:rows], list_seats=record.list_seats[:rows], winners=record.winners[:rows]
        )
        return first, beyond - first, counts, cut

    ranges = _ranges(plan, done, stop, threads, kept)
    under_way: list[Future[tuple[int, int, Counts, Record | None]]] = [
        pool.submit(work, *of) for of in islice(ranges, 2 * threads)
    ]
    try:
        while under_way:
            yield under_way.pop(0).result()
            under_way += [pool.submit(work, *of) for of in islice(ranges, 1)]
    finally:
        for future in under_way:
            future.cancel()


def _ranges(plan: Plan, done: int, stop: int, threads: int, kept: int) -> Iterator[tuple[int, int]]:
    """Yield (first draw, last + 1) of consecutive chunks; those with draws to keep have one size on any machine."""
    most = max(CHUNK_NORMALS // plan.normals_per_draw(), 1)
    width = BLOCK * -(-min(most, CHUNK_DRAWS, -(-(stop - done) // (CHUNKS_A_THREAD * threads))) // BLOCK)
    while done < stop:
        beyond = min(done + (CHUNK_BLOCKS * BLOCK if done < kept else width), stop)
        yield done, beyond
        done = beyond


def stop_where_a_house_outgrew(plan: Plan, house: Tallies) -> None:
    """Raise ForecastError where a house grew beyond what is tallied, three times its size."""
    for system, sizes in zip(plan.systems, house.sizes, strict=False):
        if beyond := int(sizes[-1]):
            raise ForecastError(
                f"{system.id}: the house grew to {len(sizes) - 1:,} seats or more in {beyond:,} draws; houses are counted up to "
                "three times their size: are the parties' leads in the districts plausible?"
            )


def stop_where_law_is_silent(plan: Plan, house: Tallies, assemblies: AssemblyTallies | None) -> None:
    """Raise LawSilent where a case occurred on which the law is silent and the system asks to stop."""
    every = [(system, system.id, cases) for system, cases in zip(plan.systems, house.cases, strict=True)]
    if plan.assemblies is not None and assemblies is not None:
        for one, system, cases in zip(
            plan.assemblies.every, plan.assemblies.systems, assemblies.assembly_cases, strict=True
        ):
            every.append((system, f"{system.id}, {one.name}", cases))
    for system, place, cases in every:
        for tier in system.tiers:
            if not isinstance(tier, ListTier):
                continue
            for case, name in CASE_NAMES.items():
                count = int(cases[case])
                if count and getattr(tier.silent, name, None) == "error":
                    raise LawSilent(
                        f"{place}: tier.{tier.name}.silent.{name}: the law is silent in {count:,} draws, and the "
                        'document says "error"; write one of the other values to go on'
                    )
