"""The national vote in the districts: strengths of candidates, and of those who stand for no party.

A candidate's utility is the party's national utility, plus the region's shock for that party, plus personal noise;
the candidate with the largest utility has the most votes. Self-nominated candidates have no party to move with:
they share a location and a national shock of their own.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from forecast.voteshare.electorate import Contests, Electorate
from forecast.voteshare.families import LogisticNormal, normal_nodes

Floats = npt.NDArray[np.float64]

NODES = 4096


def self_nominated_location(electorate: Electorate, contests: Contests, votes: LogisticNormal) -> float:
    """Return the location at which self-nominated candidates win their declared share of districts on average.

    The share comes from an earlier election (``won`` of ``of``). For every district and an even spread of draws, the
    best party candidate is ahead of the best self-nominated one by some distance; the location is the quantile of
    that distance at ``won / of``. Regional shocks are as wide as the document says; their recentring is left out.
    """
    rule = contests.self_nominated
    utility = votes.location + normal_nodes(len(votes.location), NODES) @ votes.scale.T
    number = {option.name: o for o, option in enumerate(electorate.options)}
    noise = FixedNormals(NODES)
    distances = []
    for district in contests.districts:
        parties = [number[person.party] for person in district.candidates if person.party is not None]
        alone = sum(person.party is None for person in district.candidates)
        if not alone or not parties:
            continue
        shift = np.hypot(electorate.regional_sd.value, contests.candidate_sd.value)
        best_party = (utility[:, parties] + shift * noise(len(parties))).max(axis=1)
        best_alone = (rule.sd.value * noise(alone)).max(axis=1)
        common = np.hypot(rule.national_sd.value, electorate.regional_sd.value) * noise(1)[:, 0]
        distances.append(best_party - best_alone - common)
    if not distances:
        return 0.0
    return round(float(np.quantile(np.concatenate(distances), rule.won / rule.of)), 6)


class FixedNormals:
    """Fixed pseudo-random normals from Philox raw words, whose stream NumPy guarantees never to change."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.words = np.random.Philox(key=20230319)

    def __call__(self, columns: int) -> Floats:
        """Return the next ``[row, column]`` standard normals."""
        words = self.words.random_raw(self.rows * columns).reshape(self.rows, columns) >> np.uint64(11)
        normals: Floats = ndtri((words.astype(np.float64) + 0.5) * 2.0**-53)
        return normals
