"""Tallies of a block against NumPy's: histograms, winners, and every set of parties, with and without a cut last block."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from forecast.kernel import tally
from forecast.kernel.compiler import kernel_function
from forecast.kernel.random import BLOCK
from forecast.kernel.vectors import LANES


@kernel_function
def sets(total: Any, members: Any, majority: Any, lanes: Any, joint: Any, lost: Any, wins: Any, minimal: Any) -> None:
    tally.coalitions(total, members, majority, lanes, joint, lost, wins, minimal)


@kernel_function
def values(rows: Any, number: Any, lanes: Any, counts: Any, idle: Any) -> None:
    tally.histograms(rows, number, lanes, counts, idle)


@kernel_function
def winners(elected: Any, groups: Any, wins: Any, seats: Any) -> None:
    tally.tally_winners(elected, groups, wins, seats)


def rows_of(values: Any) -> Any:
    """Return rows of int16 as the kernel lays them out."""
    rows = np.zeros((len(values), BLOCK + LANES), np.int16)
    rows[:, :BLOCK] = values
    return rows


@pytest.mark.parametrize(("members", "lanes", "majority"), [(7, BLOCK, 50), (8, 100, 50), (3, 33, 66), (1, 1, 98)])
def test_every_set_of_parties_is_tallied(members: int, lanes: int, majority: int) -> None:
    draws = np.random.default_rng(members).multinomial(98, np.ones(members) / members, BLOCK).T
    joint = np.zeros((2 ** (members // 2) + 2 ** (members - members // 2), LANES), np.int16)
    lost, wins, minimal = np.zeros((2**members, BLOCK // 64), np.int64), *np.zeros((2, 2**members), np.int64)
    sets(rows_of(draws), members, np.int16(majority), lanes, joint, lost, wins, minimal)
    for s in range(1, 2**members):
        seats = draws[[p for p in range(members) if s >> p & 1], :lanes]
        reaches = seats.sum(axis=0) >= majority
        assert wins[s] == reaches.sum()
        assert minimal[s] == (reaches & (seats.sum(axis=0) - seats.min(axis=0) < majority)).sum()


@pytest.mark.parametrize("number", [1, 7, 8, 9])
def test_histograms_count_every_row_and_no_draw_beyond_the_run(number: int) -> None:
    drawn = np.random.default_rng(number).integers(0, 90, (number, BLOCK))
    counts = np.zeros((number, 99), np.int64)
    rows = tally.rows_in_eights(number)
    rows[:number, :BLOCK] = drawn
    values(rows, number, 400, counts, np.zeros(tally.IDLE, np.int64))
    for row, counted in zip(drawn, counts, strict=True):
        np.testing.assert_array_equal(counted, np.bincount(row[:400], minlength=99))


def test_winners_are_counted_by_candidate_and_by_group() -> None:
    groups = np.array([0, 1, 3, 3, 3, 4])
    elected = np.random.default_rng(1).integers(-2, 6, (1, BLOCK))
    wins, seats = np.zeros(6, np.int64), rows_of(np.zeros((5, BLOCK)))
    winners(rows_of(elected)[0], groups, wins, seats)
    np.testing.assert_array_equal(wins, [(elected == c).sum() for c in range(6)])
    for g in range(5):
        np.testing.assert_array_equal(seats[g, :BLOCK], np.isin(elected[0], np.flatnonzero(groups == g)))
