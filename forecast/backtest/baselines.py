"""The named baselines: what a forecast of votes must beat to be worth its constants.

``sampling``: all polls of the last 14 days as one sample, with nothing but its sampling error.
``latest``: the latest poll of each pollster within 14 days, weighted by its size; as large as a sample whose variance is that of
the mean of polls which share half of their error pairwise. The R package ``coalitions`` pools so (Bender and
Bauer 2018, "coalitions: Coalition probabilities in multi-party democracies", JOSS 3).
``effective``: the same mean, in a Dirichlet distribution whose sample size was fitted to past elections, by horizon.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecast.backtest.cases import Case, recent_polls, shares, sizes
from forecast.voteshare.electorate import Poll

Floats = npt.NDArray[np.float64]

RECENT_DAYS = 14
SHARED = 0.5  # correlation of the errors of two pollsters
PRIOR = 0.5  # Jeffreys' prior of each option
# Sizes that the shipped constants go with, by days before the election; learned like them.
EFFECTIVE_SIZES = {1: 411.0, 7: 316.0, 30: 205.0, 60: 146.0}


def sampling(case: Case, draws: int, rng: np.random.Generator) -> Floats:
    """Return draws ``[draw, option]`` of the pooled multinomial."""
    polls = recent_polls(case, RECENT_DAYS)
    size = sizes(polls)
    mean = size @ shares(case.election.options, polls) / size.sum()
    return rng.multinomial(int(size.sum()), mean / mean.sum(), draws) / int(size.sum())


def latest(case: Case, draws: int, rng: np.random.Generator) -> Floats:
    """Return draws ``[draw, option]`` from the latest poll of each pollster."""
    size = sizes(latest_polls(case))
    pairs = np.sqrt(np.outer(size, size)).sum() - size.sum()
    effective = size.sum() ** 2 / (size.sum() + SHARED * pairs)
    return rng.dirichlet(effective * latest_mean(case) + PRIOR, draws)


def effective(case: Case, size: float, draws: int, rng: np.random.Generator) -> Floats:
    """Return draws ``[draw, option]`` around the mean of ``latest``, as uncertain as a sample of ``size``."""
    return rng.dirichlet(size * np.maximum(latest_mean(case), 1e-4), draws)


def latest_mean(case: Case) -> Floats:
    """Return the mean ``[option]`` of the latest poll of each pollster, weighted by sample size."""
    polls = latest_polls(case)
    size = sizes(polls)
    mean: Floats = size @ shares(case.election.options, polls) / size.sum()
    return mean


def latest_polls(case: Case) -> tuple[Poll, ...]:
    """Return the latest poll of each pollster within the recent days."""
    return tuple({poll.pollster: poll for poll in recent_polls(case, RECENT_DAYS)}.values())


def shipped_size(horizon: int) -> float:
    """Return the fitted sample size at a horizon, between the days of the table on the logarithmic scale."""
    days = np.log(list(EFFECTIVE_SIZES))
    return float(np.exp(np.interp(np.log(max(horizon, 1)), days, np.log(list(EFFECTIVE_SIZES.values())))))
