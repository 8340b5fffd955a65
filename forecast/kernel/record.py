"""Recorded draws in other forms: seats of the house from list seats and the winners of districts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecast.kernel.draw import Record
from forecast.kernel.plan import Plan


def house_seats(plan: Plan, record: Record) -> npt.NDArray[np.int32]:
    """Return the seats of every group in every house, without appointed ones, ``[draw, system, group]``."""
    draws = len(record.votes)
    seats = np.zeros((draws, len(plan.systems), len(plan.model.groups)), np.int32)
    seats[:, :, : plan.lists] = record.list_seats
    rows = np.arange(draws)
    for k, way in enumerate(plan.laws.contest_of):
        if way < 0:
            continue
        for d, contest in enumerate(plan.model.contests):
            group = np.array([*contest.groups, -1])[record.winners[:, way, d]]
            elected = group >= 0
            seats[rows[elected], k, group[elected]] += 1
    return seats
