"""A vote model: the joint distribution of national shares, ballots, regions and district contests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast.voteshare.districts import self_nominated_location
from forecast.voteshare.electorate import Candidate, DrawsCentre, Electorate, Noise, PollCentre, ResultCentre
from forecast.voteshare.families import LogisticNormal, logistic_normal_with
from forecast.voteshare.leanings import Lean, candidate_lean, regional_leans
from forecast.voteshare.pooling import PooledVote, pooled_vote
from forecast.voteshare.posterior import closest_logistic_normal
from forecast.voteshare.remembered import remembered
from forecast.voteshare.turnout import BallotModel, ballot_model
from forecast.voteshare.wards import ward_location

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Contest:
    """One district: its region's number, and its candidates with their groups, in ascending order of group.

    ``leans`` say how the candidates' utilities stand to their groups' strength in the region.
    """

    id: str
    region: int
    candidates: tuple[Candidate, ...]
    groups: tuple[int, ...]
    sds: tuple[float, ...]
    leans: tuple[Lean, ...]


@dataclass(frozen=True, slots=True, eq=False)
class VoteModel:
    """Everything the voters may do, as distributions.

    ``options`` are the lines of the list ballot (parties first); ``groups`` those who can win a district: the
    parties in the same order, then the self-nominated where there are districts. Scales are those of log shares.
    """

    electorate: Electorate
    options: tuple[str, ...]
    parties: tuple[str, ...]
    groups: tuple[str, ...]
    mean: Floats
    sd: Floats
    pooled: PooledVote | None
    votes: LogisticNormal
    ballots: BallotModel
    regional_sd: float
    self_location: float
    self_national_sd: float
    contests: tuple[Contest, ...]
    posterior: Floats | None = None  # shares [row, option], where they stand in for the family; a draw picks a row
    ward_location: float = 0.0  # of the self-nominated in the districts of local assemblies
    regional_leans: Floats | None = None  # [region, group] log scale; None: every region is like the nation

    @property
    def noise(self) -> Noise:
        """The law of the candidates' personal votes."""
        return self.electorate.contests.noise if self.electorate.contests is not None else "normal"

    @property
    def standing(self) -> tuple[str, ...]:
        """The groups that stand: the parties, and the self-nominated where there is one."""
        alone = any(person.party is None for contest in self.contests for person in contest.candidates)
        return self.groups if alone else self.parties

    @property
    def is_certain(self) -> bool:
        """Whether nothing is random: every spread is 0, and all draws are the same election."""
        spreads = (self.ballots.sd, self.regional_sd, self.self_national_sd)
        people = (sd for contest in self.contests for sd in contest.sds)
        return not self.votes.scale.any() and not any(spreads) and not any(people)

    def district_parts(self) -> Floats:
        """Return each district's part of the expected ballots, ``[district]``; they add up to 1."""
        if self.electorate.contests is None:
            return np.zeros(0)
        voters = np.array([district.electorate for district in self.electorate.contests.districts], dtype=float)
        ballots = voters * self.ballots.turnouts[[contest.region for contest in self.contests]]
        parts: Floats = np.round(ballots / ballots.sum(), 9)
        return parts


def fit(electorate: Electorate) -> VoteModel:
    """Return the vote model of an electorate: pool the polls, match the moments, place the self-nominated.

    Raises
    ------
    DocumentError
        The polls cannot be pooled (see ``pooling.pooled_vote``).
    """
    pooled = posterior = None
    tail = 0.0
    if isinstance(electorate.centre, DrawsCentre):
        posterior = electorate.centre.shares
        mean, sd = posterior.mean(axis=0), posterior.std(axis=0)
    elif isinstance(electorate.centre, PollCentre):
        pooled = pooled_vote(electorate.options, electorate.centre, electorate.as_of)
        mean, sd, tail = pooled.mean, pooled.sd, pooled.tail
    else:
        mean, sd = _around_result(electorate, electorate.centre)
    votes = _family(mean, sd, tail) if posterior is None else closest_logistic_normal(posterior)
    parties = electorate.parties
    groups, location, national_sd = parties, 0.0, 0.0
    contests: tuple[Contest, ...] = ()
    ballots = ballot_model(electorate)
    if electorate.contests is not None:
        rule = electorate.contests.self_nominated
        groups = (*parties, rule.label)
        location = self_nominated_location(electorate, electorate.contests, votes)
        national_sd = rule.national_sd.value
    leans = regional_leans(electorate, groups, ballots.weights)
    if electorate.contests is not None:
        everything = float(np.log(np.exp(votes.location).sum()))
        contests = _contests(electorate, groups, leans, everything, location)
    in_wards = 0.0
    if electorate.contests is not None and electorate.assemblies is not None:
        in_wards = ward_location(electorate, electorate.contests, electorate.assemblies, votes)
    return VoteModel(
        electorate=electorate,
        options=tuple(option.name for option in electorate.options),
        parties=parties,
        groups=groups,
        mean=mean,
        sd=sd,
        pooled=pooled,
        posterior=posterior,
        votes=votes,
        ballots=ballots,
        regional_sd=electorate.regional_sd.value,
        self_location=location,
        self_national_sd=national_sd,
        contests=contests,
        ward_location=in_wards,
        regional_leans=leans,
    )


def _family(mean: Floats, sd: Floats, tail: float) -> LogisticNormal:
    def matched() -> Floats:
        family = logistic_normal_with(mean, sd, tail)
        return np.stack([family.location, family.scale.diagonal()])

    location, scale = remembered("family", (mean, sd, tail), matched)
    return LogisticNormal(location, np.diag(scale), tail)


def _around_result(electorate: Electorate, centre: ResultCentre) -> tuple[Floats, Floats]:
    votes = np.array([centre.votes[option.name] for option in electorate.options], dtype=float)
    mean = np.maximum(votes / votes.sum(), 1e-6)
    mean = mean / mean.sum()
    return mean, centre.error.value * np.sqrt(mean * (1 - mean))


def _contests(
    electorate: Electorate, groups: tuple[str, ...], leans: Floats | None, everything: float, alone: float
) -> tuple[Contest, ...]:
    if electorate.contests is None:
        return ()
    region = {item.name: r for r, item in enumerate(electorate.regions)}
    number = {name: g for g, name in enumerate(groups)}
    rule = electorate.contests.self_nominated
    built = []
    for district in electorate.contests.districts:
        here = region[district.region]
        people = sorted(district.candidates, key=lambda person: number[person.party or rule.label])
        built.append(
            Contest(
                id=district.id,
                region=here,
                candidates=tuple(people),
                groups=tuple(number[person.party or rule.label] for person in people),
                sds=tuple(
                    rule.sd.value if person.party is None else electorate.contests.candidate_sd.value
                    for person in people
                ),
                leans=tuple(
                    candidate_lean(
                        electorate,
                        person,
                        0.0 if leans is None else float(leans[here, number[person.party or rule.label]]),
                        everything,
                        alone,
                    )
                    for person in people
                ),
            )
        )
    return tuple(built)
