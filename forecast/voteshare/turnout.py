"""Registered voters to valid ballots: earlier turnouts of the regions, and the national uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast.voteshare.electorate import Electorate

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class BallotModel:
    """Valid ballots are ``most * logistic(mean + sd z)``: ``most`` is what full turnout would give.

    ``valid_share`` of the ballots cast are valid. ``weights[region]`` are the regions' parts of the expected ballots,
    and add up to 1; ``turnouts[region]`` their expected turnouts.
    """

    most: float
    mean: float
    sd: float
    valid_share: float
    weights: Floats
    turnouts: Floats


def expected_turnouts(electorate: Electorate) -> Floats:
    """Return each region's mean turnout over the elections on record, ``[region]``, as fractions.

    A turnout that was not found is filled in from the region's others, shifted by how the two elections differed
    where both are known.
    """
    names = list(electorate.regions[0].turnouts)
    known = np.array(
        [
            [np.nan if region.turnouts[name] is None else region.turnouts[name] for name in names]
            for region in electorate.regions
        ],
        dtype=float,
    )
    complete = known[~np.isnan(known).any(axis=1)]
    level = complete.mean(axis=0) if len(complete) else np.nanmean(known, axis=0)
    offset = known - level
    own = np.nanmean(offset, axis=1, keepdims=True)
    filled: Floats = np.where(np.isnan(known), level + own, known).mean(axis=1)
    return filled


def ballot_model(electorate: Electorate) -> BallotModel:
    """Return the distribution of valid ballots of an electorate.

    National turnout is the mean of the regions', weighted by voters; its sd is declared by the document (as a
    share) and carried to the logit scale.
    """
    turnouts = expected_turnouts(electorate)
    voters = np.zeros(len(turnouts))
    if electorate.contests is None:
        voters[:] = [region.electorate or 1 for region in electorate.regions]
    else:
        number = {region.name: r for r, region in enumerate(electorate.regions)}
        for district in electorate.contests.districts:
            voters[number[district.region]] += district.electorate
    ballots = voters * turnouts
    turnout = float(ballots.sum() / voters.sum())
    most = electorate.turnout.electorate * electorate.turnout.valid_share.value
    mean = np.log(turnout / (1 - turnout))
    sd = electorate.turnout.sd.value / (turnout * (1 - turnout))
    return BallotModel(
        most=round(most, 3),
        mean=round(float(mean), 6),
        sd=round(float(sd), 6),
        valid_share=electorate.turnout.valid_share.value,
        weights=ballots / ballots.sum(),
        turnouts=turnouts,
    )
