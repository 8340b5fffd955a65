"""Elections counted by ready systems: by the reference and by the kernel, which must agree."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.election_kernel import nominal_kernel
from forecast.kernel.list_plan import kernel_count
from forecast.rules.ballots import Paper, Votes
from forecast.rules.count import SECOND_ROUND, Count, count, count_nominal_tier
from forecast.rules.linkage import Other
from forecast.rules.proportional import ProportionalTier
from forecast.rules.proportional_count import count_proportional_tier
from forecast.rules.system import ElectoralSystem, NominalTier, Plurality

LAW = Path(__file__).parent / "law"

People = Mapping[str, Mapping[str, int]]


def counted(system: ElectoralSystem, votes: Votes) -> Count:
    """Return the count of the reference, after the kernel has found the same."""
    check_kernel(system, votes)
    return count(system, votes, steps=False)


def check_kernel(system: ElectoralSystem, votes: Votes, people: People | None = None) -> dict[str, Other]:
    """Count tier by tier, by the reference and by the kernel, and return what the reference found.

    Two rounds are counted by the reference alone: the kernel draws their second round from voters it does not have here.
    """
    others: dict[str, Other] = {}
    for tier in system.tiers:
        papers = dict(votes.tiers.get(tier.name, {}))
        if not papers:
            continue
        if isinstance(tier, NominalTier):
            second = votes.tiers.get(tier.name + SECOND_ROUND)
            found = count_nominal_tier(tier, papers, second_round=second, steps=False)
            if isinstance(tier.formula, Plurality):
                assert _won(nominal_kernel(tier, papers).seats) == _won(found.seats), tier.name
        else:
            assert isinstance(tier, ProportionalTier)
            found, spread = count_proportional_tier(tier, papers, others, people, steps=False)
            again = kernel_count(tier, papers, others, people)
            assert _rows(again.seats) == _rows(spread.seats), tier.name
            assert again.uncovered == tuple(name for name, _ in spread.uncovered), tier.name
        others[tier.name] = Other(found, papers)
    return others


def winners(won: Mapping[str, int], names: Iterable[str] | None = None) -> dict[str, Paper]:
    """Return a paper for every single-member district that a party won, with one vote, for it."""
    each = [party for party, number in won.items() for _ in range(number)]
    places = list(names) if names is not None else [str(number) for number in range(len(each))]
    return {place: Paper({party: 1}) for place, party in zip(places, each, strict=True)}


def regional_votes(file: str, constituencies: Mapping[str, str], nominal: str, lists: str) -> Votes:
    """Read ``region,party,constituencies,votes``: winners by region, and list votes; ``others`` are beside the lists.

    ``constituencies`` are their regions by name, as the system has them.
    """
    won: dict[str, dict[str, int]] = {}
    votes: dict[str, dict[str, int]] = {}
    with (LAW / file).open(encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            won.setdefault(row["region"], {})[row["party"]] = int(row["constituencies"])
            votes.setdefault(row["region"], {})[row["party"]] = int(row["votes"])
    papers: dict[str, Paper] = {}
    for region, row_won in won.items():
        papers |= winners(row_won, [name for name, place in constituencies.items() if place == region])
    return Votes(
        {
            nominal: papers,
            lists: {
                region: Paper({party: number for party, number in row.items() if party != "others"}, row["others"])
                for region, row in votes.items()
            },
        }
    )


def without_zeros(seats: Mapping[str, int]) -> dict[str, int]:
    """Return the parties that have seats."""
    return _won(seats)


def _won(seats: Mapping[str, int]) -> dict[str, int]:
    return {name: number for name, number in seats.items() if number}


def _rows(rows: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    return {place: won for place, row in rows.items() if (won := _won(row))}
