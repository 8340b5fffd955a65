"""Where parties and candidates are stronger than in the nation, from the votes of the last election.

Proportional swing: a party that had twice its national share in a place last time is expected to have twice its
national share there again, before the place's own shock. On the log scale of utilities that is a constant. Candidates
may follow a part of their party's swing only: voters part their two votes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast.voteshare.electorate import Candidate, Electorate

Floats = npt.NDArray[np.float64]

ABSENT = -30.0  # log scale: a list that does not stand in a region gets no whole ballot there


def regional_leans(electorate: Electorate, groups: Sequence[str], weights: Floats) -> Floats | None:
    """Return how far every group's strength in a region lies from the national one, ``[region, group]``, log scale.

    The national share is the regions' mean, weighted by their expected ballots ``weights``; a group of which no
    share is known leans nowhere. None where the model has no regional shares.
    """
    if electorate.regional_shares is None:
        return None
    leans = np.zeros((len(electorate.regions), len(groups)))
    for g, group in enumerate(groups):
        shares = [electorate.regional_shares[region.name].get(group) for region in electorate.regions]
        known = np.array([share is not None for share in shares])
        if not known.any():
            continue
        values = np.array([0.0 if share is None else share for share in shares])
        mean = float((values * weights)[known].sum() / weights[known].sum())
        if mean > 0:
            stands = known & (values > 0)
            leans[known, g] = ABSENT
            leans[stands, g] = np.log(values[stands] / mean)
    rounded: Floats = np.round(leans, 6)
    return rounded


@dataclass(frozen=True, slots=True)
class Lean:
    """How a candidate's utility stands to the group's strength in the region: ``shift`` + ``follow`` * the party's utility."""

    shift: float
    follow: float = 0.0


def candidate_lean(electorate: Electorate, person: Candidate, regional: float, everything: float, alone: float) -> Lean:
    """Return how a candidate leans: expected at the base share, moved by the part ``swing`` of the party's swing.

    Parameters
    ----------
    regional
        Lean of the candidate's group in the region.
    everything
        Utility of an option with all votes.
    alone
        Location of the self-nominated; a candidate of no party is expected at the base share.
    """
    if person.base_share is None or electorate.contests is None:
        return Lean(0.0)
    if person.party is None:
        return Lean(round(float(np.log(person.base_share)) + everything - alone, 6))
    previous = next(option.previous for option in electorate.options if option.name == person.party) or 1.0
    less = electorate.contests.swing.value - 1
    before = float(np.log(previous))
    shift = party_lean(electorate, person) - regional - less * (everything + before)
    return Lean(round(shift, 6), round(less, 6))


def party_lean(electorate: Electorate, person: Candidate) -> float:
    """Return how far a party's candidate stood from the party's national strength at the last election, log scale."""
    previous = next(option.previous for option in electorate.options if option.name == person.party)
    return float(np.log(person.base_share / previous)) if person.base_share and previous else 0.0
