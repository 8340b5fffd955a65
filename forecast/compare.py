"""What a reform changes: the same draws under several laws, system by system against the first.

Differences of seats, majorities and two thirds come from the kernel's paired tallies of every draw. Indices of the
house, shares of houses of different size, and the curve over thresholds come from the first ``SAMPLE`` draws, drawn
again; each has its Monte Carlo error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt

from forecast.distribution import Counts, Probability, SystemForecast
from forecast.kernel import seats as column
from forecast.kernel.blocks import Workspace, draw_house
from forecast.kernel.draw import Tallies
from forecast.kernel.plan import Plan
from forecast.kernel.random import BLOCK
from forecast.kernel.record import house_seats
from forecast.kernel.seats import CASES, count_lists
from forecast.rules.system import ListTier

SAMPLE = 32 * BLOCK

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SeatDifference:
    """Distribution of a difference in seats as integer counts; ``counts[d + shift]`` draws have the difference d.

    >>> change = SeatDifference(np.array([1, 0, 2, 5, 2]), 2)
    >>> change.mean, change.gains.value, change.loses.value
    (0.7, 0.7, 0.1)
    """

    counts: Counts
    shift: int

    @property
    def draws(self) -> int:
        """Number of draws."""
        return int(self.counts.sum())

    @cached_property
    def values(self) -> Counts:
        """The differences, in order."""
        values: Counts = np.arange(len(self.counts)) - self.shift
        return values

    @property
    def mean(self) -> float:
        """Mean difference."""
        return float((self.counts * self.values).sum() / self.draws)

    @property
    def mcse(self) -> float:
        """Monte Carlo standard error of the mean; paired, since both seats come from the same draws."""
        square = float((self.counts * self.values**2).sum() / self.draws)
        return float(np.sqrt(max(square - self.mean**2, 0.0) / self.draws))

    @property
    def gains(self) -> Probability:
        """Probability of more seats than under the first system."""
        return Probability(int(self.counts[self.shift + 1 :].sum()), self.draws)

    @property
    def loses(self) -> Probability:
        """Probability of fewer seats than under the first system."""
        return Probability(int(self.counts[: self.shift].sum()), self.draws)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over the sample, and its Monte Carlo standard error."""

    value: float
    mcse: float


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The first draws of a run under every system: ``votes[draw, option]``, ``seats[draw, system, group]``.

    ``seats`` are those of the house, without appointed ones; ``list_seats[draw, system, party]`` those of lists.
    """

    plan: Plan
    votes: npt.NDArray[np.int32]
    list_seats: npt.NDArray[np.int32]
    seats: npt.NDArray[np.int32]

    @property
    def draws(self) -> int:
        """Number of draws in the sample."""
        return len(self.votes)


def sample_of(plan: Plan, draws: int) -> Sample:
    """Draw the first draws of a run of ``draws`` draws again, and keep them."""
    kept = min(draws, SAMPLE)
    blocks = -(-kept // BLOCK)
    record = plan.record(blocks * BLOCK)
    draw_house(plan, 0, blocks, kept, Workspace.of(plan), plan.tallies(), record)
    return Sample(plan, record.votes[:kept], record.list_seats[:kept], house_seats(plan, record)[:kept])


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """One system against the first of the run."""

    base: SystemForecast
    other: SystemForecast
    tallies: Tallies
    sample: Sample

    def difference(self, group: str) -> SeatDifference:
        """Return the distribution of a group's seats under this system less those under the first."""
        counts = self.tallies.difference[self.other.number - 1, self.other.groups.index(group)]
        return SeatDifference(counts, (len(counts) - 1) // 2)

    def share_difference(self, group: str) -> Estimate:
        """Return the mean difference as a share of the house, for houses of different size."""
        g = self.other.groups.index(group)
        now = self.sample.seats[:, self.other.number, g] / self.other.system.seats
        before = self.sample.seats[:, 0, g] / self.base.system.seats
        exact = (
            self.other.seats(group).mean / self.other.system.seats
            - self.base.seats(group).mean / self.base.system.seats
        )
        return Estimate(exact, float((now - before).std() / np.sqrt(self.other.draws)))

    def share_changes(self, group: str) -> tuple[Probability, Probability]:
        """Return the probabilities of a larger and of a smaller share of the house, from the sample."""
        g = self.other.groups.index(group)
        now = self.sample.seats[:, self.other.number, g].astype(np.int64) * self.base.system.seats
        before = self.sample.seats[:, 0, g].astype(np.int64) * self.other.system.seats
        draws = self.sample.draws
        return Probability(int((now > before).sum()), draws), Probability(int((now < before).sum()), draws)

    def majority_change(self, group: str) -> Estimate:
        """Return the change in the probability of a majority of the house."""
        return self._crossing(group, 0)

    def two_thirds_change(self, group: str) -> Estimate:
        """Return the change in the probability of a two-thirds majority of the house."""
        return self._crossing(group, 2)

    def _crossing(self, group: str, mark: int) -> Estimate:
        row = self.tallies.crossings[self.other.number - 1, self.other.groups.index(group)]
        gained, lost, draws = int(row[mark]), int(row[mark + 1]), self.other.draws
        mean = (gained - lost) / draws
        variance = (gained + lost + 1) / draws - mean**2
        return Estimate(mean, float(np.sqrt(max(variance, 0.0) / draws)))


def comparisons(forecasts: list[SystemForecast], sample: Sample) -> list[Comparison]:
    """Return every further system of a run against its first."""
    return [Comparison(forecasts[0], other, other.tallies, sample) for other in forecasts[1:]]


INDICES = {
    "parties": "parties with a seat",
    "effective parties": "effective number of parties in the house, 1 / sum of squared seat shares (Laakso and "
    "Taagepera 1979); every self-nominated deputy counts as a party",
    "gallagher": "least-squares index of disproportionality, in points (Gallagher 1991): shares of the party vote "
    "against shares of the elected seats; the self-nominated are one group without list votes",
    "wasted votes": "share of valid list ballots for lists without a seat in the house",
    "against all": "share of valid list ballots against all, where the paper has that line",
}


def indices(sample: Sample, number: int) -> dict[str, Floats]:
    """Return the indices of the house under one system, ``[draw]`` each; see ``INDICES``."""
    plan = sample.plan
    lists = plan.lists
    seats = sample.seats[:, number].astype(np.float64)
    elected = np.maximum(seats.sum(axis=1), 1)
    party_votes = sample.votes[:, :lists].astype(np.float64)
    absent = any(
        isinstance(tier, ListTier) and tier.against_all.use == "not on the ballot"
        for tier in plan.systems[number].tiers
    )
    valid = party_votes.sum(axis=1) if absent else sample.votes.sum(axis=1, dtype=np.int64).astype(np.float64)
    squares = (seats[:, :lists] ** 2).sum(axis=1) + seats[:, lists:].sum(axis=1)
    apart = seats / elected[:, None]
    apart[:, :lists] -= party_votes / np.maximum(party_votes.sum(axis=1, keepdims=True), 1)
    return {
        "parties": (seats[:, :lists] > 0).sum(axis=1).astype(np.float64),
        "effective parties": elected**2 / np.maximum(squares, 1),
        "gallagher": 100 * np.sqrt(0.5 * (apart**2).sum(axis=1)),
        "wasted votes": (party_votes * (seats[:, :lists] == 0)).sum(axis=1) / np.maximum(valid, 1),
        "against all": (valid - party_votes.sum(axis=1)) / np.maximum(valid, 1),
    }


def index_estimates(sample: Sample) -> Iterator[tuple[str, str, Estimate, Estimate]]:
    """Yield (system, index, mean, mean difference to the first system) for every system and index."""
    root = np.sqrt(sample.draws)
    first = indices(sample, 0)
    for number, system in enumerate(sample.plan.systems):
        for name, values in indices(sample, number).items():
            apart = values - first[name]
            yield (
                system.id,
                name,
                Estimate(float(values.mean()), float(values.std() / root)),
                Estimate(float(apart.mean()), float(apart.std() / root)),
            )


@dataclass(frozen=True, slots=True)
class ThresholdPoint:
    """A list under one threshold: its chance to pass and its mean list seats, over the sample."""

    system: str
    party: str
    threshold: Fraction
    passes: Probability
    seats: Estimate


def threshold_curve(sample: Sample, steps: int = 100, most: Fraction = Fraction(1, 10)) -> Iterator[ThresholdPoint]:
    """Yield chances and mean list seats of every list at thresholds from 0 to ``most``, on the same ballots."""
    plan = sample.plan
    blocks = sample.draws // BLOCK
    if blocks == 0:
        return
    draws = blocks * BLOCK
    votes = np.ascontiguousarray(sample.votes[:draws].reshape(blocks, BLOCK, -1).transpose(0, 2, 1))
    ballots = votes.sum(axis=1, dtype=np.int64).astype(np.int32)
    cast = np.maximum((ballots / plan.model.ballots.valid_share + 0.5).astype(np.int32), ballots)
    lists = np.ascontiguousarray(votes[:, : plan.lists])
    for k, system in enumerate(plan.systems):
        tier = next((tier for tier in system.tiers if isinstance(tier, ListTier)), None)
        if tier is None:
            continue
        law = np.repeat(plan.laws.law[k : k + 1], blocks, axis=0)
        lengths = np.repeat(plan.laws.list_lengths[k : k + 1], blocks, axis=0)
        base = {"valid ballots": ballots, "party votes": lists.sum(axis=1), "ballots cast": cast}[tier.threshold.of]
        if tier.against_all.use == "not on the ballot" and tier.threshold.of != "party votes":
            base = base - ballots + lists.sum(axis=1)
        for step in range(steps + 1):
            share = most * step / steps
            law[:, column.SHARE_NUMERATOR], law[:, column.SHARE_DENOMINATOR] = share.numerator, share.denominator
            seats = np.zeros_like(lists)
            count_lists(lists, ballots, cast, law, lengths, seats, np.zeros((blocks, CASES), np.int64))
            wide = lists.astype(np.int64) * share.denominator
            asked = base.astype(np.int64)[:, None, :] * share.numerator
            passing = ((wide > asked) if tier.threshold.comparison == "more than" else (wide >= asked)) & (lists > 0)
            for p, party in enumerate(plan.model.parties):
                own = seats[:, p]
                yield ThresholdPoint(
                    system.id,
                    party,
                    share,
                    Probability(int(passing[:, p].sum()), draws),
                    Estimate(float(own.mean()), float(own.std() / np.sqrt(draws))),
                )
