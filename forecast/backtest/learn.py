"""Learning the constants of the pooling from past elections: CRPS and the logarithmic score, in equal parts.

CRPS alone hardly feels the tails, and leaves intervals far from the election too narrow. It is that of a power normal
with the forecast's mean, standard deviation and tails, in units of the mean error at the horizon; the logarithmic score
is that of shares whose log odds are power normal with them, which is what the draws of one option look like. Both are in
closed form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize, minimize_scalar

from forecast.backtest.cases import Case, Stack, stacked
from forecast.backtest.power_normal import crps_of_power_normal, log_score_of_power_normal
from forecast.scoring import crps_of_normal
from forecast.voteshare.pooling import CONSTANTS, Constants

Floats = npt.NDArray[np.float64]

LOG_WEIGHT = 1.0  # less of it scores elections and countries left out no better by CRPS, and worse by the logarithm
LEAST = 1e-4  # shares below it are taken for it where a logarithm is
# what is learned, and the size of a step that matters; drift, house effect and the widening for small samples stay
STEPS = {
    "industry_near": 0.03,
    "industry_slope": 0.01,
    "industry_far": 0.02,
    "new_party_slope": 0.2,
    "pull": 0.1,
    "trend": 0.3,
    "levelling": 0.02,
    "record": 0.5,
    "tail_near": 0.1,
    "tail_far": 0.1,
}


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """Cases to learn from, and each share's weight: elections weigh equally within a horizon, horizons equally."""

    stack: Stack
    weight: Floats  # [case, option]
    relative: Floats  # [case, 1]: the mean absolute error of pooled polls at the horizon, of fractions


def lessons(cases: Sequence[Case]) -> Lessons:
    """Return cases ready to learn from."""
    stack = stacked(cases)
    horizon = stack.horizon[:, 0]
    per_case = stack.named / stack.named.sum(axis=1, keepdims=True)
    error = (np.abs(stack.outcome - stack.mean) * per_case).sum(axis=1)
    weight, relative = np.zeros(per_case.shape), np.zeros((len(cases), 1))
    for one in np.unique(horizon):
        at = horizon == one
        weight[at] = per_case[at] / at.sum() / len(np.unique(horizon))
        relative[at] = error[at].mean()
    return Lessons(stack, weight, relative)


def learned(
    cases: Sequence[Case],
    start: Constants = CONSTANTS,
    what: Sequence[str] = tuple(STEPS),
    log_weight: float = LOG_WEIGHT,
) -> Constants:
    """Return ``start`` with the constants named by ``what`` refitted to cases (BFGS)."""
    from_cases, as_learned = lessons(cases), replace(start, small_sample=0.0)
    steps = np.array([STEPS[name] for name in what])

    def constants(point: Floats) -> Constants:
        return replace(as_learned, **dict(zip(what, (point * steps).tolist(), strict=True)))

    def loss(point: Floats) -> float:
        return _loss(from_cases, constants(point), log_weight)

    begin = np.array([getattr(start, name) for name in what]) / steps
    found = minimize(loss, begin, method="BFGS", options={"gtol": 1e-5, "maxiter": 200})
    return replace(constants(np.round(found.x * steps, 5) / steps), small_sample=start.small_sample)


def _loss(cases: Lessons, constants: Constants, log_weight: float) -> float:
    stack = cases.stack
    mean, sd = stack.forecast(constants)
    mean, sd = np.where(stack.named, mean, 0.5), np.where(stack.named, sd, 0.5)
    tail = constants.tail(stack.horizon)
    crps = crps_of_power_normal(mean, sd, tail, stack.outcome) / cases.relative
    log = log_odds_score(mean, sd, tail, np.where(stack.named, stack.outcome, 0.5))
    return float((cases.weight * (crps + log_weight * log)).sum())


def log_odds_score(mean: Floats, sd: Floats, tail: npt.ArrayLike, outcome: Floats) -> Floats:
    """Return the logarithmic score of shares whose log odds are power normal, but for terms that only the outcome moves.

    The log odds' mean and spread are those of a share with this mean and standard deviation, to second order.

    >>> wide, narrow = log_odds_score(np.array([0.1, 0.1]), np.array([0.03, 0.01]), 0.0, np.array([0.2, 0.2]))
    >>> bool(wide < narrow)
    True
    """
    mean, outcome = np.clip(mean, LEAST, 1 - LEAST), np.clip(outcome, LEAST, 1 - LEAST)
    variance = np.log1p((sd / (mean * (1 - mean))) ** 2)
    location = np.log(mean / (1 - mean)) - variance * (1 - 2 * mean) / 2
    off = (np.log(outcome / (1 - outcome)) - location) / np.sqrt(variance)
    score: Floats = np.log(variance) / 2 + log_score_of_power_normal(off, tail)
    return score


def effective_size(cases: Sequence[Case], means: Sequence[Floats]) -> float:
    """Return the sample size whose Dirichlet around the means has the smallest CRPS; cases of one horizon."""
    stack = stacked(cases)
    width = stack.mean.shape[1]
    mean = np.array([[*row, *[0.0] * (width - len(row))] for row in means])
    per_case = stack.named / stack.named.sum(axis=1, keepdims=True)

    def loss(log_size: float) -> float:
        sd = np.sqrt(mean * (1 - mean) / (np.exp(log_size) + 1))
        return float((per_case * crps_of_normal(mean, sd, stack.outcome)).sum())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(10), np.log(1e5)), method="bounded").x))
