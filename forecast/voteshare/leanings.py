"""Where parties and candidates are stronger than in the nation, from the votes of the last election.

Proportional swing: a party that had twice its national share in a place last time is expected to have twice its
national share there again, before the place's own shock. On the log scale of utilities that is a constant.
"""

from __future__ import annotations

from collections.abc import Sequence

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


def candidate_leans(
    electorate: Electorate, people: Sequence[Candidate], groups: Sequence[str], alone: float, leans: Floats | None
) -> tuple[float, ...]:
    """Return how far each candidate of a district stands from the group's strength in the region, log scale.

    ``alone`` is the strength of the self-nominated beside that of a party with all votes, ``leans`` are the region's
    ``[group]``. A candidate of a party is expected at the base share times the party's swing, one of none at it.
    """
    found = []
    for person in people:
        if person.base_share is None:
            found.append(0.0)
        elif person.party is None:
            found.append(round(float(np.log(person.base_share)) - alone, 6))
        else:
            regional = 0.0 if leans is None else float(leans[groups.index(person.party)])
            found.append(round(party_lean(electorate, person) - regional, 6))
    return tuple(found)


def party_lean(electorate: Electorate, person: Candidate) -> float:
    """Return how far a party's candidate stands from the party's national strength, log scale."""
    previous = next(option.previous for option in electorate.options if option.name == person.party)
    return float(np.log(person.base_share / previous)) if person.base_share and previous else 0.0
