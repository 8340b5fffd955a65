"""Tallies to probabilities: seat distributions, events, and the Monte Carlo error of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from forecast.kernel.draw import COALITION_PARTIES, Tallies
from forecast.kernel.house_plan import most_seats, share_of_bar
from forecast.kernel.plan import Plan
from forecast.probability import Probability
from forecast.rules.proportional import ProportionalTier
from forecast.rules.system import ElectoralSystem, ListTier

if TYPE_CHECKING:
    import pandas as pd

Counts = npt.NDArray[np.int64]

__all__ = ["Counts", "Event", "Probability", "SeatDistribution", "SystemForecast"]


def _error_of_mean(replicates: npt.NDArray[np.float64]) -> float:
    """Return the standard error of the mean of independent replicates."""
    return float(replicates.std(ddof=1) / np.sqrt(len(replicates)))


@dataclass(frozen=True, eq=False)
class SeatDistribution:
    """Probability mass function of a number of seats, as integer counts of draws ``[seats]``.

    ``replicates[randomisation, seats]`` are the same by each independent randomisation, each adding up to 1.

    >>> d = SeatDistribution(np.array([0, 1, 2, 1]))
    >>> d.mean, d.median, d.interval(0.5), d.at_least(2).value
    (2.0, 2, (1, 2), 0.75)
    """

    counts: Counts
    certain: bool = False
    replicates: npt.NDArray[np.float64] | None = None

    @cached_property
    def draws(self) -> int:
        """Number of draws."""
        return int(self.counts.sum())

    @cached_property
    def pmf(self) -> npt.NDArray[np.float64]:
        """Probability of each number of seats, ``[seats]``."""
        return self.counts / self.draws if self.replicates is None else self.replicates.mean(axis=0)

    @cached_property
    def cumulative(self) -> npt.NDArray[np.float64]:
        """Probability of at most each number of seats, ``[seats]``."""
        return np.cumsum(self.counts) / self.draws if self.replicates is None else np.minimum(np.cumsum(self.pmf), 1.0)

    @cached_property
    def mean(self) -> float:
        """Mean number of seats."""
        if self.replicates is not None:
            return float(self.pmf @ np.arange(len(self.counts)))
        return float((self.counts * np.arange(len(self.counts))).sum() / self.draws)

    @cached_property
    def sd(self) -> float:
        """Standard deviation of the number of seats."""
        seats = np.arange(len(self.counts))
        square = float((self.counts * seats**2).sum() / self.draws)
        return float(np.sqrt(max(square - self.mean**2, 0.0)))

    @property
    def mcse_mean(self) -> float:
        """Monte Carlo standard error of the mean."""
        if self.replicates is not None:
            return _error_of_mean(self.replicates @ np.arange(len(self.counts)))
        return float(self.sd / np.sqrt(self.draws))

    @property
    def median(self) -> int:
        """Median number of seats."""
        return self.quantile(0.5)

    def quantile(self, level: float) -> int:
        """Return the smallest number of seats that is not exceeded with probability ``level``."""
        reached = np.cumsum(self.counts) >= level * self.draws * (1 - 1e-12)
        return int(np.argmax(reached))

    def interval(self, level: float) -> tuple[int, int]:
        """Return the central interval of seats, e.g. the 10 % and 90 % quantiles for ``level`` 0.8."""
        tail = (1 - level) / 2
        return self.quantile(tail), self.quantile(1 - tail)

    def at_least(self, seats: int) -> Probability:
        """Return the probability of ``seats`` or more."""
        first = max(seats, 0)
        by_replicate = () if self.replicates is None else tuple(self.replicates[:, first:].sum(axis=1).tolist())
        return Probability(int(self.counts[first:].sum()), self.draws, self.certain, by_replicate)

    def at_most(self, seats: int) -> Probability:
        """Return the probability of this number or fewer."""
        beyond = seats + 1
        by_replicate = () if self.replicates is None else tuple(self.replicates[:, :beyond].sum(axis=1).tolist())
        return Probability(int(self.counts[:beyond].sum()), self.draws, self.certain, by_replicate)

    def exactly(self, seats: int) -> Probability:
        """Return the probability of just this number."""
        by_replicate = () if self.replicates is None else tuple(self.replicates[:, seats].tolist())
        return Probability(int(self.counts[seats]), self.draws, self.certain, by_replicate)


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the house, by its name in ``events.csv``."""

    name: str
    probability: Probability


