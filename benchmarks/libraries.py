"""Two Python libraries of apportionment as counters: votes drawn by tuned NumPy, every draw counted by the library.

They know Hare quotas and largest remainders; the threshold, and what follows where fewer than two lists pass it, are
done around them as in ``numpy_tuned``. A tie of remainders that votelib reports goes to the earlier list.
They come with ``pip install 'seatcast[peers]'``; a library that is not installed is left out of the table.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks import numpy_tuned
from benchmarks.law import ListLaw
from benchmarks.numpy_tuned import Array, House

Counter = Callable[[list[int], int], list[int]]


def by_votelib() -> Counter:
    """Return Hare and largest remainders as votelib counts them."""
    from votelib.evaluate.core import Tie
    from votelib.evaluate.proportional import LargestRemainder

    evaluator = LargestRemainder("hare")

    def count(votes: list[int], seats: int) -> list[int]:
        found = evaluator.evaluate(dict(enumerate(votes)), seats)
        result = [found.get(p, 0) for p in range(len(votes))]
        for key, number in found.items():
            if isinstance(key, Tie):
                for p in sorted(key)[:number]:
                    result[p] += 1
        return result

    return count


def by_apportionment() -> Counter:
    """Return Hare and largest remainders as apportionment counts them."""
    from apportionment.methods import compute

    def count(votes: list[int], seats: int) -> list[int]:
        found: list[int] = compute("hamilton", votes, seats, verbose=False)
        return found

    return count


COUNTERS = {"votelib": by_votelib, "apportionment": by_apportionment}
IN_FLOATS = {"apportionment"}  # compares remainders as floats, and so misses some ties


def installed() -> Iterator[tuple[str, Counter]]:
    """Yield the name and the counter of each library that is installed."""
    for name, counter in COUNTERS.items():
        if importlib.util.find_spec(name) is not None:
            yield name, counter()


def house_of(count: Counter) -> type[House]:
    """Return tuned NumPy's house with the list tier counted draw by draw."""

    class LibraryHouse(House):
        @staticmethod
        def counted(law: ListLaw, votes: Array, ballots: Array) -> tuple[Array, Array]:
            return counted_one_by_one(count, law, votes, ballots)

    return LibraryHouse


def counted_one_by_one(count: Counter, law: ListLaw, votes: Array, ballots: Array) -> tuple[Array, Array]:
    """Return seats and the lists that pass, both ``[list, draw]``."""
    least = (ballots.astype(np.int64) * law.numerator + (law.denominator - 1)) // law.denominator
    admitted = votes >= np.maximum(least, 1).astype(np.int32)
    passing = np.add.reduce(admitted.view(np.int8), axis=0, dtype=np.int8)
    seats = np.zeros(votes.shape, np.int32)
    rare = np.flatnonzero(passing <= 1)
    if len(rare):
        seats[:, rare] = numpy_tuned.few_lists(law, votes[:, rare], admitted[:, rare], passing[rare])
    held, admits = votes.T.tolist(), admitted.T.tolist()
    for draw in np.flatnonzero(passing > 1).tolist():
        lists = [p for p, passes in enumerate(admits[draw]) if passes]
        seats[lists, draw] = count([held[draw][p] for p in lists], law.seats)
    np.minimum(seats, law.lengths[:, None], out=seats, casting="unsafe")
    return seats, admitted
