"""What a list's next seat would have cost: the fewest votes more, nothing else changed, found on the count itself.

More votes are not always more seats: they raise the base, another list fails the threshold, and the only one left that
passes yields seats to a second list. So the search goes from one change of the passing lists to the next; between two
of them a list's seats never fall as its votes grow, and bisection is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise

from forecast.errors import LawSilent
from forecast.rules.ballots import Paper
from forecast.rules.count import count_list_tier, passing_lists
from forecast.rules.system import ListTier

MOST = 2**40  # votes beyond which a seat counts as out of reach


def votes_for_next_seat(
    tier: ListTier, paper: Paper, party: str, list_lengths: Mapping[str, int] | None = None
) -> int | None:
    """Return the fewest votes more with which a list has more seats.

    The votes are new ones: the ballots of all others stay as they are, so that the base and the quota grow too.

    >>> from fractions import Fraction
    >>> from forecast.rules.system import LargestRemainder, RemainderTies, SecondList, SilentCases, Threshold
    >>> tier = ListTier("lists", 10, Threshold(Fraction(1, 20)), LargestRemainder(), RemainderTies(), None, SilentCases())
    >>> votes_for_next_seat(tier, Paper({"A": 600, "B": 360, "C": 40}), "C")
    16

    Returns None where no number of votes would do: the list has no more people, holds every seat, yields seats to a
    second list, or the law is silent.
    """

    def ballots(more: int) -> Paper:
        return replace(paper, votes={**paper.votes, party: paper.votes[party] + more})

    def seats(more: int) -> int | None:
        try:
            return count_list_tier(tier, ballots(more), list_lengths, steps=False).seats[party]
        except LawSilent:
            return None

    def passing(more: int) -> tuple[str, ...]:
        return passing_lists(tier.threshold, ballots(more), tier.against_all)

    have = seats(0)
    if have is None:
        return None

    def enough(more: int) -> bool:
        found = seats(more)
        return found is not None and found > have

    for first, last in _stretches(passing):
        if enough(last):
            return _first(enough, first, last)
    return None


def _stretches(passing: Callable[[int], tuple[str, ...]]) -> list[tuple[int, int]]:
    """Return the stretches (first, last) of votes over which the same lists pass."""
    now, then = set(passing(0)), set(passing(MOST))
    edges = {0, MOST + 1}
    for name in now ^ then:
        edges.add(_first(_changes(passing, name, name in then), 0, MOST))
    ordered = sorted(edges)
    return [(first, beyond - 1) for first, beyond in pairwise(ordered)]


def _changes(passing: Callable[[int], tuple[str, ...]], name: str, passes: bool) -> Callable[[int], bool]:
    return lambda more: (name in passing(more)) == passes


def _first(holds: Callable[[int], bool], first: int, last: int) -> int:
    """Return the smallest number from ``first`` on at which a condition holds that holds from there to ``last``."""
    while first < last:
        middle = (first + last) // 2
        if holds(middle):
            last = middle
        else:
            first = middle + 1
    return first
