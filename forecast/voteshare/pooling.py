"""Polls to a mean and a standard deviation on election day, in closed form.

On the scale ``x / sqrt(p (1 - p))`` two polls a and b of the same option have the covariance

    q^2 min(t_a, t_b) + tau^2 [same pollster] + [a = b] (1 / n_a + kappa^2 u_a^2)

with ``t`` the days from the poll's last day of fieldwork to the as-of day: a random walk backwards, house effects,
sampling noise, and noise of its own from voters who named no option (share ``u``). Generalised least squares gives
weights that do not depend on the option. Around the pooled mean stands

    1 / (1' V^-1 1) + (a_h w_new)^2 + (kappa u)^2

the error of the pooling, of the polling industry as a whole (``a_h``: its bias and all drift after the as-of day,
wider by ``w_new`` for options that are new on the ballot), and of the undecided voters who will decide the same way
in every poll (``u``: their share, weighted like the polls).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from forecast.errors import DocumentError
from forecast.voteshare.electorate import Option, Poll, PollCentre

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Constants:
    """What past elections teach about polls; standard deviations in units of ``sqrt(p (1 - p))``.

    drift
        q: random walk a square-root day.
    house
        tau: house effect of a pollster.
    industry
        a_h, by days from the as-of day to the election.
    new_party
        w_new: how many times wider the industry error is for options new on the ballot, by the same days.
    """

    drift: float
    house: float
    industry: dict[int, float]
    new_party: dict[int, float]


# Found by CRPS over 84 national elections in 8 European countries, 2000-2022, polls of the last 400 days.
CONSTANTS = Constants(
    drift=0.017,
    house=0.015,
    industry={1: 0.030, 7: 0.045, 30: 0.060, 60: 0.070},
    new_party={1: 1.0, 7: 1.25, 30: 1.5, 60: 1.5},
)


@dataclass(frozen=True, slots=True)
class PooledVote:
    """The vote on election day: per option a mean and a standard deviation (fractions), and how they came about.

    ``weights[option, poll]`` are 0 where a poll left the option out; ``undecided`` is the share of voters without
    an option, weighted like the polls.
    """

    mean: Floats
    sd: Floats
    weights: Floats
    undecided: Floats
    polls: tuple[Poll, ...]


def pooled_vote(
    options: tuple[Option, ...], centre: PollCentre, as_of: date, constants: Constants = CONSTANTS
) -> PooledVote:
    """Pool the polls that had ended by ``as_of``.

    Raises
    ------
    DocumentError
        No poll is left, or an option is in none of them.
    """
    polls = tuple(poll for poll in centre.polls if poll.end <= as_of)
    if not polls:
        first = min((poll.end for poll in centre.polls), default=None)
        raise DocumentError(f"votes.polls: no poll had ended by {as_of} (as_of); the first ended on {first}")
    named = np.array([[option.name in poll.shares for poll in polls] for option in options])
    if not named.any(axis=1).all():
        missing = [option.name for option, row in zip(options, named, strict=True) if not row.any()]
        raise DocumentError(f"votes.polls: no poll names {', '.join(missing)}; every option needs at least one poll")
    raw = np.array([[poll.shares.get(option.name, 0.0) for poll in polls] for option in options])
    unallocated = 1.0 - raw.sum(axis=0)
    weights, variance = _weights(polls, named, unallocated, centre, as_of, constants)
    mean = _mean(raw, named, weights)
    undecided = weights @ unallocated
    new = np.array([1.0 if option.previous is not None else constants.new_party[centre.horizon] for option in options])
    unit_variance = (
        variance + (constants.industry[centre.horizon] * new) ** 2 + (centre.undecided_sd.value * undecided) ** 2
    )
    return PooledVote(mean, np.sqrt(mean * (1 - mean) * unit_variance), weights, undecided, polls)


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
    same = np.array([[a.pollster == b.pollster for b in polls] for a in polls])
    covariance = constants.drift**2 * np.minimum.outer(age, age) + constants.house**2 * same
    covariance += np.diag(1 / size + (centre.undecided_sd.value * unallocated) ** 2)
    weights, variance = np.zeros(named.shape), np.zeros(len(named))
    for option, present in enumerate(named):
        inverse = np.linalg.inv(covariance[np.ix_(present, present)])
        weights[option, present] = inverse.sum(axis=1) / inverse.sum()
        variance[option] = 1 / inverse.sum()
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
