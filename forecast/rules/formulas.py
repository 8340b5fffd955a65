"""Electoral formulas under the names of the literature, in exact numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from forecast.rules.system import Quota


def hare_quota(votes: int, seats: int) -> Fraction:
    """Return the Hare quota: the votes that one seat costs where all votes pay for all seats.

    >>> hare_quota(1000, 8)
    Fraction(125, 1)
    >>> hare_quota(100, 7)
    Fraction(100, 7)
    """
    if seats < 1:
        raise ValueError(f"a quota for {seats} seats; there must be at least one")
    return Fraction(votes, seats)


QUOTAS: Mapping[Quota, Callable[[int, int], Fraction]] = {"hare": hare_quota}


@dataclass(frozen=True, slots=True)
class RemainderSeats:
    """Seats by largest remainders, with all that a person needs to check them.

    Parameters
    ----------
    quota
        Votes a seat.
    whole
        Whole quotas of each list.
    remainders
        What is left of each list's quotient, as numerators over ``quota.numerator``.
    ranked
        Lists by remainder, the largest first; of equals the earlier registered.
    extra
        Lists that got one of the seats left over, in that order.
    tied
        Lists with equal remainders of which some got a left-over seat and some did not.
    """

    quota: Fraction
    whole: dict[str, int]
    remainders: dict[str, int]
    ranked: tuple[str, ...]
    extra: tuple[str, ...]
    tied: tuple[str, ...]

    @property
    def seats(self) -> dict[str, int]:
        """Seats of each list: whole quotas and left-over seats."""
        seats = dict(self.whole)
        for name in self.extra:
            seats[name] += 1
        return seats


def largest_remainder_seats(votes: Mapping[str, int], seats: int, quota: Quota = "hare") -> RemainderSeats:
    """Distribute ``seats``: whole quotas first, the rest one by one to the largest remainders.

    Remainders are compared as integers; of equal ones the list that stands earlier in ``votes`` comes first.
    With the Hare quota fewer seats are left over than there are lists with a remainder, so no list gets two of them.

    >>> largest_remainder_seats({"A": 50, "B": 30, "C": 20}, 10).seats
    {'A': 5, 'B': 3, 'C': 2}
    >>> work = largest_remainder_seats({"A": 50, "B": 30, "C": 20}, 4)  # quota 25: 2.0, 1.2, 0.8
    >>> work.whole, work.extra, work.seats
    ({'A': 2, 'B': 1, 'C': 0}, ('C',), {'A': 2, 'B': 1, 'C': 1})
    >>> largest_remainder_seats({"A": 1, "B": 1}, 3).tied  # quota 2/3: 1.5 each, one seat left
    ('A', 'B')
    """
    price = QUOTAS[quota](sum(votes.values()), seats)
    whole = {}
    remainders = {}
    left = seats
    for name, number in votes.items():
        whole[name], remainders[name] = divmod(number * price.denominator, price.numerator)
        left -= whole[name]
    ranked = tuple(sorted(remainders, key=remainders.__getitem__, reverse=True))  # stable: keeps registration order
    tied: tuple[str, ...] = ()
    if left and remainders[ranked[left - 1]] == remainders[ranked[left]]:
        last = remainders[ranked[left]]
        tied = tuple(name for name in ranked if remainders[name] == last)
    return RemainderSeats(price, whole, remainders, ranked, ranked[:left], tied)
