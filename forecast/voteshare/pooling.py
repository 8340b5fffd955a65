"""Polls to a mean and a standard deviation on election day, in closed form.

On the scale ``x / sqrt(p (1 - p))`` two polls a and b of the same option have the covariance

    q^2 min(t_a, t_b) + tau^2 [same pollster] + [a = b] (1 / n_a + kappa^2 u_a^2)

with ``t`` the days from the poll's last day of fieldwork to the as-of day: a random walk backwards, house effects,
sampling noise, and noise of its own from voters who named no option (share ``u``). Generalised least squares gives
weights that do not depend on the option. Around the mean stands

    1 / (1' V^-1 1) + (a_h w_new)^2 + (kappa u)^2

the error of the pooling, of the polling industry as a whole (``a_h``: its bias and all drift after the as-of day,
wider by ``w_new`` for options that are new on the ballot), and of the undecided voters who will decide the same way
in every poll (``u``: their share, weighted like the polls). The mean of election day is the pooled mean, moved by what
past elections teach: see ``on_election_day`` and ``Constants``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from forecast.errors import DocumentError
from forecast.voteshare.electorate import Option, Poll, PollCentre

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Constants:
    """What past elections teach about polls; standard deviations in units of ``sqrt(p (1 - p))``.

    Between 1 and 60 days they are smooth in the logarithm of the horizon h (days from the as-of day to the election);
    beyond that the last day's hold. ``far`` runs from 0 at a week or less to 1 at sixty days.

    drift
        q: random walk a square-root day.
    house
        tau: house effect of a pollster.
    industry_near, industry_slope, industry_far
        a_h = (industry_near + industry_slope ln h + industry_far far) (1 + small_sample far).
    new_party_slope
        w_new = 1 + new_party_slope ln h: how many times wider a_h is for options new on the ballot, which are those
        without a known previous result.
    pull
        far^2 times this is the weight of the previous result in the mean.
    trend
        part of the last thirty days' movement that goes on: whole from 2 to 30 days, none on the eve or at 60 days.
    levelling
        far times this, times sqrt(p (1 - p)), is what an option gains for each unit by which its log share lies below
        that of an equal split: small parties that stand are polled too low far out, and large ones too high.
    record
        part of the polls' past error of a party in its country (result less pooled mean over sqrt(p (1 - p)), summed
        over earlier elections and divided by one more than their number) expected again on the eve; none at 60 days.
    tail_near, tail_far
        ``tail`` of the vote's family (``families.LogisticNormal``) on the eve and at 60 days.
    small_sample
        how much wider a_h is far out than learned: constants learned from some thirty elections fit these better than
        the next one.
    """

    drift: float
    house: float
    industry_near: float
    industry_slope: float
    industry_far: float
    new_party_slope: float
    pull: float
    trend: float
    levelling: float
    record: float
    tail_near: float
    tail_far: float
    small_sample: float

    def industry(self, horizon: npt.ArrayLike) -> Floats:
        """Return a_h."""
        days = _log_days(horizon)
        far = _far(days)
        return (self.industry_near + self.industry_slope * days + self.industry_far * far) * (
            1 + self.small_sample * far
        )

    def new_party(self, horizon: npt.ArrayLike) -> Floats:
        """Return w_new at a horizon."""
        return 1 + self.new_party_slope * _log_days(horizon)

    def tail(self, horizon: npt.ArrayLike) -> Floats:
        """Return the weight of the tails at a horizon: 0 or more, the same for all options."""
        part = _log_days(horizon) / math.log(60)
        tail: Floats = np.maximum(0.0, self.tail_near + (self.tail_far - self.tail_near) * part)
        return tail


# Learned by `python -m benchmarks.learn FOLDER` from 32 national elections in 8 European countries, 2000-2022, 1, 7, 30
# and 60 days before them: CRPS and the logarithmic score in equal parts (`forecast.backtest.learn`). Drift, house effect and
# the widening for small samples were chosen from a few round values, on the same elections.
CONSTANTS = Constants(
    drift=0.013,
    house=0.015,
    industry_near=0.0374,
    industry_slope=0.0043,
    industry_far=0.0143,
    new_party_slope=0.3059,
    pull=0.0929,
    trend=0.2465,
    levelling=0.0216,
    record=0.6199,
    tail_near=0.0111,
    tail_far=0.0434,
    small_sample=0.06,
)

TREND_DAYS = 30
LEAST_POLLS = 5  # on both sides of a trend: fewer are noise


def _log_days(horizon: npt.ArrayLike) -> Floats:
    days: Floats = np.log(np.clip(np.asarray(horizon, dtype=float), 1, 60))
    return days


def _far(days: Floats) -> Floats:
    far: Floats = np.maximum(0.0, days - math.log(7)) / math.log(60 / 7)
    return far


@dataclass(frozen=True, slots=True)
class PooledVote:
    """The vote on election day: per option a mean and a standard deviation (fractions), and how they came about.

    ``tail`` is the weight of the tails, see ``families.LogisticNormal``; ``polled`` is the mean of the polls on the as-of
    day; ``weights[option, poll]`` are 0 where a poll left the option out; ``undecided`` is the share of voters without an
    option, weighted like the polls.
    """

    mean: Floats
    sd: Floats
    tail: float
    polled: Floats
    weights: Floats
    undecided: Floats
    polls: tuple[Poll, ...]


@dataclass(frozen=True, slots=True)
class Polled:
    """What the polls say on the as-of day, ``[option]``: means, their variances in units of p (1 - p), and the trend.

    ``trend`` is how far the mean has moved in ``TREND_DAYS``; 0 where few polls or gaps leave that open.
    """

    mean: Floats
    variance: Floats
    trend: Floats
    weights: Floats
    undecided: Floats
    polls: tuple[Poll, ...]


def pooled_vote(
    options: tuple[Option, ...], centre: PollCentre, as_of: date, constants: Constants = CONSTANTS
) -> PooledVote:
    """Pool the polls that had ended by ``as_of``, and carry them on to election day.

    Raises
    ------
    DocumentError
        No poll is left, or an option is in none of them.
    """
    polled = pool(tuple(option.name for option in options), centre, as_of, constants)
    previous = np.array([np.nan if option.previous is None else option.previous for option in options])
    missed, scale = np.array([option.past_error for option in options]), np.sqrt(polled.mean * (1 - polled.mean))
    past = np.divide(missed, scale, out=np.zeros_like(missed), where=scale > 0)  # an only option never varies
    mean, variance = on_election_day(
        polled.mean, polled.variance, polled.trend, previous, np.isnan(previous), past, centre.horizon, constants
    )
    variance = variance + (centre.undecided_sd.value * polled.undecided) ** 2
    sd = np.sqrt(mean * (1 - mean) * variance)
    tail = round(float(constants.tail(centre.horizon)), 6)
    return PooledVote(mean, sd, tail, polled.mean, polled.weights, polled.undecided, polled.polls)


def pool(options: tuple[str, ...], centre: PollCentre, as_of: date, constants: Constants = CONSTANTS) -> Polled:
    """Pool the polls that had ended by ``as_of``, as of that day; errors as of ``pooled_vote``."""
    polls = tuple(poll for poll in centre.polls if poll.end <= as_of)
    if not polls:
        first = min((poll.end for poll in centre.polls), default=None)
        raise DocumentError(f"votes.polls: no poll had ended by {as_of} (as_of); the first ended on {first}")
    named = _named(options, polls)
    if not named.any(axis=1).all():
        missing = [option for option, row in zip(options, named, strict=True) if not row.any()]
        raise DocumentError(f"votes.polls: no poll names {', '.join(missing)}; every option needs at least one poll")
    mean, variance, weights, undecided = _as_of(options, polls, centre, as_of, constants)
    before = as_of - timedelta(days=TREND_DAYS)
    early = tuple(poll for poll in polls if poll.end <= before)
    trend = np.zeros(len(options))
    if min(len(early), len(polls) - len(early)) >= LEAST_POLLS and _named(options, early).any(axis=1).all():
        trend = mean - _as_of(options, early, centre, before, constants)[0]
    return Polled(mean, variance, trend, weights, undecided, polls)


def on_election_day(
    mean: Floats,
    variance: Floats,
    trend: Floats,
    previous: Floats,
    new: npt.NDArray[np.bool_],
    past: Floats,
    horizon: npt.ArrayLike,
    constants: Constants,
) -> tuple[Floats, Floats]:
    """Carry a pooled vote on to election day; return means and variances in units of ``p (1 - p)``.

    All arrays are ``[..., option]``, padded with means of 0 where elections have different numbers of options;
    ``horizon`` is ``[..., 1]`` or one number. ``previous`` is NaN where it is unknown, ``new`` marks options that were
    not on the last ballot, ``past`` is the polls' past error of an option (``Constants.record``).
    """
    days = _log_days(horizon)
    far = _far(days)
    onward = np.where(days > 0, np.minimum(1.0, (math.log(60) - days) / math.log(2)), 0.0)
    spread = np.sqrt(mean * (1 - mean))
    options = np.maximum((mean > 0).sum(axis=-1, keepdims=True), 1)
    small = -np.log(options * np.maximum(mean, 0.003))
    moved = mean + constants.pull * far**2 * (np.where(np.isnan(previous), mean, previous) - mean)
    moved += constants.trend * onward * trend + constants.levelling * far * spread * small
    moved += constants.record * (1 - days / math.log(60)) * spread * past
    moved = np.maximum(moved, 0.1 * np.minimum(mean, 0.01))
    moved /= moved.sum(axis=-1, keepdims=True)
    widened = np.where(new, constants.new_party(horizon), 1.0)
    return moved, variance + (constants.industry(horizon) * widened) ** 2


def _named(options: tuple[str, ...], polls: tuple[Poll, ...]) -> npt.NDArray[np.bool_]:
    return np.array([[option in poll.shares for poll in polls] for option in options])


def _as_of(
    options: tuple[str, ...], polls: tuple[Poll, ...], centre: PollCentre, as_of: date, constants: Constants
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return means, their variances, weights ``[option, poll]`` and undecided shares on a day."""
    named = _named(options, polls)
    raw = np.array([[poll.shares.get(option, 0.0) for poll in polls] for option in options])
    unallocated = 1.0 - raw.sum(axis=0)
    weights, variance = _weights(polls, named, unallocated, centre, as_of, constants)
    return _mean(raw, named, weights), variance, weights, weights @ unallocated


