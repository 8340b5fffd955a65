"""Scores of a forecast against what happened; every score here is proper, and smaller is better.

Sources: Gneiting and Raftery (2007), "Strictly proper scoring rules, prediction, and estimation", JASA 102; Ferro
(2014), "Fair scores for ensemble forecasts", QJRMS 140; Czado, Gneiting and Held (2009), "Predictive model assessment
for count data", Biometrics 65. Arrays of draws are ``[draw, ...]``, outcomes ``[...]``, in the same unit; a score of
shares has that unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist, pdist
from scipy.special import ndtr
from scipy.stats import chi2

Floats = npt.NDArray[np.float64]
LEVELS = (0.5, 0.8, 0.95)


def crps_of_draws(draws: Floats, outcome: npt.ArrayLike) -> Floats:
    """Return the continuous ranked probability score of draws ``[draw, ...]``, by the fair estimator.

    E|X - y| - E|X - X'| / 2 with the second mean over pairs of different draws (Ferro 2014), so that the expectation
    does not depend on how many draws there are. At least two draws.

    >>> float(crps_of_draws(np.array([0.0, 1.0]), 0.0))
    0.0
    """
    ordered = np.sort(draws, axis=0)
    count = len(ordered)
    rank = (2.0 * np.arange(1, count + 1) - count - 1).reshape((-1,) + (1,) * (ordered.ndim - 1))
    spread = (rank * ordered).sum(axis=0) / (count * (count - 1))
    score: Floats = np.abs(ordered - np.asarray(outcome)).mean(axis=0) - spread
    return score


def crps_of_normal(mean: npt.ArrayLike, sd: npt.ArrayLike, outcome: npt.ArrayLike) -> Floats:
    """Return the continuous ranked probability score of normal forecasts, in closed form; an sd of 0 is allowed.

    >>> round(float(crps_of_normal(0.0, 1.0, 0.0)), 6)
    0.233695
    """
    sd = np.asarray(sd, dtype=float)
    off = np.asarray(outcome, dtype=float) - mean
    z = np.divide(off, sd, out=np.zeros(np.broadcast(off, sd).shape), where=sd > 0)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    score: Floats = np.where(sd > 0, sd * (z * (2 * ndtr(z) - 1) + 2 * density - 1 / np.sqrt(np.pi)), np.abs(off))
    return score


def energy_score(draws: Floats, outcome: npt.ArrayLike) -> float:
    """Return the energy score of joint draws ``[draw, dimension]``: the CRPS with Euclidean distances, fair.

    >>> energy_score(np.array([[0.0, 0.0], [3.0, 4.0]]), [0.0, 0.0])
    0.0
    """
    return float(cdist(draws, np.asarray(outcome, dtype=float)[None, :]).mean() - pdist(draws).mean() / 2)


def ranked_probability_score(pmf: npt.ArrayLike, outcome: int) -> float:
    """Return the ranked probability score of a distribution over 0, 1, 2, ... at an outcome, which may lie beyond it.

    It is the CRPS of a count, in its unit (seats): the sum over k of (P(X <= k) - [outcome <= k])^2.

    >>> ranked_probability_score([0.5, 0.5], 1), ranked_probability_score([1.0], 2)
    (0.25, 2.0)
    """
    below = np.cumsum(np.asarray(pmf, dtype=float))
    beyond = max(0, outcome - len(below))
    happened = np.arange(len(below)) >= outcome
    return float(((below - happened) ** 2).sum() + beyond)


def probability_of_count(count: npt.ArrayLike, draws: int, outcomes: int = 2) -> Floats:
    """Return the probability behind a count of draws, never 0 or 1: Jeffreys' half a draw for each possible outcome.

    A log score needs this: an event that 10,000 draws never showed is rare, not impossible.

    >>> float(probability_of_count(0, 9)), float(probability_of_count(9, 9))
    (0.05, 0.95)
    """
    probability: Floats = (np.asarray(count, dtype=float) + 0.5) / (draws + 0.5 * outcomes)
    return probability


def log_score(probability: npt.ArrayLike) -> Floats:
    """Return the logarithmic score, in nats, of the probability that was given to what happened.

    >>> round(float(log_score(0.5)), 4)
    0.6931
    """
    score: Floats = -np.log(np.asarray(probability, dtype=float))
    return score


def log_loss(probability: npt.ArrayLike, happened: npt.ArrayLike) -> Floats:
    """Return the logarithmic score of an event's probability; ``happened`` is true or false.

    >>> log_loss([0.8, 0.8], [True, False]).round(4).tolist()
    [0.2231, 1.6094]
    """
    probability = np.asarray(probability, dtype=float)
    return log_score(np.where(np.asarray(happened, dtype=bool), probability, 1 - probability))


def brier_score(probability: npt.ArrayLike, happened: npt.ArrayLike) -> Floats:
    """Return the Brier score of an event's probability.

    >>> brier_score([0.8, 0.8], [True, False]).round(2).tolist()
    [0.04, 0.64]
    """
    score: Floats = (np.asarray(probability, dtype=float) - np.asarray(happened, dtype=float)) ** 2
    return score


def is_covered(draws: Floats, outcome: npt.ArrayLike, level: float) -> npt.NDArray[np.bool_]:
    """Return whether outcomes lie in the central interval of ``level``, ends included.

    >>> bool(is_covered(np.arange(101.0), 26, 0.5)), bool(is_covered(np.arange(101.0), 24, 0.5))
    (True, False)
    """
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    outcome = np.asarray(outcome)
    inside: npt.NDArray[np.bool_] = (low <= outcome) & (outcome <= high)
    return inside


def pit_of_draws(draws: Floats, outcome: npt.ArrayLike) -> Floats:
    """Return the probability integral transform: the part of draws below the outcome, half of those equal to it.

    >>> float(pit_of_draws(np.array([1.0, 2.0, 3.0, 4.0]), 2.5))
    0.5
    """
    outcome = np.asarray(outcome)
    value: Floats = (draws < outcome).mean(axis=0) + (draws == outcome).mean(axis=0) / 2
    return value


def pit_of_pmf(pmf: npt.ArrayLike, outcome: int) -> float:
    """Return the mid-point probability integral transform of a count: P(X < outcome) + P(X = outcome) / 2.

    >>> pit_of_pmf([0.25, 0.5, 0.25], 1)
    0.5
    """
    chances = np.asarray(pmf, dtype=float)
    return float(chances[:outcome].sum() + chances[outcome : outcome + 1].sum() / 2)


def pit_histogram(values: npt.ArrayLike, bins: int = 10) -> npt.NDArray[np.int64]:
    """Return how many transforms fall into each of ``bins`` equal parts of [0, 1]; flat if forecasts are calibrated.

    >>> pit_histogram([0.0, 0.49, 0.51, 1.0], 2).tolist()
    [2, 2]
    """
    return np.histogram(np.asarray(values, dtype=float), bins=bins, range=(0.0, 1.0))[0].astype(np.int64)


def flatness(counts: npt.ArrayLike) -> float:
    """Return the p value of a chi-square test that a histogram of independent values is flat.

    >>> flatness([10, 10, 10]), flatness([30, 0, 0]) < 1e-6
    (1.0, True)
    """
    seen = np.asarray(counts, dtype=float)
    expected = seen.sum() / len(seen)
    return float(chi2.sf(((seen - expected) ** 2).sum() / expected, len(seen) - 1))


@dataclass(frozen=True, slots=True)
class Difference:
    """A mean difference between two paired series of scores, and its bootstrap interval; negative: the first wins."""

    mean: float
    low: float
    high: float
    better: float  # share of resamples in which the first has the smaller mean

    @property
    def is_clear(self) -> bool:
        """Whether the 95 % interval leaves out 0."""
        return self.low > 0 or self.high < 0


def paired_bootstrap(
    first: npt.ArrayLike, second: npt.ArrayLike, rng: np.random.Generator, resamples: int = 4_000
) -> Difference:
    """Return first - second, paired over elections, with a percentile interval of 95 % (Efron 1979).

    Elections are resampled whole: the parties of one election err together.
    """
    apart = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    means = apart[rng.integers(0, len(apart), (resamples, len(apart)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Difference(float(apart.mean()), float(low), float(high), float((means < 0).mean()))
