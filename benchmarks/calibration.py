"""Simulation-based calibration of the pooling: ``python -m benchmarks.calibration [SERIES]``.

Series of polls and results are drawn from the model that the pooling assumes: a random walk backwards, house effects,
sampling noise, an industry error. Where that is the truth, the ranks of results among the draws are flat (Talts,
Betancourt, Simpson, Vehtari and Gelman 2018, "Validating Bayesian inference algorithms with simulation-based
calibration"). Prints the histogram of every option with the p value of a chi-square test.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from forecast.scoring import flatness, pit_histogram, pit_of_draws
from forecast.voteshare.electorate import Option, Poll, PollCentre, Quantity
from forecast.voteshare.families import logistic_normal_with
from forecast.voteshare.pooling import CONSTANTS, pooled_vote

Floats = npt.NDArray[np.float64]

NAMES = ("A", "B", "C")
TRUTH = np.array([0.4, 0.35, 0.25])
AGES = (0, 2, 5, 9, 14, 20)
SIZE = 900
HORIZON = 30
DRAWS = 400
# The parts that move the mean are off: they say how real polls err, and these polls err as they should.
QUIET = replace(
    CONSTANTS, pull=0.0, trend=0.0, levelling=0.0, record=0.0, new_party_slope=0.0, tail_near=0.0, tail_far=0.0,
    small_sample=0.0,
)  # fmt: skip


def ranks(series: int, rng: np.random.Generator) -> Floats:
    """Return the rank of every result among the draws of its forecast, in [0, 1], ``[series, option]``."""
    day = date(2030, 6, 1)
    options = tuple(Option(name, "party", share) for name, share in zip(NAMES, TRUTH.tolist(), strict=True))
    found = []
    for _ in range(series):
        centre = PollCentre(_polls(day, rng), HORIZON, 1_000, "proportional", Quantity(0.0, "assumed"))
        pooled = pooled_vote(options, centre, day, QUIET)
        draws = logistic_normal_with(pooled.mean, pooled.sd, pooled.tail).sample(DRAWS, rng)
        result = TRUTH + _errors(float(QUIET.industry(HORIZON)), rng)
        found.append(pit_of_draws(draws, result))
    return np.array(found)


def _polls(day: date, rng: np.random.Generator) -> tuple[Poll, ...]:
    steps = np.sqrt(np.diff(AGES, prepend=0))
    walk = np.cumsum([_errors(QUIET.drift * float(step), rng) for step in steps], axis=0)
    houses = [_errors(QUIET.house, rng) for _ in range(3)]
    polls = []
    for k, age in enumerate(AGES):
        shares = TRUTH + walk[k] + houses[k % 3] + _errors(SIZE**-0.5, rng)
        end = day - timedelta(days=age)
        polls.append(Poll(f"p{k}", f"h{k % 3}", end, end, SIZE, dict(zip(NAMES, shares.tolist(), strict=True))))
    return tuple(polls)


def _errors(sd: float, rng: np.random.Generator) -> Floats:
    """Return errors ``[option]`` that add up to 0, with the variances sd^2 p (1 - p) of a multinomial."""
    z = rng.standard_normal(len(TRUTH)) * np.sqrt(TRUTH)
    errors: Floats = sd * (z - TRUTH * z.sum())
    return errors


def main(series: int) -> None:
    """Print the rank histograms of many series."""
    found = ranks(series, np.random.default_rng(1))
    for name, column in zip(NAMES, found.T, strict=True):
        counts = pit_histogram(column, 20)
        print(f"{name}: {' '.join(map(str, counts))}; p = {flatness(counts):.3f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000)
