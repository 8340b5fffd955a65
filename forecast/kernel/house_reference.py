"""One draw under a law of any parliament as the reference reads it: its list papers, and their count."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from forecast.kernel.house_draw import HouseScratch
from forecast.kernel.house_plan import HouseLaw, TierLaw
from forecast.kernel.plan import Plan
from forecast.kernel.random import BLOCK, Keys, raw_words
from forecast.rules.ballots import Paper
from forecast.rules.proportional_count import count_proportional_tier

Ballots = npt.NDArray[np.int32]


def invalid_beside(valid: int, valid_share: float) -> int:
    """Return the invalid ballots beside so many valid ones, as ``votes.cast_of`` rounds them."""
    return max(int(valid / valid_share + 0.5), valid) - valid


def list_papers(plan: Plan, law: HouseLaw, votes: Ballots, regional: Ballots) -> dict[str, dict[str, Paper]]:
    """Return the list papers of every tier by district, from ballots ``[option]`` and ``[region, option]``."""
    by_region = {
        region.name: _paper(plan, row.tolist())
        for region, row in zip(plan.model.electorate.regions, regional, strict=False)
    }
    whole = _paper(plan, votes.tolist())
    if by_region:
        whole = Paper(whole.votes, whole.against_all, sum(paper.invalid for paper in by_region.values()))
    return {one.tier.name: {"": whole} if one.national else by_region for one in law.tiers}


def _paper(plan: Plan, ballots: Sequence[int]) -> Paper:
    lists = plan.lists
    votes = dict(zip(plan.model.parties, ballots[:lists], strict=True))
    return Paper(votes, sum(ballots[lists:]), invalid_beside(sum(ballots), plan.model.ballots.valid_share))


def seats_by_reference(plan: Plan, one: TierLaw, drawn: HouseScratch, row: int) -> tuple[npt.NDArray[np.int64], int]:
    """Return a tier's seats ``[place or last, list]`` in a draw, and those of nobody, counted by the reference."""
    votes, against, invalid = (
        (drawn.whole, drawn.whole_against, drawn.whole_invalid)
        if one.national
        else (drawn.votes, drawn.against, drawn.invalid)
    )
    lists = plan.model.parties
    papers = {
        place: Paper(dict(zip(lists, votes[row, d].tolist(), strict=True)), int(against[row, d]), int(invalid[row, d]))
        for d, place in enumerate(one.plan.places)
    }
    counted, _ = count_proportional_tier(one.tier, papers, steps=False)
    seats = np.zeros((len(papers) + 1, len(lists)), np.int64)
    for name, district in counted.districts.items():
        place = one.plan.places.index(name) if name in one.plan.places else len(papers)
        seats[place] = [district.seats.get(party, 0) for party in lists]
    return seats, counted.vacant


def lots_of_block(keys: Keys, block: int) -> npt.NDArray[np.int32]:
    """Return the lots of a block, ``[draw, stream]``: words of streams of their own, drawn with the votes."""
    words = np.zeros((len(keys), BLOCK), np.int32)
    raw_words(keys, block, words)
    return words.T


def lots_of(plan: Plan, law: HouseLaw, draw: int) -> dict[str, dict[str, dict[str, int]]]:
    """Return a draw's lots by tier, district and list, for the tiers that decide equal claims by lot."""
    columns, found = (*plan.model.parties, ""), {}
    for one in law.tiers:
        if one.lots is not None:
            places = (*one.plan.places, "")
            lots = lots_of_block(one.lots, draw // BLOCK)[draw % BLOCK].reshape(len(places), len(columns)).tolist()
            found[one.tier.name] = {
                place: dict(zip(columns, row, strict=True)) for place, row in zip(places, lots, strict=True)
            }
    return found
