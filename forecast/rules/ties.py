"""Equal claims: who comes first by the law, be it registration, the larger vote, or a lot.

A lot is drawn with the votes, not by the count: the count is given the lots and stays the same whenever it is run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Literal

TieRule = Literal["registration order", "larger vote", "lot", "larger vote, then lot"]

Lots = Mapping[str, Mapping[str, int]]
"""District -> list -> lot, the lower one first; district ``""`` is the nation, list ``""`` the district itself."""


@dataclass(frozen=True, slots=True)
class TieBreak:
    """Who comes first among some lists, or among some districts; who has no lot counts as 0."""

    rule: TieRule = "registration order"
    lots: Mapping[str, int] = field(default_factory=dict)

    def lot(self, name: str) -> int:
        """Return a name's lot; the same for all where the law draws none, so that registration decides."""
        return self.lots.get(name, 0) if "lot" in self.rule else 0

    def key(self, name: str, votes: int | Fraction = 0) -> tuple[int | Fraction, int]:
        """Return what equal claims are sorted by, the first one lowest; sorting keeps the order of registration."""
        return (-votes if "larger vote" in self.rule else 0), self.lot(name)

    def first(self, among: Iterable[str], votes: Mapping[str, int] | Mapping[str, Fraction]) -> str:
        """Return the first of equal claims.

        >>> votes = {"A": 5, "B": 5, "C": 6}
        >>> lots = {"A": 7, "B": 2, "C": 4}
        >>> [TieBreak(rule, lots).first(votes, votes) for rule in ("registration order", "larger vote", "lot")]
        ['A', 'C', 'B']
        """
        return min(among, key=lambda name: self.key(name, votes[name]))

    def largest(self, claims: Mapping[str, int] | Mapping[str, Fraction]) -> str:
        """Return who has the largest claim.

        >>> TieBreak("lot", {"A": 7, "B": 2}).largest({"A": 5, "B": 5, "C": 1})
        'B'
        """
        return min(claims, key=lambda name: (-claims[name], self.lot(name)))


@dataclass(frozen=True, slots=True)
class TieBreaks:
    """Who comes first of equal claims, everywhere in a tier."""

    rule: TieRule = "registration order"
    lots: Lots = field(default_factory=dict)

    def within(self, district: str = "") -> TieBreak:
        """Return who comes first among the lists of a district, or of the nation."""
        return TieBreak(self.rule, self.lots.get(district, {}))

    def between(self, name: str = "") -> TieBreak:
        """Return who comes first among districts: for a seat of the list, or for a seat of their own."""
        return TieBreak(self.rule, {district: row.get(name, 0) for district, row in self.lots.items()})


def drawn_lots(random: Random, districts: Iterable[str], names: Iterable[str]) -> dict[str, dict[str, int]]:
    """Draw a lot for every list in every district and in the nation, and for the districts.

    >>> lots = drawn_lots(Random(1), ["x"], ["A", "B"])
    >>> list(lots), list(lots["x"])
    (['x', ''], ['A', 'B', ''])
    """
    columns = (*names, "")
    return {place: {name: random.getrandbits(62) for name in columns} for place in dict.fromkeys((*districts, ""))}
