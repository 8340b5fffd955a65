"""Timing in rounds: every job runs once a round, so that a noisy host is noisy to all; ratios are paired by round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

STEP = 16_384  # draws; a multiple of every variant's block


@dataclass(frozen=True, slots=True)
class Job:
    """Something that simulates a number of draws, and how many a round."""

    name: str
    run: Callable[[int], object]
    draws: int


@dataclass(frozen=True, slots=True)
class Spread:
    """Median of the rounds, and their 10 % and 90 % quantiles."""

    median: float
    low: float
    high: float


def job(name: str, run: Callable[[int], object], seconds: float, step: int = STEP) -> Job:
    """Return a job of about ``seconds``: warmed up (compiled), and measured once for its size, in multiples of ``step``."""
    run(step)
    draws, taken = step, _seconds(run, step)
    while taken < seconds / 4:
        draws *= 4
        taken = _seconds(run, draws)
    return Job(name, run, max(1, round(seconds / taken * draws / step)) * step)


def rounds(jobs: Sequence[Job], number: int, step: Callable[[], None] = lambda: None) -> dict[str, list[float]]:
    """Return seconds a draw, ``[round]`` by job; the order of jobs turns by one each round, ``step`` follows each."""
    times: dict[str, list[float]] = {item.name: [] for item in jobs}
    for first in range(number):
        for item in (*jobs[first % len(jobs) :], *jobs[: first % len(jobs)]):
            times[item.name].append(_seconds(item.run, item.draws) / item.draws)
        step()
    return times


def spread(values: Sequence[float]) -> Spread:
    """Return median and spread of some rounds.

    >>> spread([1.0, 2.0, 3.0]).median
    2.0
    """
    low, median, high = np.quantile(values, (0.1, 0.5, 0.9)).tolist()
    return Spread(median, low, high)


def paired(numerators: Sequence[float], denominators: Sequence[float]) -> Spread:
    """Return median and spread of the ratios, round by round.

    >>> paired([2.0, 4.0], [1.0, 2.0]).median
    2.0
    """
    return spread([a / b for a, b in zip(numerators, denominators, strict=True)])


def _seconds(run: Callable[[int], object], draws: int) -> float:
    start = perf_counter()
    run(draws)
    return perf_counter() - start