def _weights(
    polls: tuple[Poll, ...],
    named: npt.NDArray[np.bool_],
    unallocated: Floats,
    centre: PollCentre,
    as_of: date,
    constants: Constants,
) -> tuple[Floats, Floats]:
    """Return generalised-least-squares weights ``[option, poll]`` and the variance of each pooled mean."""
    age = np.array([(as_of - poll.end).days for poll in polls], dtype=float)
    size = np.array([poll.sample_size or centre.missing_sample_size for poll in polls], dtype=float)
    pollster = np.array([poll.pollster for poll in polls])
    same = pollster[:, None] == pollster
    covariance = constants.drift**2 * np.minimum.outer(age, age) + constants.house**2 * same
    covariance += np.diag(1 / size + (centre.undecided_sd.value * unallocated) ** 2)
    weights, variance = np.zeros(named.shape), np.zeros(len(named))
    for present in np.unique(named, axis=0):
        alike = (named == present).all(axis=1)
        inverse = np.linalg.inv(covariance[np.ix_(present, present)])
        weights[np.ix_(alike, present)] = inverse.sum(axis=1) / inverse.sum()
        variance[alike] = 1 / inverse.sum()
    return weights, variance


def _mean(raw: Floats, named: npt.NDArray[np.bool_], weights: Floats) -> Floats:
    """Pool shares among those who named an option.

    A poll that leaves an option out says nothing about it: its shares are scaled to what the pooled mean leaves for
    the options it does name. That is a fixed point, reached by iteration.
    """
    decided = raw / raw.sum(axis=0)
    mean: Floats = np.full(len(raw), 1 / len(raw))
    for _ in range(200):
        scaled = decided * (mean[:, None] * named).sum(axis=0)
        pooled = (weights * scaled).sum(axis=1)
        pooled = np.maximum(pooled, 1e-6)
        pooled /= pooled.sum()
        step = np.abs(pooled - mean).max()
        mean = pooled
        if step < 1e-12:
            break
    return mean
