"""A case is an election seen from a day before it: the polls that had ended, pooled, and what was known by then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from forecast.voteshare.electorate import Poll, PollCentre, Quantity
from forecast.voteshare.past import PastElection
from forecast.voteshare.pooling import CONSTANTS, Constants, Polled, on_election_day, pool

Floats = npt.NDArray[np.float64]

FRESH_DAYS = 180  # an election counts if two polls ended within so many days before the as-of day
LEAST_POLLS = 2
MISSING_SIZE = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """An election ``horizon`` days before it; arrays are ``[option]``, shares are fractions.

    ``previous`` is NaN where nothing was known, ``new`` marks named parties without one (new on the ballot), and ``past``
    is the polls' past error of each option in its country (``Constants.record``).
    """

    election: PastElection
    horizon: int
    polled: Polled
    previous: Floats
    new: npt.NDArray[np.bool_]
    past: Floats

    @property
    def as_of(self) -> date:
        """The last day of which anything is known."""
        return self.election.day - timedelta(days=self.horizon)

    @property
    def outcome(self) -> Floats:
        """The result, ``[option]``."""
        return np.array([self.election.result[option] for option in self.election.options])


@dataclass(frozen=True, slots=True)
class Unscored:
    """An election that cannot be scored at a horizon, and why."""

    election: str
    horizon: int
    reason: str


def cases_of(
    elections: Sequence[PastElection], horizons: Sequence[int], constants: Constants = CONSTANTS
) -> tuple[list[Case], list[Unscored]]:
    """Return the cases of elections at horizons, in that order, and those that cannot be made.

    Only drift and house effect of ``constants`` matter here. A previous result, or another election's record, counts
    only if it was known on the as-of day.
    """
    cases: list[Case] = []
    unscored: list[Unscored] = []
    for horizon in horizons:
        polled: dict[str, Polled] = {}
        for election in elections:
            reason = _why_not(election, horizon)
            if reason:
                unscored.append(Unscored(election.id, horizon, reason))
            else:
                as_of = election.day - timedelta(days=horizon)
                polled[election.id] = pool(election.options, _centre(election, horizon), as_of, constants)
        for election in elections:
            if election.id in polled:
                previous, new = _previous(election, horizon)
                past = _past(election, horizon, elections, polled)
                cases.append(Case(election, horizon, polled[election.id], previous, new, past))
    return cases, unscored


def recent_polls(case: Case, days: int) -> tuple[Poll, ...]:
    """Return the polls that ended in the last so many days; those of the last day with any where there are none."""
    after = case.as_of - timedelta(days=days)
    recent = tuple(poll for poll in case.polled.polls if poll.end > after)
    return recent or tuple(poll for poll in case.polled.polls if poll.end == case.polled.polls[-1].end)


def sizes(polls: Sequence[Poll]) -> Floats:
    """Return sample sizes, ``[poll]``; a missing one counts as 1,000."""
    return np.array([poll.sample_size or MISSING_SIZE for poll in polls], dtype=float)


def shares(options: Sequence[str], polls: Sequence[Poll]) -> Floats:
    """Return shares among those who named an option, ``[poll, option]``; 0 where a poll left it out."""
    raw = np.array([[poll.shares.get(option, 0.0) for option in options] for poll in polls])
    closed: Floats = raw / raw.sum(axis=1, keepdims=True)
    return closed


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Cases as arrays ``[case, option]``, padded with options whose means are 0; ``named`` marks those that score."""

    mean: Floats
    variance: Floats
    trend: Floats
    previous: Floats
    new: npt.NDArray[np.bool_]
    past: Floats
    outcome: Floats
    named: npt.NDArray[np.bool_]
    horizon: npt.NDArray[np.int64]  # [case, 1]

    def rows(self, which: npt.NDArray[np.bool_]) -> Stack:
        """Return some of the cases."""
        return Stack(*(getattr(self, name)[which] for name in self.__dataclass_fields__))

    def forecast(self, constants: Constants) -> tuple[Floats, Floats]:
        """Return means and standard deviations on election day, ``[case, option]``."""
        mean, variance = on_election_day(
            self.mean, self.variance, self.trend, self.previous, self.new, self.past, self.horizon, constants
        )
        return mean, np.sqrt(mean * (1 - mean) * variance)


def stacked(cases: Sequence[Case]) -> Stack:
    """Return cases as padded arrays."""
    width = max(len(case.past) for case in cases)

    def padded(rows: Sequence[npt.NDArray[np.generic]], fill: float) -> Floats:
        return np.array([[*row, *[fill] * (width - len(row))] for row in rows], dtype=float)

    named = [np.array([option in case.election.parties for option in case.election.options]) for case in cases]
    return Stack(
        mean=padded([case.polled.mean for case in cases], 0.0),
        variance=padded([case.polled.variance for case in cases], 0.0),
        trend=padded([case.polled.trend for case in cases], 0.0),
        previous=padded([case.previous for case in cases], np.nan),
        new=padded([case.new for case in cases], 0.0).astype(bool),
        past=padded([case.past for case in cases], 0.0),
        outcome=padded([case.outcome for case in cases], 0.0),
        named=padded(named, 0.0).astype(bool),
        horizon=np.array([[case.horizon] for case in cases]),
    )


def _why_not(election: PastElection, horizon: int) -> str:
    as_of = election.day - timedelta(days=horizon)
    ended = [poll for poll in election.polls if poll.end <= as_of]
    fresh = [poll for poll in ended if poll.end >= as_of - timedelta(days=FRESH_DAYS)]
    if len(fresh) < LEAST_POLLS:
        polls = "poll" if len(fresh) == 1 else "polls"
        return f"{len(fresh)} {polls} ended in the {FRESH_DAYS} days to {as_of}; at least {LEAST_POLLS} are needed"
    missing = [option for option in election.options if not any(option in poll.shares for poll in ended)]
    if missing:
        return f"no poll to {as_of} names {', '.join(missing)}"
    return ""


def _centre(election: PastElection, horizon: int) -> PollCentre:
    none = Quantity(0.0, "assumed", "shares are closed on those who named an option")
    return PollCentre(election.polls, horizon, MISSING_SIZE, "proportional", none)


def _previous(election: PastElection, horizon: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
    as_of = election.day - timedelta(days=horizon)
    known = {party: share for party, (day, share) in election.previous.items() if day <= as_of}
    previous = np.array([known.get(option, np.nan) for option in election.options])
    new = [option in election.parties and option not in known for option in election.options]
    return previous, np.array(new)


def _past(election: PastElection, horizon: int, elections: Sequence[PastElection], polled: dict[str, Polled]) -> Floats:
    total = np.zeros(len(election.options))
    count = np.zeros(len(election.options))
    for other in elections:
        over = other.day < election.day - timedelta(days=horizon)
        if not over or other.country != election.country or other.id not in polled:
            continue
        for o, option in enumerate(election.options):
            if option in other.parties and option in election.parties:
                mean = polled[other.id].mean[other.options.index(option)]
                total[o] += (other.result[option] - mean) / np.sqrt(mean * (1 - mean))
                count[o] += 1
    past: Floats = total / (1 + count)
    return past
