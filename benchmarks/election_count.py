"""Count the cases of an election one after another, by the reference or by the kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from benchmarks.election_cases import Case
from forecast.rules.ballots import Paper
from forecast.rules.count import count_nominal_tier
from forecast.rules.linkage import Other, Spread
from forecast.rules.outcome import DistrictCount, TierCount
from forecast.rules.proportional import ProportionalTier
from forecast.rules.proportional_count import count_proportional_tier
from forecast.rules.system import NominalTier

Rows = dict[str, dict[str, int]]  # district -> party -> seats


@dataclass
class Result:
    """Seats of a case by district: its own, by region with those of the districts it is linked to, and the latter alone."""

    own: Rows
    linked: Rows
    districts: Rows = field(default_factory=dict)
    winners: dict[str, str | None] = field(default_factory=dict)
    uncovered: list[tuple[str, str]] = field(default_factory=list)
    placement: list[tuple[str, str]] = field(default_factory=list)

    def equals(self, other: Result) -> bool:
        """Return whether every seat of two counts is the same; rows without a seat do not matter."""
        return all(
            _without_zeros(mine) == _without_zeros(theirs)
            for mine, theirs in ((self.own, other.own), (self.linked, other.linked), (self.districts, other.districts))
        )


Counter = Callable[
    [ProportionalTier, dict[str, Paper], Mapping[str, Other], dict[str, dict[str, int]]], tuple[Rows, Spread]
]


def reference(
    tier: ProportionalTier, papers: dict[str, Paper], others: Mapping[str, Other], people: dict[str, dict[str, int]]
) -> tuple[Rows, Spread]:
    """Count a tier of lists by the reference."""
    _, found = count_proportional_tier(tier, papers, others, people, steps=False)
    return found.seats, found


def result(
    cases: list[Case], counter: Counter, nominal: Callable[[NominalTier, dict[str, Paper]], TierCount]
) -> Result:
    """Count cases in order, each with those before it, and return the last one's result."""
    others: dict[str, Other] = {}
    found = Result({}, {})
    for case in cases:
        if case.given is not None:
            others[case.name] = Other(_given(case.name, case.given), {})
        elif isinstance(case.tier, NominalTier):
            counted = nominal(case.tier, case.papers)
            others[case.name] = Other(counted, case.papers)
            rows = {name: dict(district.seats) for name, district in counted.districts.items()}
            found = Result(rows, rows, rows, {name: district.winner for name, district in counted.districts.items()})
        elif case.tier is not None:
            rows, spread = counter(case.tier, case.papers, others, case.people)
            linked = _linked(rows, case.tier, others, spread)
            found = Result(rows, linked, found.districts, found.winners, list(spread.uncovered), list(spread.placement))
            others[case.name] = Other(_given(case.name, rows), case.papers)
    return found


def nominal_reference(tier: NominalTier, papers: dict[str, Paper]) -> TierCount:
    """Count single-member districts by the reference."""
    return count_nominal_tier(tier, papers, steps=False)


def totals(rows: Rows) -> dict[str, int]:
    """Return the seats of all districts together, without parties that have none.

    >>> totals({"x": {"A": 1, "B": 0}, "y": {"A": 2}})
    {'A': 3}
    """
    found: dict[str, int] = {}
    for row in rows.values():
        for name, seats in row.items():
            if seats:
                found[name] = found.get(name, 0) + seats
    return found


def _without_zeros(rows: Rows) -> Rows:
    kept = {place: {name: seats for name, seats in row.items() if seats} for place, row in rows.items()}
    return {place: row for place, row in kept.items() if row}


def _given(name: str, rows: Rows) -> TierCount:
    seats: dict[str, int] = {}
    for row in rows.values():
        for party, number in row.items():
            seats[party] = seats.get(party, 0) + number
    return TierCount(name, "list", seats, {place: DistrictCount(dict(row), 0) for place, row in rows.items()}, 0)


def _linked(rows: Rows, tier: ProportionalTier, others: Mapping[str, Other], spread: Spread) -> Rows:
    """Add the seats of the tier that this one is linked to, by its regions, without winners who do not sit."""
    found = {place: dict(row) for place, row in rows.items()}
    if tier.linkage is None:
        return found
    regions: Mapping[str, str] = getattr(tier.linkage, "regions", {})
    missing = dict(spread.uncovered)
    for name, district in others[tier.linkage.tier].counted.districts.items():
        row = found.setdefault(regions.get(name, name), {})
        for party, seats in district.seats.items():
            sitting = seats if name not in missing else 0
            row[party] = row.get(party, 0) + sitting
    return found
