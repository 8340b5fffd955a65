"""The national vote in the districts: strengths of candidates, and of those who stand for no party.

A candidate's utility is the party's national utility, plus the region's shock for that party, plus personal noise;
the candidate with the largest utility has the most votes. Self-nominated candidates have no party to move with:
they share a location and a national shock of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from forecast.voteshare.electorate import Contests, Electorate, Noise
from forecast.voteshare.families import LogisticNormal, gumbel_noise, normal_nodes
from forecast.voteshare.leanings import party_lean
from forecast.voteshare.remembered import remembered

Floats = npt.NDArray[np.float64]

NODES = 4096

Field: TypeAlias = tuple[list[int], list[float], int]  # options of its parties, their leans, number of self-nominated


def self_nominated_location(electorate: Electorate, contests: Contests, votes: LogisticNormal) -> float:
    """Return the location at which self-nominated candidates win their declared share of districts on average.

    The share comes from an earlier election (``won`` of ``of``). For every district and an even spread of draws, the
    best party candidate is ahead of the best self-nominated one by some distance; the location is the quantile of
    that distance at ``won / of``. Regional shocks are as wide as the document says; their recentring is left out.
    """
    rule, regional_sd = contests.self_nominated, electorate.regional_sd.value
    number = {option.name: o for o, option in enumerate(electorate.options)}
    fields: list[Field] = []
    for district in contests.districts:
        listed = [person for person in district.candidates if person.party is not None]
        parties = [number[person.party] for person in listed if person.party is not None]
        alone = sum(person.party is None and person.base_share is None for person in district.candidates)
        if alone and parties:
            fields.append((parties, [party_lean(electorate, person) for person in listed], alone))
    if not fields:
        return 0.0

    def quantile() -> Floats:
        distances = np.concatenate(leads(contests, votes, regional_sd, fields))
        return np.array([round(float(np.quantile(distances, rule.won / rule.of)), 6)])

    facts = (*facts_of_leads(contests, votes, regional_sd), fields)
    return float(remembered("self-nominated", facts, quantile)[0])


def leads(contests: Contests, votes: LogisticNormal, area_sd: float, fields: Sequence[Field]) -> list[Floats]:
    """Return how far the best party candidate of each field is ahead of the best self-nominated one, node by node."""
    rule, noise = contests.self_nominated, FixedNormals(NODES)
    utility = votes.utilities(normal_nodes(len(votes.location), NODES))
    distances = []
    for parties, leans, alone in fields:
        own = noise.around(area_sd, contests.candidate_sd.value, len(parties), contests.noise)
        best_party = (utility[:, parties] + np.array(leans) + own).max(axis=1)
        best_alone = (rule.sd.value * noise.personal(alone, contests.noise)).max(axis=1)
        common = np.hypot(rule.national_sd.value, area_sd) * noise(1)[:, 0]
        distances.append(best_party - best_alone - common)
    return distances


def facts_of_leads(contests: Contests, votes: LogisticNormal, area_sd: float) -> tuple[object, ...]:
    """Return what the quantile of ``leads`` follows from, but for the fields."""
    rule = contests.self_nominated
    return (
        votes.location, votes.scale, votes.tail, area_sd, contests.candidate_sd.value, contests.noise, rule.sd.value,
        rule.national_sd.value, rule.won, rule.of,
    )  # fmt: skip


class FixedNormals:
    """Fixed pseudo-random normals from Philox raw words, whose stream NumPy guarantees never to change."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.words = np.random.Philox(key=20230319)

    def __call__(self, columns: int) -> Floats:
        """Return the next ``[row, column]`` standard normals."""
        from scipy.special import ndtri  # not where a fit is remembered

        normals: Floats = ndtri(self._uniforms(columns))
        return normals

    def personal(self, columns: int, noise: Noise) -> Floats:
        """Return the next ``[row, column]`` personal votes of standard deviation 1, under the law ``noise``."""
        return gumbel_noise(self._uniforms(columns)) if noise == "gumbel" else self(columns)

    def around(self, area_sd: float, personal_sd: float, columns: int, noise: Noise) -> Floats:
        """Return the next ``[row, column]`` sums of an area's normal shock and a personal vote.

        Two normals add up to one; a normal and a Gumbel number need two.
        """
        if noise == "gumbel":
            return area_sd * self(columns) + personal_sd * self.personal(columns, noise)
        both: Floats = np.hypot(area_sd, personal_sd) * self(columns)
        return both

    def _uniforms(self, columns: int) -> Floats:
        words = self.words.random_raw(self.rows * columns).reshape(self.rows, columns) >> np.uint64(11)
        uniforms: Floats = (words.astype(np.float64) + 0.5) * 2.0**-53
        return uniforms
