"""Who the kernel is measured against: the same sampling, counting and tallies by other means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks import libraries, numba_naive, numba_naive_assemblies, numpy_assemblies, numpy_textbook, numpy_tuned
from benchmarks.law import ListLaw
from benchmarks.numpy_normals import BoxMuller, Ziggurat
from benchmarks.numpy_tuned import Array
from forecast.kernel.blocks import Counts
from forecast.kernel.draw import Tallies
from forecast.kernel.plan import Plan


@dataclass(frozen=True, slots=True)
class Peer:
    """A variant: how it simulates draws of a plan with a seed, and how it counts given lists ``[list, election]``.

    One that compares remainders in floats misses some of their ties, and is not asked about those.
    """

    name: str
    simulate: Callable[[Plan, int, int], Counts]
    count_lists: Callable[[ListLaw, Array, Array], Array]
    remainders_in_floats: bool = False


def peers(plan: Plan) -> Iterator[Peer]:
    """Yield the peers that can do all of a plan: those of the house alone, or those of the whole election day."""
    if plan.assemblies is not None:
        yield Peer(numpy_tuned.BY_HAND, _day_by_hand, numpy_tuned.count_lists)
        yield Peer(numpy_tuned.NAME, numpy_assemblies.simulate, numpy_tuned.count_lists)
        yield Peer(numba_naive.NAME, numba_naive_assemblies.simulate, numba_naive.count_lists)
        return
    yield Peer(numpy_tuned.BY_HAND, _by_hand, numpy_tuned.count_lists)
    yield Peer(numpy_tuned.NAME, _house(numpy_tuned.simulate), numpy_tuned.count_lists)
    yield Peer(numpy_textbook.NAME, _house(numpy_textbook.simulate), numpy_textbook.count_lists)
    yield Peer(numba_naive.NAME, _house(numba_naive.simulate), numba_naive.count_lists)
    for name, counter in libraries.installed():
        yield Peer(name, _library(counter), _library_count(counter), name in libraries.IN_FLOATS)


def _house(simulate: Callable[[Plan, int, int], Tallies]) -> Callable[[Plan, int, int], Counts]:
    return lambda plan, draws, seed: Counts(simulate(plan, draws, seed), None)


def _by_hand(plan: Plan, draws: int, seed: int) -> Counts:
    return Counts(numpy_tuned.simulate(plan, draws, seed, BoxMuller), None)


def _day_by_hand(plan: Plan, draws: int, seed: int) -> Counts:
    return numpy_assemblies.simulate(plan, draws, seed, BoxMuller)


def _library(count: libraries.Counter) -> Callable[[Plan, int, int], Counts]:
    house = libraries.house_of(count)
    return lambda plan, draws, seed: Counts(numpy_tuned.drawn(house(plan, Ziggurat(seed)), draws), None)


def _library_count(count: libraries.Counter) -> Callable[[ListLaw, Array, Array], Array]:
    return lambda law, votes, ballots: libraries.counted_one_by_one(count, law, votes, ballots)[0]