@dataclass(frozen=True, eq=False)
class SystemForecast:
    """What a forecast says about one system; everything is a function of the integer tallies."""

    plan: Plan
    number: int
    tallies: Tallies
    draws: int
    replicates: Tallies | None = None

    @property
    def system(self) -> ElectoralSystem:
        """The electoral system."""
        return self.plan.systems[self.number]

    @cached_property
    def certain(self) -> bool:
        """Whether the model leaves nothing to chance, so that 0 and 1 may be said."""
        return self.plan.model.is_certain

    @property
    def parties(self) -> tuple[str, ...]:
        """The parties, in order of registration."""
        return self.plan.model.parties

    @property
    def groups(self) -> tuple[str, ...]:
        """Those who can hold seats: the parties, then the self-nominated where there are districts."""
        return self.plan.model.groups

    @property
    def list_tier(self) -> ListTier | None:
        """The list tier, if there is one."""
        return next((tier for tier in self.system.tiers if isinstance(tier, ListTier)), None)

    @property
    def has_lists(self) -> bool:
        """Whether lists win seats."""
        return any(isinstance(tier, ListTier | ProportionalTier) for tier in self.system.tiers)

    @property
    def threshold(self) -> Fraction | None:
        """The share of the votes that a list must reach first of all; None where the law names none."""
        if self.list_tier is not None:
            return self.list_tier.threshold.share
        shares = (share_of_bar(tier) for tier in self.system.tiers if isinstance(tier, ProportionalTier))
        return next((share for share in shares if share is not None), None)

    @property
    def grows(self) -> bool:
        """Whether the house may have more members than the law names: overhang, seats that level or oppose."""
        return most_seats(self.system) > self.system.seats

    @property
    def size(self) -> SeatDistribution:
        """The distribution of the number of members."""
        if self.grows:
            return self._distribution("sizes", self.number)
        counts = np.zeros(self.system.seats + 1, np.int64)
        counts[-1] = self.draws
        return SeatDistribution(counts, certain=True)

    @property
    def most_seats(self) -> int:
        """The largest number of seats to be shown: the size of the house, or what it grew to."""
        if not self.grows:
            return self.system.seats
        return max(self.system.seats, int(np.flatnonzero(self.size.counts).max(initial=0)))

    def seats(self, group: str) -> SeatDistribution:
        """Return the distribution of a group's seats in the house; KeyError for an unknown name."""
        return self._distribution("seats", self.number, self._index(group))

    def list_seats(self, party: str) -> SeatDistribution:
        """Return the distribution of a party's list seats."""
        return self._distribution("list_seats", self.number, self._index(party))

    def district_seats(self, group: str) -> SeatDistribution:
        """Return the distribution of a group's district seats; none where the system has no districts."""
        if not self.has_districts:
            return SeatDistribution(np.array([self.draws]), self.certain)
        return self._distribution("district_seats", self._way, self._index(group))

    @property
    def has_districts(self) -> bool:
        """Whether the system fills seats in districts."""
        return self._way >= 0

    @property
    def wins(self) -> Counts:
        """Draws in which each district candidate wins, ``[candidate]``."""
        wins: Counts = self.tallies.wins[self._way]
        return wins

    def wins_by(self, candidates: Sequence[int]) -> Probability:
        """Return the probability that one of some candidates of one district wins; candidates count over all districts."""
        return self._sum([self._chance("wins", self._way, c) for c in candidates])

    @property
    def _way(self) -> int:
        return int(self.plan.laws.contest_of[self.number])

    def passes(self, party: str) -> Probability:
        """Return the probability that a list reaches the threshold (``second_list`` admissions do not count).

        Under a tier of kind ``proportional``: that it takes part in the distribution somewhere, however it was admitted.
        """
        return self._chance("passed", self.number, self._index(party))

    def largest(self, group: str) -> Probability:
        """Return the probability that a party alone has the most seats."""
        return self._chance("largest", self.number, self._index(group))

    def majority(self, group: str) -> Probability:
        """Return the probability of an absolute majority of the house, whatever its size in the draw."""
        return self._mark(group, 0, self.system.majority)

    def two_thirds(self, group: str) -> Probability:
        """Return the probability of two thirds of the house."""
        return self._mark(group, 1, self.system.two_thirds)

    def blocking_third(self, group: str) -> Probability:
        """Return the probability that the others have no two thirds of the house."""
        return self._mark(group, 2, self.system.seats - self.system.two_thirds + 1)

    def _mark(self, group: str, mark: int, least: int) -> Probability:
        if self.grows:
            return self._chance("marks", self.number, self._index(group), mark)
        return self.seats(group).at_least(least)

    def parties_in_house(self) -> SeatDistribution:
        """Return the distribution of the number of parties with a seat."""
        return self._distribution("parties", self.number)

    def coalition(self, members: tuple[str, ...]) -> tuple[Probability, Probability]:
        """Return the probabilities that a coalition has a majority, and that it has one and needs every member.

        KeyError for a name that is not among the first ``COALITION_PARTIES`` parties.
        """
        mask = sum(1 << self._index(member) for member in set(members))
        if mask >= self.tallies.majority.shape[1]:
            raise KeyError(f"coalitions are tallied for the first {COALITION_PARTIES} parties")
        return (
            self._chance("majority", self.number, mask),
            self._chance("minimal", self.number, mask),
        )

    def share(self, option: str) -> SeatDistribution:
        """Return the distribution of an option's vote share, in thousandths of the valid ballots (rounded down)."""
        return self._distribution("shares", self.plan.model.options.index(option))

    def case(self, number: int) -> Probability:
        """Return how often a rare or silent case of the law occurred."""
        return self._chance("cases", self.number, number)

    def events(self, coalitions: tuple[tuple[str, ...], ...] = ()) -> Iterator[Event]:
        """Yield the house's events: majorities, thirds, the largest party, numbers of parties, coalitions."""
        parties = self.parties
        for group in parties:
            yield Event(f"majority: {group}", self.majority(group))
            yield Event(f"two thirds: {group}", self.two_thirds(group))
            yield Event(f"blocking third: {group}", self.blocking_third(group))
            yield Event(f"largest: {group}", self.largest(group))
        alone, majority = ([one(group) for group in parties] for one in (self.largest, self.majority))
        yield Event("no party alone is the largest", self._complement(alone))
        yield Event("no party has a majority", self._complement(majority))
        in_house = self.parties_in_house()
        for number in range(len(in_house.counts)):
            yield Event(f"parties in the house: {number}", in_house.exactly(number))
        for members in coalitions or self._every_coalition():
            joint, minimal = self.coalition(members)
            yield Event(f"coalition: {' + '.join(members)}", joint)
            yield Event(f"coalition needs every member: {' + '.join(members)}", minimal)

    def frame(self) -> pd.DataFrame:
        """Return the distribution of seats as a table: a row a group, a column a number of seats."""
        import pandas as pd  # a third of a second that only tables need

        return pd.DataFrame(
            {group: self.seats(group).pmf for group in self.groups},
            index=pd.RangeIndex(self.tallies.seats.shape[2], name="seats"),
        ).T.rename_axis("party")

    def _every_coalition(self) -> Iterator[tuple[str, ...]]:
        counted = self.parties[:COALITION_PARTIES]
        for size in range(2, len(counted) + 1):
            yield from combinations(counted, size)

    def _index(self, group: str) -> int:
        if group not in self.groups:
            raise KeyError(group)
        return self.groups.index(group)

    def _distribution(self, tally: str, *at: int) -> SeatDistribution:
        counts: Counts = getattr(self.tallies, tally)[at]
        if self.replicates is None:
            return SeatDistribution(counts, self.certain)
        each = getattr(self.replicates, tally)[(slice(None), *at)]
        return SeatDistribution(counts, self.certain, each / each.sum(axis=1, keepdims=True))

    def _chance(self, tally: str, *at: int) -> Probability:
        count = int(getattr(self.tallies, tally)[at])
        if self.replicates is None:
            return Probability(count, self.draws, self.certain)
        each = getattr(self.replicates, tally)[(slice(None), *at)] / self._replicate
        return Probability(count, self.draws, self.certain, tuple(each.tolist()))

    @cached_property
    def _replicate(self) -> float:
        """What the tallies of one randomisation count in all."""
        return float(0 if self.replicates is None else self.replicates.parties[0, 0].sum())

    def _sum(self, parts: list[Probability]) -> Probability:
        """Return the probability of one of several events that exclude each other."""
        each = tuple(map(sum, zip(*(part.replicates for part in parts), strict=True)))
        return Probability(sum(part.count for part in parts), self.draws, self.certain, each)

    def _complement(self, parts: list[Probability]) -> Probability:
        """Return the probability of none of several events that exclude each other."""
        one = self._sum(parts)
        each = tuple(max(1 - value, 0.0) for value in one.replicates)
        return Probability(self.draws - one.count, self.draws, self.certain, each)
