"""Coalitions: the joint tallies for the builder of the page, and the likeliest majorities as a table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.distribution import Probability
from forecast.report.house import House

MOST = 10  # coalitions in the table


@dataclass(frozen=True, slots=True)
class Coalition:
    """A set of parties with its two probabilities."""

    members: tuple[str, ...]
    majority: Probability
    minimal: Probability


def builder_counts(house: House) -> dict[str, object]:
    """Return what the builder reads: the number of draws, and by set of parties the draws with a majority."""
    majority, minimal = house.coalition_counts
    return {"draws": house.run.draws, "majority": majority.tolist(), "minimal": minimal.tolist()}


def likeliest_coalitions(house: House) -> list[Coalition]:
    """Return the sets of parties that most often have a majority and need every member."""
    majority, minimal = house.coalition_counts
    parties, draws = house.coalition_parties, house.run.draws
    order = np.lexsort((np.arange(len(minimal)), -majority, -minimal))
    found = []
    for number in order[:MOST].tolist():
        if not minimal[number]:
            break
        members = tuple(party for place, party in enumerate(parties) if number >> place & 1)
        joint, least = (
            Probability(int(counts[number]), draws, replicates=house.coalition_replicates(tally, number))
            for tally, counts in (("majority", majority), ("minimal", minimal))
        )
        found.append(Coalition(members, joint, least))
    return found
