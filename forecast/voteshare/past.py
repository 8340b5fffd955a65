"""Elections that are over: their polls, their results, and what was known before them. Backtests and learning use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from forecast.voteshare.electorate import Poll

REST = "OTH"  # everybody else: an option of the vote, but never scored


@dataclass(frozen=True, slots=True)
class PastElection:
    """An election with its result, all shares as fractions.

    ``previous`` are shares at the election before, with its day: a party without one was new then. ``threshold`` is a
    share, None where the law or the table has none. ``polls`` are in the order of their last day.
    """

    id: str
    country: str
    group: str
    day: date
    threshold: float | None
    polls: tuple[Poll, ...]
    result: Mapping[str, float]
    previous: Mapping[str, tuple[date, float]]

    @property
    def parties(self) -> tuple[str, ...]:
        """The named parties, which are scored."""
        return tuple(name for name in self.result if name != REST)

    @property
    def options(self) -> tuple[str, ...]:
        """The named parties, and everybody else if the result has them."""
        return (*self.parties, REST) if REST in self.result else self.parties
