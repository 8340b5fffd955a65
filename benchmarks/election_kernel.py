"""Count the cases of an election by the kernel, in the form that the reference returns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from benchmarks.election_count import Rows
from forecast.kernel.list_house import district_winners
from forecast.kernel.list_plan import kernel_count
from forecast.rules.ballots import Paper
from forecast.rules.linkage import Other, Spread
from forecast.rules.outcome import DistrictCount, TierCount
from forecast.rules.proportional import ProportionalTier
from forecast.rules.system import NominalTier, Plurality


def kernel(
    tier: ProportionalTier, papers: dict[str, Paper], others: Mapping[str, Other], people: dict[str, dict[str, int]]
) -> tuple[Rows, Spread]:
    """Count a tier of lists by the kernel."""
    found = kernel_count(tier, papers, others, people)
    linked = others[tier.linkage.tier].counted.districts if tier.linkage is not None else {}
    uncovered = tuple((name, linked[name].winner or "") for name in found.uncovered)
    return found.seats, Spread(found.seats, (), uncovered, vacant=found.vacant)


def nominal_kernel(tier: NominalTier, papers: dict[str, Paper]) -> TierCount:
    """Count single-member districts by the kernel; only plurality."""
    if not isinstance(tier.formula, Plurality):
        raise NotImplementedError("two rounds")
    names = list(dict.fromkeys(name for paper in papers.values() for name in paper.votes))
    votes = np.array([[paper.votes.get(name, -1) for name in names] for paper in papers.values()], np.int64)
    winner = np.empty(len(papers), np.int64)
    district_winners(votes, winner)
    seats = dict.fromkeys(names, 0)
    districts = {}
    for (place, paper), number in zip(papers.items(), winner.tolist(), strict=True):
        won = names[number] if number >= 0 else None
        districts[place] = DistrictCount({name: int(name == won) for name in paper.votes}, int(won is None), won)
        if won is not None:
            seats[won] += 1
    return TierCount(tier.name, "nominal", seats, districts, sum(one.vacant for one in districts.values()))
